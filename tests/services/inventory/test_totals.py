"""What variants add up to is written down after the fact, and lists are right at every moment."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from itertools import groupby
from random import Random
from uuid import UUID

import pytest
from flask import Flask
from sqlalchemy import select, text

from app.core import db
from app.core.actor import Actor
from app.core.errors import Invalid
from app.core.work import unit_of_work
from app.inventory import queries, service, telling
from app.inventory.errors import ImpossibleStock, NotEnoughStock
from app.inventory.filters import SORTS, StockFilter
from app.inventory.ledger import Posting, PostingKind
from app.inventory.models import Level, StockTotal
from app.inventory.queries import StockRow
from tests.services.inventory.conftest import Warehouse
from workers import jobs
from workers.commands import doctor

KINDS = tuple(kind for kind in PostingKind if kind not in (PostingKind.IMPORT, PostingKind.SYNC))
FIGURES = [sort for sort in SORTS if sort not in ("title", "sku")]


def sum_up(actor: Actor) -> int:
    with unit_of_work(actor) as work:
        return service.sum_up(work)


def listed(actor: Actor, **wanted: str) -> list[StockRow]:
    with db.reading(actor) as session:
        return list(queries.stock_page(session, StockFilter(**wanted)).rows)


def figure(row: StockRow, sort: str) -> int:
    return row.reserved + row.locked if sort == "reserved" else int(getattr(row, sort))


def unsummed(actor: Actor) -> int:
    with db.reading(actor) as session:
        return len(session.scalars(select(Level.id).where(~Level.is_summed)).all())


def somewhere(place: Warehouse, variants: list[UUID], random: Random) -> None:
    """Move something, as anybody may at any time."""
    variant_id, location = random.choice(variants), random.choice([place.main, place.shop])
    with unit_of_work(place.actor) as work:
        match random.randrange(8):
            case 0:
                service.set_quantities(work, {variant_id: random.choice([None, 0, 4, 30])})
            case 1:
                came = service.Adjustment(service.Mode.ADD, 3, service.Reason.RECEIVED)
                service.adjust(work, variant_id, location, came)
            case _:
                levels = work.session.scalars(select(Level.id).order_by(Level.id)).all()
                chosen = random.sample(list(levels), min(2, len(levels)))
                posting = Posting(random.choice(KINDS), random.randrange(1, 4))
                service.post(work, {key: [posting] for key in chosen})


@pytest.mark.parametrize("seed", range(3))
def test_lists_by_a_figure_are_right_whatever_moved_and_whenever_it_was_summed(
    place: Warehouse, seed: int
) -> None:
    random = Random(seed)  # noqa: S311 (operations, always the same)
    variants = [place.mug(f"MUG-{at}", random.choice([None, 0, 2, 9])) for at in range(8)]

    for _ in range(40):
        try:
            somewhere(place, variants, random)
        except (NotEnoughStock, ImpossibleStock, Invalid):
            continue
        if random.random() < 0.3:
            sum_up(place.actor)
        sort, stock = random.choice(FIGURES), random.choice(["", "", "out", "short"])
        together = {row.id: row for row in listed(place.actor)}
        rows = listed(place.actor, sort=random.choice(["", "-"]) + sort, stock=stock)
        down = listed(place.actor, sort=f"-{sort}")
        counted = [row for row in together.values() if row.is_counted]
        wanted = {
            "": list(together.values()),
            "out": [row for row in counted if row.available <= 0],
            "short": [row for row in counted if row.id in short_somewhere(place.actor)],
        }[stock]
        assert {row.id for row in rows} == {row.id for row in wanted}
        assert all(row == together[row.id] for row in rows)
        shown = [figure(row, sort) if row.is_counted else None for row in down]
        figures = [each for each in shown if each is not None]
        assert figures == sorted(figures, reverse=True)
        assert [is_given for is_given, _ in groupby(shown, lambda each: each is not None)] in (
            [True], [False], [True, False],
        )  # fmt: skip
        with db.reading(place.actor) as session:
            assert service.unequal_totals(session) == []


def short_somewhere(actor: Actor) -> set[UUID]:
    with db.reading(actor) as session:
        asked = select(Level.variant_id).where(Level.is_counted, Level.available < 0)
        return set(session.scalars(asked))


def test_a_level_moves_and_says_so_once_and_what_is_summed_rests(place: Warehouse) -> None:
    mug = place.mug("MUG-1", 5)
    assert sum_up(place.actor) == 1
    assert sum_up(place.actor) == 0

    with unit_of_work(place.actor) as work:
        came = service.Adjustment(service.Mode.ADD, 2, service.Reason.RECEIVED)
        service.adjust(work, mug, place.main, came)

    assert unsummed(place.actor) == 1
    assert telling.sum_up(place.actor) == 1
    with db.reading(place.actor) as session:
        assert session.scalars(select(StockTotal.on_hand)).all() == [7]


def test_a_sale_under_way_is_passed_over_and_counts_once_it_is_made(place: Warehouse) -> None:
    mug, cup = place.mug("MUG-1", 9), place.mug("CUP-1", 6)
    sum_up(place.actor)
    with db.reading(place.actor) as session:
        levels = {row.variant_id: row.id for row in session.scalars(select(Level))}
    with unit_of_work(place.actor) as work:
        service.post(work, {levels[cup]: [Posting(PostingKind.COMMIT, 1)]})

    with selling(place.actor, levels[mug], 8):
        assert beside(place.actor) == 1  # the cup alone, and nobody waited
        assert [row.id for row in listed(place.actor, sort="available")] == [cup, mug]

    assert [row.available for row in listed(place.actor, sort="available")] == [1, 5]
    assert sum_up(place.actor) == 1
    assert [row.available for row in listed(place.actor, sort="available")] == [1, 5]


def test_a_variant_waits_until_none_of_its_levels_is_being_moved(place: Warehouse) -> None:
    """Else one that moves there and back meanwhile would look as if it had rested."""
    mug = place.mug("MUG-1", 5)
    with unit_of_work(place.actor) as work:
        came = service.Adjustment(service.Mode.ADD, 3, service.Reason.RECEIVED)
        service.adjust(work, mug, place.shop, came)
    with db.reading(place.actor) as session:
        asked = select(Level.id).where(Level.location_id == place.main)
        level_id = session.scalars(asked).one()

    with selling(place.actor, level_id, 2):
        assert beside(place.actor) == 0
        assert unsummed(place.actor) == 2

    assert sum_up(place.actor) == 1
    assert [row.available for row in listed(place.actor, sort="available")] == [6]


@contextmanager
def selling(actor: Actor, level_id: UUID, units: int) -> Iterator[None]:
    """Promise units of a level, and commit at the end of the block."""
    with unit_of_work(actor) as work:
        service.post(work, {level_id: [Posting(PostingKind.COMMIT, units)]})
        yield


def test_two_who_sum_up_at_once_are_one(place: Warehouse) -> None:
    place.mug("MUG-1", 5)

    with unit_of_work(place.actor) as work:
        assert service.sum_up(work) == 1
        assert beside(place.actor) == 0

    assert unsummed(place.actor) == 0


def beside(actor: Actor) -> int:
    """Sum up in another thread, as another process would."""
    with ThreadPoolExecutor(1) as pool:
        return pool.submit(sum_up, actor).result()


def test_a_total_that_is_wrong_is_found_told_and_mended(app: Flask, place: Warehouse) -> None:
    mug = place.mug("MUG-1", 5)
    jobs.sum_up_stock(None, None)
    with unit_of_work(place.actor) as work:
        work.session.execute(text("UPDATE stock_totals SET available = 99"))

    with db.reading(place.actor) as session:
        found = service.unequal_totals(session)
    told = app.test_cli_runner().invoke(doctor).output
    jobs.check_levels(None, None)

    assert [(each.variant_id, each.kept, each.counted) for each in found] == [(mug, 99, 5)]
    assert "Totals of stock: some do not fit." in told
    with db.reading(place.actor) as session:
        assert service.unequal_totals(session) == []
        assert session.scalars(select(StockTotal.available)).all() == [5]


def test_another_organization_neither_sees_nor_sums_ours(place: Warehouse) -> None:
    place.mug("MUG-1", 5)
    mallory = place.people.mallory.actor

    assert sum_up(mallory) == 0
    assert unsummed(place.actor) == 1
    sum_up(place.actor)
    with db.reading(mallory) as session:
        assert session.scalars(select(StockTotal.variant_id)).all() == []
