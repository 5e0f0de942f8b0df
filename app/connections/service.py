"""Writes on connections: connecting, settings, pausing, health."""

import hashlib
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import timedelta
from typing import Any, Final
from urllib.parse import urlsplit
from uuid import UUID

from sqlalchemy import delete, select

from app.adapters.types import Health, Hook
from app.connections import rules
from app.connections.errors import AddressTaken, ConnectionNotFound, NotOpen
from app.connections.events import (
    ConnectionActivated,
    ConnectionSettingsChanged,
    ConnectionStateChanged,
)
from app.connections.models import Connection, ConnectionRequest, ConnectionState
from app.connections.wire import owner_of
from app.core.db import new_id
from app.core.errors import Invalid, Stale
from app.core.schedule import Schedule
from app.core.settings import current
from app.core.work import Work
from app.notices import service as notices
from app.notices.models import Severity
from app.team.service import record_audit

ADDRESS_LENGTH: Final = 500
REQUEST_LIFE: Final = timedelta(minutes=30)
_LIVE: Final = ConnectionState.DISCONNECTED


def get_connection(work: Work, connection_id: UUID) -> Connection:
    """Return a connection of this organization; raises ConnectionNotFound."""
    found = work.session.scalar(
        select(Connection).where(
            Connection.id == connection_id,
            Connection.organization_id == work.organization_id,
        )
    )
    if found is None:
        raise ConnectionNotFound
    return found


def refuse_taken(work: Work, channel: str, address: str) -> None:
    """Raise AddressTaken when the shop is connected already."""
    taken = select(Connection.id).where(
        Connection.organization_id == work.organization_id,
        Connection.channel == channel,
        Connection.address == address,
        Connection.state != _LIVE,
    )
    if work.session.scalar(select(taken.exists())):
        raise AddressTaken


def find_failing(work: Work, channel: str, address: str) -> UUID | None:
    """Return the connection to a shop that needs a person, if there is one."""
    return work.session.scalar(
        select(Connection.id).where(
            Connection.organization_id == work.organization_id,
            Connection.channel == channel,
            Connection.address == address,
            Connection.state == ConnectionState.ERROR,
        )
    )


def refuse_odd_address(address: str) -> None:
    """Raise Invalid for what cannot be the address of a shop: another scheme, no host, a password.

    It may come from a link, past the form that found it.
    """
    try:
        parts = urlsplit(address)
        is_plain = bool(parts.hostname) and parts.username is None and parts.port != 0
    except ValueError:
        is_plain = False
    if not is_plain or parts.scheme not in ("http", "https") or len(address) > ADDRESS_LENGTH:
        raise Invalid(fields={"base_url": "Enter the shop's address, such as https://example.com."})


def token_hash(token: str) -> str:
    """Return the digest under which a one-time token is kept."""
    return hashlib.sha256(token.encode()).hexdigest()


def open_request(
    work: Work, channel: str, name: str, address: str, *, connection_id: UUID | None = None
) -> str:
    """Begin an approval at the shop; returns the one-time token, `<organization>.<random>`.

    With a `connection_id`, a connected shop is to approve us once more.
    """
    refuse_odd_address(address)
    if connection_id is None:
        refuse_taken(work, channel, address)
    token = f"{work.organization_id}.{secrets.token_urlsafe(32)}"
    work.session.add(
        ConnectionRequest(
            organization_id=work.organization_id,
            token_hash=token_hash(token),
            user_id=work.actor.user_id,
            channel=channel,
            name=refuse_invalid_name(name),
            address=address,
            expires_at=work.now + REQUEST_LIFE,
            connection_id=connection_id,
        )
    )
    return token


def take_request(work: Work, token: str) -> ConnectionRequest:
    """Use up a one-time token; raises Invalid when it is unknown, used or too old."""
    found = work.session.scalar(
        select(ConnectionRequest)
        .where(
            ConnectionRequest.token_hash == token_hash(token),
            ConnectionRequest.organization_id == work.organization_id,
        )
        .with_for_update()
    )
    if found is None or found.used_at is not None or found.expires_at < work.now:
        raise Invalid("This approval is unknown, was used already, or is older than 30 minutes.")
    found.used_at = work.now
    return found


