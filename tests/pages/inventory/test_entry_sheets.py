"""Counts and transfers from a file, and into one: shown first, taken in once, row by row."""

import csv
import html
import io
import re
from uuid import UUID

import pytest
from flask.testing import FlaskClient

from app.core import db
from app.core.work import unit_of_work
from app.inventory import queries, service
from app.inventory.service.counts import get_count
from app.inventory.transit import Arrival
from app.team.permissions import Role
from tests.cast import Cast, csrf, enter, person
from tests.factories.catalog import product


@pytest.fixture
def page(client: FlaskClient, cast: Cast, mug: UUID) -> FlaskClient:
    """Bob, who counts and moves goods."""
    product(
        cast.alice.actor, {"sku": "CUP-1", "gtin": "4006381333931", "quantity": 47}, title="Cup"
    )
    product(cast.alice.actor, {"sku": "=PAN", "quantity": 2}, title="=1+1")
    return enter(client, cast.bob)


@pytest.fixture
def count(cast: Cast, mug: UUID, page: FlaskClient, main: str) -> str:
    """The address of a count of everything at the first location."""
    with unit_of_work(cast.bob.actor) as work:
        begun = service.start_count(work, service.CountDraft(UUID(main)))
    return f"/inventory/counts/{begun}"


@pytest.fixture
def transfer(cast: Cast, mug: UUID, page: FlaskClient, main: str) -> str:
    """The address of a delivery to the first location, still a draft."""
    with unit_of_work(cast.bob.actor) as work:
        begun = service.start_transfer(work, service.TransferDraft(UUID(main)))
    return f"/inventory/transfers/{begun}"


def review(
    page: FlaskClient, url: str, table: str, mode: str = "add"
) -> tuple[str, dict[str, str]]:
    """Show a table; returns the page and what its form sends."""
    sent = {"text": table, "mode": mode, "csrf_token": csrf(page)}
    shown = page.post(f"{url}/file", data=sent).get_data(as_text=True)
    mark = re.search(r'name="mark" value="([^"]*)"', shown)
    text = re.search(r'<textarea name="text"[^>]*>\n(.*?)</textarea>', shown, re.DOTALL)
    if mark is None or text is None:
        return shown, {}
    kept = {"mark": mark[1], "text": html.unescape(text[1]), "mode": mode}
    return shown, {**kept, "csrf_token": csrf(page)}


def take(page: FlaskClient, url: str, table: str, mode: str = "add") -> None:
    """Show a table and agree to it."""
    _, sent = review(page, url, table, mode)
    assert page.post(f"{url}/file/post", data=sent).status_code == 303


def counted(cast: Cast, url: str) -> dict[str | None, int | None]:
    with db.reading(cast.alice.actor) as session:
        found = queries.every_count_line(session, UUID(url.rpartition("/")[2]))
        return {row.sku: row.line.counted for row in found}


def travels(cast: Cast, url: str) -> dict[str | None, int]:
    with db.reading(cast.alice.actor) as session:
        found = queries.transfer_detail(session, UUID(url.rpartition("/")[2]))
        return {row.sku: row.line.quantity for row in found.lines}


def file_of(page: FlaskClient, url: str) -> list[dict[str, str]]:
    with page.get(f"{url}/lines.csv") as answer:
        assert answer.status_code == 200
        return list(csv.DictReader(io.StringIO(answer.get_data().decode("utf-8-sig"))))


def test_a_scanners_log_adds_up_and_adds_to_what_was_entered(
    page: FlaskClient, cast: Cast, count: str
) -> None:
    page.post(f"{count}/lines", data={"code": "MUG-1", "csrf_token": csrf(page)})
    table = "SKU or barcode;Qty\nmug-1;2\n4006381333931;40\nNOPE;1\n4006381333931;6\n"

    shown, sent = review(page, count, table)
    before = counted(cast, count)
    done = page.post(f"{count}/file/post", data=sent)

    assert "2 lines are entered, 1 row cannot be followed." in shown
    assert "No variant has “NOPE” as its SKU or barcode." in shown
    assert "3, 5" in shown
    assert before == {"MUG-1": 1, "CUP-1": None, "=PAN": None}
    assert done.status_code == 303
    assert counted(cast, count) == {"MUG-1": 3, "CUP-1": 46, "=PAN": None}


