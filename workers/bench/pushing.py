"""The way out, by the processes of `make run`: how soon edits arrive, how well a limit is used.

An edit is a price or, in turn, a title changed as the product page does it; it has arrived when the
twin shows it, which is looked at every 20 ms.
"""

import time
from collections.abc import Iterator, Mapping
from functools import partial
from random import Random
from typing import Final

from app.catalog import service as catalog
from app.connections.models import Connection
from app.core import db
from app.core.work import unit_of_work
from app.sync import preview
from workers.bench.report import Row, against, below, told
from workers.bench.shop import Pair, Shop, connected, wait_until
from workers.bench.stage import Stage
from workers.bench.wire import share

LISTINGS: Final = 10_000
LIMITED: Final = 2_000  # listings pushed under the limit
PER_SECOND: Final = 2  # requests; what several channels allow
EDITS: Final = 40
LOOK_EVERY: Final = 0.02


def measure(stage: Stage) -> Iterator[Row]:
    """Yield edits on an idle shop, a push under a limit, and edits while everything is pushed."""
    count = stage.scaled(LISTINGS, least=20)
    with connected(stage, "Push", count) as shop:
        pairs = shop.pairs()
        edits = stage.scaled(EDITS, least=3)
        yield below(f"Plan for {count:,} listings", _planned(shop, count), "s", 5)
        idle = _edits(shop, pairs[-edits:], price=2_000)
        yield below("Edit to channel, idle, p95", share(idle, 0.95), "s", 1)
        yield from _limited(shop, pairs[: stage.scaled(LIMITED, least=10)])
        began = time.monotonic()
        shop.rename(pairs, "again")
        busy = _edits(shop, pairs[-edits:], price=3_000)
        seconds = time.monotonic() - began
        done = shop.confirmed(since=seconds)
        is_over = done >= count
        yield below(f"Edit to channel while {count:,} are pushed, p95", share(busy, 0.95), "s", 5)
        yield told("Push without a limit", done / seconds, "listings/s")
        if is_over and stage.scale >= 1:
            raise RuntimeError("The push was over before the edits were.")


def _planned(shop: Shop, count: int) -> float:
    """Plan everything of a connection; returns seconds."""
    with db.reading(shop.actor) as session:
        row = session.get_one(Connection, shop.connection_id)
        began = time.monotonic()
        found = preview.preview(session, row)
        took = time.monotonic() - began
    if found.listings != count:
        raise RuntimeError(f"{found.listings} of {count} listings were planned.")
    return took


def _edits(shop: Shop, pairs: list[Pair], *, price: int) -> list[float]:
    """Change prices and titles one after the other with short pauses; returns the seconds each."""
    dice, took = Random(7), []  # noqa: S311 (pauses, always the same)
    for at, pair in enumerate(pairs):
        time.sleep(dice.uniform(0.05, 0.5))
        minor, title = price + at, f"Edited to {price + at}"
        wanted = catalog.ProductChange(pair.product_id, {"title": title})
        shown = {"name": title}
        if at % 2:
            money = {"price": {"minor": minor, "currency": "USD"}}
            wanted = catalog.ProductChange(pair.product_id, variants={pair.variant_id: money})
            shown = {"regular_price": f"{minor / 100:.2f}"}
        began = time.monotonic()
        with unit_of_work(shop.actor) as work:
            catalog.change_product(work, wanted, origin="web")
        wait_until(partial(_shows, shop, pair, shown), "An edit's arrival", pause=LOOK_EVERY)
        took.append(time.monotonic() - began)
    return took


def _shows(shop: Shop, pair: Pair, wanted: Mapping[str, str]) -> bool:
    found = shop.twin.get(f"/_twin/products/{pair.external_id}").raise_for_status().json()
    return all(found[name] == value for name, value in wanted.items())


def _limited(shop: Shop, pairs: list[Pair]) -> Iterator[Row]:
    """Push under a limit that the shop enforces and our side was told of."""
    burst = 2 * PER_SECOND
    shop.twin.post("/_twin/rate", json={"per_second": PER_SECOND, "burst": burst})
    shop.change(requests_per_second=PER_SECOND)
    before, refused, began = shop.requests(), shop.refusals(), time.monotonic()
    shop.rename(pairs, "anew")
    wait_until(
        lambda: shop.confirmed(since=time.monotonic() - began) >= len(pairs), "A push", pause=0.5
    )
    seconds = time.monotonic() - began
    made = shop.requests() - before
    shop.change(requests_per_second=None)
    shop.twin.post("/_twin/rate", json={"per_second": 0})
    allowed = (PER_SECOND * seconds + burst) / seconds
    yield against("Push under a limit", made / seconds, "requests/s", allowed, at_least=0.95)
    yield told("Push under a limit, refusals", shop.refusals() - refused, "answers of 429")
