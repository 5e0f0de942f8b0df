"""Every page there is: it draws for an owner, and another organization gets nothing of it."""

from collections.abc import Iterator
from uuid import UUID

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import text

from app.core import db
from app.core.actor import job_actor
from app.core.db import Base
from app.web.guards import guard_of
from tests.cast import Cast, cast, csrf, enter
from tests.pages.things import Things, make_things

# Pages that answer something else than a page: files, streams, probes, other people's dashboards.
NOT_PAGES = (
    "static",
    "web.events",
    "probes.",
    "rq_dashboard.",
    "catalog.export",
    "orders.export_file",
    "catalog.media",
    "catalog.import_report",  # there is none before an import is applied
    "team.picture",
    "inventory.count_file",
    "inventory.movements_file",
    "inventory.stock_report_file",
    "orders.order_report_file",
    "inventory.transfer_file",
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


FORM = {
    "role": "viewer",
    "name": "Mallory",
    "kind": "text",
    "choice": "theirs",
    "title": "Mine",
    "operation": "status",
    "dialect": "shopify",
    "urls": "https://shop.test/a.png",
    "key": "ck_" + "1" * 40,
    "secret": "cs_" + "1" * 40,
}


def rows_of(organization_id: UUID) -> dict[str, list[str]]:
    """Return every row of an organization, by table."""
    found = {}
    with db.reading(job_actor(organization_id)) as session:
        for table in sorted(Base.metadata.tables):
            if "organization_id" in Base.metadata.tables[table].c:
                rows = f"SELECT t::text FROM {table} t WHERE organization_id = :id ORDER BY 1"  # noqa: S608 (our own tables)
                found[table] = list(session.scalars(text(rows), {"id": organization_id}))
    return found


@pytest.fixture
def people(app: Flask, clean: None) -> Cast:
    """Alice of Acme and Mallory of another shop, among others."""
    return cast()


@pytest.fixture
def things(people: Cast) -> Things:
    """One of everything in Acme, by the names URLs use."""
    return make_things(people)


def urls(app: Flask, things: Things, *, method: str = "GET") -> Iterator[tuple[str, str]]:
    """Yield endpoint and address of every route whose parts we have one of."""
    known = {**things, "size": "full", "ended_id": things["view_id"], "letter_kind": "shipped"}
    with app.test_request_context():
        for rule in app.url_map.iter_rules():
            if method in (rule.methods or ()) and rule.arguments <= set(known):
                built = rule.build({name: known[name] for name in rule.arguments})
                if built is not None:
                    yield rule.endpoint, built[1]


def pages(app: Flask, things: Things) -> Iterator[tuple[str, str]]:
    """Yield endpoint and address of every page."""
    return ((name, url) for name, url in urls(app, things) if not name.startswith(NOT_PAGES))


def owned(app: Flask, things: Things, method: str) -> dict[str, str]:
    """Return the addresses that name something of Acme's, by endpoint."""
    return {
        endpoint: url
        for endpoint, url in urls(app, things, method=method)
        if any(str(value) in url for value in things.values())
        and not endpoint.startswith("catalog_api.")
    }


def test_every_page_draws_for_an_owner(
    app: Flask, client: FlaskClient, people: Cast, things: Things
) -> None:
    enter(client, people.alice)

    answers = {
        endpoint: client.get(url).status_code
        for endpoint, url in pages(app, things)
        if not endpoint.startswith(OUT_OF_ORGANIZATION)
    }

    assert {name: status for name, status in answers.items() if status >= 400} == {}
    assert len(answers) > 30


def test_another_organization_gets_404_on_every_address_of_the_first(
    app: Flask, client: FlaskClient, people: Cast, things: Things
) -> None:
    enter(client, people.mallory)

    answers = {
        endpoint: client.get(url).status_code for endpoint, url in owned(app, things, "GET").items()
    }

    assert {name: status for name, status in answers.items() if status != 404} == {}
    assert len(answers) > 15


def test_another_organization_changes_nothing_of_the_first(
    app: Flask, client: FlaskClient, people: Cast, things: Things
) -> None:
    enter(client, people.mallory)
    client.get("/profile")
    before = rows_of(people.alice.place)

    answers = {
        endpoint: client.post(url, data={"csrf_token": csrf(client), **FORM}).status_code
        for endpoint, url in owned(app, things, "POST").items()
        if not endpoint.startswith("team.operator")
    }

    assert {name: status for name, status in answers.items() if status != 404} == {}
    assert len(answers) > 40
    assert rows_of(people.alice.place) == before


def test_a_role_without_the_permission_changes_nothing(
    app: Flask, client: FlaskClient, people: Cast, things: Things
) -> None:
    enter(client, people.carol)
    token = csrf(client)
    before = rows_of(people.alice.place)
    held = people.carol.actor.permissions

    answers = {
        endpoint: client.post(url, data={"csrf_token": token}).status_code
        for endpoint, url in urls(app, things, method="POST")
        if (guard := guard_of(app, endpoint)) is not None
        and guard.permissions
        and not held.issuperset(guard.permissions)
    }

    assert set(answers.values()) == {403}
    assert len(answers) > 50
    assert rows_of(people.alice.place) == before


def test_nobody_gets_in_without_signing_in(app: Flask, client: FlaskClient, things: Things) -> None:
    guarded = [
        (endpoint, url)
        for endpoint, url in urls(app, things)
        if (guard := guard_of(app, endpoint)) is not None
        and not guard.is_public
        and not url.startswith("/api/")
    ]

    answers = {endpoint: client.get(url).status_code for endpoint, url in guarded}

    assert {name: status for name, status in answers.items() if status != 303} == {}
    assert len(answers) > 45


def test_a_state_is_never_changed_without_the_token_of_a_page(
    app: Flask, client: FlaskClient, people: Cast, things: Things
) -> None:
    enter(client, people.alice)
    client.get("/profile")
    before = rows_of(people.alice.place)

    answers = {
        endpoint: client.post(url).status_code
        for endpoint, url in urls(app, things, method="POST")
        if (guard := guard_of(app, endpoint)) is not None
        and guard.checks_csrf
        and not endpoint.startswith(("rq_dashboard.", "web.gallery", "team.operator", "team_api."))
    }

    assert {name: status for name, status in answers.items() if status != 400} == {}
    assert rows_of(people.alice.place) == before
