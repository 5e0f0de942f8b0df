"""Telling a store of parcels, cancellations and refunds: the right way, once, and its refusals."""

import json
from collections.abc import Callable, Sequence
from typing import Any

import httpx
import pytest

from app.adapters.errors import NeedsReauth, Retryable, Throttled, Unknown
from app.adapters.orders import CancelDraft, RefundDraft, ShipmentDraft
from app.adapters.types import Applied, Outcome, Rejected, Unanswered
from app.core.transport import Transport
from app.simulators.chaos import Fault
from app.simulators.woocommerce import TwinSettings
from app.simulators.woocommerce.settings import Tracking
from tests.channels.order_conformance import applied, orders_of
from tests.channels.woocommerce.order_stage import WooOrderStage


class Sale:
    """One order of three mugs at 10.00, and what its store makes of our words."""

    def __init__(self, *, payment_method: str = "stripe", **settings: Any) -> None:
        self.stage = WooOrderStage(TwinSettings(**settings))
        self.mug = self.stage.add_simple("Mug", "M-1", quantity=10)
        number = self.stage.store.sell([(int(self.mug), 3)], payment_method=payment_method)
        self.order = str(number)
        self.line = str(self.shown["line_items"][0]["id"])
        self.adapter = self.stage.open()
        self.channel = orders_of(self.adapter)
        self.stage.requests()

    @property
    def shown(self) -> dict[str, Any]:
        return dict(self.stage.store.order(int(self.order)))

    def parcel(self, number: str = "1Z1", **how: Any) -> ShipmentDraft:
        given = {"key": f"p-{number}", "lines": {self.line: 1}, "carrier": "UPS", **how}
        return ShipmentDraft(order_external_id=self.order, number=number, **given)

    def refund(self, amount: int = 1000, **how: Any) -> RefundDraft:
        given = {"key": "r-1", "currency": "USD", **how}
        return RefundDraft(order_external_id=self.order, amount=amount, **given)

    def notes(self) -> list[dict[str, Any]]:
        return [dict(note) for note in self.stage.store.notes.rows.values()]

    def sent(self, path: str) -> list[Any]:
        """Return the bodies posted to paths that end so."""
        return [
            json.loads(each.request)
            for each in self.stage.exchanges
            if each.method == "POST" and each.url.partition("?")[0].endswith(path)
        ]

    def asked(self, part: str) -> int:
        return sum(part in path for _, path in self.stage.requests())


# Parcels


def test_a_store_is_asked_once_where_it_keeps_parcels() -> None:
    sale = Sale(tracking="advanced_shipment_tracking")

    applied(sale.channel.ship_orders([sale.parcel("1Z1")])[0])
    first = [path.partition("?")[0] for method, path in sale.stage.requests() if method == "GET"]
    applied(sale.channel.ship_orders([sale.parcel("1Z2")])[0])
    second = [path.partition("?")[0] for method, path in sale.stage.requests() if method == "GET"]

    assert len(first) == 4  # the order, and three places of which the last is there
    assert len(second) == 2
    assert sale.stage.numbers_of(sale.order) == ["1Z1", "1Z2"]


@pytest.mark.parametrize(
    ("tracking", "carrier", "told"),
    [
        ("fulfillments", "UPS", {"_shipment_provider": "ups"}),
        ("fulfillments", "Royal Mail", {"_shipment_provider": "royal-mail"}),
        ("fulfillments", "Bikers", {"_shipment_provider": "other", "_provider_name": "Bikers"}),
        ("shipment_tracking", "fedex", {"tracking_provider": "Fedex"}),
        ("advanced_shipment_tracking", "DPD", {"tracking_provider": "DPD.de"}),
        (
            "shipment_tracking",
            "Bikers",
            {"custom_tracking_provider": "Bikers", "custom_tracking_link": "https://t.example/1"},
        ),
    ],
)
def test_carriers_are_named_as_the_store_names_them(
    tracking: Tracking, carrier: str, told: dict[str, str]
) -> None:
    sale = Sale(tracking=tracking)
    draft = sale.parcel(carrier=carrier, url="https://t.example/1")

    applied(sale.channel.ship_orders([draft])[0])

    place = "/fulfillments" if tracking == "fulfillments" else "/shipment-trackings"
    [body] = sale.sent(place)
    flat = {meta["key"]: meta["value"] for meta in body.get("meta_data", ())} or body
    assert {name: flat.get(name) for name in told} == told
    names = {"_shipment_provider", "_provider_name", "tracking_provider"}
    names |= {"custom_tracking_provider", "custom_tracking_link"}
    assert flat.keys() & names == told.keys()


