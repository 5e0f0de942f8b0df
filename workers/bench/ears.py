"""Many open event streams in one thread, and when each of them heard something."""

import selectors
import socket
import time
from collections.abc import Sequence

from app.core.ports import LOOPBACK
from workers.bench.bare import MARK

AT_ONCE = 50
PATIENCE = 60.0


class Ears:
    """Listeners in groups; a group is who hears the same news."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._selector = selectors.DefaultSelector()
        self._sockets: list[socket.socket] = []

    @property
    def count(self) -> int:
        """How many streams are open."""
        return len(self._sockets)

    def open(self, group: int, requests: Sequence[bytes]) -> None:
        """Open streams of one group, some at a time, each until its first words."""
        for at in range(0, len(requests), AT_ONCE):
            opened = [self._begin(request) for request in requests[at : at + AT_ONCE]]
            for each in opened:
                self._finish(each)
                self._selector.register(each, selectors.EVENT_READ, group)

    def _begin(self, request: bytes) -> socket.socket:
        opened = socket.create_connection((LOOPBACK, self._port), timeout=PATIENCE)
        opened.sendall(request)
        self._sockets.append(opened)
        return opened

    @staticmethod
    def _finish(opened: socket.socket) -> None:
        said = b""
        while b": open" not in said:
            part = opened.recv(65_536)
            said += part
            if not part or not said.startswith(b"HTTP/1.1 200"[: len(said)]):
                raise RuntimeError(f"A stream did not open: {said[:200]!r}")
        opened.settimeout(0)

    def hear(self, group: int, count: int) -> list[float]:
        """Return when each of so many listeners of a group heard the news."""
        said: dict[int, bytes] = {}
        heard: list[float] = []
        deadline = time.monotonic() + PATIENCE
        while len(heard) < count and time.monotonic() < deadline:
            for key, _ in self._selector.select(timeout=1):
                before = said.get(key.fd, b"")
                said[key.fd] = before + self._read(key.fileobj)
                is_new = MARK.encode() in said[key.fd] and MARK.encode() not in before
                if is_new and key.data == group:
                    heard.append(time.monotonic())
        if len(heard) < count:
            raise RuntimeError(f"{len(heard)} of {count} listeners heard the news.")
        return heard

    @staticmethod
    def _read(opened: object) -> bytes:
        part = opened.recv(262_144) if isinstance(opened, socket.socket) else b""
        if not part:
            raise RuntimeError("A stream ended while it was listened to.")
        return part

    def close(self) -> None:
        """Close all streams."""
        self._selector.close()
        for each in self._sockets:
            each.close()
