"""Their JSON → our types; pure and total: a value, an absent key, or a BadPayload with its path."""

import html
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from decimal import ROUND_FLOOR
from typing import Any, Final

from app.adapters.types import ChannelProduct, ChannelVariant
from app.adapters.values import BACKORDERS, Value
from app.adapters.woocommerce.mapper.dialect import Dialect
from app.adapters.woocommerce.mapper.names import META_KEY, NO_CATEGORY, WRITABLE_KINDS
from app.adapters.woocommerce.mapper.reader import Reader, as_list
from app.core.money import Money, NotMoney

_MOST_UNITS: Final = 1_000_000_000  # some keep a count without end in place of not counting
_STATUSES: Final = {
    "publish": "active",
    "draft": "draft",
    "pending": "draft",
    "future": "draft",
    "auto-draft": "draft",
    "private": "inactive",
    "trash": "archived",
}


def product(
    raw: Any, dialect: Dialect, *, variations: Iterable[Any] = (), at: str = "product"
) -> ChannelProduct:
    """Read a product with its variations, both as the API gives them with context=edit."""
    read = Reader(raw, at)
    kind = read.text("type") or "simple"
    variants = tuple(
        variant(variation, dialect, parent=read, at=f"{at}.variations[{number}]")
        for number, variation in enumerate(variations)
    )
    if kind != "variable":
        variants = (_only_variant(read, dialect),)
    is_deleted = read.raw.get("status") == "trash"
    return ChannelProduct(
        external_id=read.identity("id"),
        values=dict(_product_values(read, dialect, is_variable=kind == "variable")),
        variants=variants,
        our_key=_our_key(read),
        kind=kind,
        url=_url(read),
        modified_at=read.moment("date_modified_gmt"),
        remote_version=read.text("date_modified_gmt"),
        is_deleted=is_deleted,
        is_writable=kind in WRITABLE_KINDS and not is_deleted,
        raw=_kept(read.raw, variations),
    )


def identities(raw: Any, *, at: str = "product") -> ChannelProduct:
    """Read only who a product and its variants are."""
    read = Reader(raw, at)
    kind = read.text("type") or "simple"
    ids = variation_ids(read.raw) if kind == "variable" else [read.identity("id")]
    return ChannelProduct(
        external_id=read.identity("id"),
        values={},
        variants=tuple(ChannelVariant(external_id, {}) for external_id in ids),
        kind=kind,
        is_writable=kind in WRITABLE_KINDS,
    )


def gone(external_id: str) -> ChannelProduct:
    """Stand in for a product that is not in the shop."""
    return ChannelProduct(external_id, {}, (), is_deleted=True, is_writable=False)


def variant(
    raw: Any, dialect: Dialect, *, parent: Reader | None = None, at: str = "variation"
) -> ChannelVariant:
    """Read a variation of a variable product."""
    read = Reader(raw, at)
    values = dict(_sellable_values(read, dialect))
    values["choice"] = dict(_choice(read))
    values.update(_image_of(read, parent))
    return ChannelVariant(
        external_id=read.identity("id"),
        values=values,
        our_key=_our_key(read),
        remote_version=read.text("date_modified_gmt"),
    )


def variation_ids(raw: Mapping[str, Any]) -> list[str]:
    """Return the ids a product lists as its variations (numbers, or objects of older answers)."""
    rows = as_list(raw.get("variations")) or []
    found = (item.get("id") if isinstance(item, Mapping) else item for item in rows)
    return [str(item) for item in found if item]


def _only_variant(read: Reader, dialect: Dialect) -> ChannelVariant:
    return ChannelVariant(
        external_id=read.identity("id"),
        values={**dict(_sellable_values(read, dialect)), "choice": {}},
        our_key=_our_key(read),
        remote_version=read.text("date_modified_gmt"),
    )


def _product_values(
    read: Reader, dialect: Dialect, *, is_variable: bool
) -> Iterator[tuple[str, Value]]:
    yield "title", read.words("name")
    for name in ("description", "short_description"):
        if read.has(name):
            yield name, read.text(name)
    if read.has("status"):
        yield "status", _status(read)
    for name, theirs, values in _LISTS:
        if read.raw.get(theirs) is not None:  # null is not empty
            yield name, values(read, dialect)
    if read.raw.get("attributes") is not None:
        listed = sorted(read.objects("attributes"), key=_position)
        yield "options", [_option(entry) for entry in listed if is_variable and _varies(entry)]
        yield "attributes", _attributes(e for e in listed if not (is_variable and _varies(e)))


def _status(read: Reader) -> str:
    status = _STATUSES.get(read.text("status") or "", "inactive")
    is_hidden = read.raw.get("catalog_visibility") == "hidden"
    return "inactive" if status == "active" and is_hidden else status


def _brand(read: Reader, _: Dialect) -> str | None:
    return next((brand.words("name") for brand in read.objects("brands")), None)


def _tags(read: Reader, _: Dialect) -> list[str]:
    return sorted({tag.words("name") or "" for tag in read.objects("tags")} - {""})


def _images(read: Reader, _: Dialect) -> list[Value]:
    return [_image(image) for image in read.objects("images") if image.raw.get("id")]


def _categories(read: Reader, dialect: Dialect) -> list[str]:
    paths = set()
    for category in read.objects("categories"):
        if str(category.raw.get("slug")).lower() in NO_CATEGORY:
            continue
        name = category.words("name") or ""
        paths.add(dialect.category_paths.get(category.identity("id"), name))
    return sorted(paths - {""})