def test_a_fulfilment_says_what_is_in_it_and_whether_the_buyer_hears_of_it() -> None:
    sale = Sale(tracking="fulfillments")

    applied(sale.channel.ship_orders([sale.parcel(lines={sale.line: 2}, notifies=False)])[0])

    [body] = sale.sent("/fulfillments")
    metas = {meta["key"]: meta["value"] for meta in body["meta_data"]}
    assert metas["_items"] == [{"item_id": int(sale.line), "qty": 2}]
    assert (body["status"], body["notify_customer"]) == ("fulfilled", False)


def test_a_parcel_without_a_number_is_told_once_by_its_key() -> None:
    for tracking in ("fulfillments", "shipment_tracking", "none"):
        sale = Sale(tracking=tracking)

        outcomes = [
            applied(sale.channel.ship_orders([sale.parcel("", key="p-9")])[0]) for _ in range(2)
        ]

        [shown] = sale.channel.read_orders([sale.order])
        assert [each.external_id for each in shown.shipments] == [outcomes[0].external_id]
        assert [line.shipped for line in shown.lines] == [1]


def test_without_a_place_for_parcels_the_buyer_gets_a_note() -> None:
    sale = Sale()
    loud = sale.parcel("1Z1", url="https://t.example/1Z1")
    quiet = sale.parcel("1Z2", carrier="", notifies=False)

    for outcome in sale.channel.ship_orders([loud, quiet]):
        applied(outcome)
    for outcome in sale.channel.ship_orders([loud, quiet]):
        applied(outcome)

    assert [(note["note"], note["customer_note"]) for note in sale.notes()] == [
        (
            "Your parcel is on its way with UPS. Tracking number: 1Z1."
            " Follow it at https://t.example/1Z1",
            True,
        ),
        ("Your parcel is on its way. Tracking number: 1Z2.", False),
    ]
    assert sale.stage.numbers_of(sale.order) == ["1Z1", "1Z2"]


def test_a_number_that_is_part_of_another_is_a_parcel_of_its_own() -> None:
    sale = Sale()

    for number in ("1Z12", "1Z1"):
        applied(sale.channel.ship_orders([sale.parcel(number)])[0])

    assert len(sale.notes()) == 2
    assert sale.stage.numbers_of(sale.order) == ["1Z12", "1Z1"]


def test_a_note_whose_memory_got_lost_is_not_written_twice() -> None:
    sale = Sale()
    sale.stage.store.chaos.next(Fault.BUSY, times=20, writes_only=True)
    with pytest.raises(Throttled):
        sale.channel.ship_orders([sale.parcel()])
    sale.stage.store.chaos.calm()
    sale.stage.store.lose_next_answer()

    [lost] = sale.channel.ship_orders([sale.parcel()])
    [done] = sale.channel.ship_orders([sale.parcel()])

    assert isinstance(lost, Unanswered)
    applied(done)
    assert len(sale.notes()) == 1


def test_a_merchant_who_turns_the_feature_off_gets_notes_from_then_on() -> None:
    sale = Sale(tracking="fulfillments")
    applied(sale.channel.ship_orders([sale.parcel("1Z1")])[0])

    sale.stage.store.settings = TwinSettings()
    applied(sale.channel.ship_orders([sale.parcel("1Z2")])[0])

    assert [note["note"] for note in sale.notes()] == [
        "Your parcel is on its way with UPS. Tracking number: 1Z2."
    ]


