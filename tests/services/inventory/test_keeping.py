"""Units a shop shows as sold before its order came are kept back, and each sale adds to them."""

from datetime import timedelta
from uuid import UUID

from sqlalchemy import select

from app.adapters.memory import MEMORY
from app.connections import service as connections
from app.connections import wire
from app.core import clock, db
from app.core.work import unit_of_work
from app.inventory import service
from app.inventory.models import Reservation
from tests.services.inventory.conftest import Warehouse


def a_shop(place: Warehouse) -> UUID:
    wire.lend(MEMORY)
    try:
        with unit_of_work(place.actor) as work:
            return connections.add_connection(
                work,
                channel="memory",
                name="Sandbox",
                address=f"https://{db.new_id().hex[-8:]}.memory.test",
                credentials={"key": "key"},
                wire={},
            ).id
    finally:
        wire.take_back(MEMORY.key)


def test_a_second_sale_adds_to_what_is_kept_back_and_keeps_it_longer(place: Warehouse) -> None:
    shop, mugs = a_shop(place), [place.mug(f"MUG-{at}", 5) for at in range(3)]
    soon, later = (clock.now() + timedelta(hours=hours) for hours in (1, 2))
    with unit_of_work(place.actor) as work:
        service.keep_back(work, shop, dict.fromkeys(mugs, 1), until=soon)

    with unit_of_work(place.actor) as work:
        rows = list(work.session.scalars(select(Reservation)))  # the session knows them already
        kept = service.keep_back(work, shop, {mugs[0]: 2, mugs[1]: 9}, until=later)
        known = sorted((row.quantity, row.expires_at) for row in rows)

    assert kept == {mugs[0]: 2, mugs[1]: 4}
    assert known == [(1, soon), (3, later), (5, later)]
    assert [place.level(mug, place.main)[2] for mug in mugs] == [2, 0, 4]
    assert place.fits()
