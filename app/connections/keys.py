"""Keys kept here: how each is sealed, and sealing all anew after the key ring was turned."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.connections import apps
from app.connections.models import Connection
from app.connections.wire import owner_of
from app.core.crypto import CannotOpen, KeyRing
from app.core.settings import current
from app.core.work import Work
from app.team.service import record_audit


@dataclass(frozen=True, slots=True)
class KeptKey:
    """The keys of one connection, as people may see them: never the keys."""

    connection: Connection
    is_readable: bool  # the ring opens them
    is_newest: bool  # sealed with the newest key of the ring


def kept_keys(session: Session) -> Sequence[KeptKey]:
    """Return the kept keys of an organization, by name of the connection."""
    ring = current().key_ring
    rows = session.scalars(
        select(Connection)
        .where(Connection.credentials.is_not(None))
        .order_by(Connection.name, Connection.id)
    )
    return [KeptKey(row, _opens(ring, row), _is_newest(ring, row)) for row in rows]


def _secrets(row: Connection) -> list[bytes]:
    kept = (row.credentials, row.hook_secret, row.next_credentials)
    return [each for each in kept if each is not None]


def _is_newest(ring: KeyRing, row: Connection) -> bool:
    return all(ring.is_newest(each) for each in _secrets(row))


def _opens(ring: KeyRing, row: Connection) -> bool:
    owner = owner_of(row.organization_id, row.id)
    try:
        for each in _secrets(row):
            ring.open(each, owner=owner)
    except CannotOpen:
        return False
    return True


def reseal(work: Work) -> int:
    """Seal the organization's keys with the newest key of the ring; returns how many were old.

    Afterwards the older keys may leave ENCRYPTION_KEYS. What no key opens stays as it is.
    """
    ring = current().key_ring
    count = apps.reseal(work)
    for row in work.session.scalars(
        select(Connection)
        .where(
            Connection.organization_id == work.organization_id,
            Connection.credentials.is_not(None),
        )
        .order_by(Connection.id)
        .with_for_update()
    ):
        if _is_newest(ring, row) or not _opens(ring, row):
            continue
        owner = owner_of(row.organization_id, row.id)
        row.credentials, row.hook_secret, row.next_credentials = (
            None if each is None else ring.seal(ring.open(each, owner=owner), owner=owner)
            for each in (row.credentials, row.hook_secret, row.next_credentials)
        )
        count += 1
    if count:
        record_audit(
            work,
            "keys.resealed",
            "organization",
            work.organization_id,
            f"Sealed {count} keys anew.",
        )
    return count
