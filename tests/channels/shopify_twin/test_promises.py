"""Whatever happens to orders, what is promised is what is still to be sent."""

import contextlib
from collections import Counter

from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from app.simulators.shopify import OutOfStock, ShopRefused, StoreState
from app.simulators.shopify.levels import on_hand
from app.simulators.shopify.writes.shipping import tracking_of
from tests.channels.shopify_twin.test_orders import CANCEL, SHIP, TAKE_BACK
from tests.channels.shopify_twin.world import World

STEPS = st.lists(
    st.tuples(st.integers(0, 10), st.integers(0, 5), st.integers(1, 3)), min_size=1, max_size=14
)
UNSHRUNK = (Phase.explicit, Phase.reuse, Phase.generate)  # a store per try: shrinking takes minutes


class Hand:
    """Buys, sends, holds, splits, refunds, calls off; much is refused, and that is fine."""

    def __init__(self) -> None:
        self.world = World()
        self.store = self.world.store
        _, mug = self.world.add_mug(quantity=50)
        _, shirts = self.world.add_shirt()
        self.variants = [mug, *shirts]
        self.steps = (
            self.buy,
            self.send,
            self.send_part,
            self.take_back,
            self.hold,
            self.split,
            self.refund,
            self.call_off,
            self.ask_to_call_off,
            self.edit,
            self.sell,
        )

    def _order(self, at: int) -> int:
        if not self.store.orders.rows:
            self.buy(at, 1)
        ids = sorted(self.store.orders.rows)
        return ids[at % len(ids)]

    def buy(self, at: int, by: int) -> None:
        first, second = self.variants[at % 3], self.variants[(at + by) % 3]
        lines = [(first, by)] if first == second else [(first, by), (second, 1)]
        self.store.place_order(*lines, on_hold=at == 5)

    def send(self, at: int, by: int) -> None:
        del by
        self.store.ship_order(self._order(at), number="1Z")

    def send_part(self, at: int, by: int) -> None:
        rows = self.store.fulfillment_orders.where("order", self._order(at))
        row = rows[by % len(rows)]
        line = row["lines"][0]
        wanted = {
            "fulfillmentOrderId": f"gid://shopify/FulfillmentOrder/{row['id']}",
            "fulfillmentOrderLineItems": [
                {"id": f"gid://shopify/FulfillmentOrderLineItem/{line['id']}", "quantity": by}
            ],
        }
        body = {"lineItemsByFulfillmentOrder": [wanted]}
        assert "errors" not in self.world.post(SHIP, {"fulfillment": body}).json()

    def take_back(self, at: int, by: int) -> None:
        del by
        for row in self.store.fulfillments.where("order", self._order(at))[:1]:
            gid = f"gid://shopify/Fulfillment/{row['id']}"
            assert "errors" not in self.world.post(TAKE_BACK, {"id": gid}).json()

    def hold(self, at: int, by: int) -> None:
        self.store.hold_order(self._order(at), is_held=by > 1)

    def split(self, at: int, by: int) -> None:
        del by
        self.store.split_order(self._order(at), max(self.store.locations.rows))

    def refund(self, at: int, by: int) -> None:
        order = self._order(at)
        if self.store.orders.rows[order]["lines"][0]["current_quantity"] > 0:
            self.store.refund_order(order, restock=by > 1)

    def call_off(self, at: int, by: int) -> None:
        order = self._order(at)
        if self.store.orders.rows[order]["cancelled"] is None:
            self.store.cancel_order(order, restock=by > 1)

    def ask_to_call_off(self, at: int, by: int) -> None:
        asked = {"id": f"gid://shopify/Order/{self._order(at)}", "restock": by > 1}
        assert "errors" not in self.world.post(CANCEL, asked).json()
        self.store.tick()

    def edit(self, at: int, by: int) -> None:
        order = self._order(at)
        line = self.store.orders.rows[order]["lines"][0]["id"]
        with contextlib.suppress(ShopRefused):
            self.store.edit_line(order, line, by)

    def sell(self, at: int, by: int) -> None:
        with contextlib.suppress(OutOfStock):
            self.store.sell((self.variants[at % 3], by), (self.variants[by % 3], 1))


def _faults(store: StoreState) -> list[str]:
    promised: Counter[tuple[int, int]] = Counter()
    for row in store.fulfillment_orders.all():
        by_id = {line["id"]: line for line in store.orders.rows[row["order_id"]]["lines"]}
        for line in row["lines"]:
            item = by_id[line["line_id"]]["item_id"]
            promised[item, row["location_id"]] += line["remaining"]
    checks = {
        "what is committed is what has to be sent": all(
            level["committed"] == promised[level["item_id"], level["location_id"]]
            for level in store.levels.all()
        ),
        "nothing is sent twice": all(
            0 <= line["remaining"] <= line["total"]
            for row in store.fulfillment_orders.all()
            for line in row["lines"]
        ),
        "the search knows every order": store.index.all("order")
        == {row_id: store.documents["order"](row_id) for row_id in store.orders.rows},
        "what is there is counted once": all(
            on_hand(level) == level["available"] + level["committed"]
            for level in store.levels.all()
        ),
    }
    return [sentence for sentence, holds in checks.items() if not holds]


@settings(max_examples=50, deadline=None, phases=UNSHRUNK)
@given(steps=STEPS)
def test_what_is_promised_is_what_is_to_be_sent(steps: list[tuple[int, int, int]]) -> None:
    hand = Hand()

    for number, at, by in steps:
        hand.steps[number](at, by)
        assert _faults(hand.store) == [], hand.steps[number].__name__


def test_parcels_are_read_from_any_input() -> None:
    assert tracking_of({}) == []
    assert tracking_of({"company": "UPS"}) == [{"company": "UPS", "number": None, "url": None}]
    assert tracking_of({"numbers": ["A"], "urls": ["https://x.test/A", "https://x.test/B"]}) == [
        {"company": None, "number": "A", "url": "https://x.test/A"},
        {"company": None, "number": None, "url": "https://x.test/B"},
    ]
