"""What SyncStore uses of the WooCommerce REST API v3: paths, fields, limits, topics."""

from typing import Final

from app.adapters.orders import OrderAct
from app.adapters.port import Capabilities

INDEX_PATH: Final = "/wp-json/"
API_PATH: Final = "/wp-json/wc/v3"
NAMESPACE: Final = "wc/v3"
USER_AGENT: Final = "SyncStore"  # what a merchant allows in a firewall; libraries' own are blocked
MINIMUM_VERSION: Final = (8, 0)
PER_PAGE: Final = 100  # the API's own maximum
MAX_BATCH: Final = 100  # more is a 413
FIRST_BATCH: Final = 25
QUICK_BATCH_SECONDS: Final = 5.0
NEW_IMAGES_PER_REQUEST: Final = 5  # the shop downloads each inside the request
LONGEST_QUERY: Final = 1500  # characters of a list parameter; some hosts cut long addresses

TOPICS: Final = (
    "product.created",
    "product.updated",
    "product.deleted",
    "product.restored",
    # Permanent deletion through the API or code, which product.deleted does not report.
    "action.woocommerce_delete_product",
    "action.woocommerce_delete_product_variation",
    "order.created",
    "order.updated",
    "order.deleted",
    "order.restored",
)

CAPABILITIES: Final = Capabilities(
    product_fields=frozenset(
        (
            "title",
            "description",
            "short_description",
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
            "sale_from",
            "sale_to",
            "quantity",
            "backorders",
            "weight",
            "length",
            "width",
            "height",
            "image",
        )
    ),
    batch_size=MAX_BATCH,
    level_batch_size=MAX_BATCH,
    has_webhooks=True,
    orders=frozenset(OrderAct),
    max_lengths={"sku": 100, "gtin": 100, "tags": 200, "categories": 200, "brand": 200},
)
