"""What every channel promises about orders, whatever its wire: one suite, run on each twin.

A channel that sells brings an `OrderStage`: its adapter, and hands to shop, pay, edit, cancel and
refund behind our back. A channel without orders does not inherit the suite.
"""

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any, Protocol, cast

import pytest

from app.adapters.errors import NeedsReauth, Throttled, Unknown
from app.adapters.orders import (
    CancelDraft,
    ChannelOrder,
    ChannelOrderLine,
    Journey,
    OrderAct,
    OrderChannel,
    Payment,
    RefundDraft,
    ShipmentDraft,
    UnshipDraft,
)
from app.adapters.port import Channel, ChannelAdapter
from app.adapters.types import (
    Applied,
    Cursor,
    DeliveryKind,
    Outcome,
    Pending,
    Rejected,
    Unanswered,
)
from app.core import clock

Delivered = tuple[Mapping[str, str], bytes]
SHOPPER = "alice@example.com"
CITY, COUNTRY = "Springfield", "US"


class OrderStage(Protocol):
    """A channel's twin with the hands of shoppers and of the merchant; prices are in USD."""

    channel: Channel

    def open(self, *, key: str | None = None) -> ChannelAdapter:
        """Return an adapter, with the right key unless another is given."""

    def add_simple(self, title: str, sku: str, *, minor: int = 1000, quantity: int = 5) -> str:
        """Put a simple product into the shop; returns its id."""

    def add_variable(self, title: str, skus: Mapping[str, str]) -> tuple[str, dict[str, str]]:
        """Put a product with a Size option into the shop; returns its id and size → variant id."""

    def variant_of(self, external_id: str) -> str:
        """Return the id of a simple product's only variant, as offers know it."""

    def stock_of(self, variant: str) -> int:
        """Return the channel's own count of a variant."""

    def sell(self, lines: Mapping[str, int], *, is_paid: bool = True) -> str | None:
        """Let SHOPPER in CITY buy variants; returns the order's id, or None where too few are left.

        A sale lowers the channel's own stock in the same step, or leaves everything as it was.
        """

    def pay(self, order: str) -> None:
        """Let the shopper pay an order that waits for it."""

    def edit_line(self, order: str, line: str, quantity: int) -> None:
        """Change how many of a line are ordered, as the merchant does; the stock follows."""

    def cancel(self, order: str) -> None:
        """Cancel an order and put its items back, as the merchant does."""

    def refund(self, order: str, line: str, quantity: int, *, restocks: bool) -> None:
        """Give the money of some units of a line back, as the merchant does."""

    def numbers_of(self, order: str) -> list[str]:
        """Return the tracking numbers the shop knows for an order, each as often as it does."""

    def deliver(self, order: str) -> bool:
        """Let the carrier bring every parcel of an order; False: the shop hears of no carrier."""

    def given_back(self, order: str) -> list[int]:
        """Return the amounts the shop has given back for an order, in cents."""

    def throttle(self, *, retry_after: int) -> None:
        """Answer the next request with “slow down”."""

    def lose_answer(self) -> None:
        """Let the next write take effect and its answer get lost."""

    def deliveries(self) -> Sequence[Delivered]:
        """Return what the shop's webhooks have brought since the last time."""


def orders_of(adapter: ChannelAdapter) -> OrderChannel:
    """Return the half of an adapter that speaks of orders."""
    return cast(OrderChannel, adapter)


def applied(outcome: Outcome) -> Applied:
    """Insist that an outcome is Applied without problems."""
    assert isinstance(outcome, Applied), outcome
    assert not outcome.problems, outcome.problems
    return outcome


def said(adapter: OrderChannel, draft: UnshipDraft) -> Outcome | None:
    """Take a parcel back; None: the call as a whole has no answer."""
    try:
        return adapter.unship_orders([draft])[0]
    except Unknown:
        return None


def settled(adapter: ChannelAdapter, outcome: Outcome) -> Outcome:
    """Return what became of an outcome that the channel works out later."""
    for _ in range(50):
        if not isinstance(outcome, Pending):
            return outcome
        [outcome] = adapter.collect(outcome.ticket)
    raise AssertionError("work that does not end")


