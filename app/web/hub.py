"""One reader of Redis per process, many listening pages.

Each page has a small set of names that changed since it last drew (coalesced, so it cannot grow
beyond what the page watches); the reader adds, the page's own green thread takes at its own pace.
"""

import logging
import threading
import time
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any, Final
from uuid import UUID, uuid4

import redis

from app.core import kv
from app.core.errors import Unavailable
from app.core.news import DOORS, stream_key
from app.web.live import Watch

log = logging.getLogger(__name__)

MAX_LISTENERS: Final = 2_500
MAX_PENDING: Final = 600
PER_NAME: Final = 0.5  # seconds between two drawings of one name
BLOCK_MS: Final = 15_000
READ_AT_ONCE: Final = 500
# What redis-py raises when its client is closed, as at the end of a process, while a read waits.
_CLOSED_UNDER_US: Final = (ValueError, AttributeError)

_ABOUT: Final = (b"user", b"session", b"keep")
Entry = tuple[bytes, Mapping[bytes, bytes]]


def names_in(fields: Mapping[bytes, bytes]) -> list[str]:
    """Return the names one piece of news carries."""
    return fields.get(b"names", b"").decode().split()


@dataclass(eq=False)
class Listener:
    """One open page."""

    organization_id: UUID
    watch: Watch
    user_id: UUID | None = None
    session_id: UUID | None = None
    pending: dict[str, None] = field(default_factory=dict)
    last_id: str = ""
    missed: bool = False
    is_shown_out: bool = False
    _drawn_at: dict[str, float] = field(default_factory=dict)
    _bell: threading.Event = field(default_factory=threading.Event)

    def hear(self, entry_id: str, names: Iterable[str]) -> None:
        """Note what changed; beyond the bound the page is told to look at everything again."""
        self.last_id = entry_id
        found = [name for name in names if self.watch.hears(name)]
        if not found:
            return
        if len(self.pending) + len(found) > MAX_PENDING:
            self.hear_everything()
            return
        self.pending.update(dict.fromkeys(found))
        self._bell.set()

    def hear_everything(self) -> None:
        """Treat every watched name as changed: news was lost on the way."""
        self.missed = True
        self.pending = dict.fromkeys(self.watch.names)
        self._bell.set()

    def show_out(self, told: Mapping[bytes, bytes]) -> None:
        """End this page's stream when the news is about its session or its person."""
        user, session, keep = (told.get(each, b"").decode() for each in _ABOUT)
        mine = str(self.session_id)
        if session == mine or (user == str(self.user_id) and keep != mine):
            self.is_shown_out = True
            self._bell.set()

    def take(self, *, wait: float) -> list[str]:
        """Wait for names that may be drawn now, at most `wait` seconds; empty when none came."""
        ends = time.monotonic() + wait
        while True:
            now = time.monotonic()
            due = [n for n in self.pending if now - self._drawn_at.get(n, -PER_NAME) >= PER_NAME]
            if due:
                for name in due:
                    del self.pending[name]
                    self._drawn_at[name] = now
                self._forget_old(now)
                return due
            self._bell.clear()
            if self.is_shown_out:
                return []
            left = min(ends - now, PER_NAME / 5 if self.pending else ends - now)
            if left <= 0:
                return []
            self._bell.wait(left)

    def _forget_old(self, now: float) -> None:
        if len(self._drawn_at) > MAX_PENDING:
            self._drawn_at = {n: at for n, at in self._drawn_at.items() if now - at < PER_NAME}


