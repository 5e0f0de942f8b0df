"""Reports of stock: SQL says what adding up the postings by hand says, in days of a zone."""

import random
from collections import Counter
from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from functools import partial
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import insert, select, update

from app.core import clock, db
from app.core.periods import Period
from app.core.work import unit_of_work
from app.inventory import ledger, queries, service
from app.inventory.filters import ReportFilter
from app.inventory.ledger import MOVES, SIGNED, PostingKind
from app.inventory.models import Level, Posting, Transfer
from app.inventory.queries.report import FlowDay, Report, VariantFlow
from app.inventory.reporting import Flow, flow_of
from app.inventory.transit import Arrival
from tests.services.inventory.conftest import Warehouse

BERLIN = ZoneInfo("Europe/Berlin")
NOW = datetime(2026, 11, 2, 9, tzinfo=UTC)  # after both changes of clocks that autumn
MOVING = [kind for kind, move in MOVES.items() if move.on_hand]


@pytest.fixture
def autumn(place: Warehouse) -> Warehouse:
    """Three mugs at two locations, with postings strewn over the months around NOW."""
    chance = random.Random(14)  # noqa: S311 (no secret)
    mugs = [place.mug(f"MUG-{at}", at) for at in range(3)]
    with unit_of_work(place.actor) as work:
        drafts = [
            service.start_transfer(work, service.TransferDraft(place.shop, origin))
            for origin in (None, place.main)
        ]
        there = [
            {
                "organization_id": work.organization_id,
                "variant_id": mug,
                "location_id": place.shop,
            }
            for mug in mugs[:2]
        ]
        work.session.execute(insert(Level), there)
        work.session.execute(update(Level).values(allows_negative=True))
        references = [None, "order:x", *(f"transfer:{each}" for each in drafts)]
        for level in work.session.scalars(select(Level)).all():
            rows = [_posting(level, chance, references) for _ in range(80)]
            work.session.execute(insert(Posting), rows)
            moved = Level.on_hand + sum(int(str(each["quantity"])) for each in rows)
            work.session.execute(update(Level).where(Level.id == level.id).values(on_hand=moved))
    return place


def _posting(
    level: Level, chance: random.Random, references: Sequence[str | None]
) -> dict[str, object]:
    kind = chance.choice(MOVING)
    sign = chance.choice((-1, 1)) if kind in SIGNED else MOVES[kind].on_hand
    return {
        "organization_id": level.organization_id,
        "level_id": level.id,
        "kind": kind.value,
        "quantity": sign * chance.randint(1, 9),
        "reference": chance.choice(references),
        "at": NOW + timedelta(minutes=chance.randint(-90_000, 9_000)),
    }


def read(
    place: Warehouse, period: Period, **wanted: str
) -> tuple[dict[UUID, VariantFlow], Report, Sequence[FlowDay]]:
    with db.reading(place.actor) as session:
        asked = ReportFilter.from_args(wanted)
        report = queries.stock_report(session, asked, period, currency="USD")
        rows = {each.id: each for each in queries.every_variant(session, asked, period)}
        return rows, report, queries.flow_days(session, period, asked.location)


def by_hand(
    place: Warehouse, period: Period, location: UUID | None
) -> tuple[dict[UUID, tuple[int, Counter[Flow], int]], dict[date, Counter[tuple[Flow, bool]]]]:
    """Add every posting up in Python, from nothing on."""
    opening: Counter[UUID] = Counter()
    moved: dict[UUID, Counter[Flow]] = {}
    days: dict[date, Counter[tuple[Flow, bool]]] = {}
    with db.reading(place.actor) as session:
        ours = {
            f"transfer:{each.id}" for each in session.scalars(select(Transfer)) if each.origin_id
        }
        rows = session.execute(select(Posting, Level).join(Level, Level.id == Posting.level_id))
        for posting, level in rows:
            at = posting.at.astimezone(period.zone).date()
            if (location and level.location_id != location) or at > period.last:
                continue
            flows = moved.setdefault(level.variant_id, Counter())
            if at < period.first:
                opening[level.variant_id] += posting.quantity
                continue
            flow = flow_of(PostingKind(posting.kind), is_of_ours=posting.reference in ours)
            flows[flow] += posting.quantity
            side = (flow, posting.quantity > 0)
            days.setdefault(at, Counter())[side] += abs(posting.quantity)
    return {
        key: (opening[key], flows, opening[key] + flows.total()) for key, flows in moved.items()
    }, days


@pytest.mark.parametrize("zone", ["UTC", "Europe/Berlin", "America/New_York", "Asia/Kathmandu"])
@pytest.mark.parametrize("span", [(date(2026, 10, 25), date(2026, 10, 25)),
                                  (date(2026, 10, 20), date(2026, 11, 3)),
                                  (date(2026, 9, 1), date(2026, 10, 31))])  # fmt: skip
def test_a_report_says_what_adding_the_ledger_up_by_hand_says(
    autumn: Warehouse, zone: str, span: tuple[date, date]
) -> None:
    period = Period(*span, ZoneInfo(zone))

    for location in (None, autumn.main, autumn.shop):
        rows, report, days = read(autumn, period, location=str(location or ""))
        sums, by_day = by_hand(autumn, period, location)

        assert {key: (row.opening, row.closing) for key, row in rows.items()} == {
            key: (first, last)
            for key, (first, flows, last) in sums.items()
            if first or last or flows
        }
        for key, row in rows.items():
            assert {f: n for f, n in row.moved.items() if n} == {
                f: n for f, n in sums[key][1].items() if n
            }
            assert row.opening + sum(row.moved.values()) == row.closing
        assert {each.at: _sides(each) for each in days if _sides(each)} == by_day
        assert [each.at for each in days] == (period.days if by_day else [])
        assert report.totals.opening == sum(each.opening for each in rows.values())
        assert report.totals.closing == sum(each.closing for each in rows.values())
        assert report.totals.moved == {
            flow: sum(each.moved[flow] for each in rows.values()) for flow in Flow
        }