def read_all(adapter: ChannelAdapter, cursor: Cursor) -> tuple[list[ChannelOrder], Cursor]:
    """Read to the end; returns the orders and the watermark."""
    items: list[ChannelOrder] = []
    for _ in range(200):
        page = orders_of(adapter).pull_orders(cursor)
        assert not page.unreadable
        items += page.items
        if page.next is None:
            assert page.watermark is not None
            return items, page.watermark
        cursor = page.next
    raise AssertionError("a read that does not end")


def read_one(adapter: ChannelAdapter, order: str) -> ChannelOrder:
    """Read one order as it stands now."""
    [found] = orders_of(adapter).read_orders([order])
    assert found.external_id == order
    return found


def line_of(order: ChannelOrder, variant: str) -> ChannelOrderLine:
    """Return the one line of an order that sells a variant."""
    [line] = [each for each in order.lines if each.variant_external_id == variant]
    return line


def adds_up(order: ChannelOrder) -> bool:
    """Tell whether the parts of an order make its total, and its lines make their sum."""
    lines = sum(line.total for line in order.lines)
    on_top = 0 if order.includes_tax else order.tax
    return (
        order.total == lines + order.shipping + order.fees + on_top
        and order.items - order.discount == lines
        and all(
            line.total == line.unit_price * line.ordered - line.discount for line in order.lines
        )
    )