def test_many_last_parcels_end_their_orders_in_one_batch() -> None:
    sale = Sale(tracking="fulfillments")
    others = [sale.stage.sell({sale.mug: 1}) for _ in range(5)]
    orders = [order for order in others if order is not None]
    lines = {
        order: str(sale.stage.store.order(int(order))["line_items"][0]["id"]) for order in orders
    }
    drafts = [
        ShipmentDraft(f"p-{order}", order, {lines[order]: 1}, "UPS", f"N{order}", is_last=True)
        for order in orders
    ]

    outcomes = sale.channel.ship_orders(drafts)

    assert all(isinstance(outcome, Applied) for outcome in outcomes)
    assert {sale.stage.store.order(int(order))["status"] for order in orders} == {"completed"}
    assert len(sale.sent("/orders/batch")) == 1


def test_a_parcel_of_a_closed_order_is_refused_with_its_reason() -> None:
    sale = Sale(tracking="fulfillments")
    sale.stage.cancel(sale.order)

    [outcome] = sale.channel.ship_orders([sale.parcel(is_last=True)])

    assert isinstance(outcome, Rejected)
    assert [(problem.field, problem.code) for problem in outcome.problems] == [
        ("status", "order_closed")
    ]
    assert sale.shown["status"] == "cancelled"


def test_what_the_store_refuses_of_a_parcel_is_said_and_the_others_go_on() -> None:
    sale = Sale(tracking="fulfillments")
    bad, good = sale.parcel("1Z1", lines={sale.line: 0}), sale.parcel("1Z2")
    empty, odd = sale.parcel("1Z3", lines={}), sale.parcel("1Z4", lines={"x": 1})

    outcomes = sale.channel.ship_orders([bad, empty, good, odd])

    kinds = [type(outcome) for outcome in outcomes]
    assert kinds == [Rejected, Rejected, Applied, Rejected]
    assert isinstance(outcomes[0], Rejected)
    assert "Invalid item" in outcomes[0].problems[0].sentence
    assert isinstance(outcomes[1], Rejected)
    assert outcomes[1].problems[0].field == "lines"


# Cancellations


def test_many_orders_are_cancelled_in_one_batch_with_their_reasons() -> None:
    sale = Sale()
    other = str(sale.stage.sell({sale.mug: 2}))
    sale.stage.requests()

    outcomes = sale.channel.cancel_orders(
        [CancelDraft("c-1", sale.order, "Out of stock"), CancelDraft("c-2", other)]
    )

    assert [type(outcome) for outcome in outcomes] == [Applied, Applied]
    assert len(sale.sent("/orders/batch")) == 1
    found = sale.channel.read_orders([sale.order, other])
    assert [each.cancel_reason for each in found] == ["Out of stock", ""]
    assert sale.stage.stock_of(sale.mug) == 10


def test_a_cancelled_order_is_not_written_again() -> None:
    sale = Sale()
    sale.stage.cancel(sale.order)

    applied(sale.channel.cancel_orders([CancelDraft("c-1", sale.order)])[0])

    assert sale.sent("/orders/batch") == []


def test_a_store_that_restocks_against_our_will_is_told() -> None:
    sale = Sale()
    unpaid = str(sale.stage.sell({sale.mug: 1}, is_paid=False))

    first, second = sale.channel.cancel_orders(
        [
            CancelDraft("c-1", sale.order, restocks=False),
            CancelDraft("c-2", unpaid, restocks=False),
        ]
    )

    assert isinstance(first, Applied)
    assert [(problem.field, problem.code) for problem in first.problems] == [
        ("restocks", "restocked")
    ]
    applied(second)  # it had taken nothing


def test_money_goes_back_with_a_cancellation_once() -> None:
    sale = Sale()
    sale.stage.store.refund_order(int(sale.order), amount="5.00")
    draft = CancelDraft("c-1", sale.order, "Out of stock", refunds=True)
    sale.stage.store.chaos.next(Fault.BATCH_CUT)

    sale.channel.cancel_orders([draft])
    applied(sale.channel.cancel_orders([draft])[0])

    assert sale.stage.given_back(sale.order) == [500, 2500]
    assert sale.shown["status"] == "cancelled"
    assert sale.stage.stock_of(sale.mug) == 10


def test_nothing_goes_back_where_nothing_was_paid() -> None:
    sale = Sale()
    unpaid = str(sale.stage.sell({sale.mug: 1}, is_paid=False))

    applied(sale.channel.cancel_orders([CancelDraft("c-1", unpaid, refunds=True)])[0])

    assert sale.stage.given_back(unpaid) == []


