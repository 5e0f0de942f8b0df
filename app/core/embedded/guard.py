"""The parent of the embedded servers: `python -m app.core.embedded.guard VAR_DIR MODE`.

It outlives the process that started it for as long as anybody holds the users' lock. If it is
killed itself, the servers get their stop signal from the kernel and the next user starts a new one.
"""

import os
import signal
import sys
import threading
import time
from collections.abc import Sequence
from pathlib import Path
from typing import IO

from app.core.embedded.errors import ServersUnavailable
from app.core.embedded.layout import Layout, write_private
from app.core.embedded.locks import lock_alone, try_lock_alone
from app.core.embedded.privileges import give_up_root
from app.core.embedded.servers import Postgres, Redis, Server
from app.core.ports import free_port

AWAITED = (signal.SIGTERM, signal.SIGINT, signal.SIGCHLD)
LEFTOVER_SECONDS = 10.0


def main(var_dir: str, mode: str) -> None:
    """Start both servers, say so on standard output, watch them until the last user leaves."""
    os.setsid()  # Ctrl-C in the terminal is for our users, not for the servers
    signal.pthread_sigmask(signal.SIG_BLOCK, AWAITED)
    layout = Layout(Path(var_dir))
    try:
        give_up_root()
        # Others may look whether it is held, hence the wait; who starts guards does so one by one.
        guard_lock = lock_alone(layout.guard_lock)
        write_private(layout.guard_pid, str(os.getpid()))
        servers = _started(layout, durable=mode == "durable")
    except ServersUnavailable as refusal:
        sys.exit(str(refusal))
    print("ready", flush=True)
    threading.Thread(target=_when_unused, args=(layout.users_lock,), daemon=True).start()
    _watch(servers)
    _stop(servers)
    guard_lock.close()


def _started(layout: Layout, *, durable: bool) -> Sequence[Server]:
    lifeline = _sole_lifeline(layout)
    ports = layout.ports()
    servers: Sequence[Server] = (
        Redis(layout, free_port(ports.get("redis")), lifeline),
        Postgres(layout, free_port(ports.get("postgres")), lifeline, durable=durable),
    )
    layout.keep_ports({server.name: server.port for server in servers})
    try:
        for server in servers:
            server.set_up()
            server.start()
        for server in servers:
            server.wait_until_ready()
    except ServersUnavailable:
        _stop(servers)
        raise
    return servers


def _watch(servers: Sequence[Server]) -> None:
    while signal.sigwait(AWAITED) == signal.SIGCHLD:
        for server in servers:
            server.revive()


def _stop(servers: Sequence[Server]) -> None:
    for server in servers:
        server.stop()
    for server in servers:
        server.wait_until_stopped()


def _when_unused(users_lock: Path) -> None:
    # Held until we are gone: whoever comes meanwhile waits, then starts a guard of their own.
    lock_alone(users_lock)
    os.kill(os.getpid(), signal.SIGTERM)


def _sole_lifeline(layout: Layout) -> IO[bytes]:
    """The lock every server inherits, once the servers of a killed guard are gone."""
    deadline = time.monotonic() + LEFTOVER_SECONDS
    while (lifeline := try_lock_alone(layout.servers_lock)) is None:
        if time.monotonic() > deadline:
            raise ServersUnavailable(
                "Servers of an earlier run do not end; stop them and try again."
            )
        time.sleep(0.05)
    return lifeline


if __name__ == "__main__":
    main(*sys.argv[1:])
