"""A full comparison with a shop where one variant in a hundred changed and no webhook came.

The limit is the same shop read by the same client over the same wire, at the same allowed rate, its
answers parsed and thrown away.
"""

import json
import os
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from sqlalchemy import select

from app.adapters.shopify.bulk import Bulk
from app.adapters.shopify.client import Client as Points
from app.adapters.shopify.client import Door as PointsDoor
from app.adapters.shopify.documents import bulk as documents
from app.adapters.shopify.shop import Shop as PointsShop
from app.adapters.woocommerce.client import Client, Door
from app.connections import building
from app.core import db
from app.core.transport import Transport
from app.core.work import unit_of_work
from app.listings.models import Listing, Offer
from app.sync import service
from app.sync.models import RunKind, RunState, SyncRun
from workers.bench.report import Row, against, below, told
from workers.bench.shop import SHOPIFY, WOOCOMMERCE, Kind, Shop, connected, wait_until
from workers.bench.stage import Stage
from workers.bench.wire import median

VARIANTS: Final = 100_000
OF_EACH: Final = 4  # variants of a product
CHANGED: Final = 100  # one variant in so many
TURNS: Final = 3  # each with changes of its own
PER_SECOND: Final = 10  # requests WooCommerce's host lets in; Shopify's exports have their own pace
PATIENCE: Final = 3600.0
MOST_GROWTH: Final = 64  # MB a worker may grow by, however large the shop
_OVER: Final = (RunState.DONE, RunState.PARTIAL, RunState.FAILED)


def measure(stage: Stage) -> Iterator[Row]:
    """Yield how fast each kind of shop is compared, and how much memory that takes."""
    yield from _compared(stage, "WooCommerce", WOOCOMMERCE, _read_pages)
    yield from _compared(stage, "Shopify", SHOPIFY, _read_export)


