"""Real processes of an install on the tests' database: started, killed as kill -9 does, ended."""

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy import create_engine, text
from werkzeug.serving import make_server

from app.core.embedded.privileges import tied_to_parent
from app.core.ports import LOOPBACK
from app.core.settings import Settings
from app.simulators.chaos import Chaos
from app.simulators.woocommerce import StoreState, TwinSettings, create_twin

PATIENCE = 90.0
# What a dead worker leaves behind is free when its lease has run out; a test lets that time pass.
_EXPIRE = (
    "UPDATE sync_tasks SET lease_until = now() WHERE state = 'running'",
    "UPDATE sync_runs SET lease_until = now() WHERE lease_until IS NOT NULL",
    "UPDATE connections SET writer_until = now(), urgent_writer_until = now()",
    "UPDATE outbox_messages SET claimed_until = now() WHERE sent_at IS NULL",
)


class Install:
    """Settings of one install, and the processes started on it."""

    def __init__(self, settings: Settings, logs: Path) -> None:
        self._settings = settings
        self._logs = logs
        self._running: list[subprocess.Popen[bytes]] = []
        self.scheduler: subprocess.Popen[bytes] | None = None

    def environment(self) -> dict[str, str]:
        """The variables a process of this install gets."""
        given = self._settings
        return {
            **{k: v for k, v in os.environ.items() if not k.startswith(("FAULT_", "COV_CORE"))},
            "DATABASE_URL": given.database_url,
            "DATABASE_OWNER_URL": given.database_owner_url,
            "REDIS_URL": given.redis_url,
            "SECRET_KEY": given.secret_key,
            "ENCRYPTION_KEYS": ",".join(given.encryption_keys),
            "PUBLIC_URL": given.public_url,
            "VAR_DIR": str(given.var_dir),
            "LOG_LEVEL": "WARNING",
            "DEMO": "1",
        }

    def start(self, module: str, *arguments: str, **variables: str) -> "subprocess.Popen[bytes]":
        """Start `python -m module` in a process group of its own."""
        with (self._logs / f"{module}.log").open("ab") as log:
            process = subprocess.Popen(
                [sys.executable, "-m", module, *arguments],
                env={**self.environment(), **variables},
                stdout=log,
                stderr=log,
                start_new_session=True,
                preexec_fn=tied_to_parent(signal.SIGKILL),
            )
        self._running.append(process)
        return process

    def kill(self, process: "subprocess.Popen[bytes]") -> None:
        """End a process and all it started with SIGKILL; nothing is closed or said."""
        with_children = _session(process.pid)
        for pid in with_children:
            _kill(pid)
        process.wait()

    def end(self, *, keep: "subprocess.Popen[bytes] | None" = None) -> None:
        """Kill what still runs, but for `keep`."""
        for process in self._running:
            if process is not keep:
                self.kill(process)
        self._running = [keep] if keep else []

    def let_leases_run_out(self) -> None:
        """Let the time pass after which a dead worker's work is free."""
        engine = create_engine(self._settings.database_owner_url)
        with engine.begin() as connection:
            for statement in _EXPIRE:
                connection.execute(text(statement))
        engine.dispose()

    def said(self) -> str:
        """The last lines of every log, for a failing test."""
        texts = (path.read_text(errors="replace")[-3000:] for path in self._logs.glob("*.log"))
        return "\n".join(texts)


def _session(leader: int) -> list[int]:
    """The living processes of a session; a worker's job processes have groups of their own."""
    found = []
    for entry in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = entry.read_text().rpartition(")")[2].split()
        except OSError:
            continue
        if int(fields[3]) == leader:
            found.append(int(entry.parent.name))
    return found


def _kill(pid: int) -> None:
    try:
        os.kill(pid, signal.SIGKILL)
    except ProcessLookupError:
        return


def wait_until(is_so: Callable[[], bool], what: str, *, seconds: float = PATIENCE) -> None:
    """Look until something is so; fails with what it was waited for."""
    until = time.monotonic() + seconds
    while not is_so():
        if time.monotonic() > until:
            raise AssertionError(f"Within {seconds:g} s it did not happen: {what}")
        time.sleep(0.1)


@contextmanager
def served_store(chaos: Chaos | None = None) -> Iterator[tuple[StoreState, str]]:
    """Serve a simulated store over real HTTP on loopback; yields the shop and its address."""
    server = make_server(LOOPBACK, 0, lambda *_: [], threaded=True)
    address = f"http://{LOOPBACK}:{server.port}"
    twin = create_twin(settings=TwinSettings(home_url=address, allows_local_urls=True), chaos=chaos)
    server.app = twin
    state: StoreState = twin.extensions["twin"]
    thread = threading.Thread(target=server.serve_forever, name="store", daemon=True)
    thread.start()
    try:
        yield state, address
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
        state.close()
