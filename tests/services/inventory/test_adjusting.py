"""Adjustments of many people at once add up, and none takes more than there is."""

from concurrent.futures import ThreadPoolExecutor
from uuid import UUID

from sqlalchemy import select

from app.core import db
from app.core.actor import Actor
from app.core.errors import Invalid
from app.core.work import unit_of_work
from app.inventory import service
from app.inventory.models import Level, Location, Posting
from app.inventory.service import Adjustment, LocationDraft, Mode, Reason
from tests.factories.catalog import product, values_of


def shelf(actor: Actor, quantity: int) -> tuple[UUID, UUID]:
    """Commit a variant with so many at the first location."""
    key = product(actor, {"sku": "A", "quantity": quantity})
    with unit_of_work(actor) as work:
        return next(iter(values_of(actor, key).variants)), service.default_location(work)


def take(actor: Actor, variant_id: UUID, location_id: UUID) -> bool:
    """Take one away; False: there was none left."""
    try:
        with unit_of_work(actor) as work:
            wish = Adjustment(Mode.TAKE, 1, Reason.LOST)
            service.adjust(work, variant_id, location_id, wish)
    except Invalid:
        return False
    return True


def test_four_who_take_from_three_leave_one_without(actor: Actor) -> None:
    variant_id, location_id = shelf(actor, 3)

    with ThreadPoolExecutor(4) as pool:
        went = list(pool.map(lambda _: take(actor, variant_id, location_id), range(4)))

    with db.reading(actor) as session:
        level = session.scalars(select(Level)).one()
        unequal = service.unequal_levels(session)
        quantities = sorted(session.scalars(select(Posting.quantity)))
    assert sorted(went) == [False, True, True, True]
    assert level.on_hand == 0
    assert quantities == [-1, -1, -1, 3]
    assert unequal == []


def test_two_who_choose_the_default_location_leave_one(actor: Actor) -> None:
    shelf(actor, 1)
    with unit_of_work(actor) as work:
        ids = [service.create_location(work, LocationDraft(name)) for name in ("East", "West")]

    def choose(given: tuple[UUID, str]) -> None:
        with unit_of_work(actor) as work:
            service.change_location(work, given[0], 1, LocationDraft(given[1], is_default=True))

    with ThreadPoolExecutor(2) as pool:
        list(pool.map(choose, zip(ids, ("East", "West"), strict=True)))

    with db.reading(actor) as session:
        defaults = session.scalars(select(Location.name).where(Location.is_default)).all()
    assert len(defaults) == 1
    assert defaults[0] in ("East", "West")
