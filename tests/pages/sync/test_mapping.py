"""The mapping page: our products that a shop lacks are created there from here."""

from uuid import UUID, uuid4

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from app.catalog import service as catalog
from app.connections import service as connections
from app.core.actor import Actor, job_actor
from app.core.db import reading
from app.core.work import unit_of_work
from app.listings.models import Listing, ListingState, Proposal
from tests.cast import Cast, cast, csrf, enter


@pytest.fixture
def people(app: Flask, clean: None) -> Cast:
    return cast()


@pytest.fixture
def acme(people: Cast) -> Actor:
    return job_actor(people.alice.place)


@pytest.fixture
def shop_id(acme: Actor) -> UUID:
    with unit_of_work(acme) as work:
        return connections.add_connection(
            work,
            channel="woocommerce",
            name="Acme outlet",
            address=f"https://{uuid4().hex[:8]}.test",
            credentials={"key": "ck_" + "0" * 40, "secret": "cs_" + "0" * 40},
            wire={},
        ).id


def add_product(acme: Actor, title: str) -> UUID:
    draft = catalog.ProductDraft({"title": title, "status": "active"}, (catalog.VariantDraft({}),))
    with unit_of_work(acme) as work:
        return catalog.create_product(work, draft, origin="web")


def listings_of(acme: Actor) -> dict[UUID | None, ListingState]:
    with reading(acme) as session:
        return {row.product_id: row.state for row in session.scalars(select(Listing))}


def test_a_product_the_shop_lacks_is_created_there(
    client: FlaskClient, people: Cast, acme: Actor, shop_id: UUID
) -> None:
    lamp, vase = add_product(acme, "Copper lamp"), add_product(acme, "Stoneware vase")
    enter(client, people.alice)
    page = f"/connections/{shop_id}/mapping?view=ours"

    shown = client.get(page).text
    answer = client.post(
        f"/connections/{shop_id}/list",
        data={"csrf_token": csrf(client), "ids": [str(lamp), "no id"]},
        follow_redirects=True,
    )

    assert "Copper lamp" in shown
    assert "Stoneware vase" in shown
    assert answer.status_code == 200
    assert "On the way to the shop: 1 product." in answer.text
    assert listings_of(acme) == {lamp: ListingState.WAITING}
    assert "Copper lamp" not in client.get(page).text
    assert "Stoneware vase" in client.get(page).text
    assert vase not in listings_of(acme)


def test_somebody_who_may_only_look_creates_nothing_there(
    client: FlaskClient, people: Cast, acme: Actor, shop_id: UUID
) -> None:
    lamp = add_product(acme, "Copper lamp")
    enter(client, people.carol)

    shown = client.get(f"/connections/{shop_id}/mapping?view=ours").text
    answer = client.post(
        f"/connections/{shop_id}/list", data={"csrf_token": csrf(client), "ids": [str(lamp)]}
    )

    assert "Copper lamp" in shown
    assert "Create in the shop" not in shown
    assert answer.status_code == 403
    assert listings_of(acme) == {}


def test_pairing_with_nothing_says_what_to_choose(
    client: FlaskClient, people: Cast, shop_id: UUID
) -> None:
    enter(client, people.alice)

    answer = client.post(
        f"/connections/{shop_id}/mapping/{uuid4()}",
        data={"csrf_token": csrf(client), "product_id": ""},
    )

    assert answer.status_code == 422
    assert "Choose the product that this item is." in answer.text


