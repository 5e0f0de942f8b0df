"""Mails to buyers: wanted, once per event, escaped, and logged at the order."""

from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import select

from app.adapters.orders import Payment
from app.core import clock, db
from app.core.work import unit_of_work
from app.notices.models import Mail
from app.orders import letters, service
from app.orders.letters import LetterKind
from app.orders.models import Shipment
from tests.cast import csrf
from tests.factories.orders import channel_order, sold, taken
from tests.pages.orders.conftest import Place


def entered(place: Place, sku: str = "MUG-1", **values: Any) -> UUID:
    """Enter an order of two mugs here; returns its id."""
    mug = place.stock(sku, 5, title="Blue mug")
    told = {"email": "dora@buyers.example", **values}
    with unit_of_work(place.manager.actor) as work:
        draft = service.ManualOrder("USD", [service.Entry(mug, 2, 1000)], **told)
        return service.create_order(work, draft)


def mails(place: Place) -> list[Mail]:
    """Return the mails to buyers, the oldest first."""
    with db.reading(place.manager.actor) as session:
        asked = select(Mail).where(Mail.recipient == "dora@buyers.example").order_by(Mail.id)
        return list(session.scalars(asked))


def ship(place: Place, order_id: UUID, **how: Any) -> UUID:
    with unit_of_work(place.manager.actor) as work:
        parcel = service.Parcel(carrier="UPS", tracking_number="1Z1", **how)
        return service.ship_order(work, order_id, parcel)


def save(place: Place, kind: str, **values: str) -> Any:
    data = {"csrf_token": csrf(place.client), **values}
    return place.client.post(f"/orders/mails/{kind}", data=data)


def test_the_buyer_of_an_entered_order_hears_of_it_of_its_parcel_and_of_money(
    place: Place,
) -> None:
    order_id = entered(place, payment=Payment.PAID)
    ship(place, order_id)
    with unit_of_work(place.manager.actor) as work:
        service.refund_order(work, order_id, service.Refunding(500, {}, "Scratch"))

    confirmed, shipped, refunded = mails(place)
    assert confirmed.subject == "Your order M-1001"
    assert "2 × Blue mug" in confirmed.text
    assert "20.00 USD" in confirmed.text
    assert "UPS 1Z1" in shipped.text
    assert "5.00 USD" in refunded.text
    page = place.client.get(f"/orders/{order_id}").text
    assert all(f"Mail to the buyer: {words}." in page for words in letters.WORDS.values())
    assert page.count("Being sent") == 3


@pytest.mark.parametrize("is_chosen", [True, False])
def test_buyers_of_a_channel_get_mails_only_by_choice(place: Place, is_chosen: bool) -> None:
    place.stock("A")
    if is_chosen:
        data = {"csrf_token": csrf(place.client), "channels": str(place.connection_id)}
        assert place.client.post("/orders/mails", data=data).status_code == 303
    order_id = place.sell(sold("A"))
    ship(place, order_id, notifies=False)

    assert len(mails(place)) == (2 if is_chosen else 0)


def test_where_the_shop_mails_of_the_parcel_we_do_not(place: Place) -> None:
    place.stock("A")
    with unit_of_work(place.manager.actor) as work:
        service.choose_channel(work, place.connection_id, is_on=True)
    order_id = place.sell(sold("A"))

    ship(place, order_id, notifies=True)

    assert [mail.subject for mail in mails(place)] == ["Your order #1001"]


def test_an_order_is_confirmed_once_it_is_paid(place: Place) -> None:
    place.stock("A")
    with unit_of_work(place.manager.actor) as work:
        service.choose_channel(work, place.connection_id, is_on=True)
    place.sell(sold("A", taken=0), payment=Payment.PENDING)
    unpaid = mails(place)

    for _ in range(2):
        place.sell(sold("A"), modified_at=clock.now())

    assert unpaid == []
    assert [mail.subject for mail in mails(place)] == ["Your order #1001"]


