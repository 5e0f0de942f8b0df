"""The list of stock: search, filters, orders, pages, and what it costs."""

import re
from typing import Any
from uuid import UUID

import pytest
from flask.testing import FlaskClient
from sqlalchemy import text

from app.catalog.models import Variant
from app.core import db
from app.core.actor import Actor
from app.core.work import unit_of_work
from app.inventory import queries, service
from app.inventory.filters import StockFilter
from app.inventory.ledger import Posting, PostingKind
from app.inventory.models import Level
from app.inventory.queries import overview
from app.team.permissions import Role
from tests.cast import Cast, enter, person
from tests.factories.catalog import product

PARTIAL = {"HX-Request": "true", "HX-Request-Type": "partial", "HX-Target": "div#results"}


def names(html: str) -> list[str]:
    """Return the titles of the rows, in order."""
    return re.findall(r'data-row-link class="truncate-2">([^<]+)</a>', html)


def move(actor: Actor, variant_id: UUID, *postings: Posting) -> None:
    with unit_of_work(actor) as work:
        level = work.session.query(Level).filter_by(variant_id=variant_id).one()
        service.post(work, {level.id: list(postings)})


def test_a_row_tells_what_lies_there_and_what_may_be_sold(
    client: FlaskClient, cast: Cast, mug: UUID
) -> None:
    move(cast.alice.actor, mug, Posting(PostingKind.COMMIT, 2))
    move(cast.alice.actor, mug, Posting(PostingKind.RESERVE, 1))

    html = enter(client, cast.carol).get("/inventory").get_data(as_text=True)

    assert names(html) == ["Blue mug"]
    figures = dict(re.findall(r'class="num" data-label="([^"]+)">(\d+)<', html))
    assert figures == {
        "On hand": "5",
        "Promised": "2",
        "Kept back": "1",
        "Incoming": "0",
        "Available": "2",
    }


def test_without_products_the_page_says_what_to_do(client: FlaskClient, cast: Cast) -> None:
    html = enter(client, cast.alice).get("/inventory").get_data(as_text=True)

    assert "No stock yet" in html
    assert "Import a file" in html


def test_htmx_gets_the_rows_alone(client: FlaskClient, cast: Cast, mug: UUID) -> None:
    html = enter(client, cast.alice).get("/inventory", headers=PARTIAL).get_data(as_text=True)

    assert "Blue mug" in html
    assert "<html" not in html
    assert "<h1" not in html


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("q=mug-1", ["Blue mug"]),
        ("q=blue", ["Blue mug"]),
        ("q=MUG", ["Blue mug"]),
        ("q=4006381333931", ["Pot"]),
        ("stock=out", ["Pan"]),
        ("stock=low", ["Pot"]),
        ("stock=short", ["Pan"]),
        ("stock=kept", ["Blue mug"]),
        ("stock=uncounted", ["Voucher"]),
        ("sort=-available", ["Pot", "Blue mug", "Pan", "Voucher"]),
        ("sort=available", ["Pan", "Blue mug", "Pot", "Voucher"]),
        ("sort=-title", ["Voucher", "Pot", "Pan", "Blue mug"]),
        ("sort=sku", ["Blue mug", "Pan", "Pot", "Voucher"]),
        ("location=nowhere&stock=odd&sort=odd", ["Blue mug", "Pan", "Pot", "Voucher"]),
    ],
)
def test_the_list_is_searched_narrowed_and_ordered(
    client: FlaskClient, cast: Cast, mug: UUID, main: str, query: str, found: list[str]
) -> None:
    actor = cast.alice.actor
    move(actor, mug, Posting(PostingKind.RESERVE, 1))
    product(actor, {"sku": "PAN", "quantity": -2}, title="Pan")
    pot = product(actor, {"sku": "POT", "quantity": 9, "gtin": "4006381333931"}, title="Pot")
    product(actor, {"sku": "VOUCHER"}, title="Voucher")
    with unit_of_work(actor) as work:
        row = queries.stock_page(work.session, StockFilter(q="pot")).rows[0]
        service.set_reorder(work, row.id, {UUID(main): service.Reorder(9)})
    assert row.product_id == pot

    html = enter(client, cast.alice).get(f"/inventory?{query}").get_data(as_text=True)

    assert names(html) == found


