"""Orders that are entered here: by a plain form, promised like any other, changed while open."""

from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import select

from app.core import db
from app.core.work import unit_of_work
from app.orders import queries, service
from app.orders.models import Order
from app.orders.rules import OrderState
from tests.cast import csrf, enter
from tests.factories.orders import sold
from tests.pages.orders.conftest import Place


def form(place: Place, *lines: tuple[UUID, str, str], **values: Any) -> dict[str, Any]:
    """Return the form of an order with lines of (variant, units, price), and more."""
    boxes = {f"units-{key}": units for key, units, _ in lines}
    boxes |= {f"price-{key}": price for key, _, price in lines}
    return {"csrf_token": csrf(place.client), "payment": "paid", **boxes, **values}


def entered(place: Place, *lines: tuple[UUID, str, str], **values: Any) -> UUID:
    """Enter an order by the form; returns its id."""
    told = {"name": "Dora Diaz", "email": "dora@buyers.example", "save": "1", **values}
    answer = place.client.post("/orders/new", data=form(place, *lines, **told))
    assert answer.status_code == 303, answer.text
    return UUID(answer.location.rpartition("/")[2])


def test_goods_are_looked_up_and_added_without_keeping_anything(place: Place) -> None:
    mug = place.stock("MUG-1", 5, title="Blue mug")
    cup = place.stock("CUP-1", 5, title="Red cup")

    found = place.client.post("/orders/new", data=form(place, find="mug-1", look="1"))
    assert f'name="add" value="{mug}"' in found.text
    more = form(place, (cup, "2", "3.00"), name="Dora", find="mug-1", add=str(mug))
    added = place.client.post("/orders/new", data=more).text
    assert f'name="units-{cup}" value="2"' in added
    assert f'name="units-{mug}" value="1"' in added
    assert 'value="Dora"' in added
    assert "5 available" in added
    fewer = form(place, (cup, "2", "3.00"), (mug, "1", "9.00"), remove=str(cup))
    assert f"units-{cup}" not in place.client.post("/orders/new", data=fewer).text

    with db.reading(place.manager.actor) as session:
        assert session.scalars(select(Order)).all() == []


def test_an_entered_order_adds_up_and_is_promised(place: Place) -> None:
    mug, cup = place.stock("MUG-1", 5), place.stock("CUP-1", 1)

    order_id = entered(
        place, (mug, "2", "10.00"), (cup, "3", "3.33"), shipping="4.90", discount="1.00"
    )

    order = place.order(order_id)
    o = order.order
    assert (o.number, o.state, o.source) == ("M-1001", OrderState.PENDING, "manual")
    assert (o.items_minor, o.total_minor) == (2999, 2999 - 100 + 490)
    assert sum(row.line.total_minor for row in order.lines) == 2899
    assert [(row.line.quantity, row.line.allocated) for row in order.lines] == [(2, 2), (3, 1)]
    page = place.client.get("/orders?q=dora@buyers.example").text
    assert "M-1001" in page
    assert "Placed here" in page


def test_a_blank_price_is_asked_for_and_0_is_one(place: Place) -> None:
    mug = place.stock("MUG-1", 5)

    blank = place.client.post("/orders/new", data=form(place, (mug, "2", ""), save="1"))

    assert blank.status_code == 422
    assert "Enter a price" in blank.text
    assert place.order(entered(place, (mug, "2", "0"))).order.total_minor == 0


@pytest.mark.parametrize("price", ["9999999999.99", "999999999.99"])
def test_what_nobody_could_pay_is_refused_and_breaks_no_list(place: Place, price: str) -> None:
    mug = place.stock("MUG-1", 5)

    answer = place.client.post("/orders/new", data=form(place, (mug, "100000", price), save="1"))

    assert answer.status_code == 422
    assert "more than an order may cost" in answer.text
    looked = place.client.post("/orders/new", data=form(place, (mug, "100000", price), look="1"))
    assert looked.status_code == 200
    assert place.client.get("/orders").status_code == 200
    with db.reading(place.manager.actor) as session:
        assert session.scalars(select(Order)).all() == []


