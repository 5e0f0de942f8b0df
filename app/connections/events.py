"""Facts about connections."""

from dataclasses import dataclass
from uuid import UUID


@dataclass(frozen=True, slots=True)
class ConnectionStateChanged:
    """A connection began or ceased to work; the sentence says why."""

    connection_id: UUID
    before: str
    after: str
    sentence: str | None


@dataclass(frozen=True, slots=True)
class ConnectionWentDown:
    """A shop has not answered for minutes; the sentence says what it did instead."""

    connection_id: UUID
    sentence: str


@dataclass(frozen=True, slots=True)
class ConnectionCameBack:
    """A shop answers again after an outage people were told of."""

    connection_id: UUID


@dataclass(frozen=True, slots=True)
class ConnectionActivated:
    """A shop was connected: its first pull may begin."""

    connection_id: UUID


@dataclass(frozen=True, slots=True)
class ConnectionSettingsChanged:
    """Intervals, rules or directions of a connection changed."""

    connection_id: UUID
