"""Two shops that both sell a cup and a set of two cups, and everything that can happen to them.

As in `stock_world`, a world is a frozen value and `steps` yields every world one step away: a
shopper buys a cup or a set, an order is heard of (late, before or after the count that shows it),
is cancelled there, ships; we look at a count, and write it, and the write arrives, is refused, or
its answer is lost and asked for again. What decides is production code: `families.offers`,
`kits.split`, `accounts` and `ledger.post`. A shop counts cups and sets each for itself.

Promises: whatever both shops sell at once of both, and what is sold and not yet shipped, is never
more than lies there. And when every piece of news has arrived: the ledger holds what lies there,
promises exactly the open orders, and no cup lies idle that a shop might sell.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from typing import Any, Final, NamedTuple

from app.inventory import accounts, families, kits, ledger
from app.inventory.accounts import Account
from app.inventory.families import Sold
from app.inventory.ledger import Level, Posting, PostingKind
from app.inventory.offering import Member, Mode, Terms, offers
from app.inventory.routing import Lane
from tests.model.stock_world import Oversold, Shop, Write, Wrong

UNITS: Final[Mapping[str, int]] = {"cup": 1, "set": 2}  # cups in one
PLACES: Final = tuple((shop, variant) for shop in ("a", "b") for variant in UNITS)
SHELF: Final = 5  # cups: the least of which either shop is given a part, and one of them a set
Place = tuple[str, str]


class Order(NamedTuple):
    """One cup or set bought in a shop."""

    place: Place
    is_cancelled: bool = False  # there: the shop counted it up again
    is_known: bool = False  # here
    is_freed: bool = False  # here, after the cancellation was heard
    is_promised: bool = False  # False: short, or not promised
    is_shipped: bool = False

    @property
    def units(self) -> int:
        """How many cups it takes."""
        return UNITS[self.place[1]]

    @property
    def has_news(self) -> bool:
        """Whether something happened to it in the shop that we have not heard of."""
        return not self.is_known or (self.is_cancelled and not self.is_freed)

    @property
    def is_open(self) -> bool:
        """Whether a buyer waits for it."""
        return not self.is_cancelled and not self.is_shipped


@dataclass(frozen=True, slots=True)
class World:
    """Everything, here and there; budgets count down."""

    level: Level
    counts: tuple[Shop, ...]  # as PLACES
    orders: tuple[Order, ...] = ()
    lies: int = SHELF  # what really lies on the shelf
    sales: int = 0
    cancels: int = 0
    faults: int = 0
    ships: int = 0

    @property
    def key(self) -> "World":
        """What makes two worlds the same."""
        return self

    def at(self, place: Place) -> Shop:
        """Return the count of a variant in a shop, and what we know of it."""
        return self.counts[PLACES.index(place)]

    def having(self, place: Place, count: Shop) -> "World":
        """Return the world with another count."""
        at = PLACES.index(place)
        return replace(self, counts=(*self.counts[:at], count, *self.counts[at + 1 :]))

    def with_order(self, at: int, order: Order) -> "World":
        """Return the world with another state of an order."""
        return replace(self, orders=(*self.orders[:at], order, *self.orders[at + 1 :]))

    def posted(self, *postings: Posting) -> "World":
        """Return the world after postings."""
        return replace(self, level=ledger.post(self.level, *postings))

    def has_news(self, place: Place) -> bool:
        """Tell whether orders of a variant in a shop have news for us."""
        return any(each.has_news for each in self.orders if each.place == place)

    def shown(self, *, is_each_alone: bool = False) -> dict[Place, int]:
        """Return what each shop is to be shown next of each variant."""
        exposed = tuple(each.account.exposed for each in self.counts)
        return _shown(self.level.available, exposed, is_each_alone)


@cache
def _shown(available: int, exposed: Sequence[int], is_each_alone: bool) -> dict[Place, int]:
    sold = {variant: Sold({"cup": units}, {}) for variant, units in UNITS.items()}
    for (shop, variant), held in zip(PLACES, exposed, strict=True):
        member = Member(Mode.STRICT, Terms(), available // UNITS[variant], held)
        sold[variant] = replace(sold[variant], members={**sold[variant].members, shop: member})
    if is_each_alone:
        each_alone = {
            variant: offers(available // UNITS[variant], each.members)
            for variant, each in sold.items()
        }
        return {(shop, of): each_alone[of][shop].quantity for shop, of in PLACES}
    shown = families.offers({"cup": available}, sold)
    return {(shop, of): shown[of][shop].quantity for shop, of in PLACES}


def begin(**budgets: Any) -> World:
    """Return a world at rest, shared out between the shops."""
    empty = World(Level(on_hand=SHELF), (Shop(0, Account(0)),) * len(PLACES), **budgets)
    shown = empty.shown()
    return replace(empty, counts=tuple(Shop(shown[each], Account(shown[each])) for each in PLACES))


def steps(world: World, *, is_each_alone: bool = False) -> Iterator[tuple[str, World]]:
    """Yield every world one step away, with the name of the step.

    Orders that wait have what a step made available at once, before a shop hears of it.
    """
    shown = world.shown(is_each_alone=is_each_alone)
    for place in PLACES:
        for name, after in (
            *_there(world, place),
            *_count_seen(world, place),
            *_written(world, place, shown[place]),
        ):
            yield f"{' '.join(place)}: {name}", _served(after)
    for name, after in _orders(world):
        yield name, _served(after)


def _there(world: World, place: Place) -> Iterator[tuple[str, World]]:
    """What happens in the shop."""
    count = world.at(place)
    if world.sales and count.stock > 0:
        sold = world.having(place, count._replace(stock=count.stock - 1))
        orders = (*world.orders, Order(place))
        yield "sells", replace(sold, orders=orders, sales=world.sales - 1)
    for at, order in enumerate(world.orders):
        if world.cancels and order.place == place and order.is_open:
            back = world.having(place, count._replace(stock=count.stock + 1))
            after = back.with_order(at, order._replace(is_cancelled=True))
            yield "cancels", replace(after, cancels=world.cancels - 1)


def _orders(world: World) -> Iterator[tuple[str, World]]:
    """Orders are heard of, and shipped."""
    for at, order in enumerate(world.orders):
        if not order.is_known:
            yield f"order {at} heard", _take_in(world, at)
        elif order.is_cancelled and not order.is_freed:
            yield f"cancellation of {at} heard", _free(world, at)
        elif order.is_open and order.is_promised and world.ships:
            gone = world.posted(Posting(PostingKind.SHIP, order.units))
            after = gone.with_order(at, order._replace(is_shipped=True))
            yield (
                f"ship {at}",
                replace(after, lies=world.lies - order.units, ships=world.ships - 1),
            )


def _take_in(world: World, at: int) -> World:
    order = world.orders[at]
    count = world.at(order.place)
    if order.is_cancelled:  # the shop counted it down and up again
        account, free = accounts.explain_ended(count.account, 1)
        ended = world.having(order.place, count._replace(account=account))
        if free:
            ended = ended.posted(Posting(PostingKind.FREE, order.units * free))
        return ended.with_order(at, order._replace(is_known=True, is_freed=True))
    from_kept = accounts.from_kept(count.account, 1)
    account = accounts.explain(count.account, 1)
    known = world.having(order.place, count._replace(account=account))
    known = known.with_order(at, order._replace(is_known=True))
    if from_kept:  # sets, too: their units are freed, and promised in the same breath
        freed = Posting(PostingKind.FREE, order.units * from_kept)
        known = known.posted(freed)
    return _promised(known, at)


def _promised(world: World, at: int) -> World:
    """Promise an order whole, or nothing of it (`kits.split`)."""
    order = world.orders[at]
    wish = {at: kits.Wish({"cup": order.units}, 1)}
    stock = {"here": {"cup": world.level.available}}
    if not kits.split(wish, {}, stock, Lane(["here"]), counted={"cup"}).sets:
        return world
    made = world.posted(Posting(PostingKind.COMMIT, order.units))
    return made.with_order(at, order._replace(is_promised=True))


def _free(world: World, at: int) -> World:
    order = world.orders[at]
    count = world.at(order.place)
    freed = world.with_order(at, order._replace(is_freed=True, is_promised=False))
    if order.is_promised:
        freed = freed.posted(Posting(PostingKind.RELEASE, order.units))
    account = accounts.explain(count.account, -1)
    return freed.having(order.place, count._replace(account=account))


def _count_seen(world: World, place: Place) -> Iterator[tuple[str, World]]:
    """We look at a count; while a write of it is on its way, nobody looks."""
    count = world.at(place)
    if count.write is not None or count.is_lost:
        return
    if count.account.rise_is_asked and world.has_news(place):
        return  # its orders are read first
    mine = [each for each in world.orders if each.place == place]
    held = sum(1 for each in mine if each.is_known and not each.is_freed)
    seen = accounts.seen(count.account, count.stock, held_by_orders=held)
    if seen.account != count.account or seen.keep_back:
        yield "count seen", _count_taken_in(world, place, seen)
    if count.account.kept and not world.has_news(place):
        yield "no order came", _let_go(world, place)


def _count_taken_in(world: World, place: Place, seen: accounts.Seen) -> World:
    units = UNITS[place[1]]
    after = world.having(place, world.at(place)._replace(account=seen.account))
    if seen.free:
        after = after.posted(Posting(PostingKind.FREE, units * seen.free))
    for _ in range(seen.keep_back):
        if after.level.available < units:  # sold beyond what is there: its order will be short
            account = after.at(place).account
            account = replace(account, kept=account.kept - 1, base=account.base + 1)
            return after.having(place, after.at(place)._replace(account=account))
        after = after.posted(Posting(PostingKind.RESERVE, units))
    if seen.take_in and place[1] == "cup":  # what a shop says of sets is never booked
        after = after.posted(Posting(PostingKind.SYNC, seen.take_in))
    return after


def _let_go(world: World, place: Place) -> World:
    """No order came: cups are gone, and what is in sets is free again."""
    count = world.at(place)
    units = UNITS[place[1]] * count.account.kept
    after = world.having(place, count._replace(account=accounts.let_go(count.account)))
    if place[1] == "set":
        return after.posted(Posting(PostingKind.FREE, units))
    return after.posted(*ledger.let_go(after.level, units))


def _written(world: World, place: Place, wanted: int) -> Iterator[tuple[str, World]]:
    """Our writes: decided, arriving, answered, lost."""
    count = world.at(place)
    if count.write is None:
        if wanted != count.account.base and not count.account.rise_is_asked:
            sent = count._replace(
                write=Write(wanted, count.account.base),
                account=accounts.sent(count.account, wanted),
            )
            yield f"write {wanted}", world.having(place, sent)
        return
    write = count.write
    if write.is_answered is None:
        is_met = count.stock == write.expected
        stock = write.stock if is_met else count.stock
        arrived = count._replace(stock=stock, write=write._replace(is_answered=is_met))
        yield "write arrives", world.having(place, arrived)
        return
    # Said again with the same key, a lost one is answered as the first time.
    account = accounts.answered(count.account, is_written=write.is_answered)
    known = count._replace(write=None, account=account, is_lost=False)
    yield "answer", world.having(place, known)
    if world.faults and not count.is_lost:
        lost = world.having(place, count._replace(is_lost=True))
        yield "answer lost", replace(lost, faults=world.faults - 1)


def _served(world: World) -> World:
    """Promise what is available to orders that wait."""
    for at, order in enumerate(world.orders):
        if order.is_known and order.is_open and not (order.is_freed or order.is_promised):
            world = _promised(world, at)
    return world


def judge(world: World) -> None:
    """Raise when a promise is broken in this world."""
    waiting = sum(each.units for each in world.orders if each.is_open)
    may_sell = sum(
        UNITS[place[1]] * count.stock for place, count in zip(PLACES, world.counts, strict=True)
    )
    if waiting + may_sell > world.lies:
        raise Oversold(f"{waiting} cups sold and {may_sell} for sale, of {world.lies}")
    if any(each.has_news for each in world.orders):
        return
    exposed = {place: world.at(place).account.exposed for place in PLACES}
    is_still = all(
        each.write is None and each.stock == each.account.base and not each.account.kept
        for each in world.counts
    )
    if not is_still or world.shown() != exposed:
        return
    if world.level.on_hand != world.lies:
        raise Wrong(f"{world.level.on_hand} on hand, and {world.lies} lie there")
    if world.level.committed != waiting:
        raise Wrong(f"{world.level.committed} promised to orders of {waiting}")
    if may_sell != world.level.available:
        raise Wrong(f"{may_sell} for sale, of {world.level.available}")
