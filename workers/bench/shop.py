"""A shop of a merchant and its twin, connected and read once, for benches of the way out."""

import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final
from uuid import UUID

import httpx
from sqlalchemy import func, select

from app.catalog import service as catalog
from app.catalog.models import Variant
from app.connections import connecting, service
from app.connections.models import ApiUse
from app.core import clock, db
from app.core.actor import Actor
from app.core.ports import LOOPBACK
from app.core.work import unit_of_work
from app.listings.models import Listing, ListingState
from workers.bench.stage import Stage, any_port
from workers.supervisor import Program

PATIENCE: Final = 600.0
SETTINGS: Final = {
    "on_first": "ours",
    "auto_import": True,
    "poll_minutes": 1440,
    "price_move_limit_percent": 1000,  # else the edits would rightly wait for a person
    # Prices of what a shop had first come in, unless somebody says that they go out.
    "imported": {"price": {"direction": "to_channel", "on_both": "ours"}},
}


@dataclass(frozen=True, slots=True)
class Pair:
    """A listing with what it stands for here and there."""

    product_id: UUID
    variant_id: UUID
    external_id: str
    title: str


@dataclass(frozen=True, slots=True)
class Shop:
    """One connected shop and the door to its twin."""

    actor: Actor
    connection_id: UUID
    twin: httpx.Client

    def pairs(self) -> list[Pair]:
        """Return all listings, in a stable order."""
        with db.reading(self.actor) as session:
            rows = session.execute(
                select(Listing.product_id, Variant.id, Listing.external_id, Listing.title)
                .join(Variant, Variant.product_id == Listing.product_id)
                .where(Listing.connection_id == self.connection_id)
                .order_by(Listing.id)
            )
            return [
                Pair(product_id, variant_id, external_id, title)
                for product_id, variant_id, external_id, title in rows
                if product_id and external_id
            ]

    def change(self, **settings: Any) -> None:
        """Change settings of the connection."""
        with unit_of_work(self.actor) as work:
            row = service.get_connection(work, self.connection_id)
            service.change_settings(
                work, row.id, name=row.name, settings=settings, version=row.version
            )

    def rename(self, pairs: Sequence[Pair], suffix: str) -> None:
        """Give products another title, as a bulk edit does."""
        for at in range(0, len(pairs), 500):
            changes = [
                catalog.ProductChange(each.product_id, {"title": f"{each.title} {suffix}"})
                for each in pairs[at : at + 500]
            ]
            with unit_of_work(self.actor) as work:
                catalog.change_products(work, changes, origin="bulk")

    def confirmed(self, *, since: float) -> int:
        """Return how many listings the shop has confirmed in so many seconds."""
        with db.reading(self.actor) as session:
            question = select(func.count()).where(
                Listing.connection_id == self.connection_id,
                Listing.state == ListingState.SYNCED,
                Listing.last_synced_at >= clock.now() - _seconds(since),
            )
            return int(session.scalar(question) or 0)

    def requests(self) -> int:
        """Return how many requests the shop has let in."""
        return int(self.twin.get("/_twin/state").raise_for_status().json()["counts"]["requests"])

    def refusals(self) -> int:
        """Return how often the shop said that we ask too fast."""
        with db.reading(self.actor) as session:
            question = select(func.coalesce(func.sum(ApiUse.throttled), 0)).where(
                ApiUse.connection_id == self.connection_id
            )
            return int(session.scalar(question) or 0)


def _seconds(count: float) -> timedelta:
    return timedelta(seconds=count)


def wait_until(is_so: Callable[[], bool], what: str, *, pause: float = 0.25) -> None:
    """Look again and again; raises when the patience ends."""
    deadline = time.monotonic() + PATIENCE
    while not is_so():
        if time.monotonic() > deadline:
            raise RuntimeError(f"{what} did not happen within {PATIENCE:g} seconds.")
        time.sleep(pause)


@contextmanager
def connected(stage: Stage, name: str, listings: int) -> Iterator[Shop]:
    """Run a twin with so many products and the programs of `make run`; all are read and paired."""
    port = any_port()
    command = [sys.executable, "-m", "app.simulators.woocommerce", "--port", str(port)]
    twin = Program("twin", [*command, "--name", name], {"PORT": str(port)})
    address = f"http://{LOOPBACK}:{port}"
    with (
        stage.running(twin, *stage.roles()),
        httpx.Client(base_url=address, timeout=120) as client,
    ):
        client.post("/_twin/seed", json={"count": listings}).raise_for_status()
        keys = client.post("/_twin/keys").raise_for_status().json()
        shop = _connect(stage.organization(name), address, keys, client)
        wait_until(lambda: shop.confirmed(since=PATIENCE) >= listings, "The first read", pause=1)
        yield shop


def _connect(actor: Actor, address: str, keys: dict[str, str], client: httpx.Client) -> Shop:
    credentials = {"key": keys["consumer_key"], "secret": keys["consumer_secret"]}
    wish = connecting.Wish(
        "woocommerce", "Acme web shop", address, credentials, {"allows_http": True}
    )
    row = connecting.connect(actor, wish)
    shop = Shop(actor, row.id, client)
    shop.change(**SETTINGS)
    connecting.activate(actor, row.id)
    return shop
