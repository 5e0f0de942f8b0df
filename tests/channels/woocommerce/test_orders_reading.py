"""Reading orders: a history, what moved, no request too many, and nothing lost on the way."""

import json
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import httpx

from app.adapters.orders import ChannelOrder, ShipmentDraft
from app.adapters.types import Cursor, DeliveryKind, Hook
from app.core import clock
from app.core.transport import Transport
from app.simulators.chaos import Fault
from app.simulators.woocommerce import TwinSettings
from tests.channels.order_conformance import orders_of, read_all
from tests.channels.woocommerce.order_stage import WooOrderStage
from tests.channels.woocommerce.stage import HOOK_URL

NOON = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)


def _mug(stage: WooOrderStage, quantity: int = 1000) -> str:
    return stage.variant_of(stage.add_simple("Mug", "M-1", quantity=quantity))


def _sell(stage: WooOrderStage, mug: str, times: int = 1, units: int = 1) -> list[str]:
    sold = [stage.sell({mug: units}) for _ in range(times)]
    return [order for order in sold if order is not None]


def _ids(orders: Sequence[ChannelOrder]) -> list[str]:
    return [order.external_id for order in orders]


def test_many_orders_of_one_second_come_in_pages_each_once() -> None:
    stage = WooOrderStage()
    mug = _mug(stage)
    with clock.frozen(NOON):
        orders = _sell(stage, mug, 230)

        items, _ = read_all(stage.open(), Cursor("full"))

    assert sorted(_ids(items), key=int) == orders


def test_the_longest_unchanged_come_first() -> None:
    stage = WooOrderStage()
    mug = _mug(stage)
    with clock.frozen(NOON) as advance:
        first = _sell(stage, mug)[0]
        advance(timedelta(minutes=1))
        second = _sell(stage, mug)[0]
        advance(timedelta(minutes=1))
        stage.store.edit_order(int(first), customer_note="Ring twice")

        items, _ = read_all(stage.open(), Cursor("full"))

    assert _ids(items) == [second, first]
    assert items[1].note == "Ring twice"


def test_an_order_that_changes_while_the_history_is_read_is_seen_as_it_became() -> None:
    stage = WooOrderStage()
    mug = _mug(stage)
    with clock.frozen(NOON) as advance:
        orders = []
        for _ in range(150):
            advance(timedelta(seconds=1))
            orders += _sell(stage, mug)
        adapter = stage.open()
        page = orders_of(adapter).pull_orders(Cursor("full"))
        notes = {item.external_id: item.note for item in page.items}
        advance(timedelta(seconds=1))
        stage.store.edit_order(int(orders[3]), customer_note="Changed")
        while page.next is not None:
            page = orders_of(adapter).pull_orders(page.next)
            notes |= {item.external_id: item.note for item in page.items}

    assert sorted(notes, key=int) == orders
    assert notes[orders[3]] == "Changed"


def test_what_is_sold_during_the_history_is_in_the_changes_after_it() -> None:
    stage = WooOrderStage()
    mug = _mug(stage)
    with clock.frozen(NOON) as advance:
        _sell(stage, mug)
        adapter = stage.open()
        since = {"since": (NOON - timedelta(days=1)).isoformat()}
        page = orders_of(adapter).pull_orders(Cursor("full", since))
        late = _sell(stage, mug)[0]
        assert page.watermark is not None
        advance(timedelta(minutes=10))

        items, _ = read_all(adapter, page.watermark)

    assert late in _ids(items)


def test_a_history_reaches_back_by_the_day_an_order_was_placed_in_utc() -> None:
    stage = WooOrderStage()  # whose clock is two hours ahead of UTC
    mug = _mug(stage)
    with clock.frozen(NOON) as advance:
        old = _sell(stage, mug)[0]
        advance(timedelta(hours=2))
        new = _sell(stage, mug)[0]
        stage.store.edit_order(int(old), customer_note="Still old")

        items, _ = read_all(
            stage.open(), Cursor("full", {"since": (NOON + timedelta(hours=1)).isoformat()})
        )

    assert _ids(items) == [new]


