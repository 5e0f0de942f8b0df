"""The store's own calls to other servers: WordPress's cautious HTTP client."""

from ipaddress import ip_address
from typing import Final
from urllib.parse import urlsplit

from app.simulators.woocommerce.settings import TwinSettings

_USUAL_PORTS: Final = {None, 80, 443, 8080}


def is_refused(url: str, settings: TwinSettings) -> bool:
    """Say whether WordPress declines this address: not http, private, loopback, odd port."""
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        return True
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        return True
    if settings.allows_local_urls:
        return False
    return port not in _USUAL_PORTS or _is_local(parts.hostname)


def _is_local(host: str) -> bool:
    if host == "localhost" or host.endswith(".localhost"):
        return True
    try:
        return not ip_address(host).is_global
    except ValueError:
        return False


def user_agent(settings: TwinSettings) -> str:
    """Return how the store names itself to others."""
    return f"WooCommerce/{settings.version} Hookshot (WordPress/{settings.wp_version})"
