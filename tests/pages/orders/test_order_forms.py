"""What is done to an order: by plain forms, refused at their field, never twice or blindly."""

import time
from concurrent.futures import ThreadPoolExecutor
from threading import Event
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import select, text

from app.adapters.orders import ChannelShipment, Payment
from app.catalog.models import Product, Variant
from app.core import clock, db
from app.core.work import Work, in_unit, unit_of_work
from app.orders import service
from app.orders.models import Order
from app.orders.rules import OrderState
from tests.cast import Cast, csrf, enter
from tests.factories.orders import sold
from tests.pages.orders.conftest import Place
from tests.pages.test_every_page import rows_of


@pytest.fixture
def order_id(place: Place) -> UUID:
    """Three of what is there, and one nobody knows."""
    place.stock("A", 5)
    return place.sell(sold("A", 3), sold("ODD"))


def test_the_ship_form_is_filled_with_what_is_promised(place: Place, order_id: UUID) -> None:
    page = place.client.get(f"/orders/{order_id}/ship").text

    boxes = place.units(order_id, 3, 0)
    assert all(f'name="{name}" value="{units}"' in page for name, units in boxes.items())
    assert "Royal Mail" in page


def test_a_part_leaves_and_the_rest_later(place: Place, order_id: UUID) -> None:
    first = place.form(
        order_id, carrier="UPS", tracking_number="1Z1", **place.units(order_id, 2, 0)
    )
    answer = place.client.post(f"/orders/{order_id}/ship", data=first)

    assert (answer.status_code, answer.location) == (303, f"/orders/{order_id}")
    order = place.order(order_id)
    assert order.order.state == OrderState.PARTIALLY_SHIPPED
    assert [(row.line.shipped, row.line.allocated) for row in order.lines] == [(2, 1), (0, 0)]
    [parcel] = order.parcels
    assert (parcel.parcel.carrier, parcel.parcel.notifies) == ("UPS", False)


def test_the_same_form_sent_twice_ships_once(place: Place, order_id: UUID) -> None:
    with unit_of_work(place.manager.actor) as work:
        line = place.order(order_id).lines[0].id
        service.ship_order(work, order_id, service.Parcel({line: 1}))
    form = place.form(order_id, **place.units(order_id, 1, 0))

    answers = [place.client.post(f"/orders/{order_id}/ship", data=form) for _ in range(2)]

    assert [each.status_code for each in answers] == [303, 409]
    assert len(place.order(order_id).parcels) == 2


@pytest.mark.parametrize(
    ("units", "fields", "sentence"),
    [
        ((4, 0), {}, "Only 3 of these are promised from stock."),
        (("two", 0), {}, "Enter a whole number from 0."),
        ((0, 0), {}, "Enter at least one."),
        ((1, 0), {"tracking_url": "javascript:1"}, "begins with https://"),
        ((1, 0), {"carrier": "x" * 61}, "60"),
    ],
)
def test_what_cannot_leave_is_refused_at_its_place(
    place: Place, order_id: UUID, units: Any, fields: dict[str, str], sentence: str
) -> None:
    data = place.form(order_id, **place.units(order_id, *units), **fields)

    answer = place.client.post(f"/orders/{order_id}/ship", data=data)

    assert answer.status_code == 422
    assert sentence in answer.text
    assert not place.order(order_id).parcels


def test_a_stale_form_says_what_changed_and_keeps_what_was_typed(
    place: Place, order_id: UUID
) -> None:
    form = place.form(order_id, tracking_number="KEEP-ME", **place.units(order_id, 2, 0))
    line = place.order(order_id).lines[0].id
    with unit_of_work(place.people.alice.actor) as work:
        service.ship_order(work, order_id, service.Parcel({line: 1}, tracking_number="HERS"))

    answer = place.client.post(f"/orders/{order_id}/ship", data=form)

    assert answer.status_code == 409
    assert "1 unit shipped with HERS." in answer.text
    assert "Alice" in answer.text
    assert "KEEP-ME" in answer.text
    assert len(place.order(order_id).parcels) == 1
    version = place.order(order_id).order.version
    assert f'name="version" type="hidden" value="{version}"' in answer.text


