"""What goes first when much waits for one shop."""

from app.catalog import service as catalog
from app.connections import wire
from app.connections.limits import turns_of
from app.core.work import unit_of_work
from app.listings.models import Listing
from app.sync import push, tasks
from app.sync.models import Direction
from tests.engine.world import WORKER, Shop, connected_store
from workers import relay

MANY = 25


def test_a_single_edit_overtakes_many_changed_at_once(shop: Shop) -> None:
    with connected_store(shop) as store:
        ids = [shop.add_product(f"Mug {at}", f"MUG-{at}") for at in range(MANY)]
        store.list_here(*ids)
        with unit_of_work(shop.actor) as work:
            renamed = [catalog.ProductChange(key, {"title": f"Cup {key}"}) for key in ids]
            catalog.change_products(work, renamed, origin="bulk")
        relay.deliver_here(shop.actor)

        shop.change(ids[-1], title="The mug somebody waits for")
        relay.deliver_here(shop.actor)

        with unit_of_work(shop.actor) as work:
            first = tasks.claim(work, store.connection_id, Direction.PUSH, worker=WORKER, most=1)[0]
            listing = work.session.get_one(Listing, first.listing_id)
            assert listing.product_id == ids[-1]


def test_stock_and_prices_use_the_share_of_the_rate_that_is_kept_for_them(shop: Shop) -> None:
    with connected_store(shop) as store:
        mug = shop.add_product("Mug", "MUG-1")
        store.list_here(mug)
        store.rules(requests_per_second=50)
        row = wire.load(shop.actor, store.connection_id)
        usual = turns_of(row, wire.channel(row.channel).capabilities)
        assert usual
        while usual.limiter.wait_for("call") == 0:
            pass

        shop.change_variant(mug, price={"minor": 1200, "currency": "USD"})
        relay.deliver_here(shop.actor)
        push.push_slice(shop.actor, store.connection_id, worker=WORKER)

        assert usual.limiter.wait_for("call") > 0
        assert [listing.state for listing in shop.listings(store)] == ["synced"]
