"""Products and variations as answers show them: one reader per field, so `_fields` is cheap."""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from typing import Any, Final

from app.simulators.woocommerce import media, php, prices, times
from app.simulators.woocommerce.core import StoreCore
from app.simulators.woocommerce.storage import Row


@dataclass(frozen=True, slots=True)
class View:
    """Who looks, and how: `edit` shows what is stored, `view` what the front end would show."""

    store: StoreCore
    context: str = "view"
    fields: Collection[str] | None = None

    def wants(self, field: str) -> bool:
        """Say whether the caller asked for this field."""
        return self.fields is None or field in self.fields

    def link(self, path: str) -> list[dict[str, str]]:
        """Build one entry of `_links`."""
        return [{"href": f"{self.store.settings.api_url}{path}"}]


Reader = Callable[[View, Row], Any]


def picked(view: View, row: Row, readers: Mapping[str, Reader]) -> dict[str, Any]:
    """Read the wanted fields of a row."""
    if view.fields is None:
        return {field: read(view, row) for field, read in readers.items()}
    return {field: read(view, row) for field, read in readers.items() if field in view.fields}


def product(view: View, row: Row) -> dict[str, Any]:
    """Show a product, or a variation in the shape of one."""
    shown = picked(view, row, _product_readers(view))
    if view.context == "edit" and view.fields is None:
        shown["permalink_template"] = f"{view.store.settings.home_url}/product/%pagename%/"
        shown["generated_slug"] = php.slug(row["name"])
    return shown


def variation(view: View, row: Row) -> dict[str, Any]:
    """Show a variation as its own endpoints do."""
    return picked(view, row, _variation_readers(view))


def _parent(view: View, row: Row) -> Row | None:
    return view.store.goods.get(row["parent_id"]) if row["parent_id"] else None


def _stock_owner(view: View, row: Row) -> Row:
    """Return whose stock counts: the variation's own, or its parent's."""
    if row["type"] == "variation" and not row["manage_stock"]:
        parent = _parent(view, row)
        if parent is not None and parent["manage_stock"]:
            return parent
    return row


def _manages_stock(view: View, row: Row) -> bool | str:
    return row["manage_stock"] or ("parent" if _stock_owner(view, row) is not row else False)


def _stored(key: str) -> Reader:
    return lambda _view, row: row[key]


def _local(key: str) -> Reader:
    return lambda view, row: times.maybe_written(row[key], view.store.settings.utc_offset)


def _gmt(key: str) -> Reader:
    return lambda _view, row: times.maybe_written(row[key])


def _prose(key: str, *, curls: bool = False) -> Reader:
    def read(view: View, row: Row) -> str:
        value: str = row[key]
        if view.context == "edit":
            return value
        return php.paragraphs(php.texturize(value) if curls else value)

    return read


def _terms(key: str) -> Reader:
    def read(view: View, row: Row) -> list[dict[str, Any]]:
        rows = view.store.terms.rows
        return [
            {"id": term_id, "name": rows[term_id]["name"], "slug": rows[term_id]["slug"]}
            for term_id in row[key]
            if term_id in rows
        ]

    return read


def _permalink(view: View, row: Row) -> str:
    home = view.store.settings.home_url
    if row["type"] == "variation":
        parent = _parent(view, row)
        chosen = "&".join(
            f"attribute_{php.slug(choice['name'])}={choice['option']}"
            for choice in row["attributes"]
            if choice["option"]
        )
        return f"{home}/product/{parent['slug'] if parent else ''}/?{chosen}"
    if not row["slug"]:
        return f"{home}/?post_type=product&p={row['id']}"
    return f"{home}/product/{row['slug']}/"


def _full_name(view: View, row: Row) -> str:
    if row["type"] != "variation":
        return str(row["name"])
    parent = _parent(view, row)
    chosen = _chosen_names(view, row)
    name = parent["name"] if parent else ""
    return f"{name} - {chosen}" if chosen else name


def _chosen_names(view: View, row: Row) -> str:
    return ", ".join(choice["option"] for choice in _choices(view, row))


def _choices(view: View, row: Row) -> list[dict[str, Any]]:
    return [
        {
            "id": choice["id"],
            "name": _attribute_name(view.store, choice),
            "slug": choice["slug"],
            "option": choice["option"],
        }
        for choice in row["attributes"]
        if choice["option"]
    ]


