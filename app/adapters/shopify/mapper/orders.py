"""An order of a shop → ours; pure: amounts in the shop's own currency, words by table.

Shopify counts a line four ways: `quantity` is what was ever ordered, `currentQuantity` what is left
of it after edits and refunds, `unfulfilledQuantity` what still has to be sent, and parcels tell
what was. A unit that was neither refunded nor is current was edited away.
"""

import re
from collections import Counter
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import ROUND_HALF_UP, Decimal
from typing import Any, Final

from app.adapters.orders import (
    Address,
    ChannelOrder,
    ChannelOrderLine,
    ChannelRefund,
    ChannelShipment,
    Payment,
)
from app.adapters.shopify.mapper import parcels
from app.adapters.shopify.mapper.names import ONLY_VALUE
from app.adapters.shopify.mapper.parcels import count, owner
from app.adapters.shopify.mapper.reader import Reader
from app.adapters.shopify.mapper.returns import back_on_shelf, returned
from app.core.money import Money, NotMoney

_PAYMENTS: Final[Mapping[str, Payment]] = {
    "AUTHORIZED": Payment.AUTHORIZED,
    "EXPIRED": Payment.VOIDED,
    "PAID": Payment.PAID,
    "PARTIALLY_PAID": Payment.PARTIALLY_PAID,
    "PARTIALLY_REFUNDED": Payment.PARTIALLY_REFUNDED,
    "PENDING": Payment.PENDING,
    "REFUNDED": Payment.REFUNDED,
    "VOIDED": Payment.VOIDED,
}
# Words of the payment, then of the delivery, that keep an order from being worked on.
_HOLDS: Final[Mapping[str, str]] = {
    "PENDING": "It is not paid yet.",
    "EXPIRED": "Its payment ran out before it was captured.",
    "VOIDED": "Its payment was voided.",
    "ON_HOLD": "Shopify holds it back until the hold is released there.",
    "SCHEDULED": "Shopify has scheduled it for a later day.",
}
_DONE: Final = ("FULFILLED", "FULFILLMENT_NOT_REQUIRED", "RESTOCKED")
_RISKS: Final = ("HIGH", "MEDIUM", "LOW")  # the gravest first; others say nothing
_KEPT, _CALLED_OFF, _RETURNED = "NO_RESTOCK", "CANCEL", "RETURN"

_MARK: Final = re.compile(r"\s*\(SyncStore (.+)\)\s*\Z")  # ends the note of a refund of ours
_NEVER: Final = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class _Moved:
    """What happened to the units of lines, by line id."""

    shipped: Mapping[str, int]
    refunded: Mapping[str, int]
    restocked: Mapping[str, int]
    elsewhere: Mapping[str, int]  # sent from a location whose stock is none of ours, and kept


def marked(reason: str, key: str) -> str:
    """Return the note of a refund that carries our key."""
    return f"{reason} (SyncStore {key})".strip()


def key_of(note: str | None) -> str | None:
    """Return the key a note carries, if the refund is one of ours."""
    found = _MARK.search(note or "")
    return found.group(1) if found else None