class Hub:
    """The process's reader and its listeners by organization."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._listeners: dict[UUID, set[Listener]] = {}
        self._positions: dict[UUID, str] = {}
        self._doorbell = f"news:hub:{uuid4()}"
        self._doors_at = "$"
        self._thread: threading.Thread | None = None

    @property
    def count(self) -> int:
        """How many pages listen to this process."""
        return sum(len(each) for each in self._listeners.values())

    def join(self, listener: Listener, *, since: str) -> None:
        """Start to listen after the news `since`; raises Unavailable when this process is full."""
        if self.count >= MAX_LISTENERS:
            raise Unavailable("Live updates are busy. The page stays right after a reload.")
        with self._lock:
            is_new = listener.organization_id not in self._listeners
            self._listeners.setdefault(listener.organization_id, set()).add(listener)
        position = self._catch_up(listener, since)
        with self._lock:
            if is_new:
                self._positions.setdefault(listener.organization_id, position)
            self._start()
        if is_new:
            self._wake()

    def leave(self, listener: Listener) -> None:
        """Stop listening."""
        with self._lock:
            group = self._listeners.get(listener.organization_id, set())
            group.discard(listener)
            if not group:
                self._listeners.pop(listener.organization_id, None)
                self._positions.pop(listener.organization_id, None)

    def _catch_up(self, listener: Listener, since: str) -> str:
        """Deliver what came after `since`; returns the id of the newest news."""
        key = stream_key(listener.organization_id)
        try:
            newest = last_id(listener.organization_id)
            if not since or since == newest:
                listener.last_id = newest
                return newest
            entries: Sequence[Entry] = kv.client().xrange(key, f"({since}", "+", READ_AT_ONCE)  # type: ignore[assignment]  # sync client
            oldest: Sequence[Entry] = kv.client().xrange(key, count=1)  # type: ignore[assignment]  # sync client
        except redis.RedisError:
            listener.hear_everything()
            return "$"
        was_trimmed = bool(oldest) and _older(since, oldest[0][0].decode())
        for entry_id, fields in entries:
            listener.hear(entry_id.decode(), names_in(fields))
        if was_trimmed or len(entries) == READ_AT_ONCE:
            listener.hear_everything()
        listener.last_id = newest
        return newest

    def _start(self) -> None:
        if self._thread is None or not self._thread.is_alive():
            # Read here, so that whoever was let in before this moment is shown out after it.
            with suppress(redis.RedisError):
                self._doors_at = _newest(DOORS)
            self._thread = threading.Thread(target=self._read, name="news-reader", daemon=True)
            self._thread.start()

    def _wake(self) -> None:
        try:
            kv.client().xadd(self._doorbell, {"again": "1"}, maxlen=1)
            kv.client().expire(self._doorbell, 3600)
        except redis.RedisError:
            log.warning("The news reader could not be woken; it looks again by itself.")

    def _goes_on(self) -> bool:
        """Tell the reader whether anybody listens; who joins after a no starts another reader."""
        with self._lock:
            if not self._listeners:
                self._thread = None
            return bool(self._listeners)

    def _read(self) -> None:
        """Read news for every organization that has listeners, until nobody listens."""
        doorbell_at = "0"
        while self._goes_on():
            with self._lock:
                wanted: dict[Any, Any] = {
                    stream_key(o): at for o, at in self._positions.items() if at
                }
                owners = {stream_key(o).encode(): o for o in self._positions}
            try:
                found: Any = kv.client().xread(
                    {**wanted, self._doorbell: doorbell_at, DOORS: self._doors_at},
                    count=READ_AT_ONCE,
                    block=BLOCK_MS,
                )
            except (redis.RedisError, OSError, *_CLOSED_UNDER_US):
                log.warning("News cannot be read; trying again.")
                time.sleep(1)
                continue
            for key, entries in found or ():
                if key == self._doorbell.encode():
                    doorbell_at = entries[-1][0].decode()
                elif key == DOORS.encode():
                    self._doors_at = entries[-1][0].decode()
                    self._show_out(entries)
                elif key in owners:
                    self._spread(owners[key], entries)

    def _spread(self, organization_id: UUID, entries: Sequence[Entry]) -> None:
        with self._lock:
            listeners = list(self._listeners.get(organization_id, ()))
            if organization_id in self._positions:
                self._positions[organization_id] = entries[-1][0].decode()
        for entry_id, fields in entries:
            names = names_in(fields)
            for listener in listeners:
                listener.hear(entry_id.decode(), names)

    def _show_out(self, entries: Sequence[Entry]) -> None:
        with self._lock:
            listeners = [each for group in self._listeners.values() for each in group]
        for _, told in entries:
            for listener in listeners:
                listener.show_out(told)


def _older(left: str, right: str) -> bool:
    return _parts(left) < _parts(right)


def _parts(entry_id: str) -> tuple[int, int]:
    at, _, number = entry_id.partition("-")
    return int(at), int(number or 0)


def last_id(organization_id: UUID) -> str:
    """Return the id of an organization's newest news, or 0-0."""
    return _newest(stream_key(organization_id))


def _newest(key: str) -> str:
    newest: Any = kv.client().xrevrange(key, count=1)
    return newest[0][0].decode() if newest else "0-0"


hub: Final = Hub()
