"""Stories of orders: what is promised, what the shop's own count tells, what it hears back."""

from dataclasses import replace
from datetime import timedelta
from uuid import UUID

import pytest
from sqlalchemy import select

from app.adapters.memory import MemoryShop
from app.adapters.orders import Payment
from app.core import clock, db
from app.core.work import unit_of_work
from app.inventory import service as inventory
from app.inventory.models import Level, Location
from app.inventory.service import LocationDraft
from app.orders import service
from app.orders.errors import NotAllowedNow, NothingToShip
from app.orders.models import OrderTerm, Shipment
from app.orders.service import Cancelling, Parcel, Refunding
from app.sync.models import SyncTask
from tests.engine.selling import Sales
from tests.engine.world import Shop
from workers import relay


@pytest.fixture
def fresh(shop: Shop, store: MemoryShop, connection_id: UUID) -> Sales:
    """A shop just connected: nothing of it was read."""
    return Sales(shop, store, connection_id)


@pytest.fixture
def sales(fresh: Sales) -> Sales:
    """A shop whose shelves, empty as they are, were read."""
    fresh.settle()
    return fresh


def ship_there(sales: Sales, order_id: str) -> None:
    """Ship all of an order, as the merchant does in the shop."""
    lines = sales.store.book.orders[order_id].lines
    sales.store.ship(order_id, {line.external_id: line.quantity for line in lines})


def test_an_order_is_promised_from_stock_and_the_shop_is_not_written(sales: Sales) -> None:
    variant, good = sales.put("A", 5)
    sales.store.calls.clear()

    sales.store.order((good, 2))
    sales.read()

    [order] = sales.orders()
    assert (order.state, order.number, order.total_minor) == ("allocated", f"{order.number}", 2000)
    level = sales.level(variant)
    assert (level.on_hand, level.committed, level.available) == (5, 2, 3)
    assert sales.shown(good) == 3
    assert sales.store.writes() == []


@pytest.mark.parametrize("is_stock_first", [True, False])
def test_a_sale_is_counted_once_whichever_news_comes_first(
    sales: Sales, is_stock_first: bool
) -> None:
    variant, good = sales.put("A", 5)

    sales.store.order((good, 2))
    if is_stock_first:
        sales.read_stock_only()
        assert sales.level(variant).available == 3
        assert sales.level(variant).reserved == 2
        sales.read_orders_only()
    else:
        sales.read_orders_only()
        assert sales.level(variant).available == 3
        sales.read_stock_only()
    sales.later(30)
    sales.read()
    sales.later(30)
    sales.read()

    level = sales.level(variant)
    assert (level.on_hand, level.committed, level.reserved) == (5, 2, 0)
    assert sales.shown(good) == 3


@pytest.mark.parametrize("is_stock_first", [True, False])
def test_sold_and_sent_before_we_heard_of_either_the_units_left_here_too(
    sales: Sales, is_stock_first: bool
) -> None:
    variant, good = sales.put("A", 5)

    order_id = sales.store.order((good, 2))
    if is_stock_first:
        sales.read_stock_only()
    ship_there(sales, order_id)
    sales.read_orders_only()
    level = sales.level(variant)
    assert (level.on_hand, level.committed, level.reserved) == (3, 0, 0)
    for _ in range(2):
        sales.later(30)
        sales.read()

    level = sales.level(variant)
    assert (level.on_hand, level.committed, level.reserved) == (3, 0, 0)
    assert sales.orders()[0].state == "shipped"
    assert sales.shown(good) == 3


def test_sold_sent_and_given_back_before_we_heard_of_any_a_unit_is_there_once(
    sales: Sales,
) -> None:
    variant, good = sales.put("A", 5)

    order_id = sales.store.order((good, 2))
    ship_there(sales, order_id)
    line = sales.store.book.orders[order_id].lines[0].external_id
    sales.store.refund(order_id, 1000, {line: 1}, restocks=True)
    sales.read()
    sales.later(30)
    sales.read()

    assert sales.level(variant).on_hand == 4
    assert sales.shown(good) == 4


