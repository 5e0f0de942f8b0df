"""What is done with an order: shipping, cancelling and refunding it, with the questions before."""

from typing import Final

from app.adapters.shopify.documents import Document

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

UNSHIP: Final = Document(
    "Unship",
    "fulfillmentCancel",
    """
mutation Unship($id: ID!) {
  fulfillmentCancel(id: $id) {
    fulfillment { id status }
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
