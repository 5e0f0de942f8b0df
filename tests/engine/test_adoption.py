"""A shop that sells already is connected: what is the same meets, nothing is written unasked."""

from collections.abc import Callable

import pytest

from app.core import faults
from app.core.work import unit_of_work
from app.listings import service as listings
from app.simulators.woocommerce import StoreState
from app.sync import parting
from tests.engine.world import Shop, connected_store


def mugs(*titles: str) -> Callable[[StoreState], None]:
    """Return a seed: simple products with the SKUs MUG-0, MUG-1, …"""

    def seed(state: StoreState) -> None:
        for at, title in enumerate(titles):
            state.add_product(
                name=title,
                sku=f"MUG-{at}",
                regular_price="10.00",
                manage_stock=True,
                stock_quantity=5,
            )

    return seed


def test_what_is_the_same_on_both_sides_meets_without_a_write(shop: Shop) -> None:
    for at in range(3):
        shop.add_product(f"Mug {at}", f"MUG-{at}")

    with connected_store(shop, seed=mugs("Mug 0", "Mug 1", "Mug 2")) as store:
        store.state.forget_writes()
        shop.settle()

        assert [each.state for each in shop.listings()] == ["synced"] * 3
        assert store.state.writes() == []
        assert shop.conflicts() == []


def test_what_differs_at_the_first_meeting_is_asked_and_not_written(shop: Shop) -> None:
    product = shop.add_product("Mug", "MUG-0")

    with connected_store(shop, seed=mugs("Mug (last year)")) as store:
        store.state.forget_writes()
        shop.settle()

        assert [(each.ours, each.theirs) for each in shop.conflicts()] == [
            ("Mug", "Mug (last year)")
        ]
        assert [each.state for each in shop.listings()] == ["needs_you"]
        assert store.state.writes() == []
        assert shop.values(product).values["title"] == "Mug"


@pytest.mark.parametrize(("winner", "title"), [("ours", "Mug"), ("theirs", "Mug (last year)")])
def test_a_rule_decides_the_first_meeting(shop: Shop, winner: str, title: str) -> None:
    product = shop.add_product("Mug", "MUG-0")

    with connected_store(shop, seed=mugs("Mug (last year)")) as store:
        store.rules(on_first=winner)
        shop.settle()

        assert store.state.titles() == [title]
        assert shop.values(product).values["title"] == title
        assert [each.state for each in shop.listings()] == ["synced"]


def test_an_edit_after_the_meeting_flows_both_ways(shop: Shop) -> None:
    product = shop.add_product("Mug", "MUG-0")
    with connected_store(shop, seed=mugs("Mug")) as store:
        shop.settle()
        (key,) = store.state.product_ids()

        shop.change(product, title="Blue mug")
        shop.settle()
        store.state.edit_product(key, name="Bluer mug")
        shop.settle()

        assert store.state.titles() == ["Bluer mug"]
        assert shop.values(product).values["title"] == "Bluer mug"
        assert [each.state for each in shop.listings()] == ["synced"]


def test_a_pair_made_by_a_person_meets_too(shop: Shop) -> None:
    product = shop.add_product("Mug", "OTHER-SKU")
    with connected_store(shop, seed=mugs("Something else")) as store:
        store.rules(on_first="theirs")
        shop.settle()
        (listing,) = shop.listings(store)
        assert listing.state == "unmapped"

        with unit_of_work(shop.actor) as work:
            listings.map_listing(work, listing.id, product)
        shop.settle()

        assert shop.values(product).values["title"] == "Something else"
        assert [each.state for each in shop.listings()] == ["synced"]


def test_an_item_without_a_counterpart_becomes_a_product_of_ours(shop: Shop) -> None:
    with connected_store(shop, seed=mugs("Mug 0", "Mug 1")) as store:
        store.state.forget_writes()
        shop.settle()
        with unit_of_work(shop.actor) as work:
            listings.create_here(work, [each.id for each in shop.listings(store)])
        shop.settle()

        assert shop.titles() == ["Mug 0", "Mug 1"]
        assert [each.state for each in shop.listings()] == ["synced"] * 2
        assert store.state.writes() == []


