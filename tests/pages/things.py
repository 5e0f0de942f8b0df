"""One of everything an organization may own, by the names addresses use."""

import io
from uuid import UUID

from PIL import Image
from sqlalchemy import select

from app.catalog import bulk, imports
from app.catalog import service as catalog
from app.catalog.models import AttributeKind, Variant
from app.connections import service as connections
from app.core import db
from app.core.work import Work, unit_of_work
from app.inventory import service as inventory
from app.listings.models import Listing, ListingState
from app.notices import service as notices
from app.notices.models import Notice
from app.orders import service as orders
from app.sync import runs
from app.sync.models import (
    Conflict,
    Direction,
    InboundDelivery,
    RunKind,
    SyncRun,
    SyncTask,
    TaskState,
)
from app.team import service as team
from app.team.permissions import Role
from tests.cast import Cast, membership_of
from tests.factories.orders import channel_order, sold, taken

Things = dict[str, UUID]


def make_things(people: Cast) -> Things:
    """Commit one of everything in Alice's organization."""
    with unit_of_work(people.alice.actor) as work:
        found = _catalog_of(work)
        found |= _inventory_of(work, found)
        found["connection_id"] = _connection(work)
        found |= _orders_of(work, found["connection_id"])
        found |= _sync_of(work, found)
        found |= _team_of(work, people)
    found["membership_id"] = membership_of(people.carol)
    return found


def _png() -> bytes:
    target = io.BytesIO()
    Image.new("RGB", (8, 8), "teal").save(target, "PNG")
    return target.getvalue()


def _catalog_of(work: Work) -> Things:
    product_id = catalog.create_product(
        work,
        catalog.ProductDraft(
            {"title": "Mug", "status": "active"},
            (catalog.VariantDraft({"sku": f"MUG-{work.organization_id.hex[-6:]}"}),),
        ),
        origin="web",
    )
    file = io.BytesIO(b"Handle,Title,Variant SKU,Variant Price\nmug,Mug,M-1,12.50\n")
    draft = catalog.AttributeDraft("Colour", AttributeKind.TEXT, "", (), is_multiple=False)
    return {
        "product_id": product_id,
        "media_id": catalog.attach_upload(
            work, product_id, catalog.store_picture(work.organization_id, _png())
        ),
        "category_id": catalog.create_category(work, "Kitchen"),
        "attribute_id": catalog.define_attribute(work, draft),
        "view_id": catalog.save_view(
            work, "products", catalog.ViewDraft("Mugs", "q=mug", is_shared=True)
        ),
        "import_id": imports.start_import(work, "mugs.csv", file).id,
        "bulk_edit_id": bulk.start_bulk_edit(work, [product_id]).id,
    }


def _inventory_of(work: Work, found: Things) -> Things:
    variant_id = work.session.scalars(
        select(Variant.id).where(Variant.product_id == found["product_id"])
    ).one()
    location_id = inventory.create_location(work, inventory.LocationDraft("Main"))
    received = inventory.Adjustment(inventory.Mode.ADD, 5, inventory.Reason.RECEIVED)
    inventory.adjust(work, variant_id, location_id, received)
    expected = inventory.TransferDraft(location_id, supplier="Clay and sons")
    transfer_id = inventory.start_transfer(work, expected)
    inventory.add_units(work, transfer_id, f"MUG-{work.organization_id.hex[-6:]}", 3)
    count_id = inventory.start_count(work, inventory.CountDraft(location_id))
    inventory.enter_code(work, count_id, f"MUG-{work.organization_id.hex[-6:]}", 4)
    return {
        "variant_id": variant_id,
        "location_id": location_id,
        "transfer_id": transfer_id,
        "count_id": count_id,
    }


def _connection(work: Work) -> UUID:
    return connections.add_connection(
        work,
        channel="woocommerce",
        name="Sandbox",
        address=f"https://{db.new_id().hex[-8:]}.test",
        credentials={"key": "ck_" + "0" * 40, "secret": "cs_" + "0" * 40},
        wire={},
    ).id


def _orders_of(work: Work, connection_id: UUID) -> Things:
    """Sell two mugs, of which one left, and something nobody knows."""
    lines = sold(f"MUG-{work.organization_id.hex[-6:]}", 2), sold("ODD")
    order_id = taken(work, connection_id, channel_order(*lines))
    mugs, odd = orders.get_order(work, order_id).lines
    return {
        "order_id": order_id,
        "order_line_id": odd.id,
        "shipment_id": orders.ship_order(work, order_id, orders.Parcel({mugs.id: 1})),
        "refund_id": orders.refund_order(work, order_id, orders.Refunding(100, {})),
        "return_id": orders.expect_return(work, order_id, orders.Expecting({mugs.id: 1})),
    }


def _sync_of(work: Work, found: Things) -> Things:
    whose = {
        "organization_id": work.organization_id,
        "connection_id": found["connection_id"],
    }
    listing = Listing(
        **whose,
        product_id=found["product_id"],
        external_id="1",
        state=ListingState.SYNCED,
        title="Mug",
    )
    delivery = InboundDelivery(
        **whose, event_key="1:1", topic="product.updated", kind="product", headers={}, body=b"{}"
    )
    run: SyncRun = runs.open_run(work, found["connection_id"], RunKind.CHANGES, cause="Test")
    work.session.add_all([listing, delivery])
    work.session.flush()
    conflict = Conflict(
        **whose,
        listing_id=listing.id,
        product_id=found["product_id"],
        subject="product",
        field="title",
        base="Mug",
        ours="Blue mug",
        theirs="Green mug",
    )
    parked = SyncTask(
        **whose,
        direction=Direction.PUSH,
        subject=str(listing.id),
        listing_id=listing.id,
        state=TaskState.PARKED,
        error="The shop refused this.",
    )
    work.session.add_all([conflict, parked])
    work.session.flush()
    return {
        "listing_id": listing.id,
        "delivery_id": delivery.id,
        "run_id": run.id,
        "conflict_id": conflict.id,
        "task_id": parked.id,
    }


def _team_of(work: Work, people: Cast) -> Things:
    team.create_api_token(work, name="Books", days=30, scopes=["catalog.read"])
    notices.notify(work, "sync", "For Alice", user_ids=[people.alice.user_id])
    work.session.flush()
    guest = f"eve-{db.new_id().hex}@acme.example"
    return {
        "grant_id": _only(work, "api_grants"),
        "notice_id": _only(work, Notice.__tablename__),
        "invitation_id": team.invite(work, guest, Role.VIEWER, public_url="https://s.example"),
        "user_id": people.alice.user_id,
    }


def _only(work: Work, table: str) -> UUID:
    rows = work.session.connection().exec_driver_sql(f"SELECT id FROM {table}")  # noqa: S608 (ours)
    found: UUID = rows.scalar_one()
    return found