def order(
    raw: Any, *, home: str, places: Collection[str] | None = None, at: str = "order"
) -> ChannelOrder:
    """Read an order with all its lines, parcels and refunds; `home` is the shop's address.

    `places` are the locations whose stock is kept in step, where the shop has others besides.
    """
    read = Reader(raw, at)
    currency = _currency(read)
    placed_at = read.moment("processedAt") or read.moment("createdAt")
    if placed_at is None:
        raise read.bad("processedAt", "a date and time")
    refunds = tuple(_refund(each, currency, placed_at, places) for each in read.objects("refunds"))
    shipments = tuple(parcels.shipment(each) for each in read.objects("fulfillments"))
    found = (returned(each, places=places) for each in read.objects("returns"))
    returns = tuple(each for each in found if each is not None)
    restocked = back_on_shelf(returns, refunds)
    moved = _moved(read, refunds, shipments, restocked, places)
    cancelled_at = read.moment("cancelledAt")
    is_cancelled = cancelled_at is not None
    lines = tuple(
        _line(each, currency, moved, is_cancelled=is_cancelled)
        for each in read.objects("lineItems")
    )
    identity = read.identity()
    return ChannelOrder(
        external_id=identity,
        number=read.text("name") or identity,
        placed_at=placed_at,
        modified_at=read.moment("updatedAt"),
        currency=currency,
        lines=lines,
        refunds=refunds,
        shipments=shipments,
        returns=returns,
        cancelled_at=cancelled_at,
        cancel_reason=(read.text("cancelReason") or "").lower(),
        is_test=bool(read.raw.get("test")),
        note=read.text("note") or "",
        tags=tuple(read.texts("tags")),
        risk=_risk(read),
        source=read.text("sourceName") or "",
        url=f"{home}/admin/orders/{identity}",
        raw=dict(read.raw),
        **_state(read, is_cancelled=is_cancelled),
        **_amounts(read, currency, lines),
        **_people(read, lines),
    )


def gone(external_id: str) -> ChannelOrder:
    """Stand in for an order that is not in the shop."""
    return ChannelOrder(
        external_id=external_id,
        number="",
        placed_at=_NEVER,
        modified_at=None,
        currency="",
        status="deleted",
        payment=Payment.VOIDED,
        lines=(),
        total=0,
        is_deleted=True,
    )


def _currency(read: Reader) -> str:
    currency = read.text("currencyCode")
    if currency is None:
        raise read.bad("currencyCode", "a currency")
    return currency


def _state(read: Reader, *, is_cancelled: bool) -> dict[str, Any]:
    paid, sent = (
        read.text(name) or "" for name in ("displayFinancialStatus", "displayFulfillmentStatus")
    )
    is_done = is_cancelled or sent in _DONE or bool(read.raw.get("closed"))
    reasons = [] if is_done else [_HOLDS[word] for word in (paid, sent) if word in _HOLDS]
    return {
        "status": "cancelled" if is_cancelled else sent.lower(),
        "payment": _PAYMENTS.get(paid, Payment.PENDING),
        "is_done": is_done,
        "is_held": bool(reasons),
        "hold_reason": " ".join(reasons),
    }


def _amounts(read: Reader, currency: str, lines: tuple[ChannelOrderLine, ...]) -> dict[str, Any]:
    """Add an order up; what is neither goods, shipping nor tax (duties, tips, rounding) is a fee.

    `totalPriceSet` still holds what was edited away, `currentTotalPriceSet` no longer what was
    given back.
    """
    refunded = _money(read, "totalRefundedSet", currency)
    total = _money(read, "totalPriceSet", currency)
    if read.raw.get("edited") and read.raw.get("cancelledAt") is None:
        total = _money(read, "currentTotalPriceSet", currency) + refunded
    goods = sum(line.total for line in lines)
    discount = sum(line.discount for line in lines)
    shipping = sum(
        _money(each, "discountedPriceSet", currency) for each in read.objects("shippingLines")
    )
    includes_tax = bool(read.raw.get("taxesIncluded"))
    tax = _money(read, "totalTaxSet", currency) - _tax_edited_away(read, currency, lines)
    on_top = 0 if includes_tax else tax
    return {
        "total": total,
        "items": goods + discount,
        "discount": discount,
        "shipping": shipping,
        "tax": tax,
        "fees": total - goods - shipping - on_top,
        "refunded": refunded,
        "includes_tax": includes_tax,
    }


def _tax_edited_away(read: Reader, currency: str, lines: tuple[ChannelOrderLine, ...]) -> int:
    ordered = sum(_taxes(each, currency) for each in read.objects("lineItems"))
    return ordered - sum(line.tax for line in lines)