def _attribute_name(store: StoreCore, attribute: Mapping[str, Any]) -> str:
    shop_wide = store.attributes.get(attribute["id"]) if attribute["id"] else None
    return str(shop_wide["name"] if shop_wide else attribute["name"])


def _attributes(view: View, row: Row) -> list[dict[str, Any]]:
    if row["type"] == "variation":
        return _choices(view, row)
    return [
        attribute | {"name": _attribute_name(view.store, attribute)}
        for attribute in row["attributes"]
    ]


def _images(view: View, row: Row) -> list[dict[str, Any]]:
    shown = (media.picture_of(view.store, media_id) for media_id in row["images"])
    return [picture for picture in shown if picture is not None]


def _image(view: View, row: Row) -> dict[str, Any] | None:
    return media.picture_of(view.store, row["images"][0]) if row["images"] else None


def _dimensions(_view: View, row: Row) -> dict[str, str]:
    return {side: row[side] for side in ("length", "width", "height")}


def _shipping_class_id(view: View, row: Row) -> int:
    term = view.store.terms.find_slug("product_shipping_class", row["shipping_class"])
    return term["id"] if term else 0


def _variations(view: View, row: Row) -> list[int]:
    if row["type"] != "variable":
        return []
    goods = view.store.goods
    return [child for child in goods.children(row["id"]) if goods.rows[child]["status"] != "trash"]


def _is_purchasable(view: View, row: Row) -> bool:
    return row["status"] == "publish" and prices.current(view.store, row) != ""


def _price_html(view: View, row: Row) -> str:
    price = prices.current(view.store, row)
    if price == "":
        return ""
    symbol = prices.symbol(view.store.settings.currency)
    return (
        '<span class="woocommerce-Price-amount amount"><bdi>'
        f'<span class="woocommerce-Price-currencySymbol">{symbol}</span>{price}</bdi></span>'
    )


def _is_backordered(view: View, row: Row) -> bool:
    owner = _stock_owner(view, row)
    quantity = owner["stock_quantity"]
    return (
        bool(owner["manage_stock"])
        and owner["backorders"] == "notify"
        and quantity is not None
        and quantity < 0
    )


def _metas(view: View, row: Row) -> list[dict[str, Any]]:
    return [dict(meta) for meta in row["meta"]]


def _product_links(view: View, row: Row) -> dict[str, Any]:
    links = {"self": view.link(f"/products/{row['id']}"), "collection": view.link("/products")}
    if row["parent_id"]:
        links["up"] = view.link(f"/products/{row['parent_id']}")
    return links


def _variation_links(view: View, row: Row) -> dict[str, Any]:
    base = f"/products/{row['parent_id']}"
    return {
        "self": view.link(f"{base}/variations/{row['id']}"),
        "collection": view.link(f"{base}/variations"),
        "up": view.link(base),
    }


_DATES: Final[dict[str, Reader]] = {
    "date_created": _local("created"),
    "date_created_gmt": _gmt("created"),
    "date_modified": _local("modified"),
    "date_modified_gmt": _gmt("modified"),
}

_SALE: Final[dict[str, Reader]] = {
    "price": lambda view, row: prices.current(view.store, row),
    "regular_price": _stored("regular_price"),
    "sale_price": _stored("sale_price"),
    "date_on_sale_from": _local("sale_from"),
    "date_on_sale_from_gmt": _gmt("sale_from"),
    "date_on_sale_to": _local("sale_to"),
    "date_on_sale_to_gmt": _gmt("sale_to"),
    "on_sale": lambda view, row: prices.is_on_sale(view.store, row),
}

_DOWNLOADS: Final[dict[str, Reader]] = {
    "virtual": _stored("virtual"),
    "downloadable": _stored("downloadable"),
    "downloads": _stored("downloads"),
    "download_limit": _stored("download_limit"),
    "download_expiry": _stored("download_expiry"),
}

