"""Returns on the pages of an order: expected, received with a decision per unit, refunded."""

from dataclasses import replace
from functools import partial
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import select

from app.adapters.orders import ChannelReturn, Fate, ReturnDecision, ReturnStep
from app.core import clock, db
from app.core.work import unit_of_work
from app.inventory import service as inventory
from app.inventory.models import Level, Location
from app.orders import service
from app.orders.models import ReturnState
from app.orders.rules import OrderState
from app.team.permissions import Role
from tests.cast import enter, person
from tests.factories.orders import sold
from tests.pages.orders.conftest import Place


@pytest.fixture
def order_id(place: Place) -> UUID:
    """Three mugs of five, and all of them left."""
    place.stock("A", 5)
    key = place.sell(sold("A", 3), shipping=500, total=3500)
    with unit_of_work(place.manager.actor) as work:
        service.ship_order(work, key, service.Parcel())
    return key


def expected(place: Place, order_id: UUID, units: int = 2) -> UUID:
    """Expect units back by the form; returns the return's id."""
    data = place.form(order_id, reason="Too small", **place.units(order_id, units))
    answer = place.client.post(f"/orders/{order_id}/returns/new", data=data)
    assert answer.status_code == 303, answer.text
    return place.order(order_id).returns[-1].id


def boxes(place: Place, order_id: UUID, **units: int) -> dict[str, Any]:
    """Return the boxes of what became of the only line, and where it is put."""
    [row] = place.order(order_id).lines
    with db.reading(place.manager.actor) as session:
        shelf = session.scalars(select(Location.id).where(Location.is_default)).one()
    named = {f"{name}-{row.id}": str(count) for name, count in units.items()}
    return place.form(order_id, location=str(shelf), **named)


def on_hand(place: Place) -> int:
    with db.reading(place.manager.actor) as session:
        return session.scalars(select(Level.on_hand)).one()


def test_a_return_is_expected_then_received_then_refunded(place: Place, order_id: UUID) -> None:
    back = expected(place, order_id)
    url = f"/orders/{order_id}/returns/{back}"
    assert "Return 1: 2 units expected back. Too small" in (
        place.client.get(f"/orders/{order_id}").text
    )
    assert 'value="2"' in place.client.get(url).text
    assert "WC-1001" in place.client.get("/orders?needs=return").text

    answer = place.client.post(url, data=boxes(place, order_id, came=1, lost=1))
    assert answer.status_code == 303, answer.text
    page = place.client.get(f"/orders/{order_id}").text
    assert "Return 1 received: 1 back into stock at" in page
    assert on_hand(place) == 3

    url = f"/orders/{order_id}/refund?return={back}"
    form = place.client.get(url).text
    assert 'value="20.00"' in form
    assert "not put back into stock again" in form
    data = place.form(order_id, amount="20.00", **place.units(order_id, 2))
    assert place.client.post(url, data=data).status_code == 303

    order = place.order(order_id)
    [row] = order.returns
    assert (row.row.state, row.is_refunded) == (ReturnState.RECEIVED, True)
    assert (order.refundable.minor, on_hand(place)) == (1500, 3)
    assert "WC-1001" not in place.client.get("/orders?needs=return").text


def test_a_return_that_never_came_is_called_off(place: Place, order_id: UUID) -> None:
    back = expected(place, order_id)

    url = f"/orders/{order_id}/returns/{back}/cancel"
    assert place.client.post(url, data=place.form(order_id)).status_code == 303
    again = place.client.post(url, data=place.form(order_id))

    assert again.status_code == 409
    assert "Return 1: nothing came." in place.client.get(f"/orders/{order_id}").text
    expected(place, order_id, 3)
    assert on_hand(place) == 2


@pytest.mark.parametrize(
    ("units", "sentence"),
    [
        ({"came": 4}, "Only 3 of these are with the buyer."),
        ({"came": 2, "sent": 2}, "Only 3 of these are with the buyer."),
        ({}, "Enter what came"),
    ],
)
def test_what_cannot_have_come_is_refused(
    place: Place, order_id: UUID, units: dict[str, int], sentence: str
) -> None:
    back = expected(place, order_id)

    data = boxes(place, order_id, **units)
    answer = place.client.post(f"/orders/{order_id}/returns/{back}", data=data)

    assert answer.status_code == 422
    assert sentence in answer.text
    assert place.order(order_id).returns[0].is_open
    assert on_hand(place) == 2


def test_a_location_of_another_organization_takes_nothing(place: Place, order_id: UUID) -> None:
    with unit_of_work(place.people.mallory.actor) as work:
        theirs = inventory.create_location(work, inventory.LocationDraft("Theirs"))
    back = expected(place, order_id)

    data = boxes(place, order_id, came=1) | {"location": str(theirs)}
    answer = place.client.post(f"/orders/{order_id}/returns/{back}", data=data)

    assert answer.status_code == 422
    assert "Choose a location of yours" in answer.text
    assert place.order(order_id).returns[0].is_open