def _people(read: Reader, lines: tuple[ChannelOrderLine, ...]) -> dict[str, Any]:
    """Tell who bought and where it goes; empty where the app may not know."""
    ship_to, bill_to = read.inner("shippingAddress"), read.inner("billingAddress")
    needs_shipping = any(line.needs_shipping for line in lines)
    methods = (each.text("title") for each in read.objects("shippingLines"))
    return {
        "email": read.text("email") or "",
        "phone": read.text("phone") or "",
        "ship_to": _address(ship_to) if ship_to or needs_shipping else None,
        "bill_to": _address(bill_to) if bill_to else None,
        "shipping_method": next((each for each in methods if each), ""),
    }


def _address(read: Reader | None) -> Address:
    if read is None:
        return Address()
    return Address(
        name=read.text("name") or "",
        company=read.text("company") or "",
        line1=read.text("address1") or "",
        line2=read.text("address2") or "",
        city=read.text("city") or "",
        region=read.text("provinceCode") or "",
        postcode=read.text("zip") or "",
        country=read.text("countryCodeV2") or "",
        phone=read.text("phone") or "",
    )


def _risk(read: Reader) -> str:
    summary = read.inner("risk")
    found = (
        {each.raw.get("riskLevel") for each in summary.objects("assessments")} if summary else ()
    )
    return next((level.lower() for level in _RISKS if level in found), "")


def _moved(
    read: Reader,
    refunds: tuple[ChannelRefund, ...],
    shipments: tuple[ChannelShipment, ...],
    restocked: Counter[str],
    places: Collection[str] | None,
) -> _Moved:
    shipped: Counter[str] = Counter()
    refunded: Counter[str] = Counter()
    restocked = restocked.copy()
    for parcel in shipments:
        if not parcel.is_cancelled:
            shipped.update(parcel.lines)
    for refund in refunds:
        refunded.update(refund.lines)
        restocked.update(refund.restocked)
    elsewhere = Counter(_elsewhere(read, places))
    for line, units in _back_elsewhere(read, places).items():
        # What went back to where it came from is neither ours nor taken any more.
        restocked[line] += max(0, units - min(elsewhere[line], shipped[line]))
    return _Moved(shipped, refunded, restocked, elsewhere)


def _back_elsewhere(read: Reader, places: Collection[str] | None) -> Mapping[str, int]:
    """Return the units that were sent and are back on another location's shelf."""
    units: Counter[str] = Counter()
    for refund in read.objects("refunds"):
        for each in refund.objects("refundLineItems"):
            if _is_restocked(each) and _is_back_elsewhere(each, places):
                units[owner(each)] += count(each, "quantity")
    return units


def _is_restocked(back: Reader) -> bool:
    return back.raw.get("restockType") != _KEPT and back.raw.get("restocked") is not False


def _is_back_elsewhere(back: Reader, places: Collection[str] | None) -> bool:
    """Tell whether what was sent came back to another location; what never was, waits nowhere."""
    if places is None or back.raw.get("restockType") != _RETURNED:
        return False
    location = back.inner("location")
    return location is not None and location.identity() not in places


def _elsewhere(read: Reader, places: Collection[str] | None) -> Mapping[str, int]:
    """Return the units other locations send; what was called off there, unless routed anew."""
    routed: Counter[str] = Counter()
    away: Counter[str] = Counter()
    called_off: Counter[str] = Counter()
    if places is None:
        return away
    for route in read.objects("fulfillmentOrders"):
        is_away, is_off = _is_away(route, places), route.text("status") == "CANCELLED"
        for each in route.objects("lineItems"):
            units = {owner(each): count(each, "totalQuantity")}
            routed.update({} if is_off else units)
            away.update(units if is_away and not is_off else {})
            called_off.update(units if is_away and is_off else {})
    ordered = {each.identity(): count(each, "quantity") for each in read.objects("lineItems")}
    for line, lost in called_off.items():
        away[line] += min(lost, max(0, ordered.get(line, 0) - routed[line]))
    return away


