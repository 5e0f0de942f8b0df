"""What the team hears of stock: it runs low, or a level disagrees with its postings."""

import logging
from collections.abc import Mapping, Sequence
from typing import Any, Final
from uuid import UUID

from app.core.actor import Actor
from app.core.db import reading
from app.core.work import unit_of_work
from app.inventory import service
from app.inventory.service import Unequal, UnequalTotal
from app.notices import service as notices
from app.notices.models import Severity

log = logging.getLogger(__name__)

_SLICES: Final = 10_000  # at most in one go; where stock moves without end, others want their turn


def stock_moved(actor: Actor, facts: Sequence[Mapping[str, Any]]) -> None:
    """Tell of stock that ran low or out, and let kits follow their components."""
    variants = {
        UUID(key) for fact in facts if "quantity" in fact["fields"] for key in fact["variant_ids"]
    }
    if variants:
        with unit_of_work(actor) as work:
            service.tell_low(work, sorted(variants))
            service.follow_components(work, variants)
    if any("variants" in fact["fields"] for fact in facts):
        component_lost(actor, facts)


def component_lost(actor: Actor, _: Sequence[Mapping[str, Any]]) -> None:
    """Let kits follow where variants were deleted: a kit that held one cannot be built."""
    with unit_of_work(actor) as work:
        service.follow_lost(work)


def mail_digests(actor: Actor, *, public_url: str) -> int:
    """Mail what runs low or out to who wants that once a day; returns how many mails."""
    with unit_of_work(actor) as work:
        return service.mail_digests(work, public_url=public_url)


def free_expired(actor: Actor) -> int:
    """Let go of what people kept back until now."""
    with unit_of_work(actor) as work:
        return service.free_expired(work)


def sum_up(actor: Actor) -> int:
    """Write down the totals of variants that moved, slice by slice; returns of how many."""
    count = 0
    for _ in range(_SLICES):
        with unit_of_work(actor) as work:
            some = service.sum_up(work)
        if not some:
            break
        count += some
    return count


def unequal_totals(actor: Actor) -> Sequence[UnequalTotal]:
    """Return the first hundred variants whose total disagrees with their levels."""
    with reading(actor) as session:
        return service.unequal_totals(session)


def mend_totals(actor: Actor) -> int:
    """Have totals that disagree with their levels written down anew; returns how many do.

    Totals only say in which order lists stand, so nobody is told; the log is.
    """
    count = 0
    while found := unequal_totals(actor):
        count += len(found)
        with unit_of_work(actor) as work:
            service.sum_up_anew(work, [each.variant_id for each in found])
        sum_up(actor)
    if count:
        log.error("%d totals of stock disagreed with their levels.", count)
    return count


def unequal_levels(actor: Actor) -> Sequence[Unequal]:
    """Return the first hundred levels that disagree with their postings."""
    with reading(actor) as session:
        return service.unequal_levels(session)


def check_levels(actor: Actor, owners: Sequence[UUID]) -> int:
    """Tell owners of levels that disagree with their postings; returns how many do."""
    found = unequal_levels(actor)
    if found:
        counted = "One stock level holds" if len(found) == 1 else f"{len(found)} stock levels hold"
        with unit_of_work(actor) as work:
            notices.notify(
                work,
                "stock",
                "Stock does not fit its movements",
                f"{counted} something else than their movements add up to. Count and"
                " adjust; tell whoever runs this install, for this should never happen.",
                f"/inventory/{found[0].variant_id}",
                user_ids=owners,
                severity=Severity.ERROR,
            )
    return len(found)
