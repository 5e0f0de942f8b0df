"""A shop with something on every page: `python -m tests.e2e.seed`, beside a running app.

The demo's own steps on fewer products; then a person in each role, and what the demo leaves out.
The last line it says is JSON: the people, and every page of the app with an address that draws.
"""

import io
import json
import os
import re
from collections.abc import Iterator
from typing import Any
from uuid import UUID

from flask import Flask, url_for
from sqlalchemy import create_engine, select

from app.catalog import bulk, imports
from app.catalog import service as catalog
from app.catalog.bulk import Operation
from app.catalog.models import AttributeKind, Import, Product, Variant
from app.core import db
from app.core.actor import NOBODY, Actor
from app.core.settings import current
from app.core.work import unit_of_work
from app.gateways import mail
from app.gateways.models import DevMail
from app.inventory import service as inventory
from app.inventory.models import Location
from app.listings.models import Listing, ListingState
from app.notices import service as notices
from app.notices.models import Mail
from app.orders import service as orders
from app.sync import service as sync
from app.sync.models import Conflict, Direction, RunKind, SyncRun, SyncTask, TaskState
from app.team import service as team
from app.team.permissions import Role
from tests.factories.orders import channel_order, sold, taken
from workers import demo, relay
from workers.commands import drain
from workers.start import start

# Who gets a mailed link that nobody follows: to set a password anew, to join, to prove an address.
UNOPENED = (demo.PEOPLE[2][0], "carol@other.example", "mallory@other.example")
STAFF = (("admin@acme.example", "Alice", Role.ADMIN), ("manager@acme.example", "Bob", Role.MANAGER))
# What answers with something else than a page, or leads straight on to one.
NOT_PAGES = (
    "static",
    "web.events",
    "web.shell_news",
    "probes.",
    "rq_dashboard.",
    "catalog.export_file",
    "catalog.import_report",
    "catalog.media",
    "catalog.picture",
    "team.picture",
    "inventory.count_file",
    "inventory.movements_file",
    "inventory.stock_report_file",
    "inventory.transfer_file",
    "connections.connection_approved",
    "orders.export_file",
    "orders.order_report_file",
    "installs.installed",
)


def main() -> None:
    """Seed the shop; says what is where."""
    app = start()
    kinds = demo.things()
    few = [*kinds[:20], *kinds[96:102]]
    actor = demo._people()
    _staff(actor)
    demo._catalog(actor, few)
    address = os.environ["TWIN_LARGE_URL"]
    connection_id = demo._shop(actor, "Acme web shop", address, few[:22])
    demo._life(actor, connection_id, address)
    with unit_of_work(actor) as work:
        sync.request_run(work, connection_id, RunKind.CHANGES, cause="Sync now")
    drain(actor, connection_id)
    things = {**_more(actor), **_found(actor), "connection_id": connection_id}
    things |= _sold(actor, connection_id)
    things |= _moved(actor, things["location_id"])
    things["task_id"] = _parked(actor, things)
    pages = dict(_pages(app, things, _cause(actor)))
    people = {role.value: email for email, _, role in (*demo.PEOPLE, *STAFF)}
    told = {
        "people": people,
        "password": demo.PASSWORD,
        "pages": pages,
        "product_id": str(things["product_id"]),
        "connection_id": str(connection_id),
        "unvisited": sorted(set(_endpoints(app)) - {name.split()[0] for name in pages}),
    }
    print(json.dumps(told))


def _staff(actor: Actor) -> None:
    for email, name, role in STAFF:
        team.create_user(
            Actor(None, None, frozenset({"*"}), "cli"),
            team.NewUser(email, name, demo.PASSWORD, role=role, is_verified=True),
            organization_id=actor.organization,
        )


