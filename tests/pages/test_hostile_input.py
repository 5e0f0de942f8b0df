"""Whatever is written into an address or a form: an answer with a sentence, never a defect."""

import base64
from collections.abc import Iterator
from urllib.parse import quote

import pytest
from flask import Flask
from flask.testing import FlaskClient

from app.core.paging import encode_cursor
from app.web.guards import guard_of
from tests.cast import Cast, cast, csrf, enter
from tests.pages.test_every_page import urls
from tests.pages.things import Things, make_things

KEY = "019ac0de-0000-7000-8000-000000000000"
ARGUMENTS = (
    "q", "view", "sort", "status", "category", "brand", "tag", "channel", "listing", "stock",
    "at", "ids", "action", "person", "kind", "subject", "state", "connection", "show", "issues",
    "step", "next", "to", "address", "name", "http", "token", "success", "limit", "watch", "since",
    "dialect", "variants", "columns", "query", "excluded", "unread", "field", "context", "tab",
    "needs", "payment", "way", "return", "from", "ahead", "location",
)  # fmt: skip
FIELDS = (
    *ARGUMENTS, "title", "description", "version", "role", "choice", "decision", "value", "urls",
    "product_id", "parent", "move_to", "what", "setup", "order", "remove", "retry", "move",
    "everything", "clear", "email", "password", "organization_name", "currency", "days", "scopes",
    "key", "secret", "base_url", "buffer", "poll_minutes", "option.0.name", "option.².name",
    "attribute.0.name", "attribute.0.value", "v.new-0.sku", "v.new-0.price", "v.new-0.quantity",
    "v.new-²9.sku", "v.new-0.weight", "v.new-0.choice.Size", "categories", "new_category", "tags",
    "unit", "choices", "percent", "amount", "rule", "map.0", "columns.0", "is_shared", "new_name",
    "reason", "note", "carrier", "tracking_number", "tracking_url", "variant_id", "seen",
    "code", "quantity", "line", "line_id", "origin", "destination", "supplier", "expected_on",
    "location", "scope", "prefix", "list", "place", "units", "until", "reservation",
    "shipping", "find", "add", "save", "discount", "payment", "country", "phone",
    "told", "look-0", "value-0", "on-0", "mode", "text", "mark",
)  # fmt: skip
LISTS = (
    "catalog.bulk_detail", "catalog.import_detail", "catalog.import_list",
    "catalog.product_history",
    "catalog.product_list", "connections.exchange_list", "inventory.count_detail",
    "inventory.count_list", "inventory.count_review", "inventory.reorder",
    "inventory.stock_report", "inventory.transfer_list",
    "notices.notice_list", "orders.order_list",
    "sync.conflict_list", "sync.delivery_list", "sync.error_list", "sync.mapping",
    "sync.plan_list", "sync.run_detail", "sync.run_list", "team.audit_list",
)  # fmt: skip
# They would end the session that asks, or leave the organization.
LAST_WORDS = ("team.sign_out", "team.session_end", "team.member_remove", "team.organization_")


def _packed(text: str) -> str:
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


TEXTS = ("\x00", "²", "9" * 30, "é" * 400, "'\"><script>alert(1)</script>", "9999999999999999999")
NAMES = ("nul", "superscript", "huge number", "long text", "markup", "more than a bigint")
CURSORS = (
    "\x00",
    "9" * 30,
    "[[[",
    _packed("[" * 50_000),
    *(encode_cursor(*each) for each in ((1,), ("x",), ({"a": 1},), (10**30,), ("\x00",))),
    *(encode_cursor(*each) for each in ((1, 2), ("x", "y"), (None, None), (10**30, 10**30))),
    *(encode_cursor(each, KEY, 1) for each in ("x", None, 10**30, 2**40, "\x00", [1], True)),
    encode_cursor("2026-11-21T12:00:00+00:00", KEY),
    _packed("[NaN]"),
    _packed('["\\ud800","' + KEY + '",1]'),
)


@pytest.fixture
def people(app: Flask, clean: None) -> Cast:
    """Alice of Acme, who tries everything."""
    return cast()


@pytest.fixture
def things(people: Cast) -> Things:
    """One of everything in Acme."""
    return make_things(people)


def pages(app: Flask, things: Things) -> Iterator[tuple[str, str]]:
    """Yield endpoint and address of everything Alice may open, streams aside."""
    for endpoint, url in urls(app, things):
        if not endpoint.startswith(("static", "rq_dashboard.", "web.events")):
            yield endpoint, url


def ask(client: FlaskClient, url: str, **arguments: str) -> int:
    """Return the status of an answer whose body nobody reads."""
    with client.get(url, query_string=arguments or None) as answer:
        return answer.status_code


def defects(answers: dict[str, int]) -> dict[str, int]:
    """Return the answers that say that something broke."""
    return {name: status for name, status in answers.items() if status >= 500}


@pytest.mark.parametrize("text", TEXTS, ids=NAMES)
def test_no_argument_breaks_a_page(
    app: Flask, client: FlaskClient, people: Cast, things: Things, text: str
) -> None:
    enter(client, people.alice)

    answers = {
        endpoint: ask(client, url, **dict.fromkeys(ARGUMENTS, text))
        for endpoint, url in pages(app, things)
    }

    assert defects(answers) == {}


@pytest.mark.timeout(400)  # a thousand pages
def test_no_cursor_breaks_a_list(
    app: Flask, client: FlaskClient, people: Cast, things: Things
) -> None:
    enter(client, people.alice)
    lists = [url for name, url in pages(app, things) if name in LISTS]
    sorts = [f"/products?sort={name}" for name in ("title", "price", "-stock")]

    answers = {
        f"{url} {name}={cursor[:40]}": ask(client, url, **{name: cursor})
        for url in lists
        for name in ("at" if "/bulk/" in url else "after",)
        for cursor in CURSORS
    } | {
        f"{url}&{name}={cursor[:40]}": ask(client, f"{url}&{name}={quote(cursor)}")
        for url in sorts
        for name in ("after", "before")
        for cursor in CURSORS
    }

    assert defects(answers) == {}


@pytest.mark.parametrize("text", TEXTS, ids=NAMES)
def test_no_field_breaks_a_form(
    app: Flask, client: FlaskClient, people: Cast, things: Things, text: str
) -> None:
    enter(client, people.alice)
    token = csrf(client)
    form = {**dict.fromkeys(FIELDS, text), "csrf_token": token}

    answers = {
        endpoint: client.post(url, data=form).status_code
        for endpoint, url in urls(app, things, method="POST")
        if not endpoint.startswith((*LAST_WORDS, "rq_dashboard."))
        and (guard := guard_of(app, endpoint)) is not None
        and guard.checks_csrf
    }

    assert defects(answers) == {}
