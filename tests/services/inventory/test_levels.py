"""Stock moves in one statement, with a posting that tells by how much."""

from uuid import UUID

from sqlalchemy import select

from app.catalog.models import Product
from app.core import db
from app.core.actor import Actor
from app.core.outbox import OutboxMessage
from app.core.work import unit_of_work
from app.inventory import service
from app.inventory.models import Level, Posting
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
