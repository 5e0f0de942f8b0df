"""Queries that read orders.

Who bought is protected: `$personal` leaves it out for an app that may not ask. `$routed` asks who
sends what, which only a shop with several locations has to be asked. `$returns` asks whether there
are returns, which needs a scope of its own; few orders have any, and theirs are read singly.
Parcels and refunds are plain lists without cursors, so where a page of them is full, their ids are
read instead.
"""

from typing import Final

from app.adapters.shopify.documents import Document

_LINE: Final = """
fragment LineCore on LineItem {
  id
  title
  variantTitle
  sku
  quantity
  currentQuantity
  unfulfilledQuantity
  requiresShipping
  product { id }
  variant { id inventoryItem { tracked } }
  originalUnitPriceSet { shopMoney { amount } }
  discountAllocations { allocatedAmountSet { shopMoney { amount } } }
  taxLines { priceSet { shopMoney { amount } } }
}
"""

_REFUNDED: Final = """
fragment RefundedLine on RefundLineItem {
  quantity
  restockType
  restocked
  location @include(if: $routed) { id }
  lineItem { id }
}
"""

_REFUND: Final = (
    """
fragment RefundCore on Refund {
  id
  createdAt
  note
  totalRefundedSet { shopMoney { amount } }
  refundLineItems(first: $lines) {
    pageInfo { hasNextPage endCursor }
    nodes { ...RefundedLine }
  }
}
"""
    + _REFUNDED
)

_PARCEL: Final = """
fragment ParcelCore on Fulfillment {
  id
  status
  displayStatus
  createdAt
  inTransitAt
  deliveredAt
  estimatedDeliveryAt
  events(first: 1, reverse: true) { nodes { status message } }
  trackingInfo { company number url }
  fulfillmentLineItems(first: $lines) {
    pageInfo { hasNextPage endCursor }
    nodes { ...ParcelLine }
  }
}
fragment ParcelLine on FulfillmentLineItem { quantity lineItem { id } }
"""

_ROUTE: Final = """
fragment RouteCore on FulfillmentOrder {
  id
  status
  assignedLocation { location { id } }
  lineItems(first: $lines) {
    pageInfo { hasNextPage endCursor }
    nodes { ...RoutedLine }
  }
}
fragment RoutedLine on FulfillmentOrderLineItem { totalQuantity lineItem { id } }
"""

_ADDRESS: Final = """
fragment AddressCore on MailingAddress {
  name
  company
  address1
  address2
  city
  provinceCode
  zip
  countryCodeV2
  phone
}
"""

_ORDER: Final = (
    """
fragment OrderCore on Order {
  id
  name
  createdAt
  processedAt
  updatedAt
  cancelledAt
  cancelReason
  closed
  edited
  test
  sourceName
  note
  tags
  currencyCode
  taxesIncluded
  displayFinancialStatus
  displayFulfillmentStatus
  email @include(if: $personal)
  phone @include(if: $personal)
  shippingAddress @include(if: $personal) { ...AddressCore }
  billingAddress @include(if: $personal) { ...AddressCore }
  totalPriceSet { shopMoney { amount } }
  currentTotalPriceSet { shopMoney { amount } }
  totalTaxSet { shopMoney { amount } }
  totalRefundedSet { shopMoney { amount } }
  risk { assessments { riskLevel } }
  shippingLines(first: 3) { nodes { title discountedPriceSet { shopMoney { amount } } } }
  lineItems(first: $lines) {
    pageInfo { hasNextPage endCursor }
    nodes { ...LineCore }
  }
  fulfillments(first: $parts) { ...ParcelCore }
  refunds(first: $parts) { ...RefundCore }
  returns(first: 1) @include(if: $returns) { nodes { id } }
  fulfillmentOrders(first: 5) @include(if: $routed) {
    pageInfo { hasNextPage endCursor }
    nodes { ...RouteCore }
  }
}
"""
    + _ROUTE
    + _ADDRESS
    + _LINE
    + _PARCEL
    + _REFUND
)

ORDERS_PAGE: Final = Document(
    "OrdersPage",
    "orders",
    """
query OrdersPage(
  $first: Int!, $after: String, $query: String, $lines: Int!, $parts: Int!, $personal: Boolean!,
  $routed: Boolean!, $returns: Boolean!
) {
  orders(first: $first, after: $after, query: $query, sortKey: UPDATED_AT) {
    pageInfo { hasNextPage endCursor }
    nodes { ...OrderCore }
  }
}
"""
    + _ORDER,
)

# What moved is found by its date alone: a page of whole orders costs most of what a small plan's
# bucket holds, and mostly brings what is known.
ORDER_MARKS: Final = Document(
    "OrderMarks",
    "orders",
    """
query OrderMarks($first: Int!, $after: String, $query: String) {
  orders(first: $first, after: $after, query: $query, sortKey: UPDATED_AT) {
    pageInfo { hasNextPage endCursor }
    nodes { id updatedAt }
  }
}
""",
)

