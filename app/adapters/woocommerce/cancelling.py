"""Cancelling orders. The shop puts what an order took back on the shelf by itself, always.

Money goes back first: a refund of everything would move a cancelled order on to “refunded”.
"""

from collections.abc import Sequence
from typing import Final

from app.adapters.errors import AdapterError
from app.adapters.orders import CancelDraft, ChannelOrder, Payment, RefundDraft
from app.adapters.types import Applied, Outcome, Problem, Rejected, Unanswered
from app.adapters.woocommerce.batches import Batches, Lost, Result, Step
from app.adapters.woocommerce.items import UNANSWERED
from app.adapters.woocommerce.mapper.names import CANCEL_KEY
from app.adapters.woocommerce.orders import OrderReads
from app.adapters.woocommerce.problems import ORDER_GONE, ItemError
from app.adapters.woocommerce.refunds import Refunds

_CANCELLED: Final = "cancelled"
_RESTOCKED: Final = Problem(
    "WooCommerce put the items of this order back into its stock by itself. Correct the count if"
    " they are not there.",
    "restocks",
    "restocked",
)
_PAID: Final = frozenset((Payment.PAID, Payment.PARTIALLY_REFUNDED))


class Cancelling:
    """The half of an adapter that cancels orders."""

    def __init__(self, reads: OrderReads, refunds: Refunds, batches: Batches) -> None:
        self._reads = reads
        self._refunds = refunds
        self._batches = batches

    def cancel(self, drafts: Sequence[CancelDraft]) -> list[Outcome]:
        """Cancel orders; one outcome per draft, in order."""
        orders = self._reads.orders([draft.order_external_id for draft in drafts])
        outcomes = [self._before(*each) for each in zip(drafts, orders, strict=True)]
        due = [number for number, outcome in enumerate(outcomes) if isinstance(outcome, list)]
        results = self._batches.send("/orders", [_step(drafts[number]) for number in due])
        lost = [n for n, result in zip(due, results, strict=True) if isinstance(result, Lost)]
        cancelled = self._cancelled([drafts[number].order_external_id for number in lost])
        sent = dict(zip(due, results, strict=True))
        return [
            _after(draft, order, sent[number], cancelled, told)
            if isinstance(told := outcomes[number], list)
            else told
            for number, (draft, order) in enumerate(zip(drafts, orders, strict=True))
        ]

    def _before(self, draft: CancelDraft, order: ChannelOrder) -> Outcome | list[Problem]:
        """Decide without cancelling, or give the money back and return what to say about that."""
        if order.is_deleted:
            return Rejected(draft.key, (Problem(ORDER_GONE, None, "gone"),), is_gone=True)
        if order.status == _CANCELLED:
            return Applied(draft.key, order.external_id)
        if not draft.refunds or order.payment not in _PAID:
            return []
        left = order.total - order.refunded
        refund = RefundDraft(draft.key, order.external_id, left, order.currency, draft.reason)
        [outcome] = self._refunds.refund([refund])
        return list(outcome.problems) if isinstance(outcome, Applied) else outcome

    def _cancelled(self, order_ids: Sequence[str]) -> set[str]:
        """Return which of these orders are cancelled by now, as far as the shop tells."""
        try:
            rows = self._reads.rows(order_ids, _fields="id,status")
        except AdapterError:
            return set()
        return {order_id for order_id, row in rows.items() if row.get("status") == _CANCELLED}


def _step(draft: CancelDraft) -> Step:
    body: dict[str, object] = {"id": int(draft.order_external_id), "status": _CANCELLED}
    if draft.reason:
        body["meta_data"] = [{"key": CANCEL_KEY, "value": draft.reason}]
    return Step("update", body)


def _after(
    draft: CancelDraft,
    order: ChannelOrder,
    result: Result,
    cancelled: set[str],
    told: Sequence[Problem],
) -> Outcome:
    if isinstance(result, ItemError):
        return Rejected(draft.key, (result.problem(), *told), is_gone=result.is_gone)
    if isinstance(result, Lost) and order.external_id not in cancelled:
        return Unanswered(draft.key, UNANSWERED)
    problems = list(told)
    if not draft.restocks and any(line.taken for line in order.lines):
        problems.append(_RESTOCKED)
    return Applied(draft.key, order.external_id, problems=tuple(problems))
