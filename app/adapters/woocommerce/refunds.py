"""Giving money back, never twice: our key is kept on the refund, and looked for before each call.

The shop keeps the key only after it made the refund, and writes mails in between; where it broke
off there, the refund is known by its amount, its reason, its units and its day. What a way to pay
cannot give back by itself is noted in the shop and said to the merchant.
"""

from collections.abc import Iterator, Mapping, Sequence
from datetime import timedelta
from decimal import ROUND_HALF_UP, Decimal
from typing import Any, Final

from app.adapters.errors import AdapterError, Gone, Permanent, Unknown
from app.adapters.orders import RefundDraft
from app.adapters.types import Applied, Outcome, Problem, Rejected, Unanswered
from app.adapters.woocommerce.client import Client
from app.adapters.woocommerce.items import UNANSWERED
from app.adapters.woocommerce.mapper.amounts import Amounts, meta
from app.adapters.woocommerce.mapper.names import REFUND_KEY
from app.adapters.woocommerce.mapper.reader import Reader
from app.adapters.woocommerce.mapper.refunds import units_back
from app.adapters.woocommerce.orders import OrderReads
from app.adapters.woocommerce.problems import ORDER_GONE, CallRefused
from app.core import clock
from app.core.money import Money

Row = Mapping[str, Any]
_FIELDS: Final = (
    "id,status,currency,prices_include_tax,total,refunds,payment_method,payment_method_title,"
    "line_items,shipping_lines"
)
_NOT_MADE: Final = "woocommerce_rest_cannot_create_order_refund"
_SAME_REFUND: Final = timedelta(days=1)


class Refunds:
    """The half of an adapter that gives money back."""

    def __init__(self, client: Client, reads: OrderReads) -> None:
        self._client = client
        self._reads = reads
        self._returning: dict[str, bool] = {}  # way to pay → whether it gives back by itself

    def refund(self, drafts: Sequence[RefundDraft]) -> list[Outcome]:
        """Give money back; one outcome per draft, in order."""
        rows = self._reads.rows([draft.order_external_id for draft in drafts], _fields=_FIELDS)
        given: dict[str, int] = {}  # in this call, by order
        return [self._give(draft, rows.get(draft.order_external_id), given) for draft in drafts]

    def _give(self, draft: RefundDraft, row: Row | None, given: dict[str, int]) -> Outcome:
        if row is None:
            return _rejected(draft, ORDER_GONE, "gone", is_gone=True)
        order = Reader(row, f"order {draft.order_external_id}")
        amounts = Amounts.of(order)
        has_some = bool(row.get("refunds")) or draft.order_external_id in given
        if has_some and (found := self._found(draft, order)) is not None:
            return Applied(draft.key, found)
        if (refusal := _refusal(draft, order, amounts, given)) is not None:
            return refusal
        moves_money = self._gives_back(order.text("payment_method") or "")
        outcome = self._post(draft, order, _body(draft, order, moves_money=moves_money))
        if isinstance(outcome, Applied):
            already = given.get(draft.order_external_id, 0)
            given[draft.order_external_id] = already + draft.amount
            if not moves_money:
                name = order.words("payment_method_title") or "This way to pay"
                return Applied(draft.key, outcome.external_id, problems=(_by_hand(name),))
        return outcome

    def _post(self, draft: RefundDraft, order: Reader, body: Mapping[str, Any]) -> Outcome:
        try:
            made = self._client.post(f"/orders/{draft.order_external_id}/refunds", body)
            return Applied(draft.key, Reader(made, "refund").identity("id"))
        except Unknown:
            found = self._found_after_loss(draft, order)
            return Applied(draft.key, found) if found else Unanswered(draft.key, UNANSWERED)
        except CallRefused as error:
            # The payment provider may have answered too late for the shop: look before believing.
            if error.code == _NOT_MADE and (found := self._found_after_loss(draft, order)):
                return Applied(draft.key, found)
            return Rejected(draft.key, (error.error.problem(),), is_gone=error.error.is_gone)
        except Gone:
            return _rejected(draft, ORDER_GONE, "gone", is_gone=True)

    def _found_after_loss(self, draft: RefundDraft, order: Reader) -> str | None:
        try:
            return self._found(draft, order)
        except AdapterError:
            return None

    def _found(self, draft: RefundDraft, order: Reader) -> str | None:
        """Return the refund that this draft already is."""
        refunds = [
            Reader(row, f"refunds[{number}]")
            for number, row in enumerate(self._reads.refunds_of(draft.order_external_id))
        ]
        keys = {each.identity("id"): str(meta(each, REFUND_KEY) or "") for each in refunds}
        for each in refunds:
            if keys[each.identity("id")] == draft.key:
                return each.identity("id")
        for each in refunds:
            if not keys[each.identity("id")] and _is_same(draft, order, each):
                return each.identity("id")
        return None

    def _gives_back(self, payment_method: str) -> bool:
        """Tell whether a way to pay gives money back by itself; ask once for each."""
        if payment_method not in self._returning:
            self._returning[payment_method] = self._asked(payment_method)
        return self._returning[payment_method]

    def _asked(self, payment_method: str) -> bool:
        if not payment_method:
            return False
        try:
            shown = self._client.get(
                f"/payment_gateways/{payment_method}", _fields="id,method_supports"
            )
        except Permanent:
            return True  # not to be seen here: the shop itself says no when it cannot
        supports = shown.get("method_supports") if isinstance(shown, Mapping) else None
        return "refunds" in supports if isinstance(supports, list) else True


