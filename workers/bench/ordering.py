"""Orders at a million of them: list, search and detail, and the list of stock beside three million
postings; whole pages through the web process, behind row-level security, as a signed-in person.
"""

import time
from collections.abc import Iterator, Sequence
from typing import Final
from urllib.parse import quote
from uuid import UUID

from app.adapters.types import Health
from app.connections import service
from app.core.actor import Actor
from app.core.work import unit_of_work
from app.inventory import service as inventory
from app.inventory import telling
from app.orders.filters import TABS
from workers.bench import listing, order_seed
from workers.bench.order_seed import Seeded
from workers.bench.report import Row, below, told
from workers.bench.stage import Stage, any_port, web
from workers.bench.wire import Caller, get, share

ORDERS: Final = 1_000_000
VARIANTS: Final = 200_000
TIMES: Final = 8
MOST_MS: Final = 60
STOCK: Final = (
    "", "?sort=-title", "?sort=sku", "?stock=low", "?stock=short", "?stock=kept",
    "?q=edition+4711", "?q=SKU-0000471-2",
)  # fmt: skip
FIGURES: Final = ("?sort=-available", "?sort=on_hand", "?sort=-committed", "?stock=out")


def measure(stage: Stage) -> Iterator[Row]:
    """Yield the slowest twentieth of the pages of each kind."""
    actor = stage.organization("Orders")
    count = stage.scaled(ORDERS, least=2_000)
    listing.seed(stage, actor.organization, stage.scaled(VARIANTS, least=400))
    with unit_of_work(actor) as work:
        inventory.default_location(work)
    made = order_seed.seed(
        stage,
        actor,
        count,
        web=_connected(actor, "woocommerce", "Acme web shop"),
        boutique=_connected(actor, "shopify", "Acme boutique"),
    )
    telling.sum_up(actor)  # as the task `totals` does each minute
    order_seed.tidy(stage, "inventory_levels", "stock_totals")
    cookie, port = stage.cookie(actor, "orders-reader"), any_port()
    with stage.running(web(port)):
        for name, paths in _pages(made).items():
            took = _timed(port, cookie, paths)
            everything = [each for some in took.values() for each in some]
            p95 = share(everything, 0.95)
            yield below(f"{name}, {count:,} orders, p95", p95, "ms", MOST_MS)
            path, slowest = max(took.items(), key=lambda item: share(item[1], 0.5))
            yield told(f"{name}, slowest page ({path}), median", share(slowest, 0.5), "ms")


def _connected(actor: Actor, channel: str, name: str) -> UUID:
    with unit_of_work(actor) as work:
        row = service.add_connection(
            work,
            channel=channel,
            name=name,
            address="http://127.0.0.1:9",  # never called
            credentials={"key": "bench", "secret": "bench"},
            wire={"allows_http": True},
        )
        service.note_health(work, row.id, Health(is_ok=True))
    return row.id


def _pages(made: Seeded) -> dict[str, Sequence[str]]:
    lists = [
        "",
        *(f"?tab={tab}" for tab in TABS),
        *(f"?tab={tab}&sort=placed" for tab in ("ship", "waiting", "shipped")),
        "?sort=placed",
        f"?channel={made.web}",
        f"?channel={made.boutique}&tab=ship",
        "?state=returned",
        "?payment=refunded",
        "?payment=paid&state=cancelled",
        *(f"?needs={need}" for need in ("mapping", "rush", "short", "untold")),
    ]
    some = max(2, made.orders * 2 // 3)
    searches = [
        f"WC-{some - some % 2}", f"{some}", "SH-1", "SKU-0000471-2", "sku-00004",
        order_seed.mail_of(some), order_seed.first_name_of(some), f"0034043{some:09}", "00340430",
        "zeppelin", f"{order_seed.first_name_of(some)} SKU-0000471-2",
    ]  # fmt: skip
    numbers = [1 + at * made.orders // 40 for at in range(40)]
    return {
        "Order list": [f"/orders{query}" for query in lists],
        "Order search": [f"/orders?q={quote(each)}" for each in searches],
        "Order page": [f"/orders/{made.order_id(number)}" for number in numbers],
        "Stock list": [f"/inventory{query}" for query in STOCK],
        "Stock list by figures": [f"/inventory{query}" for query in FIGURES],
    }


def _timed(port: int, cookie: str, paths: Sequence[str]) -> dict[str, list[float]]:
    """Return milliseconds by page, each asked for several times in turns."""
    caller = Caller(port)
    took: dict[str, list[float]] = {path: [] for path in paths}
    for turn in range(-2, TIMES):
        for path in paths:
            began = time.monotonic()
            status, body = caller.call(get(path, cookie=cookie))
            if status != 200:
                raise RuntimeError(f"{path} answered {status}: {body[:300].decode()}")
            if turn >= 0:  # the first turns only warm up
                took[path].append((time.monotonic() - began) * 1000)
    caller.close()
    return took
