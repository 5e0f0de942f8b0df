"""What happens to orders after they were sold, here and in the shop: each unit counts once."""

from uuid import UUID

import pytest
from sqlalchemy import select

from app.adapters.memory import MemoryShop
from app.core import db
from app.core.errors import Invalid
from app.core.work import unit_of_work
from app.inventory import service as inventory
from app.inventory.models import Level, Location
from app.orders import service
from app.orders.errors import NotAllowedNow
from app.orders.models import Order, Refund, Return, ReturnState
from app.orders.service import Cancelling, Expecting, Parcel, Refunding, Unpacked, Unpacking
from tests.engine.selling import Sales
from tests.engine.world import Shop


@pytest.fixture
def sales(shop: Shop, store: MemoryShop, connection_id: UUID) -> Sales:
    """A shop whose shelves, empty as they are, were read."""
    found = Sales(shop, store, connection_id)
    found.settle()
    return found


def _sold(sales: Sales, units: int = 2) -> tuple[UUID, str, str]:
    """Sell; returns our variant, their good and their order."""
    variant, good = sales.put("A", 5)
    order_id = sales.store.order((good, units))
    sales.read()
    return variant, good, order_id


def _ship(sales: Sales) -> Order:
    [order] = sales.orders()
    with unit_of_work(sales.shop.actor) as work:
        service.ship_order(work, order.id, Parcel())
    sales.later(1)
    sales.settle()
    sales.read()
    return sales.orders()[0]


def _expect(sales: Sales, order: Order, units: int = 1) -> UUID:
    with unit_of_work(sales.shop.actor) as work:
        what = Expecting({order.lines[0].id: units}, "Too small")
        return service.expect_return(work, order.id, what)


def _place(sales: Sales) -> UUID:
    with db.reading(sales.shop.actor) as session:
        return session.scalars(select(Location.id)).one()


def _receive(sales: Sales, order: Order, return_id: UUID, *decided: int) -> None:
    with unit_of_work(sales.shop.actor) as work:
        what = Unpacking({order.lines[0].id: Unpacked(*decided)}, _place(sales))
        service.receive_return(work, order.id, return_id, what)


def _rest(sales: Sales) -> None:
    """Let every news arrive, and time enough pass for doubts to end."""
    for _ in range(3):
        sales.later(15)
        sales.read()


def _is_sound(sales: Sales) -> bool:
    with db.reading(sales.shop.actor) as session:
        return inventory.unequal_levels(session) == []


def test_a_return_received_here_is_for_sale_everywhere(sales: Sales) -> None:
    variant, good, _ = _sold(sales)
    order = _ship(sales)

    back = _expect(sales, order)
    assert sales.level(variant).on_hand == 3
    _receive(sales, order, back, 1)
    _rest(sales)

    assert (sales.level(variant).on_hand, sales.shown(good)) == (4, 4)
    assert sales.orders()[0].lines[0].returned == 1
    assert _is_sound(sales)


def test_what_is_written_off_or_sent_back_is_not_for_sale(sales: Sales) -> None:
    variant, good, _ = _sold(sales)
    order = _ship(sales)

    _receive(sales, order, _expect(sales, order, 2), 0, 1, 1)
    _rest(sales)

    assert (sales.level(variant).on_hand, sales.shown(good)) == (3, 3)
    [ours] = sales.orders()
    assert (ours.lines[0].returned, ours.state) == (1, "shipped")


def test_everything_back_ends_the_order(sales: Sales) -> None:
    _sold(sales)
    order = _ship(sales)

    _receive(sales, order, _expect(sales, order, 2), 1, 1)

    assert sales.orders()[0].state == "returned"


@pytest.mark.parametrize("is_refund_first", [True, False])
@pytest.mark.parametrize("is_whole", [True, False])
def test_a_refund_that_restocks_there_and_a_return_here_are_one_unit(
    sales: Sales, is_refund_first: bool, is_whole: bool
) -> None:
    variant, good, order_id = _sold(sales)
    order = _ship(sales)
    line = sales.store.book.orders[order_id].lines[0].external_id
    back = _expect(sales, order)
    decided = (1, 0) if is_whole else (0, 1)

    if is_refund_first:
        sales.store.refund(order_id, 1000, {line: 1}, restocks=True)
        sales.read()
        assert sales.level(variant).on_hand == 4
        _receive(sales, order, back, *decided)
    else:
        _receive(sales, order, back, *decided)
        sales.store.refund(order_id, 1000, {line: 1}, restocks=True)
    _rest(sales)

    there = 4 if is_whole else 3
    assert (sales.level(variant).on_hand, sales.shown(good)) == (there, there)
    assert sales.orders()[0].lines[0].returned == 1
    assert _is_sound(sales)


