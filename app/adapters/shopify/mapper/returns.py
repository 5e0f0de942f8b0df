"""A return of a shop → ours; pure. What is asked for and what came are told in different places."""

from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Final

from app.adapters.orders import ChannelRefund, ChannelReturn, Fate, ReturnDecision, ReturnStep
from app.adapters.shopify.mapper.parcels import count, owner
from app.adapters.shopify.mapper.reader import Reader

_STEPS: Final[Mapping[str, ReturnStep]] = {
    "REQUESTED": ReturnStep.REQUESTED,
    "OPEN": ReturnStep.OPEN,
    "CLOSED": ReturnStep.CLOSED,
    "DECLINED": ReturnStep.DECLINED,
    "CANCELED": ReturnStep.CANCELLED,
}
# What has to be looked at first (PROCESSING_REQUIRED) was not decided.
_FATES: Final[Mapping[str, Fate]] = {
    "RESTOCKED": Fate.RESTOCKED,
    "NOT_RESTOCKED": Fate.DISCARDED,
    "MISSING": Fate.MISSING,
}


def returned(read: Reader, *, places: Collection[str] | None) -> ChannelReturn | None:
    """Read a return; None for one that stands at something nobody has heard of.

    `places` are the locations whose stock is kept in step, where the shop has others besides: what
    is restocked elsewhere is not for sale here.
    """
    step = _STEPS.get(read.text("status") or "")
    if step is None:
        return None
    lines: Counter[str] = Counter()
    reasons: dict[str, None] = {}
    for each in read.objects("returnLineItems"):
        if (sent := each.inner("fulfillmentLineItem")) is not None:
            lines[owner(sent)] += count(each, "quantity")
        reason = each.inner("returnReasonDefinition")
        if reason is not None and (name := reason.text("name")):
            reasons[name] = None
    return ChannelReturn(
        external_id=read.identity(),
        step=step,
        lines=dict(lines),
        reason=", ".join(reasons),
        decisions=tuple(_decisions(read, places)),
        refunds=tuple(each.identity() for each in read.objects("refunds")),
    )


def _decisions(read: Reader, places: Collection[str] | None) -> Iterator[ReturnDecision]:
    for way in read.objects("reverseFulfillmentOrders"):
        for line in way.objects("lineItems"):
            sent = line.inner("fulfillmentLineItem")
            for each in line.objects("dispositions") if sent is not None else ():
                fate = _FATES.get(each.text("type") or "")
                if fate is Fate.RESTOCKED and not _is_here(each, places):
                    fate = Fate.DISCARDED
                if sent is not None and fate is not None:
                    at = each.moment("createdAt")
                    yield ReturnDecision(owner(sent), count(each, "quantity"), fate, at)


def _is_here(disposition: Reader, places: Collection[str] | None) -> bool:
    location = disposition.inner("location")
    return places is None or location is None or location.identity() in places


def back_on_shelf(
    returns: Sequence[ChannelReturn], refunds: Sequence[ChannelRefund]
) -> Counter[str]:
    """Return, by line, units on the shop's shelf again that no refund tells of.

    A refund made for a return may say so of the same units.
    """
    told = {refund.external_id: refund.restocked for refund in refunds}
    units: Counter[str] = Counter()
    for each in returns:
        for line in {decision.line for decision in each.decisions}:
            by_refunds = sum(told.get(refund, {}).get(line, 0) for refund in each.refunds)
            units[line] += max(0, each.units(Fate.RESTOCKED, line) - by_refunds)
    return units