def test_a_location_shows_its_own_figures_only(
    client: FlaskClient, cast: Cast, mug: UUID, main: str
) -> None:
    with unit_of_work(cast.alice.actor) as work:
        shop = service.create_location(work, service.LocationDraft("Shop"))
        came = service.Adjustment(service.Mode.ADD, 3, service.Reason.RECEIVED)
        service.adjust(work, mug, shop, came)
    page = enter(client, cast.alice)

    there = page.get(f"/inventory?location={shop}").get_data(as_text=True)
    together = page.get("/inventory").get_data(as_text=True)

    assert 'data-label="Available">3<' in there
    assert 'data-label="Available">8<' in together


@pytest.mark.parametrize("sort", ["title", "-title", "sku", "available", "-on_hand"])
def test_pages_hold_every_variant_once_in_both_directions(cast: Cast, sort: str) -> None:
    actor = cast.alice.actor
    for number in range(7):
        quantity = {"quantity": number % 3} if number else {}
        product(actor, {"sku": f"S{number}", **quantity}, title=f"Mug {number % 2}")
    wanted = StockFilter(sort=sort)

    with db.reading(actor) as session:
        whole = [row.id for row in queries.stock_page(session, wanted).rows]
        seen, page = [], queries.stock_page(session, wanted, size=3)
        firsts = [page.first]
        seen += [row.id for row in page.rows]
        while page.after:
            page = queries.stock_page(session, wanted, after=page.after, size=3)
            firsts.append(page.first)
            seen += [row.id for row in page.rows]
        back = [row.id for row in page.rows]
        while page.before:
            page = queries.stock_page(session, wanted, before=page.before, size=3)
            back = [row.id for row in page.rows] + back

    assert len(set(whole)) == 7
    assert seen == whole
    assert back == whole
    assert firsts == [1, 4, 7]


def test_a_damaged_cursor_is_refused(client: FlaskClient, cast: Cast, mug: UUID) -> None:
    assert enter(client, cast.alice).get("/inventory?after=bm9uZQ").status_code == 422


@pytest.mark.parametrize("count", [2, 9])
def test_more_rows_ask_no_more_questions(
    client: FlaskClient, cast: Cast, questions: list[str], count: int
) -> None:
    for number in range(count):
        product(cast.alice.actor, {"sku": f"S{number}", "quantity": 1}, title=f"Mug {number}")
    page = enter(client, cast.alice)
    page.get("/inventory")
    questions.clear()

    html = page.get("/inventory").get_data(as_text=True)

    assert len(names(html)) == count
    assert len([each for each in questions if "inventory_levels" in each]) == 1


def test_the_plain_list_walks_the_index_of_titles(cast: Cast, mug: UUID) -> None:
    actor = cast.alice.actor
    with db.reading(actor) as session:
        wanted = StockFilter()
        sums = overview._sums(wanted, actor.organization)
        column = overview._column(wanted, sums)
        question = (
            overview._rows(sums)
            .where(*overview._narrowed(session, wanted, sums))
            .order_by(column, Variant.id)
            .limit(51)
        )
        # With so few rows a scan and a sort are cheapest; what matters is that neither has to be.
        session.execute(text("SET LOCAL enable_seqscan = off"))
        session.execute(text("SET LOCAL enable_sort = off"))
        compiled = question.compile(session.get_bind(), compile_kwargs={"literal_binds": True})
        plan = "\n".join(session.scalars(text("EXPLAIN " + str(compiled).replace(":", "\\:"))))

    assert "ix_products_title" in plan
    assert "Seq Scan" not in plan