def test_a_quiet_shop_costs_one_request_and_repeats_nothing_old() -> None:
    stage = WooOrderStage()
    mug = _mug(stage)
    with clock.frozen(NOON) as advance:
        _sell(stage, mug)
        advance(timedelta(seconds=60))
        _sell(stage, mug)
        advance(timedelta(minutes=1))
        adapter = stage.open()
        _, mark = read_all(adapter, Cursor("full"))
        _, mark = read_all(adapter, mark)
        stage.requests()

        items, again = read_all(adapter, mark)

    assert len(_ids(items)) <= 1  # the newest second may have held another save
    assert again == mark
    assert len(stage.requests()) == 1


def test_a_shop_without_orders_waits_for_its_first() -> None:
    stage = WooOrderStage()
    mug = _mug(stage)
    adapter = stage.open()

    nothing, mark = read_all(adapter, Cursor("full"))
    order = _sell(stage, mug)[0]
    items, _ = read_all(adapter, mark)

    assert (nothing, _ids(items)) == ([], [order])


def test_a_history_that_found_nothing_does_not_bring_the_past_as_changes() -> None:
    stage = WooOrderStage()
    mug = _mug(stage)
    with clock.frozen(NOON) as advance:
        old = _sell(stage, mug)[0]
        advance(timedelta(days=30))
        new = _sell(stage, mug)[0]
        advance(timedelta(hours=1))
        adapter = stage.open()
        since = {"since": (NOON + timedelta(days=31)).isoformat()}
        nothing, mark = read_all(adapter, Cursor("full", since))

        items, _ = read_all(adapter, mark)

    assert nothing == []
    assert old not in _ids(items)
    assert new in _ids(items)


def test_the_units_of_all_refunds_of_a_page_take_one_request() -> None:
    stage = WooOrderStage()
    mug = _mug(stage)
    orders = _sell(stage, mug, 12, units=3)
    for order in orders:
        line = stage.store.order(int(order))["line_items"][0]["id"]
        stage.store.refund_order(int(order), {line: 1})
        stage.store.refund_order(int(order), amount="1.00")
    adapter = stage.open()
    adapter.check()
    stage.requests()

    items, _ = read_all(adapter, Cursor("full"))

    assert all(
        sorted(sum(each.lines.values()) for each in item.refunds) == [0, 1] for item in items
    )
    asked = [path for _, path in stage.requests() if "refunds" in path]
    assert len(asked) == 1


def test_an_older_shop_is_asked_order_by_order_but_only_where_there_are_refunds() -> None:
    stage = WooOrderStage(TwinSettings(lists_refunds=False))
    mug = _mug(stage)
    orders = _sell(stage, mug, 5, units=3)
    line = stage.store.order(int(orders[2]))["line_items"][0]["id"]
    stage.store.refund_order(int(orders[2]), {line: 2})
    adapter = stage.open()
    read_all(adapter, Cursor("full"))
    stage.requests()

    items, _ = read_all(adapter, Cursor("full"))

    assert [sum(each.lines.values()) for item in items for each in item.refunds] == [2]
    asked = [path.partition("?")[0] for _, path in stage.requests() if "refunds" in path]
    assert asked == [f"/orders/{orders[2]}/refunds"]


def test_parcels_of_core_are_read_only_for_orders_that_have_some() -> None:
    stage = WooOrderStage(TwinSettings(tracking="fulfillments"))
    mug = _mug(stage)
    orders = _sell(stage, mug, 4)
    line = str(stage.store.order(int(orders[1]))["line_items"][0]["id"])
    adapter = stage.open()
    orders_of(adapter).ship_orders([ShipmentDraft("p-1", orders[1], {line: 1}, "UPS", "1Z1")])
    stage.requests()

    items, _ = read_all(adapter, Cursor("full"))

    shipped = {item.external_id: [line.shipped for line in item.lines] for item in items}
    assert [shipped[order] for order in orders] == [[0], [1], [0], [0]]
    asked = [path for _, path in stage.requests() if "fulfillments" in path]
    assert len(asked) == 1


def test_a_hundred_and_fifty_orders_by_id_take_two_requests() -> None:
    stage = WooOrderStage()
    mug = _mug(stage)
    orders = _sell(stage, mug, 150)
    adapter = orders_of(stage.open())
    stage.requests()

    found = adapter.read_orders([*orders, "x", "0"])

    assert _ids(found) == [*orders, "x", "0"]
    assert [each.is_deleted for each in found] == [False] * 150 + [True] * 2
    assert len([path for _, path in stage.requests() if path.startswith("/orders")]) == 2


