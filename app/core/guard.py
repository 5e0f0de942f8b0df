"""Knows whether a unit of work is open here, so that the network can refuse to be used in it."""

from contextvars import ContextVar
from typing import Final

_opener: Final[ContextVar[str | None]] = ContextVar("unit_of_work_opener", default=None)


class NetworkInsideWork(RuntimeError):
    """A defect: an outside call was about to be made while a transaction was open."""


def enter(opener: str) -> object:
    """Note that a unit of work opened; returns the token for `leave`."""
    return _opener.set(opener)


def leave(token: object) -> None:
    """Note that the unit of work closed."""
    _opener.reset(token)  # type: ignore[arg-type]  # the token's type is private to contextvars


def open_unit() -> str | None:
    """Return who opened the unit of work that is open here, if any."""
    return _opener.get()


def refuse_inside_work(what: str) -> None:
    """Raise when a unit of work is open: its locks would wait for somebody else's server."""
    if (opener := _opener.get()) is not None:
        raise NetworkInsideWork(f"{what} inside the unit of work opened by {opener}.")