def test_paid_and_sent_in_one_news_the_units_left(sales: Sales) -> None:
    variant, good = sales.put("A", 5)
    order_id = sales.store.order((good, 2), payment=Payment.PENDING)
    line = replace(sales.store.book.orders[order_id].lines[0], taken=0)
    sales.store.keep_order(replace(sales.store.book.orders[order_id], lines=(line,)))
    sales.store.edit_variant(good, quantity=5)
    sales.read()
    assert sales.level(variant).available == 5

    paid = replace(sales.store.book.orders[order_id], payment=Payment.PAID)
    sales.store.keep_order(replace(paid, lines=(replace(line, taken=2),)))
    sales.store.edit_variant(good, quantity=3)
    ship_there(sales, order_id)
    sales.read()
    sales.later(30)
    sales.read()

    assert sales.level(variant).on_hand == 3
    assert sales.shown(good) == 3


def test_less_in_the_shop_without_an_order_is_gone_here_too_after_a_while(sales: Sales) -> None:
    variant, good = sales.put("A", 5)

    sales.store.edit_variant(good, quantity=4)
    sales.read()
    assert (sales.level(variant).on_hand, sales.level(variant).available) == (5, 4)
    sales.later(30)
    sales.read()

    level = sales.level(variant)
    assert (level.on_hand, level.reserved, level.available) == (4, 0, 4)
    assert sales.kinds()[-1] == "gone"


def test_more_in_the_shop_comes_in(sales: Sales) -> None:
    variant, good = sales.put("A", 5)

    sales.store.edit_variant(good, quantity=9)
    sales.read()

    assert sales.level(variant).available == 9


def test_the_same_order_told_again_changes_nothing(sales: Sales) -> None:
    variant, good = sales.put("A", 5)
    order_id = sales.store.order((good, 2))
    sales.read()
    postings = len(sales.kinds())

    for _ in range(3):
        sales.store.keep_order(sales.store.book.orders[order_id])
        sales.read()

    assert len(sales.kinds()) == postings
    assert len(sales.orders()) == 1
    assert sales.level(variant).committed == 2


@pytest.mark.parametrize("restocks", [True, False])
def test_cancelled_in_the_shop_the_promise_is_freed_once(sales: Sales, restocks: bool) -> None:
    variant, good = sales.put("A", 5)
    order_id = sales.store.order((good, 2))
    sales.read()

    sales.later(1)
    sales.store.cancel(order_id, restocks=restocks)
    sales.read()
    sales.read()

    level = sales.level(variant)
    assert (level.on_hand, level.committed, level.available) == (5, 0, 5)
    assert sales.orders()[0].state == "cancelled"
    assert sales.shown(good) == 5


def test_cancelled_here_the_shop_hears_of_it(sales: Sales) -> None:
    variant, good = sales.put("A", 5)
    order_id = sales.store.order((good, 2))
    sales.read()

    sales.later(1)
    with unit_of_work(sales.shop.actor) as work:
        service.cancel_order(work, sales.orders()[0].id, Cancelling("Sold out"))
    sales.store.calls.clear()
    sales.settle()
    sales.read()

    assert sales.store.book.orders[order_id].cancelled_at is not None
    assert sales.level(variant).available == 5
    assert sales.shown(good) == 5
    assert [call.method for call in sales.store.writes()] == []  # the shop counts up by itself


def test_shipped_here_the_shop_knows_the_parcel_once(sales: Sales) -> None:
    variant, good = sales.put("A", 5)
    order_id = sales.store.order((good, 2))
    sales.read()

    with unit_of_work(sales.shop.actor) as work:
        parcel = Parcel(carrier="UPS", tracking_number="1Z999")
        service.ship_order(work, sales.orders()[0].id, parcel)
    sales.later(1)
    sales.settle()
    sales.read()

    level = sales.level(variant)
    assert (level.on_hand, level.committed, level.available) == (3, 0, 3)
    [told] = sales.store.book.orders[order_id].shipments
    assert (told.number, told.carrier) == ("1Z999", "UPS")
    assert sales.orders()[0].state == "shipped"
    with db.reading(sales.shop.actor) as session:
        [row] = session.scalars(select(Shipment)).all()
        assert row.told_at is not None
    assert sales.shown(good) == 3


def test_more_than_is_promised_cannot_be_shipped(sales: Sales) -> None:
    _, good = sales.put("A", 5)
    sales.store.order((good, 2))
    sales.read()
    [order] = sales.orders()

    with unit_of_work(sales.shop.actor) as work:
        service.ship_order(work, order.id, Parcel())
    with pytest.raises(NotAllowedNow), unit_of_work(sales.shop.actor) as work:
        service.ship_order(work, order.id, Parcel())


