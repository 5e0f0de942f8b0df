"""What each kind of thing accepts in a single call, and what each list can be asked."""

from collections.abc import Mapping
from typing import Final

from app.simulators.woocommerce.params import (
    ANYTHING,
    BOOLEAN,
    DATE_TIME,
    INTEGER,
    INTEGERS,
    NUMBER,
    STRING,
    STRINGS,
    Rule,
    many_of,
    one_of,
    record,
    records,
    whole,
)

Schema = Mapping[str, Rule]

PRODUCT_TYPES: Final = ("simple", "grouped", "external", "variable")
PRODUCT_STATUSES: Final = ("draft", "pending", "private", "publish")
ALL_STATUSES: Final = ("future", "trash", *PRODUCT_STATUSES)
STOCK_STATUSES: Final = ("instock", "outofstock", "onbackorder")

_IMAGE = {"id": INTEGER, "src": STRING, "name": STRING, "alt": STRING}
_META = records(id=INTEGER, key=STRING, value=ANYTHING)

_SELLABLE: Final[Schema] = {
    "description": STRING,
    "sku": STRING,
    "global_unique_id": STRING,
    "regular_price": STRING,
    "sale_price": STRING,
    "date_on_sale_from": DATE_TIME,
    "date_on_sale_from_gmt": DATE_TIME,
    "date_on_sale_to": DATE_TIME,
    "date_on_sale_to_gmt": DATE_TIME,
    "virtual": BOOLEAN,
    "downloadable": BOOLEAN,
    "downloads": records(id=STRING, name=STRING, file=STRING),
    "download_limit": INTEGER,
    "download_expiry": INTEGER,
    "tax_status": one_of("taxable", "shipping", "none"),
    "tax_class": STRING,
    "stock_quantity": INTEGER,
    "inventory_delta": NUMBER,
    "stock_status": one_of(*STOCK_STATUSES),
    "backorders": one_of("no", "notify", "yes"),
    "low_stock_amount": INTEGER,
    "weight": STRING,
    "dimensions": record(length=STRING, width=STRING, height=STRING),
    "shipping_class": STRING,
    "menu_order": INTEGER,
    "meta_data": _META,
}

PRODUCT: Final[Schema] = {
    **_SELLABLE,
    "name": STRING,
    "slug": STRING,
    "type": one_of(*PRODUCT_TYPES),
    "status": one_of("future", "auto-draft", "trash", *PRODUCT_STATUSES),
    "featured": BOOLEAN,
    "catalog_visibility": one_of("visible", "catalog", "search", "hidden"),
    "short_description": STRING,
    "date_created": DATE_TIME,
    "date_created_gmt": DATE_TIME,
    "manage_stock": BOOLEAN,
    "external_url": STRING,
    "button_text": STRING,
    "sold_individually": BOOLEAN,
    "reviews_allowed": BOOLEAN,
    "upsell_ids": INTEGERS,
    "cross_sell_ids": INTEGERS,
    "parent_id": INTEGER,
    "purchase_note": STRING,
    "categories": records(id=INTEGER),
    "brands": records(id=INTEGER),
    "tags": records(id=INTEGER, name=STRING),
    "images": records(**_IMAGE),
    "attributes": records(
        id=INTEGER,
        name=STRING,
        position=INTEGER,
        visible=BOOLEAN,
        variation=BOOLEAN,
        options=STRINGS,
    ),
    "default_attributes": records(id=INTEGER, name=STRING, option=STRING),
    "grouped_products": INTEGERS,
    "post_password": STRING,
}

VARIATION: Final[Schema] = {
    **_SELLABLE,
    "status": one_of(*PRODUCT_STATUSES),
    "manage_stock": {"type": "flag"},
    "image": record(**_IMAGE),
    "attributes": records(id=INTEGER, name=STRING, option=STRING),
}

TERM: Final[Schema] = {
    "name": STRING,
    "slug": STRING,
    "parent": INTEGER,
    "description": STRING,
    "display": one_of("default", "products", "subcategories", "both"),
    "image": record(**_IMAGE),
    "menu_order": INTEGER,
}

ATTRIBUTE: Final[Schema] = {
    "name": STRING,
    "slug": STRING,
    "type": STRING,
    "order_by": one_of("menu_order", "name", "name_num", "id"),
    "has_archives": BOOLEAN,
}

