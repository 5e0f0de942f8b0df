"""The demo shop: `python -m workers.demo`, once per database.

Acme sells a few hundred products, imported from a file; two simulated WooCommerce shops and a
simulated Shopify sell some of them. It leaves enough to look at: paired listings, proposals, one
conflict, one refusal, a handful of orders.
"""

import csv
import io
import os
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import product as every
from typing import Any, Final
from uuid import UUID

import httpx
from sqlalchemy import select

from app.catalog import imports
from app.catalog import service as catalog
from app.catalog.models import Product, Variant
from app.connections import connecting, installing
from app.connections import service as connections
from app.core import db
from app.core.actor import SYSTEM, Actor, job_actor
from app.core.errors import AppError
from app.core.work import unit_of_work
from app.listings import service as listings
from app.listings.models import Listing
from app.sync import service as sync
from app.team import queries as team_queries
from app.team import service as team
from app.team.permissions import Role
from workers.commands import drain
from workers.start import start
from workers.twins import CLIENT_ID, CLIENT_SECRET

PASSWORD: Final = "mugs-and-lamps"  # noqa: S105 (opens a shop that everybody may enter)
PEOPLE: Final = (
    ("alice@acme.example", "Alice", Role.OWNER),
    ("bob@acme.example", "Bob", Role.EDITOR),
    ("carol@acme.example", "Carol", Role.VIEWER),
)
_BUYERS: Final = tuple(
    {
        "first_name": name,
        "last_name": f"{name[0]}.",
        "email": f"{name.lower()}@buyers.example",
        "phone": "",
        "address_1": street,
        "postcode": postcode,
        "city": city,
        "state": "",
        "country": country,
    }
    for name, street, postcode, city, country in (
        ("Dora", "Rua do Sol 4", "1200-001", "Lisbon", "PT"),
        ("Emil", "Havnegata 12", "0150", "Oslo", "NO"),
        ("Finn", "3 Harbour View", "T12 AB12", "Cork", "IE"),
    )
)
_THINGS: Final = (
    ("Mug", "Kitchen > Mugs", 1450, "0.35"),
    ("Bowl", "Kitchen > Bowls", 1890, "0.6"),
    ("Teapot", "Kitchen > Teapots", 4900, "1.1"),
    ("Lamp", "Living > Lamps", 7900, "2.4"),
    ("Cushion", "Living > Textiles", 3200, "0.7"),
    ("Blanket", "Living > Textiles", 8900, "1.6"),
    ("Vase", "Living > Vases", 3650, "0.9"),
    ("Candle", "Living > Candles", 1290, "0.4"),
    ("Apron", "Kitchen > Textiles", 2750, "0.3"),
    ("Notebook", "Desk > Paper", 990, "0.25"),
    ("Pen holder", "Desk > Order", 1650, "0.3"),
    ("Wall clock", "Living > Clocks", 5400, "1.2"),
)
_STYLES: Final = (
    "Stoneware",
    "Nordic",
    "Harvest",
    "Coastal",
    "Studio",
    "Garden",
    "Midnight",
    "Linen",
)
_COLOURS: Final = ("Sand", "Ocean", "Moss")
_SIZED: Final = ("Cushion", "Blanket", "Apron")
_SIZES: Final = ("Small", "Large")
_HEADER: Final = (
    "Handle", "Title", "Body (HTML)", "Vendor", "Tags", "Published", "Option1 Name",
    "Option1 Value", "Variant SKU", "Variant Grams", "Variant Inventory Tracker",
    "Variant Inventory Qty", "Variant Price", "Status",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Thing:
    """One product of the demo, with its sizes."""

    number: int
    title: str
    kind: str
    style: str
    price: int
    kilos: str

    @property
    def handle(self) -> str:
        """The key of the product in files."""
        return self.title.lower().replace(" ", "-")

    @property
    def sku(self) -> str:
        """The SKU, or the beginning of its variants' SKUs."""
        return f"{self.kind[:3].upper()}-{self.style[:3].upper()}-{self.number:03d}"

    @property
    def sizes(self) -> Sequence[str]:
        """The sizes it comes in; empty for one that has none."""
        return _SIZES if self.kind in _SIZED else ()

    @property
    def text(self) -> str:
        """What the shop says about it."""
        return (
            f"<p>{self.title}: made in small batches, checked by hand, packed without plastic.</p>"
        )

    @property
    def stock(self) -> int:
        """How many there are."""
        return (self.number * 7) % 40


def things() -> list[Thing]:
    """Return the demo's products, always the same."""
    named = every(_THINGS, _STYLES, _COLOURS)
    return [
        Thing(
            at, f"{style} {kind.lower()} {colour.lower()}", kind, style, price + 50 * (at % 7), kg
        )
        for at, ((kind, _, price, kg), style, colour) in enumerate(named, start=1)
    ]


def file_of(found: Sequence[Thing]) -> bytes:
    """Return the products as a file in Shopify's format."""
    text = io.StringIO()
    lines = csv.writer(text)
    lines.writerow(_HEADER)
    for each in found:
        for at, size in enumerate(each.sizes or ("Default Title",)):
            name = "Size" if each.sizes else "Title"
            first = (each.title, each.text, "Acme", f"{each.style}, handmade", "true")
            lines.writerow(
                (
                    each.handle,
                    *(first if at == 0 else ("", "", "", "", "")),
                    name if at == 0 else "",
                    size,
                    each.sku + (f"-{size[0]}" if each.sizes else ""),
                    int(float(each.kilos) * 1000),
                    "shopify",
                    each.stock,
                    f"{each.price / 100:.2f}",
                    "active" if at == 0 else "",
                )
            )
    return text.getvalue().encode()


def shop_items(found: Sequence[Thing]) -> Iterator[dict[str, Any]]:
    """Return products as a shop has them: mostly the same, some renamed, one unknown here."""
    for each in found:
        body: dict[str, Any] = {
            "name": each.title if each.number % 23 else f"{each.title} (last year)",
            "description": each.text,
            "status": "publish",
            "weight": each.kilos,
            "tags": [{"name": each.style}, {"name": "handmade"}],
        }
        one = {
            "regular_price": f"{each.price / 100:.2f}",
            "manage_stock": True,
            "stock_quantity": each.stock,
        }
        if each.sizes:
            body["type"] = "variable"
            body["attributes"] = [
                {"name": "Size", "variation": True, "visible": True, "options": list(each.sizes)}
            ]
            body["variations"] = [
                {
                    **one,
                    "sku": f"{each.sku}-{size[0]}",
                    "attributes": [{"name": "Size", "option": size}],
                }
                for size in each.sizes
            ]
        else:
            # A blank SKU now and then, so that the mapping page has something to ask.
            body |= {**one, "type": "simple", "sku": each.sku if each.number % 17 else ""}
        yield body
    yield {"name": "Gift wrapping", "type": "simple", "regular_price": "3.50", "status": "publish"}


def _people() -> Actor:
    for email, name, role in PEOPLE:
        with db.reading(SYSTEM) as session:
            found = team_queries.find_organization(session, "acme")
        team.create_user(
            Actor(None, None, frozenset({"*"}), "cli"),
            team.NewUser(
                email, name, PASSWORD, role=role, is_operator=role is Role.OWNER, is_verified=True
            ),
            organization_id=found.id if found else None,
            organization_name="Acme",
        )
    with db.reading(SYSTEM) as session:
        home = team_queries.find_organization(session, "acme")
    if home is None:
        raise RuntimeError("The demo's organization was not founded.")
    return job_actor(home.id, via="cli")


def _catalog(actor: Actor, found: Sequence[Thing]) -> None:
    with unit_of_work(actor) as work:
        row = imports.start_import(work, "acme-products.csv", io.BytesIO(file_of(found)))
        imports.request_check(work, row.id)
    imports.run_import(actor, row.id)
    with unit_of_work(actor) as work:
        imports.request_apply(work, row.id)
    imports.run_import(actor, row.id)


def _shop(actor: Actor, name: str, address: str, found: Sequence[Thing]) -> UUID:
    with httpx.Client(base_url=address, timeout=60) as shop:
        shop.post("/_twin/seed", json={"items": list(shop_items(found))}).raise_for_status()
        key = shop.post("/_twin/keys").raise_for_status().json()
    row = connecting.connect(
        actor,
        connecting.Wish(
            "woocommerce",
            name,
            address,
            {"key": key["consumer_key"], "secret": key["consumer_secret"]},
            {"allows_http": True},
        ),
    )
    with unit_of_work(actor) as work:
        kept = connections.get_connection(work, row.id)
        connections.change_settings(
            work, row.id, name=name, settings={"on_first": "ours"}, version=kept.version
        )
    connecting.activate(actor, row.id)
    drain(actor, row.id)
    return row.id


def _life(actor: Actor, connection_id: UUID, address: str) -> None:
    """Leave one conflict and one refusal to look at."""
    with db.reading(actor) as session:
        paired = session.scalars(
            select(Listing)
            .where(Listing.connection_id == connection_id, Listing.product_id.is_not(None))
            .order_by(Listing.title)
            .limit(3)
        ).all()
        variants = {
            each.product_id: session.scalars(
                select(Variant.id).where(Variant.product_id == each.product_id)
            ).first()
            for each in paired
        }
        titles = {row.id: row.title for row in session.execute(select(Product.id, Product.title))}
    disputed, refused, holder = paired
    with unit_of_work(actor) as work:  # else the workers carry one edit over before the other
        connections.pause(work, connection_id)
    with httpx.Client(base_url=address, timeout=60) as shop:
        name = {"name": f"{disputed.title}, gift edition"}
        shop.post(f"/_twin/products/{disputed.external_id}", json=name).raise_for_status()
        taken = {"global_unique_id": "4006381333931"}
        shop.post(f"/_twin/products/{holder.external_id}", json=taken).raise_for_status()
    with unit_of_work(actor) as work:
        if disputed.product_id and refused.product_id:
            title = f"{titles[disputed.product_id]}, new glaze"
            change = catalog.ProductChange(disputed.product_id, {"title": title})
            catalog.change_product(work, change, origin="web")
            key = variants[refused.product_id]
            if key is not None:
                catalog.change_product(
                    work,
                    catalog.ProductChange(
                        refused.product_id, variants={key: {"gtin": "4006381333931"}}
                    ),
                    origin="web",
                )
    with unit_of_work(actor) as work:
        connections.resume(work, connection_id)
    drain(actor, connection_id)


def _sales(actor: Actor, connection_id: UUID, address: str, found: Sequence[Thing]) -> None:
    """Let shoppers buy: some to ship, one in haste, one not paid yet, one with an unknown item."""
    skus = [each.sku for each in found if not each.sizes and each.number % 17 and each.stock > 3]
    carts: list[dict[str, Any]] = [
        {"lines": [[skus[0], 1], [skus[1], 2]], "customer": _BUYERS[0]},
        {
            "lines": [[skus[2], 1]],
            "customer": _BUYERS[1],
            "shipping_lines": [
                {"method_id": "flat_rate", "method_title": "Express", "total": "14.00"}
            ],
        },
        {"lines": [[skus[3], 2]], "customer": _BUYERS[2], "status": "pending"},
        {"lines": [[skus[4], 1]], "customer": _BUYERS[1]},
    ]
    with httpx.Client(base_url=address, timeout=60) as shop:
        for cart in carts:
            shop.post("/_twin/sell", json=cart).raise_for_status()
        # Gift wrapping, which the shop sells last of all and nobody knows here.
        *_, wrapping = shop.get("/_twin/products").raise_for_status().json()["ids"]
        cart = {"lines": [[skus[5], 1], [wrapping, 1]], "customer": _BUYERS[0]}
        shop.post("/_twin/sell", json=cart).raise_for_status()
    sync.poll(actor, connection_id)
    drain(actor, connection_id)


def _newcomers(actor: Actor, connection_id: UUID, found: Sequence[Thing]) -> None:
    """List some products in a shop, so that creations are to be seen."""
    skus = [each.sku for each in found]
    with db.reading(actor) as session:
        ids = session.scalars(select(Variant.product_id).where(Variant.sku.in_(skus))).all()
    with unit_of_work(actor) as work:
        listings.list_products(work, connection_id, sorted(set(ids)))
    drain(actor, connection_id)


def _boutique(actor: Actor, address: str) -> UUID:
    """Connect the Shopify shop as the merchant's own app, which asks nobody for approval."""
    place = installing.read_address("shopify", address)
    installing.keep_app(actor, "shopify", CLIENT_ID, CLIENT_SECRET)
    row = installing.take_own(actor, "shopify", place, "Acme boutique")
    connecting.activate(actor, row.id)
    drain(actor, row.id)
    return row.id


def main() -> None:
    """Seed the demo; says how to sign in."""
    start()
    with db.reading(SYSTEM) as session:
        is_there = team_queries.find_organization(session, "acme") is not None
    if not is_there:
        try:
            _seed()
        except AppError as refusal:
            sys.exit(f"The demo could not be made: {refusal.sentence}")
    print("\n".join(f"Sign in:  {email}  {PASSWORD}  ({role})" for email, _, role in PEOPLE))
    print(f"Simulated shops: {os.environ.get('TWIN_LARGE_URL', '')} (merchant / merchant)")


def _seed() -> None:
    found = things()
    actor = _people()
    _catalog(actor, found)
    large, small = os.environ.get("TWIN_LARGE_URL"), os.environ.get("TWIN_SMALL_URL")
    if large:
        first = _shop(actor, "Acme web shop", large, found[:180])
        _life(actor, first, large)
        _sales(actor, first, large, found[:180])
    if small:
        second = _shop(actor, "Acme outlet", small, found[180:200])
        _newcomers(actor, second, found[200:206])
    if boutique := os.environ.get("TWIN_BOUTIQUE_URL"):
        _newcomers(actor, _boutique(actor, boutique), found[150:170])


if __name__ == "__main__":
    main()
