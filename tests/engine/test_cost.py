"""A plan says what it costs, and applied on a calm day it costs that."""

from collections.abc import Callable, Sequence
from typing import Any
from uuid import UUID

import pytest

from app.connections.models import Connection
from app.core import db
from app.core.work import unit_of_work
from app.listings.service import list_products
from app.simulators.chaos import Profile
from app.sync import deciding, preview, service, waiting
from app.sync.cost import Cost
from tests.engine.shopify import connected_shopify
from tests.engine.test_plans import decide, held, reprice, usd
from tests.engine.world import Shop, Store, connected_store


def said(shop: Shop, store: Store) -> Cost:
    """Return what the preview of sending everything says."""
    with db.reading(shop.actor) as session:
        return preview.preview(session, session.get_one(Connection, store.connection_id)).cost


def made(shop: Shop, store: Store, act: Callable[[], object]) -> int:
    """Return how many calls the shop counted until all is quiet; its webhooks get lost."""
    store.state.chaos.use(Profile(drop_delivery=1.0))
    before = store.state.counts()["requests"]
    act()
    shop.settle()
    return int(store.state.counts()["requests"] - before)


def send(shop: Shop, store: Store) -> None:
    with unit_of_work(shop.actor) as work:
        service.push_connection(work, store.connection_id)


def stay_unsent(store: Store) -> None:
    """Let edits wait until somebody sends them."""
    store.rules(auto_push=False)


def edit(shop: Shop, ids: Sequence[UUID], sort: str) -> None:
    for at, key in enumerate(ids):
        if sort == "titles":
            shop.change(key, title=f"Cup {at}")
        elif sort == "stock":
            shop.change_variant(key, quantity=40 + at)
        elif sort == "tags":
            shop.change(key, tags=["blue", "handmade"])
        elif at % 3 == 0:  # some of them, and more than one field of each
            shop.change(key, title=f"Cup {at}", description="<p>New</p>")
            shop.change_variant(key, price=usd(1010 + at), quantity=7)
    shop.settle()


SORTS = ["titles", "stock", "tags", "some"]


@pytest.mark.parametrize("sort", SORTS)
@pytest.mark.parametrize("skus", [1, 3])
def test_woocommerce_counts_the_calls_that_were_said(shop: Shop, sort: str, skus: int) -> None:
    ids = [
        shop.add_product(f"Mug {at}", *(f"MUG-{at}-{size}" for size in range(skus)))
        for at in range(7)
    ]
    with connected_store(shop) as store:
        store.list_here(*ids)
        stay_unsent(store)
        edit(shop, ids, sort)

        cost = said(shop, store)

        assert cost.calls == made(shop, store, lambda: send(shop, store))


@pytest.mark.parametrize("sort", SORTS)
@pytest.mark.parametrize("skus", [1, 3])
def test_shopify_counts_the_calls_that_were_said(shop: Shop, sort: str, skus: int) -> None:
    ids = [
        shop.add_product(f"Mug {at}", *(f"MUG-{at}-{size}" for size in range(skus)))
        for at in range(5)
    ]
    with connected_shopify(shop) as store:
        store.list_here(*ids)
        stay_unsent(store)
        edit(shop, ids, sort)

        cost = said(shop, store)

        assert cost.calls == made(shop, store, lambda: send(shop, store))


def test_a_plan_of_new_listings_says_its_calls(shop: Shop) -> None:
    with connected_store(shop) as store:
        ids = [shop.add_product(f"Mug {at}", f"M{at}-S", f"M{at}-L") for at in range(4)]
        shop.settle()
        with unit_of_work(shop.actor) as work:
            list_products(work, store.connection_id, ids)

        cost = said(shop, store)

        assert cost.calls == made(shop, store, lambda: None)


def test_what_waits_says_what_letting_it_pass_takes(shop: Shop) -> None:
    ids = [shop.add_product(f"Mug {at}", f"MUG-{at}") for at in range(5)]
    with connected_store(shop) as store:
        store.list_here(*ids)
        reprice(shop, ids, 1990)
        with db.reading(shop.actor) as session:
            [pile] = waiting.piles(session)

        calls = made(shop, store, lambda: decide(shop, held(shop), deciding.approve))

        assert (pile.products, pile.cost.calls) == (5, calls)


@pytest.mark.parametrize(
    ("cost", "words"),
    [
        (Cost(1), "about 1 call"),
        (Cost(40, 12.0), "about 40 calls, under a minute"),
        (Cost(1_250, 61.0), "about 1,250 calls, about 2 minutes"),
        (Cost(90_000, 9_000.0), "about 90,000 calls, about 2 hours"),
    ],
)
def test_a_cost_is_told_in_words(cost: Any, words: str) -> None:
    assert cost.words == words


def test_a_limit_of_the_connection_makes_it_longer(shop: Shop) -> None:
    ids = [shop.add_product(f"Mug {at}", f"MUG-{at}") for at in range(3)]
    with connected_store(shop) as store:
        store.list_here(*ids)
        stay_unsent(store)
        edit(shop, ids, "titles")
        quick = said(shop, store)
        store.rules(requests_per_second=0.01)

        slow = said(shop, store)

        assert slow.calls == quick.calls
        assert slow.seconds == (slow.calls - 1) / 0.01