def test_an_order_whose_money_cannot_go_back_stays() -> None:
    sale = Sale(payment_method="a_gateway_of_its_own")

    [outcome] = sale.channel.cancel_orders([CancelDraft("c-1", sale.order, refunds=True)])

    assert isinstance(outcome, Rejected)
    assert "does not support automatic refunds" in outcome.problems[0].sentence
    assert sale.shown["status"] == "processing"


# Refunds


@pytest.mark.parametrize("restocks", [True, False])
def test_both_switches_are_always_said(*, restocks: bool) -> None:
    sale = Sale()

    applied(sale.channel.refund_orders([sale.refund(lines={sale.line: 1}, restocks=restocks)])[0])

    [body] = sale.sent("/refunds")
    assert (body["api_refund"], body["api_restock"], body["amount"]) == (True, restocks, "10.00")
    assert body["line_items"] == [
        {"id": int(sale.line), "quantity": 1, "refund_total": "10.00", "refund_tax": []}
    ]


def test_the_amount_is_shared_out_over_the_lines_with_their_taxes() -> None:
    sale = Sale(tax_percent=20)

    applied(sale.channel.refund_orders([sale.refund(1200, lines={sale.line: 2})])[0])

    [body] = sale.sent("/refunds")
    [line] = body["line_items"]
    assert (line["refund_total"], line["refund_tax"]) == (
        "10.00",
        [{"id": 1, "refund_total": "2.00"}],
    )


def test_what_cannot_go_back_by_itself_is_noted_and_said() -> None:
    sale = Sale(payment_method="bacs")

    [outcome] = sale.channel.refund_orders([sale.refund()])

    assert isinstance(outcome, Applied)
    assert [(problem.field, problem.code) for problem in outcome.problems] == [
        ("amount", "pay_by_hand")
    ]
    [body] = sale.sent("/refunds")
    assert body["api_refund"] is False
    assert sale.stage.given_back(sale.order) == [1000]


def test_a_way_to_pay_is_asked_once_what_it_can_do() -> None:
    sale = Sale()

    for number in range(3):
        applied(sale.channel.refund_orders([sale.refund(100, key=f"r-{number}")])[0])

    assert sale.asked("payment_gateways") == 1


def test_a_refusal_of_the_payment_provider_is_said_and_nothing_is_tried_again() -> None:
    sale = Sale(payment_method="a_gateway_of_its_own")

    [outcome] = sale.channel.refund_orders([sale.refund()])

    assert isinstance(outcome, Rejected)
    [problem] = outcome.problems
    assert problem.field == "amount"
    assert "does not support automatic refunds" in problem.sentence
    assert len(sale.sent("/refunds")) == 1


@pytest.mark.parametrize(
    ("how", "field"),
    [
        ({"amount": 0}, "amount"),
        ({"amount": 3001}, "amount"),
        ({"currency": "EUR"}, "currency"),
        ({"lines": {"999": 1}}, "lines"),
    ],
)
def test_a_refund_that_cannot_be_is_refused_at_its_field(how: dict[str, Any], field: str) -> None:
    sale = Sale()

    [outcome] = sale.channel.refund_orders([sale.refund(**how)])

    assert isinstance(outcome, Rejected)
    assert [problem.field for problem in outcome.problems] == [field]
    assert sale.sent("/refunds") == []


def test_two_refunds_of_one_call_share_what_is_left() -> None:
    sale = Sale()

    first, second = sale.channel.refund_orders([sale.refund(2000), sale.refund(2000, key="r-2")])

    applied(first)
    assert isinstance(second, Rejected)
    assert "10.00 USD" in second.problems[0].sentence


