"""The pages of transfers: scanned, sent, received; refused at the line, shown again when stale."""

from uuid import UUID

import pytest
from flask.testing import FlaskClient

from app.core import db
from app.core.work import unit_of_work
from app.inventory import queries, service
from app.inventory.queries import TransferDetail
from app.team.permissions import Role
from tests.cast import Cast, csrf, enter, person

PARTIAL = {"HX-Request": "true", "HX-Request-Type": "partial", "HX-Target": "div#scanned"}


@pytest.fixture
def shop(cast: Cast, mug: UUID) -> str:
    """A second location."""
    with unit_of_work(cast.alice.actor) as work:
        return str(service.create_location(work, service.LocationDraft("Shop")))


@pytest.fixture
def page(client: FlaskClient, cast: Cast, mug: UUID, shop: str) -> FlaskClient:
    """Bob, who moves goods."""
    return enter(client, cast.bob)


def begin(page: FlaskClient, main: str, shop: str, **fields: str) -> str:
    """Fill the form of a new transfer; returns the address of its page."""
    sent = {"origin": main, "destination": shop, "csrf_token": csrf(page), **fields}
    answer = page.post("/inventory/transfers/new", data=sent)
    assert answer.status_code == 303, answer.text
    return str(answer.headers["Location"])


def detail(cast: Cast, url: str) -> TransferDetail:
    with db.reading(cast.alice.actor) as session:
        return queries.transfer_detail(session, UUID(url.rpartition("/")[2]))


def form(page: FlaskClient, cast: Cast, url: str, **boxes: str) -> dict[str, str]:
    """Return what the form of lines carries; boxes of the only line by their words."""
    found = detail(cast, url)
    key = found.lines[0].id
    filled = {f"{name}-{key}": value for name, value in boxes.items() if name != "reason"}
    reason = {"reason": boxes["reason"]} if "reason" in boxes else {}
    return {
        "csrf_token": csrf(page),
        "version": str(found.transfer.version),
        **filled,
        **reason,
    }


def test_a_transfer_is_scanned_sent_and_received(
    page: FlaskClient, cast: Cast, mug: UUID, main: str, shop: str
) -> None:
    url = begin(page, main, shop, expected_on="2026-12-24", note="Before the weekend")
    for _ in range(2):
        page.post(f"{url}/lines", data={"code": "mug-1", "csrf_token": csrf(page)})

    sent = page.post(f"{url}/send", data=form(page, cast, url, units="3"))
    listed = page.get("/inventory/transfers?tab=way").text
    shown = page.get(url).text
    came = form(page, cast, url, came="1", missing="1", damaged="1", reason="Dropped")
    received = page.post(f"{url}/receive", data=came, follow_redirects=True).text

    assert sent.status_code == 303
    assert "Transfer 1" in listed
    assert "On the way" in listed
    assert "Before the weekend" in shown
    assert "Dropped" in received
    assert "Received" in received
    ledger = page.get(f"/inventory/{mug}").text
    assert f'href="{url}"' in ledger
    assert "Transfer 1" in ledger


def test_a_scan_answers_with_the_part_that_shows_it(
    page: FlaskClient, cast: Cast, main: str, shop: str
) -> None:
    url = begin(page, main, shop)
    token = csrf(page)

    known = page.post(f"{url}/lines", data={"code": "MUG-1", "csrf_token": token}, headers=PARTIAL)
    unknown = page.post(
        f"{url}/lines", data={"code": "CUP-9", "csrf_token": token}, headers=PARTIAL
    )

    assert known.status_code == 200
    assert "<html" not in known.text
    assert known.headers["HX-Trigger"] == "scanned"
    assert "Blue mug" in page.get(url, headers={**PARTIAL, "HX-Target": "div#lines"}).text
    assert unknown.status_code == 422
    assert "No variant has “CUP-9” as its SKU or barcode." in unknown.text
    assert 'value="CUP-9"' not in unknown.text


def test_what_cannot_be_sent_is_said_at_its_line_and_nothing_is_saved(
    page: FlaskClient, cast: Cast, main: str, shop: str
) -> None:
    url = begin(page, main, shop)
    page.post(f"{url}/lines", data={"code": "MUG-1", "csrf_token": csrf(page)})

    too_many = page.post(f"{url}/send", data=form(page, cast, url, units="6"))
    no_number = page.post(f"{url}/send", data=form(page, cast, url, units="six"))

    assert too_many.status_code == no_number.status_code == 422
    assert "Only 5 available at Main location." in too_many.text
    assert "Enter a whole number from 0." in no_number.text
    assert detail(cast, url).lines[0].line.quantity == 1


def test_a_page_that_is_no_longer_true_posts_nothing_and_says_so(
    page: FlaskClient, cast: Cast, main: str, shop: str
) -> None:
    url = begin(page, main, shop)
    page.post(f"{url}/lines", data={"code": "MUG-1", "csrf_token": csrf(page)})
    filled = form(page, cast, url, units="1")
    page.post(f"{url}/send", data=filled)

    again = page.post(f"{url}/send", data=filled)

    assert again.status_code == 409
    assert "Nothing was posted twice." in again.text


@pytest.mark.parametrize(
    ("fields", "sentence"),
    [
        ({"destination": "nowhere"}, "Not a valid choice"),
        ({"origin": "nowhere"}, "Not a valid choice"),
        ({"expected_on": "soon"}, "Enter a day, such as"),
        ({"note": "x" * 501}, "longer than 500"),
    ],
)
def test_a_wish_that_makes_no_sense_is_said_at_the_field(
    page: FlaskClient, main: str, shop: str, fields: dict[str, str], sentence: str
) -> None:
    sent = {"origin": main, "destination": shop, "csrf_token": csrf(page), **fields}

    answer = page.post("/inventory/transfers/new", data=sent)

    assert answer.status_code == 422
    assert sentence in answer.text


def test_goods_do_not_travel_to_where_they_lie(page: FlaskClient, main: str) -> None:
    sent = {"origin": main, "destination": main, "csrf_token": csrf(page)}

    answer = page.post("/inventory/transfers/new", data=sent)

    assert answer.status_code == 422
    assert "Choose another location than the goods leave." in answer.text


def test_who_only_looks_sees_it_and_may_do_nothing(
    page: FlaskClient, cast: Cast, main: str, shop: str, client: FlaskClient
) -> None:
    url = begin(page, main, shop)
    page.post(f"{url}/lines", data={"code": "MUG-1", "csrf_token": csrf(page)})
    carol = enter(client, cast.carol)

    seen = carol.get(url)
    refused = carol.post(f"{url}/send", data=form(carol, cast, url, units="1"))

    assert seen.status_code == 200
    assert "Send these units" not in seen.text
    assert refused.status_code == 403
    assert detail(cast, url).transfer.state == "draft"


def test_another_organization_is_told_nothing(
    page: FlaskClient, cast: Cast, main: str, shop: str, client: FlaskClient
) -> None:
    url = begin(page, main, shop)
    mallory = enter(client, cast.mallory)

    answers = [
        mallory.get(url).status_code,
        mallory.post(
            "/inventory/transfers/new",
            data={"origin": main, "destination": shop, "csrf_token": csrf(mallory)},
        ).status_code,
    ]

    assert answers == [404, 422]
    assert "Transfer 1" not in mallory.get("/inventory/transfers").text


def test_a_manager_may_approve_counts_and_an_editor_not(cast: Cast) -> None:
    manager = person("Max", Role.MANAGER, organization_id=cast.alice.organization_id)

    assert manager.actor.can("inventory.approve")
    assert not cast.bob.actor.can("inventory.approve")
