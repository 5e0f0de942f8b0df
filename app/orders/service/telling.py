"""What a channel is owed: drafts of what it is to hear, and what it answered."""

from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import select

from app.adapters.orders import CancelDraft, RefundDraft, ShipmentDraft, UnshipDraft
from app.adapters.types import Applied, Outcome, Rejected
from app.core.work import Work
from app.orders.events import ChannelOwed
from app.orders.models import Order, Refund, Shipment
from app.orders.service import promises, refunding, timeline, unshipping
from app.orders.service.fetching import get_order

Draft = ShipmentDraft | UnshipDraft | CancelDraft | RefundDraft


@dataclass(frozen=True, slots=True)
class Owed:
    """One thing to tell: its kind, and the row it is about."""

    kind: str  # ship, unship, cancel, refund
    id: UUID

    @classmethod
    def read(cls, subject: str) -> "Owed":
        """Read the subject of a task."""
        kind, _, key = subject.partition(":")
        return cls(kind, UUID(key))


def draft_of(work: Work, owed: Owed) -> Draft | None:
    """Return what to say; None: it is said already, or no longer true."""
    if owed.kind == "ship":
        return _shipment(work, owed.id)
    if owed.kind == "unship":
        return _unship(work, owed.id)
    if owed.kind == "refund":
        return _refund(work, owed.id)
    order = get_order(work, owed.id)
    if order.external_id is None or order.cancelled_at is None:
        return None
    said = {"restocks": True, "refunds": False, "notifies": False, **order.cancelling}
    return CancelDraft(
        key=str(order.id),
        order_external_id=order.external_id,
        reason=order.cancel_reason,
        restocks=said["restocks"],
        refunds=said["refunds"],
        notifies=said["notifies"],
    )


def _shipment(work: Work, shipment_id: UUID) -> ShipmentDraft | None:
    row = work.session.get(Shipment, shipment_id, populate_existing=True)
    if row is None or row.told_at is not None or row.is_cancelled:
        return None
    order = get_order(work, row.order_id)
    theirs = {line.id: line.external_id for line in order.lines}
    if order.external_id is None:
        return None
    return ShipmentDraft(
        key=str(row.id),
        order_external_id=order.external_id,
        lines={key: part.quantity for part in row.lines if (key := theirs.get(part.line_id))},
        carrier=row.carrier,
        number=row.tracking_number,
        url=row.tracking_url,
        is_last=not any(promises.figures_of(line).open for line in order.lines),
        notifies=row.notifies,
    )


def _unship(work: Work, shipment_id: UUID) -> UnshipDraft | None:
    row = work.session.get(Shipment, shipment_id, populate_existing=True)
    if row is None or row.told_at is not None or not row.is_cancelled:
        return None
    order = get_order(work, row.order_id)
    theirs = {line.id: line.external_id for line in order.lines}
    if order.external_id is None:
        return None
    others = select(Shipment.external_id).where(
        Shipment.order_id == order.id, ~Shipment.is_cancelled, Shipment.external_id.is_not(None)
    )
    return UnshipDraft(
        key=str(row.id),
        others=frozenset(each for each in work.session.scalars(others) if each),
        order_external_id=order.external_id,
        external_id=row.external_id or "",
        number=row.tracking_number,
        lines={key: part.quantity for part in row.lines if (key := theirs.get(part.line_id))},
    )


def _refund(work: Work, refund_id: UUID) -> RefundDraft | None:
    row = work.session.get(Refund, refund_id, populate_existing=True)
    if row is None or row.told_at is not None:
        return None
    order = get_order(work, row.order_id)
    theirs = {str(line.id): line.external_id for line in order.lines}
    if order.external_id is None:
        return None
    return RefundDraft(
        key=str(row.id),
        order_external_id=order.external_id,
        amount=row.amount_minor,
        currency=order.currency,
        reason=row.reason,
        lines={key: units for line, units in row.lines.items() if (key := theirs.get(line))},
        restocks=row.restocks,
        shipping=row.shipping_minor,
    )