def _compared(
    stage: Stage, name: str, kind: Kind, read: Callable[[Shop, Any, Transport], None]
) -> Iterator[Row]:
    products = stage.scaled(VARIANTS, least=4 * CHANGED) // OF_EACH
    variants = products * OF_EACH
    with connected(
        stage, f"Compared {name}", products, kind, variants=OF_EACH, patience=PATIENCE
    ) as shop:
        shop.twin.post("/_twin/chaos", json={"chances": {"drop_delivery": 1.0}})
        first, _ = _reconciled(shop, 0)  # what both sides hold is known by the second time
        if kind is WOOCOMMERCE:
            shop.twin.post("/_twin/rate", json={"per_second": PER_SECOND, "burst": PER_SECOND})
            shop.change(requests_per_second=PER_SECOND)
        ours, bare, growth = [], [], 0
        for turn in range(TURNS):
            wanted = _sold(shop, variants // CHANGED, kind, left=TURNS - turn)
            bare.append(_read(shop, read))
            before = shop.requests()
            seconds, grew = _reconciled(shop, wanted)
            ours.append(seconds)
            growth = max(growth, grew)
        label = f"Reconcile of {variants:,} variants, {name}"
        yield against(
            label, variants / median(ours), "variants/s", variants / median(bare), at_least=0.9
        )
        yield below(f"{label}, growth of memory", growth / 1_048_576, "MB", MOST_GROWTH)
        yield told(f"{label}, the first time", variants / first, "variants/s")
        yield told(f"{label}, requests", shop.requests() - before, "requests")


def _sold(shop: Shop, count: int, kind: Kind, *, left: int) -> int:
    """Let customers buy variants of as many products, so many left, while no webhook arrives."""
    with db.reading(shop.actor) as session:
        firsts = session.execute(
            select(Listing.id, Offer.external_id)
            .join(Offer, Offer.listing_id == Listing.id)
            .where(Listing.connection_id == shop.connection_id, Offer.external_id.is_not(None))
            .distinct(Listing.id)
            .order_by(Listing.id, Offer.external_id)
        ).all()
    step = max(1, len(firsts) // count)
    chosen = [variant for _, variant in firsts[::step][:count]]
    for number in chosen:
        if kind is SHOPIFY:
            path, body = f"/_twin/variants/{number}/stock", {"quantity": left}
        else:
            path, body = f"/_twin/products/{number}", {"stock_quantity": left}
        shop.twin.post(path, json=body).raise_for_status()
    return len(chosen)


def _read(shop: Shop, read: Callable[[Shop, Any, Transport], None]) -> float:
    """Read all of a shop and keep nothing; returns seconds."""
    row = building.load(shop.actor, shop.connection_id)
    _, transport = building.build(row)
    began = time.monotonic()
    try:
        read(shop, row, transport)
    finally:
        transport.close()
    return time.monotonic() - began


def _read_pages(_shop: Shop, row: Any, transport: Transport) -> None:
    keys = building.credentials_of(row)
    client = Client(Door(row.address, keys["key"], keys["secret"], allows_http=True), transport)
    asked: dict[str, Any] = {"context": "edit", "status": "any", "orderby": "id", "order": "asc"}
    page, has_more = 1, True
    while has_more:
        listing = client.page("/products", page=page, **asked)
        parents = [str(each["id"]) for each in listing.rows]
        for _ in client.rows_of("/variations", "parent", parents, **asked):
            pass
        has_more, page = listing.has_more(page), page + 1


def _read_export(_shop: Shop, row: Any, transport: Transport) -> None:
    keys = building.credentials_of(row)
    client = Points(PointsDoor(row.address, keys["access_token"]), transport)
    export = Bulk(PointsShop(client, row.facts, building.settings_of(row)))
    begun = export.start({}).next
    operation: Any = {}
    while begun is not None and operation.get("status") != "COMPLETED":
        time.sleep(1)
        operation = client.ask(documents.POLL, id=begun.state["bulk"])
    with client.lines_of(str(operation["url"])) as lines:
        for _, line in lines:
            json.loads(line)


def _reconciled(shop: Shop, wanted: int) -> tuple[float, int]:
    """Compare everything; returns seconds, and by how many bytes a worker grew."""
    watch = _Memory([child.pid for child in shop.programs if "worker" in child.program.name])
    began = time.monotonic()
    with unit_of_work(shop.actor) as work:
        wanted_run = service.request_run(
            work, shop.connection_id, RunKind.RECONCILE, cause="Measured"
        )
        run_id = wanted_run.id
    with watch:
        wait_until(lambda: _run(shop, run_id).state in _OVER, "A reconcile", patience=PATIENCE)
    seconds, run = time.monotonic() - began, _run(shop, run_id)
    if (run.state, run.changed, run.drifted) != (RunState.DONE, wanted, wanted):
        raise RuntimeError(
            f"The run ended as {run.state}: {run.changed} changed, {run.drifted} differed,"
            f" {wanted} were sold. {run.error or ''}"
        )
    return seconds, watch.growth


def _run(shop: Shop, run_id: Any) -> SyncRun:
    with db.reading(shop.actor) as session:
        return session.get_one(SyncRun, run_id)


@dataclass
class _Memory:
    """How far the largest process of some programs grows beyond what its parent holds."""

    parents: list[int]

    def __post_init__(self) -> None:
        self.resting = max(map(_resident, self.parents))
        self.peak = self.resting
        self._is_over = threading.Event()

    @property
    def growth(self) -> int:
        """Bytes beyond the resting program."""
        return self.peak - self.resting

    def __enter__(self) -> "_Memory":
        self._is_over.clear()
        self._thread = threading.Thread(target=self._look, daemon=True)
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._is_over.set()
        self._thread.join()

    def _look(self) -> None:
        while not self._is_over.wait(0.2):
            found = [_resident(pid) for parent in self.parents for pid in _children(parent)]
            self.peak = max([self.peak, *found])


def _resident(pid: int) -> int:
    try:
        pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
    except (OSError, IndexError):
        return 0  # it ended meanwhile
    return pages * os.sysconf("SC_PAGE_SIZE")


def _children(pid: int) -> list[int]:
    try:
        return [int(each) for each in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
    except OSError:
        return []