def test_what_a_product_lacks_is_shown_before_it_is_created_there(
    client: FlaskClient, people: Cast, acme: Actor, shop_id: UUID
) -> None:
    add_product(acme, "Copper lamp")
    priced = catalog.VariantDraft({"sku": "V-1", "price": {"minor": 900, "currency": "USD"}})
    with unit_of_work(acme) as work:
        whole = catalog.ProductDraft({"title": "Stoneware vase", "status": "active"}, (priced,))
        catalog.create_product(work, whole, origin="web")
    enter(client, people.alice)

    shown = client.get(f"/connections/{shop_id}/mapping?view=ours").text
    lamp, vase = (shown.index(title) for title in ("Copper lamp", "Stoneware vase"))
    rows = {"lamp": shown[lamp:][:2500], "vase": shown[vase:][:2500]}

    assert "Not ready" in rows["lamp"].split("</tr>")[0]
    assert "Give every variant a price." in rows["lamp"].split("</tr>")[0]
    assert "Not ready" not in rows["vase"].split("</tr>")[0]
    assert "Ready" in rows["vase"].split("</tr>")[0]


def add_item(acme: Actor, shop_id: UUID, title: str) -> UUID:
    with unit_of_work(acme) as work:
        row = Listing(
            organization_id=work.organization_id,
            connection_id=shop_id,
            external_id=uuid4().hex,
            state=ListingState.UNMAPPED,
            title=title,
            remote={"variants": {"1": {"price": {"minor": 1250, "currency": "USD"}}}},
        )
        work.session.add(row)
        work.session.flush()
        return row.id


def test_an_item_comes_with_what_it_may_be(
    client: FlaskClient, people: Cast, acme: Actor, shop_id: UUID
) -> None:
    add_product(acme, "Copper lamp")
    vase = add_product(acme, "Stoneware vase")
    proposed = add_item(acme, shop_id, "Something else")
    alike, strange = add_item(acme, shop_id, "Lamp, polished copper"), add_item(acme, shop_id, "?")
    with unit_of_work(acme) as work:
        work.session.add(
            Proposal(
                organization_id=work.organization_id,
                listing_id=proposed,
                product_id=vase,
                score=0.8,
                reason="The picture is the same.",
            )
        )
    enter(client, people.alice)

    shown = {
        key: client.get(f"/connections/{shop_id}/mapping/{key}").text
        for key in (proposed, alike, strange)
    }

    assert "80% sure · The picture is the same." in shown[proposed]
    assert "Copper lamp" not in shown[proposed]
    assert "Copper lamp" in shown[alike]
    assert "$12.50" in shown[alike]
    assert "No product looks like it" in shown[strange]
    assert client.get(f"/connections/{shop_id}/mapping/{uuid4()}").status_code == 404


def test_the_button_of_a_row_takes_only_its_own_item(
    client: FlaskClient, people: Cast, acme: Actor, shop_id: UUID
) -> None:
    lamp, vase = add_item(acme, shop_id, "Copper lamp"), add_item(acme, shop_id, "Stoneware vase")
    enter(client, people.alice)

    client.post(
        f"/connections/{shop_id}/mapping/ignore",
        data={"csrf_token": csrf(client), "ids": [str(lamp), str(vase)], "only": str(lamp)},
    )

    with reading(acme) as session:
        states = {row.id: row.state for row in session.scalars(select(Listing))}
    assert states == {lamp: ListingState.IGNORED, vase: ListingState.UNMAPPED}


def test_what_was_paired_and_what_was_not_is_said_together(
    client: FlaskClient, people: Cast, acme: Actor, shop_id: UUID
) -> None:
    vase = add_product(acme, "Stoneware vase")
    ids = [add_item(acme, shop_id, title) for title in ("Vase", "Wrap", "Card")]
    with unit_of_work(acme) as work:
        work.session.add(
            Proposal(
                organization_id=work.organization_id,
                listing_id=ids[0],
                product_id=vase,
                score=0.8,
                reason="The picture is the same.",
            )
        )
    enter(client, people.alice)

    answer = client.post(
        f"/connections/{shop_id}/mapping/accept",
        data={"csrf_token": csrf(client), "ids": [str(each) for each in ids]},
        follow_redirects=True,
    )

    assert "Paired 1 item. Both sides are being compared." in answer.text
    assert "2 items: Nothing was proposed for this item. Choose a product for it." in answer.text