def _refusal(
    draft: RefundDraft, order: Reader, amounts: Amounts, given: Mapping[str, int]
) -> Rejected | None:
    if draft.currency != amounts.currency:
        sentence = f"This order is in {amounts.currency}, not in {draft.currency}."
        return _rejected(draft, sentence, "wrong_currency", field="currency")
    if draft.amount <= 0:
        sentence = "Give back more than nothing."
        return _rejected(draft, sentence, "no_amount", field="amount")
    before = sum(abs(amounts.known(each, "total")) for each in order.objects("refunds"))
    before += given.get(draft.order_external_id, 0)
    left = amounts.needed(order, "total") - before
    if draft.amount > left:
        sentence = f"Only {Money(left, amounts.currency)} of this order is left to give back."
        return _rejected(draft, sentence, "too_much", field="amount")
    lines = {line.identity("id"): line for line in order.objects("line_items")}
    if missing := [each for each in draft.lines if each not in lines]:
        sentence = f"The order has no line {missing[0]} in the shop any more."
        return _rejected(draft, sentence, "no_such_line", field="lines")
    return None


def _body(draft: RefundDraft, order: Reader, *, moves_money: bool) -> dict[str, Any]:
    """Write a refund; both switches always: the shop's own defaults move money and stock."""
    return {
        "amount": f"{Money(draft.amount, draft.currency).amount:f}",
        "reason": draft.reason,
        "line_items": [*_line_items(draft, order), *_shipping(draft, order)],
        "meta_data": [{"key": REFUND_KEY, "value": draft.key}],
        "api_refund": moves_money,
        "api_restock": draft.restocks,
    }


def _line_items(draft: RefundDraft, order: Reader) -> list[dict[str, Any]]:
    """Share the amount out over the lines that come back, for the shop's books."""
    lines = {line.identity("id"): line for line in order.objects("line_items")}
    nets = {key: _share(lines[key], units) for key, units in draft.lines.items()}
    taxes = {key: _taxes(lines[key], units) for key, units in draft.lines.items()}
    whole = sum(nets.values()) + sum(sum(each.values()) for each in taxes.values())
    amount = Money(draft.amount, draft.currency).amount
    amount -= Money(draft.shipping, draft.currency).amount
    part = min(amount / whole, Decimal(1)) if whole else Decimal(0)
    places = Money(0, draft.currency).amount
    return [
        {
            "id": int(key),
            "quantity": units,
            "refund_total": f"{(nets[key] * part).quantize(places, ROUND_HALF_UP):f}",
            "refund_tax": [
                {"id": rate, "refund_total": f"{(tax * part).quantize(places, ROUND_HALF_UP):f}"}
                for rate, tax in taxes[key].items()
            ],
        }
        for key, units in draft.lines.items()
    ]


def _shipping(draft: RefundDraft, order: Reader) -> Iterator[dict[str, Any]]:
    """Say which part of the amount is for the delivery, line by line."""
    left = Money(draft.shipping, draft.currency).amount
    for line in order.objects("shipping_lines"):
        part = min(left, line.number("total") or Decimal(0))
        left -= part
        if part > 0:
            yield {"id": int(line.identity("id")), "quantity": 0, "refund_total": f"{part:f}"}


def _share(line: Reader, units: int) -> Decimal:
    """Return what so many units of a line cost without tax."""
    quantity = line.number("quantity")
    return (line.number("total") or Decimal(0)) * units / quantity if quantity else Decimal(0)


def _taxes(line: Reader, units: int) -> dict[int, Decimal]:
    quantity = line.number("quantity")
    if not quantity:
        return {}
    return {
        int(tax.identity("id")): (tax.number("total") or Decimal(0)) * units / quantity
        for tax in line.objects("taxes")
    }


def _is_same(draft: RefundDraft, order: Reader, refund: Reader) -> bool:
    made_at = refund.moment("date_created_gmt")
    amounts = Amounts(draft.currency, includes_tax=False)
    return (
        abs(amounts.known(refund, "amount")) == draft.amount
        and (refund.words("reason") or "") == draft.reason
        and units_back(order, refund) == dict(draft.lines)
        and made_at is not None
        and clock.now() - made_at < _SAME_REFUND
    )


def _by_hand(name: str) -> Problem:
    return Problem(
        f"“{name}” cannot give money back by itself. The refund is noted in the shop; pay it out"
        " yourself.",
        "amount",
        "pay_by_hand",
    )


def _rejected(
    draft: RefundDraft,
    sentence: str,
    code: str,
    *,
    field: str | None = None,
    is_gone: bool = False,
) -> Rejected:
    return Rejected(draft.key, (Problem(sentence, field, code),), is_gone=is_gone)
