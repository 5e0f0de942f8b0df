"""Cancelling orders: Shopify takes the wish and carries it out a little later, for good."""

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any, Final

from app.adapters.errors import Unknown
from app.adapters.orders import CancelDraft
from app.adapters.shopify import ids
from app.adapters.shopify.documents import after_sale as documents
from app.adapters.shopify.items import UNANSWERED
from app.adapters.shopify.problems import order_problem, user_errors
from app.adapters.shopify.shipping import GONE
from app.adapters.shopify.shop import Shop
from app.adapters.types import Applied, Outcome, Pending, Problem, Rejected, Ticket, Unanswered

_SOON: Final = timedelta(seconds=5)
_LONGEST_NOTE: Final = 255
_TICKET: Final = "cancel:"  # begins the id of a ticket of ours
# Words of ours, in small letters → Shopify's; any other reason goes into the note for the staff.
_REASONS: Final[Mapping[str, str]] = {
    "customer": "CUSTOMER",
    "declined": "DECLINED",
    "fraud": "FRAUD",
    "inventory": "INVENTORY",
    "out of stock": "INVENTORY",
    "staff": "STAFF",
}
_FAILED: Final = Problem(
    "Shopify could not cancel this order. Look at it in Shopify: a payment, a return or a parcel"
    " may stand in the way.",
    code="not_cancelled",
)


class Cancelling:
    """The part of an adapter that cancels orders."""

    def __init__(self, shop: Shop) -> None:
        self._client = shop.client

    def push(self, drafts: Sequence[CancelDraft]) -> list[Outcome]:
        """Cancel orders; one outcome per draft, in order."""
        return [self._cancel(draft) for draft in drafts]

    @staticmethod
    def is_asked(ticket: Ticket) -> bool:
        """Tell whether a ticket is about cancelling."""
        return ticket.id.startswith(_TICKET)

    def collect(self, ticket: Ticket) -> list[Outcome]:
        """Ask what became of a cancellation."""
        key, order, job = (str(ticket.state[name]) for name in ("key", "order", "job"))
        told = self._client.ask(documents.CANCEL_JOB, job=job)
        if self._is_cancelled(order):
            return [Applied(key, order)]
        if told is None or told.get("done"):
            return [Rejected(key, (_FAILED,))]
        return [Pending(key, ticket, _SOON)]

    def _cancel(self, draft: CancelDraft) -> Outcome:
        is_cancelled = self._is_cancelled(draft.order_external_id)
        if is_cancelled is None:
            return Rejected(draft.key, (GONE,), is_gone=True)
        done = Applied(draft.key, draft.order_external_id)
        if is_cancelled:
            return done
        try:
            payload = self._client.write_whole(documents.CANCEL, **_variables(draft))
        except Unknown:
            payload = {}
        if self._is_cancelled(draft.order_external_id):
            return done
        if errors := user_errors(payload, "orderCancelUserErrors"):
            return Rejected(draft.key, tuple(order_problem(each) for each in errors))
        job = (payload.get("job") or {}).get("id")
        if not job:
            return Unanswered(draft.key, UNANSWERED)
        state = {"key": draft.key, "order": draft.order_external_id, "job": job}
        return Pending(draft.key, Ticket(f"{_TICKET}{job}", state), _SOON)

    def _is_cancelled(self, order: str) -> bool | None:
        """Tell whether an order is cancelled; None: it is not there."""
        if not ids.is_number(order):
            return None
        found = self._client.ask(documents.CANCEL_STATE, id=ids.gid("Order", order))
        return None if found is None else bool(found.get("cancelledAt"))


def _variables(draft: CancelDraft) -> dict[str, Any]:
    reason = _REASONS.get(draft.reason.strip().casefold())
    note = draft.reason.strip()[:_LONGEST_NOTE]
    return {
        "id": ids.gid("Order", draft.order_external_id),
        "reason": reason or "OTHER",
        "note": note or None,
        "restock": draft.restocks,
        "notify": draft.notifies,
        "refund": {"originalPaymentMethodsRefund": True} if draft.refunds else None,
    }
