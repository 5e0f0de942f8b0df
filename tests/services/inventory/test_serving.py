"""An order is promised from where the merchant's rule says."""

from uuid import UUID

import pytest
from sqlalchemy import select

from app.core import db
from app.core.work import unit_of_work
from app.inventory import queries, service
from app.inventory.models import Level, Location
from app.inventory.routing import Routing, Spot
from app.inventory.service.promising import promise
from tests.services.inventory.conftest import Warehouse

BUYER = Spot.of("IT", "", "00118")


@pytest.fixture
def mug(place: Warehouse) -> UUID:
    """A mug of which two lie in Stockholm, first in order, and five in Rome."""
    variant_id = place.mug(quantity=2)
    with unit_of_work(place.actor) as work:
        for key, country, postcode in (
            (place.main, "Sweden", "111 29"),
            (place.shop, "IT", "00184"),
        ):
            work.session.get_one(Location, key).address = {"country": country, "postcode": postcode}
        work.session.flush()
        arrived = service.Adjustment(service.Mode.ADD, 5, service.Reason.RECEIVED)
        service.adjust(work, variant_id, place.shop, arrived)
    return variant_id


def served(place: Warehouse, mug: UUID, units: int, rule: Routing) -> dict[UUID, int]:
    """Promise units by a rule; returns how many of them come from which location."""
    with unit_of_work(place.actor) as work:
        service.set_routing(work, rule)
    with unit_of_work(place.actor) as work:
        made = promise(work, {mug: units}, reference="order:test", to=lambda: BUYER)
    with db.reading(place.actor) as session:
        found = select(Level.id, Level.location_id)
        where = {row.id: row.location_id for row in session.execute(found)}
    return {where[level]: part for level, part in made.parts[mug].items()}


@pytest.mark.parametrize(
    ("rule", "units", "wanted"),
    [
        (Routing.FEWEST, 2, {"main": 2}),
        (Routing.FEWEST, 5, {"shop": 5}),
        (Routing.FEWEST, 6, {"main": 1, "shop": 5}),
        (Routing.RANK, 5, {"main": 2, "shop": 3}),
        (Routing.NEAREST, 2, {"shop": 2}),
        (Routing.NEAREST, 6, {"main": 1, "shop": 5}),
    ],
)
def test_a_rule_says_where_units_come_from(
    place: Warehouse, mug: UUID, rule: Routing, units: int, wanted: dict[str, int]
) -> None:
    parts = served(place, mug, units, rule)

    assert parts == {getattr(place, name): part for name, part in wanted.items()}
    assert place.fits()


def test_what_would_come_is_what_comes(place: Warehouse, mug: UUID) -> None:
    with db.reading(place.actor) as session:
        known = queries.variants_by_sku(session, ["MUG-1", "NONE"])
        outcomes = {
            each.rule: {parcel.place.id: dict(parcel.items)["MUG-1"] for parcel in each.parcels}
            for each in queries.what_if(session, {"MUG-1": 6}, known, BUYER)
        }
        short = queries.what_if(session, {"MUG-1": 9}, known, BUYER)[0].short

    assert list(known) == ["MUG-1"]
    assert short == [("MUG-1", 2)]
    assert outcomes[Routing.RANK] == served(place, mug, 6, Routing.RANK)
    assert outcomes[Routing.NEAREST] == {place.shop: 5, place.main: 1}


def test_a_kit_is_sent_as_what_is_in_it(place: Warehouse, mug: UUID) -> None:
    kit = place.mug("SET-1", None)
    with unit_of_work(place.actor) as work:
        service.set_components(work, kit, {mug: 2})
    with db.reading(place.actor) as session:
        known = queries.variants_by_sku(session, ["SET-1"])
        nearest = queries.what_if(session, {"SET-1": 3}, known, BUYER)[1]

    assert [(each.place.id, each.items) for each in nearest.parcels] == [
        (place.shop, [("SET-1", 2)]),
        (place.main, [("SET-1", 1)]),
    ]
    assert nearest.short == []