def test_a_refund_whose_key_got_lost_in_the_store_is_recognised() -> None:
    sale = Sale()
    made = applied(sale.channel.refund_orders([sale.refund(reason="Broken")])[0])
    sale.stage.store.orders.rows[int(sale.order)]["refunds"][0]["meta"] = []

    again = applied(sale.channel.refund_orders([sale.refund(reason="Broken")])[0])
    others = sale.channel.refund_orders(
        [
            sale.refund(500, reason="Broken", key="r-2"),
            sale.refund(reason="Late", key="r-3"),
            sale.refund(500, reason="Broken", key="r-4", lines={sale.line: 1}),
        ]
    )

    assert again.external_id == made.external_id
    assert made.external_id not in {applied(each).external_id for each in others}
    assert sorted(sale.stage.given_back(sale.order)) == [500, 500, 1000, 1000]


class FallsSilent(httpx.BaseTransport):
    """A wire that is cut when the store has taken a refund, before it says so."""

    def __init__(self, stage: WooOrderStage) -> None:
        self._inner = httpx.WSGITransport(app=stage.twin)
        self._is_cut = False

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        if not self._is_cut:
            response = self._inner.handle_request(request)
            self._is_cut = request.method == "POST"
            if not self._is_cut:
                return response
        raise httpx.ReadError("cut", request=request)


def test_a_refund_that_nobody_confirmed_is_not_claimed() -> None:
    sale = Sale()
    cut = Transport(inner=FallsSilent(sale.stage), recorder=sale.stage.exchanges.append)

    [doubtful] = orders_of(sale.stage.open(transport=cut)).refund_orders([sale.refund()])
    [certain] = sale.channel.refund_orders([sale.refund()])

    assert isinstance(doubtful, Unanswered)
    applied(certain)
    assert sale.stage.given_back(sale.order) == [1000]


def test_the_whole_amount_makes_an_order_refunded() -> None:
    sale = Sale()

    applied(sale.channel.refund_orders([sale.refund(3000)])[0])

    assert sale.shown["status"] == "refunded"


# Bad weather


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("tracking", ["none", "fulfillments", "shipment_tracking"])
def test_in_bad_weather_everything_is_done_in_the_end_and_once(
    tracking: Tracking, seed: int
) -> None:
    sale = Sale(tracking=tracking)
    doomed = str(sale.stage.sell({sale.mug: 2}))
    sale.stage.store.chaos.use("storm", seed=seed)
    tasks: list[Callable[[], Sequence[Outcome]]] = [
        lambda: sale.channel.ship_orders([sale.parcel("1Z1")]),
        lambda: sale.channel.refund_orders([sale.refund(700, reason="Late")]),
        lambda: sale.channel.cancel_orders([CancelDraft("c-1", doomed, refunds=True)]),
        lambda: sale.channel.refund_orders([sale.refund(300, key="r-2", lines={sale.line: 1})]),
        lambda: sale.channel.ship_orders([sale.parcel("1Z2", is_last=True)]),
    ]

    for task in tasks:
        _until_done(task)
        _until_done(task)

    sale.stage.store.chaos.calm()
    assert sale.stage.numbers_of(sale.order) == ["1Z1", "1Z2"]
    assert sale.stage.given_back(sale.order) == [700, 300]
    assert sale.shown["status"] == "completed"
    assert sale.stage.given_back(doomed) == [2000]
    assert sale.stage.store.order(int(doomed))["status"] == "cancelled"
    assert sale.stage.stock_of(sale.mug) == 7
    assert len(sale.notes()) == (2 if tracking == "none" else 0)


def _until_done(task: Callable[[], Sequence[Outcome]]) -> None:
    for _ in range(200):
        try:
            [outcome] = task()
        except (Retryable, Unknown):
            continue
        if isinstance(outcome, Applied):
            return
        assert isinstance(outcome, Unanswered)
    raise AssertionError("never done")


def test_keys_without_rights_need_a_person() -> None:
    sale = Sale()
    weak = sale.stage.store.add_key(permissions="read")
    pair = {"key": weak.consumer_key, "secret": weak.consumer_secret}
    channel = orders_of(
        sale.stage.channel.build(
            pair, {"base_url": sale.stage.store.settings.home_url}, sale.stage.transport()
        )
    )

    for tell in (
        lambda: channel.ship_orders([sale.parcel()]),
        lambda: channel.cancel_orders([CancelDraft("c-1", sale.order)]),
        lambda: channel.refund_orders([sale.refund()]),
    ):
        with pytest.raises(NeedsReauth):
            tell()
