"""A storm over many edits on both sides: after quiet both are equal, nothing lost or doubled."""

from collections.abc import Iterator
from datetime import timedelta
from random import Random
from typing import Any
from uuid import UUID

import pytest

from app.simulators.chaos import Chaos
from tests.engine.world import Shop, Store, connected_store

PRODUCTS = 6
ROUNDS = 3
# Each field of a product is edited on one side only, so that no conflict is ever due.
FIELDS = ("title", "description", "price")


class Truth:
    """What each product must show on both sides in the end, by SKU."""

    def __init__(self) -> None:
        skus = [f"MUG-{at}" for at in range(PRODUCTS)]
        self.titles = {sku: f"Mug {at}" for at, sku in enumerate(skus)}
        self.descriptions = dict.fromkeys(skus, "Old")
        self.prices = dict.fromkeys(skus, 1000)

    def of(self, name: str) -> dict[str, Any]:
        """Return the truth about one field."""
        found: dict[str, dict[str, Any]] = {
            "title": self.titles,
            "description": self.descriptions,
            "price": self.prices,
        }
        return found[name]


def edits(random: Random, at: int, turn: int) -> Iterator[tuple[str, Any, bool]]:
    """Yield (field, new value, whether it is edited here) of one product in one round."""
    for number, name in enumerate(FIELDS):
        if random.random() < 0.5:
            value = 1000 + 10 * at + turn if name == "price" else f"{name} {at} in turn {turn}"
            # prices of listings we made are ours (DEC-27), the rest is edited on either side
            yield name, value, name == "price" or (at + number) % 2 == 0


def edit_here(shop: Shop, product: UUID, name: str, value: Any) -> None:
    """Make one edit on our side."""
    if name == "price":
        shop.change_variant(product, price={"minor": value, "currency": "USD"})
    else:
        shop.change(product, **{name: f"<p>{value}</p>" if name == "description" else value})


def edit_there(store: Store, sku: str, name: str, value: Any) -> None:
    """Make one edit on the store's side."""
    key = store.state.find_sku(sku)
    assert key
    their_name = {"title": "name", "description": "description"}[name]
    text = f"<p>{value}</p>" if name == "description" else value
    store.state.edit_product(key, **{their_name: text})


def play(shop: Shop, store: Store, ids: list[UUID], truth: Truth, random: Random) -> None:
    """Edit on both sides for some rounds, each of which ends in what the weather allows."""
    for turn in range(ROUNDS):
        for at, product in enumerate(ids):
            for name, value, is_here in edits(random, at, turn):
                truth.of(name)[f"MUG-{at}"] = value
                if is_here:
                    edit_here(shop, product, name, value)
                else:
                    edit_there(store, f"MUG-{at}", name, value)
        shop.settle()
        shop.advance(timedelta(minutes=10))
        store.read()


def assert_both_sides_show(truth: Truth, shop: Shop, store: Store, ids: list[UUID]) -> None:
    """Compare both sides with what was last edited."""
    shown = {each["sku"]: each for each in map(store.state.product, store.state.product_ids())}
    assert len(store.state.product_ids()) == PRODUCTS
    assert {sku: each["name"] for sku, each in shown.items()} == truth.titles
    for at, product in enumerate(ids):
        ours, sku = shop.values(product), f"MUG-{at}"
        assert ours.values["title"] == truth.titles[sku]
        text = truth.descriptions[sku]
        assert text in shown[sku]["description"]
        assert text in ours.values["description"]
        assert shown[sku]["regular_price"] == f"{truth.prices[sku] / 100:.2f}"


@pytest.mark.timeout(300)
@pytest.mark.parametrize(("profile", "seed"), [("storm", 1), ("storm", 2), ("flaky", 7)])
def test_after_the_storm_both_sides_are_equal(shop: Shop, profile: str, seed: int) -> None:
    truth = Truth()
    chaos = Chaos(seed, "calm", sleep=lambda seconds: shop.advance(timedelta(seconds=seconds)))
    ids = [
        shop.add_product(f"Mug {at}", f"MUG-{at}", description="<p>Old</p>")
        for at in range(PRODUCTS)
    ]
    with connected_store(shop, chaos=chaos) as store:
        shop.settle()
        store.list_here(*ids[: PRODUCTS // 2])
        chaos.use(profile, seed=seed)
        store.list_here(*ids[PRODUCTS // 2 :])
        chaos.calm()
        store.read(everything=True)

        chaos.use(profile, seed=seed + 1)
        play(shop, store, ids, truth, Random(seed))  # noqa: S311 (not a secret)
        chaos.calm()
        shop.advance(timedelta(hours=1))
        store.read(everything=True)

        assert_both_sides_show(truth, shop, store, ids)
        assert shop.conflicts() == []
        assert {each.state for each in shop.listings()} == {"synced"}
        store.state.forget_writes()
        shop.advance(timedelta(hours=1))
        store.read(everything=True)
        assert store.state.writes() == []
