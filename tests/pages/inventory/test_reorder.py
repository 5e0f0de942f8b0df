"""What to order again as people see it: ticked, drafted, refused at the line."""

import re
from uuid import UUID

import pytest
from flask.testing import FlaskClient
from sqlalchemy import func, select

from app.core import db
from app.core.work import unit_of_work
from app.inventory import queries, service
from app.inventory.models import Transfer
from app.inventory.service import Reorder
from app.inventory.views.ordering import USUAL_AHEAD
from tests.cast import Cast, csrf, enter
from tests.factories.catalog import product, values_of


@pytest.fixture
def low(cast: Cast, mug: UUID, main: str) -> UUID:
    """The mug, which came down to its reorder point."""
    with unit_of_work(cast.alice.actor) as work:
        service.set_reorder(work, mug, {UUID(main): Reorder(5, 12)})
    return mug


def drafts(cast: Cast) -> int:
    with db.reading(cast.alice.actor) as session:
        return session.scalar(select(func.count()).select_from(Transfer)) or 0


def test_without_reorder_points_it_says_what_to_do_next(
    client: FlaskClient, cast: Cast, mug: UUID
) -> None:
    page = enter(client, cast.alice).get("/inventory/reorder").text

    assert "No reorder points yet" in page
    assert 'href="/inventory"' in page


def test_what_is_low_is_ticked_with_how_much_and_becomes_a_delivery(
    client: FlaskClient, cast: Cast, low: UUID, main: str
) -> None:
    page = enter(client, cast.bob)
    shown = page.get("/inventory/reorder").text
    (box,) = re.findall(rf'name="units-{low}" value="(\d+)"', shown)

    answer = page.post(
        "/inventory/reorder",
        data={"csrf_token": csrf(page), "destination": main, "ids": [low], f"units-{low}": box,
              "supplier": "Kiln & Co", "expected_on": "2026-12-24"},
    )  # fmt: skip
    detail = page.get(answer.headers["Location"]).text
    again = page.get("/inventory/reorder").text

    assert f'value="{low}" aria-label="Select Blue mug" checked' in shown
    assert box == "12"
    assert answer.status_code == 303
    for word in ("Delivery 1", "Draft", "Blue mug", "Kiln &amp; Co → Main location", "24 Dec 2026"):
        assert word in detail, word
    assert "12 in Delivery 1" in again
    assert f'value="{low}" aria-label="Select Blue mug">' in again


def test_what_cannot_be_ordered_is_said_at_its_line_and_nothing_is_drafted(
    client: FlaskClient, cast: Cast, low: UUID, main: str
) -> None:
    page = enter(client, cast.bob)
    plain = {"csrf_token": csrf(page), "destination": main}

    for sent, sentence in [
        ({}, "Tick what you order."),
        ({"ids": [low], f"units-{low}": "many"}, "Enter a whole number from 0."),
        ({"ids": [low], f"units-{low}": "0"}, "Enter a whole number from 1 to 1,000,000."),
        ({"ids": [low], f"units-{low}": "5", "expected_on": "soon"}, "Enter a day"),
        ({"ids": [low], f"units-{low}": "5", "destination": str(low)}, "Not a valid choice"),
    ]:
        answer = page.post("/inventory/reorder", data=plain | sent)
        assert answer.status_code == 422, sentence
        assert sentence in answer.text
    assert "Blue mug" in answer.text
    assert drafts(cast) == 0


def test_a_viewer_sees_how_much_and_orders_nothing(
    client: FlaskClient, cast: Cast, low: UUID, main: str
) -> None:
    page = enter(client, cast.carol)
    shown = page.get("/inventory/reorder").text
    sent = {"csrf_token": csrf(page), "destination": main, "ids": [low], f"units-{low}": "12"}

    answer = page.post("/inventory/reorder", data=sent)

    assert 'data-label="Order">12' in shown
    assert "Expect a delivery" not in shown
    assert answer.status_code == 403
    assert drafts(cast) == 0


def test_another_organization_orders_nothing_of_ours_and_nothing_to_us(
    client: FlaskClient, cast: Cast, low: UUID, main: str
) -> None:
    key = product(cast.mallory.actor, {"sku": "POT", "quantity": 1}, title="Pot")
    own = next(iter(values_of(cast.mallory.actor, key).variants))
    with db.reading(cast.mallory.actor) as session:
        place = queries.locations(session)[0].id
    with unit_of_work(cast.mallory.actor) as work:
        service.set_reorder(work, own, {place: Reorder(5)})
    page = enter(client, cast.mallory)
    token = {"csrf_token": csrf(page)}

    seen = page.get(f"/inventory/reorder?location={main}").text
    to_us = {"destination": main, "ids": [own], f"units-{own}": "3"}
    of_ours = {"destination": str(place), "ids": [low], f"units-{low}": "3"}

    assert "Blue mug" not in seen
    assert "Pot" in seen
    for sent in (to_us, of_ours):
        assert page.post("/inventory/reorder", data=token | sent).status_code == 422
    assert drafts(cast) == 0
    with db.reading(cast.mallory.actor) as session:
        assert not queries.has_transfers(session)


def test_more_days_ahead_order_more_and_stay_in_the_address(
    client: FlaskClient, cast: Cast, low: UUID
) -> None:
    page = enter(client, cast.alice)

    assert f"Enough for {USUAL_AHEAD} days" in page.get("/inventory/reorder?ahead=7").text
    longer = page.get("/inventory/reorder?ahead=56").text
    assert "Enough for 8 weeks" in longer
    assert "ahead=56" in longer
