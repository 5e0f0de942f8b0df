"""Products put away, copied, kept off channels and deleted; the tree they lie in."""

from uuid import UUID

import pytest
from sqlalchemy import select

from app.catalog import queries, service
from app.catalog.errors import CategoryInUse, NotArchived, StillListed
from app.catalog.models import FieldChange, Product
from app.catalog.rules import ProductStatus
from app.connections.models import Connection, ConnectionState
from app.core import db
from app.core.actor import Actor
from app.core.db import new_id
from app.core.errors import Conflicting, Invalid, NotFound
from app.core.outbox import OutboxMessage
from app.core.work import unit_of_work
from app.listings.models import Listing, ListingState
from tests.cast import cast
from tests.factories.catalog import product, usd, values_of


def names(actor: Actor) -> list[str]:
    with db.reading(actor) as session:
        found = session.scalars(
            select(OutboxMessage.name)
            .where(OutboxMessage.organization_id == actor.organization_id)
            .order_by(OutboxMessage.id)
        )
        return list(found)


def tree(actor: Actor) -> dict[str, UUID]:
    with db.reading(actor) as session:
        return {row.path: row.id for row in queries.category_tree(session)}


def test_archiving_twice_is_archiving_once(actor: Actor) -> None:
    key = product(actor)

    with unit_of_work(actor) as work:
        first = service.archive_products(work, [key])
    with unit_of_work(actor) as work:
        second = service.archive_products(work, [key])

    with db.reading(actor) as session:
        kept = session.get_one(Product, key)
    assert first[0].is_changed
    assert not second[0].is_changed
    assert kept.archived_at is not None
    assert kept.version == 2


def test_restoring_leaves_living_products_alone(actor: Actor) -> None:
    living, archived = product(actor, status="active"), product(actor, status="archived")

    with unit_of_work(actor) as work:
        done = service.restore_products(work, [living, archived])

    assert [each.product_id for each in done] == [archived]
    assert values_of(actor, living).values["status"] == ProductStatus.ACTIVE


def test_a_copy_is_a_draft_without_codes_and_stock(actor: Actor) -> None:
    key = product(
        actor,
        {"sku": "M", "gtin": "4006381333931", "price": usd(900), "quantity": 3},
        status="active",
        tags=["a"],
    )

    with unit_of_work(actor) as work:
        copy = service.duplicate_product(work, key)

    copied = values_of(actor, copy)
    (variant,) = copied.variants.values()
    assert copy != key
    assert (copied.values["status"], copied.values["tags"]) == ("draft", ["a"])
    assert (variant["sku"], variant["gtin"], variant["quantity"]) == (None, None, None)
    assert variant["price"] == usd(900)


def test_only_an_archived_product_that_is_nowhere_listed_is_deleted(actor: Actor) -> None:
    key = product(actor)
    with pytest.raises(NotArchived), unit_of_work(actor) as work:
        service.delete_product(work, key)
    with unit_of_work(actor) as work:
        service.archive_products(work, [key])
        connection = Connection(
            organization_id=actor.organization,
            channel="woocommerce",
            name="Woo",
            address="https://woo.example",
            hook_token=new_id().hex,
            state=ConnectionState.ACTIVE,
        )
        work.session.add(connection)
        work.session.flush()
        listing = Listing(
            organization_id=actor.organization,
            connection_id=connection.id,
            product_id=key,
            external_id="7",
            state=ListingState.SYNCED,
        )
        work.session.add(listing)

    with pytest.raises(StillListed), unit_of_work(actor) as work:
        service.delete_product(work, key)
    with unit_of_work(actor) as work:
        work.session.merge(listing).state = ListingState.GONE
    with unit_of_work(actor) as work:
        service.delete_product(work, key)

    with db.reading(actor) as session:
        assert session.get(Product, key) is None
    assert names(actor)[-1] == "ProductDeleted"


def test_keeping_off_channels_is_recorded_once(actor: Actor) -> None:
    key = product(actor)

    with unit_of_work(actor) as work:
        first = service.exclude_products(work, [key], is_excluded=True)
    with unit_of_work(actor) as work:
        second = service.exclude_products(work, [key], is_excluded=True)

    with db.reading(actor) as session:
        lines = list(session.scalars(select(FieldChange).where(FieldChange.field == "is_excluded")))
    assert (first, second) == (1, 0)
    assert [(line.old, line.new, line.version) for line in lines] == [(False, True, 2)]


def test_a_moved_category_takes_its_subtree_and_tells_its_products(actor: Actor) -> None:
    key = product(actor, categories=["Clothing > Shirts > Linen"])
    with unit_of_work(actor) as work:
        service.create_category(work, "Summer")
    ids = tree(actor)

    with unit_of_work(actor) as work:
        service.move_category(work, ids["Clothing > Shirts"], ids["Summer"])

    assert set(tree(actor)) == {"Clothing", "Summer", "Summer > Shirts", "Summer > Shirts > Linen"}
    kept = values_of(actor, key)
    assert kept.values["categories"] == ["Summer > Shirts > Linen"]
    assert kept.version == 2
    assert names(actor).count("ProductChanged") == 1


def test_a_category_cannot_lie_inside_itself(actor: Actor) -> None:
    product(actor, categories=["A > B"])
    ids = tree(actor)

    with pytest.raises(Conflicting, match="inside itself"), unit_of_work(actor) as work:
        service.move_category(work, ids["A"], ids["A > B"])


def test_a_category_in_use_needs_an_heir(actor: Actor) -> None:
    key = product(actor, categories=["Old > Deep", "Old"])
    product(actor, categories=["New"])
    ids = tree(actor)

    with pytest.raises(CategoryInUse) as refusal, unit_of_work(actor) as work:
        service.delete_category(work, ids["Old"])
    with unit_of_work(actor) as work:
        service.delete_category(work, ids["Old"], move_to=ids["New"])

    assert (refusal.value.products, refusal.value.children) == (1, 1)
    assert values_of(actor, key).values["categories"] == ["New", "New > Deep"]


@pytest.mark.parametrize("name", ["", "x" * 101, "A > B"])
def test_a_wrong_category_name_is_a_sentence(actor: Actor, name: str) -> None:
    product(actor, categories=["A"])
    ids = tree(actor)

    with pytest.raises(Invalid), unit_of_work(actor) as work:
        service.rename_category(work, ids["A"], name)


def test_two_categories_cannot_share_a_path(actor: Actor) -> None:
    product(actor, categories=["A", "B"])
    ids = tree(actor)

    with pytest.raises(Conflicting), unit_of_work(actor) as work:
        service.rename_category(work, ids["A"], "B")


def test_somebody_elses_category_is_not_found(actor: Actor) -> None:
    product(actor, categories=["A"])
    ids = tree(actor)

    with pytest.raises(NotFound), unit_of_work(cast().mallory.actor) as work:
        service.rename_category(work, ids["A"], "Stolen")
