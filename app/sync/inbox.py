"""The inbox of webhooks: kept raw and once, then turned into reads of the objects they name."""

from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import Final
from uuid import UUID

from psycopg.types.json import Jsonb
from sqlalchemy import or_, select, update

from app.adapters.types import Delivery, DeliveryKind
from app.connections import connecting
from app.connections.errors import NotOpen
from app.connections.models import Connection
from app.core import db
from app.core.actor import Actor
from app.core.work import Work, unit_of_work
from app.listings.offers import offers_named
from app.sync import privacy, tasks
from app.sync.errors import ConflictNotFound
from app.sync.models import (
    DeliveryState,
    InboundDelivery,
)

# Webhooks about the shop itself: it is asked how it is, before anything of it is read.
_ASKS: Final = frozenset((DeliveryKind.UNINSTALLED, DeliveryKind.SHOP))
_READS: Final = frozenset(
    (DeliveryKind.PRODUCT, DeliveryKind.PRODUCT_DELETED, DeliveryKind.INVENTORY)
)
_KEEP: Final = """
    INSERT INTO deliveries
        (id, created_at, organization_id, connection_id, event_key, topic, kind, external_id,
         headers, body, state, attempts, duplicates)
    VALUES (%(id)s, %(now)s, %(organization)s, %(connection)s, %(event_key)s, %(topic)s, %(kind)s,
         %(external_id)s, %(headers)s, %(body)s, 'received', 0, 0)
    ON CONFLICT (connection_id, event_key) DO UPDATE SET duplicates = deliveries.duplicates + 1
    RETURNING duplicates
    """


def store_delivery(
    work: Work, connection_id: UUID, delivery: Delivery, headers: Mapping[str, str], body: bytes
) -> bool:
    """Keep a verified webhook raw; False: the same event was kept before."""
    row = {
        "id": db.new_id(),
        "now": work.now,
        "organization": work.organization_id,
        "connection": connection_id,
        "event_key": delivery.event_key,
        "topic": delivery.topic,
        "kind": delivery.kind.value,
        "external_id": delivery.parent_external_id or delivery.external_id,
        "headers": Jsonb(dict(headers)),
        "body": body,
    }
    [(duplicates,)] = work.rows(_KEEP, row)
    return bool(duplicates == 0)


def store_for_shop(
    work: Work,
    channel: str,
    address: str,
    delivery: Delivery,
    headers: Mapping[str, str],
    body: bytes,
) -> UUID | None:
    """Keep what a channel said about a shop as a whole; None: there never was a connection to it.

    It is kept with the newest connection, be it closed by now.
    """
    found = work.session.scalar(
        select(Connection.id)
        .where(
            Connection.organization_id == work.organization_id,
            Connection.channel == channel,
            or_(Connection.address == address, Connection.facts["url"].astext == address),
        )
        .order_by(Connection.id.desc())
        .limit(1)
    )
    if found is not None:
        store_delivery(work, found, delivery, headers, body)
    return found


def take_deliveries(actor: Actor, connection_id: UUID) -> int:
    """Turn kept webhooks into reads of the objects they are about; returns how many."""
    waiting = _waiting(actor, connection_id)
    if _ASKS & waiting:
        with suppress(NotOpen):  # said by the shop, and asked: it may be old news
            connecting.check_connection(actor, connection_id)
    if DeliveryKind.PRIVACY in waiting:
        privacy.follow(actor, connection_id)
    with unit_of_work(actor) as work:
        rows = work.session.scalars(
            select(InboundDelivery)
            .where(
                InboundDelivery.connection_id == connection_id,
                InboundDelivery.state == DeliveryState.RECEIVED,
            )
            .order_by(InboundDelivery.id)
            .limit(500)
            .with_for_update(skip_locked=True)
        ).all()
        wanted: list[str] = []
        ordered: list[str] = []
        for row in rows:
            reads = {DeliveryKind.ORDER: ordered}.get(
                DeliveryKind(row.kind), wanted if DeliveryKind(row.kind) in _READS else None
            )
            is_read = reads is not None and row.external_id is not None
            row.state = DeliveryState.PROCESSED if is_read else DeliveryState.SKIPPED
            row.processed_at, row.attempts = work.now, row.attempts + 1
            if reads is not None and row.external_id:
                reads.append(row.external_id)
            work.touch(f"delivery-{row.id}")
        tasks.request_pulls(work, connection_id, _products_of(work, connection_id, wanted))
        tasks.request_orders(work, connection_id, ordered)
        if rows:
            _note_delivery(work, connection_id)
    return len(rows)


def _waiting(actor: Actor, connection_id: UUID) -> set[str]:
    """Return what kinds of webhooks of a connection wait."""
    with db.reading(actor) as session:
        found = session.scalars(
            select(InboundDelivery.kind)
            .where(
                InboundDelivery.connection_id == connection_id,
                InboundDelivery.state == DeliveryState.RECEIVED,
            )
            .distinct()
        )
        return set(found)


def _products_of(work: Work, connection_id: UUID, external_ids: Sequence[str]) -> list[str]:
    """Return the products to read: a channel may name a variant of one."""
    found = offers_named(work.session, work.organization_id, connection_id, external_ids)
    parents = {each.external_id: each.product for each in found if each.product}
    return [parents.get(key, key) for key in external_ids]


def _note_delivery(work: Work, connection_id: UUID) -> None:
    work.session.execute(
        update(Connection)
        .where(Connection.id == connection_id)
        .values(last_delivery_at=work.now)
        .execution_options(synchronize_session=False)
    )
    work.touch(f"connection-{connection_id}")


def replay_delivery(work: Work, delivery_id: UUID) -> InboundDelivery:
    """Process a kept webhook once more."""
    row = work.session.scalar(
        select(InboundDelivery)
        .where(
            InboundDelivery.id == delivery_id,
            InboundDelivery.organization_id == work.organization_id,
        )
        .with_for_update()
    )
    if row is None:
        raise ConflictNotFound("This webhook does not exist, or you do not have access to it.")
    row.state, row.error = DeliveryState.RECEIVED, None
    work.touch(f"delivery-{row.id}", f"connection-{row.connection_id}")
    return row
