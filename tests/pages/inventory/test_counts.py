"""The pages of counts: entered blind, handed in, compared, approved by who may."""

from uuid import UUID

import pytest
from flask.testing import FlaskClient

from app.core import db
from app.inventory import queries
from app.inventory.models import StockCountLine
from app.team.permissions import Role
from tests.cast import Cast, csrf, enter, person
from tests.factories.catalog import product

PARTIAL = {"HX-Request": "true", "HX-Request-Type": "partial", "HX-Target": "div#scanned"}


@pytest.fixture
def page(client: FlaskClient, cast: Cast, mug: UUID) -> FlaskClient:
    """Bob, who counts."""
    product(cast.alice.actor, {"sku": "CUP-1", "quantity": 47}, title="Cup")
    return enter(client, cast.bob)


def begin(page: FlaskClient, main: str, **fields: str) -> str:
    sent = {"location": main, "scope": "all", "csrf_token": csrf(page), **fields}
    answer = page.post("/inventory/counts/new", data=sent)
    assert answer.status_code == 303, answer.text
    return str(answer.headers["Location"])


def look(cast: Cast, url: str) -> queries.CountDetail:
    with db.reading(cast.alice.actor) as session:
        return queries.count_detail(session, UUID(url.rpartition("/")[2]))


def seen(cast: Cast, url: str) -> list[StockCountLine]:
    with db.reading(cast.alice.actor) as session:
        rows = queries.count_lines(session, UUID(url.rpartition("/")[2]), "").rows
        return [row.line for row in rows]


def step(page: FlaskClient, cast: Cast, url: str) -> dict[str, str]:
    return {"csrf_token": csrf(page), "version": str(look(cast, url).count.version)}


def test_a_count_is_entered_blind_handed_in_and_approved_by_who_may(
    page: FlaskClient, client: FlaskClient, cast: Cast, mug: UUID, main: str
) -> None:
    url = begin(page, main)
    token = csrf(page)
    page.post(f"{url}/lines", data={"code": "MUG-1", "csrf_token": token})
    page.post(f"{url}/lines", data={"code": "mug-1", "quantity": "2", "csrf_token": token})
    page.post(f"{url}/lines", data={"code": "CUP-1", "quantity": "46", "csrf_token": token})
    blind = [page.get(url, query_string={"view": view}).text for view in ("seen", "todo", "")]
    handed_in = page.post(f"{url}/finish", data=step(page, cast, url), follow_redirects=True)
    refused = page.post(f"{url}/review", data={**step(page, cast, url), "action": "everything"})
    manager = enter(client, person("Max", Role.MANAGER, organization_id=cast.alice.organization_id))
    compared = manager.get(f"{url}/review").text

    ids = [str(line.id) for line in seen(cast, url)]
    sent = {**step(manager, cast, url), "action": "approve", "ids": ids}
    approved = manager.post(f"{url}/review", data=sent)

    assert [html for html in blind if ">47<" in html or ">5<" in html] == []
    assert "Somebody who may approve counts compares it" in handed_in.text
    assert refused.status_code == 403
    assert "−2" in compared
    assert "−1" in compared
    assert "Bob" in compared
    assert approved.status_code == 303
    assert look(cast, url).count.state == "closed"
    ledger = manager.get(f"/inventory/{mug}").text
    assert f'href="{url}"' in ledger
    assert "Count 1" in ledger
    assert "−2" in manager.get(url).text


def test_a_scan_answers_with_what_was_scanned(page: FlaskClient, cast: Cast, main: str) -> None:
    url = begin(page, main)
    token = csrf(page)

    known = page.post(f"{url}/lines", data={"code": "MUG-1", "csrf_token": token}, headers=PARTIAL)
    unknown = page.post(f"{url}/lines", data={"code": "0815", "csrf_token": token}, headers=PARTIAL)

    assert known.status_code == 200
    assert 'class="scanned"' in known.text
    assert "1 of 2 counted" in known.text
    assert unknown.status_code == 422
    assert "No variant has “0815” as its SKU or barcode." in unknown.text


def test_a_line_takes_a_number_in_all(page: FlaskClient, cast: Cast, main: str) -> None:
    url = begin(page, main)
    line = str(seen(cast, url)[0].id)
    token = csrf(page)

    page.post(f"{url}/lines", data={"line": line, "quantity": "0", "csrf_token": token})
    none_there = seen(cast, url)[0].counted
    page.post(f"{url}/lines", data={"line": line, "quantity": "", "csrf_token": token})
    bad = page.post(f"{url}/lines", data={"line": line, "quantity": "-1", "csrf_token": token})
    odd = page.post(f"{url}/lines", data={"line": "x", "quantity": "1", "csrf_token": token})

    assert none_there == 0
    assert seen(cast, url)[0].counted is None
    assert (bad.status_code, odd.status_code) == (422, 422)


def test_a_page_that_is_no_longer_true_posts_nothing(
    page: FlaskClient, cast: Cast, main: str
) -> None:
    url = begin(page, main)
    page.post(f"{url}/lines", data={"code": "MUG-1", "csrf_token": csrf(page)})
    sent = step(page, cast, url)
    page.post(f"{url}/finish", data=sent)

    again = page.post(f"{url}/finish", data=sent)

    assert again.status_code == 409
    assert "This count changed since it was shown" in again.text


@pytest.mark.parametrize(
    ("fields", "sentence"),
    [
        ({"scope": "prefix", "prefix": "ZZ"}, "Nothing of this is kept at Main location."),
        ({"scope": "list", "list": "MUG-1\nNOBODY"}, "No variant has “NOBODY”"),
        ({"scope": "category"}, "Choose a category."),
        ({"scope": "half"}, "Not a valid choice"),
        ({"location": "nowhere"}, "Not a valid choice"),
    ],
)
def test_what_cannot_be_counted_is_said_at_the_field(
    page: FlaskClient, cast: Cast, main: str, fields: dict[str, str], sentence: str
) -> None:
    sent = {"location": main, "scope": "all", "csrf_token": csrf(page), **fields}

    answer = page.post("/inventory/counts/new", data=sent)

    assert answer.status_code == 422
    assert sentence in answer.text
    assert "No counts yet" in page.get("/inventory/counts").text


def test_another_organization_is_told_nothing(
    page: FlaskClient, client: FlaskClient, cast: Cast, main: str
) -> None:
    url = begin(page, main)
    mallory = enter(client, cast.mallory)
    token = csrf(mallory)

    answers = [
        mallory.get(url).status_code,
        mallory.get(f"{url}/review").status_code,
        mallory.post(f"{url}/lines", data={"code": "MUG-1", "csrf_token": token}).status_code,
        mallory.post(f"{url}/review", data={"action": "close", "csrf_token": token}).status_code,
    ]

    assert answers == [404, 404, 404, 404]
