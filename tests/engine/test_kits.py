"""Stories of kits: what is in them is promised, and shops are shown what they may give."""

from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import date
from uuid import UUID

import pytest
from sqlalchemy import select
from sqlalchemy.exc import OperationalError

from app.adapters.memory import MemoryShop
from app.catalog.models import Product, Variant
from app.connections import service as connections
from app.core import db
from app.core.work import unit_of_work
from app.inventory import service as inventory
from app.inventory.service import Beyond
from app.orders import queries, service
from app.orders.service import Cancelling, Parcel, Refunding
from app.sync import offering, shares
from tests.engine.selling import Sales
from tests.engine.world import Shop


@dataclass
class Counter:
    """A shop that sells cups and saucers, alone and as sets of one cup and two saucers."""

    sales: Sales
    cup: tuple[UUID, str]
    saucer: tuple[UUID, str]
    kit: tuple[UUID, str]

    def shown(self) -> tuple[int, ...]:
        """What the shop shows of cups, saucers and sets."""
        return tuple(self.sales.shown(each[1]) for each in (self.cup, self.saucer, self.kit))

    def available(self) -> tuple[int, ...]:
        """What may be sold of cups and saucers."""
        return tuple(self.sales.level(each[0]).available for each in (self.cup, self.saucer))

    def make(self, kit: UUID, wishes: Mapping[UUID, int | None]) -> None:
        with unit_of_work(self.sales.shop.actor) as work:
            inventory.set_components(work, kit, wishes)

    def split(self) -> None:
        """Give the shop a part of its own."""
        with unit_of_work(self.sales.shop.actor) as work:
            row = connections.get_connection(work, self.sales.connection_id)
            before = row.settings
            row.settings = {**before, "stock_mode": "strict"}
            work.session.flush()
            offering.offer_anew(work, row, before)
        self.sales.settle()

    def stock(self, variant: UUID, quantity: int) -> None:
        with unit_of_work(self.sales.shop.actor) as work:
            inventory.set_quantity(work, variant, quantity)
        self.sales.settle()


@pytest.fixture
def counter(shop: Shop, store: MemoryShop, connection_id: UUID) -> Counter:
    sales = Sales(shop, store, connection_id)
    sales.settle()
    cup, saucer, kit = sales.put("CUP", 5), sales.put("SAUCER", 9), sales.put("SET", 7)
    counter = Counter(sales, cup, saucer, kit)
    counter.make(kit[0], {cup[0]: 1, saucer[0]: 2})
    sales.settle()
    return counter


def test_the_shop_shows_what_the_components_give(counter: Counter) -> None:
    assert counter.shown() == (5, 9, 4)

    counter.stock(counter.cup[0], 0)
    assert counter.shown() == (0, 9, 0)

    counter.stock(counter.cup[0], 30)
    assert counter.shown() == (30, 9, 4)


def test_a_kit_of_kits_follows_too(counter: Counter) -> None:
    gift = counter.sales.put("GIFT", 1)
    counter.make(gift[0], {counter.kit[0]: 2, counter.cup[0]: 1})
    counter.sales.settle()
    assert counter.sales.shown(gift[1]) == 1

    counter.stock(counter.saucer[0], 3)

    assert counter.sales.shown(gift[1]) == 0
    assert counter.shown() == (5, 3, 1)


@pytest.mark.parametrize("is_stock_first", [True, False])
def test_a_sold_kit_is_counted_once_whichever_news_comes_first(
    counter: Counter, is_stock_first: bool
) -> None:
    sales = counter.sales

    sales.store.order((counter.kit[1], 2))
    if is_stock_first:
        sales.read_stock_only()
        assert counter.available() == (3, 5)
        assert sales.level(counter.cup[0]).reserved == 2
        sales.read_orders_only()
    else:
        sales.read_orders_only()
        assert counter.available() == (3, 5)
        sales.read_stock_only()
    sales.later(30)
    sales.read()
    sales.later(30)
    sales.read()

    [order] = sales.orders()
    assert order.state == "allocated"
    cup, saucer = sales.level(counter.cup[0]), sales.level(counter.saucer[0])
    assert (cup.on_hand, cup.committed, cup.reserved) == (5, 2, 0)
    assert (saucer.on_hand, saucer.committed, saucer.reserved) == (9, 4, 0)
    assert counter.shown() == (3, 5, 2)


