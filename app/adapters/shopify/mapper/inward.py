"""Their JSON → our types; pure and total: a value, an absent key, or a BadPayload with its path."""

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import count, takewhile
from typing import Any, Final

from app.adapters import units
from app.adapters.shopify import ids
from app.adapters.shopify.documents import level_name
from app.adapters.shopify.mapper.dialect import UNITS, Dialect
from app.adapters.shopify.mapper.names import EXTERNAL, ONLY_OPTION, ONLY_VALUE
from app.adapters.shopify.mapper.reader import Reader
from app.adapters.types import ChannelProduct, ChannelVariant
from app.adapters.values import Value
from app.core.money import Money, NotMoney

# UNLISTED is sold to whoever has the link: hidden on purpose.
_STATUSES: Final = {
    "ACTIVE": "active",
    "DRAFT": "draft",
    "ARCHIVED": "archived",
    "UNLISTED": "inactive",
}
_POLICIES: Final = {"DENY": "no", "CONTINUE": "yes"}
_TEXTS: Final = (("title", "title"), ("description", "descriptionHtml"), ("brand", "vendor"))
IMAGE: Final = "IMAGE"
_PICTURE: Final = "MediaImage"  # others are films and models


def product(raw: Any, dialect: Dialect, *, at: str = "product") -> ChannelProduct:
    """Read a product with all its variants and media."""
    read = Reader(raw, at)
    is_only = has_only_default(read.raw)
    is_gift_card = bool(read.raw.get("isGiftCard"))
    kind = "simple" if is_only else "variable"
    return ChannelProduct(
        external_id=read.identity(),
        values=dict(_product_values(read, is_only=is_only)),
        variants=tuple(
            _variant(each, dialect, is_only=is_only) for each in read.objects("variants")
        ),
        our_key=_metafield(read, "ourKey"),
        kind="gift_card" if is_gift_card else kind,
        url=read.text("onlineStoreUrl"),
        modified_at=read.moment("updatedAt"),
        remote_version=read.text("updatedAt"),
        is_writable=not is_gift_card,
        raw=dict(read.raw),
    )


def identities(raw: Any, *, at: str = "product") -> ChannelProduct:
    """Read only who a product and its variants are."""
    read = Reader(raw, at)
    return ChannelProduct(
        external_id=read.identity(),
        values={},
        variants=tuple(ChannelVariant(each.identity(), {}) for each in read.objects("variants")),
        remote_version=read.text("updatedAt"),
        is_writable=not read.raw.get("isGiftCard"),
    )


def gone(external_id: str) -> ChannelProduct:
    """Stand in for a product that is not in the shop."""
    return ChannelProduct(external_id, {}, (), is_deleted=True, is_writable=False)


def has_only_default(raw: Mapping[str, Any]) -> bool:
    """Tell whether a product has no options: Shopify gives it one all the same."""
    options = raw.get("options")
    if not isinstance(options, list) or len(options) != 1 or not isinstance(options[0], Mapping):
        return not options
    values = [each.get("name") for each in options[0].get("optionValues") or ()]
    return options[0].get("name") == ONLY_OPTION and values == [ONLY_VALUE]


def status_of(raw: Mapping[str, Any]) -> str:
    """Return our status: an active product nobody can see is inactive."""
    status = _STATUSES.get(str(raw.get("status")), "inactive")
    return "inactive" if status == "active" and raw.get("isPublished") is False else status


def _product_values(read: Reader, *, is_only: bool) -> Iterator[tuple[str, Value]]:
    for name, theirs in _TEXTS:
        if read.has(theirs):
            yield name, read.text(theirs)
    if read.has("status"):
        yield "status", status_of(read.raw)
    for name, theirs, value in _PARTS:
        if read.has(theirs):
            yield name, value(read)
    if read.raw.get("options") is not None:
        yield "options", [] if is_only else [_option(each) for each in _by_position(read)]


def _categories(read: Reader) -> list[str]:
    """Return the merchant's own word for the kind of product, else Shopify's taxonomy."""
    category = read.inner("category")
    named = read.text("productType") or (category.text("fullName") if category else None)
    return [named] if named else []


def _by_position(read: Reader) -> list[Reader]:
    listed = list(read.objects("options"))
    return sorted(listed, key=lambda each: int(each.raw.get("position") or 0))


def _option(read: Reader) -> Value:
    values = [each.text("name") or "" for each in read.objects("optionValues")]
    return {"name": read.text("name") or "", "values": values}


def _attributes(read: Reader) -> dict[str, list[str]]:
    text = _metafield(read, "attributes")
    if text is None:
        return {}
    try:
        found = json.loads(text)
    except ValueError:
        raise read.bad("attributes", "JSON") from None
    if not isinstance(found, dict):
        raise read.bad("attributes", "an object")
    return {
        str(name): [str(each) for each in values] if isinstance(values, list) else [str(values)]
        for name, values in found.items()
    }


