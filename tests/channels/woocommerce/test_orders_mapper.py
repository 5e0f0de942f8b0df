"""One order of a shop, turned over and over: what its words and figures mean to us."""

from typing import Any

import pytest

from app.adapters.errors import BadPayload
from app.adapters.orders import ChannelOrder, Payment
from app.adapters.woocommerce.mapper import orders as mapper

AT = "2026-11-21T08:00:00"
LATER = "2026-11-22T08:00:00"


def line(number: int = 1, quantity: Any = 2, **how: Any) -> dict[str, Any]:
    return {
        "id": number,
        "name": "Mug &amp; cup",
        "product_id": 10 + number,
        "variation_id": 0,
        "quantity": quantity,
        "subtotal": "20.00",
        "subtotal_tax": "3.80",
        "total": "18.00",
        "total_tax": "3.42",
        "sku": f"S-{number}",
        "meta_data": [],
        **how,
    }


def took(count: Any) -> dict[str, Any]:
    return {"id": 5, "key": "_reduced_stock", "value": count}


def read(status: str = "processing", *, refunds: Any = (), **how: Any) -> ChannelOrder:
    raw = {
        "id": 7,
        "number": "7",
        "status": status,
        "currency": "EUR",
        "prices_include_tax": False,
        "date_created_gmt": AT,
        "date_modified_gmt": LATER,
        "date_paid_gmt": AT if status in {"processing", "completed", "refunded"} else None,
        "date_completed_gmt": LATER if status == "completed" else None,
        "total": "21.42",
        "total_tax": "3.42",
        "shipping_total": "0.00",
        "line_items": [line()],
        "refunds": [
            {"id": row["id"], "reason": row["reason"], "total": f"-{row['amount']}"}
            for row in refunds
        ],
        **how,
    }
    return mapper.order(raw, refunds=refunds, home_url="https://shop.test/")


def refund(number: int, units: int, *, at: str = AT, amount: str = "9.00") -> dict[str, Any]:
    origin = {"key": "_refunded_item_id", "value": "1"}
    back = {"id": 90 + number, "product_id": 11, "variation_id": 0, "quantity": -units}
    return {
        "id": number,
        "date_created_gmt": at,
        "amount": amount,
        "reason": "Broken",
        "line_items": [{**back, "meta_data": [origin]}],
    }


@pytest.mark.parametrize(
    ("status", "held", "done", "payment"),
    [
        ("pending", True, False, Payment.PENDING),
        ("on-hold", True, False, Payment.PENDING),
        ("failed", True, False, Payment.PENDING),
        ("processing", False, False, Payment.PAID),
        ("completed", False, True, Payment.PAID),
        ("cancelled", False, True, Payment.VOIDED),
        ("refunded", False, True, Payment.REFUNDED),
        ("checkout-draft", True, False, Payment.PENDING),
        ("wc-at-the-tailor", True, False, Payment.PENDING),
    ],
)
def test_every_status_means_something(
    status: str, payment: Payment, *, held: bool, done: bool
) -> None:
    order = read(status)

    assert (order.is_held, order.is_done, order.payment) == (held, done, payment)
    assert bool(order.hold_reason) == held
    assert order.status == status


def test_an_unknown_status_is_told_as_it_is() -> None:
    assert "“at-the-tailor”" in read("at-the-tailor").hold_reason


def test_drafts_the_trash_and_cancellations_are_marked() -> None:
    assert read("checkout-draft").is_draft
    assert read("trash").is_deleted
    assert read("cancelled").cancelled_at is not None
    assert read("processing").cancelled_at is None


def test_amounts_without_tax_stay_and_with_tax_are_what_the_buyer_saw() -> None:
    fee: dict[str, Any] = {"fee_lines": [{"total": "1.00", "total_tax": "0.19"}]}
    plain = read(shipping_total="5.00", shipping_tax="0.95", **fee)
    gross = read(shipping_total="5.00", shipping_tax="0.95", prices_include_tax=True, **fee)

    assert (plain.items, plain.discount, plain.shipping, plain.fees) == (2000, 200, 500, 100)
    assert (gross.items, gross.discount, gross.shipping, gross.fees) == (2380, 238, 595, 119)
    [before], [after] = plain.lines, gross.lines
    assert (before.unit_price, before.discount, before.total, before.tax) == (1000, 200, 1800, 342)
    assert (after.unit_price, after.discount, after.total, after.tax) == (1190, 238, 2142, 342)


