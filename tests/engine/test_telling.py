"""What people hear when a shop goes down, comes back, or stops telling us things."""

from datetime import timedelta

from sqlalchemy import select

from app.connections import connecting
from app.connections import service as connections
from app.core import db
from app.core.work import unit_of_work
from app.notices.models import Notice
from app.simulators.chaos import Chaos, Profile
from tests.engine.world import Shop, connected_store


def heard(shop: Shop) -> list[str]:
    """Return the titles of notices about connections, oldest first."""
    with db.reading(shop.actor) as session:
        rows = select(Notice.title).where(Notice.kind == "connection").order_by(Notice.id)
        return list(session.scalars(rows))


def test_an_outage_and_its_end_are_told_once_each(shop: Shop) -> None:
    chaos = Chaos(1, "calm", sleep=lambda seconds: shop.advance(timedelta(seconds=seconds)))
    product = shop.add_product("Mug", "MUG-1")
    with connected_store(shop, chaos=chaos) as store:
        shop.settle()
        store.list_here(product)
        before = heard(shop)
        chaos.use(Profile(fail_before=1.0))
        shop.change(product, title="Blue mug")

        for _ in range(6):
            shop.turn()
            shop.advance(timedelta(seconds=20))
        assert heard(shop) == before

        for _ in range(20):
            shop.turn()
            shop.advance(timedelta(minutes=12))
        assert heard(shop) == [*before, "Sandbox does not answer"]

        chaos.calm()
        shop.settle()
        assert heard(shop) == [*before, "Sandbox does not answer", "Sandbox answers again"]
        assert store.state.titles() == ["Blue mug"]


def test_every_change_of_state_is_told(shop: Shop) -> None:
    with connected_store(shop) as store:
        shop.settle()
        with unit_of_work(shop.actor) as work:
            connections.pause(work, store.connection_id)
        with unit_of_work(shop.actor) as work:
            connections.resume(work, store.connection_id)
        store.state.revoke_key(1)
        store.read()
        connecting.disconnect(shop.actor, store.connection_id)
        shop.turn()

        assert heard(shop) == [
            "Sandbox is connected",
            "Sandbox was paused",
            "Sandbox goes on",
            "Sandbox needs you",
            "Sandbox was disconnected",
        ]


def test_webhooks_the_shop_switched_off_are_set_up_again_and_told(shop: Shop) -> None:
    with connected_store(shop) as store:
        shop.settle()
        connecting.check_connection(shop.actor, store.connection_id)
        assert "Webhooks of Sandbox had stopped" not in heard(shop)
        hook = next(iter(store.state.webhooks.rows.values()))
        hook["status"] = "disabled"

        connecting.check_connection(shop.actor, store.connection_id)
        connecting.check_connection(shop.actor, store.connection_id)

        assert heard(shop).count("Webhooks of Sandbox had stopped") == 1


def test_keys_that_may_only_read_need_somebody_until_they_may_write(shop: Shop) -> None:
    with connected_store(shop) as store:
        shop.settle()
        [key] = store.state.keys.rows.values()
        key["permissions"] = "read"

        for _ in range(2):
            found = connecting.check_connection(shop.actor, store.connection_id)
            shop.turn()
            assert not found.is_ok
        assert heard(shop) == ["Sandbox is connected", "Sandbox needs you"]

        key["permissions"] = "read_write"
        connecting.check_connection(shop.actor, store.connection_id)
        shop.turn()
        assert heard(shop)[-1] == "Sandbox works again"