def test_shipped_in_a_refused_parcel_is_a_debt_that_blocks_nothing(sales: Sales) -> None:
    variant, good = sales.put("A", 5)
    order_id = sales.store.order((good, 2))
    sales.read()
    del sales.store.book.orders[order_id]

    with unit_of_work(sales.shop.actor) as work:
        service.ship_order(work, sales.orders()[0].id, Parcel(tracking_number="1"))
    sales.settle()

    assert sales.level(variant).on_hand == 3
    with db.reading(sales.shop.actor) as session:
        [row] = session.scalars(select(Shipment)).all()
        assert row.told_at is None
        assert row.error


def test_what_is_short_is_promised_when_stock_comes_in(sales: Sales) -> None:
    variant, good = sales.put("A", 5)
    sales.store.edit_variant(good, quantity=8)  # a count we have not heard of
    sales.store.order((good, 7))
    sales.read_orders_only()
    assert sales.orders()[0].state == "pending"
    assert sales.level(variant).available == 0

    sales.later(1)
    sales.read()

    assert sales.orders()[0].state == "allocated"
    assert sales.level(variant).committed == 7


def test_an_unknown_item_is_kept_and_promised_once_mapped(sales: Sales) -> None:
    good = sales.store.add_product({"title": "Odd"}, {"sku": "ODD", "quantity": 3})
    product = sales.shop.add_product("Something else", "OTHER", quantity=3)
    variant = next(iter(sales.shop.values(product).variants))
    sales.store.order((good, 1))
    sales.store.order((good, 1))
    sales.read()
    first, second = sales.orders()
    assert (first.unmapped, first.state) == (1, "pending")

    with unit_of_work(sales.shop.actor) as work:
        assert service.map_line(work, first.lines[0].id, variant) == 2

    assert [order.state for order in sales.orders()] == ["allocated", "allocated"]
    assert sales.level(variant).committed == 2
    assert second.unmapped == 1


def test_an_order_from_before_the_shop_was_connected_takes_nothing_away(fresh: Sales) -> None:
    sales = fresh
    good = sales.store.add_product({"title": "Old"}, {"sku": "OLD", "quantity": 5})
    sales.store.order((good, 2))
    sales.later(1)
    product = sales.shop.add_product("Old", "OLD", quantity=3)
    sales.read()
    sales.read()

    variant = next(iter(sales.shop.values(product).variants))
    level = sales.level(variant)
    assert (level.on_hand, level.committed, level.available) == (5, 2, 3)
    assert sales.shown(good) == 3


def test_what_the_shop_promised_before_we_looked_lies_where_orders_are_served(
    fresh: Sales,
) -> None:
    sales, actor = fresh, fresh.shop.actor
    good = sales.store.add_product({"title": "Old"}, {"sku": "OLD", "quantity": 5})
    sales.store.order((good, 2))
    sales.later(1)
    product = sales.shop.add_product("Old", "OLD", quantity=0)
    variant = next(iter(sales.shop.values(product).variants))
    with unit_of_work(actor) as work:
        first = work.session.scalars(select(Location)).one()
        new = inventory.create_location(work, LocationDraft("New warehouse", is_default=True))
        found = inventory.Adjustment(inventory.Mode.SET, 3, inventory.Reason.FOUND)
        inventory.adjust(work, variant, new, found)
    with unit_of_work(actor) as work:
        off = LocationDraft(first.name, is_active=False)
        found_now = work.session.get_one(Location, first.id)
        inventory.change_location(work, first.id, found_now.version, off)

    sales.read()
    sales.read()

    with db.reading(actor) as session:
        held = {
            level.location_id: (level.on_hand, level.committed)
            for level in session.scalars(select(Level).where(Level.variant_id == variant))
        }
    assert held == {first.id: (0, 0), new: (5, 2)}


