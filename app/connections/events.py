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
class ConnectionActivated:
    """A shop was connected: its first pull may begin."""

    connection_id: UUID


@dataclass(frozen=True, slots=True)
class ConnectionSettingsChanged:
    """Intervals, rules or directions of a connection changed."""

    connection_id: UUID
