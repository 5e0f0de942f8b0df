"""An order of Shopify in our words: total where words are unknown, exact where figures are."""

from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.adapters.errors import BadPayload
from app.adapters.orders import Address, ChannelOrder, Fate, Journey, Payment, ReturnStep
from app.adapters.shopify import cost
from app.adapters.shopify.documents import orders as documents
from app.adapters.shopify.mapper import orders as mapper

HOME = "https://a.myshopify.com"
_WORDS = st.none() | st.sampled_from(["", "PAID", "NEVER_HEARD_OF", "pending", "ON_HOLD"])
_COUNTS = st.integers(0, 5)


def _bag(amount: str | None) -> dict[str, Any]:
    return {"shopMoney": {"amount": amount}}


def _line(number: int = 1, **fields: Any) -> dict[str, Any]:
    return {
        "id": f"gid://shopify/LineItem/{number}",
        "title": "Mug",
        "quantity": 2,
        "currentQuantity": 2,
        "unfulfilledQuantity": 2,
        "requiresShipping": True,
        "variant": {"id": "gid://shopify/ProductVariant/9", "inventoryItem": {"tracked": True}},
        "originalUnitPriceSet": _bag("10.0"),
        **fields,
    }


def _raw(*lines: dict[str, Any], **fields: Any) -> dict[str, Any]:
    return {
        "id": "gid://shopify/Order/7",
        "name": "#1001",
        "processedAt": "2026-11-22T10:00:00Z",
        "currencyCode": "USD",
        "displayFinancialStatus": "PAID",
        "displayFulfillmentStatus": "UNFULFILLED",
        "totalPriceSet": _bag("20.0"),
        "lineItems": {"nodes": list(lines or [_line()])},
        **fields,
    }


def _read(*lines: dict[str, Any], **fields: Any) -> ChannelOrder:
    return mapper.order(_raw(*lines, **fields), home=HOME)


@pytest.mark.parametrize(
    ("paid", "sent", "payment", "status", "is_held"),
    [
        ("PAID", "UNFULFILLED", Payment.PAID, "unfulfilled", False),
        ("AUTHORIZED", "IN_PROGRESS", Payment.AUTHORIZED, "in_progress", False),
        ("PENDING", "UNFULFILLED", Payment.PENDING, "unfulfilled", True),
        ("EXPIRED", "OPEN", Payment.VOIDED, "open", True),
        ("PAID", "ON_HOLD", Payment.PAID, "on_hold", True),
        ("PAID", "SCHEDULED", Payment.PAID, "scheduled", True),
        ("PENDING", "FULFILLED", Payment.PENDING, "fulfilled", False),
        ("HALF_PAID", "TELEPORTED", Payment.PENDING, "teleported", False),
        (None, None, Payment.PENDING, "", False),
    ],
)
def test_words_are_read_by_table_and_unknown_ones_do_no_harm(
    paid: str | None, sent: str | None, payment: Payment, status: str, *, is_held: bool
) -> None:
    found = _read(displayFinancialStatus=paid, displayFulfillmentStatus=sent)

    assert (found.payment, found.status, found.is_held) == (payment, status, is_held)
    assert bool(found.hold_reason) == is_held


@pytest.mark.parametrize(
    ("fields", "is_done"),
    [
        ({"displayFulfillmentStatus": "FULFILLED"}, True),
        ({"displayFulfillmentStatus": "FULFILLMENT_NOT_REQUIRED"}, True),
        ({"displayFulfillmentStatus": "PARTIALLY_FULFILLED"}, False),
        ({"closed": True}, True),
        ({"cancelledAt": "2026-11-22T11:00:00Z"}, True),
    ],
)
def test_an_order_is_done_when_nothing_more_is_needed(
    fields: dict[str, Any], *, is_done: bool
) -> None:
    assert _read(**fields).is_done == is_done


def test_what_is_missing_is_empty() -> None:
    found = mapper.order(
        {
            "id": "gid://shopify/Order/7",
            "createdAt": "2026-11-22T10:00:00+02:00",
            "currencyCode": "JPY",
        },
        home=HOME,
    )

    assert (found.number, found.total, found.lines, found.ship_to) == ("7", 0, (), None)
    assert found.placed_at == datetime(2026, 11, 22, 8, tzinfo=UTC)
    assert (found.refunds, found.shipments, found.risk, found.tags) == ((), (), "", ())


