"""Rush: by the rules of the organization, by a person's word, and first wherever work waits."""

from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import false, select, tuple_

from app.connections import service as connections
from app.core import clock, db
from app.core.errors import Stale
from app.core.settings import Settings
from app.core.work import unit_of_work
from app.inventory import service as inventory
from app.inventory.models import Location
from app.orders import queries, rush, service
from app.orders.filters import OrderFilter
from app.orders.models import Order
from app.orders.queries.index import conditions
from app.orders.rules import OrderState
from app.orders.rush import Look, RushRule
from app.team.models import AuditEntry
from tests.cast import Cast, csrf, enter
from tests.conftest import analyze
from tests.factories.orders import channel_order, sold, taken
from tests.pages.orders.conftest import Place
from tests.pages.orders.test_order_list import many_orders, numbers, planned
from workers import relay

FORM = {"version": "0", "told": ""}


def told_again(place: Place, **values: Any) -> None:
    """Let the shop tell anew of its order."""
    with unit_of_work(place.manager.actor) as work:
        taken(work, place.connection_id, channel_order(sold("A"), **values))


def change(place: Place, *table: RushRule, version: int = 0) -> None:
    """Keep other rules, and let them reach the open orders."""
    with unit_of_work(place.manager.actor) as work:
        service.change_rush_rules(work, table, version=version)
    while relay.deliver_here(place.manager.actor):
        pass


def choose(place: Place, order_id: UUID, choice: bool | None) -> None:
    with unit_of_work(place.manager.actor) as work:
        service.choose_rush(work, order_id, choice=choice)


def rushes(place: Place) -> dict[str, str]:
    """Return why orders are rush orders, by number; others are left out."""
    with db.reading(place.manager.actor) as session:
        asked = select(Order.number, Order.rush_by).where(Order.is_rush)
        return {row.number: row.rush_by for row in session.execute(asked)}


def typed(*table: tuple[str, str], **more: str) -> dict[str, str]:
    """Return the boxes of rules that are all in use."""
    boxes: dict[str, str] = {}
    for place, (look, value) in enumerate(table):
        boxes |= {f"look-{place}": look, f"value-{place}": value, f"on-{place}": "y"}
    return {**FORM, **boxes, **more}


def save(place: Place, form: dict[str, str], **how: Any) -> Any:
    return place.client.post("/orders/rush", data={"csrf_token": csrf(place.client), **form}, **how)


def test_rules_decide_when_an_order_comes_in(place: Place) -> None:
    place.sell(sold("A"), number="1", tags=("Rush",))
    place.sell(sold("A"), number="2", shipping_method="Next-Day Air")
    place.sell(sold("A"), number="3", shipping_method="Standard")
    mug = place.stock("MUG")
    with unit_of_work(place.manager.actor) as work:
        entry = service.Entry(mug, 1, 1000)
        service.create_order(work, service.ManualOrder("USD", [entry], shipping_method="Overnight"))

    assert rushes(place) == {
        "WC-1": "tag is “rush”",
        "WC-2": "shipping method contains “next day”",
        "M-1001": "shipping method contains “overnight”",
    }


def test_an_order_follows_its_tags_and_its_method_in_the_shop(place: Place) -> None:
    order_id = place.sell(sold("A"), number="1")
    told_again(place, number="1", tags=("rush",))
    assert rushes(place) == {"WC-1": "tag is “rush”"}

    told_again(place, number="1", shipping_method="Express")
    assert rushes(place) == {"WC-1": "shipping method contains “express”"}

    told_again(place, number="1")
    assert rushes(place) == {}
    sentences = [event.sentence for event in place.order(order_id).events if event.kind == "rush"]
    assert sentences == ["No longer rush by the rules.", "Rush: tag is “rush”."]


def test_a_person_wins_over_the_rules_from_then_on(place: Place) -> None:
    plain = place.sell(sold("A"), number="1")
    fast = place.sell(sold("A"), number="2", tags=("rush",))
    choose(place, plain, True)
    choose(place, fast, False)

    told_again(place, number="1", shipping_method="Slow")
    told_again(place, number="2", tags=("rush", "vip"))
    change(place, RushRule(Look.COUNTRY, "US"))
    assert rushes(place) == {"WC-1": "by hand"}

    choose(place, fast, None)
    assert rushes(place) == {"WC-1": "by hand", "WC-2": "ships to US"}


