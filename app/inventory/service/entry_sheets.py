"""A count or the draft of a transfer filled from a table: planned, shown, and taken in as shown."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.catalog.service.writing import among
from app.core.db import new_id
from app.core.errors import NotFound
from app.core.work import Work
from app.inventory.counting import CountState
from app.inventory.errors import EntriesMoved, StaleCount, StaleTransfer
from app.inventory.models import Location, StockCount, StockCountLine, Transfer, TransferLine
from app.inventory.service.codes import Named, find_codes
from app.inventory.service.counts import (
    APPROVED,
    MOST_UNITS,
    TOO_MANY,
    lines_for,
    open_count,
    take_in,
)
from app.inventory.service.transfers import MOST_LINES, draft_of, lines_of
from app.inventory.sheet import Entry, Refused, no_number, read_entries
from app.inventory.transit import TransferState


@dataclass(frozen=True, slots=True)
class EntryStep:
    """What rows of a table make of a line; None before: nothing was entered, or there is none."""

    variant_id: UUID
    name: str
    sku: str
    rows: Sequence[int]
    before: int | None
    after: int
    mark: str = ""


@dataclass(frozen=True, slots=True)
class EntryPlan:
    """What a table comes to."""

    steps: Sequence[EntryStep]
    refused: Sequence[Refused]
    unchanged: int = 0
    empty: int = 0  # rows without a quantity: nobody looked yet

    @property
    def mark(self) -> str:
        """Differs when anything this plan rests on has moved."""
        told = [(str(each.variant_id), each.before, each.after, each.mark) for each in self.steps]
        return hashlib.sha256(repr(told).encode()).hexdigest()[:32]


@dataclass(slots=True)
class _Sum:
    named: Named
    quantity: int = 0
    rows: list[int] = field(default_factory=list)


class _Held(NamedTuple):
    """What a line holds before the table; a refusal says why it takes nothing more."""

    quantity: int | None = None
    mark: str = ""
    refusal: str = ""


def _sums(
    session: Session,
    organization_id: UUID,
    entries: Sequence[Entry],
    refused: list[Refused],
    *,
    adds: bool,
) -> dict[UUID, _Sum]:
    """Gather rows by their variants; two rows of one variant fit together only when they add up."""
    found = find_codes(session, organization_id, [each.code for each in entries])
    sums: dict[UUID, _Sum] = {}
    for each in entries:
        named = found[each.code]
        if isinstance(named, str):
            refused.append(Refused(each.number, each.code, named))
            continue
        known = sums.setdefault(named.id, _Sum(named))
        if known.rows and not adds:
            sentence = f"Row {known.rows[0]:,} is about the same variant."
            refused.append(Refused(each.number, each.code, sentence))
        else:
            known.rows.append(each.number)
            known.quantity += each.quantity or 0
    return sums


def _steps(
    sums: Mapping[UUID, _Sum], held: Mapping[UUID, _Held], refused: list[Refused], *, adds: bool
) -> list[EntryStep]:
    steps = []
    for key, each in sums.items():
        line = held.get(key, _Held())
        after = each.quantity + (line.quantity or 0 if adds else 0)
        refusal = line.refusal or (TOO_MANY if after > MOST_UNITS else "")
        if refusal:
            refused.extend(Refused(row, each.named.code, refusal) for row in each.rows)
            continue
        named = each.named
        steps.append(
            EntryStep(key, named.name, named.code, each.rows, line.quantity, after, line.mark)
        )
    return steps


def _sorted(refused: Sequence[Refused]) -> Sequence[Refused]:
    return sorted(refused, key=lambda row: row.number)


def plan_count_sheet(
    session: Session, organization_id: UUID, count_id: UUID, text: str, *, adds: bool
) -> EntryPlan:
    """Return what a table comes to in a count: rows add to what was entered, or replace it.

    Raises NotFound, StaleCount when nothing is entered any more, and Invalid for no table.
    """
    count = session.execute(
        select(StockCount.state, Location.name)
        .join(Location, Location.id == StockCount.location_id)
        .where(StockCount.id == count_id, StockCount.organization_id == organization_id)
    ).first()
    if count is None:
        raise NotFound
    if count.state != CountState.COUNTING:
        raise StaleCount
    entries, refused = read_entries(text, least=0)
    looked = [each for each in entries if each.quantity is not None]
    here = [each for each in looked if each.location.casefold() in ("", count.name.casefold())]
    elsewhere = set(looked).difference(here)
    refused.extend(
        Refused(each.number, each.code, f"This count is of {count.name}.") for each in elsewhere
    )
    sums = _sums(session, organization_id, here, refused, adds=adds)
    lines = session.execute(
        select(
            StockCountLine.variant_id,
            StockCountLine.counted,
            StockCountLine.counted_at,
            StockCountLine.posted,
        ).where(StockCountLine.count_id == count_id, among(StockCountLine.variant_id, sums))
    )
    held = {
        key: _Held(counted, str(at or ""), "" if posted is None else APPROVED)
        for key, counted, at, posted in lines
    }
    steps = _steps(sums, held, refused, adds=adds)
    return EntryPlan(steps, _sorted(refused), empty=len(entries) - len(looked))


def post_count_sheet(work: Work, count_id: UUID, text: str, mark: str, *, adds: bool) -> int:
    """Take a table into a count as it was shown; returns how many lines it made or moved.

    Raises EntriesMoved, and takes nothing in, when the plan is another one by now.
    """
    count = open_count(work, count_id)
    first = plan_count_sheet(work.session, work.organization_id, count_id, text, adds=adds)
    lines = lines_for(work, count_id, [step.variant_id for step in first.steps])
    plan = plan_count_sheet(work.session, work.organization_id, count_id, text, adds=adds)
    if plan.mark != mark:
        raise EntriesMoved
    by_variant = {line.variant_id: line for line in lines}
    seen = [
        (by_variant[step.variant_id], step.after - (step.before or 0 if adds else 0))
        for step in plan.steps
    ]
    take_in(work, count, seen, adds=adds)
    return len(seen)


def plan_transfer_sheet(
    session: Session, organization_id: UUID, transfer_id: UUID, text: str, *, adds: bool
) -> EntryPlan:
    """Return what a table comes to in a draft: units added to its lines, or in place of theirs.

    Raises NotFound, StaleTransfer when it is no draft any more, and Invalid for no table.
    """
    state = session.scalar(
        select(Transfer.state).where(
            Transfer.id == transfer_id, Transfer.organization_id == organization_id
        )
    )
    if state is None:
        raise NotFound
    if state != TransferState.DRAFT:
        raise StaleTransfer
    least = 1 if adds else 0
    entries, refused = read_entries(text, least=least)
    refused.extend(
        Refused(each.number, each.code, no_number(least))
        for each in entries
        if each.quantity is None
    )
    given = [each for each in entries if each.quantity is not None]
    sums = _sums(session, organization_id, given, refused, adds=adds)
    lines = session.execute(
        select(TransferLine.variant_id, TransferLine.quantity).where(
            TransferLine.transfer_id == transfer_id
        )
    )
    held = {key: _Held(quantity) for key, quantity in lines}
    steps = _steps(sums, held, refused, adds=adds)
    moving = [each for each in steps if each.after != (each.before or 0)]
    fitting = _fitting(moving, len(held), refused)
    return EntryPlan(fitting, _sorted(refused), unchanged=len(steps) - len(moving))


def _fitting(steps: Sequence[EntryStep], held: int, refused: list[Refused]) -> Sequence[EntryStep]:
    """Return the steps that leave a transfer no longer than it may be."""
    fitting = []
    for each in steps:
        held += 1 if each.before is None else 0
        if each.before is None and held > MOST_LINES:
            sentence = f"A transfer holds at most {MOST_LINES:,} lines."
            refused.extend(Refused(row, each.sku, sentence) for row in each.rows)
        else:
            fitting.append(each)
    return fitting


def post_transfer_sheet(work: Work, transfer_id: UUID, text: str, mark: str, *, adds: bool) -> int:
    """Fill a draft from a table as it was shown; returns how many lines it made or moved.

    Raises EntriesMoved, and changes nothing, when the plan is another one by now.
    """
    draft_of(work, transfer_id)
    plan = plan_transfer_sheet(work.session, work.organization_id, transfer_id, text, adds=adds)
    if plan.mark != mark:
        raise EntriesMoved
    lines = {each.variant_id: each for each in lines_of(work, transfer_id)}
    ids = iter(sorted(new_id() for _ in plan.steps))  # lines stand in the order of the table
    for step in plan.steps:
        line = lines.get(step.variant_id)
        if line is None:
            line = TransferLine(
                id=next(ids),
                organization_id=work.organization_id,
                transfer_id=transfer_id,
                variant_id=step.variant_id,
            )
            work.session.add(line)
        if step.after:
            line.quantity = step.after
        else:
            work.session.delete(line)
    work.session.flush()
    return len(plan.steps)