def must_wait(work: Work, owed: Owed) -> bool:
    """Tell whether a channel has to hear something else of the same order first.

    Units are on their way with one parcel only: what was cancelled makes room for the next.
    """
    if owed.kind != "ship":
        return False
    order_id = select(Shipment.order_id).where(Shipment.id == owed.id).scalar_subquery()
    before = select(Shipment.id).where(
        Shipment.order_id == order_id,
        Shipment.is_cancelled,
        Shipment.told_at.is_(None),
        Shipment.error.is_(None),
        Shipment.id != owed.id,
    )
    return work.session.scalar(select(before.exists())) or False


def note_answer(work: Work, owed: Owed, outcome: Outcome, said: Draft | None = None) -> None:
    """Keep what a channel answered to what was said: told, or why not yet."""
    row, order = _subject(work, owed)
    if order is None:
        return
    was_refused = row is not None and row.told_at is None and row.error is not None
    if isinstance(outcome, Applied):
        _told(work, order, owed, row, outcome)
        if isinstance(row, Shipment) and isinstance(said, ShipmentDraft):
            _say_again(work, order, row, said)
    elif isinstance(outcome, Rejected):
        _refused(work, order, owed, row, outcome)
    is_refused = row is not None and row.told_at is None and row.error is not None
    if isinstance(row, Refund):  # what the channel refuses was not given back
        order.refunded_minor += row.amount_minor * (was_refused - is_refused)
    work.touch("orders", f"order-{order.id}")


def _told(
    work: Work, order: Order, owed: Owed, row: Shipment | Refund | None, outcome: Applied
) -> None:
    words = {
        "ship": "the parcel",
        "unship": "the cancelled parcel",
        "cancel": "the cancellation",
        "refund": "the refund",
    }
    timeline.note(work, order, "told", f"The channel knows of {words[owed.kind]}.")
    for problem in outcome.problems:
        timeline.note(work, order, "refused", problem.sentence)
    if isinstance(row, Refund) and row.told_at is None:
        refunding.tell_buyer(work, order, row)
    if row is None:
        return
    if isinstance(row, Shipment) and outcome.external_id:
        unshipping.hand_over(work, row, outcome.external_id)
    row.external_id = outcome.external_id or row.external_id
    row.error = outcome.problems[0].sentence if outcome.problems else None
    if owed.kind == "ship" and isinstance(row, Shipment) and row.is_cancelled:
        unshipping.owe(work, order, row)  # it was cancelled here while the channel heard of it
    else:
        row.told_at = work.now


def _say_again(work: Work, order: Order, row: Shipment, said: ShipmentDraft) -> None:
    """Owe the channel a parcel whose tracking was corrected while it heard of the old one."""
    is_the_same = (row.carrier, row.tracking_number, row.tracking_url) == (
        said.carrier,
        said.number,
        said.url,
    )
    if not is_the_same and not row.is_cancelled and order.connection_id is not None:
        row.told_at = None
        work.emit(ChannelOwed(order.connection_id, "ship", row.id))


def _refused(
    work: Work, order: Order, owed: Owed, row: Shipment | Refund | None, outcome: Rejected
) -> None:
    if owed.kind == "ship" and isinstance(row, Shipment) and row.is_cancelled:
        return  # it need not hear of it any more
    sentence = outcome.problems[0].sentence if outcome.problems else "The channel refused it."
    timeline.note(work, order, "refused", sentence)
    if row is not None:
        row.error = sentence


def _subject(work: Work, owed: Owed) -> tuple[Shipment | Refund | None, Order | None]:
    """Return what was told, as it stands under the lock of its order."""
    if owed.kind == "cancel":
        return None, work.session.get(Order, owed.id, with_for_update=True)
    kind = Refund if owed.kind == "refund" else Shipment
    order_id = work.session.scalar(select(kind.order_id).where(kind.id == owed.id))
    if order_id is None:
        return None, None
    order = get_order(work, order_id)
    row: Shipment | Refund
    if owed.kind == "refund":
        row = work.session.get_one(Refund, owed.id)
    else:
        row = work.session.get_one(Shipment, owed.id)
    return row, order
