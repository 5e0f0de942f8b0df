"""Queries that read the returns of an order: what comes back, and what became of what came."""

from typing import Final

from app.adapters.shopify.documents import Document

_ANNOUNCED: Final = """
fragment AnnouncedLine on ReturnLineItemType {
  id
  quantity
  returnReasonDefinition { name }
  ... on ReturnLineItem { fulfillmentLineItem { lineItem { id } } }
}
"""

_CAME: Final = """
fragment CameLine on ReverseFulfillmentOrderLineItem {
  id
  fulfillmentLineItem { lineItem { id } }
  dispositions { type quantity createdAt location { id } }
}
"""

_REVERSE: Final = (
    """
fragment ReverseCore on ReverseFulfillmentOrder {
  id
  lineItems(first: $lines) {
    pageInfo { hasNextPage endCursor }
    nodes { ...CameLine }
  }
}
"""
    + _CAME
)

ORDER_RETURNS: Final = Document(
    "OrderReturns",
    "order",
    """
query OrderReturns($id: ID!, $first: Int!, $after: String, $lines: Int!) {
  order(id: $id) {
    returns(first: $first, after: $after) {
      pageInfo { hasNextPage endCursor }
      nodes { ...ReturnCore }
    }
  }
}
fragment ReturnCore on Return {
  id
  status
  refunds(first: 25) { nodes { id } }
  returnLineItems(first: $lines) {
    pageInfo { hasNextPage endCursor }
    nodes { ...AnnouncedLine }
  }
  reverseFulfillmentOrders(first: 2) {
    pageInfo { hasNextPage endCursor }
    nodes { ...ReverseCore }
  }
}
"""
    + _ANNOUNCED
    + _REVERSE,
)

RETURN_LINES: Final = Document(
    "ReturnLines",
    "node",
    """
query ReturnLines($id: ID!, $first: Int!, $after: String) {
  node(id: $id) {
    ... on Return {
      returnLineItems(first: $first, after: $after) {
        pageInfo { hasNextPage endCursor }
        nodes { ...AnnouncedLine }
      }
    }
  }
}
"""
    + _ANNOUNCED,
)

REVERSES: Final = Document(
    "Reverses",
    "node",
    """
query Reverses($id: ID!, $first: Int!, $after: String, $lines: Int!) {
  node(id: $id) {
    ... on Return {
      reverseFulfillmentOrders(first: $first, after: $after) {
        pageInfo { hasNextPage endCursor }
        nodes { ...ReverseCore }
      }
    }
  }
}
"""
    + _REVERSE,
)

REVERSE_LINES: Final = Document(
    "ReverseLines",
    "node",
    """
query ReverseLines($id: ID!, $first: Int!, $after: String) {
  node(id: $id) {
    ... on ReverseFulfillmentOrder {
      lineItems(first: $first, after: $after) {
        pageInfo { hasNextPage endCursor }
        nodes { ...CameLine }
      }
    }
  }
}
"""
    + _CAME,
)

ALL: Final = (ORDER_RETURNS, RETURN_LINES, REVERSES, REVERSE_LINES)
