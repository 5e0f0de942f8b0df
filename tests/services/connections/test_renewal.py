"""Keys that end: renewed early, once, and used only when proved. Grants: warned of ahead."""

from collections.abc import Callable
from datetime import timedelta
from threading import Barrier, Thread
from uuid import UUID

import pytest
from sqlalchemy import select

from app.adapters.errors import NeedsReauth, Unavailable
from app.adapters.memory import MemoryShop
from app.adapters.types import Health
from app.connections import building, service, wire
from app.connections.models import Connection, ConnectionState
from app.core import clock, db
from app.core.actor import Actor
from app.core.work import unit_of_work
from app.notices.models import Notice
from tests.services.connections.conftest import Connect

Advance = Callable[[timedelta], None]
RowOf = Callable[[UUID], Connection]
HOUR = timedelta(hours=1)


def use(actor: Actor, connection_id: UUID) -> None:
    with wire.open_connection(actor, connection_id) as opened:
        opened.adapter.read_products(["1"])


def renewals(store: MemoryShop) -> int:
    return sum(1 for call in store.calls if call.method == "refresh")


def key_of(row: Connection) -> str:
    return str(building.credentials_of(row)["key"])


def test_keys_that_live_long_are_left_alone(
    actor: Actor, store: MemoryShop, connect: Connect, row_of: RowOf
) -> None:
    shop_id = connect(store.issue(HOUR))
    before = key_of(row_of(shop_id))

    use(actor, shop_id)

    assert renewals(store) == 0
    assert key_of(row_of(shop_id)) == before


def test_keys_are_renewed_before_they_end(
    actor: Actor, store: MemoryShop, connect: Connect, row_of: RowOf, advance: Advance
) -> None:
    shop_id = connect(store.issue(HOUR))
    before = key_of(row_of(shop_id))
    advance(timedelta(minutes=51))

    use(actor, shop_id)

    row = row_of(shop_id)
    assert renewals(store) == 1
    assert key_of(row) != before
    assert row.keys_end_at == clock.now() + HOUR
    assert (row.next_credentials, row.renewer) == (None, None)
    assert [call.method for call in store.calls] == ["refresh", "check", "read_products"]


def test_many_workers_renew_once(
    actor: Actor, store: MemoryShop, connect: Connect, row_of: RowOf, advance: Advance
) -> None:
    shop_id = connect(store.issue(HOUR))
    advance(timedelta(minutes=61))
    start, failed = Barrier(5), []

    def work_there() -> None:
        start.wait()
        try:
            use(actor, shop_id)
        except Exception as error:  # told to the test
            failed.append(error)

    threads = [Thread(target=work_there) for _ in range(5)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()

    assert failed == []
    assert renewals(store) == 1
    assert row_of(shop_id).keys_end_at == clock.now() + HOUR


def test_the_old_keys_stay_while_the_new_ones_are_not_proved(
    actor: Actor, store: MemoryShop, connect: Connect, row_of: RowOf, advance: Advance
) -> None:
    shop_id = connect(store.issue(HOUR))
    before = key_of(row_of(shop_id))
    advance(timedelta(minutes=55))
    store.fail("unavailable", on="check")

    use(actor, shop_id)
    kept = row_of(shop_id)
    use(actor, shop_id)

    assert key_of(kept) == before
    assert kept.next_credentials is not None
    assert renewals(store) == 1  # what renews works once: the kept answer is proved later
    assert key_of(row_of(shop_id)) != before


def test_new_keys_that_ended_before_they_could_be_proved_are_renewed(
    actor: Actor, store: MemoryShop, connect: Connect, row_of: RowOf, advance: Advance
) -> None:
    shop_id = connect(store.issue(HOUR))
    advance(timedelta(minutes=55))
    store.fail("unavailable", on="check")
    use(actor, shop_id)
    advance(timedelta(minutes=61))

    use(actor, shop_id)

    row = row_of(shop_id)
    assert renewals(store) == 2
    assert (row.next_credentials, row.state) == (None, ConnectionState.ACTIVE)
    assert row.keys_end_at == clock.now() + HOUR


def test_new_keys_the_shop_refuses_are_forgotten(
    actor: Actor, store: MemoryShop, connect: Connect, row_of: RowOf, advance: Advance
) -> None:
    shop_id = connect(store.issue(HOUR))
    before = key_of(row_of(shop_id))
    advance(timedelta(minutes=55))
    store.fail("reauth", on="check")

    use(actor, shop_id)

    row = row_of(shop_id)
    assert key_of(row) == before
    assert (row.next_credentials, row.state) == (None, ConnectionState.ACTIVE)


def test_a_shop_that_is_away_is_asked_again_for_new_keys(
    actor: Actor, store: MemoryShop, connect: Connect, row_of: RowOf, advance: Advance
) -> None:
    shop_id = connect(store.issue(HOUR))
    advance(timedelta(minutes=61))
    store.fail("unavailable", on="refresh")

    with pytest.raises(Unavailable):
        use(actor, shop_id)
    use(actor, shop_id)

    assert row_of(shop_id).state == ConnectionState.ACTIVE


def test_keys_nobody_renews_any_more_need_a_person(
    actor: Actor, store: MemoryShop, connect: Connect, row_of: RowOf, advance: Advance
) -> None:
    shop_id = connect({**store.issue(HOUR), "refresh_token": "used"})
    advance(timedelta(minutes=61))

    with pytest.raises(NeedsReauth):
        use(actor, shop_id)

    assert row_of(shop_id).state == ConnectionState.ERROR


def test_keys_that_end_early_are_renewed_without_a_person(
    actor: Actor, store: MemoryShop, connect: Connect, row_of: RowOf, advance: Advance
) -> None:
    shop_id = connect(store.issue(HOUR))
    advance(timedelta(minutes=5))
    store.tokens.clear()

    with pytest.raises(Unavailable):
        use(actor, shop_id)
    use(actor, shop_id)

    assert renewals(store) == 1
    assert row_of(shop_id).state == ConnectionState.ACTIVE


def test_the_end_of_a_grant_is_told_thirty_seven_and_one_days_ahead(
    actor: Actor, connect: Connect, advance: Advance
) -> None:
    shop_id = connect({"key": "memory-key", "grant_ends_at": "2030-01-01"})
    with unit_of_work(actor) as work:
        service.get_connection(work, shop_id).grant_ends_at = work.now + timedelta(days=40)

    for _ in range(43):
        for _ in range(2):
            with unit_of_work(actor) as work:
                service.note_health(work, shop_id, Health(is_ok=True))
        advance(timedelta(days=1))

    with db.reading(actor) as session:
        titles = list(session.scalars(select(Notice.title).order_by(Notice.id)))
    assert titles == [
        "The approval of Sandbox ends within 30 days",
        "The approval of Sandbox ends within 7 days",
        "The approval of Sandbox ends within a day",
        "The approval of Sandbox has ended",
    ]