def _metafield(read: Reader, name: str) -> str | None:
    found = read.inner(name)
    return found.text("value") if found is not None else None


def images(read: Reader) -> Iterator[Reader]:
    """Go through the pictures of a product that are, or will be, ready."""
    for each in read.objects("media"):
        if each.raw.get("mediaContentType") == IMAGE and each.raw.get("status") != "FAILED":
            yield each


def _tags(read: Reader) -> list[str]:
    return sorted(read.texts("tags"))


def _images(read: Reader) -> list[Value]:
    return [_image(each) for each in images(read)]


def _image(read: Reader) -> Value:
    inner = read.inner("image")
    url = inner.text("url") if inner is not None else None
    return {"key": f"{EXTERNAL}{read.identity()}", "alt": read.text("alt"), "url": url}


_PARTS: Final[Sequence[tuple[str, str, Callable[[Reader], Value]]]] = (
    ("categories", "productType", _categories),
    ("tags", "tags", _tags),
    ("attributes", "attributes", _attributes),
    ("images", "media", _images),
)


def variant(
    raw: Any, dialect: Dialect, *, is_only: bool = False, at: str = "variant"
) -> ChannelVariant:
    """Read a variant."""
    return _variant(Reader(raw, at), dialect, is_only=is_only)


def _variant(read: Reader, dialect: Dialect, *, is_only: bool) -> ChannelVariant:
    return ChannelVariant(
        external_id=read.identity(),
        values=dict(_variant_values(read, dialect, is_only=is_only)),
        our_key=_metafield(read, "ourKey"),
        remote_version=read.text("updatedAt"),
    )


def _variant_values(
    read: Reader, dialect: Dialect, *, is_only: bool
) -> Iterator[tuple[str, Value]]:
    yield "sku", read.text("sku")
    if read.has("barcode"):
        yield "gtin", read.text("barcode")
    yield "choice", {} if is_only else _choice(read)
    if read.has("price"):
        yield from _prices(read, dialect)
    if (policy := _POLICIES.get(str(read.raw.get("inventoryPolicy")))) is not None:
        yield "backorders", policy
    if read.raw.get("media") is not None:
        yield "image", _picture(read)
    if (item := read.inner("inventoryItem")) is not None:
        yield from _item_values(item)


def _choice(read: Reader) -> dict[str, str]:
    return {
        each.text("name") or "": each.text("value") or ""
        for each in read.objects("selectedOptions")
    }


def _prices(read: Reader, dialect: Dialect) -> Iterator[tuple[str, Value]]:
    """Shopify keeps what is charged and, beside it, what it is compared at; we the reverse."""
    charged, compared = _money(read, "price", dialect), _money(read, "compareAtPrice", dialect)
    is_sale = charged is not None and compared is not None and compared.minor > charged.minor
    yield "price", _spelled(compared if is_sale else charged)
    yield "sale_price", _spelled(charged if is_sale else None)


def _money(read: Reader, name: str, dialect: Dialect) -> Money | None:
    amount = read.number(name)
    if amount is None:
        return None
    try:
        return Money.of(amount, dialect.currency, rounding=True)
    except NotMoney:
        raise read.bad(name, "a price") from None


def _spelled(money: Money | None) -> Value:
    return None if money is None else {"minor": money.minor, "currency": money.currency}


def _picture(read: Reader) -> str | None:
    first = next(read.objects("media"), None)
    is_picture = first is not None and ids.kind(first.raw.get("id")) == _PICTURE
    return f"{EXTERNAL}{first.identity()}" if first is not None and is_picture else None


def _item_values(item: Reader) -> Iterator[tuple[str, Value]]:
    if item.has("tracked"):
        yield "quantity", available(item) if item.raw.get("tracked") else None
    if item.has("measurement"):
        yield "weight", _weight(item.inner("measurement"))


def available(item: Reader) -> int:
    """Return the stock that can be sold at our locations; nothing where it was never stocked."""
    return sum(sellable(each) for each in levels(item))


def levels(item: Reader) -> list[Reader | None]:
    """Return the stock at each location that was asked for; None: it was never stocked there."""
    names = takewhile(item.has, map(level_name, count()))
    return [item.inner(name) for name in names]


def sellable(level: Reader | None) -> int:
    """Return the units of a level that can be sold."""
    for each in level.objects("quantities") if level is not None else ():
        if each.raw.get("name") == "available":
            return int(each.number("quantity") or 0)
    return 0


def _weight(measurement: Reader | None) -> Value:
    weight = measurement.inner("weight") if measurement is not None else None
    amount = weight.number("value") if weight is not None else None
    if weight is None or not amount:
        return None
    unit = UNITS.get(str(weight.raw.get("unit")))
    if unit is None:
        raise weight.bad("unit", "a unit of weight")
    return {"value": f"{units.trimmed(amount):f}", "unit": unit}
