"""One store in conversation: its wire, its facts, how it files products and what it can do."""

import html
from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any, Final

from app.adapters.errors import Permanent, Refused, Unsupported
from app.adapters.types import ShopFacts
from app.adapters.woocommerce.client import Client
from app.adapters.woocommerce.mapper.dialect import Dialect
from app.adapters.woocommerce.mapper.reader import as_list
from app.adapters.woocommerce.taxonomy import Taxonomies

_UNITS: Final = {
    "woocommerce_weight_unit": "weight_unit",
    "woocommerce_dimension_unit": "length_unit",
}


class Shop:
    """What the reading and the writing half of an adapter share."""

    def __init__(self, client: Client, facts: Mapping[str, Any]) -> None:
        self.client = client
        self.taxonomies = Taxonomies(client)
        details = facts.get("details") or {}
        self._lists_variations: bool | None = details.get("lists_variations")
        self._dialect = _dialect(facts) if facts.get("currency") else None

    @property
    def lists_variations(self) -> bool:
        """Tell whether the shop lists the variations of all products (10.3 and newer)."""
        if self._lists_variations is None:
            self._lists_variations = self.offers("/variations")
        return self._lists_variations

    def offers(self, path: str) -> bool:
        """Tell whether the shop has a part of the API."""
        try:
            self.client.page(path, per_page=1, _fields="id")
        except Unsupported:
            return False
        return True

    @property
    def dialect(self) -> Dialect:
        """How the shop spells values; asked from the shop when the connection does not know yet."""
        if self._dialect is None:
            facts = read_facts(self.client)
            self._dialect = _dialect(
                {
                    "currency": facts.currency,
                    "weight_unit": facts.weight_unit,
                    "length_unit": facts.length_unit,
                    "counts_stock": facts.counts_stock,
                }
            )
        return self._dialect

    def dialect_for(self, rows: Iterable[Mapping[str, Any]]) -> Dialect:
        """Return the dialect with the paths of every category these products are in."""
        used = {
            str(category.get("id"))
            for row in rows
            for category in as_list(row.get("categories")) or ()
            if isinstance(category, Mapping)
        }
        if not used:
            return self.dialect
        if not used <= self.taxonomies.categories.paths().keys():
            self.taxonomies.categories.forget()  # a category younger than our look at the tree
        return replace(self.dialect, category_paths=self.taxonomies.categories.paths())


def _dialect(facts: Mapping[str, Any]) -> Dialect:
    return Dialect(
        currency=str(facts["currency"]),
        weight_unit=str(facts.get("weight_unit") or "kg"),
        length_unit=str(facts.get("length_unit") or "cm"),
        counts_stock=bool(facts.get("counts_stock", True)),
    )


def read_facts(client: Client, known: Mapping[str, Any] | None = None) -> ShopFacts:
    """Ask the shop for its facts; what the keys may not see is taken from what is known."""
    known = known or {}
    status = _seen(client, "/system_status", _fields="environment,settings")
    status = status if isinstance(status, Mapping) else {}
    environment = status.get("environment") or {}
    general = _settings(client, "/settings/general") if not status else {}
    products = _settings(client, "/settings/products")
    currency = (
        (status.get("settings") or {}).get("currency")
        or general.get("woocommerce_currency")
        or known.get("currency")
    )
    if not currency:
        raise Refused(
            "These keys may not see the shop's currency. Use keys of an administrator or a shop"
            " manager.",
            code="keys_too_weak",
        )
    home = str(environment.get("home_url") or client.door.base_url)
    return ShopFacts(
        name=_title(client) or home.partition("://")[2],
        url=home,
        currency=str(currency),
        weight_unit=_unit(products, "woocommerce_weight_unit", known, default="kg"),
        length_unit=_unit(products, "woocommerce_dimension_unit", known, default="cm"),
        version=environment.get("version") or known.get("version"),
        counts_stock=products.get("woocommerce_manage_stock", "yes") != "no",
        details={
            "wp_version": environment.get("wp_version"),
            "auth_style": client.auth_style,
            "sees_settings": bool(status or general),
        },
    )


def _unit(
    products: Mapping[str, Any], option: str, known: Mapping[str, Any], *, default: str
) -> str:
    return str(products.get(option) or known.get(_UNITS[option]) or default)


def _seen(client: Client, path: str, **params: Any) -> Any:
    """Return what a path shows, or None where the keys may not look or the shop lacks it."""
    try:
        return client.get(path, **params)
    except Permanent:
        return None


def _settings(client: Client, path: str) -> dict[str, Any]:
    listed = _seen(client, path, _fields="id,value")
    rows = listed if isinstance(listed, list) else []
    return {str(row["id"]): row.get("value") for row in rows if isinstance(row, dict)}


def _title(client: Client) -> str | None:
    try:
        index = client.index(_fields="name")
    except Permanent:
        return None
    name = index.get("name") if isinstance(index, Mapping) else None
    return html.unescape(name).strip() or None if isinstance(name, str) else None
