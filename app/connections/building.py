"""From a row with sealed credentials to an adapter on a wire."""

import ssl
from collections.abc import Mapping
from typing import Any, Final
from uuid import UUID

from sqlalchemy import select

from app.adapters.port import AppKeys, Channel, ChannelAdapter
from app.connections import apps
from app.connections.errors import ConnectionNotFound, KeysLost, NoSuchChannel
from app.connections.limits import Turns, turns_of
from app.connections.models import Connection
from app.core import db
from app.core.actor import Actor, job_actor
from app.core.crypto import CannotOpen
from app.core.settings import current
from app.core.transport import Inner, Transport
from app.registry import CHANNELS

_mounts: Final[dict[str, Inner]] = {}
_lent: Final[dict[str, Channel]] = {}


def mount(address: str, inner: Inner) -> None:
    """Answer this base address in the process itself: a rehearsal store without a socket."""
    _mounts[address.rstrip("/")] = inner


def unmount(address: str) -> None:
    """Forget a rehearsal store."""
    _mounts.pop(address.rstrip("/"), None)


def lend(kind: Channel) -> None:
    """Know one more kind of channel in this process, for rehearsals."""
    _lent[kind.key] = kind


def take_back(key: str) -> None:
    """Forget a lent kind of channel."""
    _lent.pop(key, None)


def channel(key: str) -> Channel:
    """Return a kind of channel by its key; raises NoSuchChannel."""
    for each in (*CHANNELS, *_lent.values()):
        if each.key == key:
            return each
    raise NoSuchChannel(key)


def owner_of(organization_id: UUID, connection_id: UUID) -> str:
    """Return the words that bind a sealed credential to its row."""
    return f"{organization_id}:{connection_id}"


def hook_address(connection: Connection) -> str:
    """Return the address where this connection's channel delivers its webhooks."""
    base = current().public_url
    return f"{base}/hooks/{connection.channel}/{connection.organization_id}/{connection.hook_token}"


def _verify(wire: dict[str, Any]) -> ssl.SSLContext | None:
    return ssl.create_default_context(cadata=wire["ca"]) if wire.get("ca") else None


def open_transport(address: str, wire: dict[str, Any], **options: Any) -> Transport:
    """Return a wire to an address, real or mounted, honouring the operator's host rules."""
    inner = _mounts.get(address.rstrip("/"))
    return Transport(
        inner=inner,
        allows_private=current().allow_private_hosts,
        verify=_verify(wire),
        **options,
    )


def settings_of(row: Connection) -> dict[str, Any]:
    """Return what an adapter is told beside its credentials."""
    return {
        **row.wire,
        "base_url": row.address,
        "facts": row.facts,
        "location_id": row.settings.get("location_id"),
        "more_location_ids": row.settings.get("more_location_ids"),
        "app": _app_of(row),
        "hook_url": hook_address(row),
        "hook_secret": _opened(row, row.hook_secret).get("secret", ""),
    }


def _app_of(row: Connection) -> AppKeys | None:
    """Return the organization's app at the channel as it is now: its secret may be another."""
    if channel(row.channel).oauth is None:
        return None
    try:
        with db.reading(job_actor(row.organization_id)) as session:
            return apps.find_app(session, row.organization_id, row.channel)
    except CannotOpen:
        return None


def _opened(row: Connection, sealed: bytes | None) -> dict[str, Any]:
    if sealed is None:
        return {}
    try:
        return current().key_ring.open(sealed, owner=owner_of(row.organization_id, row.id))
    except CannotOpen as error:
        raise KeysLost from error


def credentials_of(row: Connection, sealed: bytes | None = None) -> dict[str, Any]:
    """Open the credentials of a connection, or others sealed for it; raises KeysLost."""
    return _opened(row, sealed or row.credentials)


def build(
    row: Connection, *, turns: Turns | None = None, **options: Any
) -> tuple[ChannelAdapter, Transport]:
    """Return the adapter of a connection and its wire; the caller closes the wire."""
    turns = turns or turns_of(row, channel(row.channel).capabilities)
    asked = turns.options() if turns else {}
    transport = open_transport(row.address, row.wire, **asked, **options)
    adapter = channel(row.channel).build(credentials_of(row), settings_of(row), transport)
    return adapter, transport


def sealed_for(row: Connection, credentials: Mapping[str, Any]) -> bytes:
    """Seal keys for a connection."""
    owner = owner_of(row.organization_id, row.id)
    return current().key_ring.seal(dict(credentials), owner=owner)


def load(actor: Actor, connection_id: UUID) -> Connection:
    """Return a connection's row, detached; raises ConnectionNotFound."""
    with db.reading(actor) as session:
        row = session.scalar(
            select(Connection).where(
                Connection.id == connection_id,
                Connection.organization_id == actor.organization,
            )
        )
        if row is None:
            raise ConnectionNotFound
        session.expunge(row)
        return row
