"""Two channels, two locations, three units, and everything that can happen to them, step by step.

A world is a frozen value; `steps` yields every world one step away: a shopper buys, an order is
heard of (late, and after or before the count that shows it), is cancelled there, ships, comes back;
a person counts, or sends a unit to the other location, where it arrives, gets lost or turns back;
we look at a shop's count, and write it, and the write arrives, is refused, or its answer is lost
and asked for again. What decides is production code: `ledger.post`, `transit`, `routing.route`,
`accounts` and `offering.grants`. The shops compare before they write and answer a repeated key as
the first time, as Shopify does.

Promises, judged at every step: what all channels may sell at once, and what is sold and not yet
shipped, is never more than lies on the shelves or travels between them; nothing is freed twice. And
when every piece of news has arrived: the ledger holds what really lies there and what travels, and
promises exactly the open orders.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any, Final, NamedTuple

from app.inventory import accounts, ledger
from app.inventory.accounts import Account
from app.inventory.ledger import Level, Posting, PostingKind
from app.inventory.offering import Terms, grants
from app.inventory.routing import Lane, route
from app.inventory.transit import Arrival, Ends, come_in, set_out, turn_back
from app.orders.rules import Back

SHOPS: Final = ("a", "b")
TERMS: Final = {name: Terms() for name in SHOPS}


class Oversold(Exception):
    """More may be sold, or was, than lies there."""


class Wrong(Exception):
    """All news arrived, and the ledger is not what really is."""


@dataclass(frozen=True, slots=True)
class Bugs:
    """What is put in on purpose, one at a time."""

    checks_then_writes: bool = False  # a write does not compare: what was sold meanwhile comes back
    releases_twice: bool = False  # a cancellation heard twice frees twice
    overtakes: bool = False  # an older write may arrive after a newer one
    receives_twice: bool = False  # a form of what arrived, sent twice, is taken in twice
    agrees_late: bool = False  # what a shop will count up is agreed on only when it answered
    adds_twice: bool = False  # a refund and a return of the same unit both put it on the shelf


class Order(NamedTuple):
    """One unit bought in a shop."""

    shop: str
    is_cancelled: bool = False  # there: the shop counted it up again
    is_known: bool = False  # here
    is_freed: bool = False  # here, after the cancellation was heard
    level: int | None = None  # where it was promised from; None: short, or not promised
    is_shipped: bool = False
    is_back: bool = False  # really: it lies here again, whole or broken
    debt: int = 0  # the shop is to hear of it: 1 owed, 2 arrived there and not answered
    is_refunded: bool = False  # there, after it was sent: the shop counted it up again
    is_decided: bool = False  # of what is refunded: by a return of the shop's, not by a refund
    is_agreed: bool = False  # here: we took in, or told, that it is refunded
    back: Back = Back()

    @property
    def has_news(self) -> bool:
        """Whether something happened to it in the shop that we have not heard of."""
        is_unheard = self.is_refunded and not self.is_agreed
        return not self.is_known or is_unheard or (self.is_cancelled and not self.is_freed)

    @property
    def is_open(self) -> bool:
        """Whether a buyer waits for it."""
        return not self.is_cancelled and not self.is_shipped


class Write(NamedTuple):
    """A write on its way to a shop."""

    stock: int
    expected: int
    is_answered: bool | None = None  # None: still on its way; else whether it was written


class Shop(NamedTuple):
    """A shop, and what we know of it."""

    stock: int
    account: Account
    write: Write | None = None
    late: Write | None = None  # with the bug: an older write that is still on its way
    is_lost: bool = False  # a write got no answer


@dataclass(frozen=True, slots=True)
class World:
    """Everything, here and there; budgets count down."""

    levels: tuple[Level, ...]  # two
    shops: tuple[Shop, ...]  # two
    orders: tuple[Order, ...] = ()
    lies: int = 3  # what really lies on the shelves
    missing: int = 0  # what vanished from them before anybody could hear of it
    travels: int = 0  # what left the first location and has not come to an end
    sales: int = 3
    cancels: int = 1
    counts: int = 1
    moves: int = 1
    returns: int = 1
    faults: int = 1
    edits: int = 1
    our_cancels: int = 0  # these are spent by `after_sale`
    our_refunds: int = 0
    their_refunds: int = 0
    their_returns: int = 0
    unpacked: int = 0

    @property
    def key(self) -> "World":
        """What makes two worlds the same."""
        return self

    @property
    def available(self) -> int:
        """What may still be promised."""
        return sum(level.available for level in self.levels)

    def shop(self, name: str) -> Shop:
        """Return a shop."""
        return self.shops[SHOPS.index(name)]

    def with_shop(self, name: str, shop: Shop) -> "World":
        """Return the world with another state of a shop."""
        at = SHOPS.index(name)
        return replace(self, shops=(*self.shops[:at], shop, *self.shops[at + 1 :]))

    def with_order(self, at: int, order: Order) -> "World":
        """Return the world with another state of an order."""
        return replace(self, orders=(*self.orders[:at], order, *self.orders[at + 1 :]))

    def posted(self, at: int, *postings: Posting) -> "World":
        """Return the world after postings to a level."""
        after = ledger.post(self.levels[at], *postings)
        return replace(self, levels=(*self.levels[:at], after, *self.levels[at + 1 :]))

    def has_news(self, name: str) -> bool:
        """Tell whether a shop has orders, or ends of orders, that we have not heard of."""
        return any(each.has_news for each in self.orders if each.shop == name)


def begin(**budgets: Any) -> World:
    """Return a world at rest: two units here, one there, shared out between the shops."""
    levels = (Level(on_hand=2), Level(on_hand=1))
    shown = grants(3, {}, TERMS)
    first, second = (Shop(shown[name], Account(shown[name])) for name in SHOPS)
    return World(levels, (first, second), **budgets)


def steps(bugs: Bugs, world: World) -> Iterator[tuple[str, World]]:
    """Yield every world one step away, with the name of the step.

    Orders that wait have what a step made available at once, before a shop hears of it.
    """
    for name, after in _steps(bugs, world):
        yield name, _served(after)


def _steps(bugs: Bugs, world: World) -> Iterator[tuple[str, World]]:
    for name in SHOPS:
        yield from _there(world, name)
        yield from _orders_heard(bugs, world, name)
        yield from _count_seen(world, name)
        yield from _written(bugs, world, name)
    yield from _by_people(world)
    yield from _on_the_way(bugs, world)


def _there(world: World, name: str) -> Iterator[tuple[str, World]]:
    """What happens in the shop."""
    shop = world.shop(name)
    if world.sales and shop.stock > 0:
        sold = world.with_shop(name, shop._replace(stock=shop.stock - 1))
        orders = (*world.orders, Order(name))
        yield f"{name} sells", replace(sold, orders=orders, sales=world.sales - 1)
    for at, order in enumerate(world.orders):
        if world.cancels and order.shop == name and order.is_open:
            back = world.with_shop(name, shop._replace(stock=shop.stock + 1))
            after = back.with_order(at, order._replace(is_cancelled=True))
            yield f"{name} cancels", replace(after, cancels=world.cancels - 1)
    if world.edits and shop.stock > 0:
        # Its merchant takes a unit off the shelf: it is really gone.
        less = world.with_shop(name, shop._replace(stock=shop.stock - 1))
        yield (
            f"{name} takes one away",
            replace(less, edits=world.edits - 1, lies=world.lies - 1),
        )


def _orders_heard(bugs: Bugs, world: World, name: str) -> Iterator[tuple[str, World]]:
    for at, order in enumerate(world.orders):
        if order.shop != name:
            continue
        if not order.is_known:
            yield f"order of {name} heard", _take_in(world, at)
        elif order.is_cancelled and (not order.is_freed or bugs.releases_twice):
            yield f"cancellation of {name} heard", _free(world, at)


def _take_in(world: World, at: int) -> World:
    """An order as it stands now: promised, or cancelled before we heard of it."""
    order = world.orders[at]
    shop = world.shop(order.shop)
    if order.is_cancelled:  # the shop counted it down and up again
        account, free = accounts.explain_ended(shop.account, 1)
        ended = world.with_shop(order.shop, shop._replace(account=account))
        return _unkept(ended, free).with_order(at, order._replace(is_known=True, is_freed=True))
    from_kept = accounts.from_kept(shop.account, 1)
    known = world.with_shop(order.shop, shop._replace(account=accounts.explain(shop.account, 1)))
    order = order._replace(is_known=True)
    if from_kept:
        level = next(n for n, each in enumerate(known.levels) if each.reserved)
        known = known.posted(level, Posting(PostingKind.TAKE, 1))
        return known.with_order(at, order._replace(level=level))
    stock = {n: {"unit": each.available} for n, each in enumerate(known.levels)}
    for part in route({"unit": 1}, stock, Lane(tuple(stock))):
        known = known.posted(part.place, Posting(PostingKind.COMMIT, 1))
        order = order._replace(level=part.place)
    return known.with_order(at, order)


def _free(world: World, at: int) -> World:
    order = world.orders[at]
    shop = world.shop(order.shop)
    freed = world.with_order(at, order._replace(is_freed=True))
    if order.level is not None:
        freed = freed.posted(order.level, Posting(PostingKind.RELEASE, 1))
    account = accounts.explain(shop.account, -1)
    return freed.with_shop(order.shop, shop._replace(account=account))


def _count_seen(world: World, name: str) -> Iterator[tuple[str, World]]:
    """We look at the count of a shop; while a write is on its way, nobody looks."""
    shop = world.shop(name)
    if shop.write is not None:
        return
    if shop.is_lost or any(each.debt for each in world.orders if each.shop == name):
        return  # what we agreed on and it did not hear of yet would look like a sale
    if shop.account.rise_is_asked and world.has_news(name):
        return  # its orders are read first
    held = sum(
        1
        for each in world.orders
        if each.shop == name and each.is_known and not each.is_freed and not each.is_agreed
    )
    seen = accounts.seen(shop.account, shop.stock, held_by_orders=held)
    if seen.account != shop.account or seen.keep_back or seen.take_in:
        yield f"count of {name} seen", _count_taken_in(world, name, seen)
    if shop.account.kept and not world.has_news(name):
        yield f"no order of {name} came", _let_go(world, name)


def _count_taken_in(world: World, name: str, seen: accounts.Seen) -> World:
    after = world.with_shop(name, world.shop(name)._replace(account=seen.account))
    after = _unkept(after, seen.free)
    for _ in range(seen.keep_back):
        stock = {n: {"unit": each.available} for n, each in enumerate(after.levels)}
        parts = route({"unit": 1}, stock, Lane(tuple(stock)))
        if not parts:  # sold beyond what is there: its order will be short
            account = after.shop(name).account
            account = replace(account, kept=account.kept - 1, base=account.base + 1)
            return after.with_shop(name, after.shop(name)._replace(account=account))
        after = after.posted(parts[0].place, Posting(PostingKind.RESERVE, 1))
    if seen.take_in:
        after = after.posted(0, Posting(PostingKind.SYNC, seen.take_in))
    return after


def _unkept(world: World, units: int) -> World:
    """Free units that were kept back."""
    for _ in range(units):
        level = next(n for n, each in enumerate(world.levels) if each.reserved)
        world = world.posted(level, Posting(PostingKind.FREE, 1))
    return world


def _let_go(world: World, name: str) -> World:
    shop = world.shop(name)
    kept = shop.account.kept
    after = world.with_shop(name, shop._replace(account=accounts.let_go(shop.account)))
    for _ in range(kept):
        level = next(n for n, each in enumerate(after.levels) if each.reserved)
        after = after.posted(level, *ledger.let_go(after.levels[level], 1))
    return after


def _written(bugs: Bugs, world: World, name: str) -> Iterator[tuple[str, World]]:
    """Our writes: decided, arriving, answered, lost."""
    shop = world.shop(name)
    if shop.late is not None:
        arrived = shop._replace(stock=shop.late.stock, late=None)
        yield f"older write arrives at {name}", world.with_shop(name, arrived)
    if shop.write is None:
        exposed = {each: world.shop(each).account.exposed for each in SHOPS}
        wanted = grants(world.available, exposed, TERMS)[name]
        if wanted != shop.account.base and not shop.account.rise_is_asked:
            write = Write(wanted, shop.account.base)
            account = accounts.sent(shop.account, wanted)
            sent = world.with_shop(name, shop._replace(write=write, account=account))
            yield f"write {wanted} to {name}", sent
        return
    write = shop.write
    if write.is_answered is None:
        is_met = shop.stock == shop.write.expected or bugs.checks_then_writes
        stock = shop.write.stock if is_met else shop.stock
        write = shop.write._replace(is_answered=is_met)
        yield (
            f"write arrives at {name}",
            world.with_shop(name, shop._replace(stock=stock, write=write)),
        )
        if bugs.overtakes and world.faults:
            # given up and sent anew while the old one is still under way
            account = accounts.answered(shop.account, is_written=False)
            late = shop._replace(write=None, late=shop.write, account=account)
            yield (
                f"write to {name} given up",
                replace(world.with_shop(name, late), faults=world.faults - 1),
            )
        return
    if shop.is_lost:  # said again with the same key, it is answered as the first time
        shop = shop._replace(is_lost=False)
    account = accounts.answered(shop.account, is_written=write.is_answered)
    yield f"answer of {name}", world.with_shop(name, shop._replace(write=None, account=account))
    if world.faults:
        lost = world.with_shop(name, shop._replace(is_lost=True))
        yield f"answer of {name} lost", replace(lost, faults=world.faults - 1)


def _by_people(world: World) -> Iterator[tuple[str, World]]:
    """What people do here: ship, or not after all, take back, count, move."""
    for at, order in enumerate(world.orders):
        place = order.level
        # What a count did not find, nobody can put into a parcel.
        if order.is_known and order.is_open and place is not None and world.levels[place].on_hand:
            gone = world.posted(place, Posting(PostingKind.SHIP, 1))
            after = gone.with_order(at, order._replace(is_shipped=True))
            yield "ship", replace(after, lies=world.lies - 1)
        is_out = order.is_shipped and not (order.is_back or order.is_refunded)
        if is_out and place is not None:
            still = world.posted(place, Posting(PostingKind.UNSHIP, 1))
            before = still.with_order(at, order._replace(is_shipped=False))
            yield "parcel cancelled", replace(before, lies=world.lies + 1)
        if world.returns and order.is_shipped and not order.is_back:
            back = world.posted(0, Posting(PostingKind.RETURN, 1))
            back = back.with_order(at, order._replace(is_back=True))
            yield "return", replace(back, returns=world.returns - 1, lies=world.lies + 1)
    for at, by in ((0, 1), (1, -1)):
        if world.counts and world.levels[at].on_hand + by >= 0:
            counted = world.posted(at, Posting(PostingKind.COUNT, by))
            lost = world.missing + max(0, -by)
            rest = world.counts - 1
            yield f"count {by:+}", replace(counted, counts=rest, lies=world.lies + by, missing=lost)


def _on_the_way(bugs: Bugs, world: World) -> Iterator[tuple[str, World]]:
    """A unit sets out from the first location, and comes to one end."""
    if world.moves and world.levels[0].available > 0:
        left = _posted_at_ends(world, set_out(1, is_ours=True))
        moves, travels = world.moves - 1, world.travels + 1
        yield "sent", replace(left, moves=moves, travels=travels, lies=world.lies - 1)
    if not world.travels:
        return
    rest, lies = world.travels - 1, world.lies + 1
    came = _posted_at_ends(world, come_in(Arrival(arrived=1)))
    if bugs.receives_twice:
        came = _posted_at_ends(came, come_in(Arrival(arrived=1)))
    yield "received", replace(came, travels=rest, lies=lies)
    back = _posted_at_ends(world, turn_back(1, is_ours=True))
    yield "turned back", replace(back, travels=rest, lies=lies)
    lost = _posted_at_ends(world, come_in(Arrival(missing=1)))
    yield "lost on the way", replace(lost, travels=rest, missing=world.missing + 1)


def _posted_at_ends(world: World, ends: Ends) -> World:
    for at, postings in enumerate(ends):
        world = world.posted(at, *postings) if postings else world
    return world


def _served(world: World) -> World:
    """Promise what is available to orders that wait (`orders.stock_moved`)."""
    for at, order in enumerate(world.orders):
        waits = order.is_known and order.is_open and not order.is_freed
        if not waits or order.level is not None:
            continue
        stock = {n: {"unit": each.available} for n, each in enumerate(world.levels)}
        for part in route({"unit": 1}, stock, Lane(tuple(stock))):
            world = world.posted(part.place, Posting(PostingKind.COMMIT, 1))
            world = world.with_order(at, order._replace(level=part.place))
    return world


def judge(world: World) -> None:
    """Raise when a promise is broken in this world."""
    waiting = sum(1 for each in world.orders if each.is_open)
    may_sell = sum(shop.stock for shop in world.shops)
    if waiting + may_sell > world.lies + world.travels + world.missing:
        raise Oversold(f"{waiting} sold and {may_sell} for sale, of {world.lies}")
    if any(world.has_news(name) for name in SHOPS) or any(each.debt for each in world.orders):
        return
    is_still = all(
        shop.write is None
        and not shop.is_lost
        and shop.stock == shop.account.base
        and not shop.account.kept
        for shop in world.shops
    )
    exposed = {name: world.shop(name).account.exposed for name in SHOPS}
    if not is_still or grants(world.available, exposed, TERMS) != exposed:
        return
    if may_sell and waiting + may_sell > world.lies:
        raise Oversold(f"{waiting} sold and {may_sell} for sale at rest, of {world.lies}")
    on_hand = sum(level.on_hand for level in world.levels)
    if on_hand != world.lies:
        raise Wrong(f"{on_hand} on hand, and {world.lies} lie there")
    incoming = sum(level.incoming for level in world.levels)
    if incoming != world.travels:
        raise Wrong(f"{incoming} incoming, and {world.travels} travel")
    promised = sum(level.committed for level in world.levels)
    owed = sum(1 for each in world.orders if each.is_open and each.level is not None)
    if promised != owed:
        raise Wrong(f"{promised} promised to {owed} orders")
