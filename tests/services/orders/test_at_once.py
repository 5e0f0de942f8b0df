"""Two at once on one order: the second sees what the first did, and nothing counts twice."""

import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from uuid import UUID

from sqlalchemy import select, text

from app.adapters.orders import ShipmentDraft
from app.adapters.types import Applied
from app.catalog.models import Variant
from app.core import db
from app.core.actor import Actor
from app.core.work import Work, unit_of_work
from app.inventory.models import Level
from app.orders import service
from app.orders.models import Order, OrderLine, Shipment
from app.orders.service.telling import Owed
from tests.factories import orders
from tests.factories.catalog import product
from tests.factories.orders import sold

PATIENCE = 30  # seconds, until somebody who has to wait for a lock does
_WAITING = text(
    "SELECT count(*) FROM pg_stat_activity"
    " WHERE datname = current_database() AND wait_event_type = 'Lock'"
)


def _variant(actor: Actor, sku: str, quantity: int) -> UUID:
    key = product(actor, {"sku": sku, "quantity": quantity})
    with db.reading(actor) as session:
        return session.scalars(select(Variant.id).where(Variant.product_id == key)).one()


def _at_once(
    actor: Actor, first: Callable[[Work], object], second: Callable[[Work], object]
) -> None:
    """Let somebody begin while another is not done yet, and has to be waited for."""

    def follow() -> None:
        with unit_of_work(actor) as work:
            second(work)

    with ThreadPoolExecutor(1) as pool:
        with unit_of_work(actor) as work:
            first(work)
            work.session.flush()
            behind = pool.submit(follow)
            until = time.monotonic() + PATIENCE
            while not behind.done() and time.monotonic() < until:
                with db.engine().connect() as connection:
                    if connection.scalar(_WAITING):
                        break
        behind.result(PATIENCE)


def test_an_item_mapped_while_its_shop_sells_more_of_it_is_promised_whole(
    actor: Actor, connection_id: UUID
) -> None:
    orders.order(actor, connection_id, sold("THEIRS", 2), number="1")
    orders.order(actor, connection_id, sold("THEIRS", 2), number="2")
    mug = _variant(actor, "MUG", 9)
    with db.reading(actor) as session:
        asked = select(OrderLine.id).join(Order).order_by(Order.number)
        mapped, grown = session.scalars(asked).all()
    more = orders.channel_order(sold("THEIRS", 5), number="2")

    _at_once(
        actor,
        lambda work: orders.taken(work, connection_id, more),
        lambda work: service.map_line(work, mapped, mug),
    )

    with db.reading(actor) as session:
        assert session.get_one(OrderLine, grown).allocated == 5
        level = session.scalars(select(Level).where(Level.variant_id == mug)).one()
        assert level.committed == 7


def _shipped(actor: Actor, connection_id: UUID) -> UUID:
    """Ship an order under a wrong number; returns the parcel."""
    _variant(actor, "MUG", 9)
    order_id = orders.order(actor, connection_id, sold("MUG", 2))
    with unit_of_work(actor) as work:
        return service.ship_order(work, order_id, service.Parcel(None, "UPS", "WRONG"))


def _correct(work: Work, parcel: UUID) -> None:
    service.change_tracking(work, parcel, carrier="UPS", tracking_number="RIGHT", tracking_url="")


def _said_next(actor: Actor, parcel: UUID) -> str:
    with unit_of_work(actor) as work:
        draft = service.draft_of(work, Owed("ship", parcel))
        return draft.number if isinstance(draft, ShipmentDraft) else "nothing"


def test_tracking_corrected_while_the_shop_heard_of_the_old_one_is_told(
    actor: Actor, connection_id: UUID
) -> None:
    parcel = _shipped(actor, connection_id)
    with unit_of_work(actor) as work:
        said = service.draft_of(work, Owed("ship", parcel))

    with unit_of_work(actor) as work:
        _correct(work, parcel)
    with unit_of_work(actor) as work:
        service.note_answer(work, Owed("ship", parcel), Applied(str(parcel), "theirs"), said)

    assert _said_next(actor, parcel) == "RIGHT"
    with db.reading(actor) as session:
        assert session.get_one(Shipment, parcel).external_id == "theirs"


def test_tracking_corrected_while_an_answer_is_written_down_is_told(
    actor: Actor, connection_id: UUID
) -> None:
    parcel = _shipped(actor, connection_id)
    with unit_of_work(actor) as work:
        said = service.draft_of(work, Owed("ship", parcel))
    answer = Applied(str(parcel), "theirs")

    _at_once(
        actor,
        lambda work: service.note_answer(work, Owed("ship", parcel), answer, said),
        lambda work: _correct(work, parcel),
    )

    assert _said_next(actor, parcel) == "RIGHT"
