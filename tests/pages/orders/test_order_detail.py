"""The page of an order: what it is, what to do next, what is owed, and to whom it shows what."""

from dataclasses import replace
from datetime import timedelta
from uuid import UUID

import pytest

from app.adapters.orders import ChannelShipment, Journey
from app.adapters.types import Problem, Rejected
from app.connections import service as connections
from app.core import clock, db
from app.core.work import unit_of_work
from app.orders import service
from app.orders.models import Refund, Shipment
from app.orders.rules import OrderState
from app.orders.service.telling import Owed
from tests.cast import Cast, enter
from tests.factories.orders import sold
from tests.pages.orders.conftest import Place

PARTIAL = {"HX-Request": "true", "HX-Request-Type": "partial"}


def refused(place: Place, order_id: UUID) -> UUID:
    """Ship an order whose channel does not take the parcel."""
    with unit_of_work(place.manager.actor) as work:
        parcel = service.ship_order(work, order_id, service.Parcel(tracking_number="1Z1"))
        problem = Problem("The order is cancelled in the shop.", code="order_closed")
        service.note_answer(work, Owed("ship", parcel), Rejected(str(parcel), (problem,)))
    return parcel


def test_a_page_tells_lines_money_buyer_and_what_happened(place: Place) -> None:
    place.stock("A", 1)
    order_id = place.sell(
        sold("A", 3, each=1250, options="Red / L"), note="Ring twice", shipping=500
    )

    page = place.client.get(f"/orders/{order_id}").text

    for words in (
        "WC-1001",
        "Red / L",
        "$37.50",
        "Dora Diaz",
        "1 Main Street",
        "12345 Springfield",
        "Ring twice",
        "dora@buyers.example",
        "Placed on Web shop",
        "Waiting for stock",
    ):
        assert words in page, words
    assert place.order(order_id).lines[0].figures.short == 2


@pytest.mark.parametrize(
    ("role", "sees"), [("alice", True), ("manager", True), ("bob", False), ("carol", False)]
)
def test_actions_and_payload_are_for_those_who_may(
    place: Place, people: Cast, role: str, *, sees: bool
) -> None:
    place.stock("A")
    order_id = place.sell(sold("A"))
    enter(place.client, place.manager if role == "manager" else getattr(people, role))

    page = place.client.get(f"/orders/{order_id}").text

    assert (f"/orders/{order_id}/ship" in page) == sees
    assert (f"/orders/{order_id}/payload" in page) == sees
    answers = {
        path: place.client.get(f"/orders/{order_id}/{path}").status_code
        for path in ("ship", "hold", "cancel", "refund", "note", "payload")
    }
    assert set(answers.values()) == ({200} if sees else {403})
    assert place.client.get("/orders/export").status_code == (200 if sees else 403)


def test_the_payload_is_what_the_channel_told(place: Place) -> None:
    order_id = place.sell(sold("A"), raw={"id": 1001, "secret": "s3cr3t", "first_name": "Dora"})

    page = place.client.get(f"/orders/{order_id}/payload").text

    assert "Dora" in page
    assert "s3cr3t" not in page


def test_another_organization_gets_404(place: Place, people: Cast) -> None:
    place.stock("A")
    order_id = place.sell(sold("A"))
    enter(place.client, people.mallory)

    answers = {
        path: place.client.get(f"/orders/{order_id}{path}").status_code
        for path in ("", "/ship", "/hold", "/cancel", "/refund", "/note", "/payload")
    }
    paper = [
        place.client.get(f"/orders/{kind}", query_string={"ids": str(order_id)}).text
        for kind in ("pick-list", "packing-slips")
    ]

    assert set(answers.values()) == {404}
    assert all("WC-1001" not in page for page in paper)


@pytest.mark.parametrize(
    ("act", "button"),
    [
        (None, "Ship"),
        ("hold", "Take the hold off"),
        ("picking", "Mark packed"),
        ("shipped", "Mark delivered"),
    ],
)
def test_the_next_step_is_the_one_primary_button(
    place: Place, act: str | None, button: str
) -> None:
    place.stock("A")
    order_id = place.sell(sold("A"))
    with unit_of_work(place.manager.actor) as work:
        if act == "hold":
            service.hold_order(work, order_id, "Address")
        elif act == "picking":
            service.move_order(work, order_id, OrderState.PICKING)
        elif act == "shipped":
            service.ship_order(work, order_id, service.Parcel())

    head = place.client.get(
        f"/orders/{order_id}", headers={**PARTIAL, "HX-Target": "div#summary"}
    ).text

    [primary] = head.split('data-variant="primary"')[1:]
    assert button in primary


