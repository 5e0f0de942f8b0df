"""The list of orders: found by what people know, sorted by what needs doing, without who bought."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import Select, event, insert, select, text
from sqlalchemy.orm import Session

from app.adapters.orders import Payment
from app.core import clock, db
from app.core.settings import Settings
from app.core.work import unit_of_work
from app.orders import queries, service
from app.orders.filters import OrderFilter
from app.orders.models import Order, OrderTerm, Shipment
from app.orders.queries import index as order_index
from app.orders.queries.index import asking, conditions, order_list
from app.orders.queries.searching import FOUND, gathering
from app.orders.rules import OrderState
from app.orders.views.index import order_fragments
from tests.cast import Cast, enter
from tests.conftest import analyze
from tests.factories.orders import sold
from tests.pages.orders.conftest import Place

PARTIAL = {"HX-Request": "true", "HX-Request-Type": "partial"}


def numbers(html: str) -> list[str]:
    """Return the numbers of orders on a page, in order."""
    return re.findall(r"data-row-link[^>]*>([^<]+)<", html)


def test_an_empty_list_says_what_to_do_next(place: Place) -> None:
    page = place.client.get("/orders")

    assert page.status_code == 200
    assert "No orders yet" in page.text


def test_a_row_tells_number_buyer_items_total_and_state(place: Place) -> None:
    place.stock("A")
    place.sell(sold("A", 2, each=1250))

    page = place.client.get("/orders").text

    assert numbers(page) == ["WC-1001"]
    assert all(
        word in page for word in ("Dora Diaz", "Web shop", "2 units", "$25.00", "Ready to ship")
    )


@pytest.mark.parametrize(
    "words",
    ["wc-1001", "#1001", "A-1", "a-", "dora@buyers.example", "Diaz", "dora diaz", "1Z99"],
)
def test_an_order_is_found_by_number_sku_tracking_mail_and_name(place: Place, words: str) -> None:
    place.stock("A-1")
    order_id = place.sell(sold("A-1"))
    place.sell(sold("B-2"), number="2002", email="eve@buyers.example", ship_to=None)
    with unit_of_work(place.manager.actor) as work:
        service.ship_order(work, order_id, service.Parcel(tracking_number="1Z999"))

    page = place.client.get("/orders", query_string={"q": words}).text

    assert numbers(page) == ["WC-1001"]


def test_nobody_is_found_by_the_beginning_of_a_name_or_a_digest(place: Place) -> None:
    place.sell(sold("A"))

    for words in ("dor", "~", "~0", "~f"):
        assert numbers(place.client.get("/orders", query_string={"q": words}).text) == []


def test_tabs_part_orders_by_what_needs_doing(place: Place) -> None:
    place.stock("A", 1)
    place.stock("B", 9)
    place.sell(sold("A"), number="1")
    place.sell(sold("A"), number="2", placed_at=clock.now() + timedelta(minutes=1))
    place.sell(sold("NOBODY"), number="3")
    held = place.sell(sold("B"), number="4")
    gone = place.sell(sold("B"), number="5")
    with unit_of_work(place.manager.actor) as work:
        service.hold_order(work, held, "Address")
        service.ship_order(work, gone, service.Parcel())
    place.sell(sold("B"), number="6", cancelled_at=clock.now())

    found = {
        tab: numbers(place.client.get("/orders", query_string={"tab": tab}).text)
        for tab in ("ship", "waiting", "mapping", "hold", "shipped", "cancelled")
    }

    assert found == {
        "ship": ["WC-1"],
        "waiting": ["WC-2"],
        "mapping": ["WC-3"],
        "hold": ["WC-4"],
        "shipped": ["WC-5"],
        "cancelled": ["WC-6"],
    }
    with db.reading(place.manager.actor) as session:
        counts = queries.tab_counts(session)
    assert counts == {"ship": 1, "rush": 0, "waiting": 1, "mapping": 1, "hold": 1}


def test_filters_narrow_the_list(place: Place) -> None:
    place.stock("A", 1)
    rush = place.sell(sold("A"), number="1", tags=("rush",))
    place.sell(sold("A", 2), number="2", payment=Payment.PENDING)
    place.sell(sold("NOBODY"), number="3")
    with unit_of_work(place.manager.actor) as work:
        service.ship_order(work, rush, service.Parcel())
    place.sell(sold("B"), number="4", shipping_method="Express")

    def found(**filters: str) -> set[str]:
        return set(numbers(place.client.get("/orders", query_string=filters).text))

    assert found(state="shipped") == {"WC-1"}
    assert found(payment="pending") == {"WC-2"}
    assert found(needs="mapping") == {"WC-3", "WC-4"}
    assert found(needs="rush") == {"WC-4"}
    assert found(needs="untold") == {"WC-1"}
    assert "WC-2" in found(needs="short")
    assert len(found(channel=str(place.connection_id))) == 4
    assert found(channel=str(db.new_id())) == set()


def test_pages_lead_on_and_back_in_both_orders(place: Place) -> None:
    for number in range(1, 6):
        place.sell(sold("A"), number=str(number), placed_at=clock.now() + timedelta(minutes=number))

    def walk(sort: str) -> list[str]:
        seen: list[str] = []
        after = None
        with db.reading(place.manager.actor) as session:
            while True:
                wanted = OrderFilter(sort=sort)
                page = queries.order_list(session, wanted, sees_buyers=False, after=after, size=2)
                seen += [row.number for row in page.rows]
                if page.before:
                    back = queries.order_list(
                        session, wanted, sees_buyers=False, before=page.before, size=2
                    )
                    assert [row.number for row in back.rows] == seen[-len(page.rows) - 2 :][:2]
                if page.after is None:
                    return seen
                after = page.after

    assert walk("placed") == [f"WC-{n}" for n in range(1, 6)]
    assert walk("-placed") == [f"WC-{n}" for n in range(5, 0, -1)]


def test_roles_without_the_right_see_only_first_letters(place: Place, people: Cast) -> None:
    order_id = place.sell(sold("A"), note="Ring twice")

    for person in (people.bob, people.carol):
        enter(place.client, person)
        for url in ("/orders", f"/orders/{order_id}", "/search?q=WC-1001"):
            page = place.client.get(url).text
            assert "D••• D•••" in page
            assert not re.search("Dora|Diaz|dora@|Main Street|555 0100|Ring twice", page)
        for words in ("Diaz", "dora@buyers.example"):
            assert numbers(place.client.get("/orders", query_string={"q": words}).text) == []
        assert numbers(place.client.get("/orders?q=wc-1001").text) == ["WC-1001"]


def test_the_search_of_every_page_finds_orders(place: Place) -> None:
    order_id = place.sell(sold("A"))

    page = place.client.get("/search?q=wc-1").text

    assert f"/orders/{order_id}" in page


def test_a_fragment_holds_only_what_was_asked_for(place: Place) -> None:
    place.sell(sold("A"))

    rows = place.client.get("/orders", headers={**PARTIAL, "HX-Target": "div#results"}).text
    tabs = place.client.get("/orders", headers={**PARTIAL, "HX-Target": "div#tabs"}).text

    assert "<html" not in rows + tabs
    assert "WC-1001" in rows
    assert "To ship" in tabs
    assert "WC-1001" not in tabs


def test_live_rows_are_drawn_for_their_reader(place: Place, people: Cast) -> None:
    order_id = place.sell(sold("A"))

    with place.client.application.test_request_context():
        ours = order_fragments(place.manager.actor, [str(order_id)])
        theirs = order_fragments(people.carol.actor, [str(order_id)])
        foreign = order_fragments(people.mallory.actor, [str(order_id)])

    assert "Dora Diaz" in ours[str(order_id)]
    assert "D••• D•••" in theirs[str(order_id)]
    assert foreign == {}


def test_a_view_is_kept_changed_and_deleted(place: Place) -> None:
    place.sell(sold("A"), number="1", payment=Payment.PENDING)
    token = place.form(place.sell(sold("A"), number="2"))["csrf_token"]
    named = {"csrf_token": token, "name": "Unpaid ones", "query": "payment=pending"}

    kept = place.client.post("/orders/views", data=named, follow_redirects=True)
    assert numbers(kept.text) == ["WC-1"]
    view = kept.request.args["view"]
    place.client.post(f"/orders/views/{view}", data={**named, "name": "Unpaid"})
    assert "Unpaid</a>" in place.client.get("/orders").text
    place.client.post(f"/orders/views/{view}/delete", data={"csrf_token": token})
    assert "Unpaid</a>" not in place.client.get("/orders").text


def test_picking_begins_for_all_that_can_and_says_why_not_for_others(place: Place) -> None:
    place.stock("A")
    ready, unknown = place.sell(sold("A"), number="1"), place.sell(sold("NOBODY"), number="2")

    page = place.client.post(
        "/orders/pick",
        data={"csrf_token": place.form(ready)["csrf_token"], "ids": [ready, unknown]},
        follow_redirects=True,
    )

    assert "Picking of 1 order began." in page.text
    assert "cannot become picking" in page.text
    assert place.order(ready).order.state == OrderState.PICKING


@contextmanager
def counting() -> Iterator[list[str]]:
    """Write down every question asked of the database."""
    asked: list[str] = []

    def hear(*args: Any) -> None:
        asked.append(args[2])

    event.listen(db.engine(), "before_cursor_execute", hear)
    yield asked
    event.remove(db.engine(), "before_cursor_execute", hear)


def test_more_orders_are_no_more_questions(place: Place) -> None:
    place.stock("A", 50)
    first = place.sell(sold("A"), sold("B"), number="1")
    urls = ("/orders", f"/orders/pick-list?ids={first}", "/orders/export/file")

    def asked() -> list[int]:
        counts = []
        for url in urls:
            place.client.get(url).close()
            with counting() as questions, place.client.get(url) as answer:
                assert answer.status_code == 200
            counts.append(len(questions))
        return counts

    few = asked()
    ids = [place.sell(sold("A"), sold(f"C-{n}"), number=f"9{n}") for n in range(6)]
    urls = ("/orders", f"/orders/pick-list?ids={','.join(map(str, ids))}", "/orders/export/file")

    assert asked() == few


def test_an_order_with_many_lines_is_read_in_as_many_questions(place: Place) -> None:
    small = place.sell(sold("A"), number="1")
    large = place.sell(*(sold(f"S-{n}") for n in range(12)), number="2")

    def asked(order_id: Any) -> int:
        with counting() as questions:
            assert place.client.get(f"/orders/{order_id}").status_code == 200
        return len(questions)

    asked(small)
    assert asked(large) == asked(small)


def many_orders(place: Place, count: int) -> None:
    """Copy an order many times, so that an index pays."""
    order_id = place.sell(sold("A"), number="1")
    with unit_of_work(place.manager.actor) as work:
        work.session.flush()
        kept = work.session.execute(
            text("SELECT * FROM orders WHERE id = :id"), {"id": order_id}
        ).one()
        rows = [
            {
                **{
                    key: value
                    for key, value in kept._mapping.items()
                    if key not in ("tags", "cancelling")
                },
                "id": db.new_id(),
                "external_id": f"copy-{n}",
                "number": f"COPY-{n:06d}",
                "state": "shipped",
                "unmapped": 0,
                "placed_at": clock.now() - timedelta(minutes=n),
            }
            for n in range(count)
        ]
        work.session.execute(insert(Order), rows)
        lines = (
            "INSERT INTO order_lines SELECT (jsonb_populate_record(l, jsonb_build_object("
            "'id', uuidv7(), 'order_id', o.id, 'shipped', l.quantity, 'allocated', 0))).* "
            "FROM orders o, order_lines l WHERE l.order_id = :id AND o.id = ANY(:others)"
        )
        work.session.execute(text(lines), {"id": order_id, "others": [row["id"] for row in rows]})
        work.session.execute(
            insert(OrderTerm),
            [
                {
                    "order_id": row["id"],
                    "organization_id": work.organization_id,
                    "term": f"copy-{n:06d}",
                }
                for n, row in enumerate(rows)
            ],
        )
        parcels = [
            {
                "order_id": row["id"],
                "organization_id": work.organization_id,
                "shipped_at": row["placed_at"],
                "told_at": row["placed_at"] if n % 500 else None,
            }
            for n, row in enumerate(rows)
        ]
        work.session.execute(insert(Shipment), parcels)


@pytest.mark.parametrize(
    ("wanted", "index"),
    [
        (OrderFilter(), "ix_orders_recent"),
        (OrderFilter(tab="hold"), "ix_orders_"),
        (OrderFilter(payment="refunded"), "ix_orders_payment"),
    ],
)
def test_lists_are_answered_from_an_index(
    place: Place, settings: Settings, wanted: OrderFilter, index: str
) -> None:
    many_orders(place, 3000)
    analyze(settings, "orders")
    with db.reading(place.manager.actor) as session:
        question = (
            select(Order.id)
            .where(*conditions(session, wanted))
            .order_by(Order.placed_at.desc(), Order.id.desc())
            .limit(51)
        )
        plan = planned(session, question)

    assert index in plan
    assert "Seq Scan on order" not in plan


def test_parcels_the_shop_waits_for_are_found_by_an_index_of_those(
    place: Place, settings: Settings
) -> None:
    # Whether a list begins with them or with the orders depends on how many others have there.
    many_orders(place, 3000)
    analyze(settings, "shipments")
    organization = place.manager.actor.organization
    with db.reading(place.manager.actor) as session:
        question = select(Shipment.order_id).where(
            Shipment.organization_id == organization, *order_index._owed()
        )
        plan = planned(session, question)

    assert "ix_shipments_untold" in plan


@pytest.mark.parametrize("phrase", ["copy-000123", "copy-", "dora@buyers.example"])
def test_what_is_searched_for_is_gathered_from_an_index_in_its_order(
    place: Place, settings: Settings, phrase: str
) -> None:
    many_orders(place, 3000)
    analyze(settings, "order_terms")
    with db.reading(place.manager.actor) as session:
        plans = [planned(session, each) for each in gathering(session, phrase)]

    assert plans
    for plan in plans:
        assert "Scan Backward using ix_order_terms_term" in plan
        assert "Sort" not in plan


def test_what_was_gathered_is_fetched_before_it_is_put_in_order(
    place: Place, settings: Settings
) -> None:
    many_orders(place, 3000)
    analyze(settings, "orders", "order_terms")
    with db.reading(place.manager.actor) as session:
        asked = asking(session, OrderFilter(q="copy-"))
        order = [each.desc() for each in asked.key]
        plan = planned(session, asked.question.order_by(*order).limit(51))

    # By which index they are fetched depends on how many rows strangers have; only that all of
    # them are there before the first is shown does not.
    assert "CTE Scan on found" in plan.split("Sort Key: found.placed_at DESC, found.id DESC")[1]


def planned(session: Session, question: Select[Any]) -> str:
    asked = question.compile(
        dialect=session.get_bind().dialect, compile_kwargs={"literal_binds": True}
    )
    told = str(asked).replace("'])", "']::uuid[])")  # what arrays of literals hold is not told
    # How many rows strangers have decides whether a scan is cheapest; that it need not be, doesn't.
    session.execute(text("SET LOCAL enable_seqscan = off"))
    return "\n".join(session.scalars(text("EXPLAIN " + told.replace(":", r"\:"))))


def test_of_what_thousands_share_the_highest_numbers_are_shown(place: Place) -> None:
    many_orders(place, FOUND + 100)

    def first(wanted: OrderFilter) -> tuple[str, int, bool]:
        with db.reading(place.manager.actor) as session:
            page = order_list(session, wanted, sees_buyers=False)
        return page.rows[0].number, page.total, page.is_estimate

    assert first(OrderFilter(q="copy-")) == ("COPY-000099", FOUND, True)
    assert first(OrderFilter(q="copy-0000")) == ("COPY-000000", 100, False)
    assert first(OrderFilter(q="copy-", state="shipped")) == ("COPY-000000", FOUND, True)