@pytest.mark.parametrize(
    ("fields", "path"),
    [
        ({"id": "7"}, "order.id"),
        ({"processedAt": None}, "order.processedAt"),
        ({"currencyCode": None}, "order.currencyCode"),
        ({"totalPriceSet": _bag("much")}, "order.totalPriceSet.shopMoney.amount"),
        ({"totalPriceSet": _bag("1e30")}, "order.totalPriceSet"),
        ({"lineItems": {"nodes": [{}]}}, "order.lineItems[0].id"),
        (
            {"refunds": [{"id": "gid://shopify/Refund/1", "refundLineItems": {"nodes": [{}]}}]},
            "order.refunds[0].refundLineItems[0].lineItem",
        ),
    ],
)
def test_what_cannot_be_read_says_where(fields: dict[str, Any], path: str) -> None:
    with pytest.raises(BadPayload) as caught:
        _read(**fields)

    assert caught.value.path == path


def test_amounts_are_in_the_shops_own_currency() -> None:
    yen = _raw(_line(originalUnitPriceSet=_bag("1200.0")), currencyCode="JPY")

    found = mapper.order({**yen, "totalPriceSet": _bag("2500.0")}, home=HOME)

    assert (found.currency, found.items, found.total, found.fees) == ("JPY", 2400, 2500, 100)


def test_a_tax_inside_the_prices_is_not_added_once_more() -> None:
    taxes = [{"priceSet": _bag("3.19")}]

    found = _read(_line(taxLines=taxes), taxesIncluded=True, totalTaxSet=_bag("3.19"))

    assert (found.includes_tax, found.tax, found.fees, found.total) == (True, 319, 0, 2000)
    assert found.lines[0].tax == 319


@pytest.mark.parametrize(
    ("levels", "risk"),
    [
        (["LOW", "HIGH"], "high"),
        (["MEDIUM", "LOW"], "medium"),
        (["NONE"], ""),
        (["PENDING"], ""),
        ([], ""),
    ],
)
def test_the_gravest_risk_counts(levels: list[str], risk: str) -> None:
    assessments = [{"riskLevel": level} for level in levels]

    assert _read(risk={"assessments": assessments}).risk == risk


def test_nobody_knows_where_it_goes_but_it_goes_somewhere() -> None:
    assert _read(shippingAddress=None).ship_to == Address()
    assert _read(_line(requiresShipping=False), shippingAddress=None).ship_to is None


def test_a_plain_product_has_no_options() -> None:
    titles = ["Red / L", "Default Title", None]
    lines = [_line(at, variantTitle=title) for at, title in enumerate(titles, start=1)]

    assert [line.options for line in _read(*lines).lines] == ["Red / L", "", ""]


@pytest.mark.parametrize("reason", ["Scratched", "", "It broke (again)"])
def test_the_note_of_a_refund_carries_our_key(reason: str) -> None:
    note = mapper.marked(reason, "0b5c (1)")
    refund = {"id": "gid://shopify/Refund/1", "note": note}

    [found] = _read(refunds=[refund]).refunds

    assert mapper.key_of(note) == "0b5c (1)"
    assert found.reason == reason


def test_a_note_of_somebody_elses_carries_no_key() -> None:
    assert mapper.key_of("Asked in SyncStore") is None
    assert mapper.key_of(None) is None


