"""Giving money back, once per key: the key is looked for in the notes of refunds, and sent along.

Shopify remembers keys of requests for a day, notes for ever.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Final
from uuid import NAMESPACE_URL, uuid5

from app.adapters.errors import Unknown
from app.adapters.orders import ChannelOrder, RefundDraft
from app.adapters.shopify import ids
from app.adapters.shopify.documents import after_sale as documents
from app.adapters.shopify.items import UNANSWERED
from app.adapters.shopify.mapper import orders as mapper
from app.adapters.shopify.order_reads import OrderReads
from app.adapters.shopify.problems import UserError, order_problem, user_errors
from app.adapters.shopify.shipping import GONE
from app.adapters.shopify.shop import Shop
from app.adapters.types import Applied, Outcome, Problem, Rejected, Unanswered
from app.core.money import Money, NotMoney

_TRIES: Final = 2
_SPENT: Final = "IDEMPOTENCY_PREVIOUS_ATTEMPT_FAILED"
_RUNNING: Final = "IDEMPOTENCY_CONCURRENT_REQUEST"
_KEPT, _CALLED_OFF, _RETURNED = "NO_RESTOCK", "CANCEL", "RETURN"

Body = dict[str, Any]


@dataclass(frozen=True, slots=True)
class _Payment:
    """What can still be given back of one payment, in the shop's and in the buyer's currency."""

    gateway: str
    parent: str | None
    most: Money
    theirs: Money

    def part(self, minor: int) -> Money:
        """Return an amount of the shop's currency in the buyer's."""
        if minor == self.most.minor:
            return self.theirs
        amount = Decimal(minor) * self.theirs.amount / self.most.minor
        return Money.of(amount, self.theirs.currency, rounding=True)


class Refunding:
    """The part of an adapter that gives money back."""

    def __init__(self, shop: Shop, reads: OrderReads) -> None:
        self._shop = shop
        self._client = shop.client
        self._reads = reads

    def push(self, drafts: Sequence[RefundDraft]) -> list[Outcome]:
        """Give money back; one outcome per draft, in order."""
        return [self._refund(draft) for draft in drafts]

    def _refund(self, draft: RefundDraft) -> Outcome:
        found = self._reads.orders([draft.order_external_id])
        order = next((each for each in found if not each.is_deleted), None)
        lines = _lines(draft, order) if order is not None else []
        state = self._state(draft, lines) if order is not None else None
        if order is None or state is None:
            return Rejected(draft.key, (GONE,), is_gone=True)
        if (made := _made(state, draft.key)) is not None:
            return Applied(draft.key, made)
        try:
            payments = list(_payments(state))
        except NotMoney:
            return Rejected(draft.key, (_uncounted(state),))
        if (problem := _problem(draft, order, payments)) is not None:
            return Rejected(draft.key, (problem,))
        body = self._body(draft, state, lines, payments)
        return self._give(draft, body)

    def _state(self, draft: RefundDraft, lines: Sequence[Body]) -> Mapping[str, Any] | None:
        gid = ids.gid("Order", draft.order_external_id)
        found = self._client.ask(documents.REFUNDABLE, id=gid, lines=list(lines))
        return found if isinstance(found, Mapping) else None

    def _give(self, draft: RefundDraft, body: Body) -> Outcome:
        errors: list[UserError] = []
        for attempt in range(_TRIES):
            try:
                payload = self._client.write_whole(
                    documents.REFUND, input=body, key=_key(draft, body, attempt)
                )
            except Unknown:
                state = self._state(draft, [])
                made = _made(state, draft.key) if state is not None else None
                return Applied(draft.key, made) if made else Unanswered(draft.key, UNANSWERED)
            errors = user_errors(payload)
            if not errors:
                made = ids.number((payload.get("refund") or {}).get("id"))
                return Applied(draft.key, made or "")
            if errors[0].code != _SPENT:
                break
        if errors[0].code == _RUNNING:
            return Unanswered(draft.key, UNANSWERED)
        return Rejected(draft.key, tuple(order_problem(each) for each in errors))

    def _body(
        self,
        draft: RefundDraft,
        state: Mapping[str, Any],
        lines: Sequence[Body],
        payments: Sequence[_Payment],
    ) -> Body:
        gid = str(state["id"])
        body: Body = {
            "orderId": gid,
            "note": mapper.marked(draft.reason.strip(), draft.key),
            "notify": draft.notifies,
            "refundLineItems": list(self._placed(lines, state)),
            "transactions": list(_transactions(draft.amount, payments, gid)),
        }
        theirs = state.get("presentmentCurrencyCode")
        if theirs != state.get("currencyCode"):
            return {**body, "currency": theirs}
        if draft.shipping:
            amount = Money(draft.shipping, draft.currency).amount
            return {**body, "shipping": {"amount": f"{amount:f}"}}
        return body

    def _placed(self, lines: Sequence[Body], state: Mapping[str, Any]) -> Iterator[Body]:
        """Say where units go back to: where Shopify suggests, else where we keep stock in step."""
        suggested = {
            ((each.get("lineItem") or {}).get("id"), each.get("restockType")): each.get("location")
            for each in (state.get("goods") or {}).get("refundLineItems") or ()
        }
        for line in lines:
            if line["restockType"] == _KEPT:
                yield line
                continue
            place = suggested.get((line["lineItemId"], line["restockType"])) or {}
            own = ids.gid("Location", self._shop.location)
            yield {**line, "locationId": place.get("id") or own}


def _lines(draft: RefundDraft, order: ChannelOrder) -> list[Body]:
    """Return the units that come back: first those that were never sent."""
    known = {line.external_id: line for line in order.lines}
    found = []
    for number, units in draft.lines.items():
        line = known.get(number)
        waiting = max(0, line.quantity - line.shipped) if line is not None else 0
        called_off = min(units, waiting) if draft.restocks else 0
        sort = _RETURNED if draft.restocks else _KEPT
        for count, how in ((called_off, _CALLED_OFF), (units - called_off, sort)):
            if count > 0:
                gid = ids.gid("LineItem", number)
                found.append({"lineItemId": gid, "quantity": count, "restockType": how})
    return found


def _made(state: Mapping[str, Any], key: str) -> str | None:
    """Return the refund that carries our key."""
    notes = ((each.get("id"), each.get("note")) for each in state.get("refunds") or ())
    return next((ids.number(gid) for gid, note in notes if mapper.key_of(note) == key), None)


def _payments(state: Mapping[str, Any]) -> Iterator[_Payment]:
    money = state.get("money") or {}
    for each in money.get("suggestedTransactions") or ():
        bag = each.get("maximumRefundableSet") or {}
        most, theirs = (
            Money.of(str((bag.get(side) or {}).get("amount") or 0), str(currency), rounding=True)
            for side, currency in (
                ("shopMoney", state["currencyCode"]),
                ("presentmentMoney", state["presentmentCurrencyCode"]),
            )
        )
        if most.minor > 0:
            parent = (each.get("parentTransaction") or {}).get("id")
            yield _Payment(str(each.get("gateway") or ""), parent, most, theirs)


def _uncounted(state: Mapping[str, Any]) -> Problem:
    theirs = state.get("presentmentCurrencyCode")
    sentence = f"SyncStore cannot count what was paid in {theirs}. Give it back in Shopify."
    return Problem(sentence, "amount", "currency")


def _problem(
    draft: RefundDraft, order: ChannelOrder, payments: Sequence[_Payment]
) -> Problem | None:
    if draft.currency != order.currency:
        sentence = f"This order is in {order.currency}, so no {draft.currency} can be given back."
        return Problem(sentence, "amount", "currency")
    most = Money(sum(each.most.minor for each in payments), order.currency)
    if draft.amount > most.minor:
        sentence = f"Of what was paid for this order, {most} are left to give back. Enter less."
        return Problem(sentence, "amount", "too_much")
    unknown = set(draft.lines) - {line.external_id for line in order.lines}
    if unknown:
        sentence = "A line to refund is no longer part of this order in Shopify."
        return Problem(sentence, "lines", "line_gone")
    return None


def _transactions(amount: int, payments: Sequence[_Payment], order: str) -> Iterator[Body]:
    """Give an amount back the way it came, payment by payment."""
    left = amount
    for payment in payments:
        share = min(left, payment.most.minor)
        left -= share
        if share > 0:
            body = {
                "amount": f"{payment.part(share).amount:f}",
                "gateway": payment.gateway,
                "kind": "REFUND",
                "orderId": order,
            }
            yield {**body, "parentId": payment.parent} if payment.parent else body


def _key(draft: RefundDraft, body: Mapping[str, Any], attempt: int) -> str:
    """Return the key of one request: Shopify refuses a known key with other words."""
    text = json.dumps([draft.key, body, attempt], sort_keys=True, separators=(",", ":"))
    return str(uuid5(NAMESPACE_URL, text))