@pytest.mark.parametrize("taken", [2, 0])
def test_what_was_sent_before_the_shop_was_connected_takes_nothing_away(
    fresh: Sales, taken: int
) -> None:
    sku = {"sku": "A", "quantity": 7, "price": {"minor": 1000, "currency": "USD"}}
    good = fresh.store.add_product({"title": "Mug A"}, sku)
    order_id = fresh.store.order((good, 2))
    line = replace(fresh.store.book.orders[order_id].lines[0], taken=taken)
    fresh.store.keep_order(replace(fresh.store.book.orders[order_id], lines=(line,)))
    ship_there(fresh, order_id)
    product = fresh.shop.add_product("Mug A", "A", quantity=5)
    fresh.later(1)
    fresh.settle()
    fresh.read()

    variant = next(iter(fresh.shop.values(product).variants))
    assert [order.state for order in fresh.orders()] == ["shipped"]
    assert fresh.level(variant).on_hand == 5


def test_an_unpaid_order_the_shop_did_not_count_holds_nothing(sales: Sales) -> None:
    variant, good = sales.put("A", 5)
    order_id = sales.store.order((good, 2), payment=Payment.PENDING)
    sales.read()

    assert sales.orders()[0].state == "on_hold" or sales.level(variant).committed == 2
    assert sales.store.book.orders[order_id].payment == Payment.PENDING


def test_refunded_here_the_money_goes_back_once(sales: Sales) -> None:
    _, good = sales.put("A", 5)
    order_id = sales.store.order((good, 2))
    sales.read()
    [order] = sales.orders()

    with unit_of_work(sales.shop.actor) as work:
        what = Refunding(1000, {order.lines[0].id: 1}, "Damaged", restocks=[order.lines[0].id])
        service.refund_order(work, order.id, what)
    sales.later(1)
    sales.settle()
    sales.read()

    there = sales.store.book.orders[order_id]
    assert (there.refunded, len(there.refunds)) == (1000, 1)
    [ours] = sales.orders()
    assert (ours.refunded_minor, ours.lines[0].quantity, ours.lines[0].allocated) == (1000, 1, 1)


def test_nothing_chosen_is_nothing_to_ship(sales: Sales) -> None:
    _, good = sales.put("A", 5)
    sales.store.order((good, 2))
    sales.read()
    [order] = sales.orders()

    with pytest.raises(NothingToShip), unit_of_work(sales.shop.actor) as work:
        service.ship_order(work, order.id, Parcel({order.lines[0].id: 0}))


def test_levels_are_what_the_postings_add_up_to(sales: Sales) -> None:
    variant, good = sales.put("A", 9)
    for units in (1, 2, 3):
        sales.store.order((good, units))
    sales.read()
    sales.later(1)
    sales.store.cancel(next(iter(sales.store.book.orders)))
    sales.read()

    with db.reading(sales.shop.actor) as session:
        assert inventory.unequal_levels(session) == []
    assert sales.level(variant).committed == 5


def test_a_sale_taken_back_before_its_order_was_heard_of_leaves_nothing_behind(
    sales: Sales,
) -> None:
    variant, good = sales.put("A", 5)
    order_id = sales.store.order((good, 2))
    sales.read_stock_only()
    assert sales.level(variant).reserved == 2

    sales.later(1)
    sales.store.cancel(order_id)
    sales.read_orders_only()
    sales.read()
    sales.later(30)
    sales.read()

    level = sales.level(variant)
    assert (level.on_hand, level.committed, level.reserved) == (5, 0, 0)
    assert sales.shown(good) == 5


def test_a_count_that_rises_by_a_cancellation_not_heard_of_yet_is_not_believed_at_once(
    sales: Sales,
) -> None:
    variant, good = sales.put("A", 5)
    order_id = sales.store.order((good, 2))
    sales.read()
    assert sales.level(variant).available == 3

    sales.later(1)
    sales.store.cancel(order_id)
    sales.read_stock_only()
    assert sales.level(variant).available == 3
    sales.settle()
    sales.read()

    level = sales.level(variant)
    assert (level.on_hand, level.committed, level.available) == (5, 0, 5)
    assert sales.shown(good) == 5


def test_goods_put_on_the_shelf_in_the_shop_come_in_although_an_order_is_open(
    sales: Sales,
) -> None:
    variant, good = sales.put("A", 5)
    sales.store.order((good, 2))
    sales.read()

    sales.later(1)
    sales.store.edit_variant(good, quantity=sales.shown(good) + 10)
    sales.read_stock_only()
    assert sales.level(variant).available == 3
    sales.settle()

    level = sales.level(variant)
    assert (level.on_hand, level.committed, level.available) == (15, 2, 13)
    assert sales.shown(good) == 13


