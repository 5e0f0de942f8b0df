"""Orders: their JSON → our types; pure and total: an order, or a BadPayload with its path.

The shop names what lines cost without tax. Where its prices hold the tax (`prices_include_tax`), it
is put back, so that amounts are those the buyer saw. Statuses of plugins are held, never refused.
"""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, Final

from app.adapters.orders import Address, ChannelOrder, ChannelOrderLine, Payment
from app.adapters.woocommerce.mapper.amounts import Amounts, meta
from app.adapters.woocommerce.mapper.names import CANCEL_KEY
from app.adapters.woocommerce.mapper.order_lines import lines_of
from app.adapters.woocommerce.mapper.parcels import shipments
from app.adapters.woocommerce.mapper.reader import Reader
from app.adapters.woocommerce.mapper.refunds import refunds_of

_PAID: Final = frozenset(("processing", "completed"))
_DONE: Final = frozenset(("completed", "cancelled", "refunded"))
_DRAFTS: Final = frozenset(("checkout-draft", "auto-draft", "draft"))
# Statuses in which nothing is worked on, and why; a status that stands nowhere here waits, too.
_WAITING: Final[Mapping[str, str]] = {
    "pending": "The order waits for its payment.",
    "on-hold": "The shop holds this order, most often until its payment has arrived.",
    "failed": "The payment of this order failed.",
    "trash": "The order lies in the trash of the shop.",
    **dict.fromkeys(_DRAFTS, "The buyer has not placed this order yet."),
}
# What payment plugins leave on an order whose money is reserved and not taken yet.
_RESERVED: Final = (("_stripe_charge_captured", "no"), ("_intention_status", "requires_capture"))
_PICKED_UP: Final = frozenset(("local_pickup", "pickup_location"))
_ON_DELIVERY: Final = "cod"
# Keys that open the order without a password, and what of the buyer's computer is nobody's need.
_NOT_KEPT: Final = frozenset(
    ("_links", "order_key", "payment_url", "customer_ip_address", "customer_user_agent")
)


def order(
    raw: Any,
    *,
    refunds: Sequence[Any] = (),
    fulfillments: Sequence[Any] = (),
    home_url: str = "",
    at: str = "order",
) -> ChannelOrder:
    """Read an order, with its refunds and fulfilments as the API lists them apart from it."""
    read = Reader(raw, at)
    amounts = Amounts.of(read)
    status = read.text("status") or ""
    placed_at = _placed_at(read)
    modified_at = read.moment("date_modified_gmt")
    sent = shipments(read, fulfillments)
    given = refunds_of(read, refunds, amounts, otherwise_at=modified_at or placed_at)
    lines = lines_of(read, amounts, given, sent)
    total, refunded = amounts.needed(read, "total"), sum(each.amount for each in given)
    reason = "" if status in _PAID | _DONE else _WAITING.get(status) or _unknown(status)
    billing = read.inner("billing")
    return ChannelOrder(
        external_id=read.identity("id"),
        number=f"#{read.words('number') or read.identity('id')}",
        placed_at=placed_at,
        modified_at=modified_at,
        currency=amounts.currency,
        status=status,
        payment=_payment(read, status, total, refunded),
        lines=lines,
        total=total,
        items=sum(amounts.of_line(line, "subtotal") for line in read.objects("line_items")),
        discount=_discount(read, amounts, lines),
        shipping=amounts.shown(read, "shipping_total", "shipping_tax"),
        tax=amounts.known(read, "total_tax"),
        fees=sum(amounts.shown(fee, "total", "total_tax") for fee in read.objects("fee_lines")),
        refunded=refunded,
        includes_tax=amounts.includes_tax,
        is_held=bool(reason),
        hold_reason=reason,
        is_done=status in _DONE,
        is_draft=status in _DRAFTS,
        is_deleted=status == "trash",
        cancelled_at=(modified_at or placed_at) if status == "cancelled" else None,
        cancel_reason=str(meta(read, CANCEL_KEY) or "") if status == "cancelled" else "",
        email=(billing.text("email") if billing else None) or "",
        phone=(billing.text("phone") if billing else None) or "",
        ship_to=_ship_to(read),
        bill_to=_address(billing),
        shipping_method=", ".join(
            name for each in read.objects("shipping_lines") if (name := each.words("method_title"))
        ),
        note=read.words("customer_note") or "",
        source=read.text("created_via") or "",
        refunds=given,
        shipments=sent,
        url=_url(read, home_url),
        raw={name: value for name, value in read.raw.items() if name not in _NOT_KEPT},
    )


def gone(external_id: str) -> ChannelOrder:
    """Stand in for an order that is not in the shop."""
    return ChannelOrder(
        external_id=external_id,
        number="",
        placed_at=datetime.fromtimestamp(0, UTC),
        modified_at=None,
        currency="",
        status="",
        payment=Payment.PENDING,
        lines=(),
        total=0,
        is_deleted=True,
    )


def _placed_at(read: Reader) -> datetime:
    moment = read.moment("date_created_gmt")
    if moment is None:
        raise read.bad("date_created_gmt", "a date and time")
    return moment


def _unknown(status: str) -> str:
    return f"The shop keeps this order in a status of its own, “{status}”."


def _payment(read: Reader, status: str, total: int, refunded: int) -> Payment:
    if status == "refunded" or (total and refunded >= total):
        return Payment.REFUNDED
    if refunded:
        return Payment.PARTIALLY_REFUNDED
    if any(str(meta(read, key)) == value for key, value in _RESERVED):
        return Payment.VOIDED if status == "cancelled" else Payment.AUTHORIZED
    on_delivery = read.text("payment_method") == _ON_DELIVERY and status != "completed"
    if not on_delivery and (status in _PAID or read.text("date_paid_gmt")):
        return Payment.PAID
    return Payment.VOIDED if status == "cancelled" else Payment.PENDING


def _discount(read: Reader, amounts: Amounts, lines: Sequence[ChannelOrderLine]) -> int:
    if read.text("discount_total") is None:
        return sum(line.discount for line in lines)
    return amounts.shown(read, "discount_total", "discount_tax")


def _ship_to(read: Reader) -> Address | None:
    """Return where parcels go; without an address of its own that is the one of the invoice."""
    methods = {each.text("method_id") for each in read.objects("shipping_lines")}
    if methods & _PICKED_UP:
        return None
    own = _address(read.inner("shipping"))
    return own or (_address(read.inner("billing")) if methods else None)


def _address(read: Reader | None) -> Address | None:
    """Read an address; the shop shows one without a single word where there is none."""
    if read is None:
        return None
    words = {name: (read.words(name) or "").strip() for name in _PLACE}
    if not any(value for name, value in words.items() if name != "country"):
        return None
    return Address(
        name=f"{words['first_name']} {words['last_name']}".strip(),
        company=words["company"],
        line1=words["address_1"],
        line2=words["address_2"],
        city=words["city"],
        region=words["state"],
        postcode=words["postcode"],
        country=words["country"].upper(),
        phone=words["phone"],
    )


_PLACE: Final = (
    "first_name",
    "last_name",
    "company",
    "address_1",
    "address_2",
    "city",
    "state",
    "postcode",
    "country",
    "phone",
)


def _url(read: Reader, home_url: str) -> str | None:
    if not home_url.startswith(("http://", "https://")):
        return None
    return f"{home_url.rstrip('/')}/wp-admin/post.php?post={read.identity('id')}&action=edit"