def test_yen_have_no_cents_and_dinars_have_three_places() -> None:
    yen = read(currency="JPY", total="1500.00", line_items=[])
    dinar = read(currency="KWD", total="1.234", line_items=[])

    assert (yen.total, dinar.total) == (1500, 1234)


@pytest.mark.parametrize("total", ["about ten", "1e99", "NaN"])
def test_an_amount_that_is_none_is_refused(total: str) -> None:
    with pytest.raises(BadPayload, match=r"“order\.total”"):
        read(total=total)


@pytest.mark.parametrize(
    ("status", "taken"),
    [
        ("processing", 2),
        ("on-hold", 2),
        ("completed", 2),
        ("pending", 0),
        ("failed", 0),
        ("cancelled", 0),
        ("of-a-plugin", 0),
    ],
)
def test_where_lines_hide_what_they_took_the_status_says_it(status: str, taken: int) -> None:
    assert [each.taken for each in read(status).lines] == [taken]


def test_a_status_of_a_plugin_took_stock_once_it_is_paid() -> None:
    assert [each.taken for each in read("at-the-tailor", date_paid_gmt=AT).lines] == [2]


def test_what_a_line_took_is_believed_whatever_the_status() -> None:
    failed = read("failed", line_items=[line(meta_data=[took("2")])])
    uncounted = read(line_items=[line(1, meta_data=[took(2)]), line(2)])

    assert [each.taken for each in failed.lines] == [2]
    assert [each.taken for each in uncounted.lines] == [2, 0]  # the shop counts only the first


def test_a_refund_before_delivery_lowers_the_line_and_one_afterwards_does_not() -> None:
    before = read(refunds=[refund(1, 1)])
    after = read("completed", refunds=[refund(1, 1, at="2026-11-23T08:00:00")])

    assert [(each.quantity, each.ordered) for each in before.lines] == [(1, 2)]
    assert [(each.quantity, each.shipped) for each in after.lines] == [(2, 2)]
    assert (before.refunded, before.payment) == (900, Payment.PARTIALLY_REFUNDED)


def test_units_that_came_back_to_the_shelf_belong_to_the_oldest_refunds() -> None:
    back = {"id": 6, "key": "_restock_refunded_items", "value": "1"}
    order = read(
        line_items=[line(quantity=3, meta_data=[took("2"), back])],
        refunds=[refund(2, 1, at=LATER), refund(1, 1)],
    )

    assert [dict(each.restocked) for each in order.refunds] == [{"1": 1}, {}]
    assert [each.external_id for each in order.refunds] == ["1", "2"]
    assert [each.taken for each in order.lines] == [2]


def test_a_refund_of_an_old_shop_is_matched_by_what_it_sold() -> None:
    old = refund(1, 1)
    old["line_items"][0]["meta_data"] = []

    assert [dict(each.lines) for each in read(refunds=[old]).refunds] == [{"1": 1}]


def test_a_refund_of_which_only_the_sum_is_known_is_told() -> None:
    order = mapper.order(
        {
            "id": 7,
            "status": "processing",
            "currency": "EUR",
            "date_created_gmt": AT,
            "total": "10.00",
            "refunds": [{"id": 3, "reason": "", "total": "-10.00"}],
        }
    )

    assert [(each.amount, dict(each.lines)) for each in order.refunds] == [(1000, {})]
    assert order.payment is Payment.REFUNDED


def test_cash_on_delivery_is_paid_when_it_is_delivered() -> None:
    assert read(payment_method="cod").payment is Payment.PENDING
    assert not read(payment_method="cod").is_held
    assert read("completed", payment_method="cod").payment is Payment.PAID


def test_money_that_is_only_reserved_is_authorized() -> None:
    reserved = [{"key": "_stripe_charge_captured", "value": "no"}]

    assert read("on-hold", meta_data=reserved).payment is Payment.AUTHORIZED


def test_a_variation_names_its_offer_and_a_deleted_product_none() -> None:
    order = read(
        line_items=[
            line(1, product_id=5, variation_id=9),
            line(2, product_id=6),
            line(3, product_id=0),
        ]
    )

    assert [(each.product_external_id, each.variant_external_id) for each in order.lines] == [
        ("5", "9"),
        ("6", "6"),
        (None, None),
    ]
    assert order.lines[0].title == "Mug & cup"


