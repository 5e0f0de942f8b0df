"""Pure: prices of a shop that sells in another currency than the catalog is priced in.

The catalog keeps one price pair per further currency under `prices`. For such a shop that pair is
what `price` and `sale_price` mean, on the way out and on the way in.
"""

from collections.abc import Mapping
from typing import Any, Final

from app.adapters.values import Values

_PAIR: Final = ("price", "sale_price")


def foreign(currency: str | None, home: str) -> str | None:
    """Return the shop's currency when it is not the catalog's; None: nothing to translate."""
    return currency if currency and currency != home else None


def shown(values: Values, currency: str | None) -> dict[str, Any]:
    """Return a variant as a shop of a foreign currency is to show it."""
    if currency is None:
        return dict(values)
    pair = (values.get("prices") or {}).get(currency) or {}
    return {**values, **{name: pair.get(name) for name in _PAIR}}


def kept(
    wished: Values, prices: Mapping[str, Mapping[str, Any]], currency: str | None
) -> dict[str, Any]:
    """Return wished values with the shop's prices where the catalog keeps them, beside `prices`."""
    moved = {name: wished[name] for name in _PAIR if name in wished}
    if currency is None or not moved:
        return dict(wished)
    pair = {**dict.fromkeys(_PAIR), **prices.get(currency, {}), **moved}
    others = {code: each for code, each in prices.items() if code != currency}
    further = {**others, currency: pair} if pair["price"] is not None else others
    rest = {name: value for name, value in wished.items() if name not in _PAIR}
    return {**rest, "prices": further}
