"""Making parcels known: fulfilments out of what Shopify wants sent, one per location.

A fulfilment is not known again by a key, so what is there is looked at first: the same number is
the same parcel, and what no longer waits to be sent has been sent.
"""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from app.adapters.errors import Unknown
from app.adapters.orders import ChannelOrder, ChannelShipment, ShipmentDraft, UnshipDraft
from app.adapters.shopify import ids, schema
from app.adapters.shopify.client import following, nodes
from app.adapters.shopify.documents import after_sale as documents
from app.adapters.shopify.items import UNANSWERED
from app.adapters.shopify.mapper.parcels import carrier
from app.adapters.shopify.order_reads import OrderReads
from app.adapters.shopify.problems import ItemRefused, UserError, order_problem
from app.adapters.shopify.shop import Shop
from app.adapters.types import Applied, Outcome, Problem, Rejected, Unanswered

_ROUTES: Final = 10
_LINES: Final = 20
_SHIPS: Final = "CREATE_FULFILLMENT"
_ENDED: Final = ("CANCELLED", "CLOSED")
GONE: Final = Problem(
    "This order is not in Shopify, or it is older than Shopify lets SyncStore see.", code="gone"
)
_CANCELLED: Final = Problem("This order is cancelled in Shopify.", code="cancelled")
_HELD: Final = Problem(
    "Shopify does not let this be shipped yet: it is on hold, scheduled for later, or another"
    " service sends it. Release it in Shopify first.",
    "lines",
    "held",
)

Picks = dict[str, dict[str, list[dict[str, Any]]]]  # location → route → its lines


@dataclass(frozen=True, slots=True)
class _Waiting:
    """Units of a line that one location still has to send."""

    route: str
    location: str
    id: str
    line: str
    units: int
    can_ship: bool


