"""What is forgotten after a while, and what never is."""

from datetime import timedelta
from typing import Any

from sqlalchemy import func, select

from app.connections.models import ApiUse, ExchangeLog
from app.core import db
from app.sync import upkeep
from app.sync.models import InboundDelivery, SyncChange, SyncRun, SyncTask
from tests.engine.world import Shop, connected_store
from workers import jobs


def count(shop: Shop, model: Any) -> int:
    """Count the rows of this shop."""
    with db.reading(shop.actor) as session:
        return session.scalar(select(func.count()).select_from(model)) or 0


def test_calls_webhooks_and_closed_tasks_are_forgotten_and_history_stays(shop: Shop) -> None:
    product = shop.add_product("Mug", "MUG-1")
    with connected_store(shop) as store:
        shop.settle()
        store.list_here(product)
        store.state.edit_product(store.state.product_ids()[0], name="Green mug")
        shop.settle()
        kept = {model: count(shop, model) for model in (SyncRun, SyncChange)}
        short = (ExchangeLog, InboundDelivery, SyncTask, ApiUse)
        assert all(count(shop, model) for model in short)

        shop.advance(timedelta(days=29))
        upkeep.forget(shop.actor, days=30)
        assert all(count(shop, model) for model in short)

        shop.advance(timedelta(days=2))
        jobs.clean(None, None)

        assert [count(shop, model) for model in short] == [0, 0, 0, 0]
        assert {model: count(shop, model) for model in kept} == kept
        assert [str(each.state) for each in shop.listings()] == ["synced"]


def test_work_that_waits_is_never_forgotten_and_steps_are_small(shop: Shop) -> None:
    product = shop.add_product("Mug", "MUG-1")
    with connected_store(shop) as store:
        shop.settle()
        store.list_here(product)
        shop.change(product, title="Blue mug")
        shop.turn()
        open_before = count(shop, ExchangeLog)
        shop.advance(timedelta(days=31))

        gone = upkeep.forget(shop.actor, days=30, batch=2)
        shop.settle()

        assert gone >= open_before > 2
        assert store.state.titles() == ["Blue mug"]
