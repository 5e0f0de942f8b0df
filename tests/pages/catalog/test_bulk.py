"""Bulk edit through the pages: every change is shown first, and what was shown is done."""

from uuid import UUID

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from app.catalog import bulk
from app.catalog.models import BulkEdit, BulkState
from app.core import db
from tests.cast import Cast, csrf, enter
from tests.factories import catalog as make

PARTIAL = {"HX-Request": "true", "HX-Request-Type": "partial", "HX-Target": "div#step"}


@pytest.fixture
def bob(client: FlaskClient, cast: Cast) -> FlaskClient:
    """An editor's browser."""
    return enter(client, cast.bob)


def begin(browser: FlaskClient, *ids: UUID, path: str = "/products/bulk", **data: str) -> str:
    """Begin a bulk edit; returns its address."""
    answer = browser.post(
        path, data={"csrf_token": csrf(browser), "ids": [str(each) for each in ids], **data}
    )
    assert answer.status_code == 303, answer.get_data(as_text=True)
    return answer.location


def choose(browser: FlaskClient, address: str, **data: str) -> tuple[int, str]:
    """Choose an operation; returns the status and page it leads to."""
    answer = browser.post(
        f"{address}/operation", data={"csrf_token": csrf(browser), **data}, follow_redirects=True
    )
    return answer.status_code, answer.get_data(as_text=True)


def post(browser: FlaskClient, path: str) -> str:
    """Press a button; returns the page it leads to."""
    answer = browser.post(path, data={"csrf_token": csrf(browser)}, follow_redirects=True)
    return answer.get_data(as_text=True)


def kept(cast: Cast) -> BulkEdit:
    with db.reading(cast.bob.actor) as session:
        return session.scalars(select(BulkEdit).order_by(BulkEdit.id.desc()).limit(1)).one()


def price_of(cast: Cast, product_id: UUID) -> int:
    (variant,) = make.values_of(cast.bob.actor, product_id).variants.values()
    return int(variant["price"]["minor"])


def test_a_price_change_is_shown_for_each_product_and_then_done(
    bob: FlaskClient, cast: Cast
) -> None:
    mug = make.product(cast.bob.actor, {"price": make.usd(1000)}, title="Mug")
    cup = make.product(cast.bob.actor, {"price": make.usd(2000)}, title="Cup")
    free = make.product(cast.bob.actor, {}, title="Leaflet")
    address = begin(bob, mug, cup, free)

    _, preview = choose(bob, address, kind="price_percent", value="-10", ending=".99")
    before = price_of(cast, mug)
    applying = post(bob, f"{address}/apply")
    bulk.run_bulk_edit(cast.bob.actor, kept(cast).id)
    done = bob.get(address).get_data(as_text=True)

    assert "2 products change, 1 stay as they are" in preview
    assert "Change 2 products" in preview
    assert "$10.00" in preview
    assert "$8.99" in preview
    assert preview.index("Cup") < preview.index("Leaflet")
    assert before == 1000
    assert "Products changed" in applying
    assert (price_of(cast, mug), price_of(cast, cup)) == (899, 1799)
    assert "3 products went through" in done


def test_what_cannot_be_changed_says_why_before_and_after(bob: FlaskClient, cast: Cast) -> None:
    mug = make.product(cast.bob.actor, {"price": make.usd(1000)}, title="Mug")
    cup = make.product(cast.bob.actor, {"price": make.usd(5000)}, title="Cup")
    address = begin(bob, mug, cup)

    _, preview = choose(bob, address, kind="price_amount", value="-20")
    post(bob, f"{address}/apply")
    bulk.run_bulk_edit(cast.bob.actor, kept(cast).id)
    done = bob.get(address).get_data(as_text=True)

    assert "1 product changes, 1 cannot be changed" in preview
    assert "The price would fall below 0." in preview
    assert "The price would fall below 0." in done
    assert (price_of(cast, mug), price_of(cast, cup)) == (1000, 3000)


def test_everything_means_what_the_filters_of_the_address_find(
    bob: FlaskClient, cast: Cast
) -> None:
    make.product(cast.bob.actor, title="Mug", status="active")
    make.product(cast.bob.actor, title="Cup")

    begin(bob, path="/products/bulk?status=active", everything="1")

    assert kept(cast).total == 1


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({"kind": "price_percent", "value": "much"}, "value"),
        ({"kind": "price_set", "value": "5", "ending": "99"}, "ending"),
        ({"kind": "tags_add", "value": ""}, "value"),
        ({"kind": ""}, "kind"),
    ],
)
def test_a_value_that_cannot_be_is_refused_at_its_field(
    bob: FlaskClient, cast: Cast, given: dict[str, str], field: str
) -> None:
    address = begin(bob, make.product(cast.bob.actor))

    status, page = choose(bob, address, **given)

    assert status == 422
    assert f'id="{field}-error"' in page


def test_each_kind_asks_only_for_what_it_needs(bob: FlaskClient, cast: Cast) -> None:
    address = begin(bob, make.product(cast.bob.actor))

    asked = {
        kind: bob.get(f"{address}?kind={kind}", headers=PARTIAL).get_data(as_text=True)
        for kind in bulk.OPERATIONS
    }

    assert {kind for kind, page in asked.items() if 'name="ending"' in page} == {
        "price_percent", "price_amount", "price_set"
    }  # fmt: skip
    assert 'name="value"' not in asked["sale_clear"]
    assert 'name="status"' in asked["status"]


def test_nothing_is_done_before_an_operation_is_chosen(bob: FlaskClient, cast: Cast) -> None:
    address = begin(bob, make.product(cast.bob.actor))

    answer = bob.post(f"{address}/apply", data={"csrf_token": csrf(bob)})

    assert answer.status_code == 422
    assert kept(cast).state == BulkState.DRAFT


def test_a_cancelled_bulk_edit_changes_nothing(bob: FlaskClient, cast: Cast) -> None:
    address = begin(bob, make.product(cast.bob.actor))

    page = post(bob, f"{address}/cancel")

    assert "Cancelled before anything changed." in page
    assert kept(cast).state == BulkState.CANCELLED


def test_an_empty_selection_is_refused(bob: FlaskClient) -> None:
    answer = bob.post("/products/bulk", data={"csrf_token": csrf(bob)})

    assert answer.status_code == 422


def test_carol_edits_nothing_and_mallory_finds_nothing(
    app: Flask, client: FlaskClient, cast: Cast
) -> None:
    address = begin(enter(client, cast.bob), make.product(cast.bob.actor))
    carol = enter(app.test_client(), cast.carol)
    mallory = enter(app.test_client(), cast.mallory)
    wish = {"kind": "sale_clear"}
    tails = ("operation", "apply", "cancel")

    told = [
        mallory.post(f"{address}/{tail}", data={"csrf_token": csrf(mallory), **wish}).status_code
        for tail in tails
    ]

    assert carol.get(address).status_code == 403
    assert carol.post("/products/bulk", data={"csrf_token": csrf(carol)}).status_code == 403
    assert {mallory.get(address).status_code, *told} == {404}
    assert kept(cast).state == BulkState.DRAFT
