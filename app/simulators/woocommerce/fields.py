"""How a body becomes a row: null means "not sent", lists replace, meta data merges."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from app.simulators.woocommerce import codes, media, php, times
from app.simulators.woocommerce.core import StoreCore
from app.simulators.woocommerce.errors import ApiError, PhpFatal
from app.simulators.woocommerce.storage import Row

# Meta keys the shop reads itself: writing them lands in the column, past every check.
_COLUMN_OF_META: Final = {"_sku": "sku", "_regular_price": "regular_price", "_price": None}


@dataclass(slots=True)
class Draft:
    """A row while a body is being applied to its copy; the store sees it only when it is put."""

    store: StoreCore
    row: Row
    params: Mapping[str, Any]
    fetched: media.Fetched = field(default_factory=dict)
    unfiltered_html: bool = True
    uploaded: list[int] = field(default_factory=list)

    def sent(self, name: str) -> bool:
        """Say whether a parameter came, null being as good as none."""
        return self.params.get(name) is not None


_TEXTS: Final = (
    "name",
    "slug",
    "status",
    "description",
    "short_description",
    "purchase_note",
    "tax_class",
    "shipping_class",
    "external_url",
    "button_text",
    "post_password",
)
_HTML: Final = {"name", "description", "short_description", "purchase_note"}
_PRICES: Final = ("regular_price", "sale_price", "weight")
_FLAGS: Final = ("featured", "virtual", "downloadable", "sold_individually", "reviews_allowed")
_INTEGERS: Final = ("menu_order", "download_limit", "download_expiry")
_SIDES: Final = ("length", "width", "height")
_LISTS: Final = (
    "downloads",
    "upsell_ids",
    "cross_sell_ids",
    "categories",
    "brands",
    "tags",
    "images",
    "attributes",
    "default_attributes",
    "grouped_products",
    "meta",
)
_ENUMS: Final = {
    "catalog_visibility": ("visible", "catalog", "search", "hidden"),
    "tax_status": ("taxable", "shipping", "none"),
}
_DATES: Final = {
    "date_created": "created",
    "date_on_sale_from": "sale_from",
    "date_on_sale_to": "sale_to",
}


def blank(row_id: int, kind: str, now: int) -> Row:
    """Return the row of a new product or variation, before anything is applied."""
    return {
        "id": row_id,
        "type": kind,
        "parent_id": 0,
        "created": now,
        "modified": now,
        **dict.fromkeys(_TEXTS, ""),
        **dict.fromkeys(_PRICES, ""),
        **dict.fromkeys(_FLAGS, False),
        **dict.fromkeys(_SIDES, ""),
        **{name: [] for name in _LISTS},
        "status": "publish",
        "sku": "",
        "gtin": "",
        "catalog_visibility": "visible",
        "tax_status": "taxable",
        "reviews_allowed": kind != "variation",
        "sale_from": None,
        "sale_to": None,
        "total_sales": 0,
        "download_limit": -1,
        "download_expiry": -1,
        "menu_order": 0,
        "manage_stock": False,
        "stock_quantity": None,
        "stock_status": "instock",
        "backorders": "no",
        "low_stock_amount": None,
    }


def write_common(draft: Draft) -> None:
    """Apply what products and variations share, codes first: they are refused most."""
    _write_codes(draft)
    _write_texts(draft)
    _write_numbers(draft)
    _write_dates(draft)
    _write_prices(draft)
    _write_meta(draft)


def _write_codes(draft: Draft) -> None:
    store, own_id = draft.store, draft.row["id"]
    if draft.sent("sku"):
        sku = php.text(draft.params["sku"]).strip()
        draft.row["sku"] = codes.claim_sku(store, sku, own_id=own_id)
    if draft.sent("global_unique_id") and store.settings.at_least(9, 2):
        gtin = php.text(draft.params["global_unique_id"])
        draft.row["gtin"] = codes.claim_gtin(store, gtin, own_id=own_id)


def _write_texts(draft: Draft) -> None:
    for name in _TEXTS:
        if not draft.sent(name):
            continue
        value = php.text(draft.params[name])
        if name in _HTML and not draft.unfiltered_html:
            value = php.safe_html(value)
        draft.row[name] = value
    for name, allowed in _ENUMS.items():
        if draft.sent(name):
            if draft.params[name] not in allowed:
                raise ApiError(f"product_invalid_{name}", 400, f"Invalid {name}.")
            draft.row[name] = draft.params[name]


def _write_numbers(draft: Draft) -> None:
    for name in _FLAGS:
        if draft.sent(name):
            draft.row[name] = php.boolean(draft.params[name])
    for name in _INTEGERS:
        if draft.sent(name):
            draft.row[name] = php.integer(draft.params[name])
    if draft.sent("dimensions"):
        sides = draft.params["dimensions"]
        if not isinstance(sides, dict):
            raise PhpFatal("dimensions")
        draft.row |= {side: php.decimal_text(sides[side]) for side in _SIDES if side in sides}
    if draft.sent("downloads"):
        draft.row["downloads"] = [dict(download) for download in draft.params["downloads"]]


def _write_dates(draft: Draft) -> None:
    for name, column in _DATES.items():
        for sent, offset in ((name, draft.store.settings.utc_offset), (f"{name}_gmt", 0)):
            if draft.sent(sent):
                draft.row[column] = times.read(php.text(draft.params[sent]), offset)
    if draft.row["created"] is None:
        draft.row["created"] = draft.store.now()


def _write_prices(draft: Draft) -> None:
    for name in _PRICES:
        if draft.sent(name):
            draft.row[name] = php.decimal_text(draft.params[name])
    if draft.row["type"] in {"variable", "grouped"}:
        draft.row["regular_price"] = draft.row["sale_price"] = ""
    regular, sale = draft.row["regular_price"], draft.row["sale_price"]
    if sale and (not regular or float(sale) >= float(regular)):
        draft.row["sale_price"] = ""


def _write_meta(draft: Draft) -> None:
    if not draft.sent("meta_data"):
        return
    metas = [dict(meta) for meta in draft.row["meta"]]
    for sent in draft.params["meta_data"]:
        key = sent.get("key")
        if key in _COLUMN_OF_META:
            _write_column(draft.row, _COLUMN_OF_META[key], sent.get("value"))
        else:
            metas = merged_meta(draft.store, metas, sent)
    draft.row["meta"] = metas


def _write_column(row: Row, column: str | None, value: Any) -> None:
    if column is not None:
        row[column] = php.text(value)


def merged_meta(store: StoreCore, metas: list[Row], sent: Mapping[str, Any]) -> list[Row]:
    """Return the meta data with one entry set, or deleted by a null value; by id, else by key."""
    meta_id, key = sent.get("id"), sent.get("key")
    place = next(
        (
            index
            for index, meta in enumerate(metas)
            if (meta["id"] == meta_id if meta_id else meta["key"] == key)
        ),
        None,
    )
    if sent.get("value") is None:
        return [meta for index, meta in enumerate(metas) if index != place]
    if place is not None:
        kept = metas[place] | {"key": key or metas[place]["key"], "value": sent["value"]}
        return [*metas[:place], kept, *metas[place + 1 :]]
    if not key:
        return metas
    return [*metas, {"id": store.take_id("meta"), "key": key, "value": sent["value"]}]


def ids_in(entries: Any, *, plain: bool = False) -> list[int]:
    """Return the ids of `[{id}]`, in order, each once; with `plain` bare integers count too."""
    found: dict[int, None] = {}
    for entry in entries if isinstance(entries, list) else []:
        if isinstance(entry, dict):
            found[php.integer(entry.get("id") or 0)] = None
        elif plain:
            found[php.integer(entry)] = None
    return [term_id for term_id in found if term_id]