@pytest.mark.parametrize("sort", ["available", "-available", "reserved", "sku"])
@pytest.mark.parametrize("at", [None, [3, UUID(int=0), 51]])
def test_an_order_by_a_figure_or_sku_walks_an_index(
    cast: Cast, mug: UUID, sort: str, at: list[Any] | None
) -> None:
    wanted = StockFilter(sort=sort)
    if at and sort == "sku":
        at = ["mug", *at[1:]]
    with db.reading(cast.alice.actor) as session:
        where = overview._narrowed(session, wanted, overview._sums(wanted, cast.alice.place))
        way = overview._Way(wanted.is_descending, False, 51)
        (_, part), *_ = overview._parts(session, wanted, where, way)
        # With so few rows a scan and a sort are cheapest; what matters is that neither has to be.
        session.execute(text("SET LOCAL enable_seqscan = off"))
        session.execute(text("SET LOCAL enable_sort = off"))
        session.execute(text("SET LOCAL enable_bitmapscan = off"))
        compiled = part(at).compile(session.get_bind(), compile_kwargs={"literal_binds": True})
        plan = "\n".join(session.scalars(text("EXPLAIN " + str(compiled).replace(":", "\\:"))))

    index = {"reserved": "ix_stock_totals_kept", "sku": "uq_variants_organization_id_sku_key"}
    walked = plan[plan.index(index.get(sort, "ix_stock_totals_available")) :].splitlines()
    behind = {"reserved": "kept", "sku": "sku_key"}.get(sort, "available")
    assert (behind in walked[1]) == (at is not None)
    assert "Seq Scan" not in plan


def test_sorted_by_a_figure_no_more_is_asked_for_more_rows(
    client: FlaskClient, cast: Cast, questions: list[str]
) -> None:
    asked = []
    for count in (2, 9):
        for number in range(count):
            product(cast.alice.actor, {"sku": f"S{count}-{number}", "quantity": number})
        page = enter(client, cast.alice)
        page.get("/inventory?sort=-available")
        questions.clear()
        page.get("/inventory?sort=-available")
        asked.append(len(questions))

    assert asked[0] == asked[1]


@pytest.mark.parametrize("role", list(Role))
def test_every_member_sees_stock_and_only_some_locations_form(
    client: FlaskClient, cast: Cast, mug: UUID, main: str, role: Role
) -> None:
    somebody = person("Sam", role, organization_id=cast.alice.organization_id)
    page = enter(client, somebody)

    seen = [page.get(url).status_code for url in ("/inventory", f"/inventory/{mug}",
            "/inventory/locations", f"/inventory/locations/{main}")]  # fmt: skip

    may = role in (Role.OWNER, Role.ADMIN, Role.MANAGER)
    assert seen == [200, 200, 200, 200 if may else 403]


def test_another_organization_sees_nothing_of_it(
    client: FlaskClient, cast: Cast, mug: UUID, main: str
) -> None:
    page = enter(client, cast.mallory)

    for url in ("/inventory", "/inventory?q=mug-1", f"/inventory?location={main}"):
        assert "Blue mug" not in page.get(url).get_data(as_text=True)
    assert page.get(f"/inventory/{mug}").status_code == 404
    assert page.get(f"/inventory/{mug}/movements.csv").status_code == 404
    assert page.get(f"/inventory/locations/{main}").status_code == 404


def test_what_is_low_or_kept_back_is_found_without_looking_at_every_level(
    cast: Cast, mug: UUID
) -> None:
    with db.reading(cast.alice.actor) as session:
        session.execute(text("SET LOCAL enable_seqscan = off"))
        plans = {}
        for state in ("low", "kept"):
            wanted = StockFilter(stock=state)
            sums = overview._sums(wanted, cast.alice.place)
            where = overview._narrowed(session, wanted, sums)
            question = overview._rows(sums).where(*where).limit(51)
            compiled = question.compile(session.get_bind(), compile_kwargs={"literal_binds": True})
            asked = text("EXPLAIN " + str(compiled).replace(":", "\\:"))
            plans[state] = "\n".join(session.scalars(asked))

    # Which of the indexes that fit are taken depends on how many levels there are.
    assert "Seq Scan" not in plans["low"] + plans["kept"]
