"""What people hear about connections: a new state, an outage and its end, webhooks that stopped."""

from collections.abc import Mapping, Sequence
from typing import Any, Final
from uuid import UUID

from app.adapters.types import Hook
from app.connections.models import Connection, ConnectionState
from app.connections.service import get_connection
from app.core.actor import Actor
from app.core.work import Work, unit_of_work
from app.notices import service as notices
from app.notices.models import Severity

_TITLES: Final[Mapping[ConnectionState, str]] = {
    ConnectionState.ACTIVE: "{name} goes on",
    ConnectionState.PAUSED: "{name} was paused",
    ConnectionState.ERROR: "{name} needs you",
    ConnectionState.DISCONNECTED: "{name} was disconnected",
}
_FROM: Final[Mapping[tuple[ConnectionState, ConnectionState], str | None]] = {
    (ConnectionState.PENDING, ConnectionState.ACTIVE): "{name} is connected",
    (ConnectionState.PENDING, ConnectionState.DISCONNECTED): None,  # its keys were refused
    (ConnectionState.ERROR, ConnectionState.ACTIVE): "{name} works again",
}


def tell_state(actor: Actor, facts: Sequence[Mapping[str, Any]]) -> None:
    """Tell people that a connection changed its state."""
    with unit_of_work(actor) as work:
        for fact in facts:
            before, after = ConnectionState(fact["before"]), ConnectionState(fact["after"])
            title = _FROM.get((before, after), _TITLES.get(after))
            if title is None:
                continue
            row = get_connection(work, UUID(fact["connection_id"]))
            is_bad = after is ConnectionState.ERROR
            sentence = (fact.get("sentence") or "") if is_bad else ""
            severity = Severity.ERROR if is_bad else Severity.INFO
            _tell(work, row, title.format(name=row.name), sentence, severity)


def tell_outage(actor: Actor, facts: Sequence[Mapping[str, Any]]) -> None:
    """Tell people once that a shop has not answered for minutes."""
    with unit_of_work(actor) as work:
        for fact in facts:
            row = get_connection(work, UUID(fact["connection_id"]))
            body = f"{fact['sentence']} Changes wait here and go out when it answers again."
            _tell(work, row, f"{row.name} does not answer", body, Severity.WARNING)


def tell_return(actor: Actor, facts: Sequence[Mapping[str, Any]]) -> None:
    """Tell people that a shop answers again after an outage."""
    with unit_of_work(actor) as work:
        for fact in facts:
            row = get_connection(work, UUID(fact["connection_id"]))
            body = "What waited is being sent and read."
            _tell(work, row, f"{row.name} answers again", body, Severity.INFO)


def tell_hooks(work: Work, row: Connection, hooks: Sequence[Hook]) -> None:
    """Tell people when webhooks had stopped and were set up anew; `row` holds the last look."""
    known = {each["external_id"] for each in row.hooks.get("hooks", ())}
    stopped = len(known - {each.external_id for each in hooks})
    if stopped:
        body = (
            f"The shop had switched off or lost {stopped} of our webhooks. SyncStore set them up"
            " again; regular checks covered the time between."
        )
        _tell(work, row, f"Webhooks of {row.name} had stopped", body, Severity.WARNING)


def tell_hook_problem(work: Work, row: Connection, sentence: str) -> None:
    """Tell people once that webhooks cannot be set up; `row` holds the last look."""
    if row.hooks.get("error") is None:
        body = f"{sentence} Regular checks find changes, later than webhooks would."
        _tell(work, row, f"{row.name} sends no webhooks", body, Severity.WARNING)


def _tell(work: Work, row: Connection, title: str, body: str, severity: Severity) -> None:
    link = f"/connections/{row.id}"
    notices.notify(work, "connection", title, body, link, severity=severity)
