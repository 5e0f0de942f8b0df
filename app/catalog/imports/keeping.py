"""Pure: what a format has no words for stays as it is, instead of being emptied by its silence.

Shopify's file knows no sale dates and no "notify"; WooCommerce's no alternative texts, and no
attribute that is named like an option; only a few list option values that no variant has; and a
weight in other units comes back rounded. What a file says is compared as far as it can tell.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any, Final

from app.adapters import units
from app.adapters.values import Values
from app.catalog.files import Dialect

_LISTS_OPTION_VALUES: Final = (Dialect.OWN, Dialect.WOOCOMMERCE)
_TELLS_ALT_TEXTS: Final = (Dialect.OWN, Dialect.SHOPIFY)
_MEASURES: Final = ("weight", "length", "width", "height")
_NEARLY: Final = Decimal("0.000002")  # files round to six places


def kept_product(dialect: Dialect, wished: Values, ours: Values) -> Values:
    """Return a file's values of a product, completed with what the format cannot say."""
    kept = dict(wished)
    if wished.get("options") and dialect not in _LISTS_OPTION_VALUES:
        kept["options"] = _options(wished["options"], ours["options"])
    if "attributes" in wished and dialect is Dialect.WOOCOMMERCE:
        named = {option["name"] for option in ours["options"]}
        hidden = {name: told for name, told in ours["attributes"].items() if name in named}
        kept["attributes"] = {**hidden, **wished["attributes"]}
    if wished.get("images") and dialect not in _TELLS_ALT_TEXTS:
        kept["images"] = _images(wished["images"], ours["images"])
    return kept


def _options(
    wished: Sequence[Mapping[str, Any]], ours: Sequence[Mapping[str, Any]]
) -> list[dict[str, Any]]:
    values = {option["name"]: option["values"] for option in ours}
    return [
        {
            "name": option["name"],
            "values": list(dict.fromkeys([*values.get(option["name"], ()), *option["values"]])),
        }
        for option in wished
    ]


def _images(
    wished: Sequence[Mapping[str, Any]], ours: Sequence[Mapping[str, Any]]
) -> list[dict[str, Any]]:
    known = {f"ext:{image['url']}": image["alt"] for image in ours}
    return [{**image, "alt": image.get("alt") or known.get(image["key"])} for image in wished]


def kept_variant(dialect: Dialect, wished: Values, ours: Values, now: datetime) -> Values:
    """Return a file's values of a variant, completed with what the format cannot say."""
    kept = dict(wished)
    for name in _MEASURES:
        if name in kept and _is_nearly(kept[name], ours[name]):
            kept[name] = ours[name]
    if dialect is Dialect.SHOPIFY:
        if kept.get("backorders") == "yes" and ours["backorders"] == "notify":
            kept["backorders"] = "notify"
        if "sale_price" in kept and not kept["sale_price"] and not _is_on_sale(ours, now):
            kept["sale_price"] = ours["sale_price"]
    return kept


def _is_nearly(a: Mapping[str, str] | None, b: Mapping[str, str] | None) -> bool:
    if not (a and b):
        return False
    one, other = units.to_base(a["value"], a["unit"]), units.to_base(b["value"], b["unit"])
    if one is None or other is None or one[1] != other[1]:
        return False
    step = units.to_base(1, a["unit"])
    return step is not None and abs(one[0] - other[0]) <= _NEARLY * step[0]


def _is_on_sale(ours: Values, now: datetime) -> bool:
    """Say whether a shop without sale dates would show our sale price now."""
    price, sale = ours["price"], ours["sale_price"]
    if not (price and sale and sale["minor"] < price["minor"]):
        return False
    start, end = ours["sale_from"], ours["sale_to"]
    return not (start and now < datetime.fromisoformat(start)) and not (
        end and now > datetime.fromisoformat(end)
    )