def test_an_order_in_the_trash_is_deleted_until_it_is_restored() -> None:
    stage = WooOrderStage()
    order = _sell(stage, _mug(stage))[0]

    stage.store.trash_order(int(order))
    [trashed] = stage.orders().read_orders([order])
    stage.store.restore_order(int(order))
    [restored] = stage.orders().read_orders([order])

    assert (trashed.is_deleted, restored.is_deleted) == (True, False)


def test_an_unreadable_order_is_named_and_the_others_are_read() -> None:
    stage = WooOrderStage()
    good, bad = _sell(stage, _mug(stage), 2)
    stage.store.orders.rows[int(bad)]["currency"] = "about money"

    page = stage.orders().pull_orders(Cursor("full"))

    assert _ids(page.items) == [good]
    assert [problem.field for problem in page.unreadable] == [f"order {bad}.currency"]


def test_the_line_of_a_deleted_product_is_still_there() -> None:
    stage = WooOrderStage()
    mug = _mug(stage)
    order = _sell(stage, mug)[0]
    stage.erase(mug)

    [shown] = stage.orders().read_orders([order])

    assert [(line.title, line.variant_external_id) for line in shown.lines] == [("Mug", None)]


def test_a_shop_that_hides_its_bookkeeping_is_read_by_statuses() -> None:
    stage = WooOrderStage(TwinSettings(hides_line_meta=True))
    mug = _mug(stage)
    paid = _sell(stage, mug, units=3)[0]
    waiting = stage.sell({mug: 2}, is_paid=False)
    assert waiting is not None

    found = stage.orders().read_orders([paid, waiting])

    assert [line.taken for order in found for line in order.lines] == [3, 0]


def test_a_read_that_fails_for_a_moment_is_asked_again() -> None:
    stage = WooOrderStage()
    order = _sell(stage, _mug(stage))[0]
    stage.store.chaos.next(Fault.GARBAGE)

    items, _ = read_all(stage.open(), Cursor("full"))

    assert _ids(items) == [order]


def test_each_thing_that_happens_to_an_order_is_told_as_that_order() -> None:
    stage = WooOrderStage()
    mug = _mug(stage)
    adapter = stage.open()
    hooks: Sequence[Hook] = adapter.arm_hooks()
    stage.deliveries()

    def told() -> set[tuple[str, DeliveryKind, str | None]]:
        read = [adapter.read_delivery(*each) for each in stage.deliveries()]
        return {(each.topic, each.kind, each.external_id) for each in read}

    order = _sell(stage, mug)[0]
    created = told()
    stage.store.refund_order(int(order), amount="1.00")
    updated = told()
    stage.store.trash_order(int(order))
    deleted = told()
    stage.store.restore_order(int(order))
    restored = told()

    topics = {hook.topic for hook in hooks if hook.url == HOOK_URL}
    wanted = {f"order.{event}" for event in ("created", "updated", "deleted", "restored")}
    assert wanted <= topics
    for found, event in zip(
        (created, updated, deleted, restored),
        ("created", "updated", "deleted", "restored"),
        strict=True,
    ):
        assert (f"order.{event}", DeliveryKind.ORDER, order) in found


class _Undated(httpx.BaseTransport):
    """A shop that moved here from elsewhere: its oldest order names no moment of change."""

    def __init__(self, inner: httpx.BaseTransport, order: str) -> None:
        self._inner, self._order = inner, int(order)

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        answer = self._inner.handle_request(request)
        rows = json.loads(answer.read())
        for row in rows if isinstance(rows, list) else ():
            if row.get("id") == self._order:
                row |= dict.fromkeys(("date_modified", "date_modified_gmt"))
        kept = {name: answer.headers[name] for name in ("x-wp-total", "x-wp-totalpages")}
        return httpx.Response(answer.status_code, json=rows, headers=kept)


def test_an_order_without_a_moment_of_change_holds_up_no_history() -> None:
    stage = WooOrderStage()
    mug = _mug(stage)
    with clock.frozen(NOON) as advance:
        first = _sell(stage, mug)[0]
        advance(timedelta(minutes=1))
        second = _sell(stage, mug)[0]
        inner = httpx.WSGITransport(app=stage.twin, raise_app_exceptions=True)

        items, mark = read_all(
            stage.open(transport=Transport(inner=_Undated(inner, first))), Cursor("full")
        )

    assert _ids(items) == [first, second]
    assert [item.modified_at for item in items] == [None, NOON + timedelta(minutes=1)]
    assert mark is not None