def test_less_in_the_shop_without_an_order_is_freed_and_our_count_goes_out_again(
    counter: Counter,
) -> None:
    counter.sales.store.edit_variant(counter.kit[1], quantity=1)
    counter.sales.read()
    assert counter.available() == (2, 3)
    assert counter.shown() == (2, 3, 1)

    counter.sales.later(30)
    counter.sales.read()

    assert counter.available() == (5, 9)
    assert counter.shown() == (5, 9, 4)


def test_more_in_the_shop_is_not_booked_and_our_count_goes_out_again(counter: Counter) -> None:
    counter.sales.store.edit_variant(counter.kit[1], quantity=50)
    counter.sales.read()

    assert counter.available() == (5, 9)
    assert counter.shown() == (5, 9, 4)


@pytest.mark.parametrize("restocks", [True, False])
def test_cancelled_in_the_shop_the_components_are_freed_once(
    counter: Counter, restocks: bool
) -> None:
    order_id = counter.sales.store.order((counter.kit[1], 2))
    counter.sales.read()

    counter.sales.later(1)
    counter.sales.store.cancel(order_id, restocks=restocks)
    counter.sales.read()
    counter.sales.read()

    assert counter.available() == (5, 9)
    assert counter.shown() == (5, 9, 4)


def test_cancelled_here_the_components_are_free_and_nothing_is_written_twice(
    counter: Counter,
) -> None:
    counter.sales.store.order((counter.kit[1], 2))
    counter.sales.read()

    counter.sales.later(1)
    with unit_of_work(counter.sales.shop.actor) as work:
        service.cancel_order(work, counter.sales.orders()[0].id, Cancelling("Sold out"))
    counter.sales.settle()
    counter.sales.read()

    assert counter.available() == (5, 9)
    assert counter.shown() == (5, 9, 4)


def test_shipped_the_components_leave_and_come_back_as_components(counter: Counter) -> None:
    sales = counter.sales
    sales.store.order((counter.kit[1], 2), (counter.cup[1], 1))
    sales.read()
    [order] = sales.orders()
    line = next(each for each in order.lines if each.variant_id == counter.kit[0])

    with unit_of_work(sales.shop.actor) as work:
        service.ship_order(work, order.id, Parcel({line.id: 1}))
    sales.settle()
    assert (sales.level(counter.cup[0]).on_hand, sales.level(counter.saucer[0]).on_hand) == (4, 7)
    assert (sales.level(counter.cup[0]).committed, sales.level(counter.saucer[0]).committed) == (
        2,
        2,
    )

    with unit_of_work(sales.shop.actor) as work:
        service.ship_order(work, order.id, Parcel())
        refunding = Refunding(1000, {line.id: 1}, restocks=[line.id])
        service.refund_order(work, order.id, refunding)
    sales.later(1)
    sales.settle()
    sales.read()

    assert (sales.level(counter.cup[0]).on_hand, sales.level(counter.saucer[0]).on_hand) == (3, 7)
    assert counter.available() == (3, 7)
    assert counter.shown() == (3, 7, 3)


def test_an_open_order_holds_what_it_was_promised_whatever_the_kit_is_now(
    counter: Counter,
) -> None:
    sales = counter.sales
    sales.store.order((counter.kit[1], 2))
    sales.read()
    [order] = sales.orders()

    counter.make(counter.kit[0], {counter.saucer[0]: 3})
    sales.settle()
    assert sales.level(counter.saucer[0]).committed == 4
    assert counter.shown() == (3, 5, 1)

    with unit_of_work(sales.shop.actor) as work:
        service.ship_order(work, order.id, Parcel())
    sales.settle()
    assert (sales.level(counter.cup[0]).on_hand, sales.level(counter.saucer[0]).on_hand) == (3, 5)


def test_an_order_beyond_the_components_waits_for_whole_sets(counter: Counter) -> None:
    sales = counter.sales
    counter.stock(counter.cup[0], 1)
    sales.store.edit_variant(counter.kit[1], quantity=3)
    sales.store.order((counter.kit[1], 3))
    sales.read_orders_only()
    [order] = sales.orders()
    assert (order.state, order.lines[0].allocated) == ("pending", 1)
    assert sales.level(counter.saucer[0]).committed == 2
    with db.reading(sales.shop.actor) as session:
        shown = queries.order_detail(session, order.id, sees_buyers=True)
        assert shown.missing == "Waits for 2 × CUP."
        assert shown.lines[0].parts == "1 × CUP, 2 × SAUCER"
        slips = queries.slips(session, [order.id], sees_buyers=True)
        picks = [(pick.sku, pick.units) for pick in queries.pick_list(session, slips)]
        assert picks == [("CUP", 1), ("SAUCER", 2)]

    counter.stock(counter.cup[0], 2)

    [order] = sales.orders()
    assert (order.state, order.lines[0].allocated) == ("allocated", 3)
    with db.reading(sales.shop.actor) as session:
        assert inventory.unequal_levels(session) == []


