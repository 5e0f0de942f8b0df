"""The breaker: open after failures in a row, one probe at a time, told of when it lasts."""

from collections.abc import Callable
from datetime import timedelta
from threading import Barrier, Thread
from uuid import UUID

import pytest
from sqlalchemy import select

from app.adapters.errors import AdapterError, Unavailable
from app.adapters.memory import MemoryShop
from app.connections import breaker, connecting, queries, rules, wire
from app.connections.errors import NotOpen
from app.connections.models import Connection
from app.core import clock, db
from app.core.actor import Actor
from app.core.work import unit_of_work
from app.notices.models import Notice
from tests.services.connections.conftest import Connect

Advance = Callable[[timedelta], None]
RowOf = Callable[[UUID], Connection]
FEW = timedelta(minutes=11)


def use(actor: Actor, connection_id: UUID) -> None:
    with wire.open_connection(actor, connection_id) as opened:
        opened.adapter.read_products(["1"])


def break_down(actor: Actor, store: MemoryShop, connection_id: UUID) -> None:
    store.fail("unavailable", times=10_000)
    for _ in range(rules.BREAKER_FAILURES):
        with pytest.raises(Unavailable):
            use(actor, connection_id)


def notices_of(actor: Actor) -> list[tuple[str, str]]:
    with db.reading(actor) as session:
        rows = session.execute(select(Notice.title, Notice.severity).order_by(Notice.id))
        return [(title, str(severity)) for title, severity in rows]


def test_failures_in_a_row_open_it_and_nobody_calls_the_shop(
    actor: Actor, store: MemoryShop, connect: Connect, row_of: RowOf
) -> None:
    shop_id = connect()

    break_down(actor, store, shop_id)
    calls = len(store.calls)
    with pytest.raises(NotOpen):
        use(actor, shop_id)

    assert row_of(shop_id).opened_at == clock.now()
    assert len(store.calls) == calls
    assert queries.state_word(row_of(shop_id)) == "resting"


def test_a_refusal_of_an_item_is_no_outage(actor: Actor, connect: Connect, row_of: RowOf) -> None:
    shop_id = connect()
    refused = rules.CallOutcome(is_ok=False, sentence="Refused.")

    with unit_of_work(actor) as work:
        for _ in range(20):
            breaker.note(work, shop_id, refused)

    assert row_of(shop_id).opened_at is None
    assert row_of(shop_id).failures == 0


def test_a_shop_that_throttles_rests_and_is_not_down(
    actor: Actor, store: MemoryShop, connect: Connect, row_of: RowOf
) -> None:
    shop_id = connect()
    store.fail("throttle", retry_after=40.0)

    with pytest.raises(AdapterError):
        use(actor, shop_id)

    row = row_of(shop_id)
    assert (row.opened_at, row.failures) == (None, 0)
    assert row.blocked_until == clock.now() + timedelta(seconds=40)


def test_a_probe_that_fails_keeps_it_open_for_longer(
    actor: Actor, store: MemoryShop, connect: Connect, row_of: RowOf, advance: Advance
) -> None:
    shop_id = connect()
    break_down(actor, store, shop_id)
    advance(timedelta(seconds=31))

    with pytest.raises(NotOpen):
        use(actor, shop_id)

    assert store.calls[-1].method == "check"
    assert row_of(shop_id).blocked_until == clock.now() + timedelta(seconds=60)


def test_a_probe_that_succeeds_closes_it_and_work_goes_on(
    actor: Actor, store: MemoryShop, connect: Connect, row_of: RowOf, advance: Advance
) -> None:
    shop_id = connect()
    break_down(actor, store, shop_id)
    store.faults.clear()
    advance(timedelta(seconds=31))

    use(actor, shop_id)

    row = row_of(shop_id)
    assert (row.opened_at, row.blocked_until, row.failures, row.error) == (None, None, 0, None)
    assert [call.method for call in store.calls[-2:]] == ["check", "read_products"]
    assert notices_of(actor) == []


def test_of_many_workers_one_probes(
    actor: Actor, store: MemoryShop, connect: Connect, advance: Advance
) -> None:
    shop_id = connect()
    break_down(actor, store, shop_id)
    advance(timedelta(seconds=31))
    claimed, start = [], Barrier(6)

    def claim() -> None:
        start.wait()
        with unit_of_work(actor) as work:
            claimed.append(breaker.claim_probe(work, shop_id))

    threads = [Thread(target=claim) for _ in range(6)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()

    assert sorted(claimed) == [False] * 5 + [True]


def test_try_now_asks_at_once(
    actor: Actor, store: MemoryShop, connect: Connect, row_of: RowOf
) -> None:
    shop_id = connect()
    break_down(actor, store, shop_id)

    still_down = connecting.try_now(actor, shop_id)
    store.faults.clear()
    up_again = connecting.try_now(actor, shop_id)

    assert not still_down.is_ok
    assert "does not answer" in still_down.problems[0].sentence
    assert up_again.is_ok
    assert row_of(shop_id).opened_at is None


def test_a_long_outage_is_told_louder_with_time_and_so_is_its_end(
    actor: Actor, store: MemoryShop, connect: Connect, advance: Advance
) -> None:
    shop_id = connect()
    break_down(actor, store, shop_id)

    for _ in range(30):
        advance(FEW)
        with pytest.raises(NotOpen):
            use(actor, shop_id)
    store.faults.clear()
    advance(FEW)
    use(actor, shop_id)

    assert notices_of(actor) == [
        ("Sandbox has not answered for 4 hours", "error"),
    ]