def test_a_buyer_who_is_forgotten_stays_so_and_the_books_stay_whole(sales: Sales) -> None:
    _, good = sales.put("A", 5)
    sales.store.order((good, 1), email="dora@buyers.example")
    other = sales.store.order((good, 1), email="emil@buyers.example")
    sales.read()

    with unit_of_work(sales.shop.actor) as work:
        places = [sales.connection_id]
        assert service.count_orders_of(work, places, traces=["dora@buyers.example"]) == 1
        assert service.erase_buyer(work, places, traces=["Dora@buyers.example"]) == 1
        assert service.erase_buyer(work, places, traces=["dora@buyers.example"]) == 0
    for order_id in sales.store.book.orders:
        sales.store.keep_order(sales.store.book.orders[order_id])
    sales.later(1)
    sales.read()

    forgotten, kept = sales.orders()
    assert (forgotten.personal, forgotten.raw, forgotten.total_minor) == (None, None, 1000)
    assert kept.external_id == other
    assert kept.personal is not None
    with db.reading(sales.shop.actor) as session:
        terms = session.scalars(select(OrderTerm.term).where(OrderTerm.order_id == forgotten.id))
        assert [term for term in terms if term.startswith("~")] == []


def _parcel(sales: Sales) -> Shipment:
    with db.reading(sales.shop.actor) as session:
        return session.scalars(select(Shipment).order_by(Shipment.id.desc()).limit(1)).one()


def _ship(sales: Sales, number: str = "1Z1", units: int | None = None) -> None:
    [order] = sales.orders()
    some = None if units is None else {order.lines[0].id: units}
    with unit_of_work(sales.shop.actor) as work:
        parcel = Parcel(some, carrier="UPS", tracking_number=number)
        service.ship_order(work, order.id, parcel, version=order.version)


def _cancel_parcel(sales: Sales) -> None:
    [order] = sales.orders()
    with unit_of_work(sales.shop.actor) as work:
        service.cancel_parcel(work, order.id, _parcel(sales).id, version=order.version)


def test_a_parcel_that_did_not_leave_is_promised_again_and_the_shop_takes_it_back(
    sales: Sales,
) -> None:
    variant, good = sales.put("A", 5)
    order_id = sales.store.order((good, 2))
    sales.read()
    _ship(sales)
    sales.read()
    assert sales.store.book.orders[order_id].is_done

    _cancel_parcel(sales)
    level = sales.level(variant)
    assert (level.on_hand, level.committed, level.available) == (5, 2, 3)
    assert sales.orders()[0].state == "allocated"
    for _ in range(2):  # the shop still says “shipped” in the first of these reads
        sales.read()

    theirs = sales.store.book.orders[order_id]
    assert [each.is_cancelled for each in theirs.shipments] == [True]
    assert not theirs.is_done
    assert sales.orders()[0].state == "allocated"
    level = sales.level(variant)
    assert (level.on_hand, level.committed, level.available) == (5, 2, 3)
    assert sales.shown(good) == 3
    assert _parcel(sales).told_at is not None

    _ship(sales, "1Z2")
    sales.read()
    level = sales.level(variant)
    assert (level.on_hand, level.committed, sales.orders()[0].state) == (3, 0, "shipped")
    assert [each.number for each in sales.store.book.orders[order_id].shipments] == ["1Z1", "1Z2"]


def test_news_of_the_order_between_our_word_and_the_shops_ships_nothing_again(
    sales: Sales,
) -> None:
    variant, good = sales.put("A", 5)
    order_id = sales.store.order((good, 2))
    sales.read()
    _ship(sales)
    sales.read()

    _cancel_parcel(sales)
    sales.store.keep_order(sales.store.book.orders[order_id])
    sales.read_orders_only()

    assert sales.orders()[0].state == "allocated"
    assert sales.level(variant).on_hand == 5


def test_a_parcel_cancelled_before_the_shop_heard_of_it_is_never_told(sales: Sales) -> None:
    _, good = sales.put("A", 5)
    order_id = sales.store.order((good, 2))
    sales.read()
    _ship(sales)
    _cancel_parcel(sales)
    sales.store.calls.clear()

    sales.settle()

    assert [call.method for call in sales.store.calls if call.method.startswith("write")] == []
    assert sales.store.book.orders[order_id].shipments == ()
    assert _parcel(sales).told_at is not None