def test_other_rules_turn_open_orders_and_leave_those_that_left(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("app.orders.service.rushing.BATCH", 2)
    place.stock("A", 9)
    gone = place.sell(sold("A"), number="1", tags=("rush",))
    with unit_of_work(place.manager.actor) as work:
        service.ship_order(work, gone, service.Parcel())
    place.sell(sold("A"), number="2", tags=("rush",))
    for number in ("3", "4", "5"):
        place.sell(sold("A"), number=number, total=20_000)
    table = (RushRule(Look.TOTAL, "10000 USD"),)

    with db.reading(place.manager.actor) as session:
        preview = queries.rush_preview(session, table)
    change(place, *table)

    assert (preview.begin, preview.end, preview.is_partial) == (3, 1, False)
    total = "total is at least 100.00 USD"
    assert rushes(place) == {
        "WC-1": "tag is “rush”",
        **dict.fromkeys(("WC-3", "WC-4", "WC-5"), total),
    }
    assert place.order(gone).order.state == OrderState.SHIPPED


def test_the_same_rules_saved_again_reach_orders_that_are_older_than_they(place: Place) -> None:
    order_id = place.sell(sold("A"), number="1", shipping_method="Next day")
    with unit_of_work(place.manager.actor) as work:
        service.get_order(work, order_id).is_rush = False

    change(place, *rush.DEFAULT)

    assert rushes(place) == {"WC-1": "shipping method contains “next day”"}
    with db.reading(place.manager.actor) as session:
        assert queries.rush_rules(session).version == 0


def test_rules_that_somebody_changed_meanwhile_are_not_overwritten(place: Place) -> None:
    change(place, RushRule(Look.TAG, "vip"))

    for version in (0, 2):
        with pytest.raises(Stale):
            change(place, RushRule(Look.TAG, "other"), version=version)

    change(place, version=1)
    with db.reading(place.manager.actor) as session:
        table = queries.rush_rules(session)
        said = session.scalars(
            select(AuditEntry.details)
            .where(AuditEntry.action == "orders.rush_rules")
            .order_by(AuditEntry.id)
        ).all()
    assert (table.rules, table.version) == ((), 2)
    assert said[0]["after"] == ["tag is “vip”"]
    assert said[1] == {"before": ["tag is “vip”"], "after": []}


def test_what_comes_in_goes_to_rush_orders_first_and_to_the_oldest_of_them(place: Place) -> None:
    mug = place.stock("A", 0)
    now = clock.now()
    for minutes, (number, tags) in enumerate((("1", ()), ("2", ("rush",)), ("3", ("rush",)))):
        place.sell(sold("A"), number=number, tags=tags, placed_at=now + timedelta(minutes=minutes))

    with unit_of_work(place.manager.actor) as work:
        location_id = work.session.scalars(select(Location.id)).one()
        received = inventory.Adjustment(inventory.Mode.ADD, 2, inventory.Reason.RECEIVED)
        inventory.adjust(work, mug, location_id, received)
    while relay.deliver_here(place.manager.actor):
        pass

    assert numbers(place.client.get("/orders?tab=waiting").text) == ["WC-1"]
    assert numbers(place.client.get("/orders?tab=ship").text) == ["WC-3", "WC-2"]


def test_rush_stands_first_where_work_waits_on_every_page_of_the_list(place: Place) -> None:
    place.stock("A", 9)
    for number in range(1, 6):
        tags = ("rush",) if number in (1, 3) else ()
        when = clock.now() + timedelta(minutes=number)
        place.sell(sold("A"), number=str(number), tags=tags, placed_at=when)
    wanted = OrderFilter.from_args({"tab": "ship"})
    seen: list[str] = []
    cursors: dict[str, str] = {}
    with db.reading(place.manager.actor) as session:
        while True:
            page = queries.order_list(session, wanted, sees_buyers=False, size=2, **cursors)
            seen += [row.number for row in page.rows]
            if page.before:
                back = queries.order_list(
                    session, wanted, sees_buyers=False, size=2, before=page.before
                )
                place_ = len(seen) - len(page.rows)
                assert [row.number for row in back.rows] == seen[place_ - 2 : place_]
            if page.after is None:
                break
            cursors = {"after": page.after}

    def listed(query: str) -> list[str]:
        return numbers(place.client.get(f"/orders{query}").text)

    assert seen == ["WC-3", "WC-1", "WC-5", "WC-4", "WC-2"]
    assert listed("?tab=ship") == seen
    assert listed("?sort=rush") == seen
    assert listed("") == listed("?tab=ship&sort=-placed") == [f"WC-{n}" for n in (5, 4, 3, 2, 1)]
    assert listed("?tab=rush") == ["WC-3", "WC-1"]


def test_paper_shows_rush_orders_and_puts_them_first(place: Place) -> None:
    place.stock("A", 9)
    place.stock("B", 9)
    first = place.sell(sold("A"), number="1")
    second = place.sell(sold("B"), sold("A"), number="2", tags=("rush",))
    third = place.sell(sold("B"), number="3")
    choose(place, second, False)
    choose(place, third, True)

    picked = place.client.get(f"/orders/pick-list?ids={first},{second},{third}").text
    slips = place.client.get(f"/orders/packing-slips?ids={first},{second},{third}").text

    assert picked.index("WC-3") < picked.index("WC-2") < picked.index("WC-1")
    assert picked.count(">Rush</span>") == slips.count(">Rush</span>") == 1
    assert slips.index("WC-3") < slips.index("WC-1") < slips.index("WC-2")


def test_an_order_is_marked_on_its_page_and_handed_back_to_the_rules(place: Place) -> None:
    order_id = place.sell(sold("A"))
    url = f"/orders/{order_id}/rush"

    assert place.client.post(url, data=place.form(order_id, to="on")).status_code == 303
    page = place.client.get(f"/orders/{order_id}").text
    assert "Yes: by hand" in page
    assert "Marked as rush." in page
    stale = place.client.post(url, data=place.form(order_id, to="off", version="1"))
    assert stale.status_code == 409
    assert place.client.post(url, data=place.form(order_id, to="rules")).status_code == 303
    assert rushes(place) == {}
    assert place.client.post(url, data=place.form(order_id, to="maybe")).status_code == 422


def test_a_selection_is_marked_and_says_which_orders_are_closed(place: Place) -> None:
    place.stock("A", 9)
    here, gone = place.sell(sold("A"), number="1"), place.sell(sold("A"), number="2")
    with unit_of_work(place.manager.actor) as work:
        service.ship_order(work, gone, service.Parcel())
    data = {"csrf_token": csrf(place.client), "ids": [str(here), str(gone)]}

    page = place.client.post("/orders/mark-rush", data=data, follow_redirects=True).text
    assert "1 order marked as rush." in page
    assert "Only an open order" in page
    assert rushes(place) == {"WC-1": "by hand"}
    place.client.post("/orders/mark-not-rush?tab=rush", data=data)
    assert rushes(place) == {}


def test_the_page_tells_what_would_change_before_it_is_saved(place: Place) -> None:
    place.sell(sold("A"), number="1", tags=("rush",))
    place.sell(sold("A"), number="2")
    place.sell(sold("A"), number="3")
    fresh = place.client.get("/orders/rush").text
    assert "These are the rules everybody begins with" in fresh
    assert all(f'value="{rule.value}"' in fresh for rule in rush.DEFAULT)
    form = typed((f"channel:{place.connection_id}", ""), ("total", "500 EUR"))
    told = save(place, {**form, "look-0": "tag", "value-0": "vip"})
    assert "1 open order is no longer rush." in told.text

    told = save(place, form)

    assert told.status_code == 200
    assert "2 open orders become rush." in told.text
    assert rushes(place) == {"WC-1": "tag is “rush”"}
    mark = told.text.partition('name="told" type="hidden" value="')[2].partition('"')[0]
    assert save(place, {**form, "told": mark}).status_code == 303
    while relay.deliver_here(place.manager.actor):
        pass
    assert rushes(place) == dict.fromkeys(("WC-1", "WC-2", "WC-3"), "sold on Web shop")
    kept = place.client.get("/orders/rush").text
    assert 'value="500.00 EUR"' in kept
    assert "everybody begins with" not in kept


def test_rows_are_added_and_removed_without_saving_anything(place: Place) -> None:
    form = typed(("tag", "a"), ("tag", "b"))

    more = save(place, {**form, "add": "1"}).text
    less = save(place, {**form, "remove": "0"}).text

    assert more.count('name="look-') == 3
    assert 'value="b"' in less
    assert 'value="a"' not in less
    assert save(place, FORM).status_code == 303
    assert "Only orders that somebody marks by hand" in place.client.get("/orders/rush").text


@pytest.mark.parametrize(
    ("row", "sentence"),
    [
        (("tag", "  "), "Enter the tag."),
        (("method", "-"), "Enter a part of the method"),
        (("total", "0"), "Enter an amount above zero."),
        (("total", "much"), "is not an amount"),
        (("total", "5 XXY"), "is not a currency"),
        (("country", "USA"), "Enter two letters"),
        (("tag", "x" * 101), "Use at most 100 characters."),
        (("channel:0193c000-0000-7000-8000-000000000000", ""), "Choose one of your channels."),
        (("weather", "rain"), "Choose what to look at."),
        (("tag", "VIP"), "Another rule above says the same."),
    ],
)
def test_what_says_nothing_is_refused_at_its_field(
    place: Place, row: tuple[str, str], sentence: str
) -> None:
    answer = save(place, typed(("tag", "vip"), row))

    assert answer.status_code == 422
    assert sentence in answer.text.partition('id="value-1-error"')[2]
    with db.reading(place.manager.actor) as session:
        assert queries.rush_rules(session).version == 0


def test_who_saved_first_is_shown_to_who_saves_second(place: Place) -> None:
    change(place, RushRule(Look.TAG, "theirs"))

    answer = save(place, typed(("tag", "mine")))

    assert answer.status_code == 409
    assert "tag is “theirs”" in answer.text
    assert 'value="mine"' in answer.text


def test_only_who_works_on_orders_marks_them_and_changes_rules(place: Place, people: Cast) -> None:
    order_id = place.sell(sold("A"))

    for person in (people.bob, people.carol):
        enter(place.client, person)
        token = {"csrf_token": csrf(place.client)}
        assert place.client.get("/orders/rush").status_code == 403
        for url in ("/orders/rush", f"/orders/{order_id}/rush", "/orders/mark-rush"):
            assert place.client.post(url, data={**token, "to": "on"}).status_code == 403
        assert "Mark rush" not in place.client.get(f"/orders/{order_id}").text
    assert rushes(place) == {}


def test_nobody_reaches_orders_or_channels_of_another_organization(
    place: Place, people: Cast
) -> None:
    order_id = place.sell(sold("A"))
    with unit_of_work(people.mallory.actor) as work:
        connections.add_connection(
            work,
            channel="woocommerce",
            name="Mine",
            address=f"https://{db.new_id().hex[-8:]}.test",
            credentials={"key": "ck_" + "1" * 40, "secret": "cs_" + "1" * 40},
            wire={},
        )
    enter(place.client, people.mallory)
    token = {"csrf_token": csrf(place.client)}

    answer = place.client.post(f"/orders/{order_id}/rush", data={**token, "to": "on"})
    place.client.post("/orders/mark-rush", data={**token, "ids": str(order_id)})
    named = save(place, typed((f"channel:{place.connection_id}", "")))

    assert answer.status_code == 404
    assert named.status_code == 422
    assert "Web shop" not in named.text
    assert rushes(place) == {}


@pytest.mark.parametrize(
    ("wanted", "is_counted", "index"),
    [
        (OrderFilter(sort="rush"), False, "using ix_orders_rush_first"),
        (OrderFilter(tab="rush"), True, "ix_orders_rush_open"),
    ],
)
def test_rush_lists_and_their_numbers_are_answered_from_an_index(
    place: Place, settings: Settings, wanted: OrderFilter, is_counted: bool, index: str
) -> None:
    many_orders(place, 3000)
    analyze(settings, "orders")
    key = (Order.is_rush, Order.placed_at, Order.id)
    with db.reading(place.manager.actor) as session:
        question = select(Order.id).where(*conditions(session, wanted))
        if not is_counted:
            behind = tuple_(*key) < tuple_(false(), clock.now(), db.new_id())
            question = question.where(behind).order_by(*(each.desc() for each in key)).limit(51)
        plan = planned(session, question)

    assert index in plan
    assert "Sort" not in plan
    assert "Seq Scan" not in plan