def test_more_than_left_is_not_expected_back(place: Place, order_id: UUID) -> None:
    data = place.form(order_id, **place.units(order_id, 4))

    answer = place.client.post(f"/orders/{order_id}/returns/new", data=data)

    assert answer.status_code == 422
    assert "Only 3 of these left" in answer.text
    assert not place.order(order_id).returns


def test_a_return_belongs_to_its_order(place: Place, order_id: UUID) -> None:
    other = place.sell(sold("A", 1), number="2")
    back = expected(place, order_id)

    answers = [
        place.client.get(f"/orders/{other}/returns/{back}"),
        place.client.post(f"/orders/{other}/returns/{back}/cancel", data=place.form(other)),
        place.client.get(f"/orders/{other}/refund?return={back}"),
    ]

    assert {answer.status_code for answer in answers} == {404}
    enter(place.client, person("Eve", Role.MANAGER, organization_id=place.people.mallory.place))
    assert place.client.get(f"/orders/{order_id}/returns/{back}").status_code == 404


def test_the_part_for_the_delivery_goes_back_once(place: Place, order_id: UUID) -> None:
    url = f"/orders/{order_id}/refund"
    wrong = place.client.post(url, data=place.form(order_id, amount="10", shipping="5.01"))
    assert wrong.status_code == 422
    assert "no more than was paid for shipping" in wrong.text

    data = place.form(order_id, amount="10", shipping="5", note="Late parcel")
    assert place.client.post(url, data=data).status_code == 303

    order = place.order(order_id)
    assert (order.shipping_left.minor, order.refunds[0].refund.note) == (0, "Late parcel")
    page = place.client.get(f"/orders/{order_id}").text
    assert "of it for shipping" in page
    assert 'name="shipping"' not in place.client.get(url).text


def test_a_part_of_an_order_is_cancelled_by_the_form(place: Place) -> None:
    place.stock("A", 5)
    order_id = place.sell(sold("A", 3))
    url = f"/orders/{order_id}/cancel"
    assert 'value="3"' in place.client.get(url).text
    wrong = place.client.post(url, data=place.form(order_id, **place.units(order_id, 4)))
    assert wrong.status_code == 422
    assert "Only 3 of these wait to be shipped." in wrong.text

    data = place.form(order_id, reason="Sold out", restocks="y", **place.units(order_id, 1))
    assert place.client.post(url, data=data).status_code == 303

    order = place.order(order_id)
    assert (order.order.state, order.lines[0].line.quantity) == (OrderState.ALLOCATED, 2)
    assert [row.amount.minor for row in order.refunds] == [1000]
    assert order.order.cancelled_at is None


def test_a_return_opened_in_the_shop_is_shown_and_may_be_unpacked_here(
    place: Place, order_id: UUID
) -> None:
    opened = ChannelReturn("r-1", ReturnStep.REQUESTED, {"line-A": 2}, reason="Too small")
    again = partial(place.sell, sold("A", 3, shipped=3), shipping=500, total=3500)
    again(returns=(opened,))
    asked = place.client.get(f"/orders/{order_id}").text
    decided = (ReturnDecision("line-A", 1, Fate.RESTOCKED, clock.now()),)
    again(returns=(replace(opened, step=ReturnStep.OPEN, decisions=decided),))
    order = place.order(order_id)
    [back] = order.returns
    form = place.client.get(f"/orders/{order_id}/returns/{back.id}").text

    assert "opened on Web shop" in asked
    assert "not agreed to there yet" in asked
    assert order.room(order.lines[0]) == 1
    assert 'value="1"' in form
    assert on_hand(place) == 3

    url = f"/orders/{order_id}/returns/{back.id}"
    answer = place.client.post(url, data=boxes(place, order_id, lost=1))
    assert answer.status_code == 303, answer.text
    again(returns=(replace(opened, step=ReturnStep.CLOSED, decisions=decided),))

    page = place.client.get(f"/orders/{order_id}").text
    assert "1 back into stock, by the word of the shop." in page
    assert "Return 1 received: 1 written off." in page
    assert on_hand(place) == 3
    [back] = place.order(order_id).returns
    assert (back.row.state, back.sums) == (ReturnState.RECEIVED, (1, 1, 0))


def test_a_return_closed_in_the_shop_without_a_word_says_so(place: Place, order_id: UUID) -> None:
    closed = ChannelReturn("r-1", ReturnStep.CLOSED, {"line-A": 1})
    place.sell(sold("A", 3, shipped=3), shipping=500, total=3500, returns=(closed,))

    page = place.client.get(f"/orders/{order_id}").text

    assert "the shop does not say" in page
    assert "Return 1: 1 unit, opened and closed in the shop." in page
