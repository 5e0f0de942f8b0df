"""Which scope opens which part of the schema."""

from functools import cache
from typing import Final

from graphql import GraphQLOutputType, get_named_type

from app.simulators.shopify.errors import TopError

_SENDING: Final = (
    "read_merchant_managed_fulfillment_orders",
    "read_assigned_fulfillment_orders",
    "read_third_party_fulfillment_orders",
)
_SENDS: Final = tuple(scope.replace("read_", "write_", 1) for scope in _SENDING)

# Any one of the scopes is enough; an app with write_x may read x.
TYPES: Final[dict[str, tuple[str, ...]]] = {
    "AppCatalog": ("read_products",),
    "Customer": ("read_customers",),
    "Fulfillment": ("read_orders", "read_merchant_managed_fulfillment_orders"),
    "FulfillmentEvent": ("read_orders",),
    "FulfillmentOrder": _SENDING,
    "FulfillmentOrderLineItem": _SENDING,
    "InventoryItem": ("read_inventory", "read_products"),
    "InventoryLevel": ("read_inventory",),
    "Location": ("read_locations", "read_inventory"),
    "LineItem": ("read_orders",),
    "Order": ("read_orders",),
    "OrderRiskAssessment": ("read_orders",),
    "OrderRiskSummary": ("read_orders",),
    "OrderTransaction": ("read_orders",),
    "Refund": ("read_orders",),
    "Return": ("read_returns",),
    "ReturnDecline": ("read_returns",),
    "ReturnLineItem": ("read_returns",),
    "ReturnLineItemType": ("read_returns",),
    "ReturnReasonDefinition": ("read_returns",),
    "ReverseFulfillmentOrder": ("read_returns",),
    "ReverseFulfillmentOrderDisposition": ("read_returns",),
    "ReverseFulfillmentOrderLineItem": ("read_returns",),
    "SuggestedOrderTransaction": ("read_orders",),
    "SuggestedRefund": ("read_orders",),
    "Product": ("read_products",),
    "ProductVariant": ("read_products",),
}
FIELDS: Final[dict[str, tuple[str, ...]]] = {
    "InventoryItem.inventoryLevel": ("read_inventory",),
    "Location.inventoryLevel": ("read_locations",),
    "Product.resourcePublicationsV2": ("read_publications",),
    "Publishable.resourcePublicationsV2": ("read_publications",),
    "QueryRoot.fulfillmentOrders": _SENDING,
    "QueryRoot.inventoryItems": ("read_inventory", "read_products"),
    "QueryRoot.locations": ("read_locations", "read_inventory"),
    "QueryRoot.orders": ("read_orders",),
    "QueryRoot.refund": ("read_orders",),
    "QueryRoot.productByIdentifier": ("read_products",),
    "QueryRoot.productVariants": ("read_products",),
    "QueryRoot.products": ("read_products",),
    "QueryRoot.publications": ("read_publications",),
    "Mutation.fileCreate": ("write_files",),
    "Mutation.fileDelete": ("write_files",),
    "Mutation.fileUpdate": ("write_files",),
    "Mutation.fulfillmentCancel": _SENDS,
    "Mutation.fulfillmentCreate": _SENDS,
    "Mutation.fulfillmentTrackingInfoUpdate": _SENDS,
    "Mutation.inventoryActivate": ("write_inventory",),
    "Mutation.inventoryAdjustQuantities": ("write_inventory",),
    "Mutation.inventoryBulkToggleActivation": ("write_inventory",),
    "Mutation.inventoryDeactivate": ("write_inventory",),
    "Mutation.inventoryItemUpdate": ("write_inventory",),
    "Mutation.inventorySetQuantities": ("write_inventory",),
    "Mutation.orderCancel": ("write_orders",),
    "Mutation.refundCreate": ("write_orders",),
    "Mutation.productCreate": ("write_products",),
    "Mutation.productDelete": ("write_products",),
    "Mutation.productOptionUpdate": ("write_products",),
    "Mutation.productOptionsCreate": ("write_products",),
    "Mutation.productOptionsDelete": ("write_products",),
    "Mutation.productOptionsReorder": ("write_products",),
    "Mutation.productReorderMedia": ("write_products",),
    "Mutation.productSet": ("write_products",),
    "Mutation.productUpdate": ("write_products",),
    "Mutation.productVariantAppendMedia": ("write_products",),
    "Mutation.productVariantDetachMedia": ("write_products",),
    "Mutation.productVariantsBulkCreate": ("write_products",),
    "Mutation.productVariantsBulkDelete": ("write_products",),
    "Mutation.productVariantsBulkReorder": ("write_products",),
    "Mutation.productVariantsBulkUpdate": ("write_products",),
    "Mutation.publishablePublish": ("write_publications",),
    "Mutation.publishableUnpublish": ("write_publications",),
}
# What a webhook topic needs, by the beginning of its name.
TOPICS: Final[dict[str, tuple[str, ...]]] = {
    "PRODUCTS_": ("read_products",),
    "INVENTORY_LEVELS_": ("read_inventory",),
    "INVENTORY_ITEMS_": ("read_inventory", "read_products"),
    "LOCATIONS_": ("read_locations",),
    "ORDERS_": ("read_orders",),
    "REFUNDS_": ("read_orders",),
    "RETURNS_CANCEL": ("read_returns", "read_orders"),
    "RETURNS_CLOSE": ("read_returns", "read_orders"),
    "RETURNS_REOPEN": ("read_returns", "read_orders"),
    "RETURNS_": ("read_returns",),
    "FULFILLMENTS_": ("read_fulfillments",),
    "FULFILLMENT_EVENTS_": ("read_fulfillments",),
    "FULFILLMENT_ORDERS_": _SENDING,
}


def is_allowed(needed: tuple[str, ...], scopes: frozenset[str]) -> bool:
    """Say whether one of the needed scopes was granted, or its writing twin."""
    return not needed or any(
        scope in scopes or scope.replace("read_", "write_", 1) in scopes for scope in needed
    )


def permit(parent: str, field: str, kind: GraphQLOutputType, scopes: frozenset[str]) -> None:
    """Refuse a field whose scope the merchant has not granted."""
    needed = _needed(parent, field, kind)
    if needed and not is_allowed(needed, scopes):
        wanted = " or ".join(f"`{scope}`" for scope in needed)
        raise TopError(
            f"Access denied for {field} field. Required access: {wanted} access scope.",
            "ACCESS_DENIED",
            documentation="https://shopify.dev/api/usage/access-scopes",
            requiredAccess=f"{wanted} access scope.",
        )


def topic_scopes(topic: str) -> tuple[str, ...]:
    """Return the scopes of which a webhook topic needs one."""
    for beginning, needed in TOPICS.items():
        if topic.startswith(beginning):
            return needed
    return ()


@cache
def _needed(parent: str, field: str, kind: GraphQLOutputType) -> tuple[str, ...]:
    return FIELDS.get(f"{parent}.{field}") or TYPES.get(get_named_type(kind).name, ())
