"""A product put away on one side: what happens to it on the other, and who decides."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from app.catalog import service as catalog
from app.core import db
from app.core.work import unit_of_work
from app.sync import deciding, service
from app.sync.models import ChangeState, SyncChange
from tests.engine.world import Shop, Store, connected_store


def held(shop: Shop) -> list[SyncChange]:
    """Return the changes that wait for a person."""
    with db.reading(shop.actor) as session:
        waiting = select(SyncChange).where(SyncChange.state == ChangeState.HELD)
        return list(session.scalars(waiting))


def archive(shop: Shop, *products: object) -> None:
    with unit_of_work(shop.actor) as work:
        catalog.archive_products(work, list(products))  # type: ignore[arg-type]  # ids of add_product
    shop.settle()


def status_there(store: Store) -> list[str]:
    """Return the status of everything in the shop, the trash included."""
    rows = store.state.goods.rows.values()
    return [str(row["status"]) for row in rows]


def test_an_archived_product_is_hidden_at_once_and_removed_only_after_a_look(shop: Shop) -> None:
    product = shop.add_product("Mug", "MUG-1")
    with connected_store(shop) as store:
        shop.settle()
        store.list_here(product)

        archive(shop, product)

        assert status_there(store) == ["private"]
        [plan] = held(shop)
        assert (plan.field, plan.action, plan.why) == ("listing", "delete", "You removed it here.")
        assert [str(each.state) for each in shop.listings()] == ["needs_you"]

        with unit_of_work(shop.actor) as work:
            deciding.approve(work, deciding.held(work, [plan.id]))
        shop.settle()

        assert status_there(store) == ["trash"]
        assert held(shop) == []
        [listing] = shop.listings()
        assert (str(listing.state), listing.product_id) == ("ignored", None)
        with unit_of_work(shop.actor) as work:
            catalog.delete_product(work, product)


def test_a_restored_product_takes_its_removal_back(shop: Shop) -> None:
    product = shop.add_product("Mug", "MUG-1")
    with connected_store(shop) as store:
        shop.settle()
        store.list_here(product)
        archive(shop, product)

        with unit_of_work(shop.actor) as work:
            catalog.restore_products(work, [product])
        shop.settle()

        assert held(shop) == []
        assert status_there(store) == ["draft"]
        assert [str(each.state) for each in shop.listings()] == ["synced"]


def test_a_listing_that_is_kept_in_the_shop_is_not_asked_about_again(shop: Shop) -> None:
    product = shop.add_product("Mug", "MUG-1")
    with connected_store(shop) as store:
        shop.settle()
        store.list_here(product)
        archive(shop, product)
        with unit_of_work(shop.actor) as work:
            deciding.decline(work, deciding.held(work, [each.id for each in held(shop)]))
        shop.settle()
        store.read(everything=True)

        assert held(shop) == []
        assert status_there(store) == ["private"]
        assert [str(each.state) for each in shop.listings()] == ["synced"]

        with unit_of_work(shop.actor) as work:
            catalog.restore_products(work, [product])
        shop.settle()
        shop.advance(timedelta(minutes=1))
        archive(shop, product)
        assert [each.field for each in held(shop)] == ["listing"]


def test_a_removed_product_may_be_listed_there_anew(shop: Shop) -> None:
    product = shop.add_product("Mug", "MUG-1")
    with connected_store(shop) as store:
        shop.settle()
        store.list_here(product)
        archive(shop, product)
        with unit_of_work(shop.actor) as work:
            deciding.approve(work, deciding.held(work, [each.id for each in held(shop)]))
        shop.settle()
        with unit_of_work(shop.actor) as work:
            catalog.restore_products(work, [product])

        store.list_here(product)

        assert status_there(store) == ["draft"]
        assert [str(each.state) for each in shop.listings()] == ["synced"]


def test_a_product_the_shop_threw_away_can_be_listed_again(shop: Shop) -> None:
    product = shop.add_product("Mug", "MUG-1")
    with connected_store(shop) as store:
        shop.settle()
        store.list_here(product)
        store.state.erase(store.state.product_ids()[0])
        shop.settle()
        [gone] = shop.listings()
        assert str(gone.state) == "gone"

        with unit_of_work(shop.actor) as work:
            service.retry_listings(work, [gone.id])
        shop.settle()

        assert store.state.titles() == ["Mug"]
        assert [str(each.state) for each in shop.listings()] == ["synced"]


@pytest.mark.parametrize("follows", [True, False])
def test_what_the_shop_deletes_is_archived_only_where_the_rules_say_so(
    shop: Shop, follows: bool
) -> None:
    product = shop.add_product("Mug", "MUG-1")
    with connected_store(shop) as store:
        shop.settle()
        store.list_here(product)
        store.rules(on_removed="follow" if follows else "ask")

        store.state.trash(store.state.product_ids()[0])
        shop.settle()

        assert (shop.values(product).values["status"] == "archived") is follows
        assert [str(each.state) for each in shop.listings()] == ["gone"]


def test_a_shop_emptied_by_accident_archives_nothing_beyond_the_limit(shop: Shop) -> None:
    ids = [shop.add_product(f"Mug {at}", f"MUG-{at}") for at in range(8)]
    with connected_store(shop) as store:
        shop.settle()
        store.list_here(*ids)
        store.rules(on_removed="follow", mass_limit=3)

        for key in store.state.product_ids():
            store.state.trash(key)
        shop.settle()

        archived = [shop.values(each).values["status"] == "archived" for each in ids]
        assert sum(archived) == 3


def test_what_another_shop_still_sells_is_not_archived(shop: Shop) -> None:
    product = shop.add_product("Mug", "MUG-1")
    with connected_store(shop) as store, connected_store(shop) as other:
        shop.settle()
        store.list_here(product)
        other.list_here(product)
        store.rules(on_removed="follow")

        store.state.trash(store.state.product_ids()[0])
        shop.settle()

        assert shop.values(product).values["status"] == "active"
        assert other.state.titles() == ["Mug"]
