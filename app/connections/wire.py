"""Opens a connection: from a row with sealed credentials to an adapter on a recorded wire.

Whoever opens one reads and writes through the adapter, outside any unit of work. Keys that end soon
are renewed first; while the breaker is open, only one probe goes through. Leaving records the
exchanges, the API use and what the outcome says about the connection's health, in one unit.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert

from app.adapters.errors import (
    OWN_LIMIT,
    AdapterError,
    BadPayload,
    NeedsPerson,
    NeedsReauth,
    Retryable,
    Throttled,
    Unavailable,
    Unknown,
)
from app.adapters.port import ChannelAdapter
from app.connections import breaker, renewal, rules
from app.connections.building import (
    build,
    channel,
    hook_address,
    lend,
    load,
    mount,
    open_transport,
    owner_of,
    sealed_for,
    take_back,
    unmount,
)
from app.connections.errors import NotOpen
from app.connections.limits import Turns, turns_of
from app.connections.models import ApiUse, Connection, ConnectionState, ExchangeLog
from app.core import clock, db
from app.core.actor import Actor
from app.core.logging import correlation_id
from app.core.transport import Exchange, Transport
from app.core.work import Work, unit_of_work

__all__ = [
    "OpenConnection",
    "build",
    "channel",
    "hook_address",
    "lend",
    "load",
    "mount",
    "open_connection",
    "open_transport",
    "owner_of",
    "probe",
    "sealed_for",
    "take_back",
    "unmount",
]
_RENEWING = "The shop ended our keys early. SyncStore renews them and goes on by itself."


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

    @contextmanager
    def giving_way(self, is_over: Callable[[], bool]) -> Iterator[None]:
        """Wait no longer for a turn once `is_over`; the call is refused as by our own limit."""
        if self.turns is not None:
            self.turns.limiter.gives_way = is_over
        try:
            yield
        finally:
            if self.turns is not None:
                self.turns.limiter.gives_way = None

    def save_exchanges(self, actor: Actor) -> None:
        """Write what was said so far to the sync log."""
        if self.exchanges:
            self.has_saved = True
            with unit_of_work(actor) as work:
                _save_exchanges(work, self)


def _refuse_closed(row: Connection, *, is_check: bool) -> None:
    is_open = row.state == ConnectionState.ACTIVE or (
        is_check and row.state != ConnectionState.DISCONNECTED
    )
    if not is_open:
        raise NotOpen
    if row.blocked_until is not None and row.blocked_until > clock.now() and not is_check:
        raise NotOpen(f"{row.name} rests until the shop answers again.")


def refuse_if_outdated(work: Work, opened: OpenConnection) -> None:
    """Stop a slice between two batches; raises NotOpen.

    Somebody paused or disconnected, or lets other locations count: this adapter looks at the old.
    """
    found = select(Connection.state, Connection.settings).where(Connection.id == opened.id)
    state, settings = work.session.execute(found).one()
    now, then = (
        rules.counted_places(each, opened.row.facts) for each in (settings, opened.row.settings)
    )
    if state != ConnectionState.ACTIVE or now != then:
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
    if row.opened_at is not None and not is_check:
        probe(actor, connection_id)
        row = load(actor, connection_id)
    row = _with_living_keys(actor, row)
    opened = _open(row, run_id)
    outcome: rules.CallOutcome | None = rules.CallOutcome(is_ok=True)
    try:
        yield opened
    except NeedsReauth as error:
        if renewal.expire(actor, row):
            outcome = None
            raise Unavailable(_RENEWING, code="renewing") from error
        outcome = outcome_of(error)
        raise
    except AdapterError as error:
        outcome = outcome_of(error)
        raise
    finally:
        opened.transport.close()
        _leave(actor, opened, outcome)


def _open(row: Connection, run_id: UUID | None) -> OpenConnection:
    said: list[tuple[datetime, Exchange]] = []
    turns = turns_of(row, channel(row.channel).capabilities)
    adapter, transport = build(
        row, turns=turns, recorder=lambda each: said.append((clock.now(), each))
    )
    return OpenConnection(row, adapter, transport, run_id, turns, said)


def _with_living_keys(actor: Actor, row: Connection) -> Connection:
    """Return the row with keys that live for a while; a failure to renew them is an outcome."""
    try:
        return renewal.renewed(actor, row)
    except AdapterError as error:
        with unit_of_work(actor) as work:
            breaker.note(work, row.id, outcome_of(error))
        raise


def probe(actor: Actor, connection_id: UUID) -> None:
    """Make the one call that may close an open breaker; raises NotOpen while it stays open."""
    with unit_of_work(actor) as work:
        if not breaker.claim_probe(work, connection_id):
            raise NotOpen("Somebody asks the shop already whether it answers again.")
    try:
        with open_connection(actor, connection_id, is_check=True) as opened:
            opened.adapter.check()
    except AdapterError as error:
        raise NotOpen(error.sentence) from error
    with unit_of_work(actor) as work:
        breaker.note(work, connection_id, rules.CallOutcome(is_ok=True))


def outcome_of(error: AdapterError) -> rules.CallOutcome | None:
    """Return what a failure says about the shop; None: nothing, we kept ourselves from asking."""
    if error.code == OWN_LIMIT:
        return None
    is_silent = isinstance(error, Retryable | Unknown | BadPayload)
    return rules.CallOutcome(
        is_ok=False,
        needs_person=isinstance(error, NeedsPerson),
        is_outage=is_silent and not isinstance(error, Throttled),
        is_throttled=isinstance(error, Throttled),
        sentence=error.sentence,
        retry_after=error.retry_after if isinstance(error, Retryable) else None,
    )


def _leave(actor: Actor, opened: OpenConnection, outcome: rules.CallOutcome | None) -> None:
    is_quiet = outcome is None or outcome.is_ok
    if not (opened.exchanges or opened.has_saved) and is_quiet:
        return  # nobody was asked, so nothing is known
    row = opened.row
    has_news = not is_quiet or row.failures or row.error or row.opened_at
    if not (opened.exchanges or has_news):
        return
    with unit_of_work(actor) as work:
        _save_exchanges(work, opened)
        if outcome is not None and has_news:
            breaker.note(work, row.id, outcome)


def _save_exchanges(work: Work, opened: OpenConnection) -> None:
    # Another page may be on its way in another thread: what it says meanwhile is for the next time.
    said = [opened.exchanges.pop(0) for _ in range(len(opened.exchanges))]
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