def test_it_is_changed_while_nobody_picks_it(place: Place) -> None:
    mug, cup = place.stock("MUG-1", 5), place.stock("CUP-1", 5)
    order_id = entered(place, (mug, "2", "10.00"))
    url = f"/orders/{order_id}/edit"
    page = place.client.get(url).text
    assert 'value="10.00"' in page
    assert 'value="Dora Diaz"' in page
    carried = place.form(order_id)

    data = form(place, (cup, "1", "5.00"), save="1", name="Dora", **carried)
    assert place.client.post(url, data=data).status_code == 303
    again = place.client.post(url, data=data)

    assert again.status_code == 409
    order = place.order(order_id)
    assert [(row.sku, row.line.allocated) for row in order.lines] == [("CUP-1", 1)]
    assert (order.order.state, order.order.total_minor) == (OrderState.ALLOCATED, 500)
    place.client.post(f"/orders/{order_id}/move", data=place.form(order_id, to="picking"))
    late = form(place, (cup, "2", "5.00"), save="1", **place.form(order_id))
    assert place.client.post(url, data=late).status_code == 409


@pytest.mark.parametrize(
    ("units", "price", "values", "sentence"),
    [
        ("0", "1", {}, "Enter a whole number from 1."),
        ("x", "1", {}, "Enter a whole number from 1."),
        ("1", "ten", {}, "is not an amount"),
        ("1", "5", {"discount": "5.01"}, "no more than the items cost"),
        ("1", "5", {"email": "dora"}, "Enter a whole address"),
        ("1", "5", {"country": "USA"}, "Enter two letters"),
    ],
)
def test_what_makes_no_sense_is_refused_at_its_place(
    place: Place, units: str, price: str, values: dict[str, str], sentence: str
) -> None:
    mug = place.stock("MUG-1", 5)

    data = form(place, (mug, units, price), save="1", **values)
    answer = place.client.post("/orders/new", data=data)

    assert answer.status_code == 422
    assert sentence in answer.text
    with db.reading(place.manager.actor) as session:
        assert session.scalars(select(Order)).all() == []


def test_an_entered_order_is_shipped_and_refunded_with_nobody_to_tell(place: Place) -> None:
    mug = place.stock("MUG-1", 5)
    order_id = entered(place, (mug, "2", "10.00"))
    place.client.post(
        f"/orders/{order_id}/ship", data=place.form(order_id, **place.units(order_id, 2))
    )

    data = place.form(order_id, amount="10.00", **place.units(order_id, 1))
    assert place.client.post(f"/orders/{order_id}/refund", data=data).status_code == 303

    order = place.order(order_id)
    assert (order.order.payment, order.refundable.minor) == ("partially_refunded", 1000)
    assert "Nobody to tell" in place.client.get(f"/orders/{order_id}").text


def test_an_order_of_a_shop_is_not_edited_here(place: Place) -> None:
    place.stock("A")
    order_id = place.sell(sold("A"))

    assert "belongs to its shop" in place.client.get(f"/orders/{order_id}/edit").text
    data = form(place, (place.stock("B"), "1", "1.00"), save="1", **place.form(order_id))
    answer = place.client.post(f"/orders/{order_id}/edit", data=data)
    assert answer.status_code == 409
    assert [row.sku for row in place.order(order_id).lines] == ["A"]


def test_goods_of_another_organization_are_not_sold(place: Place) -> None:
    mug = place.stock("MUG-1", 5)
    enter(place.client, place.people.mallory)

    data = form(place, (mug, "1", "1.00"), save="1")
    answer = place.client.post("/orders/new", data=data)

    assert answer.status_code == 422
    assert "MUG-1" not in answer.text


def test_of_an_unpaid_order_units_are_cancelled_though_no_money_can_go_back(place: Place) -> None:
    mug = place.stock("MUG-1", 5)
    order_id = entered(place, (mug, "2", "10.00"), payment="pending")

    data = place.form(order_id, **place.units(order_id, 1), restocks="y", refunds="y")
    answer = place.client.post(f"/orders/{order_id}/cancel", data=data)

    assert answer.status_code == 303
    order = place.order(order_id)
    assert [(row.line.quantity, row.line.allocated) for row in order.lines] == [(1, 1)]
    assert order.refunds == []


def test_an_order_of_which_everything_was_refunded_before_it_left_waits_for_nobody(
    place: Place,
) -> None:
    mug = place.stock("MUG-1", 5)
    order_id = entered(place, (mug, "2", "10.00"))
    line = place.order(order_id).lines[0].id

    with unit_of_work(place.manager.actor) as work:
        service.refund_order(work, order_id, service.Refunding(2000, {line: 2}, restocks=(line,)))

    order = place.order(order_id)
    assert order.order.state == OrderState.CANCELLED
    assert [(row.line.quantity, row.line.allocated) for row in order.lines] == [(0, 0)]
    with db.reading(place.manager.actor) as session:
        assert queries.tab_counts(session)["ship"] == 0