class Shipping:
    """The part of an adapter that makes parcels known."""

    def __init__(self, shop: Shop, reads: OrderReads) -> None:
        self._client = shop.client
        self._reads = reads

    def push(self, drafts: Sequence[ShipmentDraft]) -> list[Outcome]:
        """Make parcels known; one outcome per draft, in order."""
        return [self._ship(draft) for draft in drafts]

    def take_back(self, drafts: Sequence[UnshipDraft]) -> list[Outcome]:
        """Cancel fulfilments; one outcome per draft, in order."""
        return [self._unship(draft) for draft in drafts]

    def _unship(self, draft: UnshipDraft) -> Outcome:
        """Cancel every fulfilment that is this parcel: there may be one per location."""
        order = self._order(draft)
        if order is None:
            return Rejected(draft.key, (GONE,), is_gone=True)
        errors: list[UserError] = []
        for parcel in _meant(order, draft):
            try:
                gid = ids.gid("Fulfillment", parcel.external_id)
                self._client.write(documents.UNSHIP, id=gid)
            except Unknown:
                return Unanswered(draft.key, UNANSWERED)
            except ItemRefused as error:
                errors += error.errors
        if errors:
            return Rejected(draft.key, tuple(order_problem(each) for each in errors))
        return Applied(draft.key, draft.external_id)

    def _ship(self, draft: ShipmentDraft) -> Outcome:
        order = self._order(draft)
        if order is None:
            return Rejected(draft.key, (GONE,), is_gone=True)
        if order.cancelled_at is not None:
            return Rejected(draft.key, (_CANCELLED,))
        told = [each for each in order.shipments if _is_same(each, draft)]
        wanted = Counter(draft.lines)
        for parcel in told:
            wanted.subtract(parcel.lines)
        waiting = list(self._waiting(order)) if any(n > 0 for n in wanted.values()) else []
        picks = _picked(wanted, waiting)
        if picks:
            return self._send(draft, order, picks)
        if not told and any(wanted[each.line] > 0 for each in waiting):
            return Rejected(draft.key, (_HELD,))
        return self._correct(draft, told or _corrected(order, draft))

    def _order(self, draft: ShipmentDraft | UnshipDraft) -> ChannelOrder | None:
        found = self._reads.orders([draft.order_external_id])
        return next((each for each in found if not each.is_deleted), None)

    def _send(self, draft: ShipmentDraft, order: ChannelOrder, picks: Picks) -> Outcome:
        """Send from each location; a refusal after the first parcel is a part that failed."""
        made: list[str] = []
        problems: list[Problem] = []
        for routes in picks.values():
            try:
                payload = self._client.write(documents.SHIP, fulfillment=_body(draft, routes))
            except Unknown:
                found = self._made_meanwhile(draft, order)
                if found is None:
                    return Unanswered(draft.key, UNANSWERED)
                made.append(found)
            except ItemRefused as error:
                problems += [order_problem(each) for each in error.errors]
            else:
                made.append(ids.number((payload.get("fulfillment") or {}).get("id")) or "")
        if not made:
            return Rejected(draft.key, tuple(problems))
        return Applied(draft.key, made[0], problems=tuple(problems))

    def _made_meanwhile(self, draft: ShipmentDraft, before: ChannelOrder) -> str | None:
        """Return the parcel that a call made whose answer was lost."""
        known = {each.external_id for each in before.shipments}
        after = self._order(draft)
        fresh = [
            each
            for each in (after.shipments if after is not None else ())
            if each.external_id not in known and each.number == draft.number
        ]
        return fresh[0].external_id if fresh else None

    def _correct(self, draft: ShipmentDraft, parcels: Sequence[ChannelShipment]) -> Outcome:
        """Change the tracking of parcels that are known already, where it is another."""
        errors: list[UserError] = []
        for parcel in parcels:
            if not _differs(parcel, draft):
                continue
            try:
                self._client.write(
                    documents.RETRACK,
                    id=ids.gid("Fulfillment", parcel.external_id),
                    tracking=_tracking(draft),
                    notify=draft.notifies,
                )
            except Unknown:
                return Unanswered(draft.key, UNANSWERED)
            except ItemRefused as error:
                errors += error.errors
        if errors:
            return Rejected(draft.key, tuple(order_problem(each) for each in errors))
        return Applied(draft.key, parcels[0].external_id if parcels else "")

    def _waiting(self, order: ChannelOrder) -> Iterator[_Waiting]:
        """Go through what is still to be sent of an order, location by location."""
        gid, after = ids.gid("Order", order.external_id), None
        while True:
            found = self._client.ask(
                documents.TO_SHIP, id=gid, first=_ROUTES, after=after, lines=_LINES
            )
            connection = (found or {}).get("fulfillmentOrders")
            for route in nodes(connection):
                if route.get("status") not in _ENDED:
                    yield from self._units(route)
            after = following(connection)
            if after is None:
                return

    def _units(self, route: Mapping[str, Any]) -> Iterator[_Waiting]:
        place = (route.get("assignedLocation") or {}).get("location") or {}
        actions = [each.get("action") for each in route.get("supportedActions") or ()]
        for row in self._lines_of(route):
            line = ids.number((row.get("lineItem") or {}).get("id"))
            units = int(row.get("remainingQuantity") or 0)
            if line is not None and units > 0:
                yield _Waiting(
                    route=str(route["id"]),
                    location=str(place.get("id") or ""),
                    id=str(row["id"]),
                    line=line,
                    units=units,
                    can_ship=_SHIPS in actions,
                )

    def _lines_of(self, route: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
        connection = route.get("lineItems")
        yield from nodes(connection)
        while (after := following(connection)) is not None:
            found = self._client.ask(
                documents.TO_SHIP_LINES, id=route["id"], first=schema.MOST_ROWS, after=after
            )
            connection = (found or {}).get("lineItems")
            yield from nodes(connection)


def _is_same(parcel: ChannelShipment, draft: ShipmentDraft) -> bool:
    return bool(draft.number) and parcel.number == draft.number and not parcel.is_cancelled


def _meant(order: ChannelOrder, draft: UnshipDraft) -> list[ChannelShipment]:
    """Return what is left of a parcel: by Shopify's id and its number, else by what is in it."""
    left = (each for each in order.shipments if not each.is_cancelled)
    sent = [each for each in left if each.external_id not in draft.others]
    if draft.external_id or draft.number:
        return [
            each
            for each in sent
            if each.external_id == draft.external_id
            or (draft.number and each.number == draft.number)
        ]
    alike = [each for each in sent if not each.number and dict(each.lines) == dict(draft.lines)]
    return alike[:1] if len(alike) == 1 else []


def _corrected(order: ChannelOrder, draft: ShipmentDraft) -> list[ChannelShipment]:
    """Return the parcel a draft is about when all of it has gone out under another number."""
    sent = [each for each in order.shipments if not each.is_cancelled]
    alike = [each for each in sent if dict(each.lines) == dict(draft.lines)]
    return alike[:1] if len(alike) == 1 else []


def _picked(wanted: Mapping[str, int], waiting: Sequence[_Waiting]) -> Picks:
    """Take the wanted units from what may be sent, as far as it goes."""
    left = {line: units for line, units in wanted.items() if units > 0}
    picks: Picks = {}
    for each in waiting:
        units = min(left.get(each.line, 0), each.units)
        if each.can_ship and units > 0:
            left[each.line] -= units
            routes = picks.setdefault(each.location, {})
            routes.setdefault(each.route, []).append({"id": each.id, "quantity": units})
    return picks


def _body(
    draft: ShipmentDraft, routes: Mapping[str, Sequence[Mapping[str, Any]]]
) -> dict[str, Any]:
    body: dict[str, Any] = {
        "lineItemsByFulfillmentOrder": [
            {"fulfillmentOrderId": route, "fulfillmentOrderLineItems": list(lines)}
            for route, lines in routes.items()
        ],
        "notifyCustomer": draft.notifies,
    }
    tracking = _tracking(draft)
    return {**body, "trackingInfo": tracking} if tracking else body


def _tracking(draft: ShipmentDraft) -> dict[str, str]:
    named = {"company": carrier(draft.carrier), "number": draft.number, "url": draft.url}
    return {name: value for name, value in named.items() if value}


def _differs(parcel: ChannelShipment, draft: ShipmentDraft) -> bool:
    """Tell whether a draft says something else; Shopify makes links itself where none is given."""
    shown = {"company": carrier(parcel.carrier), "number": parcel.number, "url": parcel.url}
    return any(shown[name] != value for name, value in _tracking(draft).items())
