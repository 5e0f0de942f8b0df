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
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, contextmanager
from datetime import datetime
from typing import Any, Concatenate, Final, LiteralString, ParamSpec, TypeVar
from uuid import UUID

import psycopg
from sqlalchemy import Connection
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from app.core import clock, db, guard, news, outbox
from app.core.actor import Actor

log = logging.getLogger(__name__)

_SLOW_SECONDS: Final = 1.0
# Deadlock, serialization failure, and the lost race of two inserts: the whole unit runs again.
_WORTH_ANOTHER_TRY: Final = ("40P01", "40001", "23505")
_TRIES: Final = 3

P = ParamSpec("P")
R = TypeVar("R")


class Work:
    """One transaction in the hands of a service; it begins with the first statement."""

    __slots__ = ("_callbacks", "_connection", "_has_events", "_session", "_touched", "actor", "now")

    def __init__(self, actor: Actor, now: datetime) -> None:
        self.actor = actor
        self.now = now
        self._session: Session | None = None
        self._connection: Connection | None = None  # where the driver was used before a session
        self._callbacks: list[Callable[[], None]] = []
        self._touched: dict[str, None] = {}
        self._has_events = False

    @property
    def session(self) -> Session:
        """The session of this unit; opened for whoever asks, for it costs more than a statement."""
        if self._session is None:
            self._session = db.open_session(self.actor, self._connection)
        return self._session

    def rows(self, statement: LiteralString, values: Mapping[str, Any]) -> list[Any]:
        """Run a statement by the driver alone and return its rows, as plain tuples.

        For the few statements that run thousands of times a second: they are written for the driver
        (`%(name)s`), prepared by it, and cost no more than it does.
        """
        if self._session is not None:
            return db.rows(self._session.connection(), statement, values)
        if self._connection is None:
            self._connection = db.begin(self.actor)
        return db.rows(self._connection, statement, values)

    def commit(self) -> None:
        """Keep what was done; the unit calls this once."""
        if self._session is not None:
            self._session.commit()
        elif self._connection is not None:
            try:
                db.driver_of(self._connection).commit()
            except psycopg.Error as error:
                raise DBAPIError.instance("COMMIT", None, error, psycopg.Error) from error

    def close(self) -> None:
        """Give the connection back; what was not kept is gone."""
        try:
            if self._session is not None:
                self._session.close()
        finally:
            if self._connection is not None:
                self._connection.close()

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
        with closing(Work(actor, clock.now())) as work:
            yield work
            work.commit()
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
        with closing(Work(actor, clock.now())) as work:
            yield work
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