def test_a_second_unit_that_is_unpacked_counts_beside_the_refunded_one(sales: Sales) -> None:
    variant, good, order_id = _sold(sales)
    order = _ship(sales)
    line = sales.store.book.orders[order_id].lines[0].external_id
    sales.store.refund(order_id, 1000, {line: 1}, restocks=True)
    sales.read()

    _receive(sales, order, _expect(sales, order, 2), 2)
    _rest(sales)

    assert (sales.level(variant).on_hand, sales.shown(good)) == (5, 5)


def test_the_refund_of_a_return_moves_money_and_no_stock(sales: Sales) -> None:
    variant, good, order_id = _sold(sales)
    order = _ship(sales)
    back = _expect(sales, order)
    _receive(sales, order, back, 1)

    with unit_of_work(sales.shop.actor) as work:
        line = order.lines[0].id
        what = Refunding(1000, {line: 1}, "Too small", restocks=[line], return_id=back)
        service.refund_order(work, order.id, what)
    _rest(sales)

    [told] = sales.store.book.orders[order_id].refunds
    assert (told.amount, dict(told.restocked)) == (1000, {})
    assert (sales.level(variant).on_hand, sales.shown(good)) == (4, 4)


def test_what_came_in_with_a_return_is_not_put_back_by_a_refund_besides(sales: Sales) -> None:
    _sold(sales, 1)
    order = _ship(sales)
    _receive(sales, order, _expect(sales, order), 1)

    line = order.lines[0].id
    with pytest.raises(Invalid) as refused, unit_of_work(sales.shop.actor) as work:
        service.refund_order(work, order.id, Refunding(1000, {line: 1}, restocks=[line]))

    assert "came in with a return" in refused.value.fields[f"units-{line}"]


def test_a_return_is_received_once_and_never_more_than_left(sales: Sales) -> None:
    _sold(sales)
    order = _ship(sales)
    back = _expect(sales, order, 2)

    with pytest.raises(Invalid), unit_of_work(sales.shop.actor) as work:
        service.expect_return(work, order.id, Expecting({order.lines[0].id: 1}))
    with pytest.raises(Invalid):
        _receive(sales, order, back, 3)
    with pytest.raises(Invalid):
        _receive(sales, order, back, 0)
    _receive(sales, order, back, 2)
    with pytest.raises(NotAllowedNow):
        _receive(sales, order, back, 1)

    with db.reading(sales.shop.actor) as session:
        assert [row.state for row in session.scalars(select(Return))] == [ReturnState.RECEIVED]


def test_a_unit_put_back_by_a_refund_and_unpacked_elsewhere_lies_there(sales: Sales) -> None:
    variant, _, order_id = _sold(sales)
    order = _ship(sales)
    line = sales.store.book.orders[order_id].lines[0].external_id
    back = _expect(sales, order)
    sales.store.refund(order_id, 1000, {line: 1}, restocks=True)
    sales.read()
    with unit_of_work(sales.shop.actor) as work:
        other = inventory.create_location(work, inventory.LocationDraft("Outlet"))

    with unit_of_work(sales.shop.actor) as work:
        what = Unpacking({order.lines[0].id: Unpacked(1)}, other)
        service.receive_return(work, order.id, back, what)

    with db.reading(sales.shop.actor) as session:
        levels = session.scalars(select(Level).where(Level.variant_id == variant)).all()
        assert {each.location_id == other: each.on_hand for each in levels} == {True: 1, False: 3}


def test_units_refunded_before_they_left_and_not_put_back_are_taken_off_the_stock(
    sales: Sales,
) -> None:
    variant, good, _ = _sold(sales)
    [order] = sales.orders()

    with unit_of_work(sales.shop.actor) as work:
        service.refund_order(work, order.id, Refunding(1000, {order.lines[0].id: 1}, "Broken"))
    _rest(sales)

    level = sales.level(variant)
    assert (level.on_hand, level.committed, sales.shown(good)) == (4, 1, 3)
    assert _is_sound(sales)


def test_units_put_back_and_units_lost_are_told_as_two_refunds_of_one_amount(sales: Sales) -> None:
    _, good = sales.put("A", 5)
    _, other = sales.put("B", 5)
    order_id = sales.store.order((good, 1), (other, 1))
    sales.read()
    [order] = sales.orders()

    with unit_of_work(sales.shop.actor) as work:
        first, second = order.lines
        what = Refunding(1001, {first.id: 1, second.id: 1}, restocks=[first.id])
        service.refund_order(work, order.id, what)
    _rest(sales)

    told = sales.store.book.orders[order_id].refunds
    assert sorted(each.amount for each in told) == [500, 501]
    assert [bool(each.restocked) for each in told] == [True, False]
    assert (sales.shown(good), sales.shown(other)) == (5, 4)