def _more(actor: Actor) -> dict[str, UUID]:
    """Leave what the demo has none of: a bulk edit, an attribute, a refusing import, mails."""
    with unit_of_work(actor) as work:
        ids = work.session.scalars(select(Product.id).order_by(Product.title).limit(6)).all()
        attribute_id = catalog.define_attribute(
            work,
            catalog.AttributeDraft("Material", AttributeKind.CHOICE, choices=("Clay", "Glass")),
        )
        edit = bulk.start_bulk_edit(work, ids, Operation("price_percent", "10", ".99"))
        catalog.change_product(
            work, catalog.ProductChange(ids[0], {"tags": ["handmade", "new"]}), origin="web"
        )
        notices.notify(work, "sync", "A listing needs you", link="/sync/errors")
        team.invite(work, UNOPENED[1], Role.VIEWER, public_url=current().public_url)
        bulk_edit_id = edit.id
    refused = b"Handle,Title,Variant SKU,Variant Price\nmug,Mug,M-1,ten\nbowl,Bowl,B-1,12.00\n"
    with unit_of_work(actor) as work:
        row = imports.start_import(work, "prices.csv", io.BytesIO(refused))
        imports.request_check(work, row.id)
        import_id = row.id
    imports.run_import(actor, import_id)
    team.request_reset(NOBODY, UNOPENED[0], public_url=current().public_url)
    team.sign_up(
        NOBODY,
        team.SignUp(UNOPENED[2], "Mallory", demo.PASSWORD, "Other shop"),
        public_url=current().public_url,
    )
    relay.relay()
    return {"bulk_edit_id": bulk_edit_id, "attribute_id": attribute_id, "import_id": import_id}


def _sold(actor: Actor, connection_id: UUID) -> dict[str, UUID]:
    """Sell what is there and what nobody knows; a part of it left, and some money went back."""
    with unit_of_work(actor) as work:
        skus = work.session.scalars(select(Variant.sku).order_by(Variant.sku).limit(2)).all()
        lines = (*(sold(str(sku), 2, each=1450) for sku in skus), sold("ODD-1"))
        for number in ("9001", "9002"):
            seen = channel_order(*lines, number=number, tags=("rush",))
            order_id = taken(work, connection_id, seen)
        first, _, odd = orders.get_order(work, order_id).lines
        parcel = orders.Parcel({first.id: 1}, carrier="UPS", tracking_number="1Z999")
        return {
            "order_id": order_id,
            "order_line_id": odd.id,
            "shipment_id": orders.ship_order(work, order_id, parcel),
            "refund_id": orders.refund_order(work, order_id, orders.Refunding(100, {})),
            "return_id": orders.expect_return(work, order_id, orders.Expecting({first.id: 1})),
        }


def _moved(actor: Actor, location_id: UUID) -> dict[str, UUID]:
    """Leave a transfer on its way and a count with a difference."""
    with unit_of_work(actor) as work:
        shop = inventory.create_location(work, inventory.LocationDraft("Shop"))
        sku = work.session.scalars(select(Variant.sku).order_by(Variant.sku).offset(3)).first()
        draft = inventory.TransferDraft(shop, location_id, note="For the weekend")
        transfer_id = inventory.start_transfer(work, draft)
        inventory.add_units(work, transfer_id, str(sku), 1)
        count_id = inventory.start_count(work, inventory.CountDraft(location_id))
        inventory.enter_code(work, count_id, str(sku), 1)
        inventory.finish_count(work, count_id, 1)
        return {"transfer_id": transfer_id, "count_id": count_id}


def _found(actor: Actor) -> dict[str, UUID]:
    with db.reading(actor) as session:
        disputed = session.scalars(
            select(Listing).where(Listing.state == ListingState.NEEDS_YOU).limit(1)
        ).one()
        unpaired = session.scalars(
            select(Listing.id).where(Listing.state == ListingState.UNMAPPED).limit(1)
        ).one()
        run_id = session.scalars(select(SyncRun.id).order_by(SyncRun.total.desc()).limit(1)).one()
        done = session.scalars(select(Import.id).order_by(Import.id).limit(1)).one()
        conflict_id = session.scalars(
            select(Conflict.id).where(Conflict.listing_id == disputed.id).limit(1)
        ).one()
        variant_id = session.scalars(
            select(Variant.id).where(Variant.product_id == disputed.product_id).limit(1)
        ).one()
        location_id = session.scalars(select(Location.id).limit(1)).one()
    assert disputed.product_id is not None
    return {
        "conflict_id": conflict_id,
        "product_id": disputed.product_id,
        "listing_id": unpaired,
        "run_id": run_id,
        "done_id": done,
        "variant_id": variant_id,
        "location_id": location_id,
    }