def test_a_count_taken_out_filled_in_and_brought_back_replaces_what_was_entered(
    page: FlaskClient, cast: Cast, count: str
) -> None:
    take(page, count, "SKU,Quantity\nMUG-1,9\n")
    rows = file_of(page, count)
    filled = {"MUG-1": "5", "'=PAN": "0", "CUP-1": ""}
    sheet = io.StringIO()
    out = csv.DictWriter(sheet, list(rows[0]))
    out.writeheader()
    out.writerows({**row, "Quantity": filled[row["SKU"]]} for row in rows)

    shown, sent = review(page, count, sheet.getvalue() + ",MUG-1,,,7\n", "set")
    page.post(f"{count}/file/post", data=sent)

    assert "2 lines are entered, 1 row cannot be followed, 1 row without a quantity left" in shown
    assert "is about the same variant." in shown
    assert counted(cast, count) == {"MUG-1": 5, "CUP-1": None, "=PAN": 0}


def test_a_table_is_taken_in_once_and_shown_again_when_somebody_counted_meanwhile(
    page: FlaskClient, cast: Cast, count: str
) -> None:
    _, sent = review(page, count, "SKU,Quantity\nMUG-1,4\n")

    page.post(f"{count}/file/post", data=sent)
    twice = page.post(f"{count}/file/post", data=sent)
    _, same = review(page, count, "SKU,Quantity\nMUG-1,4\n", "set")
    page.post(f"{count}/lines", data={"code": "CUP-1", "csrf_token": csrf(page)})
    page.post(f"{count}/lines", data={"code": "MUG-1", "csrf_token": csrf(page)})
    moved = page.post(f"{count}/file/post", data=same)

    assert twice.status_code == 409
    assert "Some of this changed since it was shown." in twice.text
    assert moved.status_code == 409
    assert counted(cast, count) == {"MUG-1": 5, "CUP-1": 1, "=PAN": None}


def test_no_figure_of_ours_leaves_with_the_lines_while_they_are_counted(
    page: FlaskClient, client: FlaskClient, cast: Cast, mug: UUID, count: str
) -> None:
    take(page, count, "SKU,Quantity\nMUG-1,3\nCUP-1,46\n")
    shown, _ = review(page, count, "SKU,Quantity\nMUG-1,3\nCUP-1,46\n", "set")
    counting = file_of(page, count)
    with unit_of_work(cast.bob.actor) as work:
        key = UUID(count.rpartition("/")[2])
        service.finish_count(work, key, get_count(work, key).version)
    handed_in = file_of(page, count)
    manager = enter(client, person("Max", Role.MANAGER, organization_id=cast.alice.organization_id))
    compared = {row["SKU"]: row for row in file_of(manager, count)}

    assert ">5<" not in shown
    assert ">47<" not in shown
    assert f"/inventory/{mug}" not in shown
    columns = ["Product", "SKU", "Barcode", "Location", "Quantity", "By", "At"]
    assert list(counting[0]) == list(handed_in[0]) == columns
    assert (compared["MUG-1"]["On hand then"], compared["MUG-1"]["Difference"]) == ("5", "-2")
    assert compared["'=PAN"]["Product"] == "'=1+1"


def test_a_count_that_is_over_takes_no_table(page: FlaskClient, cast: Cast, count: str) -> None:
    _, sent = review(page, count, "SKU,Quantity\nMUG-1,4\n")
    with unit_of_work(cast.bob.actor) as work:
        key = UUID(count.rpartition("/")[2])
        service.cancel_count(work, key, get_count(work, key).version)

    late = page.post(f"{count}/file/post", data=sent)
    asked = page.get(f"{count}/file")

    assert late.status_code == 409
    assert "What you entered last was not taken in." in late.text
    assert asked.status_code == 303
    assert counted(cast, count)["MUG-1"] is None


@pytest.mark.parametrize(
    ("row", "sentence"),
    [
        ("MUG-1,-1,", "The quantity has to be a whole number from 0."),
        ("MUG-1,1000001,", "A line holds at most 1,000,000 units."),
        ("MUG-1,1,Moon", "This count is of Main location."),
        (",1,", "This row names no SKU or barcode."),
    ],
)
def test_a_row_that_cannot_be_counted_says_why(
    page: FlaskClient, count: str, row: str, sentence: str
) -> None:
    shown, sent = review(page, count, f"SKU,Quantity,Location\n{row}\n")

    assert sentence in shown
    assert sent == {}


