"""The unit of work: the only place in the code that commits.

A flow opens `unit_of_work(actor)`, calls services with the `Work`, and leaves; leaving commits
once, an exception rolls everything back. Facts are recorded with `emit` in the same transaction.
Hints that may be lost (wake the relay, tell the browsers) are given to `after_commit`, which runs
when the data is safe; a lost hint costs time, never truth. Units do not nest: a service that needs
another service calls it with its own `work`.
"""

import functools
import inspect
import logging
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Concatenate, Final, ParamSpec, TypeVar
from uuid import UUID

from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from app.core import clock, guard, news, outbox
from app.core.actor import Actor
from app.core.db import open_session

log = logging.getLogger(__name__)

_SLOW_SECONDS: Final = 1.0
# Deadlock, serialization failure, and the lost race of two inserts: the whole unit runs again.
_WORTH_ANOTHER_TRY: Final = ("40P01", "40001", "23505")
_TRIES: Final = 3

P = ParamSpec("P")
R = TypeVar("R")


@dataclass(slots=True)
class Work:
    """One transaction in the hands of a service."""

    session: Session
    actor: Actor
    now: datetime
    _callbacks: list[Callable[[], None]] = field(default_factory=list)
    _touched: dict[str, None] = field(default_factory=dict)
    _has_events: bool = False

    @property
    def organization_id(self) -> UUID:
        """The organization this unit works in."""
        return self.actor.organization

    def emit(self, event: outbox.Event) -> None:
        """Record a fact; its subscribers hear of it if, and only if, this unit commits."""
        organization_id = self.actor.organization_id
        self.session.add(outbox.message(organization_id, event, at=self.now))
        self._has_events = True

    def touch(self, *names: str) -> None:
        """Name live things (`listing-<id>`) whose fragments changed; browsers hear after commit."""
        self._touched.update(dict.fromkeys(names))

    def after_commit(self, callback: Callable[[], None]) -> None:
        """Run a hint that may be lost, once the data is safe."""
        self._callbacks.append(callback)

    def give_hints(self) -> None:
        """Run the hints; the unit calls this once its data is safe."""
        if self._touched and self.actor.organization_id is not None:
            news.publish(self.actor.organization_id, list(self._touched))
        if self._has_events:
            news.ring()
        for callback in self._callbacks:
            try:
                callback()
            except Exception:
                log.exception("A hint after commit failed; nothing is lost.")


def _opener() -> str:
    frame = inspect.currentframe()
    while frame is not None and frame.f_globals.get("__name__") in (__name__, "contextlib"):
        frame = frame.f_back
    if frame is None:
        return "unknown"
    return f"{frame.f_globals.get('__name__')}.{frame.f_code.co_name}"


@contextmanager
def unit_of_work(actor: Actor) -> Iterator[Work]:
    """Open a transaction for this caller; commits once on leaving, rolls back on an exception."""
    if (other := guard.open_unit()) is not None:
        raise RuntimeError(
            f"A unit of work opened by {other} is still open here; units do not nest."
        )
    opener = _opener()
    token = guard.enter(opener)
    started = time.monotonic()
    try:
        with open_session(actor) as session:
            work = Work(session, actor, clock.now())
            yield work
            session.commit()
    finally:
        guard.leave(token)
        if (seconds := time.monotonic() - started) > _SLOW_SECONDS:
            log.warning("A unit of work took %.1f s.", seconds, extra={"opener": opener})
    work.give_hints()


@contextmanager
def rehearsal(actor: Actor) -> Iterator[Work]:
    """Open a transaction that never commits: what a service would do, without doing it."""
    token = guard.enter(_opener())
    try:
        with open_session(actor) as session:
            yield Work(session, actor, clock.now())
            session.rollback()
    finally:
        guard.leave(token)


def _is_worth_another_try(error: DBAPIError) -> bool:
    return getattr(error.orig, "sqlstate", None) in _WORTH_ANOTHER_TRY


def in_unit(
    function: Callable[Concatenate[Work, P], R],
) -> Callable[Concatenate[Actor, P], R]:
    """Turn a service into a flow of one unit, tried again after a deadlock or lost insert race."""

    @functools.wraps(function)
    def flow(actor: Actor, /, *args: P.args, **kwargs: P.kwargs) -> R:
        for attempt in range(1, _TRIES + 1):
            try:
                with unit_of_work(actor) as work:
                    return function(work, *args, **kwargs)
            except DBAPIError as error:
                if attempt == _TRIES or not _is_worth_another_try(error):
                    raise
                time.sleep(0.05 * attempt)
        raise AssertionError("unreachable")

    return flow
