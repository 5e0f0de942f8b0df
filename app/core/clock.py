"""The only clock: aware UTC time, which tests may move."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta

_offset = timedelta()
_frozen: datetime | None = None


def now() -> datetime:
    """Return the present moment, aware, in UTC."""
    if _frozen is not None:
        return _frozen
    return datetime.now(UTC) + _offset  # noqa: TID251 (this is the one place that may ask the machine)


def sleep(seconds: float) -> None:
    """Wait so long by this clock; one that stands is moved on instead."""
    global _frozen
    if _frozen is None:
        time.sleep(seconds)
    else:
        _frozen += timedelta(seconds=seconds)


@contextmanager
def travelling(by: timedelta) -> Iterator[None]:
    """Move the clock of this process forward for a while; rehearsals and tests only."""
    global _offset
    before = _offset
    _offset = before + by
    try:
        yield
    finally:
        _offset = before


@contextmanager
def frozen(at: datetime) -> Iterator[Callable[[timedelta], None]]:
    """Stop the clock of this process at a moment; yields a function that moves it on."""
    global _frozen
    before = _frozen
    _frozen = at

    def advance(by: timedelta) -> None:
        global _frozen
        _frozen = (_frozen or before or at) + by

    try:
        yield advance
    finally:
        _frozen = before
