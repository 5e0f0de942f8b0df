"""Three stores sell the same products: an edit anywhere reaches everywhere once."""

from collections.abc import Iterator
from contextlib import ExitStack
from datetime import timedelta
from random import Random
from typing import Any, NamedTuple
from uuid import UUID

import pytest

from app.simulators.chaos import Profile
from tests.engine.world import Shop, Store, connected_store

PRODUCTS = 2
FIELDS = {"title": "name", "description": "description", "tags": "tags"}


@pytest.fixture
def ring(shop: Shop) -> Iterator[tuple[Shop, list[Store], list[UUID]]]:
    ids = [
        shop.add_product(f"Mug {at}", f"MUG-{at}", description="<p>Old</p>", tags=["old"])
        for at in range(PRODUCTS)
    ]
    with ExitStack() as stack:
        stores = [stack.enter_context(connected_store(shop)) for _ in range(3)]
        for store in stores:
            store.list_here(*ids)
            store.state.forget_writes()
        yield shop, stores, ids


def key_of(store: Store, at: int) -> int:
    """Return the id a store gave a product."""
    found = store.state.find_sku(f"MUG-{at}")
    assert found
    return found


class Product(NamedTuple):
    """A product of the ring: its id here, and the number in its SKU."""

    id: UUID
    at: int


def edit(
    world: tuple[Shop, list[Store]], where: int, product: Product, name: str, word: str
) -> None:
    """Edit one field at one of the four places: ours, or a store's."""
    shop, stores = world
    if where == 0:
        shop.change(product.id, **{name: _ours(name, word)})
        return
    state = stores[where - 1].state
    theirs: Any = {"title": word, "description": f"<p>{word}</p>"}.get(name)
    if name == "tags":
        theirs = [{"name": word}]
    state.edit_product(key_of(stores[where - 1], product.at), **{FIELDS[name]: theirs})


def _ours(name: str, word: str) -> Any:
    return {"title": word, "description": f"<p>{word}</p>", "tags": [word]}[name]


def shown(store: Store, at: int, name: str) -> str:
    product = store.state.product(key_of(store, at))
    value = product[FIELDS[name]]
    return ",".join(each["name"] for each in value) if name == "tags" else str(value)


@pytest.mark.timeout(300)
@pytest.mark.parametrize("seed", [1, 2, 3, 4])
def test_an_edit_anywhere_reaches_everywhere_once(
    ring: tuple[Shop, list[Store], list[UUID]], seed: int
) -> None:
    shop, stores, ids = ring
    random = Random(seed)  # noqa: S311 (a schedule, always the same)
    truth: dict[tuple[int, str], str] = {}
    made: dict[tuple[int, str], int] = dict.fromkeys(((w, n) for w in range(4) for n in FIELDS), 0)
    for turn in range(3):
        for at, product in enumerate(ids):
            for name in FIELDS:
                where, word = random.randrange(4), f"{name} {at} of turn {turn}"
                edit((shop, stores), where, Product(product, at), name, word)
                truth[at, name] = word
                made[where, name] += 1
                if random.random() < 0.5:
                    shop.turn()
        shop.settle()

    for (at, name), word in truth.items():
        assert word in str(shop.values(ids[at]).values[name])
        assert all(word in shown(store, at, name) for store in stores)
    assert shop.conflicts() == []
    for number, store in enumerate(stores, start=1):
        for name, theirs in FIELDS.items():
            elsewhere = sum(n for (w, field), n in made.items() if field == name and w != number)
            written = [w for w in store.state.writes(resource="product") if theirs in w.fields]
            assert min(1, elsewhere) <= len(written) <= elsewhere


def test_an_idle_hour_writes_nothing_anywhere(ring: tuple[Shop, list[Store], list[UUID]]) -> None:
    shop, stores, ids = ring
    shop.change(ids[0], title="Cup")
    shop.settle()
    for store in stores:
        store.state.forget_writes()

    for _ in range(4):
        shop.advance(timedelta(minutes=15))
        for store in stores:
            store.read(everything=True)

    assert [store.state.writes() for store in stores] == [[], [], []]


def test_a_store_that_is_down_hinders_nobody_and_catches_up(
    ring: tuple[Shop, list[Store], list[UUID]],
) -> None:
    shop, stores, ids = ring
    down, *others = stores
    down.state.chaos.use(Profile(fail_before=1.0))
    shop.change(ids[0], title="Cup")
    for _ in range(10):
        shop.turn()
        shop.advance(timedelta(minutes=6))
    assert [shown(store, 0, "title") for store in others] == ["Cup", "Cup"]
    assert shown(down, 0, "title") == "Mug 0"

    down.state.chaos.calm()
    shop.settle()

    assert shown(down, 0, "title") == "Cup"
    assert down.state.writes_of("name") == 1
