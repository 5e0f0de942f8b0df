"""Opens a connection: from a row with sealed credentials to an adapter on a recorded wire.

Whoever opens one reads and writes through the adapter, outside any unit of work. Leaving records
the exchanges, the API use and what the outcome says about the connection's health, in one unit.
"""

import ssl
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert

from app.adapters.errors import AdapterError, NeedsPerson, Retryable
from app.adapters.port import Channel, ChannelAdapter
from app.connections import rules
from app.connections.errors import ConnectionNotFound, KeysLost, NoSuchChannel, NotOpen
from app.connections.events import (
    ConnectionCameBack,
    ConnectionStateChanged,
    ConnectionWentDown,
)
from app.connections.limits import Turns, turns_of
from app.connections.models import ApiUse, Connection, ConnectionState, ExchangeLog
from app.core import clock, db
from app.core.actor import Actor
from app.core.crypto import CannotOpen
from app.core.logging import correlation_id
from app.core.settings import current
from app.core.transport import Exchange, Inner, Transport
from app.core.work import Work, unit_of_work
from app.registry import CHANNELS

_mounts: Final[dict[str, Inner]] = {}


def mount(address: str, inner: Inner) -> None:
    """Answer this base address in the process itself: a rehearsal store without a socket."""
    _mounts[address.rstrip("/")] = inner


def unmount(address: str) -> None:
    """Forget a rehearsal store."""
    _mounts.pop(address.rstrip("/"), None)


def channel(key: str) -> Channel:
    """Return a kind of channel by its key; raises NoSuchChannel."""
    for each in CHANNELS:
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


@dataclass(slots=True)
class OpenConnection:
    """An adapter in use, with the row it came from and what it said so far."""

    row: Connection
    adapter: ChannelAdapter
    transport: Transport
    run_id: UUID | None
    turns: Turns | None = None
    exchanges: list[tuple[datetime, Exchange]] = field(default_factory=list)
    has_saved: bool = False  # something was said and written down before the end

    @property
    def id(self) -> UUID:
        """The connection's id."""
        return self.row.id

    def hurry(self, *, is_urgent: bool) -> None:
        """Let the coming calls take the share kept for urgent work, or leave it alone again."""
        if self.turns is not None:
            self.turns.limiter.is_urgent = is_urgent

    def save_exchanges(self, actor: Actor) -> None:
        """Write what was said so far to the sync log."""
        if self.exchanges:
            self.has_saved = True
            with unit_of_work(actor) as work:
                _save_exchanges(work, self)


def _verify(wire: dict[str, Any]) -> ssl.SSLContext | bool:
    return ssl.create_default_context(cadata=wire["ca"]) if wire.get("ca") else True


def open_transport(address: str, wire: dict[str, Any], **options: Any) -> Transport:
    """Return a wire to an address, real or mounted, honouring the operator's host rules."""
    inner = _mounts.get(address.rstrip("/"))
    return Transport(
        inner=inner,
        allows_private=current().allow_private_hosts,
        verify=_verify(wire),
        **options,
    )


def _opened(row: Connection, sealed: bytes | None) -> dict[str, Any]:
    if sealed is None:
        return {}
    try:
        return current().key_ring.open(sealed, owner=owner_of(row.organization_id, row.id))
    except CannotOpen as error:
        raise KeysLost from error


def build(
    row: Connection, *, turns: Turns | None = None, **options: Any
) -> tuple[ChannelAdapter, Transport]:
    """Return the adapter of a connection and its wire; the caller closes the wire."""
    credentials = _opened(row, row.credentials)
    secret = _opened(row, row.hook_secret).get("secret", "")
    turns = turns or turns_of(row, channel(row.channel).capabilities)
    asked = turns.options() if turns else {}
    transport = open_transport(row.address, row.wire, **asked, **options)
    settings = {
        **row.wire,
        "base_url": row.address,
        "facts": row.facts,
        "hook_url": hook_address(row),
        "hook_secret": secret,
    }
    return channel(row.channel).build(credentials, settings, transport), transport


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


def _refuse_closed(row: Connection, *, is_check: bool) -> None:
    is_open = row.state == ConnectionState.ACTIVE or (
        is_check and row.state != ConnectionState.DISCONNECTED
    )
    if not is_open:
        raise NotOpen
    if row.blocked_until is not None and row.blocked_until > clock.now() and not is_check:
        raise NotOpen(f"{row.name} rests until the shop answers again.")


def refuse_if_closed(work: Work, connection_id: UUID) -> None:
    """Stop a slice between two batches when somebody paused or disconnected; raises NotOpen."""
    state = work.session.scalar(select(Connection.state).where(Connection.id == connection_id))
    if state != ConnectionState.ACTIVE:
        raise NotOpen