def test_channels_stop_selling_beyond_the_stock_once_as_many_wait_as_may(counter: Counter) -> None:
    sales = counter.sales
    sales.store.edit_variant(counter.cup[1], backorders="no")
    sales.read()
    beyond = Beyond("yes", limit=2, available_on=date(2027, 3, 1))
    with unit_of_work(sales.shop.actor) as work:
        inventory.set_beyond(work, counter.cup[0], beyond)
    counter.stock(counter.cup[0], 0)
    sales.settle()
    assert sales.store.good(counter.cup[1])[1].values["backorders"] == "yes"

    sales.store.order((counter.cup[1], 2))
    sales.read_stock_only()
    sales.read_orders_only()
    sales.read_stock_only()
    sales.later(30)
    sales.read()
    sales.later(30)
    sales.read()

    [order] = sales.orders()
    assert order.state == "pending"
    assert sales.shown(counter.cup[1]) == 0
    assert sales.store.good(counter.cup[1])[1].values["backorders"] == "no"
    assert sales.level(counter.cup[0]).available == 0
    with db.reading(sales.shop.actor) as session:
        shown = queries.order_detail(session, order.id, sees_buyers=True)
        assert shown.missing == "Waits for 2 × CUP. CUP is to be available from 01 March 2027."

    counter.stock(counter.cup[0], 5)

    assert [each.state for each in sales.orders()] == ["allocated"]
    assert sales.store.good(counter.cup[1])[1].values["backorders"] == "yes"
    assert counter.shown()[0] == 3


def test_a_strict_shop_sells_a_cup_alone_or_in_a_set(counter: Counter) -> None:
    counter.split()
    assert counter.shown() == (3, 5, 2)

    counter.sales.store.order((counter.kit[1], 1))
    counter.sales.read()
    assert counter.available() == (4, 7)
    assert counter.shown() == (3, 5, 1)

    counter.sales.store.order((counter.cup[1], 3))
    counter.sales.read()
    assert counter.available() == (1, 7)
    assert counter.shown() == (1, 7, 0)


def test_what_a_set_cannot_use_any_more_is_sold_alone(counter: Counter) -> None:
    counter.split()

    counter.stock(counter.cup[0], 0)
    assert counter.shown() == (0, 9, 0)

    counter.stock(counter.cup[0], 5)
    assert counter.shown() == (3, 5, 2)


def test_another_content_of_a_kit_is_split_anew(counter: Counter) -> None:
    counter.split()

    counter.make(counter.kit[0], {counter.saucer[0]: None})
    counter.sales.settle()
    assert counter.shown() == (3, 9, 2)

    counter.make(counter.kit[0], {counter.cup[0]: 3})
    counter.sales.settle()
    assert counter.shown() == (2, 9, 1)


def test_who_splits_a_cup_holds_all_that_shares_the_shelf_with_it(counter: Counter) -> None:
    counter.split()
    actor = counter.sales.shop.actor

    def is_held(variant: UUID) -> bool:
        product = select(Variant.product_id).where(Variant.id == variant).scalar_subquery()
        wanted = select(Product.id).where(Product.id == product).with_for_update(nowait=True)
        with unit_of_work(actor) as work:
            try:
                work.session.scalars(wanted).one()
            except OperationalError:
                work.session.rollback()
                return True
            return False

    def may_change_kits() -> bool:
        with unit_of_work(actor) as work:
            return db.try_lock(work.session, db.Locks.KITS, work.organization_id)

    with ThreadPoolExecutor(1) as other, unit_of_work(actor) as work:
        shares.hold(work, variants=[counter.cup[0]])

        everybody = (counter.cup[0], counter.saucer[0], counter.kit[0])
        assert [other.submit(is_held, each).result() for each in everybody] == [True] * 3
        assert not other.submit(may_change_kits).result()