def _is_away(route: Reader, places: Collection[str]) -> bool:
    assigned = route.inner("assignedLocation")
    location = assigned.inner("location") if assigned is not None else None
    return location is not None and location.identity() not in places


def _line(read: Reader, currency: str, moved: _Moved, *, is_cancelled: bool) -> ChannelOrderLine:
    identity = read.identity()
    ordered, current = count(read, "quantity"), count(read, "currentQuantity")
    shipped = moved.shipped.get(identity, 0)
    owed = shipped + count(read, "unfulfilledQuantity")
    # The rest was edited away; what was sent never is, though a return may take it off the line.
    sold = min(ordered, max(current + moved.refunded.get(identity, 0), owed))
    wanted = max(current, owed)
    taken = sold - moved.restocked.get(identity, 0) - moved.elsewhere.get(identity, 0)
    unit = _money(read, "originalUnitPriceSet", currency)
    allocated = sum(
        _money(each, "allocatedAmountSet", currency) for each in read.objects("discountAllocations")
    )
    discount = _share(allocated, sold, ordered)
    product, variant = read.inner("product"), read.inner("variant")
    options = read.text("variantTitle") or ""
    return ChannelOrderLine(
        external_id=identity,
        title=read.text("title") or "",
        quantity=shipped if is_cancelled else min(ordered, wanted),
        ordered=ordered,
        unit_price=unit,
        total=unit * sold - discount,
        sku=read.text("sku") or "",
        discount=discount,
        tax=_share(_taxes(read, currency), sold, ordered),
        shipped=shipped,
        taken=max(0, taken) if _is_counted(variant) else 0,
        needs_shipping=bool(read.raw.get("requiresShipping")),
        product_external_id=product.identity() if product else None,
        variant_external_id=variant.identity() if variant else None,
        options="" if options == ONLY_VALUE else options,
    )


def _is_counted(variant: Reader | None) -> bool:
    item = variant.inner("inventoryItem") if variant is not None else None
    return item is not None and bool(item.raw.get("tracked"))


def _taxes(read: Reader, currency: str) -> int:
    return sum(_money(each, "priceSet", currency) for each in read.objects("taxLines"))


def _share(minor: int, part: int, whole: int) -> int:
    """Return the part of an amount that falls to some of its units."""
    if part == whole or whole == 0:
        return minor
    share = Decimal(minor) * part / whole
    return int(share.to_integral_value(rounding=ROUND_HALF_UP))


def _refund(
    read: Reader, currency: str, placed_at: datetime, places: Collection[str] | None
) -> ChannelRefund:
    lines: Counter[str] = Counter()
    restocked: Counter[str] = Counter()
    called_off: Counter[str] = Counter()
    for each in read.objects("refundLineItems"):
        line, units = owner(each), count(each, "quantity")
        lines[line] += units
        if _is_restocked(each) and not _is_back_elsewhere(each, places):
            restocked[line] += units
        if each.raw.get("restockType") == _CALLED_OFF:
            called_off[line] += units
    return ChannelRefund(
        external_id=read.identity(),
        amount=_money(read, "totalRefundedSet", currency),
        at=read.moment("createdAt") or placed_at,
        reason=_MARK.sub("", read.text("note") or ""),
        lines=dict(lines),
        restocked=dict(restocked),
        called_off=dict(called_off),
        key=key_of(read.text("note")) or "",
    )


def _money(read: Reader, name: str, currency: str) -> int:
    """Return an amount of a bag in minor units of the shop's currency; nothing is nothing."""
    bag = read.inner(name)
    money = bag.inner("shopMoney") if bag is not None else None
    amount = money.number("amount") if money is not None else None
    if amount is None:
        return 0
    try:
        return Money.of(amount, currency, rounding=True).minor
    except NotMoney:
        raise read.bad(name, "an amount of money") from None
