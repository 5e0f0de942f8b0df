"""What a channel could not hear of or tell, on the list of parked work, and orders asked for."""

from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import select

from app.adapters.memory import MEMORY
from app.connections import wire
from app.connections.models import Connection, ConnectionState
from app.core import db
from app.core.outbox import OutboxMessage
from app.core.work import unit_of_work
from app.orders import service
from app.sync import order_reading
from app.sync.models import Direction, SyncTask, TaskState
from tests.cast import csrf, enter
from tests.factories.orders import sold
from tests.pages.orders.conftest import Place
from workers import relay


def park(place: Place, direction: Direction, subject: str) -> UUID:
    """Park a task about an order."""
    with unit_of_work(place.manager.actor) as work:
        task = SyncTask(
            organization_id=work.organization_id,
            connection_id=place.connection_id,
            direction=direction,
            subject=subject,
            state=TaskState.PARKED,
            error="The shop refused this.",
        )
        work.session.add(task)
        work.session.flush()
        return task.id


@pytest.fixture
def debts(place: Place) -> dict[str, UUID]:
    """One parked task of each kind about order WC-1001."""
    place.stock("A")
    order_id = place.sell(sold("A", 2))
    line = place.order(order_id).lines[0].id
    with unit_of_work(place.manager.actor) as work:
        parcel = service.Parcel({line: 1}, tracking_number="1Z1")
        parcel_id = service.ship_order(work, order_id, parcel)
        refund = service.refund_order(work, order_id, service.Refunding(100, {}))
    return {
        "Tell the shop of parcel 1Z1 of WC-1001": park(place, Direction.TELL, f"ship:{parcel_id}"),
        "Tell the shop of a refund of WC-1001": park(place, Direction.TELL, f"refund:{refund}"),
        "Tell the shop of the cancellation of WC-1001": park(
            place, Direction.TELL, f"cancel:{order_id}"
        ),
        "Read order WC-1001": park(place, Direction.ORDER, "1001"),
        "Read order 77 of the shop": park(place, Direction.ORDER, "77"),
        "Read orders that changed": park(place, Direction.ORDER, order_reading.CHANGED),
    }


def test_parked_tasks_about_orders_have_names(place: Place, debts: dict[str, UUID]) -> None:
    page = place.client.get("/sync/parked").text

    assert [name for name in debts if f">{name}<" not in page] == []
    details = {name: place.client.get(f"/sync/parked/{key}") for name, key in debts.items()}
    assert {answer.status_code for answer in details.values()} == {200}
    assert [name for name, answer in details.items() if name not in answer.text] == []


def test_a_cancellation_the_shop_refused_stands_at_the_order(place: Place) -> None:
    order_id = place.sell(sold("NOBODY"))
    with unit_of_work(place.manager.actor) as work:
        service.cancel_order(work, order_id, service.Cancelling())
    assert "does not know of the cancellation" not in place.client.get(f"/orders/{order_id}").text
    task_id = park(place, Direction.TELL, f"cancel:{order_id}")

    page = place.client.get(f"/orders/{order_id}").text

    assert "Web shop does not know of the cancellation" in page
    assert "The shop refused this." in page
    assert f"/sync/parked/{task_id}" in page


def test_the_ways_part_what_is_told_from_what_is_read(place: Place, debts: dict[str, UUID]) -> None:
    told = place.client.get("/sync/parked?way=push").text
    read = place.client.get("/sync/parked?way=pull").text

    assert ("Tell the shop" in told, "Read order" in told) == (True, False)
    assert ("Tell the shop" in read, "Read order" in read) == (False, True)


def test_trying_again_rings_whoever_tells_and_reads(place: Place, debts: dict[str, UUID]) -> None:
    before = set(facts(place))

    place.client.post(
        "/sync/parked/retry",
        data={"csrf_token": csrf(place.client), "ids": [str(key) for key in debts.values()]},
    )

    rung = [name for key, name in facts(place).items() if key not in before]
    assert sorted(rung) == ["OrdersRequested", "TellRequested"]


def facts(place: Place) -> dict[Any, str]:
    """Return the facts of this organization by id."""
    with db.reading(place.manager.actor) as session:
        rows = session.execute(
            select(OutboxMessage.id, OutboxMessage.name).where(
                OutboxMessage.organization_id == place.manager.organization_id
            )
        )
        return {row.id: row.name for row in rows}


def test_orders_are_read_when_somebody_asks(place: Place) -> None:
    url = f"/connections/{place.connection_id}"
    ask = {"csrf_token": csrf(place.client), "what": "orders"}
    with unit_of_work(place.people.alice.actor) as work:
        work.session.get_one(Connection, place.connection_id).channel = MEMORY.key
    wire.lend(MEMORY)
    try:
        assert "Sync orders now" not in place.client.get(url).text  # not active yet
        with unit_of_work(place.people.alice.actor) as work:
            work.session.get_one(Connection, place.connection_id).state = ConnectionState.ACTIVE
        assert "Sync orders now" in place.client.get(url).text
        place.client.post(f"{url}/sync", data=ask)
        with db.reading(place.manager.actor) as session:
            [task] = session.scalars(select(SyncTask)).all()
    finally:
        wire.take_back(MEMORY.key)

    assert (task.direction, task.subject) == (Direction.ORDER, order_reading.CHANGED)


def test_who_may_not_run_a_sync_reads_no_orders(place: Place) -> None:
    enter(place.client, place.people.carol)

    answer = place.client.post(
        f"/connections/{place.connection_id}/sync",
        data={"csrf_token": csrf(place.client), "what": "orders"},
    )

    assert answer.status_code == 403


def test_an_unknown_item_is_told_with_a_way_to_its_order(place: Place) -> None:
    order_id = place.sell(sold("NOBODY"))
    relay.deliver_here(place.manager.actor)

    page = place.client.get("/notices").text
    notice = page.split("has an item SyncStore does not know")[0].rsplit("/notices/", 1)[1][:36]
    opened = place.client.post(
        f"/notices/{notice}/open", data={"csrf_token": csrf(place.client)}, follow_redirects=True
    )

    assert opened.request.path == f"/orders/{order_id}"
    assert "Say what the item is" in opened.text