@contextmanager
def open_connection(
    actor: Actor,
    connection_id: UUID,
    *,
    run_id: UUID | None = None,
    is_check: bool = False,
) -> Iterator[OpenConnection]:
    """Open a connection for use; raises NotOpen when it is paused, resting or gone."""
    row = load(actor, connection_id)
    _refuse_closed(row, is_check=is_check)
    said: list[tuple[datetime, Exchange]] = []
    turns = turns_of(row, channel(row.channel).capabilities)
    adapter, transport = build(
        row, turns=turns, recorder=lambda each: said.append((clock.now(), each))
    )
    opened = OpenConnection(row, adapter, transport, run_id, turns, said)
    outcome = rules.CallOutcome(is_ok=True)
    try:
        yield opened
    except AdapterError as error:
        outcome = _outcome_of(error)
        raise
    finally:
        transport.close()
        _leave(actor, opened, outcome)


def _outcome_of(error: AdapterError) -> rules.CallOutcome:
    return rules.CallOutcome(
        is_ok=False,
        needs_person=isinstance(error, NeedsPerson),
        sentence=error.sentence,
        retry_after=error.retry_after if isinstance(error, Retryable) else None,
    )


def _leave(actor: Actor, opened: OpenConnection, outcome: rules.CallOutcome) -> None:
    if not (opened.exchanges or opened.has_saved) and outcome.is_ok:
        return  # nobody was asked, so nothing is known
    has_news = not outcome.is_ok or opened.row.failures or opened.row.error
    if not (opened.exchanges or has_news):
        return
    with unit_of_work(actor) as work:
        _save_exchanges(work, opened)
        if has_news:
            record_outcome(work, opened.row.id, outcome)


def _save_exchanges(work: Work, opened: OpenConnection) -> None:
    said, opened.exchanges[:] = list(opened.exchanges), []
    if not said:
        return
    rows = [
        {
            "id": db.new_id(),
            "created_at": at,
            "organization_id": work.organization_id,
            "connection_id": opened.id,
            "run_id": opened.run_id,
            "method": each.method,
            "url": each.url,
            "status": each.status,
            "milliseconds": each.milliseconds,
            "request": each.request,
            "response": each.response,
            "error": each.error,
            "correlation_id": correlation_id.get() or None,
        }
        for at, each in said
    ]
    work.session.execute(insert(ExchangeLog), rows)
    _count_use(work, opened.id, [each for _, each in said])


def _count_use(work: Work, connection_id: UUID, said: list[Exchange]) -> None:
    counted = insert(ApiUse).values(
        organization_id=work.organization_id,
        connection_id=connection_id,
        hour=work.now.replace(minute=0, second=0, microsecond=0),
        calls=len(said),
        failed=sum(1 for each in said if each.status is None or each.status >= 500),
        throttled=sum(1 for each in said if each.status == 429),
        milliseconds=sum(each.milliseconds for each in said),
    )
    work.session.execute(
        counted.on_conflict_do_update(
            index_elements=[ApiUse.connection_id, ApiUse.hour],
            set_={
                "calls": ApiUse.calls + counted.excluded.calls,
                "failed": ApiUse.failed + counted.excluded.failed,
                "throttled": ApiUse.throttled + counted.excluded.throttled,
                "milliseconds": ApiUse.milliseconds + counted.excluded.milliseconds,
            },
        )
    )


def record_outcome(work: Work, connection_id: UUID, outcome: rules.CallOutcome) -> None:
    """Write what a use of the connection showed: healthy again, resting, or needing a person."""
    row = work.session.get_one(Connection, connection_id, with_for_update=True)
    before, failures = row.state, row.failures
    if outcome.is_ok:
        row.failures, row.blocked_until, row.error, row.error_at = 0, None, None, None
        if row.state == ConnectionState.ERROR:
            row.state = ConnectionState.ACTIVE
    else:
        row.failures += 1
        row.error, row.error_at = outcome.sentence, work.now
        row.blocked_until = rules.blocked_until(row.failures, outcome.retry_after, now=work.now)
        if outcome.needs_person and row.state == ConnectionState.ACTIVE:
            row.state = ConnectionState.ERROR
    work.touch(f"connection-{connection_id}", "connections")
    if failures < rules.DOWN_FAILURES <= row.failures and not outcome.needs_person:
        work.emit(ConnectionWentDown(connection_id, outcome.sentence or ""))
    elif outcome.is_ok and failures >= rules.DOWN_FAILURES:
        work.emit(ConnectionCameBack(connection_id))
    if row.state != before:
        work.emit(ConnectionStateChanged(connection_id, before, row.state, row.error))