def find_request(work: Work, token: str) -> ConnectionRequest | None:
    """Return the approval a token belongs to, whatever became of it."""
    return work.session.scalar(
        select(ConnectionRequest).where(
            ConnectionRequest.token_hash == token_hash(token),
            ConnectionRequest.organization_id == work.organization_id,
        )
    )


def add_connection(
    work: Work,
    *,
    channel: str,
    name: str,
    address: str,
    credentials: Mapping[str, Any],
    wire: Mapping[str, Any],
) -> Connection:
    """Write down a connection whose keys are to be checked; it is pending until activated."""
    refuse_odd_address(address)
    refuse_taken(work, channel, address)
    connection_id = new_id()
    owner = owner_of(work.organization_id, connection_id)
    ring = current().key_ring
    row = Connection(
        id=connection_id,
        organization_id=work.organization_id,
        channel=channel,
        name=name,
        address=address,
        state=ConnectionState.PENDING,
        credentials=ring.seal(dict(credentials), owner=owner),
        key_hint=hint_of(credentials),
        wire=dict(wire),
        settings={},
        hook_token=secrets.token_urlsafe(32),
        hook_secret=ring.seal({"secret": secrets.token_hex(32)}, owner=owner),
    )
    _note_ends(row, credentials)
    work.session.add(row)
    work.session.flush()
    record_audit(work, "connection.added", "connection", row.id, f"Connected {name} ({address})")
    _tell(work, row)
    return row


def hint_of(credentials: Mapping[str, Any]) -> str:
    """Return the last characters of a key, for people to tell keys apart."""
    key = str(credentials.get("key") or "")
    return f"…{key[-7:]}" if key else ""


def replace_credentials(
    work: Work, connection_id: UUID, credentials: Mapping[str, Any]
) -> Connection:
    """Seal new keys that were proved to work; raises NotOpen where the old ones were forgotten."""
    row = get_connection(work, connection_id)
    if row.state == ConnectionState.DISCONNECTED:
        raise NotOpen
    owner = owner_of(work.organization_id, row.id)
    row.credentials = current().key_ring.seal(dict(credentials), owner=owner)
    row.key_hint, row.next_credentials = hint_of(credentials), None
    _note_ends(row, credentials)
    _forget_failures(row)
    if row.state == ConnectionState.ERROR:
        set_state(work, row, ConnectionState.ACTIVE)
    record_audit(work, "connection.keys", "connection", row.id, f"New keys for {row.name}")
    _tell(work, row)
    return row


def _note_ends(row: Connection, credentials: Mapping[str, Any]) -> None:
    """Keep when these keys end, and when the merchant has to approve us again."""
    row.keys_end_at = rules.moment(credentials.get("expires_at"))
    row.grant_ends_at, row.grant_told = rules.moment(credentials.get("grant_ends_at")), None


def _forget_failures(row: Connection) -> None:
    row.failures, row.blocked_until, row.error, row.error_at = 0, None, None, None
    row.opened_at, row.probe_until, row.told = None, None, 0


def note_health(work: Work, connection_id: UUID, health: Health) -> Connection:
    """Keep what a check found: facts of the shop, and whether it is well."""
    row = get_connection(work, connection_id)
    row.last_checked_at = work.now
    if health.facts is not None:
        row.facts = {**row.facts, **asdict(health.facts), "warnings": list(health.warnings)}
    if not health.is_ok:
        row.error = health.problems[0].sentence if health.problems else "The check failed."
        row.error_at = work.now
    if health.grant_ends_at is not None:
        row.grant_ends_at = health.grant_ends_at
    _warn_of_grant(work, row)
    _tell(work, row)
    return row


def _warn_of_grant(work: Work, row: Connection) -> None:
    """Tell people before the merchant's approval ends: 30, 7 and 1 days ahead, and when it did."""
    if row.grant_ends_at is None or row.state == ConnectionState.DISCONNECTED:
        return
    days = rules.grant_warning(row.grant_ends_at, row.grant_told, now=work.now)
    if days is None:
        return
    row.grant_told = days
    ahead = {0: "has ended", 1: "ends within a day"}.get(days, f"ends within {days} days")
    notices.notify(
        work,
        "connection",
        f"The approval of {row.name} {ahead}",
        "Connect the shop again to renew it. Until then nothing changes; after its end nothing"
        " is read or sent.",
        f"/connections/{row.id}",
        severity=Severity.WARNING if days > 1 else Severity.ERROR,
    )


