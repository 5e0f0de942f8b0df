"""A large shop is mostly compared by a sample: what it finds is merged and bounds the rest."""

from datetime import timedelta

from app.connections.models import Connection
from app.core import db
from app.core.work import unit_of_work
from app.simulators.chaos import Profile
from app.sync import sample
from app.sync.models import RunKind, RunState
from tests.engine.world import Shop, Store, connected_store


def connection(shop: Shop, store: Store) -> Connection:
    with db.reading(shop.actor) as session:
        return session.get_one(Connection, store.connection_id)


def is_dear(shop: Shop, store: Store, *, large: int) -> bool:
    with unit_of_work(shop.actor) as work:
        row = work.session.get_one(Connection, store.connection_id)
        return sample.is_dear(work, row, large=large)


def test_a_sample_merges_what_moved_and_counts_it(shop: Shop) -> None:
    ids = [shop.add_product(f"Mug {at}", f"MUG-{at}") for at in range(6)]
    with connected_store(shop) as store:
        store.list_here(*ids)
        store.read(everything=True)
        compared_at = connection(shop, store).last_reconciled_at
        store.state.chaos.use(Profile(drop_delivery=1.0))
        store.state.edit_product(store.state.product_ids()[0], name="Cup")

        with unit_of_work(shop.actor) as work:
            row = work.session.get_one(Connection, store.connection_id)
            sample.request_sample(work, row, size=6)
        shop.settle()

        row = connection(shop, store)
        assert "Cup" in shop.titles()
        assert (row.drift_listings, row.drift_checked) == (1, 6)
        assert row.last_reconciled_at == compared_at  # nobody read everything
        run = shop.runs()[-1]
        assert (run.kind, run.state, run.done) == (RunKind.SAMPLE, RunState.DONE, 6)
        assert sample.words(row, 50_000).startswith("1 of 6 sampled differs: with 95")


def test_only_a_large_shop_read_whole_this_week_is_sampled(shop: Shop) -> None:
    ids = [shop.add_product(f"Mug {at}", f"MUG-{at}") for at in range(3)]
    with connected_store(shop) as store:
        store.list_here(*ids)
        store.read(everything=True)

        assert is_dear(shop, store, large=2)
        assert not is_dear(shop, store, large=3)
        shop.advance(timedelta(days=8))
        assert not is_dear(shop, store, large=2)


def test_a_small_shop_is_compared_whole(shop: Shop) -> None:
    product = shop.add_product("Mug", "MUG-1")
    with connected_store(shop) as store:
        store.list_here(product)

        sample.compare(shop.actor, store.connection_id)
        shop.settle()

        assert shop.runs()[-1].kind == RunKind.RECONCILE
        assert sample.words(connection(shop, store), 1) == ""