def test_never_more_than_was_paid_and_not_yet_given_back(sales: Sales) -> None:
    _, _, order_id = _sold(sales)
    [order] = sales.orders()
    with unit_of_work(sales.shop.actor) as work:
        service.refund_order(work, order.id, Refunding(1500, {}))

    sales.store.keep_order(sales.store.book.orders[order_id])
    sales.read_orders_only()
    with pytest.raises(Invalid), unit_of_work(sales.shop.actor) as work:
        service.refund_order(work, order.id, Refunding(501, {}))

    assert sales.orders()[0].refunded_minor == 1500


def test_a_refund_of_the_shop_is_not_taken_for_ours_of_the_same_amount(sales: Sales) -> None:
    _, _, order_id = _sold(sales)
    [order] = sales.orders()
    with unit_of_work(sales.shop.actor) as work:
        service.refund_order(work, order.id, Refunding(500, {}, "Ours"))
    sales.store.refund(order_id, 500, {}, why="Theirs")
    sales.read_orders_only()
    _rest(sales)

    told = sales.store.book.orders[order_id].refunds
    assert sorted(each.reason for each in told) == ["Ours", "Theirs"]
    with db.reading(sales.shop.actor) as session:
        assert len(session.scalars(select(Refund)).all()) == 2
    assert sales.orders()[0].refunded_minor == 1000


def test_a_part_is_cancelled_here_and_the_shop_hears_of_it(sales: Sales) -> None:
    variant, good, order_id = _sold(sales, 3)
    [order] = sales.orders()

    with unit_of_work(sales.shop.actor) as work:
        how = Cancelling("Sold out", units={order.lines[0].id: 1})
        service.cancel_order(work, order.id, how)
    _rest(sales)

    there = sales.store.book.orders[order_id]
    assert (there.cancelled_at, there.refunded, there.lines[0].quantity) == (None, 1000, 2)
    [ours] = sales.orders()
    assert (ours.state, ours.lines[0].quantity, ours.lines[0].allocated) == ("allocated", 2, 2)
    assert (sales.level(variant).available, sales.shown(good)) == (3, 3)


def test_the_rest_of_a_shipped_order_is_cancelled(sales: Sales) -> None:
    variant, good, _ = _sold(sales, 3)
    [order] = sales.orders()
    line = order.lines[0].id
    with unit_of_work(sales.shop.actor) as work:
        service.ship_order(work, order.id, Parcel({line: 1}))
    with unit_of_work(sales.shop.actor) as work:
        service.cancel_order(work, order.id, Cancelling(units={line: 2}))
    _rest(sales)

    [ours] = sales.orders()
    assert (ours.state, ours.lines[0].quantity, ours.lines[0].shipped) == ("shipped", 1, 1)
    assert (sales.level(variant).on_hand, sales.shown(good)) == (4, 4)
    assert _is_sound(sales)


def test_cancelled_without_putting_back_the_units_are_lost(sales: Sales) -> None:
    variant, good, _ = _sold(sales)
    [order] = sales.orders()

    with unit_of_work(sales.shop.actor) as work:
        service.cancel_order(work, order.id, Cancelling("Broken", restocks=False))
    _rest(sales)

    level = sales.level(variant)
    assert (level.on_hand, level.committed, sales.shown(good)) == (3, 0, 3)


def test_a_count_seen_before_the_shop_heard_of_a_cancellation_is_no_sale(sales: Sales) -> None:
    variant, good, _ = _sold(sales)
    [order] = sales.orders()
    with unit_of_work(sales.shop.actor) as work:
        service.cancel_order(work, order.id, Cancelling("Sold out"))

    sales.read_stock_only()
    seen = sales.level(variant)
    _rest(sales)

    assert (seen.reserved, seen.available) == (0, 5)
    assert (sales.level(variant).on_hand, sales.shown(good)) == (5, 5)
    assert "gone" not in sales.kinds()


def test_a_count_that_rose_by_a_refund_not_heard_of_yet_comes_in_once(sales: Sales) -> None:
    variant, good, order_id = _sold(sales)
    _ship(sales)
    line = sales.store.book.orders[order_id].lines[0].external_id

    sales.store.refund(order_id, 1000, {line: 1}, restocks=True)
    sales.read_stock_only()
    before = sales.level(variant).on_hand
    _rest(sales)

    assert before == 3
    assert (sales.level(variant).on_hand, sales.shown(good)) == (4, 4)


def test_what_was_kept_back_and_counted_away_meanwhile_blocks_nothing(sales: Sales) -> None:
    variant, good = sales.put("A", 1)
    sales.store.edit_variant(good, quantity=0)
    sales.read()
    assert sales.level(variant).reserved == 1
    with unit_of_work(sales.shop.actor) as work:
        lost = inventory.Adjustment(inventory.Mode.SET, 0, inventory.Reason.LOST)
        inventory.adjust(work, variant, _place(sales), lost)

    _rest(sales)

    level = sales.level(variant)
    assert (level.on_hand, level.reserved) == (0, 0)
    assert _is_sound(sales)
