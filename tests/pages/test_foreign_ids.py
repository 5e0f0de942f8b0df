"""Ids of another organization in the body of one's own forms, in filters, streams and downloads."""

import re
from collections.abc import Callable

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import update

from app.catalog import service as catalog
from app.connections import service as connections
from app.core import db
from app.core.actor import job_actor
from app.core.work import unit_of_work
from app.team import service
from app.team.models import Membership
from app.team.permissions import Role
from app.web.live import Watch, announced, draw
from tests.cast import Cast, cast, csrf, enter, person
from tests.pages.test_every_page import rows_of
from tests.pages.things import Things, make_things

Send = Callable[[str, dict[str, object]], str]


@pytest.fixture
def people(app: Flask, clean: None) -> Cast:
    """Alice of Acme, and Mallory, who knows ids of Acme."""
    return cast()


@pytest.fixture
def things(people: Cast) -> Things:
    """One of everything in Acme."""
    return make_things(people)


@pytest.fixture
def own(people: Cast) -> Things:
    """A product, a category and a connection of Mallory's."""
    with unit_of_work(job_actor(people.mallory.place)) as work:
        draft = catalog.ProductDraft({"title": "Pot"}, (catalog.VariantDraft({"sku": "POT"}),))
        return {
            "product": catalog.create_product(work, draft, origin="web"),
            "category": catalog.create_category(work, "Garden"),
            "connection": connections.add_connection(
                work,
                channel="woocommerce",
                name="Mine",
                address=f"https://{db.new_id().hex[-8:]}.test",
                credentials={"key": "ck_" + "1" * 40, "secret": "cs_" + "1" * 40},
                wire={},
            ).id,
        }


@pytest.fixture
def send(client: FlaskClient, people: Cast) -> Send:
    """Post a form as Mallory and follow it to the page it leads to."""
    enter(client, people.mallory)
    token = csrf(client)

    def post(url: str, form: dict[str, object]) -> str:
        answer = client.post(url, data={"csrf_token": token, **form}, follow_redirects=True)
        assert answer.status_code < 500
        return answer.text

    return post


def test_no_form_reaches_into_another_organization(
    people: Cast, things: Things, own: Things, send: Send
) -> None:
    before = rows_of(people.alice.place)
    mug, shop = str(things["product_id"]), str(things["connection_id"])
    here = f"/connections/{own['connection']}"

    pages = [
        send("/products/archive", {"ids": mug}),
        send("/products/restore", {"ids": mug}),
        send("/products/exclude", {"ids": mug}),
        send("/products/bulk", {"ids": mug}),
        send("/products/export", {"ids": mug}),
        send("/sync/products", {"ids": mug}),
        send("/sync/plans/approve", {"ids": ["1", "2", "3"]}),
        send(f"{here}/list", {"ids": mug}),
        send(f"{here}/mapping/accept", {"ids": str(things["listing_id"])}),
        send(f"{here}/mapping/unmap", {"ids": str(things["listing_id"])}),
        send(f"{here}/mapping/ignore", {"ids": str(things["listing_id"])}),
        send(f"{here}/mapping/create", {"ids": str(things["listing_id"])}),
        send(f"{here}/mapping/{things['listing_id']}", {"product_id": str(own["product"])}),
        send(f"{here}/webhooks/{things['delivery_id']}/replay", {}),
        send(f"/categories/{own['category']}/move", {"parent": str(things["category_id"])}),
        send(f"/categories/{own['category']}/delete", {"move_to": str(things["category_id"])}),
        send(f"/products/{own['product']}/media", {"order": str(things["media_id"])}),
        send(f"/products/{own['product']}/media", {"remove": str(things["media_id"])}),
        send(f"/products/{own['product']}/media", {"retry": str(things["media_id"])}),
        send(f"/products/{own['product']}/listings/{things['listing_id']}/override",
             {"field": "title", "value": "Mine"}),
        send(f"/products/{own['product']}",
             {"title": "Pot", "version": "1", f"v.{things['product_id']}.sku": "MINE"}),
        send("/settings/preferences/mails", {"kinds": shop}),
        send("/inventory/transfers/new", {"origin": "outside",
             "destination": str(things["location_id"])}),
        send("/inventory/counts/new", {"location": str(things["location_id"]), "scope": "all"}),
        send("/orders/pick", {"ids": str(things["order_id"])}),
        send("/orders/pick-list", {"ids": str(things["order_id"])}),
        send("/orders/packing-slips", {"ids": str(things["order_id"])}),
        send("/orders/export", {"ids": str(things["order_id"])}),
    ]  # fmt: skip

    # Whole words: the token of a form may hold three letters by chance.
    assert [page for page in pages if re.search(r"\b(Mug|Sandbox)\b", page)] == []
    assert rows_of(people.alice.place) == before


