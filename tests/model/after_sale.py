"""The world of stock, and what happens to orders after they were sold, by us and by the shop.

We cancel an order and owe the shop that news: it arrives later, its answer may be lost, and the
shop may have cancelled meanwhile by itself. What was sent comes back: the shop refunds it and puts
it on its shelf, by a refund or by a return of its own, or we do and owe it that; and somebody
unpacks it here, whole or broken, before or after. Each unit is on a shelf once. What decides is
production code: `rules.Back` and `rules.heard` beside all that `stock_world` names.
"""

from collections.abc import Iterator
from dataclasses import replace

from app.inventory import accounts
from app.inventory.ledger import Posting, PostingKind
from app.orders.rules import Back, heard
from tests.model import stock_world
from tests.model.stock_world import Bugs, Order, World


def steps(bugs: Bugs, world: World) -> Iterator[tuple[str, World]]:
    """Yield every world one step away, with the name of the step."""
    yield from stock_world.steps(bugs, world)
    for at, order in enumerate(world.orders):
        yield from _cancelled_here(bugs, world, at)
        yield from _told(bugs, world, at)
        if order.is_shipped and order.is_known:
            yield from _restocked_there(world, at)
            yield from _heard_of(bugs, world, at)
            yield from _refunded_here(bugs, world, at)
            yield from _unpacked(bugs, world, at)


def _agreed(world: World, name: str) -> World:
    """Agree on one unit that the shop counts up again, or will."""
    shop = world.shop(name)
    account = accounts.explain(shop.account, -1)
    return world.with_shop(name, shop._replace(account=account))


def _cancelled_here(bugs: Bugs, world: World, at: int) -> Iterator[tuple[str, World]]:
    order = world.orders[at]
    if not world.our_cancels or not order.is_known or order.is_shipped or order.is_freed:
        return
    after = world
    if order.level is not None:
        after = after.posted(order.level, Posting(PostingKind.RELEASE, 1))
    if not bugs.agrees_late:
        after = _agreed(after, order.shop)
    order = order._replace(is_freed=True, level=None, debt=1)
    rest = world.our_cancels - 1
    yield "we cancel", replace(after.with_order(at, order), our_cancels=rest)


def _told(bugs: Bugs, world: World, at: int) -> Iterator[tuple[str, World]]:
    """The shop hears of it, once however often it is said, and answers."""
    order = world.orders[at]
    if order.debt == 1:
        is_news = not (order.is_refunded if order.is_shipped else order.is_cancelled)
        shop = world.shop(order.shop)
        after = world.with_shop(order.shop, shop._replace(stock=shop.stock + is_news))
        order = order._replace(debt=2)
        if order.is_shipped:
            order = order._replace(is_refunded=True)
        else:
            order = order._replace(is_cancelled=True)
        yield f"{order.shop} hears of it", after.with_order(at, order)
    elif order.debt == 2:
        after = world.with_order(at, order._replace(debt=0))
        yield (
            f"{order.shop} answers",
            _agreed(after, order.shop) if bugs.agrees_late else after,
        )
        if world.faults:
            lost = world.with_order(at, order._replace(debt=1))
            yield f"{order.shop} answers in vain", replace(lost, faults=world.faults - 1)


def _restocked_there(world: World, at: int) -> Iterator[tuple[str, World]]:
    """The shop puts the unit on its shelf: it refunds, or takes in a return that it opened."""
    order = world.orders[at]
    if order.is_refunded or order.debt:
        return
    shop = world.shop(order.shop)
    after = world.with_shop(order.shop, shop._replace(stock=shop.stock + 1))
    after = _came(after, at)
    if world.their_refunds:
        refunded = after.with_order(at, after.orders[at]._replace(is_refunded=True))
        rest = world.their_refunds - 1
        yield f"{order.shop} refunds", replace(refunded, their_refunds=rest)
    if world.their_returns:
        decided = after.orders[at]._replace(is_refunded=True, is_decided=True)
        rest = world.their_returns - 1
        took = replace(after.with_order(at, decided), their_returns=rest)
        yield f"{order.shop} takes a return in", took


def _heard_of(bugs: Bugs, world: World, at: int) -> Iterator[tuple[str, World]]:
    """We hear of it, later; of a return, what was unpacked here is true."""
    order = world.orders[at]
    if not order.is_refunded or order.is_agreed:
        return
    after, now = _agreed(world, order.shop), order.back.with_refund(1)
    if order.is_decided:
        known = replace(order.back, refunded=0)
        whole, _ = (1, 0) if bugs.adds_twice else heard(1, 0, known, 1 - known.kept)
        now = order.back.with_return(whole, 0, 0)
    after = _shelved(bugs, after, at, now)
    after = after.with_order(at, after.orders[at]._replace(is_agreed=True))
    yield f"{'return' if order.is_decided else 'refund'} of {order.shop} heard", after


def _refunded_here(bugs: Bugs, world: World, at: int) -> Iterator[tuple[str, World]]:
    """We refund and put the unit on the shelf; one that was unpacked lies there already."""
    order = world.orders[at]
    if not world.our_refunds or order.is_agreed or order.back.kept:
        return
    after = _agreed(_came(world, at), order.shop)
    after = _shelved(bugs, after, at, order.back.with_refund(1))
    after = after.with_order(at, after.orders[at]._replace(is_agreed=True, debt=1))
    yield "we refund", replace(after, our_refunds=world.our_refunds - 1)


def _unpacked(bugs: Bugs, world: World, at: int) -> Iterator[tuple[str, World]]:
    """Somebody unpacks the unit here: it is whole, or broken."""
    order = world.orders[at]
    if not world.unpacked or order.back.kept:
        return
    spent = replace(world, unpacked=world.unpacked - 1)
    # What a refund put on the shelf and was sold again since is none that may be unpacked.
    if not order.is_back or not order.back.assumed or world.levels[0].on_hand:
        whole = order.back.with_return(1, 0, 0)
        after = _came(spent, at) if not order.is_back or order.has_news else spent
        yield "unpacked whole", _shelved(bugs, after, at, whole)
    if order.back.assumed and not world.levels[0].on_hand:
        return  # refused: it is not there any more
    broken = order.back.with_return(0, 1, 0)
    gone = 1 if order.is_back else 0  # the shop, or we, took it for whole
    after = replace(spent, lies=spent.lies - gone, missing=spent.missing + gone)
    after = after.with_order(at, order._replace(is_back=True))
    yield "unpacked broken", _shelved(bugs, after, at, broken)


def _came(world: World, at: int) -> World:
    """Let a unit come back really.

    Two people who put one unit on sale in two places, before either news arrived, offer what is not
    there: nobody can know before the news.
    """
    order = world.orders[at]
    if order.is_back:
        return replace(world, missing=world.missing + 1)
    return replace(world.with_order(at, order._replace(is_back=True)), lies=world.lies + 1)


def _shelved(bugs: Bugs, world: World, at: int, now: Back) -> World:
    """Post what the news of a unit that came back changes on our shelf."""
    order: Order = world.orders[at]
    was = order.back
    more = now.on_shelf - was.on_shelf
    if bugs.adds_twice:
        more = now.refunded + now.restocked - was.refunded - was.restocked
    after = world.with_order(at, order._replace(back=now))
    if more:
        kind = PostingKind.RETURN if more > 0 else PostingKind.ADJUST
        after = after.posted(0, Posting(kind, more))
    return after
