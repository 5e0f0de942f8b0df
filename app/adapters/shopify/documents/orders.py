"""Queries and mutations about orders: reading, shipping, cancelling and refunding them.

Who bought is protected: `$personal` leaves it out for an app that may not ask. Parcels and refunds
are plain lists without cursors, so where a page of them is full, their ids are read instead.
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

_REFUND: Final = """
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
fragment RefundedLine on RefundLineItem { quantity restockType lineItem { id } }
"""

_PARCEL: Final = """
fragment ParcelCore on Fulfillment {
  id
  status
  createdAt
  trackingInfo { company number url }
  fulfillmentLineItems(first: $lines) {
    pageInfo { hasNextPage endCursor }
    nodes { ...ParcelLine }
  }
}
fragment ParcelLine on FulfillmentLineItem { quantity lineItem { id } }
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
}
"""
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
  $first: Int!, $after: String, $query: String, $lines: Int!, $parts: Int!, $personal: Boolean!
) {
  orders(first: $first, after: $after, query: $query, sortKey: UPDATED_AT) {
    pageInfo { hasNextPage endCursor }
    nodes { ...OrderCore }
  }
}
"""
    + _ORDER,
)

ORDERS_BY_ID: Final = Document(
    "OrdersById",
    "nodes",
    """
query OrdersById($ids: [ID!]!, $lines: Int!, $parts: Int!, $personal: Boolean!) {
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
query RefundsById($ids: [ID!]!, $lines: Int!) {
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
query RefundLines($id: ID!, $first: Int!, $after: String) {
  refund(id: $id) {
    refundLineItems(first: $first, after: $after) {
      pageInfo { hasNextPage endCursor }
      nodes { quantity restockType lineItem { id } }
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

TO_SHIP: Final = Document(
    "ToShip",
    "order",
    """
query ToShip($id: ID!, $first: Int!, $after: String, $lines: Int!) {
  order(id: $id) {
    id
    cancelledAt
    fulfillmentOrders(first: $first, after: $after) {
      pageInfo { hasNextPage endCursor }
      nodes {
        id
        status
        supportedActions { action }
        assignedLocation { location { id } }
        lineItems(first: $lines) {
          pageInfo { hasNextPage endCursor }
          nodes { ...ToShipLine }
        }
      }
    }
  }
}
fragment ToShipLine on FulfillmentOrderLineItem { id remainingQuantity lineItem { id } }
""",
)

TO_SHIP_LINES: Final = Document(
    "ToShipLines",
    "fulfillmentOrder",
    """
query ToShipLines($id: ID!, $first: Int!, $after: String) {
  fulfillmentOrder(id: $id) {
    lineItems(first: $first, after: $after) {
      pageInfo { hasNextPage endCursor }
      nodes { id remainingQuantity lineItem { id } }
    }
  }
}
""",
)

SHIP: Final = Document(
    "Ship",
    "fulfillmentCreate",
    """
mutation Ship($fulfillment: FulfillmentInput!) {
  fulfillmentCreate(fulfillment: $fulfillment) {
    fulfillment { id }
    userErrors { field message }
  }
}
""",
)

RETRACK: Final = Document(
    "Retrack",
    "fulfillmentTrackingInfoUpdate",
    """
mutation Retrack($id: ID!, $tracking: FulfillmentTrackingInput!, $notify: Boolean) {
  fulfillmentTrackingInfoUpdate(
    fulfillmentId: $id, trackingInfoInput: $tracking, notifyCustomer: $notify
  ) {
    fulfillment { id }
    userErrors { field message }
  }
}
""",
)

CANCEL_STATE: Final = Document(
    "CancelState",
    "order",
    """
query CancelState($id: ID!) {
  order(id: $id) { id cancelledAt }
}
""",
)

CANCEL_JOB: Final = Document(
    "CancelJob",
    "job",
    """
query CancelJob($job: ID!) {
  job(id: $job) { id done }
}
""",
)

CANCEL: Final = Document(
    "Cancel",
    "orderCancel",
    """
mutation Cancel(
  $id: ID!, $reason: OrderCancelReason!, $restock: Boolean!, $notify: Boolean,
  $refund: OrderCancelRefundMethodInput, $note: String
) {
  orderCancel(
    orderId: $id, reason: $reason, restock: $restock, notifyCustomer: $notify,
    refundMethod: $refund, staffNote: $note
  ) {
    job { id done }
    orderCancelUserErrors { field message code }
  }
}
""",
)

REFUNDABLE: Final = Document(
    "Refundable",
    "order",
    """
query Refundable($id: ID!, $lines: [RefundLineItemInput!]) {
  order(id: $id) {
    id
    currencyCode
    presentmentCurrencyCode
    refunds(first: 250) { id note }
    goods: suggestedRefund(refundLineItems: $lines) {
      refundLineItems { quantity restockType location { id } lineItem { id } }
    }
    money: suggestedRefund(suggestFullRefund: true) {
      suggestedTransactions {
        gateway
        parentTransaction { id }
        maximumRefundableSet {
          shopMoney { amount }
          presentmentMoney { amount }
        }
      }
    }
  }
}
""",
)

REFUND: Final = Document(
    "Refund",
    "refundCreate",
    """
mutation Refund($input: RefundInput!, $key: String!) {
  refundCreate(input: $input) @idempotent(key: $key) {
    refund { id }
    userErrors { field message }
  }
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
    NEWEST_ORDER,
    OLDEST_ORDER,
    ROUTED_ORDERS,
    TO_SHIP,
    TO_SHIP_LINES,
    SHIP,
    RETRACK,
    CANCEL_STATE,
    CANCEL_JOB,
    CANCEL,
    REFUNDABLE,
    REFUND,
)
