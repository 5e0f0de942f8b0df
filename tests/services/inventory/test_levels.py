"""Stock moves in one statement, with a posting that tells by how much."""

from uuid import UUID

import pytest
from sqlalchemy import select

from app.catalog.models import Product
from app.core import db
from app.core.actor import Actor
from app.core.outbox import OutboxMessage
from app.core.work import unit_of_work
from app.inventory import ledger, service
from app.inventory.errors import ImpossibleStock, NotEnoughStock
from app.inventory.models import Level, Location, Posting, PostingKind
from tests.factories.catalog import product, values_of


def variant_of(actor: Actor, product_id: UUID) -> UUID:
    return next(iter(values_of(actor, product_id).variants))


def postings(actor: Actor) -> list[int]:
    with db.reading(actor) as session:
        return list(session.scalars(select(Posting.quantity).order_by(Posting.id)))


def test_a_set_quantity_leaves_the_difference_in_the_ledger(actor: Actor) -> None:
    key = product(actor, {"sku": "A", "quantity": 5})
    variant = variant_of(actor, key)

    with unit_of_work(actor) as work:
        service.set_quantity(work, variant, 3)

    assert values_of(actor, key).variants[variant]["quantity"] == 3
    assert postings(actor) == [5, -2]


def test_the_same_quantity_again_posts_nothing(actor: Actor) -> None:
    key = product(actor, {"sku": "A", "quantity": 5})

    with unit_of_work(actor) as work:
        service.set_quantity(work, variant_of(actor, key), 5)

    assert postings(actor) == [5]


def test_uncounted_stock_is_not_zero(actor: Actor) -> None:
    key = product(actor, {"sku": "A", "quantity": 5})
    variant = variant_of(actor, key)

    with unit_of_work(actor) as work:
        service.set_quantity(work, variant, None)

    with db.reading(actor) as session:
        kept = session.get_one(Product, key)
    assert values_of(actor, key).variants[variant]["quantity"] is None
    assert kept.stock_total is None


def test_committed_stock_is_not_for_sale(actor: Actor) -> None:
    key = product(actor, {"sku": "A", "quantity": 5})
    variant = variant_of(actor, key)
    with unit_of_work(actor) as work:
        work.session.scalars(select(Level)).one().committed = 2

    with unit_of_work(actor) as work:
        service.set_quantity(work, variant, 4)

    with db.reading(actor) as session:
        level = session.scalars(select(Level)).one()
    assert (level.on_hand, level.available) == (6, 4)


def test_a_moved_level_tells_the_product_and_its_channels_once(actor: Actor) -> None:
    key = product(actor, {"sku": "A", "choice": {"S": "1"}}, {"sku": "B", "choice": {"S": "2"}})
    first, second = values_of(actor, key).variants

    with unit_of_work(actor) as work:
        service.set_quantities(work, {first: 4, second: 6})

    with db.reading(actor) as session:
        kept = session.get_one(Product, key)
        facts = list(
            session.scalars(
                select(OutboxMessage.payload).where(OutboxMessage.name == "ProductChanged")
            )
        )
    assert (kept.stock_total, kept.version) == (10, 2)
    assert [fact["fields"] for fact in facts] == [["quantity"]]


def at(actor: Actor, name: str, variant_id: UUID, on_hand: int, *, rank: int = 1) -> UUID:
    """Put stock of a variant to a further location; returns the level's id."""
    with unit_of_work(actor) as work:
        place = Location(organization_id=work.organization_id, name=name, rank=rank)
        work.session.add(place)
        work.session.flush()
        level = Level(
            organization_id=work.organization_id, variant_id=variant_id, location_id=place.id
        )
        work.session.add(level)
        work.session.flush()
        service.post(work, {level.id: [ledger.Posting(PostingKind.RECEIVE, on_hand)]})
        return level.id


def test_what_lies_elsewhere_counts_when_a_quantity_is_set(actor: Actor) -> None:
    key = product(actor, {"sku": "A", "quantity": 5})
    variant = variant_of(actor, key)
    shop = at(actor, "Shop", variant, 4)

    with unit_of_work(actor) as work:
        service.set_quantity(work, variant, 12)
        assert work.session.get_one(Level, shop).available == 4

    assert values_of(actor, key).variants[variant]["quantity"] == 12


def test_asked_for_less_than_lies_elsewhere_the_last_in_rank_gives(actor: Actor) -> None:
    key = product(actor, {"sku": "A", "quantity": 5})
    variant = variant_of(actor, key)
    first, last = at(actor, "First", variant, 4, rank=1), at(actor, "Last", variant, 4, rank=2)

    with unit_of_work(actor) as work:
        service.set_quantity(work, variant, 3)

    with db.reading(actor) as session:
        assert session.get_one(Level, last).available == 0
        assert session.get_one(Level, first).available == 3
    assert values_of(actor, key).variants[variant]["quantity"] == 3


def test_a_promise_takes_no_more_than_there_is(actor: Actor) -> None:
    key = product(actor, {"sku": "A", "quantity": 5})
    variant = variant_of(actor, key)
    shop = at(actor, "Shop", variant, 4)

    with unit_of_work(actor) as work:
        service.post(work, {shop: [ledger.Posting(PostingKind.COMMIT, 3)]}, reference="order:1")
    with pytest.raises(NotEnoughStock), unit_of_work(actor) as work:
        service.post(work, {shop: [ledger.Posting(PostingKind.COMMIT, 2)]}, reference="order:2")

    with db.reading(actor) as session:
        level = session.get_one(Level, shop)
        assert (level.on_hand, level.committed, level.available) == (4, 3, 1)
        assert not session.scalars(select(Posting).where(Posting.reference == "order:2")).all()


def test_a_release_of_what_was_never_promised_is_refused(actor: Actor) -> None:
    key = product(actor, {"sku": "A", "quantity": 5})
    shop = at(actor, "Shop", variant_of(actor, key), 4)

    with pytest.raises(ImpossibleStock), unit_of_work(actor) as work:
        service.post(work, {shop: [ledger.Posting(PostingKind.RELEASE, 1)]})


def test_a_fact_is_taken_even_when_it_leaves_promises_short(actor: Actor) -> None:
    key = product(actor, {"sku": "A", "quantity": 5})
    shop = at(actor, "Shop", variant_of(actor, key), 4)

    with unit_of_work(actor) as work:
        service.post(work, {shop: [ledger.Posting(PostingKind.COMMIT, 4)]})
        service.post(work, {shop: [ledger.Posting(PostingKind.COUNT, -2)]})

    with db.reading(actor) as session:
        level = session.get_one(Level, shop)
        assert (level.on_hand, level.available) == (2, -2)
