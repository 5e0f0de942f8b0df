"""PostgreSQL and Redis of our own, for a machine that brings neither.

`EmbeddedServers(var_dir).start()` answers with the URLs of both. A guard process (`guard.py`) is
the servers' parent and revives them. Whoever uses them holds a shared lock on `users.lock`, which
the kernel drops at the user's death, however it comes; the guard waits for that lock alone and ends
the servers with the last user. So a command line started beside a running web server joins its
servers, and no crash leaves any behind.
"""

import os
import signal
import sys
from pathlib import Path
from types import TracebackType
from typing import IO

from app.core.embedded.errors import ServersUnavailable
from app.core.embedded.layout import Layout, Urls
from app.core.embedded.locks import is_free, lock_alone, lock_shared

__all__ = ["EmbeddedServers", "ServersUnavailable", "Urls", "join_servers"]

PROJECT = Path(__file__).resolve().parents[3]

_guards: set[int] = set()  # process ids of guards that are children of this process
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
        try:
            with lock_alone(self._layout.starting_lock):
                if not self.is_guarded():
                    self._start_guard()
        except ServersUnavailable:
            self.leave()
            raise
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
        _bury_guards()

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
        # Not subprocess.Popen, which holds that a child ends before us: a guard may outlive us.
        mode = "durable" if self._durable else "throwaway"
        reading, writing = os.pipe()
        appending = os.O_WRONLY | os.O_APPEND | os.O_CREAT
        pid = os.posix_spawn(
            sys.executable,
            [sys.executable, "-m", "app.core.embedded.guard", str(self._layout.var_dir), mode],
            {**os.environ, "PYTHONPATH": str(PROJECT)},
            file_actions=[
                (os.POSIX_SPAWN_OPEN, 0, os.devnull, os.O_RDONLY, 0),
                (os.POSIX_SPAWN_DUP2, writing, 1),
                (os.POSIX_SPAWN_OPEN, 2, str(self._layout.guard_log), appending, 0o600),
            ],
        )
        os.close(writing)
        _bury_guards()
        _guards.add(pid)
        with os.fdopen(reading) as answer:
            if answer.readline().strip() != "ready":
                raise ServersUnavailable(self._layout.last_words())


def _bury_guards() -> None:
    """Take the exit codes of guards that have ended, so that no zombie stays."""
    for pid in list(_guards):
        try:
            is_gone = os.waitpid(pid, os.WNOHANG)[0] == pid
        except ChildProcessError:  # of our parent, if we were forked; or buried by somebody else
            is_gone = True
        if is_gone:
            _guards.discard(pid)
