"""A shop of a merchant and its twin, connected and read once, for benches of the way out and in."""

import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final
from uuid import UUID

import httpx
from sqlalchemy import func, select

from app.catalog import service as catalog
from app.catalog.models import Variant
from app.connections import connecting, installing, service
from app.connections.models import ApiUse, Connection
from app.core import clock, db
from app.core.actor import Actor
from app.core.ports import LOOPBACK
from app.core.work import unit_of_work
from app.listings.models import Listing, ListingState
from workers.bench.stage import Stage, any_port
from workers.supervisor import Child, Program

PATIENCE: Final = 600.0
_APP: Final = ("--client-id", "bench", "--client-secret", "shpss_bench")
_FOUND_AT_ONCE: Final = ("--search-lag", "0")  # else a shop that was just filled reads as empty
SETTINGS: Final = {
    "on_first": "ours",
    "auto_import": True,
    "poll_minutes": 1440,
    "price_move_limit_percent": 1000,  # else the edits would rightly wait for a person
    # Prices of what a shop had first come in, unless somebody says that they go out.
    "imported": {"price": {"direction": "to_channel", "on_both": "ours"}},
}


@dataclass(frozen=True, slots=True)
class Kind:
    """A channel as benches need it: how its twin is started and filled, and how it is connected."""

    channel: str
    options: Sequence[str]
    variants: str  # what the twin's seeds call the number of variants
    connect: Callable[[Actor, str, httpx.Client], Connection]


def _woocommerce(actor: Actor, address: str, twin: httpx.Client) -> Connection:
    keys = twin.post("/_twin/keys").raise_for_status().json()
    credentials = {"key": keys["consumer_key"], "secret": keys["consumer_secret"]}
    wish = connecting.Wish(
        "woocommerce", "Acme web shop", address, credentials, {"allows_http": True}
    )
    return connecting.connect(actor, wish)


def _shopify(actor: Actor, address: str, _twin: httpx.Client) -> Connection:
    place = installing.read_address("shopify", address)
    installing.keep_app(actor, "shopify", _APP[1], _APP[3])
    return installing.take_own(actor, "shopify", place, "Acme boutique")


WOOCOMMERCE: Final = Kind("woocommerce", (), "variations", _woocommerce)
SHOPIFY: Final = Kind("shopify", (*_APP, *_FOUND_AT_ONCE), "variants", _shopify)


@dataclass(frozen=True, slots=True)
class Pair:
    """A listing with what it stands for here and there."""

    product_id: UUID
    variant_id: UUID
    external_id: str
    title: str


@dataclass(frozen=True, slots=True)
class Shop:
    """One connected shop, the door to its twin, and the programs that serve it."""

    actor: Actor
    connection_id: UUID
    twin: httpx.Client
    programs: Sequence[Child]

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

    def counts(self) -> Mapping[str, Any]:
        """Return what the twin counts of itself."""
        found: Mapping[str, Any] = self.twin.get("/_twin/state").raise_for_status().json()
        counts: Mapping[str, Any] = found["counts"]
        return counts

    def requests(self) -> int:
        """Return how many requests the shop has let in."""
        return int(self.counts()["requests"])

    def refusals(self) -> int:
        """Return how often the shop said that we ask too fast."""
        with db.reading(self.actor) as session:
            question = select(func.coalesce(func.sum(ApiUse.throttled), 0)).where(
                ApiUse.connection_id == self.connection_id
            )
            return int(session.scalar(question) or 0)


def _seconds(count: float) -> timedelta:
    return timedelta(seconds=count)


def wait_until(
    is_so: Callable[[], bool], what: str, *, pause: float = 0.25, patience: float = PATIENCE
) -> None:
    """Look again and again; raises when the patience ends."""
    deadline = time.monotonic() + patience
    while not is_so():
        if time.monotonic() > deadline:
            raise RuntimeError(f"{what} did not happen within {patience:g} seconds.")
        time.sleep(pause)


@contextmanager
def connected(
    stage: Stage,
    name: str,
    listings: int,
    kind: Kind = WOOCOMMERCE,
    *,
    variants: int = 0,
    patience: float = PATIENCE,
) -> Iterator[Shop]:
    """Run a twin with so many products and the programs of `make run`; all are read and paired."""
    port = any_port()
    command = [sys.executable, "-m", f"app.simulators.{kind.channel}", "--port", str(port)]
    twin = Program("twin", [*command, "--name", name, *kind.options], {"PORT": str(port)})
    address = f"http://{LOOPBACK}:{port}"
    with (
        stage.running(twin, *stage.roles()) as programs,
        httpx.Client(base_url=address, timeout=120) as client,
    ):
        wanted = {"count": listings, kind.variants: variants} if variants else {"count": listings}
        client.post("/_twin/seed", json=wanted).raise_for_status()
        actor = stage.organization(name)
        row = kind.connect(actor, address, client)
        shop = Shop(actor, row.id, client, programs)
        shop.change(**SETTINGS)
        connecting.activate(actor, row.id)
        wait_until(
            lambda: shop.confirmed(since=patience) >= listings,
            "The first read",
            pause=1,
            patience=patience,
        )
        yield shop