def _parked(actor: Actor, things: dict[str, UUID]) -> UUID:
    """Leave a task that failed in the same way too often."""
    with unit_of_work(actor) as work:
        task = SyncTask(
            organization_id=actor.organization,
            connection_id=things["connection_id"],
            direction=Direction.PULL,
            subject="999999",  # nothing that workers read meanwhile, which would settle it
            state=TaskState.PARKED,
            error="The shop sends a product that cannot be read.",
        )
        work.session.add(task)
        work.session.flush()
        return task.id


def _cause(actor: Actor) -> str:
    with db.reading(actor) as session:
        failed = select(Listing.error_group).where(Listing.state == ListingState.FAILED)
        return str(session.scalars(failed.limit(1)).one())


def _pages(app: Flask, things: dict[str, UUID], cause: str) -> Iterator[tuple[str, str]]:
    """Yield endpoint, with a word about its state where it has several, and address."""
    with app.test_request_context():
        for rule in app.url_map.iter_rules():
            if rule.endpoint in set(_endpoints(app)) and rule.arguments <= set(things):
                parts: dict[str, Any] = {name: things[name] for name in rule.arguments}
                yield rule.endpoint, url_for(rule.endpoint, **parts)
        connection_id = things["connection_id"]
        keys: dict[str, Any] = {"address": "http://127.0.0.1:9", "name": "Acme outlet", "http": "1"}
        yield "connections.connection_keys empty", url_for("connections.connection_keys", **keys)
        yield (
            "catalog.import_detail done",
            url_for("catalog.import_detail", import_id=things["done_id"]),
        )
        yield "installs.install_new", url_for("installs.install_new", channel="shopify")
        yield (
            "sync.cause_detail",
            url_for("sync.cause_detail", connection_id=connection_id, cause=cause),
        )
        yield "catalog.product_list none", url_for("catalog.product_list", q="no such thing")
        yield "catalog.product_list archived", url_for("catalog.product_list", status="archived")
        yield (
            "sync.mapping paired",
            url_for("sync.mapping", connection_id=connection_id, view="paired"),
        )
        yield "inventory.stock_list none", url_for("inventory.stock_list", stock="short")
        yield "sync.mapping off", url_for("sync.mapping", connection_id=connection_id, view="off")
        chosen = str(things["order_id"])
        yield "orders.pick_list chosen", url_for("orders.pick_list", ids=chosen)
        yield "orders.packing_slips chosen", url_for("orders.packing_slips", ids=chosen)
        yield "orders.letter_edit", url_for("orders.letter_edit", letter_kind="shipped")
        yield "orders.order_list rush", url_for("orders.order_list", tab="rush")
        yield "orders.order_list none", url_for("orders.order_list", q="no such thing")
        yield "sync.conflict_list decided", url_for("sync.conflict_list", view="decided")
        yield "web.search mug", url_for("web.search", q="mug")
        yield "error 404", "/no-such-page"
    yield from _letters()


def _letters() -> Iterator[tuple[str, str]]:
    """Yield the pages that mailed links lead to, and a mail of the mailbox."""
    mail.gateway().send(mail.Letter("alice@acme.example", "Hello", "The lamp is here.\n", ""))
    engine = create_engine(current().database_owner_url)
    with engine.connect() as connection:
        # A mail loses its text once the mailbox has it. Links of others were followed already.
        texts = [
            text
            for kept in (Mail, DevMail)
            for text in connection.scalars(select(kept.text).where(kept.recipient.in_(UNOPENED)))
        ]
        mail_id = connection.scalars(select(DevMail.id).limit(1)).one()
    engine.dispose()
    yield "notices.mailbox_mail", f"/dev/mailbox/{mail_id}"
    links = re.findall(r"https?://[^/\s]+(/(verify|reset|invitations)/\S+)", "\n".join(texts))
    yield from {f"team.{kind.removesuffix('s')}": path for path, kind in links}.items()


def _endpoints(app: Flask) -> Iterator[str]:
    for rule in app.url_map.iter_rules():
        if "GET" in (rule.methods or ()) and not rule.endpoint.startswith(NOT_PAGES):
            yield rule.endpoint


if __name__ == "__main__":
    main()
