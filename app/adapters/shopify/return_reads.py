"""Reading the returns of an order; few orders have any, so they are read one order at a time."""

from collections.abc import Mapping
from typing import Any, Final

from app.adapters.shopify.client import Client
from app.adapters.shopify.documents import returns as documents

Row = dict[str, Any]

_PER_PAGE: Final = 10
_LINES: Final = 5  # of each return and of each way back; more are read singly


class ReturnReads:
    """The part of an adapter that reads returns."""

    def __init__(self, client: Client) -> None:
        self._client = client

    def of_order(self, order: Mapping[str, Any]) -> list[Row]:
        """Return the returns of an order, whole."""
        first = self._client.fitting(documents.ORDER_RETURNS, _PER_PAGE, lines=_LINES)
        found = self._client.pages(
            documents.ORDER_RETURNS, within="returns", id=order["id"], first=first, lines=_LINES
        )
        return [self._whole(each) for each in found]

    def _whole(self, row: Mapping[str, Any]) -> Row:
        whole = self._client.whole
        reverses = whole(row, "reverseFulfillmentOrders", documents.REVERSES, lines=_LINES)
        return {
            **row,
            "returnLineItems": whole(row, "returnLineItems", documents.RETURN_LINES),
            "reverseFulfillmentOrders": [
                {**each, "lineItems": whole(each, "lineItems", documents.REVERSE_LINES)}
                for each in reverses
            ],
        }
