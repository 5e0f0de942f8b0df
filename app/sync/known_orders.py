"""Orders that were taken in a moment ago and look the same are not taken in again.

Every read of what moved looks back over an overlap, and in a rush hundreds of orders stand in it.
An order is passed over only when it looks as it did when it was taken in, when its row was not
written since, and when it waits for nothing. The marks are kept in Redis: when they are gone, each
order is taken in again, which changes nothing and costs time.
"""

import hashlib
import logging
from collections.abc import Mapping, Sequence
from typing import Any, Final, cast
from uuid import UUID

import redis
from sqlalchemy import select

from app.adapters.orders import ChannelOrder
from app.core import db, kv
from app.core.actor import Actor
from app.core.settings import current
from app.orders.models import Order
from app.orders.rules import OrderState

log = logging.getLogger(__name__)

_LIFE: Final = 900  # seconds: longer than any overlap


def mark_of(seen: ChannelOrder, version: int) -> str:
    """Return what an order looks like, and the version of the row that was made of it."""
    key = current().secret_key.encode()[:64]
    looks = hashlib.blake2b(repr(seen).encode(), digest_size=16, key=key).hexdigest()
    return f"{looks}:{version}"


def remember(connection_id: UUID, marks: Mapping[str, str]) -> None:
    """Keep the marks of orders, by their external ids, for a while."""
    if not marks:
        return
    fields: dict[Any, Any] = dict(marks)
    try:
        with kv.client().pipeline() as pipe:
            pipe.hset(_key(connection_id), mapping=fields)
            pipe.expire(_key(connection_id), _LIFE)
            pipe.execute()
    except redis.RedisError:
        log.warning("Orders could not be marked as taken in; they will be taken in again.")


def unknown(
    actor: Actor, connection_id: UUID, seen: Sequence[ChannelOrder]
) -> Sequence[ChannelOrder]:
    """Return those orders that are to be taken in."""
    marks = _marks(connection_id, [each.external_id for each in seen])
    if not marks:
        return seen
    with db.reading(actor) as session:
        rows = session.execute(
            select(Order.external_id, Order.version).where(
                Order.connection_id == connection_id,
                Order.external_id.in_(marks),
                Order.state != OrderState.PENDING,
                Order.unmapped == 0,
            )
        )
        versions = {row.external_id: row.version for row in rows}
    return [
        each
        for each in seen
        if each.external_id not in versions
        or marks[each.external_id] != mark_of(each, versions[each.external_id])
    ]


def _marks(connection_id: UUID, external_ids: Sequence[str]) -> dict[str, str]:
    if not external_ids:
        return {}
    try:
        found = cast("list[Any]", kv.client().hmget(_key(connection_id), list(external_ids)))
    except redis.RedisError:
        return {}
    return {
        key: mark.decode() if isinstance(mark, bytes) else str(mark)
        for key, mark in zip(external_ids, found, strict=True)
        if mark is not None
    }


def _key(connection_id: UUID) -> str:
    return f"orders:known:{connection_id}"