def _sides(day: FlowDay) -> Counter[tuple[Flow, bool]]:
    came = {(flow, True): n for flow, n in day.came.items() if n}
    return Counter(came | {(flow, False): n for flow, n in day.went.items() if n})


def test_what_lies_there_today_is_what_is_on_hand(autumn: Warehouse) -> None:
    today = (max(clock.now(), NOW) + timedelta(days=10)).date()
    rows, report, _ = read(autumn, Period.ending(today, 7, ZoneInfo("UTC")))

    with db.reading(autumn.actor) as session:
        on_hand = Counter[UUID]()
        for level in session.scalars(select(Level)):
            on_hand[level.variant_id] += level.on_hand
    assert {key: row.closing for key, row in rows.items() if row.closing} == +on_hand | -on_hand
    assert report.totals.closing == on_hand.total()


@pytest.mark.parametrize("show", ["", "sold", "dead"])
def test_pages_walk_every_variant_once_and_back(place: Warehouse, show: str) -> None:
    for at in range(12):
        mug = place.mug(f"MUG-{at}", at + 2)
        if at % 3:
            sell(place, mug, at % 2 + 1)
    period = week()

    for sort in ("-sold", "sold", "-left", "left", "-stock", "stock"):
        wanted = ReportFilter(show=show, sort=sort)
        with db.reading(place.actor) as session:
            read_page = partial(
                queries.stock_report, session, wanted, period, currency="USD", size=3
            )
            whole = [each.id for each in queries.every_variant(session, wanted, period)]
            pages = [read_page().page]
            while pages[-1].after:
                pages.append(read_page(after=pages[-1].after).page)
            back = read_page(before=pages[-1].before).page

        assert len(whole) == {"": 12, "sold": 8, "dead": 4}[show]
        assert [each.id for page in pages for each in page.rows] == whole
        assert [each.first for each in pages] == list(range(1, len(whole) + 1, 3))
        assert {each.total for each in pages} == {len(whole)}
        assert [each.id for each in back.rows] == [each.id for each in pages[-2].rows]


def week() -> Period:
    """Seven days, tomorrow the last of them: that midnight comes changes nothing."""
    return Period.ending(clock.now().astimezone(BERLIN).date() + timedelta(days=1), 7, BERLIN)


def sell(place: Warehouse, mug: UUID, units: int) -> None:
    with unit_of_work(place.actor) as work:
        service.promise(work, {mug: units}, reference="order:1")
        levels = service.locked_levels(work, [mug])
        service.post(work, {levels[0].id: [ledger.Posting(PostingKind.SHIP, units)]})


def test_what_lies_there_and_does_not_sell_is_told_with_its_cost(place: Warehouse) -> None:
    dead, sold, gone = (
        place.mug("DEAD", 4, cost={"minor": 250, "currency": "USD"}),
        place.mug("SOLD", 6),
        place.mug("GONE", 0),
    )
    sell(place, sold, 2)
    period = week()

    rows, report, _ = read(place, period, show="dead")
    everything, *_ = read(place, period)

    assert list(rows) == [dead]
    assert rows[dead].value_minor == 1000
    assert gone not in everything
    assert everything[sold].days_left == 4 * 7 // 2
    totals = report.totals
    assert (totals.variants, totals.shown, totals.dead, totals.dead_units) == (2, 1, 1, 4)
    assert (totals.value_minor, totals.uncosted) == (1000, 1)


def test_what_goes_between_locations_moved_and_what_comes_from_outside_was_received(
    place: Warehouse,
) -> None:
    mug = place.mug("MUG-1", 10)
    for origin in (place.main, None):
        with unit_of_work(place.actor) as work:
            key = service.start_transfer(work, service.TransferDraft(place.shop, origin))
            line = service.add_units(work, key, "MUG-1", 3)
            service.send_transfer(work, key)
        with unit_of_work(place.actor) as work:
            shown = work.session.get_one(Transfer, key).version
            service.receive_transfer(work, key, {line.id: Arrival(3)}, version=shown)
    period = week()

    at_shop, *_ = read(place, period, location=str(place.shop))
    at_main, *_ = read(place, period, location=str(place.main))
    at_all, *_ = read(place, period)

    assert (at_shop[mug].moved[Flow.MOVED], at_shop[mug].moved[Flow.RECEIVED]) == (3, 3)
    assert (at_main[mug].moved[Flow.MOVED], at_main[mug].moved[Flow.RECEIVED]) == (-3, 0)
    assert (at_all[mug].moved[Flow.MOVED], at_all[mug].closing) == (0, 13)


def test_another_organization_has_no_part_in_it(autumn: Warehouse) -> None:
    period = Period(date(2026, 9, 1), date(2026, 11, 3), BERLIN)

    with db.reading(autumn.people.mallory.actor) as session:
        for location in ("", str(autumn.main)):
            wanted = ReportFilter(location=location)
            report = queries.stock_report(session, wanted, period, currency="USD")
            assert list(report.page.rows) == list(queries.every_variant(session, wanted, period))
            assert report.totals.variants == 0
            assert queries.flow_days(session, period, location) == ()