def test_a_stale_button_says_what_changed(place: Place) -> None:
    place.stock("A")
    order_id = place.sell(sold("A"))
    form = place.form(order_id, to="picking")
    with unit_of_work(place.people.alice.actor) as work:
        service.hold_order(work, order_id, "Wrong street")

    answer = place.client.post(f"/orders/{order_id}/move", data=form)

    assert answer.status_code == 409
    assert "What changed meanwhile" in answer.text
    assert place.order(order_id).order.state == OrderState.ON_HOLD


def test_picked_packed_shipped_and_delivered_by_buttons(place: Place) -> None:
    place.stock("A")
    order_id = place.sell(sold("A"))

    for path, more, state in (
        ("move", {"to": "picking"}, OrderState.PICKING),
        ("move", {"to": "packed"}, OrderState.PACKED),
        ("ship", place.units(order_id, 1), OrderState.SHIPPED),
        ("move", {"to": "delivered"}, OrderState.DELIVERED),
    ):
        answer = place.client.post(f"/orders/{order_id}/{path}", data=place.form(order_id, **more))
        assert answer.status_code == 303
        assert place.order(order_id).order.state == state
    again = place.client.post(f"/orders/{order_id}/move", data=place.form(order_id, to="picking"))
    assert again.status_code == 409
    odd = place.client.post(f"/orders/{order_id}/move", data=place.form(order_id, to="lost"))
    assert odd.status_code == 422


def test_a_hold_wants_a_reason_and_comes_off_again(place: Place, order_id: UUID) -> None:
    url = f"/orders/{order_id}"
    blank = place.client.post(f"{url}/hold", data=place.form(order_id, reason=""))
    assert blank.status_code == 422
    assert "Say why" in blank.text

    place.client.post(f"{url}/hold", data=place.form(order_id, reason="Address"))
    assert place.order(order_id).order.state == OrderState.ON_HOLD
    place.client.post(f"{url}/free", data=place.form(order_id))

    assert place.order(order_id).order.state == OrderState.PENDING


def test_a_cancelled_order_frees_what_it_was_promised(place: Place, order_id: UUID) -> None:
    data = place.form(order_id, reason="Sold out", restocks="y", refunds="y")

    answer = place.client.post(f"/orders/{order_id}/cancel", data=data, follow_redirects=True)

    assert "Sold out" in answer.text
    order = place.order(order_id)
    assert (order.order.state, order.promised) == (OrderState.CANCELLED, 0)
    assert order.order.cancelling == {"restocks": True, "refunds": True, "notifies": False}
    again = place.client.post(f"/orders/{order_id}/cancel", data=place.form(order_id))
    assert again.status_code == 409


@pytest.mark.parametrize(
    ("amount", "units", "sentence"),
    [
        ("", 0, "Enter how much goes back."),
        ("0", 0, "above zero"),
        ("40.01", 0, "up to what is left"),
        ("ten", 0, "is not an amount"),
        ("1.001", 0, "2 decimal places"),
        ("10", 9, "The order has 3 of these."),
    ],
)
def test_no_more_goes_back_than_was_paid(
    place: Place, order_id: UUID, amount: str, units: int, sentence: str
) -> None:
    data = place.form(order_id, amount=amount, **place.units(order_id, units, 0))

    answer = place.client.post(f"/orders/{order_id}/refund", data=data)

    assert answer.status_code == 422
    assert sentence in answer.text
    assert not place.order(order_id).refunds


def test_a_refund_names_amount_units_and_whether_they_come_back(
    place: Place, order_id: UUID
) -> None:
    mugs, _ = place.order(order_id).lines
    data = place.form(
        order_id, amount="12.50", reason="Scratch", note="Photo", **place.units(order_id, 1, 0)
    ) | {f"restock-{mugs.id}": "y"}

    assert place.client.post(f"/orders/{order_id}/refund", data=data).status_code == 303

    order = place.order(order_id)
    [row] = order.refunds
    assert (row.amount.minor, row.refund.reason, row.refund.restocks) == (1250, "Scratch", True)
    assert row.refund.lines == {str(order.lines[0].id): 1}
    assert order.refundable.minor == 2750


def test_tracking_is_corrected_and_the_shop_told_again(place: Place) -> None:
    place.stock("A")
    order_id = place.sell(sold("A"))
    with unit_of_work(place.manager.actor) as work:
        parcel = service.ship_order(work, order_id, service.Parcel(tracking_number="OLD"))
    url = f"/orders/{order_id}/parcels/{parcel}"
    assert 'value="OLD"' in place.client.get(url).text

    data = place.form(order_id, carrier="DHL", tracking_number="NEW", tracking_url="")
    assert place.client.post(url, data=data).status_code == 303

    [row] = place.order(order_id).parcels
    assert (row.parcel.carrier, row.parcel.tracking_number, row.is_owed) == ("DHL", "NEW", True)
    assert "WC-1001" in place.client.get("/orders?q=NEW").text
    assert place.client.get(f"/orders/{order_id}/parcels/{db.new_id()}").status_code == 404


