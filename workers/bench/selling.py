"""Shops that sell, by the processes of `make run`: how soon our stock arrives there, and their
orders here, idle and while everything else of the shop is pushed.

Stock is set as the product page does it, and has arrived when the twin shows it. An order is placed
at the twin's checkout, and is here when the order list shows its number to a signed-in person. How
long the shop keeps its webhook is the shop's affair, so both are told: from the webhook, and from
the checkout.
"""

import re
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from random import Random
from typing import Any, Final
from uuid import UUID

from sqlalchemy import func, select

from app.adapters.types import DeliveryKind
from app.core import clock, db
from app.core.work import unit_of_work
from app.inventory import service as inventory
from app.listings.models import Listing, Offer
from app.orders.models import Order
from app.sync.models import InboundDelivery
from workers.bench.report import Row, below, told
from workers.bench.shop import SHOPIFY, WOOCOMMERCE, Kind, Shop, connected, wait_until
from workers.bench.stage import Stage
from workers.bench.wire import Caller, get, share

LISTINGS: Final = 10_000
TIMES: Final = 40  # stock changes, and orders
LEAST: Final = 10  # of each while a push runs, for a figure that says something
LOOK_EVERY: Final = 0.02
LIST_EVERY: Final = 0.1  # a page costs more than a look at the twin
PATIENCE: Final = 60.0
POINTS: Final = {"size": 2_000, "rate": 100}  # Shopify's smallest plan


@dataclass(frozen=True, slots=True)
class Good:
    """What is sold: our variant, and their product and variant."""

    variant_id: UUID
    product: str
    variant: str


@dataclass(frozen=True, slots=True)
class Till:
    """One shop that sells, and the order list it is looked for in."""

    shop: Shop
    kind: Kind
    list_of_orders: bytes
    caller: Caller

    def stock_of(self, good: Good) -> int:
        """Return what the twin shows."""
        found = self.shop.twin.get(f"/_twin/products/{good.product}").raise_for_status().json()
        if self.kind is WOOCOMMERCE:
            return int(found["stock_quantity"])
        variants = {str(each["id"]): each for each in found["variants"]}
        return int(variants[good.variant]["inventory_quantity"])

    def sell(self, good: Good) -> str:
        """Let a shopper buy one; returns the number of the order."""
        number = good.product if self.kind is WOOCOMMERCE else good.variant
        body = {"lines": [[int(number), 1]]}
        sold: Any = self.shop.twin.post("/_twin/sell", json=body).raise_for_status().json()
        if self.kind is WOOCOMMERCE:
            return str(sold["number"])
        order: Any = self.shop.twin.get(f"/_twin/orders/{sold['id']}").raise_for_status().json()
        return str(order["name"]).lstrip("#")

    def shows(self, number: str) -> bool:
        """Tell whether the order list has a row of this number."""
        status, body = self.caller.call(self.list_of_orders)
        if status != 200:
            raise RuntimeError(f"The order list answered {status}.")
        return re.search(rb"-%s\b" % re.escape(number.encode()), body) is not None


def measure(stage: Stage) -> Iterator[Row]:
    """Yield both ways at both twins."""
    yield from _sold(stage, "WooCommerce", WOOCOMMERCE)
    yield from _sold(stage, "Shopify", SHOPIFY)


def _sold(stage: Stage, name: str, kind: Kind) -> Iterator[Row]:
    count = stage.scaled(LISTINGS, least=40)
    both = 2 * stage.scaled(TIMES, least=3)
    with connected(stage, f"Selling {name}", count, kind) as shop:
        if kind is SHOPIFY:
            shop.twin.post("/_twin/bucket", json=POINTS).raise_for_status()
        asked = get("/orders", cookie=stage.cookie(shop.actor, f"selling-{kind.channel}-reader"))
        till = Till(shop, kind, asked, Caller(stage.port))
        goods, pairs = _goods(shop), shop.pairs()
        idle = _both_ways(till, goods[-both:])
        yield from _told(name, "idle", idle, most=1)
        began = time.monotonic()
        shop.rename(pairs, "again")
        busy = _both_ways(till, goods[:both], until=lambda: _is_over(shop, began, count))
        if len(busy.out) < LEAST and stage.scale >= 1:
            raise RuntimeError("The push was over before enough was sold.")
        yield from _told(name, f"while {count:,} are pushed", busy, most=5)
        till.caller.close()