@given(
    words=st.tuples(_WORDS, _WORDS),
    counts=st.tuples(_COUNTS, _COUNTS, _COUNTS),
    back=st.tuples(_COUNTS, st.sampled_from(["RETURN", "CANCEL", "NO_RESTOCK", "NEW_WORD"])),
    sent=_COUNTS,
)
def test_no_figures_make_more_of_a_line_than_was_ordered(
    words: tuple[str | None, str | None],
    counts: tuple[int, int, int],
    back: tuple[int, str],
    sent: int,
) -> None:
    ordered, current, waiting = counts
    owner = {"lineItem": {"id": "gid://shopify/LineItem/1"}}
    refund = {
        "id": "gid://shopify/Refund/1",
        "refundLineItems": {"nodes": [{"quantity": back[0], "restockType": back[1], **owner}]},
    }
    parcel = {
        "id": "gid://shopify/Fulfillment/1",
        "status": "SUCCESS",
        "fulfillmentLineItems": {"nodes": [{"quantity": sent, **owner}]},
    }
    line = _line(quantity=ordered, currentQuantity=current, unfulfilledQuantity=waiting)

    found = _read(
        line,
        refunds=[refund],
        fulfillments=[parcel],
        displayFinancialStatus=words[0],
        displayFulfillmentStatus=words[1],
    ).lines[0]

    assert 0 <= found.quantity <= found.ordered
    assert 0 <= found.taken <= found.ordered
    assert found.total == 1000 * min(ordered, max(current + back[0], sent + waiting))


@pytest.mark.parametrize(
    ("back", "restocked", "taken"),
    [
        ({"restockType": "RETURN", "restocked": True, "location": "2"}, {}, 2),
        ({"restockType": "RETURN", "restocked": True, "location": "1"}, {"1": 2}, 0),
        ({"restockType": "RETURN", "restocked": True, "location": None}, {"1": 2}, 0),
        ({"restockType": "RETURN", "restocked": False, "location": "1"}, {}, 2),
        ({"restockType": "NO_RESTOCK", "restocked": False, "location": None}, {}, 2),
    ],
)
def test_what_came_back_to_another_shelf_is_not_on_ours(
    back: dict[str, Any], restocked: dict[str, int], taken: int
) -> None:
    owner = {"lineItem": {"id": "gid://shopify/LineItem/1"}}
    place = back["location"] and {"id": f"gid://shopify/Location/{back['location']}"}
    route = {
        "id": "gid://shopify/FulfillmentOrder/1",
        "status": "CLOSED",
        "assignedLocation": {"location": {"id": "gid://shopify/Location/2"}},
        "lineItems": {"nodes": [{"totalQuantity": 2, **owner}]},
    }
    refund = {"quantity": 2, **owner, **back, "location": place}

    found = mapper.order(
        _raw(
            _line(quantity=4, currentQuantity=2, unfulfilledQuantity=0),
            fulfillmentOrders={"nodes": [route]},
            fulfillments=[_parcel(fulfillmentLineItems={"nodes": [{"quantity": 4, **owner}]})],
            refunds=[{"id": "gid://shopify/Refund/1", "refundLineItems": {"nodes": [refund]}}],
        ),
        home=HOME,
        places=["1"],
    )

    assert (found.refunds[0].restocked, found.lines[0].taken) == (restocked, taken)


def test_what_is_not_asked_for_costs_nothing() -> None:
    sizes = {"first": 1, "lines": 5, "parts": 3, "personal": True}
    plain, routed = (
        cost.planned(documents.ORDERS_PAGE.text, {**sizes, "routed": routed})
        for routed in (False, True)
    )

    assert plain < routed


def _parcel(**fields: Any) -> dict[str, Any]:
    return {"id": "gid://shopify/Fulfillment/3", "status": "SUCCESS", **fields}


def _event(status: str, message: str | None = None) -> dict[str, Any]:
    return {"nodes": [{"status": status, "message": message}]}


@pytest.mark.parametrize(
    ("shown", "journey"),
    [
        ("FULFILLED", None),
        ("MARKED_AS_FULFILLED", None),
        ("LABEL_PRINTED", Journey.ANNOUNCED),
        ("IN_TRANSIT", Journey.IN_TRANSIT),
        ("ATTEMPTED_DELIVERY", Journey.ATTEMPTED),
        ("NOT_DELIVERED", Journey.FAILED),
        ("PICKED_UP", Journey.DELIVERED),
        ("TELEPORTED", None),
        (None, None),
    ],
)
def test_a_parcel_is_where_its_carrier_says(shown: str | None, journey: Journey | None) -> None:
    [parcel] = _read(fulfillments=[_parcel(displayStatus=shown)]).shipments

    assert (parcel.journey, parcel.delivered_at) == (journey, None)


