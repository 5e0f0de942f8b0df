"""Counts: people enter what they see without our figure, and somebody approves the differences.

With every entry the level's figure of that moment is kept (`app.inventory.counting`); what is
approved later moves the level by the difference of then, never to the figure that was counted.
"""

from collections.abc import Collection, Mapping, Sequence
from typing import Final
from uuid import UUID

from sqlalchemy import ColumnElement, Select, and_, func, select, true
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm.attributes import flag_modified

from app.catalog import service as catalog
from app.catalog.service.writing import among
from app.core.errors import Invalid, NotFound
from app.core.work import Work
from app.inventory.counting import FOLLOWS, CountState, Seen, Shelf, look
from app.inventory.errors import StaleCount
from app.inventory.ledger import Posting as Posted
from app.inventory.ledger import PostingKind
from app.inventory.models import Level, Posting, StockCount, StockCountLine
from app.inventory.service.codes import variant_by_code
from app.inventory.service.kits import kits_among
from app.inventory.service.moving import post

MOST_UNITS: Final = 1_000_000
TOO_MANY: Final = f"A line holds at most {MOST_UNITS:,} units."
APPROVED: Final = "Its difference was approved already. Start another count for it."
LINE: Final = "line-"  # boxes of a form are named by the line they are about


def get_count(work: Work, count_id: UUID, version: int | None = None) -> StockCount:
    """Return a count, locked until the unit ends; raises NotFound, or StaleCount.

    With a version, the count gets another one: a form that was sent is not sent again.
    """
    found = work.session.scalar(
        select(StockCount)
        .where(StockCount.id == count_id, StockCount.organization_id == work.organization_id)
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    if found is None:
        raise NotFound
    if version is not None and found.version != version:
        raise StaleCount
    if version is not None:
        flag_modified(found, "state")
    work.touch(f"count-{count_id}", "counts")
    return found


def open_count(work: Work, count_id: UUID) -> StockCount:
    """Return a count that takes entries, shared: many people enter at once."""
    found = work.session.scalar(
        select(StockCount)
        .where(StockCount.id == count_id, StockCount.organization_id == work.organization_id)
        .with_for_update(read=True)
        .execution_options(populate_existing=True)
    )
    if found is None:
        raise NotFound
    if found.state != CountState.COUNTING:
        raise StaleCount("This count is finished. What you entered last was not taken in.")
    work.touch(f"count-{count_id}", "counts")
    return found


def enter_code(work: Work, count_id: UUID, code: str, quantity: int = 1) -> StockCountLine:
    """Take in that so many more of a SKU or barcode were seen; raises Invalid at the field.

    What nobody thought to lie there is added to the count.
    """
    count = open_count(work, count_id)
    variant_id = variant_by_code(work, code)
    if not 1 <= quantity <= MOST_UNITS:
        raise Invalid(fields={"quantity": f"Enter a whole number from 1 to {MOST_UNITS:,}."})
    line = lines_for(work, count_id, [variant_id])[0]
    take_in(work, count, [(line, quantity)], adds=True)
    return line


def set_counted(work: Work, count_id: UUID, line_id: UUID, quantity: int | None) -> StockCountLine:
    """Take in that so many in all were seen of a line; None: nobody looked yet."""
    count = open_count(work, count_id)
    line = work.session.scalar(_locked(count_id, StockCountLine.id == line_id))
    if line is None:
        raise NotFound
    if quantity is None:
        _forget(line)
    elif 0 <= quantity <= MOST_UNITS:
        take_in(work, count, [(line, quantity)], adds=False)
    else:
        raise Invalid(fields={"quantity": f"Enter a whole number from 0 to {MOST_UNITS:,}."})
    return line


def lines_for(
    work: Work, count_id: UUID, variant_ids: Collection[UUID]
) -> Sequence[StockCountLine]:
    """Return the lines of variants, locked until the unit ends; what has none yet gets one."""
    rows = [
        {"organization_id": work.organization_id, "count_id": count_id, "variant_id": each}
        for each in sorted(variant_ids)
    ]
    if rows:
        work.session.execute(insert(StockCountLine).values(rows).on_conflict_do_nothing())
    return work.session.scalars(
        _locked(count_id, among(StockCountLine.variant_id, variant_ids))
    ).all()


def _locked(count_id: UUID, which: ColumnElement[bool]) -> Select[StockCountLine]:
    return (
        select(StockCountLine)
        .where(StockCountLine.count_id == count_id, which)
        .order_by(StockCountLine.id)
        .with_for_update()
        .execution_options(populate_existing=True)
    )


def _forget(line: StockCountLine) -> None:
    line.counted = line.expected = line.posting_id = line.counted_at = None
    line.has_moved = False


def take_in(
    work: Work,
    count: StockCount,
    entries: Sequence[tuple[StockCountLine, int]],
    *,
    adds: bool,
) -> None:
    """Take in what was seen of lines: so many more, or so many in all."""
    shelves = _shelves(work, [line.variant_id for line, _ in entries], count.location_id)
    for line, quantity in entries:
        if line.posted is not None:
            raise Invalid(fields={"code": APPROVED})
        before = None
        if line.counted is not None and line.expected is not None:
            before = Seen(line.counted, line.expected, line.posting_id or 0, line.has_moved)
        shelf = shelves.get(line.variant_id, Shelf(0, 0))
        seen = look(before, shelf, quantity, adds=adds)
        if seen.counted > MOST_UNITS:
            raise Invalid(fields={"quantity": TOO_MANY})
        line.counted, line.expected = seen.counted, seen.expected
        line.posting_id, line.has_moved = seen.posting_id, seen.has_moved
        line.user_id, line.counted_at = work.actor.user_id, work.now
    work.session.flush()


def _shelves(work: Work, variant_ids: Sequence[UUID], location_id: UUID) -> Mapping[UUID, Shelf]:
    """Read figure and newest movement in one statement, so that they fit each other."""
    newest = (
        select(Posting.id)
        .where(Posting.level_id == Level.id, Posting.quantity != 0)
        .order_by(Posting.id.desc())
        .limit(1)
        .correlate(Level)
        .scalar_subquery()
    )
    rows = work.session.execute(
        select(Level.variant_id, Level.on_hand, func.coalesce(newest, 0)).where(
            Level.location_id == location_id, among(Level.variant_id, variant_ids)
        )
    )
    return {variant_id: Shelf(*shelf) for variant_id, *shelf in rows}


def _step(count: StockCount, to: CountState) -> None:
    if to not in FOLLOWS[CountState(count.state)]:
        raise StaleCount
    count.state = to


def finish_count(work: Work, count_id: UUID, version: int, *, rest_is_none: bool = False) -> None:
    """Hand a count in for approval; `rest_is_none`: of what nobody entered, none lies there."""
    count = get_count(work, count_id, version)
    _step(count, CountState.REVIEW)
    lines = work.session.scalars(_locked(count_id, true())).all()
    if rest_is_none:
        rest = [(line, 0) for line in lines if line.counted is None]
        take_in(work, count, rest, adds=False)
    if all(line.counted is None for line in lines):
        raise Invalid(fields={"code": "Count something first."})
    work.session.flush()


def count_again(work: Work, count_id: UUID, line_ids: Collection[UUID], version: int) -> None:
    """Send a count back to its counters; what was entered of the chosen lines is forgotten."""
    count = get_count(work, count_id, version)
    _step(count, CountState.COUNTING)
    for line in _chosen(work, count_id, line_ids):
        _forget(line)
    work.session.flush()


def _chosen(work: Work, count_id: UUID, ids: Collection[UUID]) -> Sequence[StockCountLine]:
    chosen = and_(among(StockCountLine.id, sorted(ids)), StockCountLine.posted.is_(None))
    return work.session.scalars(_locked(count_id, chosen)).all()


def approve_lines(work: Work, count_id: UUID, line_ids: Collection[UUID], version: int) -> int:
    """Post the differences of some lines, each once; returns how many levels moved.

    Raises Invalid at lines whose units were sold since, so that the shelf cannot have held so few.
    """
    count = get_count(work, count_id, version)
    if count.state != CountState.REVIEW:
        raise StaleCount
    lines = [each for each in _chosen(work, count_id, line_ids) if each.variance is not None]
    if not lines:
        raise Invalid(fields={"lines": "Choose at least one line."})
    _refuse_kits(work, lines)
    levels = _levels(work, count, [each.variant_id for each in lines])
    _check(lines, levels)
    postings: dict[UUID, list[Posted]] = {}
    for line in lines:
        level = levels[line.variant_id]
        level.is_counted = True
        line.posted = line.variance or 0
        if line.posted:
            postings[level.id] = [Posted(PostingKind.COUNT, line.posted)]
    work.session.flush()
    moved = post(work, postings, reference=f"count:{count_id}", note=count.note[:200] or None)
    catalog.stock_moved(work, moved)
    if not _waits(work, count_id):
        _end(work, count, CountState.CLOSED)
    return len(postings)


def _refuse_kits(work: Work, lines: Sequence[StockCountLine]) -> None:
    kits = kits_among(work.session, [each.variant_id for each in lines])
    problems = {
        f"{LINE}{each.id}": "This is a kit by now. Count what is in it instead."
        for each in lines
        if each.variant_id in kits
    }
    if problems:
        raise Invalid(fields=problems)


def _levels(work: Work, count: StockCount, variant_ids: Sequence[UUID]) -> Mapping[UUID, Level]:
    rows = [
        {
            "organization_id": work.organization_id,
            "variant_id": variant_id,
            "location_id": count.location_id,
        }
        for variant_id in sorted(variant_ids)
    ]
    work.session.execute(insert(Level).values(rows).on_conflict_do_nothing())
    found = work.session.scalars(
        select(Level)
        .where(Level.location_id == count.location_id, among(Level.variant_id, variant_ids))
        .order_by(Level.id)
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    return {each.variant_id: each for each in found}


def _check(lines: Sequence[StockCountLine], levels: Mapping[UUID, Level]) -> None:
    problems = {}
    for line in lines:
        level = levels[line.variant_id]
        after = level.on_hand + (line.variance or 0)
        if after < 0 and not level.allows_negative:
            problems[f"{LINE}{line.id}"] = (
                f"On hand would be {after:,}: more left since than lay there. Count it again."
            )
    if problems:
        raise Invalid(fields=problems)


def _waits(work: Work, count_id: UUID) -> bool:
    """Tell whether a difference of the count is still to be decided."""
    open_line = select(StockCountLine.id).where(
        StockCountLine.count_id == count_id,
        StockCountLine.posted.is_(None),
        StockCountLine.counted != StockCountLine.expected,
    )
    return work.session.scalar(select(open_line.exists())) is True


def _end(work: Work, count: StockCount, to: CountState) -> None:
    _step(count, to)
    count.closed_at = work.now
    work.session.flush()


def close_count(work: Work, count_id: UUID, version: int) -> None:
    """End a count; what was not approved stays as the ledger has it."""
    _end(work, get_count(work, count_id, version), CountState.CLOSED)


def cancel_count(work: Work, count_id: UUID, version: int) -> None:
    """Give a count up; nothing of it that was not approved moves anything."""
    _end(work, get_count(work, count_id, version), CountState.CANCELLED)
