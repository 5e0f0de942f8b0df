"""A caller that costs little: raw keep-alive HTTP, many at once, freely or at a rate."""

import socket
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from app.core.ports import LOOPBACK

Ask = Callable[[int], bytes]  # number of a request → its bytes


class Caller:
    """One connection that is kept."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._socket: socket.socket | None = None

    def call(self, request: bytes) -> tuple[int, bytes]:
        """Send one request; returns status and body."""
        try:
            return self._call(request)
        except (ConnectionError, EOFError):  # the server may have ended an idle connection
            self.close()
            return self._call(request)

    def close(self) -> None:
        """Let the connection go."""
        if self._socket is not None:
            self._socket.close()
            self._socket = None

    def _call(self, request: bytes) -> tuple[int, bytes]:
        if self._socket is None:
            self._socket = socket.create_connection((LOOPBACK, self._port), timeout=60)
            self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._socket.sendall(request)
        got = b""
        while (end := got.find(b"\r\n\r\n")) < 0:
            got += self._more()
        head = got[:end].lower()
        length = int(head.partition(b"content-length:")[2].partition(b"\r\n")[0] or 0)
        parts, missing = [got[end + 4 :]], length - len(got) + end + 4
        while missing > 0:
            parts.append(self._more())
            missing -= len(parts[-1])
        if b"connection: close" in head:
            self.close()
        return int(got[9:12]), b"".join(parts)

    def _more(self) -> bytes:
        part = self._socket.recv(262_144) if self._socket else b""
        if not part:
            raise EOFError
        return part


def get(path: str, *, cookie: str = "") -> bytes:
    """Return the bytes of a GET."""
    lines = [f"GET {path} HTTP/1.1", "Host: localhost", "Accept: text/html"]
    lines += [f"Cookie: {cookie}"] if cookie else []
    return ("\r\n".join(lines) + "\r\n\r\n").encode()


@dataclass(frozen=True, slots=True)
class Calls:
    """What became of many calls: how long each took, in seconds, and all together."""

    took: Sequence[float]
    seconds: float
    failed: int

    @property
    def rate(self) -> float:
        """Calls a second."""
        return len(self.took) / self.seconds if self.seconds else 0.0


def share(values: Sequence[float], part: float) -> float:
    """Return the value below which this part of all values lies."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(len(ordered) * part))] if ordered else 0.0


def median(values: Sequence[float]) -> float:
    """Return the middle value."""
    return share(values, 0.5)


def calls(
    port: int, ask: Ask, *, first: int, seconds: float, callers: int, per_second: float = 0.0
) -> Calls:
    """Call for some seconds. With a rate, lateness counts as time the caller had to wait."""
    crowd = _Crowd(ask, first, time.monotonic(), seconds, per_second)
    threads = [threading.Thread(target=crowd.work, args=(Caller(port),)) for _ in range(callers)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return Calls(crowd.took, time.monotonic() - crowd.began, crowd.failed)


class _Crowd:
    """Callers that take numbers from one counter."""

    def __init__(
        self, ask: Ask, first: int, began: float, seconds: float, per_second: float
    ) -> None:
        self.began = began
        self.took: list[float] = []
        self.failed = 0
        self._ask, self._first = ask, first
        self._until, self._per_second = began + seconds, per_second
        self._taken = 0
        self._lock = threading.Lock()

    def work(self, caller: Caller) -> None:
        """Call until the time is over."""
        while True:
            with self._lock:
                number = self._taken
                self._taken += 1
            due = self.began + number / self._per_second if self._per_second else time.monotonic()
            if due >= self._until or time.monotonic() >= self._until:
                break
            time.sleep(max(0.0, due - time.monotonic()))
            status, _ = caller.call(self._ask(self._first + number))
            self.took.append(time.monotonic() - due)
            self.failed += status != 200
        caller.close()