def test_a_message_counts_while_it_belongs_to_what_is_shown() -> None:
    told = {"deliveredAt": "2026-11-22T10:00:00Z", "events": _event("DELAYED", "Snow")}
    parcels = [_parcel(displayStatus="DELAYED", **told), _parcel(displayStatus=None, **told)]

    delayed, there = _read(fulfillments=parcels).shipments

    assert (delayed.journey, delayed.said) == (Journey.DELAYED, "Snow")
    assert (there.journey, there.said) == (Journey.DELIVERED, "")
    assert there.delivered_at == datetime(2026, 11, 22, 10, tzinfo=UTC)


_SENT = {"fulfillmentLineItem": {"lineItem": {"id": "gid://shopify/LineItem/1"}}}


def _return(*decided: tuple[str, int, str | None], **fields: Any) -> dict[str, Any]:
    """A return of two mugs; each decision names a location, or None."""
    decisions = [
        {
            "type": kind,
            "quantity": units,
            "createdAt": "2026-11-22T10:00:00Z",
            "location": {"id": f"gid://shopify/Location/{at}"} if at else None,
        }
        for kind, units, at in decided
    ]
    return {
        "id": "gid://shopify/Return/5",
        "status": "CLOSED",
        "returnLineItems": {
            "nodes": [
                {"quantity": 2, "returnReasonDefinition": {"name": "Too small"}, **_SENT},
                {"quantity": 1},  # of an order Shopify does not know
            ]
        },
        "reverseFulfillmentOrders": {
            "nodes": [{"lineItems": {"nodes": [{"dispositions": decisions, **_SENT}]}}]
        },
        **fields,
    }


def test_a_return_tells_what_is_announced_and_what_became_of_it() -> None:
    kinds = ("RESTOCKED", "NOT_RESTOCKED", "MISSING", "PROCESSING_REQUIRED", "EATEN")
    raw = _raw(returns={"nodes": [_return(*((kind, 1, None) for kind in kinds))]})

    [found] = mapper.order(raw, home=HOME).returns

    assert (found.external_id, found.step, found.reason) == ("5", ReturnStep.CLOSED, "Too small")
    assert found.lines == {"1": 2}
    assert [(each.line, each.units, each.fate) for each in found.decisions] == [
        ("1", 1, Fate.RESTOCKED),
        ("1", 1, Fate.DISCARDED),
        ("1", 1, Fate.MISSING),
    ]


def test_what_is_restocked_elsewhere_is_not_for_sale_here() -> None:
    raw = _raw(returns={"nodes": [_return(("RESTOCKED", 1, "7"), ("RESTOCKED", 1, "8"))]})

    order = mapper.order(raw, home=HOME, places=["7"])

    assert [each.fate for each in order.returns[0].decisions] == [Fate.RESTOCKED, Fate.DISCARDED]
    assert order.lines[0].taken == 1


@pytest.mark.parametrize(("restock_type", "taken"), [("RETURN", 1), ("NO_RESTOCK", 1)])
def test_a_unit_is_on_the_shops_shelf_once(restock_type: str, taken: int) -> None:
    refund = {
        "id": "gid://shopify/Refund/3",
        "refundLineItems": {
            "nodes": [
                {
                    "quantity": 1,
                    "restockType": restock_type,
                    "lineItem": {"id": "gid://shopify/LineItem/1"},
                }
            ]
        },
    }
    made_for_it = {"refunds": {"nodes": [{"id": "gid://shopify/Refund/3"}]}}
    line = _line(currentQuantity=1, unfulfilledQuantity=0)

    found = _read(
        line,
        refunds=[refund],
        returns={"nodes": [_return(("RESTOCKED", 1, None), **made_for_it)]},
    )

    assert found.lines[0].taken == taken
    assert found.returns[0].refunds == ("3",)


def test_a_return_at_a_state_nobody_heard_of_is_passed_over() -> None:
    assert _read(returns={"nodes": [_return(status="TELEPORTED")]}).returns == ()
