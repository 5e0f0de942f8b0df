"""PostgreSQL and Redis of our own, for a machine that brings neither.

`EmbeddedServers(var_dir).start()` answers with the URLs of both. A guard process (`guard.py`) is
the servers' parent and revives them. Whoever uses them holds a shared lock on `users.lock`, which
the kernel drops at the user's death, however it comes; the guard waits for that lock alone and ends
the servers with the last user. So a command line started beside a running web server joins its
servers, and no crash leaves any behind.
"""

import os
import signal
import subprocess
import sys
from io import StringIO
from pathlib import Path
from types import TracebackType
from typing import IO

from app.core.embedded.errors import ServersUnavailable
from app.core.embedded.layout import Layout, Urls
from app.core.embedded.locks import is_free, lock_alone, lock_shared

__all__ = ["EmbeddedServers", "ServersUnavailable", "Urls", "join_servers"]

PROJECT = Path(__file__).resolve().parents[3]

# A guard may outlive the object that started it: kept here, so that nobody mourns it too early.
_started: list[subprocess.Popen[str]] = []
_joined: list["EmbeddedServers"] = []


def join_servers(var_dir: Path) -> Urls:
    """The servers of this folder, started if need be and held until this process ends."""
    servers = EmbeddedServers(var_dir)
    _joined.append(servers)
    return servers.start()


class EmbeddedServers:
    """PostgreSQL and Redis under one folder, shared by every process that asks for the same one."""

    def __init__(self, var_dir: Path, *, durable: bool = True) -> None:
        """`durable=False` is for throwaway data: nothing waits for the disk."""
        self._layout = Layout(var_dir.resolve())
        self._durable = durable
        self._seat: IO[bytes] | None = None

    def start(self) -> Urls:
        """Start the servers, or join running ones; raises ServersUnavailable with a sentence."""
        self._layout.prepare()
        if self._seat is None:
            self._seat = lock_shared(self._layout.users_lock)
        with lock_alone(self._layout.starting_lock):
            if not self.is_guarded():
                self._start_guard()
        return self._layout.urls()

    def leave(self) -> None:
        """Give up our share; the servers end when nobody is left."""
        if self._seat is not None:
            self._seat.close()
            self._seat = None

    def stop(self) -> None:
        """End the servers for everyone and wait until they are gone."""
        with lock_alone(self._layout.starting_lock):
            if self.is_guarded():
                os.kill(int(self._layout.guard_pid.read_text()), signal.SIGTERM)
                lock_alone(self._layout.guard_lock).close()
        self.leave()
        for guard in _started:
            guard.poll()

    def is_guarded(self) -> bool:
        """Whether a guard watches the servers; when not, `start` brings one back."""
        return not is_free(self._layout.guard_lock)

    def __enter__(self) -> Urls:
        return self.start()

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.leave()

    def _start_guard(self) -> None:
        _started[:] = [guard for guard in _started if guard.poll() is None]
        mode = "durable" if self._durable else "throwaway"
        with self._layout.guard_log.open("a") as log:
            guard = subprocess.Popen(
                [sys.executable, "-m", "app.core.embedded.guard", str(self._layout.var_dir), mode],
                cwd=PROJECT,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=log,
                text=True,
                start_new_session=True,  # Ctrl-C in the terminal is for us, not for the servers
            )
        _started.append(guard)
        with guard.stdout or StringIO() as answer:
            if answer.readline().strip() != "ready":
                guard.wait()
                raise ServersUnavailable(self._layout.last_words())
