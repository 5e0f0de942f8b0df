"""Plans: what waits is shown by danger, decided by those who may, and everything can be undone."""

from typing import Any
from uuid import UUID, uuid4

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select

from app.catalog import service as catalog
from app.catalog.models import BulkEdit, FieldChange
from app.connections import service as connections
from app.core.actor import Actor, job_actor
from app.core.db import reading
from app.core.work import unit_of_work
from app.listings.models import Listing, ListingState
from app.sync.models import ChangeState, Direction, SyncChange
from app.sync.planner import Risk
from tests.cast import Cast, cast, csrf, enter

PLANS = "/sync/plans"


@pytest.fixture
def people(app: Flask, clean: None) -> Cast:
    return cast()


@pytest.fixture
def acme(people: Cast) -> Actor:
    return job_actor(people.alice.place)


@pytest.fixture
def waiting(acme: Actor) -> list[int]:
    """Three price moves of 10, 50 and 90 percent, and a hidden listing, on one channel."""
    with unit_of_work(acme) as work:
        connection_id = connections.add_connection(
            work,
            channel="woocommerce",
            name="Acme outlet",
            address=f"https://{uuid4().hex[:8]}.test",
            credentials={"key": "ck_" + "0" * 40, "secret": "cs_" + "0" * 40},
            wire={},
        ).id
        made = [_held(work, connection_id, "price", each) for each in (1100, 1500, 1900)]
        made.append(_held(work, connection_id, "status", "draft"))
    return made


def _held(work: Any, connection_id: UUID, field: str, new: Any) -> int:
    product = catalog.create_product(
        work,
        catalog.ProductDraft({"title": f"Mug {new}"}, (catalog.VariantDraft({}),)),
        origin="web",
    )
    listing = Listing(
        organization_id=work.organization_id,
        connection_id=connection_id,
        product_id=product,
        external_id=uuid4().hex,
        title=f"Mug {new}",
        state=ListingState.NEEDS_YOU,
    )
    work.session.add(listing)
    work.session.flush()
    is_price = field == "price"
    row = SyncChange(
        organization_id=work.organization_id,
        connection_id=connection_id,
        listing_id=listing.id,
        product_id=product,
        direction=Direction.PUSH,
        field=field,
        old={"minor": 1000, "currency": "USD"} if is_price else "active",
        new={"minor": new, "currency": "USD"} if is_price else new,
        risk=(Risk.PRICE_MOVE if is_price else Risk.HIDES).value,
        sentence="It is large.",
        state=ChangeState.HELD,
    )
    work.session.add(row)
    work.session.flush()
    return row.id


def states(acme: Actor) -> dict[int, ChangeState]:
    with reading(acme) as session:
        return {row.id: row.state for row in session.scalars(select(SyncChange))}


def test_the_most_dangerous_come_first_and_prices_by_how_far_they_move(
    client: FlaskClient, people: Cast, waiting: list[int]
) -> None:
    enter(client, people.alice)

    text = client.get(PLANS).text

    at = [text.index(f'id="change-{each}"') for each in (waiting[3], *reversed(waiting[:3]))]
    assert at == sorted(at)
    assert "4 changes of 4 listings on 1 channel, 4 of them large or final" in text
    assert "+90.0" in text


def test_a_filter_narrows_what_is_shown_and_what_all_means(
    client: FlaskClient, people: Cast, acme: Actor, waiting: list[int]
) -> None:
    enter(client, people.alice)
    text = client.get(f"{PLANS}?risk=hides").text

    client.post(f"{PLANS}/approve?risk=hides", data={"csrf_token": csrf(client), "everything": "1"})

    assert f'id="change-{waiting[3]}"' in text
    assert f'id="change-{waiting[0]}"' not in text
    assert [states(acme)[each] for each in waiting] == [ChangeState.HELD] * 3 + [
        ChangeState.PLANNED
    ]


def test_a_decision_is_kept_with_who_made_it_and_what_they_said(
    client: FlaskClient, people: Cast, acme: Actor, waiting: list[int]
) -> None:
    enter(client, people.alice)

    answer = client.post(
        f"{PLANS}/decline",
        data={"csrf_token": csrf(client), "ids": [waiting[0]], "note": "Summer prices stay"},
        follow_redirects=True,
    )

    assert "1 change declined. Both sides keep what they have." in answer.text
    assert states(acme)[waiting[0]] == ChangeState.DECLINED
    decided = client.get(f"{PLANS}/decided").text
    assert "Summer prices stay" in decided
    assert "Declined" in decided
    assert "Alice" in decided