@pytest.mark.parametrize(
    "url",
    [
        "/products?category={category_id}",
        "/products?channel={connection_id}",
        "/products?channel={connection_id}&listing=synced",
        "/products?view={view_id}",
        "/inventory?q=mug",
        "/inventory?location={location_id}",
        "/inventory/transfers",
        "/inventory/counts?tab=open",
        "/sync/runs?connection={connection_id}",
        "/sync/errors?connection={connection_id}",
        "/settings/audit?person={user_id}",
        "/settings/audit?subject={product_id}",
        "/products/export/file?ids={product_id}&dialect=own&kind=csv",
        "/products/export?ids={product_id}",
        "/orders?channel={connection_id}",
        "/orders?q=wc-1001",
        "/orders?view={view_id}",
        "/orders/pick-list?ids={order_id}",
        "/orders/packing-slips?ids={order_id}",
        "/orders/export/file?ids={order_id}",
        "/search?q=mug",
        "/search?q=sandbox",
        "/search?q=wc-1001",
    ],
)
def test_no_filter_and_no_file_shows_another_organization(
    client: FlaskClient, people: Cast, things: Things, url: str
) -> None:
    enter(client, people.mallory)

    with client.get(url.format(**things)) as answer:
        shown = answer.get_data(as_text=True)

    assert answer.status_code == 200
    theirs = ("Mugs", "MUG-", "Sandbox", "Kitchen", "Alice", "Dora", "Springfield", "Clay")
    assert [word for word in theirs if word in shown] == []


def test_a_stream_draws_and_names_nothing_of_another_organization(
    app: Flask, people: Cast, things: Things
) -> None:
    kinds = {"product": "product_id", "sync_run": "run_id", "listing": "listing_id"}
    kinds |= {
        "conflict": "conflict_id",
        "delivery": "delivery_id",
        "bulk_edit": "bulk_edit_id",
        "order": "order_id",
    }
    names = [f"{kind}-{things[key]}" for kind, key in kinds.items()]

    with app.test_request_context():
        drawn = draw(people.mallory.actor, names)
        by_carol = list(announced(people.carol.actor, ["import-1", "bulk_edit-1", "product-1"]))

    assert drawn == {}
    assert by_carol == ["product-1"]
    assert Watch.parse(f"{names[0]},nothing-1").names == {names[0]}


def test_a_token_of_one_organization_reads_no_other(
    client: FlaskClient, people: Cast, things: Things
) -> None:
    with unit_of_work(people.mallory.actor) as work:
        token = service.create_api_token(work, name="Mine", days=30, scopes=["catalog.read"])
    bearer = {"Authorization": f"Bearer {token}"}
    moved = {"Authorization": f"Bearer sst_{people.alice.place.hex}_{token.rpartition('_')[2]}"}

    whole = client.get(f"/api/v1/products/{things['product_id']}", headers=bearer)
    listed = client.get("/api/v1/products", headers=bearer)

    assert whole.status_code == 404
    assert listed.json is not None
    assert listed.json["items"] == []
    assert client.get("/api/v1/products", headers=moved).status_code == 401


def test_a_scope_never_outgrows_the_role_it_was_made_in(client: FlaskClient, people: Cast) -> None:
    manager = person("Max", Role.MANAGER, organization_id=people.alice.place)
    with unit_of_work(manager.actor) as work:
        token = service.create_api_token(
            work, name="All", days=30, scopes=["catalog.read", "sync.run"]
        )
    with unit_of_work(people.alice.actor) as work:
        work.session.execute(
            update(Membership).where(Membership.user_id == manager.user_id).values(role=Role.VIEWER)
        )

    me = client.get("/api/v1/me", headers={"Authorization": f"Bearer {token}"}).json

    assert me is not None
    assert me["scopes"] == ["catalog.read"]