def test_a_parcel_that_did_not_leave_is_cancelled_once(place: Place) -> None:
    place.stock("A")
    order_id = place.sell(sold("A", 2))
    with unit_of_work(place.manager.actor) as work:
        parcel = service.ship_order(work, order_id, service.Parcel(tracking_number="1Z1"))
    url = f"/orders/{order_id}/parcels/{parcel}/cancel"
    asked = place.client.get(url).text
    assert "2 × " in asked
    assert "Web shop is told" in asked

    form = place.form(order_id)
    assert place.client.post(url, data=form).location == f"/orders/{order_id}"
    again = place.client.post(url, data=form)

    order = place.order(order_id)
    assert (order.order.state, [each.line.allocated for each in order.lines]) == ("allocated", [2])
    page = place.client.get(f"/orders/{order_id}").text
    assert "Parcel 1Z1 cancelled: 2 units did not leave." in page
    assert f"/parcels/{parcel}/cancel" not in page
    assert again.status_code == 409
    assert "cancelled already" in place.client.get(url).text
    assert place.client.get(f"/orders/{order_id}/parcels/{db.new_id()}/cancel").status_code == 404
    tracking = place.client.post(
        f"/orders/{order_id}/parcels/{parcel}", data=place.form(order_id, tracking_number="2Z")
    )
    assert tracking.status_code == 409


@pytest.mark.parametrize("how", ["delivered", "returned"])
def test_a_parcel_that_reached_the_buyer_is_not_cancelled(place: Place, how: str) -> None:
    place.stock("A")
    order_id = place.sell(sold("A", 2))
    line = place.order(order_id).lines[0].id
    with unit_of_work(place.manager.actor) as work:
        parcel = service.ship_order(work, order_id, service.Parcel(tracking_number="1Z1"))
        if how == "delivered":
            service.move_order(work, order_id, OrderState.DELIVERED)
        else:
            service.refund_order(
                work, order_id, service.Refunding(1000, {line: 1}, restocks=[line])
            )
    url = f"/orders/{order_id}/parcels/{parcel}/cancel"

    assert "return" in place.client.get(url).text
    refused = place.client.post(url, data=place.form(order_id))

    assert refused.status_code == 409
    assert place.order(order_id).lines[0].line.shipped == 2


def test_a_note_of_the_team_is_kept(place: Place, order_id: UUID) -> None:
    place.client.post(f"/orders/{order_id}/note", data=place.form(order_id, note="Gift wrap"))

    assert "Gift wrap" in place.client.get(f"/orders/{order_id}").text
    long = place.client.post(f"/orders/{order_id}/note", data=place.form(order_id, note="x" * 2001))
    assert long.status_code == 422


def test_an_unknown_item_is_mapped_here_and_on_every_order_like_it(
    place: Place, order_id: UUID
) -> None:
    variant = place.stock("OTHER", 9, title="Something else")
    second = place.sell(sold("ODD"), number="2")
    line = place.order(order_id).lines[1].id
    url = f"/orders/{order_id}/lines/{line}"

    page = place.client.get(url, query_string={"q": "other"}).text
    assert "Something else" in page
    assert "1 other order" in page
    token = {"csrf_token": csrf(place.client)}
    assert place.client.post(url, data=token).status_code == 422
    assert place.client.post(url, data={**token, "variant_id": str(variant)}).status_code == 303

    states = [place.order(key).order.state for key in (order_id, second)]
    assert states == [OrderState.ALLOCATED, OrderState.ALLOCATED]


def test_a_variant_of_another_organization_maps_nothing(
    place: Place, people: Cast, order_id: UUID
) -> None:
    line = place.order(order_id).lines[1].id
    data = {"csrf_token": csrf(place.client), "variant_id": str(db.new_id())}

    answer = place.client.post(f"/orders/{order_id}/lines/{line}", data=data)

    assert answer.status_code == 404
    assert place.order(order_id).order.unmapped == 1