def test_what_was_sent_before_it_was_paid_is_not_confirmed_after_it_came(place: Place) -> None:
    place.stock("A")
    with unit_of_work(place.manager.actor) as work:
        service.choose_channel(work, place.connection_id, is_on=True)
    place.sell(sold("A"), payment=Payment.PENDING)

    place.sell(sold("A", shipped=1), modified_at=clock.now(), is_done=True)

    assert mails(place) == []


def test_no_event_is_told_twice(place: Place) -> None:
    place.stock("A")
    with unit_of_work(place.manager.actor) as work:
        service.choose_channel(work, place.connection_id, is_on=True)
        seen = channel_order(sold("A"))
        order_id = taken(work, place.connection_id, seen)
    ship(place, order_id, notifies=False)

    with unit_of_work(place.manager.actor) as work:
        taken(work, place.connection_id, seen)
        order = service.get_order(work, order_id)
        parcel = work.session.scalars(select(Shipment.id)).one()
        assert not service.tell_buyer(work, order, LetterKind.SHIPPED, parcel)

    assert len(mails(place)) == 2


def test_the_text_is_changed_previewed_and_switched_off(place: Place) -> None:
    assert "Your order {{ number }}" in place.client.get("/orders/mails/confirmed").text
    shown = save(place, "confirmed", subject="Hi {{ name }}", body="Got {{ number }}.", preview="1")
    assert "Hi Dora Diaz" in shown.text
    assert "Hi {{ name }}" not in place.client.get("/orders/mails").text

    text = {"subject": "Hi {{ name }}", "body": "Got {{ number }}."}
    assert save(place, "confirmed", **text, is_on="y").status_code == 303
    entered(place)
    assert [mail.text for mail in mails(place)] == ["Got M-1001.\n"]
    assert save(place, "confirmed", **text).status_code == 303
    entered(place, sku="MUG-2")
    assert len(mails(place)) == 1


@pytest.mark.parametrize(
    ("values", "sentence"),
    [
        ({"subject": "", "body": "x"}, "Write something."),
        ({"subject": "x", "body": "{{ config }}"}, "Nothing is known as {{ config }} here."),
        ({"subject": "x", "body": "{{ name.__class__ }}"}, "Nothing is known as"),
        ({"subject": "{{ amount }}", "body": "x"}, "Nothing is known as {{ amount }} here."),
    ],
)
def test_what_means_nothing_is_refused(place: Place, values: dict[str, str], sentence: str) -> None:
    answer = save(place, "confirmed", **values)

    assert answer.status_code == 422
    assert sentence in answer.text
    assert place.client.get("/orders/mails/other").status_code == 404


def test_what_buyers_and_shops_wrote_is_escaped_and_runs_nothing() -> None:
    values = {
        "name": "<script>{{ number }}</script>",
        "number": "7",
        "tracking_url": "https://a/?b=1&c",
    }

    text = letters.filled("Hello {{ name }}\n{{ tracking_url }}", values)
    html = letters.as_html(text)

    assert text == "Hello <script>{{ number }}</script>\nhttps://a/?b=1&c\n"
    assert "&lt;script&gt;" in html
    assert '<a href="https://a/?b=1&amp;c">' in html
    assert "<script>" not in html


def test_a_forgotten_buyer_is_forgotten_in_the_mails_too(place: Place) -> None:
    place.stock("A")
    with unit_of_work(place.manager.actor) as work:
        service.choose_channel(work, place.connection_id, is_on=True)
    order_id = place.sell(sold("A"))
    assert len(mails(place)) == 1

    with unit_of_work(place.manager.actor) as work:
        service.erase_buyer(work, [place.connection_id], traces=["dora@buyers.example"])

    assert mails(place) == []
    assert place.client.get(f"/orders/{order_id}").status_code == 200


def test_the_same_news_again_leaves_open_forms_valid(place: Place) -> None:
    place.stock("A")
    seen = channel_order(sold("A"))
    with unit_of_work(place.manager.actor) as work:
        order_id = taken(work, place.connection_id, seen)
    before = place.order(order_id).order.version

    with unit_of_work(place.manager.actor) as work:
        taken(work, place.connection_id, seen)

    assert place.order(order_id).order.version == before
