"""Kits are made of variants: no circles, bounded, and their stock follows whatever they hold."""

import itertools
import threading
from uuid import UUID

import pytest
from sqlalchemy import select

from app.catalog import service as catalog
from app.catalog.errors import InvalidProducts
from app.catalog.models import Product
from app.core import db
from app.core.actor import Actor
from app.core.errors import Invalid
from app.core.outbox import OutboxMessage
from app.core.work import unit_of_work
from app.inventory import kits, service
from app.inventory.models import Level
from app.inventory.service import Adjustment, Mode, Reason
from tests.factories.catalog import product, values_of


def good(actor: Actor, sku: str, quantity: int | None = None) -> UUID:
    key = product(actor, {"sku": sku, "quantity": quantity}, title=f"Good {sku}")
    return next(iter(values_of(actor, key).variants))


def put(actor: Actor, kit: UUID, wishes: dict[UUID, int | None]) -> None:
    with unit_of_work(actor) as work:
        service.set_components(work, kit, wishes)


def given(actor: Actor, kit: UUID) -> int | None:
    with db.reading(actor) as session:
        return service.kit_quantities(session, [kit])[kit]


def told(actor: Actor) -> set[str]:
    with db.reading(actor) as session:
        facts = session.scalars(
            select(OutboxMessage.payload).where(
                OutboxMessage.name == "ProductChanged",
                OutboxMessage.organization_id == actor.organization_id,
            )
        )
        return {key for fact in facts for key in fact["variant_ids"]}


def test_a_kit_of_kits_gives_what_its_goods_do(actor: Actor) -> None:
    cup, saucer = good(actor, "CUP", 10), good(actor, "SAUCER", 9)
    pair, gift = good(actor, "PAIR"), good(actor, "GIFT")

    put(actor, pair, {cup: 1, saucer: 2})
    put(actor, gift, {pair: 2, cup: 1})

    assert (given(actor, pair), given(actor, gift)) == (4, 2)
    with unit_of_work(actor) as work:
        service.set_quantity(work, cup, 2)
    assert (given(actor, pair), given(actor, gift)) == (2, 0)


def test_a_variant_that_becomes_a_kit_has_no_stock_of_its_own_any_more(actor: Actor) -> None:
    cup, kit = good(actor, "CUP", 3), good(actor, "KIT", 8)

    put(actor, kit, {cup: 1})

    with db.reading(actor) as session:
        level = session.scalars(select(Level).where(Level.variant_id == kit)).one()
        assert (level.on_hand, level.is_counted) == (0, False)
        assert service.unequal_levels(session) == []
        owner = session.scalars(select(Product).where(Product.title == "Good KIT")).one()
        assert owner.stock_total == 3
    assert str(kit) in told(actor)


def test_a_shop_of_some_locations_sees_the_sets_that_are_built_there(actor: Actor) -> None:
    cup, kit = good(actor, "CUP", 3), good(actor, "KIT")
    put(actor, kit, {cup: 1})
    with unit_of_work(actor) as work:
        annex = service.create_location(work, service.LocationDraft("Annex"))
        service.adjust(work, cup, annex, Adjustment(Mode.ADD, 5, Reason.FOUND))

    with db.reading(actor) as session:
        main = session.scalars(select(Level.location_id).where(Level.on_hand == 3)).one()
        seen = [service.available_at(session, [cup, kit], [place]) for place in (main, annex)]

    assert seen == [{cup: 3, kit: 3}, {cup: 5, kit: 5}]


def test_a_kit_dissolved_is_sold_out_until_somebody_counts_it(actor: Actor) -> None:
    cup, kit = good(actor, "CUP", 3), good(actor, "KIT")
    put(actor, kit, {cup: 1})

    put(actor, kit, {cup: None})

    with db.reading(actor) as session:
        assert service.kit_quantities(session, [kit]) == {}
        assert service.Keeper().quantities(session, [kit]) == {kit: 0}


def test_units_that_orders_hold_keep_a_variant_from_becoming_a_kit(actor: Actor) -> None:
    cup, kit = good(actor, "CUP", 3), good(actor, "KIT", 8)
    with unit_of_work(actor) as work:
        service.promise(work, {kit: 1}, reference="order:1")

    with pytest.raises(Invalid) as refusal:
        put(actor, kit, {cup: 1})

    assert "Orders or channels hold units" in refusal.value.fields["component"]
    with db.reading(actor) as session:
        assert service.kits_among(session, [kit]) == {}


