"""Finding out, without keys, whether an address is a WooCommerce shop, and its final address."""

import re
from pathlib import PurePosixPath
from typing import Any, Final
from urllib.parse import urljoin, urlsplit, urlunsplit

import httpx

from app.adapters.errors import Refused, Unavailable
from app.adapters.woocommerce import schema
from app.adapters.woocommerce.answers import NotJson, read_json
from app.core.transport import AnswerLost, ForbiddenHost, NotSent, Transport

_HOPS: Final = 5
_HEADERS: Final = {"User-Agent": schema.USER_AGENT}
_TAIL: Final = re.compile(r"/(wp-json|wp-admin|wp-login\.php|index\.php)(/.*)?$")


def probe(address: str, transport: Transport) -> str:
    """Return the final base address of a shop; raises Refused or Unavailable with a sentence."""
    base = normalised(address)
    if "://" in address:
        return _confirmed(_landed(base, transport), base, transport)
    try:
        landed = _landed(base, transport)
    except Unavailable:
        base = "http" + base.removeprefix("https")
        landed = _landed(base, transport)
    return _confirmed(landed, base, transport)


def normalised(address: str) -> str:
    """Return an address as scheme, host and path, without what browsers add to it."""
    text = address.strip()
    parts = urlsplit(text if "://" in text else f"https://{text}")
    try:
        host, port = parts.hostname, parts.port
    except ValueError:
        host, port = None, None
    is_named = host is not None and ("." in host or host == "localhost")
    if parts.scheme not in ("http", "https") or host is None or not is_named:
        raise Refused(
            f"“{text}” is not the address of a shop. It looks like https://shop.example.com.",
            code="bad_address",
        )
    path = _TAIL.sub("", parts.path.rstrip("/")).rstrip("/")
    netloc = host if port is None else f"{host}:{port}"
    return urlunsplit((parts.scheme, netloc, path, "", ""))


def _landed(base: str, transport: Transport) -> str:
    """Follow redirects of the front page, by GET, to where the shop really is."""
    url = f"{base}/"
    for _ in range(_HOPS):
        response = _get(transport, url)
        if not response.is_redirect:
            return _without_page(url)
        url = urljoin(url, response.headers.get("location", ""))
        if urlsplit(url).scheme not in ("http", "https"):
            break
    raise Refused("This address leads in a circle. Check it in a browser.", code="redirects")


def _without_page(url: str) -> str:
    parts = urlsplit(url)
    return urlunsplit((parts.scheme, parts.netloc, parts.path.rstrip("/"), "", ""))


def _get(transport: Transport, url: str, **params: Any) -> httpx.Response:
    host = urlsplit(url).hostname
    try:
        return transport.send("GET", url, params=params or None, headers=_HEADERS)
    except ForbiddenHost as error:
        raise Refused(str(error), code="forbidden_host") from error
    except (NotSent, AnswerLost) as error:
        raise Unavailable(
            f"{host} does not answer. Check the address, and that the shop is online.",
            code="no_answer",
        ) from error


def _confirmed(landed: str, asked: str, transport: Transport) -> str:
    """Look for the API where it was asked for on that host, where the front page is, and above.

    In this order, because the front page of one language answers, too, and shows only its products;
    above, because a merchant may name any page of the shop.
    """
    origin = urlsplit(landed)
    wished = urlunsplit((origin.scheme, origin.netloc, urlsplit(asked).path, "", ""))
    closed: list[str] = []
    is_wordpress = False
    for base in dict.fromkeys((wished, landed, *_above(landed))):
        response = _get(transport, f"{base}{schema.INDEX_PATH}")
        index = _json(response)
        if isinstance(index, dict) and response.status_code == 200:
            if schema.NAMESPACE in (index.get("namespaces") or ()):
                return _as_it_calls_itself(base, index.get("home"))
            is_wordpress = True
        elif isinstance(index, dict) and response.status_code in (401, 403):
            closed.append(base)
    if closed:
        return closed[0]  # the index is closed to strangers; keys will tell
    if is_wordpress:
        raise Refused(
            "This is a WordPress site, but WooCommerce is not active there.",
            code="no_woocommerce",
        )
    if isinstance(_json(_get(transport, f"{landed}/", rest_route="/")), dict):
        raise Refused(
            "The shop uses plain permalinks, so its API has no address. In WordPress, open Settings"
            " → Permalinks and choose anything but “Plain”.",
            code="plain_permalinks",
        )
    raise Refused(
        "No WooCommerce shop answers at this address. Check it, or allow SyncStore in the shop's"
        " firewall.",
        code="no_shop",
    )


def _above(page: str) -> list[str]:
    """Return the addresses of the folders a page is in, the nearest first."""
    parts = urlsplit(page)
    folders = PurePosixPath(parts.path).parents
    paths = [str(each).rstrip("/").removeprefix(".") for each in folders][:_HOPS]
    return [urlunsplit((parts.scheme, parts.netloc, path, "", "")) for path in paths]


def _as_it_calls_itself(base: str, home: Any) -> str:
    """Return the address with or without www, as the shop has it: that host is what OAuth signs."""
    here, there = urlsplit(base), urlsplit(home if isinstance(home, str) else "")
    is_signed = here.scheme == there.scheme == "http"
    names = [(parts.hostname or "").removeprefix("www.") for parts in (here, there)]
    if not is_signed or names[0] != names[1]:
        return base
    return urlunsplit((here.scheme, there.netloc, here.path, "", ""))


def _json(response: httpx.Response) -> Any:
    try:
        return read_json(response.content, is_tolerant=True)[0]
    except NotJson:
        return None
