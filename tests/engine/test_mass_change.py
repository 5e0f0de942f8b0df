"""Many listings hidden at once: the first few go, the rest waits for a person."""

from sqlalchemy import select

from app.core import db
from app.core.work import unit_of_work
from app.notices.models import Notice
from app.sync import deciding
from app.sync.models import ChangeState, SyncChange
from tests.engine.world import Shop, Store, connected_store

PRODUCTS, LIMIT = 8, 3


def hidden(store: Store) -> int:
    """Count the products shoppers no longer see."""
    shown = (store.state.product(key) for key in store.state.product_ids())
    return sum(1 for each in shown if each["status"] != "publish")


def held(shop: Shop) -> list[SyncChange]:
    """Return the changes that wait for a person."""
    with db.reading(shop.actor) as session:
        waiting = select(SyncChange).where(SyncChange.state == ChangeState.HELD)
        return list(session.scalars(waiting))


def told(shop: Shop) -> list[str]:
    """Return what people heard of changes that wait."""
    with db.reading(shop.actor) as session:
        return list(session.scalars(select(Notice.title).where(Notice.kind == "sync")))


def test_a_flood_of_hidden_listings_stops_at_the_limit_until_somebody_agrees(shop: Shop) -> None:
    ids = [shop.add_product(f"Mug {at}", f"MUG-{at}") for at in range(PRODUCTS)]
    with connected_store(shop) as store:
        shop.settle()
        store.list_here(*ids)
        store.rules(mass_limit=LIMIT)

        for product in ids:
            shop.change(product, status="draft")
        shop.settle()

        waiting = held(shop)
        assert hidden(store) == LIMIT
        assert len(waiting) == PRODUCTS - LIMIT
        assert waiting[0].sentence == ("This hides 4 listings of 8. Look at it before it goes.")
        assert [str(each.state) for each in shop.listings()].count("needs_you") == PRODUCTS - LIMIT
        assert told(shop) == ["5 changes for Sandbox wait for you"]

        with unit_of_work(shop.actor) as work:
            deciding.approve(work, deciding.held(work, [each.id for each in waiting]))
        shop.settle()

        assert hidden(store) == PRODUCTS
        assert held(shop) == []
        assert told(shop) == []
        assert {each.state for each in shop.listings()} == {"synced"}