def _is_over(shop: Shop, began: float, count: int) -> bool:
    return shop.confirmed(since=time.monotonic() - began) >= count


def _goods(shop: Shop) -> list[Good]:
    """Return what the shop sells, in a stable order that is not the one of a push."""
    with db.reading(shop.actor) as session:
        rows = session.execute(
            select(Offer.variant_id, Listing.external_id, Offer.external_id)
            .join(Listing, Listing.id == Offer.listing_id)
            .where(Listing.connection_id == shop.connection_id, Offer.variant_id.is_not(None))
            .order_by(Listing.id)
        )
        found = [Good(key, str(product), str(own)) for key, product, own in rows if key]
    Random(11).shuffle(found)  # noqa: S311 (which are sold, always the same)
    return found


@dataclass(slots=True)
class Took:
    """Seconds: stock to the twin, and orders to their rows, from the webhook and from the sale."""

    out: list[float] = field(default_factory=list)
    heard: list[float] = field(default_factory=list)
    sold: list[float] = field(default_factory=list)


def _told(name: str, when: str, took: Took, *, most: float) -> Iterator[Row]:
    yield below(f"Stock to {name}, {when}, p95", share(took.out, 0.95), "s", most)
    heard = share(took.heard, 0.95)
    yield below(f"Order's webhook from {name} to its row, {when}, p95", heard, "s", 5)
    yield told(f"Order from {name}'s checkout to its row, {when}, p95", share(took.sold, 0.95), "s")
    slowest = max([*took.out, *took.sold])
    yield below(f"Stock and orders of {name}, {when}, slowest", slowest, "s", 30)


def _both_ways(
    till: Till, goods: Sequence[Good], *, until: Callable[[], bool] = lambda: False
) -> Took:
    """Set stock and sell in turns, with short pauses; returns the seconds of each."""
    dice = Random(7)  # noqa: S311 (pauses, always the same)
    took = Took()
    for at, (changed, bought) in enumerate(zip(goods[::2], goods[1::2], strict=True)):
        time.sleep(dice.uniform(0.05, 0.5))
        took.out.append(_changed(till, changed, 500 + at))
        time.sleep(dice.uniform(0.05, 0.5))
        _bought(till, bought, took)
        if until():
            break
    return took


def _changed(till: Till, good: Good, wanted: int) -> float:
    """Set what can be sold of a good; returns the seconds until the twin shows it."""
    began = time.monotonic()
    with unit_of_work(till.shop.actor) as work:
        inventory.set_quantity(work, good.variant_id, wanted)
    wait_until(
        lambda: till.stock_of(good) == wanted,
        "A stock change's arrival",
        pause=LOOK_EVERY,
        patience=PATIENCE,
    )
    return time.monotonic() - began


def _bought(till: Till, good: Good, took: Took) -> None:
    """Let a shopper buy a good, and note how long it takes until the order list shows it."""
    began = clock.now()
    number = till.sell(good)
    wait_until(
        lambda: till.shows(number),
        f"The row of order {number}",
        pause=LIST_EVERY,
        patience=PATIENCE,
    )
    seen = clock.now()
    took.sold.append((seen - began).total_seconds())
    took.heard.append((seen - (_heard_of(till, number) or began)).total_seconds())


def _heard_of(till: Till, number: str) -> datetime | None:
    """Return when the first webhook of an order came in; None: a sweep was faster."""
    with db.reading(till.shop.actor) as session:
        return session.scalar(
            select(func.min(InboundDelivery.created_at))
            .join(Order, Order.external_id == InboundDelivery.external_id)
            .where(
                InboundDelivery.connection_id == till.shop.connection_id,
                InboundDelivery.kind == DeliveryKind.ORDER,
                Order.connection_id == till.shop.connection_id,
                Order.number.endswith(f"-{number}"),
            )
        )
