"""The report of orders as people see it: sums by currency, days of the organization, a file."""

import csv
import io
from datetime import UTC, datetime, timedelta

from app.adapters.orders import Payment
from app.core import clock, db
from app.core.work import unit_of_work
from app.orders import service
from app.team.models import Organization
from tests.cast import enter
from tests.factories.orders import sold
from tests.pages.orders.conftest import Place


def test_without_orders_it_says_what_to_do_next(place: Place) -> None:
    page = place.client.get("/orders/report").text

    assert "No orders yet" in page
    assert 'href="/orders"' in page


def test_orders_are_added_up_by_currency_channel_and_item(place: Place) -> None:
    place.stock("A", 9)
    first = place.sell(sold("A", 2, each=1000), number="1")
    place.sell(sold("A", 1, each=500), number="2", currency="EUR", payment=Payment.PENDING)
    place.sell(sold("A", 4, each=9900), number="3", is_test=True)
    lost = place.sell(sold("A", 1, each=7700), number="4")
    with unit_of_work(place.manager.actor) as work:
        service.ship_order(work, first, service.Parcel())
        service.cancel_order(work, lost, service.Cancelling("Lost"))

    page = place.client.get("/orders/report").text

    for words in (
        '<span class="stat-label">Orders</span>\n    <p class="stat-value">2</p>',
        '<span class="stat-label">Units</span>\n    <p class="stat-value">3</p>',
        '<span class="stat-label">Net, USD</span>\n    <p class="stat-value">$20.00</p>',
        '<span class="stat-label">Net, EUR</span>\n    <p class="stat-value">€5.00</p>',
        'data-label="Not paid yet">€5.00',
        'data-label="Cancelled">33.3%',
        "Web shop",
        "Order to shipped",
        'data-label="Units">3',
    ):
        assert words in page, words
    assert "€25" not in page
    assert "$99" not in page


def test_a_day_of_25_hours_is_one_day(place: Place) -> None:
    with unit_of_work(place.people.alice.actor) as work:
        work.session.get_one(Organization, place.people.alice.place).timezone = "Europe/Berlin"
    with clock.frozen(datetime(2030, 11, 20, 12, tzinfo=UTC)):  # clocks went back on 27 October
        enter(place.client, place.manager)
        first = datetime(2030, 10, 26, 22, tzinfo=UTC)
        hours = (-0.1, 0, 24.9, 25)
        for at, hour in enumerate(hours):
            moment = first + timedelta(hours=hour)
            place.sell(sold("A"), number=str(at), placed_at=moment)

        with place.client.get("/orders/report.csv?from=2030-10-01&to=2030-11-01") as file:
            rows = list(csv.DictReader(io.StringIO(file.data.decode("utf-8-sig"))))

    assert [(row["Day"], row["Orders placed"]) for row in rows] == [
        ("2030-10-26", "1"),
        ("2030-10-27", "2"),
        ("2030-10-28", "1"),
    ]
    assert {row["Channel"] for row in rows} == {"Web shop"}
    assert sum(float(row["Total"]) for row in rows) == 40.0


def test_a_channel_narrows_it_and_days_that_cannot_be_shown_are_refused(place: Place) -> None:
    place.sell(sold("A"))

    other = place.client.get(f"/orders/report?channel={db.new_id()}")
    refused = place.client.get("/orders/report?from=2026-02-01&to=2026-01-01")

    assert "Nothing was ordered in these days" in other.text
    assert refused.status_code == 422
    assert "Choose a first day that is not after the last." in refused.text
    assert place.client.get("/orders/report.csv?from=2026-02-30").status_code == 422


def test_who_may_not_export_gets_no_file_and_others_see_nothing(place: Place) -> None:
    place.sell(sold("A"))

    viewer = enter(place.client, place.people.carol)
    seen, file = viewer.get("/orders/report").text, viewer.get("/orders/report.csv")
    stranger = enter(place.client, place.people.mallory)
    theirs = stranger.get(f"/orders/report?channel={place.connection_id}").text
    with stranger.get(f"/orders/report.csv?channel={place.connection_id}") as answer:
        their_file = answer.data

    assert "Web shop" in seen
    assert "report.csv" not in seen
    assert file.status_code == 403
    assert "No orders yet" in theirs
    assert len(their_file.decode("utf-8-sig").splitlines()) == 1
