"""People keep units back: never more than there is, visible, and free again by hand or by time."""

from datetime import timedelta
from uuid import UUID

import pytest
from sqlalchemy import select, update

from app.core import clock, db
from app.core.errors import Invalid, NotFound
from app.core.work import unit_of_work
from app.inventory import queries, service
from app.inventory.models import Level, Reservation
from app.team.models import Organization
from tests.factories.catalog import product, values_of
from tests.services.inventory.conftest import Warehouse
from workers import jobs


def keep(place: Warehouse, mug: UUID, quantity: int, *, days: int = 3) -> UUID:
    with unit_of_work(place.people.bob.actor) as work:
        return service.reserve(
            work,
            mug,
            place.main,
            quantity,
            until=work.now + timedelta(days=days),
            note="For the fair",
        )


def kept(place: Warehouse) -> list[int]:
    with db.reading(place.actor) as session:
        return list(session.scalars(select(Reservation.quantity).order_by(Reservation.id)))


def test_what_is_kept_back_is_not_for_sale_and_says_for_whom(place: Warehouse) -> None:
    mug = place.mug("MUG-1", 5)

    keep(place, mug, 3)

    assert place.level(mug, place.main) == (5, 0, 2)
    with db.reading(place.actor) as session:
        (row,) = queries.kept_rows(session, mug)
    assert (row.quantity, row.reason, row.person) == (3, "For the fair", "Bob")
    assert place.fits()


@pytest.mark.parametrize("quantity", [0, 6, -1])
def test_no_more_is_kept_back_than_is_available(place: Warehouse, quantity: int) -> None:
    mug = place.mug("MUG-1", 5)

    with pytest.raises(Invalid) as refusal:
        keep(place, mug, quantity)

    assert refusal.value.fields == {"units": "Enter a whole number from 1 to 5."}
    assert kept(place) == []


@pytest.mark.parametrize("days", [-1, 0, 500])
def test_it_is_kept_until_a_day_to_come(place: Warehouse, days: int) -> None:
    mug = place.mug("MUG-1", 5)

    with pytest.raises(Invalid) as refusal:
        keep(place, mug, 1, days=days)

    assert list(refusal.value.fields) == ["until"]


def test_it_is_let_go_once(place: Warehouse) -> None:
    mug = place.mug("MUG-1", 5)
    key = keep(place, mug, 3)

    freed = []
    for _ in range(2):
        with unit_of_work(place.actor) as work:
            freed.append(service.free_reservation(work, key))

    assert freed == [3, 0]
    assert place.level(mug, place.main) == (5, 0, 5)
    assert place.fits()


def test_it_runs_out_by_the_clock_and_no_other_does(place: Warehouse) -> None:
    mug = place.mug("MUG-1", 5)
    keep(place, mug, 1, days=1)
    keep(place, mug, 2, days=9)

    with clock.travelling(timedelta(days=2)):
        jobs.free_reservations(None, None)
        jobs.free_reservations(None, None)

    assert kept(place) == [2]
    assert place.level(mug, place.main) == (5, 0, 3)


def test_what_is_wrong_in_one_organization_keeps_nothing_back_in_the_next(
    place: Warehouse,
) -> None:
    keep(place, place.mug("MUG-1", 5), 3)
    mallory = place.people.mallory.actor
    others = product(mallory, {"sku": "CUP-1", "quantity": 5}, title="Cup")
    (cup,) = values_of(mallory, others).variants
    with unit_of_work(mallory) as work:
        soon = work.now + timedelta(days=1)
        service.reserve(work, cup, service.default_location(work), 3, until=soon)
        # First in turn, and with a level that does not know of what is kept back.
        mine = update(Organization).where(Organization.id == mallory.organization)
        work.session.execute(mine.values(name="A first one"))
        work.session.execute(update(Level).values(reserved=0))

    with clock.travelling(timedelta(days=4)), pytest.raises(ExceptionGroup):
        jobs.free_reservations(None, None)
    with unit_of_work(mallory) as work:  # or every later run of the job fails, too
        work.session.execute(update(Level).values(reserved=3))

    assert kept(place) == []


def test_another_organization_keeps_and_frees_nothing_here(place: Warehouse) -> None:
    mug = place.mug("MUG-1", 5)
    key = keep(place, mug, 3)

    with unit_of_work(place.people.mallory.actor) as work:
        freed = service.free_reservation(work, key)
    with pytest.raises(NotFound), unit_of_work(place.people.mallory.actor) as work:
        service.reserve(work, mug, place.main, 1, until=work.now + timedelta(days=1))

    assert freed == 0
    assert kept(place) == [3]