_STOCK: Final[dict[str, Reader]] = {
    "tax_status": _stored("tax_status"),
    "tax_class": _stored("tax_class"),
    "manage_stock": _manages_stock,
    "stock_quantity": lambda view, row: _stock_owner(view, row)["stock_quantity"],
    "stock_status": lambda view, row: _stock_owner(view, row)["stock_status"],
    "backorders": lambda view, row: _stock_owner(view, row)["backorders"],
    "backorders_allowed": lambda view, row: _stock_owner(view, row)["backorders"] != "no",
    "backordered": _is_backordered,
    "low_stock_amount": _stored("low_stock_amount"),
}

_PARCEL: Final[dict[str, Reader]] = {
    "weight": _stored("weight"),
    "dimensions": _dimensions,
    "shipping_class": _stored("shipping_class"),
    "shipping_class_id": _shipping_class_id,
}

_PRODUCT: Final[dict[str, Reader]] = {
    "id": _stored("id"),
    "name": _full_name,
    "slug": _stored("slug"),
    "permalink": _permalink,
    **_DATES,
    "type": _stored("type"),
    "status": _stored("status"),
    "featured": _stored("featured"),
    "catalog_visibility": _stored("catalog_visibility"),
    "description": _prose("description"),
    "short_description": _prose("short_description", curls=True),
    "sku": _stored("sku"),
    "global_unique_id": _stored("gtin"),
    **_SALE,
    "purchasable": _is_purchasable,
    "total_sales": _stored("total_sales"),
    **_DOWNLOADS,
    "external_url": _stored("external_url"),
    "button_text": _stored("button_text"),
    **_STOCK,
    "sold_individually": _stored("sold_individually"),
    **_PARCEL,
    "shipping_required": lambda _view, row: not row["virtual"],
    "shipping_taxable": lambda _view, row: not row["virtual"] and row["tax_status"] == "taxable",
    "reviews_allowed": _stored("reviews_allowed"),
    "average_rating": lambda _view, _row: "0.00",
    "rating_count": lambda _view, _row: 0,
    "upsell_ids": _stored("upsell_ids"),
    "cross_sell_ids": _stored("cross_sell_ids"),
    "parent_id": _stored("parent_id"),
    "purchase_note": _prose("purchase_note"),
    "categories": _terms("categories"),
    "brands": _terms("brands"),
    "tags": _terms("tags"),
    "images": _images,
    "attributes": _attributes,
    "default_attributes": _stored("default_attributes"),
    "variations": _variations,
    "grouped_products": _stored("grouped_products"),
    "menu_order": _stored("menu_order"),
    "price_html": _price_html,
    "related_ids": lambda _view, _row: [],
    "meta_data": _metas,
    "has_options": lambda _view, row: row["type"] == "variable",
    "post_password": _stored("post_password"),
    "_links": _product_links,
}

_VARIATION: Final[dict[str, Reader]] = {
    "id": _stored("id"),
    "type": _stored("type"),
    **_DATES,
    "description": _prose("description"),
    "permalink": _permalink,
    "sku": _stored("sku"),
    "global_unique_id": _stored("gtin"),
    **_SALE,
    "status": _stored("status"),
    "purchasable": _is_purchasable,
    **_DOWNLOADS,
    **_STOCK,
    **_PARCEL,
    "image": _image,
    "attributes": _choices,
    "menu_order": _stored("menu_order"),
    "meta_data": _metas,
    "name": _chosen_names,
    "parent_id": _stored("parent_id"),
    "_links": _variation_links,
}


def _without(readers: Mapping[str, Reader], *fields: str) -> dict[str, Reader]:
    return {field: read for field, read in readers.items() if field not in fields}


_PRODUCT_BEFORE_BRANDS: Final = _without(_PRODUCT, "brands")
_PRODUCT_BEFORE_GTIN: Final = _without(_PRODUCT, "brands", "global_unique_id")
_VARIATION_BEFORE_GTIN: Final = _without(_VARIATION, "global_unique_id")


def _product_readers(view: View) -> Mapping[str, Reader]:
    settings = view.store.settings
    if settings.at_least(9, 4):
        return _PRODUCT
    return _PRODUCT_BEFORE_BRANDS if settings.at_least(9, 2) else _PRODUCT_BEFORE_GTIN


def _variation_readers(view: View) -> Mapping[str, Reader]:
    return _VARIATION if view.store.settings.at_least(9, 2) else _VARIATION_BEFORE_GTIN
