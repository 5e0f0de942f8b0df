"""Whether a connected shop answers, and may do what we need; a sentence for what does not work."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, Final

from app.adapters.errors import Refused
from app.adapters.shopify import schema
from app.adapters.shopify.client import Client
from app.adapters.shopify.oauth import missing_scopes
from app.adapters.shopify.shop import (
    default_location,
    define_keys,
    read_facts,
    read_locations,
    read_publications,
)
from app.adapters.types import Health, Problem, ShopFacts

# What is known of these stays known while the shop does not tell: where stock counts above all.
_PLACES: Final = ("locations", "location_id", "publications", "defines_keys")


def check(client: Client, settings: Mapping[str, Any]) -> Health:
    """Ask the shop; raises NeedsReauth for a wrong key, everything milder is in the answer."""
    facts = read_facts(client)
    known = (settings.get("facts") or {}).get("details") or {}
    kept = {name: known[name] for name in _PLACES if name in known}
    facts = replace(facts, details={**kept, **facts.details})
    granted = facts.details["scopes"]
    if lacking := missing_scopes(granted, schema.NEEDED_SCOPES):
        names = ", ".join(lacking)
        sentence = (
            f"SyncStore lacks these permissions in the shop: {names}. Connect it again and agree to"
            " all of them."
        )
        return Health(is_ok=False, facts=facts, problems=(Problem(sentence, code="scopes"),))
    try:
        facts = _with_places(client, facts, settings.get("location_id") or known.get("location_id"))
        counted = [facts.details["location_id"], *(settings.get("more_location_ids") or ())]
        if (problem := _misplaced(facts, counted, known.get("locations") or ())) is not None:
            return Health(is_ok=False, facts=facts, problems=(problem,))
        define_keys(client)
    except Refused as error:
        problem = Problem(error.sentence, code=error.code)
        return Health(is_ok=False, facts=facts, problems=(problem,))
    facts = replace(facts, details={**facts.details, "defines_keys": True})
    return Health(is_ok=True, facts=facts, warnings=tuple(_warnings(client, facts, counted)))


def _with_places(client: Client, facts: ShopFacts, location: str | None) -> ShopFacts:
    """Add locations and publications. Nobody changes by itself where stock is kept."""
    locations = read_locations(client)
    details = {
        **facts.details,
        "locations": locations,
        "location_id": str(location or default_location(locations)),
        "publications": read_publications(client),
    }
    return replace(facts, details=details)


def _misplaced(
    facts: ShopFacts, counted: Sequence[str], before: Sequence[Mapping[str, Any]]
) -> Problem | None:
    """Say so when a location whose stock counts was closed or deleted; `before` knows its name.

    Stock read there would be none, and would be carried to every other channel.
    """
    for wanted in counted:
        now, was = (
            next((row for row in rows if row["id"] == wanted), None)
            for rows in (facts.details["locations"], before)
        )
        if now is not None and now["is_active"]:
            continue
        name = (now or was or {}).get("name")
        place = f"“{name}”, where its stock counts," if name else "A location whose stock counts"
        sentence = (
            f"{place} was {'deleted' if now is None else 'closed'} in Shopify. Choose in the"
            " settings of this connection where stock counts; until then nothing is read or sent."
        )
        return Problem(sentence, "location_id", "location_gone")
    return None


def _selling_elsewhere(facts: ShopFacts, counted: Sequence[str]) -> str:
    """Name the other locations of the shop's own whose stock its web shop sells, too."""
    return ", ".join(
        f"“{row['name']}”"
        for row in facts.details["locations"]
        if row["id"] not in counted
        and row["is_active"]
        and row["ships_online"]
        and not row["is_service"]
    )


def _warnings(client: Client, facts: ShopFacts, counted: Sequence[str]) -> list[str]:
    found = []
    if client.version is not None and client.version != schema.VERSION:
        found.append(
            f"Shopify answered with version {client.version} of its API instead of"
            f" {schema.VERSION}. SyncStore has to be updated."
        )
    found += [f"Shopify will stop supporting something: {each}" for each in client.deprecations]
    if not facts.details["publications"]:
        found.append(
            "SyncStore may not see where products are published, so it hides a product by taking it"
            " out of search only."
        )
    if others := _selling_elsewhere(facts, counted):
        found.append(
            f"Customers may also buy what lies at {others} in Shopify: SyncStore neither counts nor"
            " lowers it. Let it count in the settings of this connection, or switch off online"
            " orders for it in Shopify."
        )
    lacking = missing_scopes(facts.details["scopes"])
    if unoffered := [each for each in lacking if each not in schema.MISSED]:
        found.append(f"Not agreed to, so not offered: {', '.join(unoffered)}.")
    return found + [schema.MISSED[each] for each in lacking if each in schema.MISSED]