_LISTS: Final[Sequence[tuple[str, str, Callable[[Reader, Dialect], Value]]]] = (
    ("brand", "brands", _brand),
    ("categories", "categories", _categories),
    ("tags", "tags", _tags),
    ("images", "images", _images),
)


def _position(entry: Reader) -> int:
    position = entry.raw.get("position")
    return position if isinstance(position, int) else 0


def _varies(entry: Reader) -> bool:
    return entry.flag("variation")


def _texts(entry: Reader) -> list[str]:
    found = as_list(entry.raw.get("options", entry.raw.get("option")))
    if isinstance(found, str):  # a variation read as a product names the one it stands for
        found = [found]
    if not isinstance(found, list):
        raise entry.bad("options", "a list of texts")
    return [text for item in found if (text := html.unescape(str(item)).strip())]


def _option(entry: Reader) -> Value:
    return {"name": entry.words("name") or "", "values": _texts(entry)}


def _attributes(entries: Iterable[Reader]) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for entry in entries:
        values = found.setdefault(entry.words("name") or "", [])
        values.extend(text for text in _texts(entry) if text not in values)
    return found


def _image(image: Reader) -> Value:
    return {
        "key": f"ext:{image.identity('id')}",
        "alt": image.words("alt"),
        "url": image.text("src"),
    }


def _sellable_values(read: Reader, dialect: Dialect) -> Iterator[tuple[str, Value]]:
    for name, theirs, value in _SELLABLE:
        if read.has(theirs):
            yield name, value(read, theirs, dialect)
    if dialect.counts_stock and read.has("manage_stock"):
        yield from _stock(read)
    if (size := read.inner("dimensions")) is not None:
        for name in ("length", "width", "height"):
            if size.has(name):
                yield name, dialect.measure(name, size.text(name))


def _text(read: Reader, name: str, _: Dialect) -> str | None:
    return read.text(name)


def _moment(read: Reader, name: str, _: Dialect) -> str | None:
    moment = read.moment(name)
    return moment.isoformat() if moment else None


def _weight(read: Reader, name: str, dialect: Dialect) -> Value:
    return dialect.measure("weight", read.text(name))


def _money(read: Reader, name: str, dialect: Dialect) -> Value:
    amount = read.number(name)
    if amount is None:
        return None
    try:
        # A shop may keep more places than its currency has; shoppers are charged the rounded price.
        money = Money.of(amount, dialect.currency, rounding=True)
    except NotMoney:
        raise read.bad(name, "a price") from None
    return {"minor": money.minor, "currency": money.currency}


_SELLABLE: Final[Sequence[tuple[str, str, Callable[[Reader, str, Dialect], Value]]]] = (
    ("sku", "sku", _text),
    ("gtin", "global_unique_id", _text),
    ("price", "regular_price", _money),
    ("sale_price", "sale_price", _money),
    ("sale_from", "date_on_sale_from_gmt", _moment),
    ("sale_to", "date_on_sale_to_gmt", _moment),
    ("weight", "weight", _weight),
)


def _stock(read: Reader) -> Iterator[tuple[str, Value]]:
    if not read.flag("manage_stock"):  # false, or "parent": not counted here
        yield "quantity", None
        return
    counted = read.number("stock_quantity")
    if counted is not None and abs(counted) > _MOST_UNITS:
        raise read.bad("stock_quantity", f"a count up to {_MOST_UNITS:,}")
    if counted is not None:
        yield "quantity", int(counted.to_integral_value(rounding=ROUND_FLOOR))
    if (backorders := read.text("backorders")) in BACKORDERS:
        yield "backorders", backorders


def _choice(read: Reader) -> Iterator[tuple[str, str]]:
    for entry in read.objects("attributes"):
        name, option = entry.words("name"), entry.words("option")
        if name and option:  # without an option the variation stands for any value
            yield name, option


def _image_of(read: Reader, parent: Reader | None) -> Iterator[tuple[str, Value]]:
    if not read.has("image"):
        return
    image = read.inner("image")
    key = f"ext:{image.identity('id')}" if image is not None and image.raw.get("id") else None
    # A variation without a picture shows the product's main one, and so does one that chose it:
    # which of both it is cannot be told, so the field is left out.
    if parent is None or key is None or key != _main_image(parent):
        yield "image", key


def _main_image(parent: Reader) -> str | None:
    first = next(iter(parent.objects("images")), None)
    return f"ext:{first.raw.get('id')}" if first is not None else None


def _our_key(read: Reader) -> str | None:
    for entry in read.objects("meta_data"):
        if entry.raw.get("key") == META_KEY and isinstance(entry.raw.get("value"), str):
            return entry.raw["value"] or None
    return None


def _url(read: Reader) -> str | None:
    link = read.raw.get("permalink")
    return link if isinstance(link, str) and link.startswith(("http://", "https://")) else None


def _kept(raw: Mapping[str, Any], variations: Iterable[Any]) -> dict[str, Any]:
    kept = {name: value for name, value in raw.items() if name != "_links"}
    if isinstance(variations, Sequence) and variations:
        kept["variations"] = [
            {name: value for name, value in variation.items() if name != "_links"}
            for variation in variations
        ]
    return kept