class OrderConformanceSuite:
    """Inherit, and say how a stage is built."""

    def make_stage(self) -> OrderStage:
        """Return a fresh shop with nothing in it."""
        raise NotImplementedError  # each channel's tests bring a shop of their own

    @pytest.fixture
    def stage(self) -> OrderStage:
        return self.make_stage()

    @pytest.fixture
    def mug(self, stage: OrderStage) -> str:
        """Put ten mugs at 10.00 on the shelf; returns their variant."""
        return stage.variant_of(stage.add_simple("Mug", "M-1", quantity=10))

    @pytest.fixture
    def cup(self, stage: OrderStage) -> str:
        """Put ten cups at 3.00 on the shelf; returns their variant."""
        return stage.variant_of(stage.add_simple("Cup", "C-1", minor=300, quantity=10))

    def sold(self, stage: OrderStage, lines: Mapping[str, int], **how: Any) -> str:
        """Sell, and insist that there was enough."""
        order = stage.sell(lines, **how)
        assert order is not None
        return order

    def test_it_says_that_it_reads_orders(self, stage: OrderStage) -> None:
        assert OrderAct.READ in stage.channel.capabilities.orders

    def test_a_sale_is_read_as_it_was_made(self, stage: OrderStage, mug: str, cup: str) -> None:
        order = read_one(stage.open(), self.sold(stage, {mug: 2, cup: 1}))

        assert (order.currency, order.items, order.total) == ("USD", 2300, 2300 + _extras(order))
        assert (order.email, order.payment) == (SHOPPER, Payment.PAID)
        states = (order.is_held, order.is_done, order.is_deleted, order.is_draft)
        assert not any(states)
        assert order.number
        assert order.ship_to is not None
        assert (order.ship_to.city, order.ship_to.country) == (CITY, COUNTRY)
        assert adds_up(order)
        line = line_of(order, mug)
        assert (line.title, line.sku, line.unit_price) == ("Mug", "M-1", 1000)
        assert (line.quantity, line.ordered, line.shipped, line.total) == (2, 2, 0, 2000)
        assert clock.now() - order.placed_at < timedelta(hours=1)

    def test_a_variant_is_named_as_its_offer_is(self, stage: OrderStage) -> None:
        shirt, sizes = stage.add_variable("Shirt", {"S": "SH-S", "M": "SH-M"})

        order = read_one(stage.open(), self.sold(stage, {sizes["M"]: 1}))

        line = line_of(order, sizes["M"])
        assert (line.product_external_id, line.sku) == (shirt, "SH-M")

    def test_a_line_tells_how_much_stock_it_took(
        self, stage: OrderStage, mug: str, cup: str
    ) -> None:
        order = read_one(stage.open(), self.sold(stage, {mug: 2, cup: 3}))
        waiting = read_one(stage.open(), self.sold(stage, {mug: 1}, is_paid=False))

        taken = line_of(order, mug).taken + line_of(waiting, mug).taken
        assert stage.stock_of(mug) == 10 - taken
        assert stage.stock_of(cup) == 10 - line_of(order, cup).taken

    def test_nobody_buys_what_is_not_there(self, stage: OrderStage, mug: str, cup: str) -> None:
        assert stage.sell({cup: 1, mug: 11}) is None

        assert (stage.stock_of(mug), stage.stock_of(cup)) == (10, 10)
        assert read_all(stage.open(), Cursor("full"))[0] == []

    def test_an_unpaid_order_is_held_until_it_is_paid(self, stage: OrderStage, mug: str) -> None:
        order = self.sold(stage, {mug: 1}, is_paid=False)
        waiting = read_one(stage.open(), order)
        stage.pay(order)
        paid = read_one(stage.open(), order)

        assert (waiting.payment, waiting.is_held) == (Payment.PENDING, True)
        assert waiting.hold_reason
        assert (paid.payment, paid.is_held, paid.hold_reason) == (Payment.PAID, False, "")

    def test_an_edited_line_shows_what_is_left(self, stage: OrderStage, mug: str, cup: str) -> None:
        order = self.sold(stage, {mug: 3, cup: 1})
        line = line_of(read_one(stage.open(), order), mug)
        stage.edit_line(order, line.external_id, 1)

        edited = line_of(read_one(stage.open(), order), mug)

        assert (edited.external_id, edited.quantity) == (line.external_id, 1)
        assert stage.stock_of(mug) == 10 - edited.taken

    def test_a_cancelled_order_wants_nothing_and_took_nothing(
        self, stage: OrderStage, mug: str
    ) -> None:
        order = self.sold(stage, {mug: 3})
        stage.cancel(order)

        shown = read_one(stage.open(), order)

        assert shown.cancelled_at is not None
        assert (line_of(shown, mug).quantity, line_of(shown, mug).taken) == (0, 0)
        assert stage.stock_of(mug) == 10

    @pytest.mark.parametrize("restocks", [True, False])
    def test_a_refund_before_delivery_lowers_the_line(
        self, stage: OrderStage, mug: str, *, restocks: bool
    ) -> None:
        order = self.sold(stage, {mug: 3})
        line = line_of(read_one(stage.open(), order), mug)
        stage.refund(order, line.external_id, 1, restocks=restocks)

        shown = read_one(stage.open(), order)

        [refund] = shown.refunds
        assert (refund.amount, dict(refund.lines)) == (1000, {line.external_id: 1})
        assert refund.restocked.get(line.external_id, 0) == (1 if restocks else 0)
        assert (shown.refunded, shown.payment) == (1000, Payment.PARTIALLY_REFUNDED)
        after = line_of(shown, mug)
        assert (after.quantity, after.ordered) == (2, 3)
        assert after.taken == (2 if restocks else 3)
        assert stage.stock_of(mug) == 10 - after.taken

    def test_a_full_read_shows_each_order_once(self, stage: OrderStage, mug: str) -> None:
        orders = [self.sold(stage, {mug: 1}) for _ in range(7)]

        items, _ = read_all(stage.open(), Cursor("full"))

        assert sorted(item.external_id for item in items) == sorted(orders)

    def test_the_history_begins_where_it_was_asked_to(self, stage: OrderStage, mug: str) -> None:
        order = self.sold(stage, {mug: 1})
        now = clock.now()

        before, _ = read_all(
            stage.open(), Cursor("full", {"since": (now - timedelta(days=1)).isoformat()})
        )
        after, _ = read_all(
            stage.open(), Cursor("full", {"since": (now + timedelta(days=1)).isoformat()})
        )

        assert [item.external_id for item in before] == [order]
        assert after == []

    def test_a_read_of_changes_shows_what_moved(self, stage: OrderStage, mug: str) -> None:
        first = self.sold(stage, {mug: 1}, is_paid=False)
        adapter = stage.open()
        _, watermark = read_all(adapter, Cursor("full"))
        second = self.sold(stage, {mug: 1})
        stage.pay(first)

        items, again = read_all(adapter, watermark)
        third = self.sold(stage, {mug: 1})
        later, _ = read_all(adapter, again)

        shown = {item.external_id: item for item in items}
        assert shown.keys() >= {first, second}
        assert shown[first].payment is Payment.PAID
        assert third in {item.external_id for item in later}

    def test_orders_are_read_in_the_order_asked_and_missing_ones_are_deleted(
        self, stage: OrderStage, mug: str
    ) -> None:
        first, second = self.sold(stage, {mug: 1}), self.sold(stage, {mug: 1})

        found = orders_of(stage.open()).read_orders([second, "999999999", first])

        assert [(each.external_id, each.is_deleted) for each in found] == [
            (second, False),
            ("999999999", True),
            (first, False),
        ]

    def test_a_webhook_names_the_order(self, stage: OrderStage, mug: str) -> None:
        adapter = stage.open()
        adapter.arm_hooks()
        stage.deliveries()
        order = self.sold(stage, {mug: 1})

        told = [adapter.read_delivery(*each) for each in stage.deliveries()]

        assert order in {each.external_id for each in told if each.kind is DeliveryKind.ORDER}

    def test_wrong_keys_need_a_person(self, stage: OrderStage) -> None:
        with pytest.raises(NeedsReauth):
            orders_of(stage.open(key="wrong")).pull_orders(Cursor("full"))

    def test_a_throttled_read_says_when_to_come_back(self, stage: OrderStage) -> None:
        adapter = orders_of(stage.open())
        stage.throttle(retry_after=7)

        with pytest.raises(Throttled) as caught:
            adapter.pull_orders(Cursor("full"))

        assert caught.value.retry_after == 7

    # What is told to the channel.

    def ship(
        self, stage: OrderStage, order: str, units: Mapping[str, int], number: str, **how: Any
    ) -> Outcome:
        """Make one parcel known; `units` maps variants to how many of them are in it."""
        adapter = stage.open()
        shown = read_one(adapter, order)
        draft = ShipmentDraft(
            key=f"parcel-{number}",
            order_external_id=order,
            lines={line_of(shown, variant).external_id: n for variant, n in units.items()},
            carrier="UPS",
            number=number,
            url=f"https://track.example/{number}",
            **how,
        )
        [outcome] = orders_of(adapter).ship_orders([draft])
        return settled(adapter, outcome)

    def test_the_last_parcel_ends_an_order(self, stage: OrderStage, mug: str, cup: str) -> None:
        order = self.sold(stage, {mug: 2, cup: 1})

        first = applied(self.ship(stage, order, {mug: 2}, "1Z1"))
        halfway = read_one(stage.open(), order)
        second = applied(self.ship(stage, order, {cup: 1}, "1Z2", is_last=True))
        done = read_one(stage.open(), order)

        assert (halfway.is_done, done.is_done) == (False, True)
        assert [(line.quantity, line.shipped) for line in done.lines] == [(2, 2), (1, 1)]
        assert {each.external_id: each.number for each in done.shipments} == {
            first.external_id: "1Z1",
            second.external_id: "1Z2",
        }

    def test_the_same_parcel_is_told_once(self, stage: OrderStage, mug: str) -> None:
        order = self.sold(stage, {mug: 2})

        first = applied(self.ship(stage, order, {mug: 1}, "1Z1"))
        again = applied(self.ship(stage, order, {mug: 1}, "1Z1"))

        assert first.external_id == again.external_id
        assert stage.numbers_of(order) == ["1Z1"]

    def test_a_parcel_that_did_not_leave_is_taken_back_and_its_units_are_sent_again(
        self, stage: OrderStage, mug: str, cup: str
    ) -> None:
        order = self.sold(stage, {mug: 2, cup: 1})
        took = stage.stock_of(mug)
        applied(self.ship(stage, order, {cup: 1}, "1Z1"))
        first = line_of(read_one(stage.open(), order), cup).shipped  # not everybody says per line
        wrong = applied(self.ship(stage, order, {mug: 2}, "1Z2", is_last=True))

        for _ in range(2):  # said twice, done once
            draft = UnshipDraft("parcel-1Z2", order, wrong.external_id, "1Z2")
            applied(orders_of(stage.open()).unship_orders([draft])[0])
        after = read_one(stage.open(), order)
        halfway = (line_of(after, mug).shipped, line_of(after, mug).quantity, after.is_done)
        applied(self.ship(stage, order, {mug: 2}, "1Z3", is_last=True))
        again = read_one(stage.open(), order)

        assert OrderAct.UNSHIP in stage.channel.capabilities.orders
        assert halfway == (0, 2, False)
        assert line_of(after, cup).shipped == first
        assert [(line.quantity, line.shipped) for line in again.lines] == [(2, 2), (1, 1)]
        sent = {each.number for each in again.shipments if not each.is_cancelled}
        assert (sent, again.is_done) == ({"1Z1", "1Z3"}, True)
        assert stage.stock_of(mug) == took

    def test_a_parcel_whose_id_we_never_heard_is_taken_back_by_its_number(
        self, stage: OrderStage, mug: str
    ) -> None:
        order = self.sold(stage, {mug: 2})
        applied(self.ship(stage, order, {mug: 2}, "1Z1", is_last=True))

        draft = UnshipDraft("parcel-1Z1", order, number="1Z1")
        applied(orders_of(stage.open()).unship_orders([draft])[0])

        assert line_of(read_one(stage.open(), order), mug).shipped == 0

    def test_another_parcel_with_the_same_number_stays(
        self, stage: OrderStage, mug: str, cup: str
    ) -> None:
        order = self.sold(stage, {mug: 2, cup: 1})
        applied(self.ship(stage, order, {mug: 2}, "1Z1"))
        other = applied(self.ship(stage, order, {cup: 1}, "1Z2"))
        before = stage.numbers_of(order)

        draft = UnshipDraft("x", order, number="1Z2", others=frozenset({other.external_id}))
        applied(orders_of(stage.open()).unship_orders([draft])[0])

        assert stage.numbers_of(order) == before

    def test_a_lost_answer_to_a_parcel_taken_back_is_said_again(
        self, stage: OrderStage, mug: str
    ) -> None:
        order = self.sold(stage, {mug: 2})
        made = applied(self.ship(stage, order, {mug: 2}, "1Z1", is_last=True))
        draft = UnshipDraft("parcel-1Z1", order, made.external_id, "1Z1")
        adapter = orders_of(stage.open())
        stage.lose_answer()

        first = said(adapter, draft)
        second = adapter.unship_orders([draft])[0]

        assert first is None or isinstance(first, Applied | Unanswered)
        applied(second)
        assert line_of(read_one(stage.open(), order), mug).shipped == 0

    def test_delivered_is_what_a_carrier_says_and_nothing_else(
        self, stage: OrderStage, mug: str
    ) -> None:
        order = self.sold(stage, {mug: 1})
        applied(self.ship(stage, order, {mug: 1}, "1Z1", is_last=True))
        [sent] = read_one(stage.open(), order).shipments

        is_told = stage.deliver(order)
        [there] = read_one(stage.open(), order).shipments

        assert (sent.journey, sent.delivered_at) == (None, None)
        assert there.journey == (Journey.DELIVERED if is_told else None)
        assert (there.delivered_at is not None) == is_told

    def test_an_order_that_is_not_there_is_not_shipped(self, stage: OrderStage, mug: str) -> None:
        order = self.sold(stage, {mug: 1})
        line = line_of(read_one(stage.open(), order), mug).external_id
        adapter = stage.open()
        drafts = [
            ShipmentDraft("a", "999999999", {line: 1}, "UPS", "1Z1"),
            ShipmentDraft("b", order, {line: 1}, "UPS", "1Z2"),
        ]

        outcomes = [settled(adapter, each) for each in orders_of(adapter).ship_orders(drafts)]

        assert [outcome.key for outcome in outcomes] == ["a", "b"]
        assert isinstance(outcomes[0], Rejected)
        assert outcomes[0].is_gone
        applied(outcomes[1])

    def cancel_ours(self, stage: OrderStage, *orders: str, **how: Any) -> list[Outcome]:
        """Cancel orders from our side."""
        adapter = stage.open()
        drafts = [CancelDraft(f"cancel-{each}", each, "Out of stock", **how) for each in orders]
        return [settled(adapter, each) for each in orders_of(adapter).cancel_orders(drafts)]

    def test_a_cancelled_order_gives_its_stock_back_once(self, stage: OrderStage, mug: str) -> None:
        order = self.sold(stage, {mug: 3})

        for _ in range(2):
            [outcome] = self.cancel_ours(stage, order)
            applied(outcome)

        assert read_one(stage.open(), order).cancelled_at is not None
        assert stage.stock_of(mug) == 10

    def test_an_order_that_is_not_there_is_not_cancelled(self, stage: OrderStage, mug: str) -> None:
        order = self.sold(stage, {mug: 1})

        missing, done = self.cancel_ours(stage, "999999999", order)

        assert isinstance(missing, Rejected)
        assert missing.is_gone
        applied(done)

    def give_back(
        self, stage: OrderStage, order: str, amount: int, *, key: str = "refund-1", **how: Any
    ) -> Outcome:
        """Give money back from our side."""
        adapter = stage.open()
        draft = RefundDraft(key, order, amount, "USD", **how)
        [outcome] = orders_of(adapter).refund_orders([draft])
        return settled(adapter, outcome)

    def test_money_is_given_back_once_per_key(self, stage: OrderStage, mug: str) -> None:
        order = self.sold(stage, {mug: 3})

        first = applied(self.give_back(stage, order, 400, reason="Scratched"))
        again = applied(self.give_back(stage, order, 400, reason="Scratched"))
        other = applied(self.give_back(stage, order, 400, reason="Scratched", key="refund-2"))

        assert stage.given_back(order) == [400, 400]
        assert again.external_id == first.external_id != other.external_id
        shown = read_one(stage.open(), order)
        assert {each.external_id for each in shown.refunds} == {
            first.external_id,
            other.external_id,
        }

    @pytest.mark.parametrize("restocks", [True, False])
    def test_units_come_back_to_the_shelf_only_when_told(
        self, stage: OrderStage, mug: str, *, restocks: bool
    ) -> None:
        order = self.sold(stage, {mug: 3})
        line = line_of(read_one(stage.open(), order), mug).external_id

        applied(self.give_back(stage, order, 2000, lines={line: 2}, restocks=restocks))

        assert stage.stock_of(mug) == (9 if restocks else 7)
        [refund] = read_one(stage.open(), order).refunds
        assert dict(refund.lines) == {line: 2}

    def test_more_than_was_paid_is_not_given_back(self, stage: OrderStage, mug: str) -> None:
        order = self.sold(stage, {mug: 1})
        paid = read_one(stage.open(), order).total

        outcome = self.give_back(stage, order, paid + 1)

        assert isinstance(outcome, Rejected)
        assert [problem.field for problem in outcome.problems] == ["amount"]
        assert stage.given_back(order) == []

    @pytest.mark.parametrize("act", ["ship", "cancel", "refund"])
    def test_a_lost_answer_does_nothing_twice(self, stage: OrderStage, mug: str, act: str) -> None:
        order = self.sold(stage, {mug: 2})

        def tell() -> Outcome:
            if act == "ship":
                return self.ship(stage, order, {mug: 2}, "1Z1", is_last=True)
            if act == "cancel":
                return self.cancel_ours(stage, order)[0]
            return self.give_back(stage, order, 500)

        stage.lose_answer()
        try:
            outcome = tell()
            assert isinstance(outcome, Applied | Unanswered)
        except Unknown:
            pass
        applied(tell())

        shown = read_one(stage.open(), order)
        assert stage.numbers_of(order) == (["1Z1"] if act == "ship" else [])
        assert stage.given_back(order) == ([500] if act == "refund" else [])
        assert shown.is_done == (act in ("ship", "cancel"))
        assert stage.stock_of(mug) == (10 if act == "cancel" else 8)


def _extras(order: ChannelOrder) -> int:
    """Return what a shop of its own settings adds to the lines."""
    return order.shipping + order.fees + (0 if order.includes_tax else order.tax)
