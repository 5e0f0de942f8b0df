"""The plans page: what waits for a person, sent or kept."""

import pytest
from flask import Flask
from flask.testing import FlaskClient

from app.catalog import service as catalog
from app.connections import service as connections
from app.core.actor import Actor, job_actor
from app.core.db import reading
from app.core.work import unit_of_work
from app.listings.models import Listing, ListingState
from app.sync.models import ChangeState, Direction, SyncChange
from tests.cast import Cast, cast, csrf, enter


@pytest.fixture
def people(app: Flask, clean: None) -> Cast:
    return cast()


@pytest.fixture
def acme(people: Cast) -> Actor:
    return job_actor(people.alice.place)


def _held(acme: Actor, field: str, action: str) -> int:
    """Keep a change of a listing that waits for a person; returns its id."""
    draft = catalog.ProductDraft({"title": "Mug", "status": "active"}, (catalog.VariantDraft({}),))
    with unit_of_work(acme) as work:
        product_id = catalog.create_product(work, draft, origin="web")
        shop = connections.add_connection(
            work,
            channel="woocommerce",
            name="Acme outlet",
            address=f"https://{product_id.hex[:8]}.test",
            credentials={"key": "ck_" + "0" * 40, "secret": "cs_" + "0" * 40},
            wire={},
        )
        listing = Listing(
            organization_id=acme.organization,
            connection_id=shop.id,
            product_id=product_id,
            external_id="7",
            state=ListingState.NEEDS_YOU,
            title="Mug",
        )
        work.session.add(listing)
        work.session.flush()
        change = SyncChange(
            organization_id=acme.organization,
            connection_id=shop.id,
            listing_id=listing.id,
            product_id=product_id,
            direction=Direction.PUSH,
            action=action,
            field=field,
            old={"title": "Copper mug"},
            state=ChangeState.HELD,
        )
        work.session.add(change)
        work.session.flush()
        return change.id


def _state(acme: Actor, change_id: int) -> str:
    with reading(acme) as session:
        return str(session.get_one(SyncChange, change_id).state)


def test_a_removal_names_the_product_and_can_be_kept_in_the_shop(
    client: FlaskClient, people: Cast, acme: Actor
) -> None:
    removal = _held(acme, "listing", "delete")
    enter(client, people.alice)

    shown = client.get("/sync/plans").text
    answer = client.post(
        "/sync/plans/keep",
        data={"csrf_token": csrf(client), "ids": [removal]},
        follow_redirects=True,
    )

    assert "Copper mug" in shown
    assert "Keep in the shop" in shown
    assert "1 listing will stay in the shop, hidden." in answer.text
    assert _state(acme, removal) == "rejected"


def test_only_removals_can_be_kept_in_the_shop(
    client: FlaskClient, people: Cast, acme: Actor
) -> None:
    price = _held(acme, "price", "update")
    enter(client, people.alice)

    client.post("/sync/plans/keep", data={"csrf_token": csrf(client), "ids": [price]})

    assert _state(acme, price) == "held"


def test_who_may_only_look_keeps_nothing(client: FlaskClient, people: Cast, acme: Actor) -> None:
    removal = _held(acme, "listing", "delete")
    enter(client, people.carol)

    answer = client.post("/sync/plans/keep", data={"csrf_token": csrf(client), "ids": [removal]})

    assert answer.status_code == 403
    assert _state(acme, removal) == "held"


def test_another_shop_cannot_decide_ours(client: FlaskClient, people: Cast, acme: Actor) -> None:
    removal = _held(acme, "listing", "delete")
    enter(client, people.mallory)

    client.post("/sync/plans/keep", data={"csrf_token": csrf(client), "ids": [removal]})

    assert _state(acme, removal) == "held"
