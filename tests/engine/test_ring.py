"""Three shops on two channels sell the same products: an edit anywhere reaches everywhere once."""

from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack
from datetime import timedelta
from random import Random
from typing import Any, NamedTuple
from uuid import UUID

import pytest

from app.simulators.chaos import Profile
from tests.engine.shopify import connected_shopify
from tests.engine.world import Shop, Store, connected_store

PRODUCTS = 2
FIELDS = ("title", "description", "tags", "quantity")


class Ring(NamedTuple):
    """Our shop, three more, and the products all of them sell."""

    shop: Shop
    stores: list[Store]
    ids: list[UUID]

    def edit(self, where: int, at: int, name: str, value: Any) -> None:
        """Edit one field at one of the four places: ours, or a store's."""
        if where == 0:
            self.shop.edit(self.ids[at], name, value)
        else:
            self.stores[where - 1].edit(sku(at), name, value)

    def forget(self) -> None:
        """Begin to count writes anew."""
        for store in self.stores:
            store.state.forget_writes()


def sku(at: int) -> str:
    return f"MUG-{at}"


@pytest.fixture
def ring(shop: Shop) -> Iterator[Ring]:
    ids = [
        shop.add_product(f"Mug {at}", sku(at), description="<p>Old</p>", tags=["old"])
        for at in range(PRODUCTS)
    ]
    with ExitStack() as stack:
        stores: list[Store] = [
            stack.enter_context(connected_store(shop)),
            stack.enter_context(connected_shopify(shop)),
            stack.enter_context(connected_shopify(shop)),
        ]
        for store in stores:
            store.list_here(*ids)
        made = Ring(shop, stores, ids)
        made.forget()
        yield made


@pytest.mark.timeout(300)
@pytest.mark.parametrize("seed", [1, 2])
def test_an_edit_anywhere_reaches_everywhere_once(ring: Ring, seed: int) -> None:
    random = Random(seed)  # noqa: S311 (a schedule, always the same)
    truth: dict[tuple[int, str], Any] = {}
    made: Counter[tuple[int, str]] = Counter()
    for turn in range(3):
        for at in range(PRODUCTS):
            for name in FIELDS:
                where, word = random.randrange(4), f"{name} {at} of turn {turn}"
                value = {"description": f"<p>{word}</p>", "tags": [word], "quantity": 6 + turn}
                truth[at, name] = value.get(name, word)
                ring.edit(where, at, name, truth[at, name])
                made[where, name] += 1
                if random.random() < 0.5:
                    ring.shop.turn()
        ring.shop.settle()

    for (at, name), value in truth.items():
        assert ring.shop.shown(ring.ids[at])[name] == value
        assert [store.shown(sku(at))[name] for store in ring.stores] == [value] * 3
    assert ring.shop.conflicts() == []
    for number, store in enumerate(ring.stores, start=1):
        for name in FIELDS:
            elsewhere = sum(n for (w, field), n in made.items() if field == name and w != number)
            assert min(1, elsewhere) <= store.written(name) <= elsewhere


def test_an_idle_hour_writes_nothing_anywhere(ring: Ring) -> None:
    ring.edit(0, 0, "title", "Cup")
    ring.shop.settle()
    ring.forget()

    for _ in range(2):
        ring.shop.advance(timedelta(minutes=30))
        for store in ring.stores:
            store.read(everything=True)

    assert [store.goods() for store in ring.stores] == [[], [], []]
    assert all(store.state.requests for store in ring.stores)


@pytest.mark.parametrize("down", [0, 1])
def test_a_store_that_is_down_hinders_nobody_and_catches_up(ring: Ring, down: int) -> None:
    others = [at for at in range(3) if at != down]
    ring.stores[down].state.chaos.use(Profile(fail_before=1.0))
    ring.edit(0, 0, "title", "Cup")
    ring.edit(others[0] + 1, 1, "title", "Jar")
    for _ in range(10):
        ring.shop.turn()
        ring.shop.advance(timedelta(minutes=6))
    shown = [[store.shown(sku(at))["title"] for at in range(PRODUCTS)] for store in ring.stores]
    assert [shown[at] for at in others] == [["Cup", "Jar"]] * 2
    assert shown[down] == ["Mug 0", "Mug 1"]

    ring.stores[down].state.chaos.calm()
    ring.shop.settle()

    assert [ring.stores[down].shown(sku(at))["title"] for at in range(PRODUCTS)] == ["Cup", "Jar"]
    assert [store.written("title") for store in ring.stores] == [
        2 if at == down else 2 - (at == others[0]) for at in range(3)
    ]