def test_choices_are_told_and_bookkeeping_is_not() -> None:
    metas = [
        {"key": "pa_color", "value": "dark-red", "display_value": "<p>Dark red</p>"},
        {"key": "size", "value": "L"},
        {"key": "_reduced_stock", "value": "2"},
        {"key": "packages", "value": [{"a": 1}]},
    ]

    assert [each.options for each in read(line_items=[line(meta_data=metas)]).lines] == [
        "Dark red / L"
    ]


def test_a_guest_an_empty_address_and_a_pick_up() -> None:
    billing = {"first_name": "Alice", "email": "alice@example.com", "city": "Bonn", "country": "de"}
    empty = {"first_name": "", "city": "", "country": "DE"}
    flat, pick_up = ([{"method_id": name, "total": "1"}] for name in ("flat_rate", "local_pickup"))

    sent = read(customer_id=0, billing=billing, shipping=empty, shipping_lines=flat)
    fetched = read(billing=billing, shipping=billing, shipping_lines=pick_up)
    digital = read(billing=billing, shipping=empty, needs_processing=False)

    assert (sent.email, sent.ship_to and sent.ship_to.country) == ("alice@example.com", "DE")
    assert fetched.ship_to is None
    assert fetched.bill_to is not None
    assert digital.ship_to is None
    assert [each.needs_shipping for each in digital.lines] == [False]


def test_where_the_merchant_sees_it_and_what_is_not_kept() -> None:
    order = read(order_key="wc_order_1", customer_ip_address="10.0.0.1", payment_url="https://x")

    assert order.url == "https://shop.test/wp-admin/post.php?post=7&action=edit"
    assert order.raw.keys().isdisjoint({"order_key", "customer_ip_address", "payment_url"})


def test_a_parcel_told_twice_is_one() -> None:
    ours = [{"id": "p-1", "number": "1Z", "carrier": "UPS", "lines": {"1": 1}, "at": "2026-11-22"}]
    theirs = [{"tracking_id": "abc", "tracking_number": "1Z", "date_shipped": "1795219200"}]
    order = read(
        meta_data=[
            {"key": "_syncstore_tracking", "value": ours},
            {"key": "_wc_shipment_tracking_items", "value": theirs},
        ]
    )

    assert [(each.external_id, dict(each.lines)) for each in order.shipments] == [("p-1", {"1": 1})]
    assert [(each.quantity, each.shipped) for each in order.lines] == [(2, 1)]


def test_what_was_shipped_is_wanted_also_when_it_is_cancelled_afterwards() -> None:
    ours = [{"id": "p-1", "number": "1Z", "lines": {"1": 1}}]

    order = read("cancelled", meta_data=[{"key": "_syncstore_tracking", "value": ours}])

    assert [(each.quantity, each.shipped) for each in order.lines] == [(1, 1)]


def test_a_fulfilment_is_a_parcel_once_it_is_fulfilled() -> None:
    def parcel(number: int, *, is_fulfilled: bool, deleted: str | None = None) -> dict[str, Any]:
        return {
            "id": number,
            "is_fulfilled": is_fulfilled,
            "date_updated": "2026-11-22 08:00:00",
            "date_deleted": deleted,
            "meta_data": [
                {"key": "_items", "value": [{"item_id": 1, "qty": 1}]},
                {"key": "_tracking_number", "value": f"N{number}"},
                {"key": "_shipment_provider", "value": "ups"},
            ],
        }

    raw = {
        "id": 7,
        "status": "processing",
        "currency": "EUR",
        "date_created_gmt": AT,
        "total": "21.42",
        "line_items": [line()],
    }
    order = mapper.order(
        raw,
        fulfillments=[
            parcel(1, is_fulfilled=True),
            parcel(2, is_fulfilled=False),
            parcel(3, is_fulfilled=True, deleted=LATER),
        ],
    )

    assert [(each.number, each.carrier, each.is_cancelled) for each in order.shipments] == [
        ("N1", "ups", False),
        ("N3", "ups", True),
    ]
    assert [each.shipped for each in order.lines] == [1]


def test_a_parcel_stays_when_the_one_before_it_was_taken_off_in_the_shop() -> None:
    left = {"1": {"tracking_id": "b", "tracking_number": "2Z", "date_shipped": "1795219200"}}

    order = read(meta_data=[{"key": "_wc_shipment_tracking_items", "value": left}])

    assert [(each.external_id, each.number) for each in order.shipments] == [("b", "2Z")]
