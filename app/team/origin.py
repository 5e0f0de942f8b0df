"""Where a request comes from, for sessions and the audit log; empty in jobs and commands."""

from contextvars import ContextVar
from dataclasses import dataclass
from typing import Final

from app.team.rules import network_of


@dataclass(frozen=True, slots=True)
class Origin:
    """An address and a browser's own description."""

    ip: str = ""
    user_agent: str = ""

    @property
    def network(self) -> str:
        """What tries are counted under."""
        return network_of(self.ip)


_current: Final[ContextVar[Origin]] = ContextVar("origin", default=Origin())  # noqa: B039 (frozen)


def remember_origin(ip: str, user_agent: str) -> None:
    """Note where the request being answered comes from."""
    _current.set(Origin(ip[:45], user_agent[:300]))


def origin() -> Origin:
    """Return where the request being answered comes from."""
    return _current.get()