def test_cancelled_in_the_shop_a_parcel_is_to_be_packed_again(sales: Sales) -> None:
    variant, good = sales.put("A", 5)
    order_id = sales.store.order((good, 3))
    sales.read()
    _ship(sales, units=2)
    sales.read()
    assert sales.orders()[0].state == "partially_shipped"

    sales.later(1)
    sales.store.unship(order_id)
    for _ in range(2):
        sales.read()

    [order] = sales.orders()
    assert (order.state, order.lines[0].shipped, order.lines[0].allocated) == ("allocated", 0, 3)
    level = sales.level(variant)
    assert (level.on_hand, level.committed, level.available) == (5, 3, 2)
    assert "write_unship" not in [call.method for call in sales.store.calls]
    assert sales.kinds().count("unship") == 1


def test_what_came_back_did_leave(sales: Sales) -> None:
    variant, good = sales.put("A", 5)
    order_id = sales.store.order((good, 2))
    sales.read()
    _ship(sales)
    sales.read()
    [order] = sales.orders()
    with unit_of_work(sales.shop.actor) as work:
        line = order.lines[0].id
        wish = Refunding(1000, {line: 1}, restocks=[line])
        service.refund_order(work, order.id, wish, version=order.version)
    sales.read()
    assert sales.level(variant).on_hand == 4

    with pytest.raises(NotAllowedNow, match="came back"):
        _cancel_parcel(sales)
    sales.later(1)
    sales.store.unship(order_id)
    sales.read()

    # One of the two came back before; only the other one is put where it lay.
    level = sales.level(variant)
    assert (level.on_hand, sales.orders()[0].lines[0].shipped) == (5, 1)


def test_a_cancelled_parcel_of_a_cancelled_order_is_for_sale(sales: Sales) -> None:
    variant, good = sales.put("A", 5)
    order_id = sales.store.order((good, 2))
    sales.read()
    _ship(sales)
    sales.read()

    sales.later(1)
    sales.store.unship(order_id)
    sales.store.cancel(order_id, restocks=True)
    for _ in range(2):
        sales.read()

    level = sales.level(variant)
    assert (level.on_hand, level.committed, level.available) == (5, 0, 5)
    assert (sales.orders()[0].state, sales.shown(good)) == ("cancelled", 5)


def test_the_same_label_on_the_next_parcel_is_told_after_the_cancelled_one(sales: Sales) -> None:
    _, good = sales.put("A", 5)
    order_id = sales.store.order((good, 2))
    sales.read()
    _ship(sales)
    sales.read()

    _cancel_parcel(sales)
    _ship(sales)
    relay.deliver_here(sales.shop.actor)
    with unit_of_work(sales.shop.actor) as work:  # the word of the cancelled parcel is held up
        held = select(SyncTask).where(SyncTask.subject.startswith("unship:"))
        work.session.scalars(held).one().due_at = clock.now() + timedelta(seconds=10)
    sales.settle()
    theirs = sales.store.book.orders[order_id].shipments
    assert [(each.number, each.is_cancelled) for each in theirs] == [("1Z1", False)]
    assert _parcel(sales).told_at is None
    sales.later(1)
    sales.read()

    theirs = sales.store.book.orders[order_id].shipments
    assert [(each.number, each.is_cancelled) for each in theirs] == [("1Z1", True), ("1Z1", False)]
    assert (_parcel(sales).external_id, sales.orders()[0].state) == (
        theirs[1].external_id,
        "shipped",
    )


def test_a_label_cancelled_here_and_used_in_the_shop_is_a_parcel_of_the_shops(
    sales: Sales,
) -> None:
    variant, good = sales.put("A", 5)
    order_id = sales.store.order((good, 2))
    sales.read()
    _ship(sales)
    _cancel_parcel(sales)
    sales.settle()

    sales.later(1)
    [line] = sales.store.book.orders[order_id].lines
    sales.store.ship(order_id, {line.external_id: 2}, number="1Z1")
    for _ in range(2):
        sales.read()

    [sent] = sales.store.book.orders[order_id].shipments
    assert not sent.is_cancelled
    assert (sales.orders()[0].state, sales.level(variant).on_hand) == ("shipped", 3)
