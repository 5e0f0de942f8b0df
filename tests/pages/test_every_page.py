"""Every page there is: it draws for an owner, and another organization gets nothing of it."""

from collections.abc import Iterator
from uuid import UUID

import pytest
from flask import Flask
from flask.testing import FlaskClient

from app.catalog import service as catalog
from app.connections import service as connections
from app.core import db
from app.core.actor import job_actor
from app.core.work import unit_of_work
from app.listings.models import Listing, ListingState
from app.sync import runs
from app.sync.models import Conflict, RunKind
from tests.cast import Cast, cast, enter

# Pages that answer something else than a page: files, streams, probes, other people's dashboards.
NOT_PAGES = (
    "static",
    "web.events",
    "probes.",
    "rq_dashboard.",
    "catalog.export",
    "catalog.media",
    "catalog_api.",  # for programs, which have tests of their own: a cookie means nothing there
    "team_api.",
)
OUT_OF_ORGANIZATION = (
    "team.verify",
    "team.reset",
    "team.invitation",
    "team.operator",
    "web.gallery",  # for operators
)


@pytest.fixture
def people(app: Flask, clean: None) -> Cast:
    """Alice of Acme and Mallory of another shop, among others."""
    return cast()


@pytest.fixture
def things(people: Cast) -> dict[str, UUID]:
    """One of everything in Acme, by the names URLs use."""
    actor = job_actor(people.alice.place)
    with unit_of_work(actor) as work:
        product_id = catalog.create_product(
            work,
            catalog.ProductDraft(
                {"title": "Mug", "status": "active"},
                (catalog.VariantDraft({"sku": f"MUG-{people.alice.place.hex[-6:]}"}),),
            ),
            origin="web",
        )
        row = connections.add_connection(
            work,
            channel="woocommerce",
            name="Sandbox",
            address=f"https://{db.new_id().hex[-8:]}.test",
            credentials={"key": "ck_" + "0" * 40, "secret": "cs_" + "0" * 40},
            wire={},
        )
        listing = Listing(
            organization_id=work.organization_id,
            connection_id=row.id,
            product_id=product_id,
            external_id="1",
            state=ListingState.SYNCED,
            title="Mug",
        )
        work.session.add(listing)
        work.session.flush()
        run = runs.open_run(work, row.id, RunKind.CHANGES, cause="Test")
        conflict = Conflict(
            organization_id=work.organization_id,
            connection_id=row.id,
            listing_id=listing.id,
            product_id=product_id,
            subject="product",
            field="title",
            base="Mug",
            ours="Blue mug",
            theirs="Green mug",
        )
        work.session.add(conflict)
        work.session.flush()
        return {
            "product_id": product_id,
            "connection_id": row.id,
            "listing_id": listing.id,
            "run_id": run.id,
            "conflict_id": conflict.id,
        }


def urls(app: Flask, things: dict[str, UUID]) -> Iterator[tuple[str, str]]:
    """Yield endpoint and address of every page whose parts we have one of."""
    with app.test_request_context():
        for rule in app.url_map.iter_rules():
            if "GET" not in (rule.methods or ()) or rule.endpoint.startswith(NOT_PAGES):
                continue
            if rule.arguments <= set(things):
                built = rule.build({name: things[name] for name in rule.arguments})
                if built is not None:
                    yield rule.endpoint, built[1]


def test_every_page_draws_for_an_owner(
    app: Flask, client: FlaskClient, people: Cast, things: dict[str, UUID]
) -> None:
    enter(client, people.alice)

    answers = {
        endpoint: client.get(url).status_code
        for endpoint, url in urls(app, things)
        if not endpoint.startswith(OUT_OF_ORGANIZATION)
    }

    assert {name: status for name, status in answers.items() if status >= 400} == {}
    assert len(answers) > 25


def test_another_organization_gets_404_on_every_address_of_the_first(
    app: Flask, client: FlaskClient, people: Cast, things: dict[str, UUID]
) -> None:
    enter(client, people.mallory)
    owned = {
        endpoint: client.get(url).status_code
        for endpoint, url in urls(app, things)
        if any(str(value) in url for value in things.values())
    }

    assert {name: status for name, status in owned.items() if status != 404} == {}
    assert len(owned) > 8


def test_nobody_gets_in_without_signing_in(
    app: Flask, client: FlaskClient, things: dict[str, UUID]
) -> None:
    inside = [
        (endpoint, client.get(url).status_code)
        for endpoint, url in urls(app, things)
        if endpoint.startswith(("catalog.", "sync.", "connections.", "notices.notice"))
    ]

    assert {status for _, status in inside} == {303}
