"""One item that cannot be read, or whose answer is lost, hinders no other."""

from datetime import timedelta

from sqlalchemy import select

from app.core import db
from app.listings.models import Listing
from app.simulators.chaos import Chaos, Profile
from app.sync.models import ChangeState, SyncChange, SyncTask, TaskState
from tests.engine.world import Shop, connected_store

PRODUCTS = 5


def parked(shop: Shop) -> list[str]:
    """Return the sentences of parked tasks."""
    with db.reading(shop.actor) as session:
        rows = session.scalars(select(SyncTask).where(SyncTask.state == TaskState.PARKED))
        return [row.error or "" for row in rows]


def by_sku(shop: Shop, sku: str) -> Listing:
    """Return the listing of one product."""
    return next(each for each in shop.listings() if each.title.endswith(sku))


def test_an_unreadable_product_is_parked_with_its_sentence_and_the_others_are_sent(
    shop: Shop,
) -> None:
    ids = [shop.add_product(f"Mug {at}", f"MUG-{at}") for at in range(PRODUCTS)]
    with connected_store(shop) as store:
        shop.settle()
        store.list_here(*ids)
        bad = store.state.find_sku("MUG-2")
        assert bad
        store.state.goods.rows[bad]["regular_price"] = "about ten"

        for at, product in enumerate(ids):
            shop.change(product, title=f"Blue mug {at}")
        shop.settle()

        expected = [f"{'Mug' if at == 2 else 'Blue mug'} {at}" for at in range(PRODUCTS)]
        assert sorted(store.state.titles()) == sorted(expected)
        assert [str(each.state) for each in shop.listings()].count("synced") == PRODUCTS - 1
        assert any("regular_price" in sentence for sentence in parked(shop))
        [failed] = [each for each in shop.listings() if each.state == "failed"]
        assert failed.error
        assert "regular_price" in failed.error


def test_a_webhook_about_an_unreadable_product_holds_up_no_other(shop: Shop) -> None:
    ids = [shop.add_product(f"Mug {at}", f"MUG-{at}") for at in range(PRODUCTS)]
    with connected_store(shop) as store:
        shop.settle()
        store.list_here(*ids)
        keys = store.state.product_ids()
        store.state.edit_product(keys[0], name="Unreadable")
        store.state.goods.rows[keys[0]]["regular_price"] = "about ten"
        for at, key in enumerate(keys[1:]):
            store.state.edit_product(key, name=f"Green mug {at}")

        shop.settle()

        assert sum(title.startswith("Green") for title in shop.titles()) == PRODUCTS - 1


def test_what_arrived_without_an_answer_is_no_open_line_of_the_log(shop: Shop) -> None:
    chaos = Chaos(1, "calm", sleep=lambda seconds: shop.advance(timedelta(seconds=seconds)))
    product = shop.add_product("Mug", "MUG-1")
    with connected_store(shop, chaos=chaos) as store:
        shop.settle()
        store.list_here(product)
        chaos.use(Profile(lost_answer=1.0))
        shop.change(product, title="Blue mug")
        for _ in range(4):
            shop.turn()
            shop.advance(timedelta(seconds=30))
        chaos.calm()
        shop.settle()

        with db.reading(shop.actor) as session:
            found = session.scalars(select(SyncChange).where(SyncChange.field == "title"))
            lines = [line for line in found if line.new == "Blue mug"]
        assert store.state.titles() == ["Blue mug"]
        assert [str(each.state) for each in shop.listings()] == ["synced"]
        assert lines
        assert ChangeState.SENT not in {line.state for line in lines}


def test_a_full_read_names_what_it_could_not_read_and_is_partial(shop: Shop) -> None:
    ids = [shop.add_product(f"Mug {at}", f"MUG-{at}") for at in range(PRODUCTS)]
    with connected_store(shop) as store:
        shop.settle()
        store.list_here(*ids)
        bad = store.state.find_sku("MUG-2")
        assert bad
        store.state.goods.rows[bad]["regular_price"] = "about ten"

        store.read(everything=True)

        run = shop.runs()[-1]
        assert (str(run.state), run.failed) == ("partial", 1)
        assert run.error
        assert f"product {bad}.regular_price" in run.error
        assert "gone" not in {str(each.state) for each in shop.listings()}