def test_a_pair_taken_apart_and_made_again_meets_again(shop: Shop) -> None:
    product = shop.add_product("Mug", "MUG-0")
    with connected_store(shop, seed=mugs("Mug")) as store:
        shop.settle()
        (listing,) = shop.listings(store)
        with unit_of_work(shop.actor) as work:
            listings.unmap_listing(work, listing.id)
        shop.settle()
        shop.change(product, title="Blue mug")
        store.rules(on_first="ours")

        with unit_of_work(shop.actor) as work:
            listings.map_listing(work, listing.id, product)
        shop.settle()

        assert store.state.titles() == ["Blue mug"]
        assert [each.state for each in shop.listings()] == ["synced"]


def test_listing_what_the_shop_already_has_asks_instead_of_overwriting(shop: Shop) -> None:
    with connected_store(shop, seed=mugs("Mug (last year)")) as store:
        shop.settle()
        product = shop.add_product("Mug", "MUG-0")
        store.state.forget_writes()

        store.list_here(product)

        assert [(each.ours, each.theirs) for each in shop.conflicts()] == [
            ("Mug", "Mug (last year)")
        ]
        assert store.state.writes() == []
        assert [(each.state, each.is_ours) for each in shop.listings()] == [("needs_you", False)]


def test_a_creation_whose_answer_was_lost_stays_ours(shop: Shop) -> None:
    product = shop.add_product("Mug", "MUG-0")
    with connected_store(shop) as store:
        store.state.lose_next_answer(2)
        store.list_here(product)

        assert [(each.state, each.is_ours) for each in shop.listings()] == [("synced", True)]
        assert len(store.state.product_ids()) == 1


def test_a_pair_taken_apart_by_hand_is_proposed_and_not_made_again(shop: Shop) -> None:
    shop.add_product("Mug", "MUG-0")
    with connected_store(shop, seed=mugs("Mug")) as store:
        shop.settle()
        with unit_of_work(shop.actor) as work:
            listings.unmap_listing(work, shop.listings()[0].id)

        store.state.add_product(name="Vase", sku="VASE-1", regular_price="3.00")
        store.read(everything=True)

        states = {each.title: each.state for each in shop.listings()}
        assert states == {"Mug": "unmapped", "Vase": "unmapped"}


def test_an_item_finds_the_product_that_is_made_here_later(shop: Shop) -> None:
    with connected_store(shop, seed=mugs("Mug")) as store:
        shop.settle()
        shop.add_product("Mug", "MUG-0")
        shop.settle()

        store.read()

        assert [each.state for each in shop.listings()] == ["synced"]


def test_paired_with_another_product_both_sides_meet_for_the_first_time(shop: Shop) -> None:
    mug, cup = shop.add_product("Mug", "MUG-1"), shop.add_product("Cup", "CUP-1")
    with connected_store(shop) as store:
        store.list_here(mug)
        [listing] = shop.listings()

        with unit_of_work(shop.actor) as work:
            parting.take_apart(work, listing.id)
            listings.map_listing(work, listing.id, cup)
        shop.settle()

        assert store.state.titles() == ["Mug"]
        asked = sorted((each.field, each.has_base) for each in shop.conflicts())
        assert asked == [("sku", False), ("title", False)]


def test_a_pair_taken_apart_asks_nobody_any_more(shop: Shop) -> None:
    product = shop.add_product("Mug", "MUG-1")
    with connected_store(shop) as store:
        store.list_here(product)
        shop.change(product, title="Red mug")
        store.edit("MUG-1", "title", "Blue mug")
        shop.settle()
        assert [each.field for each in shop.conflicts()] == ["title"]

        with unit_of_work(shop.actor) as work:
            parting.take_apart(work, shop.listings()[0].id)

        assert shop.conflicts() == []


@pytest.mark.parametrize("is_new", [False, True])
def test_a_pair_taken_apart_while_a_change_is_on_its_way_stays_apart(
    shop: Shop, monkeypatch: pytest.MonkeyPatch, is_new: bool
) -> None:
    product = shop.add_product("Mug", "MUG-1")
    parted: list[str] = []

    def part(name: str) -> None:
        if name == "push.answered" and not parted:
            parted.append(name)
            with unit_of_work(shop.actor) as work:
                parting.take_apart(work, shop.listings()[0].id)

    with connected_store(shop) as store:
        if not is_new:
            store.list_here(product)
        monkeypatch.setattr(faults, "point", part)
        if is_new:
            store.list_here(product)
        else:
            shop.change(product, title="Cup")
        shop.settle()
        if is_new:  # nobody knows any more that it was made from here
            store.read(everything=True)

        [listing] = shop.listings()
        assert (parted, listing.product_id is None) == (["push.answered"], not is_new)
        assert listing.state == ("synced" if is_new else "unmapped")