def test_a_table_without_a_choice_or_columns_is_refused_at_its_field(
    page: FlaskClient, count: str, transfer: str
) -> None:
    answers = [
        page.post(f"{url}/file", data={"text": text, "mode": mode, "csrf_token": csrf(page)})
        for url in (count, transfer)
        for text, mode in (("SKU,Quantity\nMUG-1,1", ""), ("Name,Price\nMug,1", "add"))
    ]

    assert {each.status_code for each in answers} == {422}
    assert "Choose what the quantities say." in answers[0].text
    assert "needs the columns SKU (or Barcode) and Quantity." in answers[3].text


def test_the_lines_of_a_draft_come_from_a_table(
    page: FlaskClient, cast: Cast, transfer: str
) -> None:
    page.post(f"{transfer}/lines", data={"code": "MUG-1", "csrf_token": csrf(page)})

    shown, sent = review(page, transfer, "Barcode\tQuantity\n4006381333931\t7\nmug-1\t2\nX\t\n")
    page.post(f"{transfer}/file/post", data=sent)
    added = travels(cast, transfer)
    twice = page.post(f"{transfer}/file/post", data=sent)
    take(page, transfer, "SKU,Quantity\nMUG-1,0\nCUP-1,7\n=PAN,1\n", "set")

    assert "2 lines change, 1 row cannot be followed." in shown
    assert "The quantity has to be a whole number from 1." in shown
    assert added == {"MUG-1": 3, "CUP-1": 7}
    assert twice.status_code == 409
    assert travels(cast, transfer) == {"CUP-1": 7, "=PAN": 1}


def test_the_lines_of_a_transfer_leave_with_what_arrived(
    page: FlaskClient, cast: Cast, transfer: str
) -> None:
    take(page, transfer, "SKU,Quantity\nMUG-1,4\n")
    draft = file_of(page, transfer)
    key = UUID(transfer.rpartition("/")[2])
    with unit_of_work(cast.bob.actor) as work:
        service.send_transfer(work, key)
    with db.reading(cast.bob.actor) as session:
        found = queries.transfer_detail(session, key)
    with unit_of_work(cast.bob.actor) as work:
        arrivals = {row.id: Arrival(3) for row in found.lines}
        service.receive_transfer(work, key, arrivals, version=found.transfer.version)
    late, _ = review(page, transfer, "SKU,Quantity\nMUG-1,4\n")

    assert draft == [{"Product": "Blue mug", "SKU": "MUG-1", "Barcode": "", "Quantity": "4"}]
    sent = file_of(page, transfer)[0]
    assert (sent["Quantity"], sent["Received"], sent["On the way"]) == ("4", "3", "1")
    assert "This transfer changed since it was shown." in late


def test_hundreds_of_rows_are_taken_in_with_a_few_questions(
    page: FlaskClient, cast: Cast, count: str, transfer: str, questions: list[str]
) -> None:
    variants = [{"sku": f"R-{n}", "choice": {"Size": str(n)}, "quantity": n} for n in range(300)]
    product(cast.alice.actor, *variants, title="Rings")
    table = "SKU,Quantity\n" + "".join(f"R-{n},{n + 1}\n" for n in range(300))
    _, of_count = review(page, count, table)
    _, of_transfer = review(page, transfer, table)
    del questions[:]

    page.post(f"{count}/file/post", data=of_count)
    in_count = len(questions)
    page.post(f"{transfer}/file/post", data=of_transfer)

    assert counted(cast, count)["R-299"] == 300
    assert list(travels(cast, transfer)) == [f"R-{n}" for n in range(300)]
    assert max(in_count, len(questions) - in_count) < 60


@pytest.mark.parametrize("role", list(Role))
def test_editors_and_up_use_tables_and_files(
    client: FlaskClient, cast: Cast, count: str, transfer: str, role: Role
) -> None:
    page = enter(client, person("Sam", role, organization_id=cast.alice.organization_id))
    sent = {"text": "SKU,Quantity\nMUG-1,9", "mode": "add", "csrf_token": csrf(page)}

    statuses = {
        status
        for url in (count, transfer)
        for status in (
            page.get(f"{url}/file").status_code,
            page.post(f"{url}/file", data=sent).status_code,
            page.get(f"{url}/lines.csv", buffered=True).status_code,
        )
    }
    posted = {page.post(f"{url}/file/post", data=sent).status_code for url in (count, transfer)}

    assert statuses == ({403} if role is Role.VIEWER else {200})
    assert posted == ({403} if role is Role.VIEWER else {409})
    assert counted(cast, count)["MUG-1"] is None