ORDERS_BY_ID: Final = Document(
    "OrdersById",
    "nodes",
    """
query OrdersById(
  $ids: [ID!]!, $lines: Int!, $parts: Int!, $personal: Boolean!, $routed: Boolean!,
  $returns: Boolean!
) {
  nodes(ids: $ids) { ...OrderCore }
}
"""
    + _ORDER,
)

ORDER_LINES: Final = Document(
    "OrderLines",
    "order",
    """
query OrderLines($id: ID!, $first: Int!, $after: String) {
  order(id: $id) {
    lineItems(first: $first, after: $after) {
      pageInfo { hasNextPage endCursor }
      nodes { ...LineCore }
    }
  }
}
"""
    + _LINE,
)

ORDER_PARTS: Final = Document(
    "OrderParts",
    "order",
    """
query OrderParts($id: ID!) {
  order(id: $id) {
    fulfillments(first: 250) { id }
    refunds(first: 250) { id }
  }
}
""",
)

PARCELS_BY_ID: Final = Document(
    "ParcelsById",
    "nodes",
    """
query ParcelsById($ids: [ID!]!, $lines: Int!) {
  nodes(ids: $ids) { ...ParcelCore }
}
"""
    + _PARCEL,
)

REFUNDS_BY_ID: Final = Document(
    "RefundsById",
    "nodes",
    """
query RefundsById($ids: [ID!]!, $lines: Int!, $routed: Boolean!) {
  nodes(ids: $ids) { ...RefundCore }
}
"""
    + _REFUND,
)

PARCEL_LINES: Final = Document(
    "ParcelLines",
    "fulfillment",
    """
query ParcelLines($id: ID!, $first: Int!, $after: String) {
  fulfillment(id: $id) {
    fulfillmentLineItems(first: $first, after: $after) {
      pageInfo { hasNextPage endCursor }
      nodes { quantity lineItem { id } }
    }
  }
}
""",
)

REFUND_LINES: Final = Document(
    "RefundLines",
    "refund",
    """
query RefundLines($id: ID!, $first: Int!, $after: String, $routed: Boolean!) {
  refund(id: $id) {
    refundLineItems(first: $first, after: $after) {
      pageInfo { hasNextPage endCursor }
      nodes { ...RefundedLine }
    }
  }
}
"""
    + _REFUNDED,
)

ORDER_ROUTES: Final = Document(
    "OrderRoutes",
    "order",
    """
query OrderRoutes($id: ID!, $first: Int!, $after: String, $lines: Int!) {
  order(id: $id) {
    fulfillmentOrders(first: $first, after: $after) {
      pageInfo { hasNextPage endCursor }
      nodes { ...RouteCore }
    }
  }
}
"""
    + _ROUTE,
)

ROUTE_LINES: Final = Document(
    "RouteLines",
    "fulfillmentOrder",
    """
query RouteLines($id: ID!, $first: Int!, $after: String) {
  fulfillmentOrder(id: $id) {
    lineItems(first: $first, after: $after) {
      pageInfo { hasNextPage endCursor }
      nodes { totalQuantity lineItem { id } }
    }
  }
}
""",
)

NEWEST_ORDER: Final = Document(
    "NewestOrder",
    "orders",
    """
query NewestOrder {
  orders(first: 1, sortKey: UPDATED_AT, reverse: true) { nodes { id updatedAt } }
}
""",
)

OLDEST_ORDER: Final = Document(
    "OldestOrder",
    "orders",
    """
query OldestOrder {
  orders(first: 1, sortKey: ID) { nodes { id } }
  shop { createdAt }
  currentAppInstallation { accessScopes { handle } }
}
""",
)

ROUTED_ORDERS: Final = Document(
    "RoutedOrders",
    "nodes",
    """
query RoutedOrders($ids: [ID!]!) {
  nodes(ids: $ids) { ... on FulfillmentOrder { id orderId } }
}
""",
)

RETURNED_ORDERS: Final = Document(
    "ReturnedOrders",
    "nodes",
    """
query ReturnedOrders($ids: [ID!]!) {
  nodes(ids: $ids) { ... on Return { id order { id } } }
}
""",
)

ALL: Final = (
    ORDERS_PAGE,
    ORDERS_BY_ID,
    ORDER_LINES,
    ORDER_PARTS,
    PARCELS_BY_ID,
    REFUNDS_BY_ID,
    PARCEL_LINES,
    REFUND_LINES,
    ORDER_MARKS,
    NEWEST_ORDER,
    OLDEST_ORDER,
    ROUTED_ORDERS,
    RETURNED_ORDERS,
    ORDER_ROUTES,
    ROUTE_LINES,
)
