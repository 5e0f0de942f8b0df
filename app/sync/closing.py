"""A connection that was closed: nothing of it waits, runs or asks any more; its history stays."""

from collections.abc import Mapping, Sequence
from typing import Any, Final
from uuid import UUID

from sqlalchemy import update

from app.adapters.types import DeliveryKind
from app.connections.models import ConnectionState
from app.core.actor import Actor
from app.core.work import Work, unit_of_work
from app.sync.models import (
    ChangeState,
    Conflict,
    ConflictState,
    DeliveryState,
    InboundDelivery,
    RunState,
    SyncChange,
    SyncRun,
    SyncTask,
    TaskState,
)

_CLOSED: Final = "The connection was closed."
# What people want done with their data outlives the connection.
_ENDS: Final = InboundDelivery.kind != DeliveryKind.PRIVACY


def connection_closed(actor: Actor, facts: Sequence[Mapping[str, Any]]) -> None:
    """Drop what waits for connections that were disconnected."""
    for fact in facts:
        if fact["after"] == ConnectionState.DISCONNECTED:
            with unit_of_work(actor) as work:
                _drop(work, UUID(fact["connection_id"]))


def _drop(work: Work, connection_id: UUID) -> None:
    dropped: Sequence[tuple[type[Any], Sequence[str], dict[str, Any]]] = (
        (
            SyncTask,
            (TaskState.WAITING, TaskState.RUNNING, TaskState.PARKED),
            {"state": TaskState.DONE, "finished_at": work.now, "error": _CLOSED},
        ),
        (
            SyncRun,
            (RunState.WAITING, RunState.RUNNING, RunState.PAUSED),
            {"state": RunState.CANCELLED, "finished_at": work.now, "error": _CLOSED},
        ),
        (
            SyncChange,
            (ChangeState.HELD, ChangeState.PLANNED, ChangeState.SENT),
            {"state": ChangeState.CANCELLED, "settled_at": work.now, "sentence": _CLOSED},
        ),
        (
            Conflict,
            (ConflictState.OPEN,),
            {
                "state": ConflictState.RESOLVED,
                "resolution": "vanished",
                "resolved_at": work.now,
            },
        ),
        (
            InboundDelivery,
            (DeliveryState.RECEIVED,),
            {"state": DeliveryState.SKIPPED, "processed_at": work.now, "error": _CLOSED},
        ),
    )
    for model, open_states, values in dropped:
        work.session.execute(
            update(model)
            .where(model.connection_id == connection_id, model.state.in_(open_states))
            .where(*([_ENDS] if model is InboundDelivery else []))
            .values(values)
            .execution_options(synchronize_session=False)
        )
    work.touch(f"connection-{connection_id}", "sync_runs", "conflicts")