def test_nothing_selected_is_told_and_nothing_happens(
    client: FlaskClient, people: Cast, acme: Actor, waiting: list[int]
) -> None:
    enter(client, people.alice)

    answer = client.post(f"{PLANS}/approve", data={"csrf_token": csrf(client)})

    assert answer.status_code == 422
    assert set(states(acme).values()) == {ChangeState.HELD}


def test_who_may_only_look_decides_nothing(
    client: FlaskClient, people: Cast, acme: Actor, waiting: list[int]
) -> None:
    enter(client, people.carol)

    shown = client.get(PLANS)
    answer = client.post(f"{PLANS}/approve", data={"csrf_token": csrf(client), "ids": [waiting[0]]})

    assert shown.status_code == 200
    assert "Send selected" not in shown.text
    assert answer.status_code == 403
    assert set(states(acme).values()) == {ChangeState.HELD}


def test_changes_of_another_organization_are_not_there_to_be_decided(
    client: FlaskClient, people: Cast, acme: Actor, waiting: list[int]
) -> None:
    enter(client, people.mallory)

    shown = client.get(PLANS).text
    client.post(f"{PLANS}/approve", data={"csrf_token": csrf(client), "ids": waiting})
    client.post(f"{PLANS}/approve", data={"csrf_token": csrf(client), "everything": "1"})

    assert "Nothing waits for you" in shown
    assert set(states(acme).values()) == {ChangeState.HELD}


def test_a_line_of_history_is_undone_after_a_preview(
    client: FlaskClient, people: Cast, acme: Actor
) -> None:
    with unit_of_work(acme) as work:
        draft = catalog.ProductDraft({"title": "Mug"}, (catalog.VariantDraft({}),))
        product = catalog.create_product(work, draft, origin="web")
        catalog.change_product(work, catalog.ProductChange(product, {"title": "Cup"}), origin="web")
    enter(client, people.alice)
    with reading(acme) as session:
        line = session.scalar(select(FieldChange.id).where(FieldChange.field == "title"))

    history = client.get(f"/products/{product}/history").text
    answer = client.post(
        f"/products/history/{line}/undo", data={"csrf_token": csrf(client)}, follow_redirects=True
    )

    assert f"/products/history/{line}/undo" in history
    assert "1 product changes" in answer.text
    assert "Undo one change" in answer.text


def test_a_line_of_another_organization_is_not_found(
    client: FlaskClient, people: Cast, acme: Actor
) -> None:
    with unit_of_work(acme) as work:
        draft = catalog.ProductDraft({"title": "Mug"}, (catalog.VariantDraft({}),))
        catalog.create_product(work, draft, origin="web")
    enter(client, people.mallory)
    with reading(acme) as session:
        line = session.scalar(select(FieldChange.id))

    answer = client.post(f"/products/history/{line}/undo", data={"csrf_token": csrf(client)})

    assert answer.status_code == 404
    with reading(acme) as session:
        assert session.scalar(select(BulkEdit.id)) is None


def test_a_preview_tells_what_would_be_sent_and_sends_nothing(
    client: FlaskClient, people: Cast, acme: Actor, waiting: list[int]
) -> None:
    with reading(acme) as session:
        connection_id = session.scalar(select(Listing.connection_id))
        before = session.scalar(select(func.count()).select_from(SyncChange))
    enter(client, people.carol)

    answer = client.get(f"{PLANS}/{connection_id}")

    assert answer.status_code == 200
    assert "Listings that change" in answer.text
    assert "Send 4 listings" not in answer.text
    with reading(acme) as session:
        assert session.scalar(select(func.count()).select_from(SyncChange)) == before


def test_a_preview_of_another_organization_is_not_found(
    client: FlaskClient, people: Cast, acme: Actor, waiting: list[int]
) -> None:
    with reading(acme) as session:
        connection_id = session.scalar(select(Listing.connection_id))
    enter(client, people.mallory)

    assert client.get(f"{PLANS}/{connection_id}").status_code == 404


def test_a_listing_that_is_to_leave_its_shop_can_be_kept_there(
    client: FlaskClient, people: Cast, acme: Actor, waiting: list[int]
) -> None:
    with unit_of_work(acme) as work:
        row = work.session.get_one(SyncChange, waiting[3])
        row.field, row.action, row.risk = "listing", "delete", Risk.DELETES
        row.old, row.new = {"title": "Copper mug"}, None
    enter(client, people.alice)

    shown = client.get(PLANS).text
    client.post(f"{PLANS}/decline", data={"csrf_token": csrf(client), "ids": [waiting[3]]})

    assert "Copper mug" in shown
    assert states(acme)[waiting[3]] == ChangeState.DECLINED
