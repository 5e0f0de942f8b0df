"""Orders into a file: a row for each line, streamed, formulas disarmed."""

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, BinaryIO, Final
from zoneinfo import ZoneInfo

from app.catalog.files.sinks import CsvSink
from app.core.money import Money

if TYPE_CHECKING:
    from app.orders.queries import Slip

_ORDER: Final = (
    "Order", "Number there", "Channel", "Placed", "State", "Payment", "Currency", "Order total",
    "Refunded", "Ships to country", "Shipping method",
)  # fmt: skip
_LINE: Final = (
    "SKU", "Item", "Options", "Ordered", "Quantity", "Shipped", "Returned", "Promised",
    "Unit price", "Line total",
)  # fmt: skip
_BUYER: Final = (
    "Name", "Mail", "Phone", "Company", "Address", "Address 2", "City", "Region", "Postcode",
    "Country", "Buyer's note",
)  # fmt: skip


def write_orders(
    orders: Iterable["Slip"], stream: BinaryIO, *, zone: ZoneInfo, with_buyers: bool
) -> int:
    """Write orders as CSV; returns how many. Times are in `zone`."""
    sink = CsvSink(stream)
    sink.write([*_ORDER, *_LINE, *(_BUYER if with_buyers else ())])
    count = 0
    for slip in orders:
        count += 1
        for cells in _rows(slip, zone, with_buyers=with_buyers):
            sink.write(cells)
    sink.close()
    return count


def _rows(slip: "Slip", zone: ZoneInfo, *, with_buyers: bool) -> Iterator[list[str]]:
    order = slip.order
    head = [
        order.number,
        order.external_number,
        slip.connection,
        order.placed_at.astimezone(zone).isoformat(sep=" ", timespec="minutes"),
        str(order.state),
        str(order.payment),
        order.currency,
        _amount(order.total_minor, order.currency),
        _amount(order.refunded_minor, order.currency),
        order.ship_country,
        order.shipping_method,
    ]
    tail = _buyer(slip) if with_buyers else []
    if not slip.lines:
        yield [*head, *("" for _ in _LINE), *tail]
    for row in slip.lines:
        line = row.line
        units = (line.ordered, line.quantity, line.shipped, line.returned, line.allocated)
        prices = (line.unit_minor, line.total_minor)
        yield [
            *head,
            row.sku,
            line.title,
            line.options,
            *(str(each) for each in units),
            *(_amount(each, order.currency) for each in prices),
            *tail,
        ]


def _amount(minor: int, currency: str) -> str:
    return f"{Money(minor, currency).amount:f}"


def _buyer(slip: "Slip") -> list[str]:
    buyer, to = slip.buyer, slip.buyer.ship_to
    where = (
        [to.company, to.line1, to.line2, to.city, to.region, to.postcode, to.country]
        if to
        else [""] * 7
    )
    return [buyer.name, buyer.email, buyer.phone, *where, buyer.note]
