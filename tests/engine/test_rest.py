"""Listings at rest are not compared again, and whatever moves on either side ends their rest."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import delete, event, update

from app.core import db
from app.core.work import unit_of_work
from app.listings import service as listings
from app.listings.models import Listing, ListingState
from app.sync.models import SyncTask
from tests.engine.world import Shop, Store, connected_store
from workers import relay


@contextmanager
def statements() -> Iterator[list[str]]:
    """Collect what is asked of the database."""
    said: list[str] = []

    def note(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        said.append(statement)

    event.listen(db.engine(), "before_cursor_execute", note)
    try:
        yield said
    finally:
        event.remove(db.engine(), "before_cursor_execute", note)


def lose_the_push(shop: Shop) -> None:
    """Let what was to be sent vanish, as if nobody had ever asked for it."""
    while relay.deliver_here(shop.actor):
        pass
    with unit_of_work(shop.actor) as work:
        work.session.execute(delete(SyncTask))
        work.session.execute(update(Listing).values(state=ListingState.SYNCED))


def override_title(shop: Shop, _product: UUID) -> None:
    [listing] = shop.listings()
    with unit_of_work(shop.actor) as work:
        listings.set_override(work, listing.id, "title", "Blue mug")


def rename(shop: Shop, product: UUID) -> None:
    shop.change(product, title="Blue mug")


@pytest.mark.parametrize("pace", [{}, {"requests_per_second": 4, "poll_minutes": 30}])
def test_a_comparison_of_what_rests_loads_no_product(shop: Shop, pace: dict[str, int]) -> None:
    ids = [shop.add_product(f"Mug {at}", f"MUG-{at}") for at in range(3)]
    with connected_store(shop) as store:
        store.list_here(*ids)
        store.read(everything=True)
        store.rules(**pace)

        with statements() as said:
            store.read(everything=True)

        assert not [each for each in said if "FROM variants" in each]
        assert {each.state for each in shop.listings()} == {"synced"}


@pytest.mark.parametrize("change", [rename, override_title])
def test_a_change_whose_push_got_lost_is_found_by_the_comparison(
    shop: Shop, change: Callable[[Shop, UUID], None]
) -> None:
    product = shop.add_product("Mug", "MUG-1")
    with connected_store(shop) as store:
        store.list_here(product)
        store.read(everything=True)
        change(shop, product)
        lose_the_push(shop)

        store.read(everything=True)

        assert store.state.titles() == ["Blue mug"]


def test_other_rules_end_the_rest(shop: Shop) -> None:
    product = shop.add_product("Mug", "MUG-1", quantity=5)
    with connected_store(shop) as store:
        store.list_here(product)
        store.read(everything=True)
        store.rules(buffer=2)  # nothing is asked for

        store.read(everything=True)

        assert counted(store) == [3]


def switch_prices(shop: Shop, *, is_on: bool) -> None:
    """Turn the price switch of every listing, with nobody asked to send anything."""
    with unit_of_work(shop.actor) as work:
        work.session.execute(update(Listing).values(sends_prices=is_on))


def test_another_price_switch_ends_the_rest(shop: Shop) -> None:
    product = shop.add_product("Mug", "MUG-1", price=1000)
    with connected_store(shop) as store:
        store.list_here(product)
        switch_prices(shop, is_on=False)
        shop.change_variant(product, price={"minor": 1100, "currency": "USD"})
        shop.settle()
        store.read(everything=True)
        assert priced(store) == ["10.00"]
        switch_prices(shop, is_on=True)

        store.read(everything=True)

        assert priced(store) == ["11.00"]


def priced(store: Store) -> list[str]:
    return [store.state.product(key)["regular_price"] for key in store.state.product_ids()]


def counted(store: Store) -> list[int]:
    return [store.state.product(key)["stock_quantity"] for key in store.state.product_ids()]


def test_what_the_catalog_refuses_holds_up_nothing_else_of_its_page(shop: Shop) -> None:
    ids = [shop.add_product(f"Mug {at}", f"MUG-{at}") for at in range(3)]
    with connected_store(shop) as store:
        store.list_here(*ids)
        shop.add_product("Only here", "HERE-1")
        rows = dict(zip(store.state.titles(), store.state.product_ids(), strict=True))
        store.state.edit_product(rows["Mug 0"], sku="HERE-1")
        for at in (1, 2):
            store.state.edit_product(rows[f"Mug {at}"], name=f"Cup {at}")

        store.read(everything=True)

        assert shop.titles() == ["Cup 1", "Cup 2", "Mug 0", "Only here"]
        errors = {each.title: each.error for each in shop.listings()}
        assert "could not be taken in" in (errors["Mug 0"] or "")
        assert (errors["Cup 1"], errors["Cup 2"]) == (None, None)