def test_a_circle_is_refused_at_the_field(actor: Actor) -> None:
    a, b, c = good(actor, "A"), good(actor, "B"), good(actor, "C")
    put(actor, a, {b: 1})
    put(actor, b, {c: 1})

    for kit, component in ((c, a), (b, a), (a, a)):
        with pytest.raises(Invalid) as refusal:
            put(actor, kit, {component: 1})
        assert "cannot" in refusal.value.fields["component"]


@pytest.mark.race
def test_two_people_cannot_close_a_circle_together(actor: Actor) -> None:
    a, b = good(actor, "A", 1), good(actor, "B", 1)
    begin = threading.Barrier(2)
    refused: list[str] = []

    def close(kit: UUID, component: UUID) -> None:
        begin.wait(10)
        try:
            put(actor, kit, {component: 1})
        except Invalid as refusal:
            refused.append(refusal.sentence)

    both = [threading.Thread(target=close, args=each) for each in ((a, b), (b, a))]
    for each in both:
        each.start()
    for each in both:
        each.join(30)

    assert len(refused) == 1
    with db.reading(actor) as session:
        assert len(service.kits_among(session, [a, b])) == 1


def test_kits_lie_only_so_deep_in_each_other(actor: Actor) -> None:
    chain = [good(actor, f"K{at}", 1) for at in range(kits.MOST_LEVELS + 2)]
    for inner, outer in itertools.pairwise(chain[:-1]):
        put(actor, outer, {inner: 1})

    with pytest.raises(Invalid) as refusal:
        put(actor, chain[-1], {chain[-2]: 1})
    assert "5 deep" in refusal.value.fields["component"]
    with pytest.raises(Invalid):  # one more below is one too many as well
        put(actor, chain[0], {chain[-1]: 1})


@pytest.mark.parametrize("units", [-1, 10_001])
def test_a_number_of_units_out_of_bounds_is_refused_at_its_box(actor: Actor, units: int) -> None:
    cup, kit = good(actor, "CUP", 3), good(actor, "KIT")

    with pytest.raises(Invalid) as refusal:
        put(actor, kit, {cup: units})

    assert list(refusal.value.fields) == [f"quantity-{cup}"]


def test_the_stock_of_a_kit_is_nobodys_to_set(actor: Actor) -> None:
    cup, kit = good(actor, "CUP", 3), good(actor, "KIT")
    put(actor, kit, {cup: 1})
    with db.reading(actor) as session:
        place = session.scalars(select(Level.location_id)).first()
        owner = session.scalars(select(Product.id).where(Product.title == "Good KIT")).one()
    assert place is not None
    change = catalog.ProductChange(owner, variants={kit: {"quantity": 9}})

    with unit_of_work(actor) as work, pytest.raises(Invalid):
        service.adjust(work, kit, place, Adjustment(Mode.SET, 9, Reason.FOUND))
    with unit_of_work(actor) as work:
        plan = service.plan_sheet(work.session, work.organization_id, "SKU,Quantity\nKIT,9\n")
    assert [row.sentence for row in plan.refused] == [
        "The stock of a kit follows from its components. Adjust those."
    ]
    with pytest.raises(InvalidProducts), unit_of_work(actor) as work:
        catalog.change_products(work, [change], origin="web")
    with unit_of_work(actor) as work:
        catalog.change_products(work, [change], origin="sync")
    assert given(actor, kit) == 3


def test_a_kit_whose_component_was_deleted_cannot_be_built(actor: Actor) -> None:
    cup, saucer, kit = good(actor, "CUP", 3), good(actor, "SAUCER", 3), good(actor, "KIT")
    put(actor, kit, {cup: 1, saucer: 1})
    with db.reading(actor) as session:
        owner = session.scalars(select(Product.id).where(Product.title == "Good CUP")).one()
    with unit_of_work(actor) as work:
        catalog.archive_products(work, [owner])
    with unit_of_work(actor) as work:
        catalog.delete_product(work, owner)
    assert given(actor, kit) == 0

    with unit_of_work(actor) as work:
        service.forget_lost(work, kit)

    assert given(actor, kit) == 3
