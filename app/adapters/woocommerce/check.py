"""Whether a connected shop answers, and may do what we need; a sentence for what does not work."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Final

from app.adapters.errors import NeedsReauth, Refused, Unsupported
from app.adapters.types import Health, Problem, ShopFacts
from app.adapters.woocommerce import schema
from app.adapters.woocommerce.client import Client
from app.adapters.woocommerce.shop import Shop, read_facts

_NO_PERMALINKS: Final = (
    "The shop's API does not answer at its address. In WordPress, open Settings → Permalinks and"
    " choose anything but “Plain”, and check that WooCommerce is active."
)
_READ_ONLY: Final = "These keys may only read. Make new ones with read and write access."
_WARNINGS: Final[Mapping[str, str]] = {
    "polluted": (
        "The shop mixes PHP notices into its answers. Turn off WP_DEBUG_DISPLAY in wp-config.php."
    ),
    "blocks_put_and_delete": (
        "A firewall blocks PUT and DELETE requests; SyncStore works around it."
    ),
}


def check(shop: Shop, known: Mapping[str, Any]) -> Health:
    """Ask the shop; raises NeedsReauth for wrong keys, everything milder is in the answer."""
    client = shop.client
    try:
        client.page("/products", per_page=1, _fields="id", status="any", fresh=True)
    except Unsupported as error:
        return Health(is_ok=False, problems=(Problem(_NO_PERMALINKS, code=error.code),))
    problems = _write_problems(client)
    try:
        facts = _with_features(shop, read_facts(client, known))
    except Refused as error:
        problems.append(Problem(error.sentence, code=error.code))
        return Health(is_ok=False, problems=tuple(problems))
    return Health(
        is_ok=not problems,
        facts=facts,
        problems=tuple(problems),
        warnings=tuple(_warnings(client, facts)),
    )


def _write_problems(client: Client) -> list[Problem]:
    """Send a batch of nothing: it changes nothing and shows whether the keys may write."""
    try:
        client.post("/products/batch", {"update": []})
    except NeedsReauth as error:
        return [Problem(_READ_ONLY, code=error.code)]
    return []


def _with_features(shop: Shop, facts: ShopFacts) -> ShopFacts:
    details = {
        **facts.details,
        "auth_style": shop.client.auth_style,
        "lists_variations": shop.lists_variations,
        "has_brands": shop.offers("/products/brands"),
    }
    return replace(facts, details=details)


def _warnings(client: Client, facts: ShopFacts) -> list[str]:
    found = [_WARNINGS[code] for code in sorted(client.warnings) if code in _WARNINGS]
    if not client.door.is_secure:
        found.append("This shop has no encryption: keys are signed, everything else can be read.")
    if not facts.counts_stock:
        found.append("The shop does not count stock, so SyncStore cannot send it any.")
    if not facts.details.get("sees_settings"):
        found.append(
            "These keys may not see the shop's settings, so currency and units are taken from the"
            " last check."
        )
    if facts.version and _number(facts.version) < schema.MINIMUM_VERSION:
        found.append(
            f"The shop runs WooCommerce {facts.version}; SyncStore is made for 8.0 and newer."
        )
    return found


def _number(version: str) -> tuple[int, ...]:
    parts = (part for part in version.split("-")[0].split(".")[:2])
    return tuple(int(part) if part.isdigit() else 0 for part in parts)
