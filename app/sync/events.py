"""Facts about syncing."""

from dataclasses import dataclass
from uuid import UUID


@dataclass(frozen=True, slots=True)
class RunRequested:
    """A person or a schedule asked for a read of a connection."""

    run_id: UUID
    connection_id: UUID


@dataclass(frozen=True, slots=True)
class PushRequested:
    """Listings of a connection wait to be sent."""

    connection_id: UUID
    is_urgent: bool


@dataclass(frozen=True, slots=True)
class PullRequested:
    """Items of a connection wait to be read."""

    connection_id: UUID


@dataclass(frozen=True, slots=True)
class OrdersRequested:
    """Orders of a connection wait to be read."""

    connection_id: UUID


@dataclass(frozen=True, slots=True)
class TellRequested:
    """A channel is to hear what happened to its orders."""

    connection_id: UUID