def test_who_may_only_look_changes_nothing(place: Place, people: Cast, order_id: UUID) -> None:
    forms = {
        "ship": place.units(order_id, 3, 0),
        "move": {"to": "picking"},
        "hold": {"reason": "x"},
        "free": {},
        "cancel": {},
        "refund": {"amount": "1"},
        "returns/new": place.units(order_id, 1, 0),
        "note": {"note": "x"},
        "tell": {},
    }
    before = rows_of(people.alice.place)
    carried = place.form(order_id)
    enter(place.client, people.bob)
    carried["csrf_token"] = csrf(place.client)
    before["user_sessions"] = rows_of(people.alice.place).get("user_sessions", [])

    answers = {
        path: place.client.post(f"/orders/{order_id}/{path}", data={**carried, **more}).status_code
        for path, more in forms.items()
    }

    assert set(answers.values()) == {403}
    with db.reading(place.manager.actor) as session:
        assert session.get_one(Order, order_id).version == int(carried["version"])
    after = rows_of(people.alice.place)
    assert {t: after[t] for t in ("orders", "shipments", "order_events", "outbox_messages")} == {
        t: before[t] for t in ("orders", "shipments", "order_events", "outbox_messages")
    }


def test_blanks_are_no_reason_for_a_hold(place: Place, order_id: UUID) -> None:
    answer = place.client.post(f"/orders/{order_id}/hold", data=place.form(order_id, reason="  "))

    assert answer.status_code == 422
    assert place.order(order_id).order.state != OrderState.ON_HOLD


def test_a_persons_hold_keeps_its_reason_whatever_the_shop_says_meanwhile(place: Place) -> None:
    place.stock("A", 5)
    unpaid = {"payment": Payment.PENDING}
    order_id = place.sell(sold("A", taken=0), **unpaid)
    with unit_of_work(place.manager.actor) as work:
        service.hold_order(work, order_id, "The address looks odd")

    place.sell(sold("A", taken=0), modified_at=clock.now(), **unpaid)
    place.sell(sold("A"), modified_at=clock.now())

    order = place.order(order_id).order
    assert (order.state, order.hold_reason) == (OrderState.ON_HOLD, "The address looks odd")


def test_an_order_on_hold_of_which_the_shop_sent_a_part_sends_no_more_of_it(place: Place) -> None:
    place.stock("A", 5)
    order_id = place.sell(sold("A", 3))
    with unit_of_work(place.manager.actor) as work:
        service.hold_order(work, order_id, "The address looks odd")
    parcel = ChannelShipment("there-1", {"line-A": 1})
    place.sell(sold("A", 3, shipped=1), modified_at=clock.now(), shipments=(parcel,))

    page = place.client.get(f"/orders/{order_id}").text
    answer = place.client.post(
        f"/orders/{order_id}/ship", data=place.form(order_id, **place.units(order_id, 1))
    )

    assert "The address looks odd" in page
    assert f"/orders/{order_id}/ship" not in page
    assert answer.status_code == 409
    assert place.order(order_id).lines[0].line.shipped == 1


def test_who_meets_news_of_the_order_half_way_is_served_all_the_same(place: Place) -> None:
    mug = place.stock("A", 5)
    order_id = place.sell(sold("A", 3))
    data = place.form(order_id, restocks="y", **place.units(order_id, 3))
    has_begun = Event()

    @in_unit
    def take_news(work: Work) -> None:
        """Lock as the reading of orders does: products first, then the order."""
        which = select(Variant.product_id).where(Variant.id == mug).scalar_subquery()
        work.session.execute(select(Product.id).where(Product.id == which).with_for_update())
        until = time.monotonic() + (0 if has_begun.is_set() else 20)
        has_begun.set()
        while time.monotonic() < until and not somebody_waits():
            continue
        service.get_order(work, order_id)

    with ThreadPoolExecutor(1) as pool:
        news = pool.submit(take_news, place.manager.actor)
        assert has_begun.wait(20)
        answer = place.client.post(f"/orders/{order_id}/cancel", data=data)
        news.result(30)

    assert answer.status_code == 303
    assert place.order(order_id).order.state == OrderState.CANCELLED


def somebody_waits() -> bool:
    """Tell whether anybody waits for a lock of this database."""
    waiting = text(
        "SELECT count(*) FROM pg_stat_activity"
        " WHERE datname = current_database() AND wait_event_type = 'Lock'"
    )
    with db.engine().connect() as connection:
        return bool(connection.scalar(waiting))
