"""The report of stock as people see it: figures, a table, a file, days of the organization."""

import csv
import io
import json
import re
from datetime import UTC, datetime
from html import unescape
from uuid import UUID

from flask.testing import FlaskClient

from app.core import clock
from app.core.work import unit_of_work
from app.inventory import service
from app.inventory.service import Adjustment, Mode, Reason
from app.team.models import Organization
from tests.cast import Cast, enter
from tests.factories.catalog import product

PARTIAL = {"HX-Request": "true", "HX-Request-Type": "partial", "HX-Target": "div#results"}


def adjust(cast: Cast, variant_id: UUID, quantity: int, mode: Mode = Mode.ADD) -> None:
    with unit_of_work(cast.alice.actor) as work:
        wish = Adjustment(mode, quantity, Reason.RECEIVED)
        service.adjust(work, variant_id, service.default_location(work), wish)


def live_in(cast: Cast, zone: str) -> None:
    with unit_of_work(cast.alice.actor) as work:
        home = work.session.get_one(Organization, cast.alice.place)
        home.timezone = zone


def charts(html: str) -> list[dict[str, object]]:
    return [json.loads(unescape(each)) for each in re.findall(r'data-chart="([^"]*)"', html)]


def test_without_stock_it_says_what_to_do_next(client: FlaskClient, cast: Cast) -> None:
    page = enter(client, cast.alice).get("/inventory/report").text

    assert "Nothing to report yet" in page
    assert 'href="/inventory"' in page


def test_a_report_tells_what_moved_by_variant_and_by_day(
    client: FlaskClient, cast: Cast, mug: UUID
) -> None:
    adjust(cast, mug, 7)

    page = enter(client, cast.alice).get("/inventory/report?days=7").text
    (chart,) = charts(page)

    assert "Blue mug" in page
    for label, value in (("Opening", "0"), ("Received", "+7"), ("Closing", "<b>12</b>")):
        assert f'data-label="{label}">{value}' in page, label
    labels = [each["label"] for each in chart["data"]["datasets"]]  # type: ignore[index]
    assert labels == ["Received", "Adjusted"]
    assert '<caption class="sr-only">Units per day</caption>' in page


def test_a_day_is_one_of_the_organization(client: FlaskClient, cast: Cast, mug: UUID) -> None:
    live_in(cast, "Pacific/Auckland")
    year = clock.now().year + 1

    with clock.frozen(datetime(year, 1, 15, 11, 30, tzinfo=UTC)):
        page = enter(client, cast.alice)
        adjust(cast, mug, 3)  # half past midnight there: the sixteenth already
        day = f"{year}-01-16"
        told = page.get(f"/inventory/report?from={day}&to={day}").text
        before = page.get(f"/inventory/report?from={day[:-1]}5&to={day[:-1]}5").text

    assert 'data-label="Received">+3' in told
    assert "days in Pacific/Auckland" in told
    assert "Nothing moved in these days" in before


def test_days_that_cannot_be_shown_are_refused_at_the_field(
    client: FlaskClient, cast: Cast, mug: UUID
) -> None:
    page = enter(client, cast.alice)

    for asked, sentence in [
        ("from=2020-01-01", "Choose at most 366 days."),
        ("from=tomorrow", "Enter a day, such as 2026-12-24."),
    ]:
        answer = page.get(f"/inventory/report?{asked}")
        assert answer.status_code == 422
        assert sentence in answer.text
        assert 'aria-invalid="true"' in answer.text
        assert page.get(f"/inventory/report.csv?{asked}").status_code == 422


def test_a_part_of_the_page_is_sent_to_who_sorts(
    client: FlaskClient, cast: Cast, mug: UUID
) -> None:
    answer = enter(client, cast.alice).get("/inventory/report?sort=left", headers=PARTIAL)

    assert "Blue mug" in answer.text
    assert "<html" not in answer.text
    assert "data-chart" not in answer.text


def test_the_file_holds_every_variant_and_adds_up(
    client: FlaskClient, cast: Cast, mug: UUID
) -> None:
    adjust(cast, mug, 7)
    adjust(cast, mug, 2, Mode.TAKE)

    with enter(client, cast.bob).get("/inventory/report.csv?days=28") as answer:
        (row,) = csv.DictReader(io.StringIO(answer.data.decode("utf-8-sig")))

    assert answer.mimetype == "text/csv"
    assert (row["SKU"], row["Received"], row["Closing"]) == ("MUG-1", "7", "10")
    moved = ("Sold", "Received", "Returned", "Adjusted", "Counted", "Transferred")
    assert int(row["Opening"]) + sum(int(row[each]) for each in moved) == int(row["Closing"])


def test_who_may_not_export_sees_the_report_and_gets_no_file(
    client: FlaskClient, cast: Cast, mug: UUID
) -> None:
    page = enter(client, cast.carol)

    assert "report.csv" not in page.get("/inventory/report").text
    assert page.get("/inventory/report.csv").status_code == 403


def test_another_organization_sees_nothing_of_it(
    client: FlaskClient, cast: Cast, mug: UUID, main: str
) -> None:
    page = enter(client, cast.mallory)

    shown = page.get(f"/inventory/report?location={main}").text
    with page.get(f"/inventory/report.csv?location={main}") as answer:
        file = answer.data.decode("utf-8-sig")

    assert "Blue mug" not in shown
    assert "MUG-1" not in file
    assert len(file.splitlines()) == 1


def test_the_ledger_is_read_twice_however_many_variants_there_are(
    client: FlaskClient, cast: Cast, mug: UUID, questions: list[str]
) -> None:
    for at in range(5):
        product(cast.alice.actor, {"sku": f"CUP-{at}", "quantity": 5}, title="Cup")
    page = enter(client, cast.alice)
    questions.clear()

    page.get("/inventory/report")

    assert len([each for each in questions if "inventory_postings" in each]) == 2
