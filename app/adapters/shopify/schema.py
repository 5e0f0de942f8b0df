"""What SyncStore uses of Shopify's GraphQL Admin API: version, scopes, limits, topics."""

from collections.abc import Mapping
from typing import Final

from app.adapters.orders import OrderAct
from app.adapters.port import Capabilities
from app.core.rate_limit import Rate

VERSION: Final = "2026-10"
API_PATH: Final = f"/admin/api/{VERSION}/graphql.json"
TOKEN_PATH: Final = "/admin/oauth/access_token"  # noqa: S105 (an address, no secret)
AUTHORIZE_PATH: Final = "/admin/oauth/authorize"

# What the app asks for, and no more; a write scope implies the read scope of the same name.
SCOPES: Final = (
    "write_products",
    "write_inventory",
    "read_locations",
    "write_publications",
    "write_orders",
    "write_merchant_managed_fulfillment_orders",
    "read_fulfillments",
    "read_returns",
)
# Without these the catalog cannot be kept in step; the others only narrow what is offered.
NEEDED_SCOPES: Final = ("write_products", "write_inventory", "read_locations")

MOST_COST: Final = 1000  # points one request may ask for, on every plan
MOST_ROWS: Final = 250  # items in one input array, and nodes of one page
MOST_METAFIELDS: Final = 25  # per metafieldsSet
MOST_VARIANTS: Final = 2048
MOST_OPTIONS: Final = 3
MOST_TAGS: Final = 250
MOST_MEDIA: Final = 250
MOST_STOCK_ROWS: Final = 50_000
MOST_QUANTITY: Final = 1_000_000_000
PAGED_MOST: Final = 250  # products read page by page before a full read goes over to a bulk query
EVERY_STATUS: Final = "status:active,draft,archived,unlisted"  # the search leaves out all others

# Topic → the scope it needs; None: none. The three privacy topics are set in the app's own
# configuration and cannot be subscribed to.
TOPICS: Final[Mapping[str, str | None]] = {
    "PRODUCTS_CREATE": "read_products",
    "PRODUCTS_UPDATE": "read_products",
    "PRODUCTS_DELETE": "read_products",
    "INVENTORY_LEVELS_UPDATE": "read_inventory",
    "INVENTORY_LEVELS_CONNECT": "read_inventory",
    "INVENTORY_LEVELS_DISCONNECT": "read_inventory",
    "INVENTORY_ITEMS_UPDATE": "read_inventory",
    "LOCATIONS_CREATE": "read_locations",
    "LOCATIONS_UPDATE": "read_locations",
    "LOCATIONS_DELETE": "read_locations",
    "LOCATIONS_ACTIVATE": "read_locations",
    "LOCATIONS_DEACTIVATE": "read_locations",
    "ORDERS_CREATE": "read_orders",
    "ORDERS_UPDATED": "read_orders",
    "ORDERS_EDITED": "read_orders",
    "ORDERS_FULFILLED": "read_orders",
    "ORDERS_CANCELLED": "read_orders",
    "ORDERS_DELETE": "read_orders",
    "REFUNDS_CREATE": "read_orders",
    "FULFILLMENT_ORDERS_PLACED_ON_HOLD": "read_merchant_managed_fulfillment_orders",
    "FULFILLMENT_ORDERS_HOLD_RELEASED": "read_merchant_managed_fulfillment_orders",
    "FULFILLMENTS_CREATE": "read_fulfillments",
    "FULFILLMENTS_UPDATE": "read_fulfillments",
    "FULFILLMENT_EVENTS_CREATE": "read_fulfillments",
    "FULFILLMENT_EVENTS_DELETE": "read_fulfillments",
    "RETURNS_REQUEST": "read_returns",
    "RETURNS_APPROVE": "read_returns",
    "RETURNS_DECLINE": "read_returns",
    "RETURNS_UPDATE": "read_returns",
    "RETURNS_PROCESS": "read_returns",
    "RETURNS_CANCEL": "read_returns",
    "RETURNS_CLOSE": "read_returns",
    "RETURNS_REOPEN": "read_returns",
    "APP_UNINSTALLED": None,
    "APP_SCOPES_UPDATE": None,
    "SHOP_UPDATE": None,
    "BULK_OPERATIONS_FINISH": None,
}
# What a merchant agreed to → what can be done with orders.
ORDER_ACTS: Final[Mapping[OrderAct, str]] = {
    OrderAct.READ: "read_orders",
    OrderAct.SHIP: "write_merchant_managed_fulfillment_orders",
    OrderAct.UNSHIP: "write_merchant_managed_fulfillment_orders",
    OrderAct.CANCEL: "write_orders",
    OrderAct.REFUND: "write_orders",
}
# What is missed where a merchant did not agree, of what no act stands for.
MISSED: Final[Mapping[str, str]] = {
    "read_fulfillments": (
        "What carriers say of parcels comes late: SyncStore may not hear of parcels by themselves"
        " (read_fulfillments)."
    ),
    "read_returns": (
        "Returns opened in Shopify do not show up here: SyncStore may not read them (read_returns)."
    ),
}
PRIVACY_TOPICS: Final = ("customers/data_request", "customers/redact", "shop/redact")

# Points of the smallest plan; what a shop really has is learnt from its answers.
POINTS: Final = Rate(100.0, burst=2000, usual_cost=0)
CAPABILITIES: Final = Capabilities(
    limits={"points": POINTS},
    product_fields=frozenset(
        (
            "title",
            "description",
            "status",
            "brand",
            "categories",
            "tags",
            "attributes",
            "options",
            "images",
        )
    ),
    variant_fields=frozenset(
        (
            "sku",
            "gtin",
            "choice",
            "price",
            "sale_price",
            "quantity",
            "backorders",
            "weight",
            "image",
        )
    ),
    batch_size=25,
    level_batch_size=MOST_ROWS,
    compares_levels=True,
    has_export=True,
    has_webhooks=True,
    has_locations=True,
    orders=frozenset(ORDER_ACTS),
    max_images=MOST_MEDIA,
    max_variants=MOST_VARIANTS,
    max_lengths={"title": 255, "brand": 255, "tags": 255, "categories": 255, "sku": 255},
    max_counts={"categories": 1, "options": MOST_OPTIONS, "tags": MOST_TAGS},
    value_words={"backorders": {"notify": "yes"}},
)