def note_hooks(work: Work, connection_id: UUID, hooks: Sequence[Hook]) -> None:
    """Keep which webhooks stand at the shop."""
    row = get_connection(work, connection_id)
    row.hooks = {
        "checked_at": work.now.isoformat(),
        "hooks": [asdict(each) for each in hooks],
        "error": None,
    }
    _tell(work, row)


def note_hook_problem(work: Work, connection_id: UUID, sentence: str) -> None:
    """Keep why webhooks could not be set up; polling covers for them."""
    row = get_connection(work, connection_id)
    row.hooks = {**row.hooks, "checked_at": work.now.isoformat(), "error": sentence}
    _tell(work, row)


def activate(work: Work, connection_id: UUID) -> Connection:
    """Let a connection work: its first read begins."""
    row = get_connection(work, connection_id)
    is_first = row.connected_at is None
    set_state(work, row, ConnectionState.ACTIVE)
    row.connected_at = row.connected_at or work.now
    if is_first:
        work.emit(ConnectionActivated(row.id))
    return row


def pause(work: Work, connection_id: UUID) -> Connection:
    """Stop reading and writing until resumed; webhooks are kept for then."""
    row = get_connection(work, connection_id)
    set_state(work, row, ConnectionState.PAUSED)
    record_audit(work, "connection.paused", "connection", row.id, f"Paused {row.name}")
    return row


def resume(work: Work, connection_id: UUID) -> Connection:
    """Go on after a pause or an error."""
    row = get_connection(work, connection_id)
    set_state(work, row, ConnectionState.ACTIVE)
    _forget_failures(row)
    work.emit(ConnectionSettingsChanged(row.id))
    record_audit(work, "connection.resumed", "connection", row.id, f"Resumed {row.name}")
    return row


def close_connection(work: Work, connection_id: UUID) -> Connection:
    """Forget the keys of a connection; its listings and history stay."""
    row = get_connection(work, connection_id)
    set_state(work, row, ConnectionState.DISCONNECTED)
    row.credentials, row.hook_secret, row.key_hint = None, None, None
    row.next_credentials, row.keys_end_at, row.grant_ends_at = None, None, None
    work.session.execute(delete(Schedule).where(Schedule.subject_id == row.id))
    record_audit(work, "connection.removed", "connection", row.id, f"Disconnected {row.name}")
    return row


def set_state(work: Work, row: Connection, state: ConnectionState) -> None:
    """Move a connection to another state; raises NotOpen when that cannot follow."""
    before = ConnectionState(row.state)
    if before == state:
        return
    if not rules.may_follow(before, state):
        raise NotOpen
    row.state = state
    work.emit(ConnectionStateChanged(row.id, before, state, row.error))
    _tell(work, row)


def change_settings(
    work: Work, connection_id: UUID, *, name: str, settings: Mapping[str, Any], version: int
) -> Connection:
    """Save name and rules of a connection; raises Stale when somebody else saved meanwhile."""
    row = get_connection(work, connection_id)
    if row.version != version:
        raise Stale
    before = dict(row.settings)
    row.name, row.settings, row.version = name, {**row.settings, **settings}, version + 1
    changed = sorted(key for key in row.settings if before.get(key) != row.settings[key])
    record_audit(
        work,
        "connection.settings",
        "connection",
        row.id,
        f"Changed settings of {name}",
        {"changed": changed},
    )
    work.emit(ConnectionSettingsChanged(row.id))
    _tell(work, row)
    return row


def _tell(work: Work, row: Connection) -> None:
    work.touch(f"connection-{row.id}", "connections")


def refuse_invalid_name(name: str) -> str:
    """Return a trimmed name; raises Invalid at the field when it is empty or too long."""
    trimmed = name.strip()
    if not trimmed or len(trimmed) > 100:
        raise Invalid(fields={"name": "Give the connection a name of up to 100 characters."})
    return trimmed


def setting_of(row: Connection, name: str) -> Any:
    """Return a setting of a connection, or its default."""
    return rules.setting(row.settings, name)
