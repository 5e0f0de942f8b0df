"""Keys that end: renewed early, once across all workers, and used only after a call proved them.

One worker claims the renewal by a conditional update that also sees whether somebody renewed
meanwhile; a dead one loses its claim. The new keys are kept sealed before they are tried, so a
crash in between loses none, and the old ones stay in use until the shop accepted the new ones.
"""

import logging
import time
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from sqlalchemy import or_, update

from app.adapters.errors import AdapterError, NeedsPerson, NeedsReauth, Permanent, Unavailable
from app.connections import rules
from app.connections.building import (
    build,
    channel,
    credentials_of,
    load,
    open_transport,
    sealed_for,
    settings_of,
)
from app.connections.errors import NotOpen
from app.connections.models import Connection
from app.core import clock, faults
from app.core.actor import Actor
from app.core.db import affected, new_id
from app.core.transport import TransportError
from app.core.work import Work, unit_of_work

log = logging.getLogger(__name__)

CLAIM: Final = timedelta(minutes=2)
LOOKS: Final = 100  # at another worker's renewal, while our keys are over
_BETWEEN: Final = 0.2  # seconds
_JUST: Final = timedelta(minutes=1)


def renewed(actor: Actor, row: Connection) -> Connection:
    """Return the connection with keys that live for a while, renewed if they end soon.

    Raises an AdapterError when they are over and cannot be renewed.
    """
    kind = channel(row.channel)
    if kind.refresh is None or not rules.is_renewal_due(row.keys_end_at, now=clock.now()):
        return row
    mark = new_id().hex
    if not _claim(actor, row, mark):
        return _after_others(actor, row)
    try:
        return _renew(actor, row, mark)
    except AdapterError as error:
        _give_up(actor, row.id, mark, is_refused=isinstance(error, NeedsReauth))
        if row.keys_end_at is not None and row.keys_end_at > clock.now():
            log.warning("Keys of connection %s could not be renewed yet: %s", row.id, error)
            return load(actor, row.id)
        raise


def _claim(actor: Actor, row: Connection, mark: str) -> bool:
    with unit_of_work(actor) as work:
        taken = affected(
            work.session,
            update(Connection)
            .where(
                Connection.id == row.id,
                Connection.keys_end_at == row.keys_end_at,
                or_(Connection.renewer_until.is_(None), Connection.renewer_until < work.now),
            )
            .values(renewer=mark, renewer_until=work.now + CLAIM),
        )
    return taken == 1


def _after_others(actor: Actor, row: Connection) -> Connection:
    """Go on with the old keys while they live; else wait until somebody renewed them."""
    for _ in range(LOOKS):
        now = load(actor, row.id)
        if now.keys_end_at is None or now.keys_end_at > clock.now():
            return now
        time.sleep(_BETWEEN)
    raise NotOpen(f"The keys of {row.name} are being renewed.")


def _renew(actor: Actor, row: Connection, mark: str) -> Connection:
    kept = load(actor, row.id).next_credentials
    fresh = kept if kept is not None and _live(row, kept) else _ask(row, kept)
    with unit_of_work(actor) as work:
        _set(work, row.id, mark, next_credentials=fresh)
    faults.point("keys.kept")
    _prove(row, fresh)
    credentials = credentials_of(row, fresh)
    with unit_of_work(actor) as work:
        _set(
            work,
            row.id,
            mark,
            credentials=fresh,
            next_credentials=None,
            keys_end_at=rules.moment(credentials.get("expires_at")),
            grant_ends_at=rules.moment(credentials.get("grant_ends_at")) or row.grant_ends_at,
            renewed_at=work.now,
            renewer=None,
            renewer_until=None,
        )
    return load(actor, row.id)


def _live(row: Connection, sealed: bytes) -> bool:
    """Tell whether keys kept since an earlier renewal are still good: nobody could prove them."""
    ends = rules.moment(credentials_of(row, sealed).get("expires_at"))
    return ends is None or ends > clock.now()


def _ask(row: Connection, kept: bytes | None) -> bytes:
    """Let the channel renew the newest keys it gave us; returns the fresh ones sealed."""
    refresh = channel(row.channel).refresh
    transport = open_transport(row.address, row.wire)  # unrecorded: its bodies are keys
    try:
        found = refresh(credentials_of(row, kept), settings_of(row), transport) if refresh else None
    except TransportError as error:
        raise Unavailable(str(error), code="no_answer") from error
    except NeedsPerson:
        raise
    except Permanent as error:  # asking again does not help, and no item is to blame
        raise NeedsPerson(error.sentence, code=error.code) from error
    finally:
        transport.close()
    if found is None:
        raise NeedsReauth
    return sealed_for(row, found)


def _prove(row: Connection, fresh: bytes) -> None:
    """Make one call with new keys; raises an AdapterError when the shop does not take them.

    A shop that answers takes them, however ill it is: the old ones may have ended with this call.
    """
    kept, row.credentials = row.credentials, fresh
    adapter, transport = build(row)
    try:
        adapter.check()
    finally:
        transport.close()
        row.credentials = kept


def _set(work: Work, connection_id: UUID, mark: str, **values: object) -> None:
    """Write what a renewal came to, unless its claim was lost meanwhile."""
    work.session.execute(
        update(Connection)
        .where(Connection.id == connection_id, Connection.renewer == mark)
        .values(**values)
    )


def _give_up(actor: Actor, connection_id: UUID, mark: str, *, is_refused: bool) -> None:
    """End the claim; new keys the shop refused are forgotten, unproved ones are tried again."""
    dropped: dict[str, object] = {"next_credentials": None} if is_refused else {}
    with unit_of_work(actor) as work:
        _set(work, connection_id, mark, renewer=None, renewer_until=None, **dropped)


def expire(actor: Actor, row: Connection) -> bool:
    """Note that the shop refused living keys: they are renewed next; False: they cannot be."""
    is_fresh = row.renewed_at is not None and clock.now() - row.renewed_at < _JUST
    if channel(row.channel).refresh is None or row.keys_end_at is None or is_fresh:
        return False
    with unit_of_work(actor) as work:
        work.session.execute(
            update(Connection)
            .where(Connection.id == row.id, Connection.keys_end_at == row.keys_end_at)
            .values(keys_end_at=min(row.keys_end_at, _over(work.now)))
        )
    return True


def _over(now: datetime) -> datetime:
    return now - timedelta(seconds=1)