def test_a_parcel_that_could_not_be_told_says_why_and_is_told_again(place: Place) -> None:
    place.stock("A")
    order_id = place.sell(sold("A"))
    parcel = refused(place, order_id)

    page = place.client.get(f"/orders/{order_id}").text
    assert "Not told" in page
    assert "The order is cancelled in the shop." in page
    assert "Parcel not told" in place.client.get("/orders").text
    answer = place.client.post(
        f"/orders/{order_id}/tell", data=place.form(order_id), follow_redirects=True
    )

    assert "Being told" in answer.text
    with db.reading(place.manager.actor) as session:
        assert session.get_one(Shipment, parcel).error is None


def test_addresses_that_run_something_are_no_links(place: Place) -> None:
    place.stock("A")
    order_id = place.sell(sold("A"), url="javascript:alert(1)")
    with unit_of_work(place.manager.actor) as work:
        parcel = service.Parcel(tracking_number="1", tracking_url="javascript:alert(2)")
        service.ship_order(work, order_id, parcel)

    assert "javascript:" not in place.client.get(f"/orders/{order_id}").text


def test_blocks_come_alone_for_what_changes_live(place: Place) -> None:
    order_id = place.sell(sold("A"))

    block = place.client.get(
        f"/orders/{order_id}", headers={**PARTIAL, "HX-Target": "div#order"}
    ).text

    assert "<html" not in block
    assert "Timeline" in block


def test_what_a_disconnected_shop_was_not_told_is_no_debt(place: Place, people: Cast) -> None:
    place.stock("A")
    order_id = place.sell(sold("A"))
    refused(place, order_id)
    with unit_of_work(people.alice.actor) as work:
        connections.close_connection(work, place.connection_id)

    page = place.client.get(f"/orders/{order_id}").text

    assert "Nobody to tell" in page
    assert "Tell the shop again" not in page
    assert "Parcel not told" not in place.client.get("/orders").text


def test_a_refund_shows_whether_the_channel_knows(place: Place) -> None:
    place.stock("A")
    order_id = place.sell(sold("A"))
    with unit_of_work(place.manager.actor) as work:
        refund_id = service.refund_order(work, order_id, service.Refunding(250, {}, "Scratch"))
    page = place.client.get(f"/orders/{order_id}").text
    assert "Scratch" in page
    assert "Being told" in page

    with unit_of_work(place.manager.actor) as work:
        work.session.get_one(Refund, refund_id).told_at = work.now

    assert "Knows of it" in place.client.get(f"/orders/{order_id}").text


def test_a_parcel_shows_what_its_carrier_says(place: Place) -> None:
    place.stock("A", 2)
    parcel = ChannelShipment(
        "p-1",
        {"line-A": 2},
        "UPS",
        "1Z1",
        at=clock.now(),
        journey=Journey.ATTEMPTED,
        said="Nobody was at <home>",
        expected_at=clock.now() + timedelta(days=1),
    )
    shipped = sold("A", 2, shipped=2)
    order_id = place.sell(shipped, shipments=(parcel,))

    page = place.client.get(f"/orders/{order_id}").text
    stuck = place.client.get("/orders?needs=delivery").text
    with unit_of_work(place.manager.actor) as work:
        service.erase_buyers_of(work, [place.connection_id])
    forgotten = place.client.get(f"/orders/{order_id}").text
    there = replace(parcel, journey=Journey.DELIVERED, said="", delivered_at=clock.now())
    place.sell(shipped, shipments=(there,))
    after = place.client.get(f"/orders/{order_id}").text

    assert "Delivery attempted" in page
    assert "Nobody was at &lt;home&gt;" in page
    assert "Nobody was at" not in forgotten
    assert "Parcel 1Z1: the carrier tried to deliver it, and nobody took it." in page
    assert "WC-1001" in stuck
    assert "Not delivered" in stuck
    assert place.order(order_id).order.state == OrderState.DELIVERED
    assert "Delivered, by the word of the carrier." in after
    assert "WC-1001" in place.client.get("/orders?tab=shipped&state=delivered").text
    assert "WC-1001" not in place.client.get("/orders?needs=delivery").text