WEBHOOK: Final[Schema] = {
    "name": STRING,
    "status": STRING,
    "topic": STRING,
    "secret": STRING,
    "delivery_url": STRING,
}

_ADDRESS = record(first_name=STRING, last_name=STRING, email=STRING, country=STRING)

ORDER: Final[Schema] = {
    "status": STRING,
    "currency": STRING,
    "customer_id": INTEGER,
    "customer_note": STRING,
    "billing": _ADDRESS,
    "shipping": _ADDRESS,
    "payment_method": STRING,
    "payment_method_title": STRING,
    "transaction_id": STRING,
    "set_paid": BOOLEAN,
    "line_items": records(
        id=INTEGER,
        product_id=INTEGER,
        variation_id=INTEGER,
        quantity=INTEGER,
        subtotal=STRING,
        total=STRING,
        sku=STRING,
        meta_data=_META,
    ),
    "shipping_lines": records(method_id=STRING, method_title=STRING, total=STRING),
    "fee_lines": records(name=STRING, total=STRING),
    "coupon_lines": records(code=STRING),
    "meta_data": _META,
}

CONTEXT: Final[Schema] = {"context": {**one_of("view", "edit"), "default": "view"}}

_PAGED: Final[Schema] = {
    **CONTEXT,
    "page": whole(minimum=1, default=1),
    "per_page": whole(minimum=1, maximum=100, default=10),
    "offset": INTEGER,
    "search": STRING,
    "include": INTEGERS,
    "exclude": INTEGERS,
}

_POSTS: Final[Schema] = {
    **_PAGED,
    "order": {**one_of("asc", "desc"), "default": "desc"},
    "after": DATE_TIME,
    "before": DATE_TIME,
    "modified_after": DATE_TIME,
    "modified_before": DATE_TIME,
    "dates_are_gmt": {**BOOLEAN, "default": False},
    "parent": INTEGERS,
    "parent_exclude": INTEGERS,
}

PRODUCT_LIST: Final[Schema] = {
    **_POSTS,
    "orderby": {
        **one_of(
            "date",
            "modified",
            "id",
            "include",
            "title",
            "slug",
            "price",
            "popularity",
            "rating",
            "menu_order",
        ),
        "default": "date",
    },
    "status": {**one_of("any", *ALL_STATUSES), "default": "any"},
    "include_status": many_of("any", *ALL_STATUSES),
    "exclude_status": many_of(*ALL_STATUSES),
    "type": one_of(*PRODUCT_TYPES),
    "include_types": many_of(*PRODUCT_TYPES),
    "exclude_types": many_of(*PRODUCT_TYPES),
    "slug": STRING,
    "sku": STRING,
    "search_sku": STRING,
    "search_name_or_sku": STRING,
    "global_unique_id": STRING,
    "featured": BOOLEAN,
    "category": STRING,
    "tag": STRING,
    "brand": STRING,
    "shipping_class": STRING,
    "attribute": STRING,
    "attribute_term": STRING,
    "stock_status": one_of(*STOCK_STATUSES),
    "on_sale": BOOLEAN,
    "min_price": STRING,
    "max_price": STRING,
    "virtual": BOOLEAN,
    "downloadable": BOOLEAN,
}

TERM_LIST: Final[Schema] = {
    **_PAGED,
    "order": {**one_of("asc", "desc"), "default": "asc"},
    "orderby": {
        **one_of("id", "include", "name", "slug", "term_group", "description", "count"),
        "default": "name",
    },
    "hide_empty": {**BOOLEAN, "default": False},
    "parent": INTEGER,
    "product": INTEGER,
    "slug": STRING,
}

WEBHOOK_LIST: Final[Schema] = {
    **_POSTS,
    "orderby": {**one_of("date", "id", "title"), "default": "date"},
    "status": {**one_of("all", "active", "paused", "disabled"), "default": "all"},
}

REFUND_LIST: Final[Schema] = {**_POSTS, "orderby": {**one_of("date", "id"), "default": "date"}}

ORDER_LIST: Final[Schema] = {
    **_POSTS,
    "orderby": {**one_of("date", "modified", "id", "include", "title", "slug"), "default": "date"},
    "status": {**STRINGS, "default": ["any"]},
    "customer": INTEGER,
    "product": INTEGER,
    "created_via": STRINGS,
    "dp": INTEGER,
}
