"""Everything on one machine: `python -m workers.local`, which is what `make run` ends in.

Front end, servers, migrations, twins, the three roles of the Procfile, demo shop, until Ctrl-C.
Only this file knows that order; each program runs alone in production as it does here.
"""

import http.client
import os
import sys
import time
from collections.abc import Sequence
from pathlib import Path

from app.core.embedded import EmbeddedServers, ServersUnavailable
from app.core.embedded.locks import try_lock_alone
from app.core.ports import LOOPBACK, is_port_free
from app.core.settings import development_secrets
from workers.assets import PROJECT, AssetsFailed, build_if_stale
from workers.schema import is_migrated
from workers.supervisor import Child, Ended, Program, StepFailed, Supervisor
from workers.twins import twin_ports, twin_programs, twin_url

READY_SECONDS = 120.0
HOPELESS_DEATHS = 4


class CannotStart(Exception):
    """The start is refused; the text says why and what to do."""


def main() -> None:
    """Start everything, watch it, end it."""
    try:
        Local().run()
    except (AssetsFailed, CannotStart, ServersUnavailable, StepFailed) as refusal:
        sys.exit(f"SyncStore cannot start. {refusal}")
    except KeyboardInterrupt:  # before the supervisor takes signals over: nothing was started yet
        sys.exit("Ended.")


def say(line: str) -> None:
    """Tell the person at the terminal."""
    print(line, flush=True)


class Local:
    """One run on this machine."""

    def __init__(self) -> None:
        """Read what the environment decides; nothing is started."""
        self.port = _port(os.environ.get("PORT", "8000"))
        self.var_dir = Path(os.environ.get("VAR_DIR", "var")).absolute()
        self.wants_demo = os.environ.setdefault("DEMO", "1") != "0"
        self.brings_servers = bool(os.environ.get("DATABASE_URL") and os.environ.get("REDIS_URL"))
        self.servers = EmbeddedServers(self.var_dir)

    def run(self) -> None:
        """Return after Ctrl-C or SIGTERM, with nothing left running."""
        logs = self.var_dir / "log"
        logs.mkdir(parents=True, exist_ok=True)
        self.var_dir.chmod(0o700)
        run_lock = try_lock_alone(self.var_dir / "run.lock")
        if run_lock is None:
            raise CannotStart(
                f"It already runs from {self.var_dir}: use that one, or end it first."
            )
        with run_lock:
            self._refuse_taken_port()
            build_if_stale()
            supervisor = Supervisor(logs, say)
            try:
                self._start(supervisor)
                self._watch(supervisor)
            except Ended:
                say("Ending.")
            finally:
                supervisor.end()
                if not self.brings_servers:
                    self.servers.stop()

    def _start(self, supervisor: Supervisor) -> None:
        self._provide_environment()
        if not is_migrated(os.environ["DATABASE_OWNER_URL"], PROJECT / "migrations" / "versions"):
            flask = [sys.executable, "-m", "flask", "--app", "wsgi"]
            supervisor.run(Program("migrate", [*flask, "db", "upgrade"]))
        web, *others = role_programs(sys.executable)
        self._wait_until_ready(supervisor, supervisor.keep(web))
        twins = self._twins() if self.wants_demo else ()
        for program in (*twins, *others):
            supervisor.keep(program)
        sign_in = self._seed_demo(supervisor) if self.wants_demo else ""
        say(f"Ready: http://{LOOPBACK}:{self.port}\n{sign_in}".rstrip())

    def _provide_environment(self) -> None:
        """Fill in what is not given: servers, keys, port. Children inherit it."""
        os.chdir(PROJECT)
        for name, value in development_secrets(self.var_dir).items():
            os.environ.setdefault(name, value)
        os.environ.update(PORT=str(self.port), VAR_DIR=str(self.var_dir), PYTHONUNBUFFERED="1")
        if not self.brings_servers:
            urls = self.servers.start()
            if not os.environ.get("DATABASE_URL"):
                os.environ["DATABASE_URL"] = urls.database_url
                os.environ["DATABASE_OWNER_URL"] = urls.database_owner_url
            os.environ["REDIS_URL"] = os.environ.get("REDIS_URL") or urls.redis_url
        os.environ.setdefault("DATABASE_OWNER_URL", os.environ["DATABASE_URL"])

    def _twins(self) -> Sequence[Program]:
        ports = twin_ports(self.var_dir)
        for name, port in ports.items():
            os.environ[f"TWIN_{name.upper()}_URL"] = twin_url(port)
        return twin_programs(self.var_dir, ports)

    def _seed_demo(self, supervisor: Supervisor) -> str:
        """Seed the demo shop once per database; returns the lines that tell how to sign in."""
        seeded = self.var_dir / "pg" / "demo.txt"
        if self.brings_servers or not seeded.exists():
            said = supervisor.run(Program("demo", [sys.executable, "-m", "workers.demo"]))
            seeded.parent.mkdir(exist_ok=True)
            seeded.write_text(said)
        return seeded.read_text()

    def _wait_until_ready(self, supervisor: Supervisor, web: Child) -> None:
        deadline = time.monotonic() + READY_SECONDS
        while not _is_ready(self.port):
            if web.deaths >= HOPELESS_DEATHS or time.monotonic() > deadline:
                raise CannotStart(f"The web process does not answer:\n{web.last_lines()}")
            supervisor.watch(0.25)

    def _watch(self, supervisor: Supervisor) -> None:
        while True:
            supervisor.watch()
            if not self.brings_servers and not self.servers.is_guarded():
                say("PostgreSQL and Redis ended and are started again.")
                self.servers.start()

    def _refuse_taken_port(self) -> None:
        if not is_port_free(self.port):
            raise CannotStart(
                f"Port {self.port} is taken by another program. End that one, "
                f"or choose another port: PORT={self.port + 1} make run"
            )


def role_programs(python: str) -> Sequence[Program]:
    """The Procfile's roles on one machine; the web process comes first."""
    worker = [python, "-m", "workers.worker", "--lanes"]
    return (
        Program(
            "web",
            [python, "-m", "gunicorn", "-c", "workers/gunicorn_conf.py", "wsgi:app"],
        ),
        # The first worker never takes a long job, so a stock write waits for none.
        Program("worker-1", [*worker, "urgent,push,pull"]),
        Program("worker-2", [*worker, "urgent,push,pull,bulk,low"]),
        Program("scheduler", [python, "-m", "workers.scheduler"]),
    )


def _port(text: str) -> int:
    if text.isdigit() and 0 < int(text) < 65536:
        return int(text)
    sys.exit(f"SyncStore cannot start. PORT must be a number from 1 to 65535, not {text}.")


def _is_ready(port: int) -> bool:
    connection = http.client.HTTPConnection(LOOPBACK, port, timeout=5)
    try:
        connection.request("GET", "/readyz")
        return connection.getresponse().status == 200
    except OSError:
        return False
    finally:
        connection.close()


if __name__ == "__main__":
    main()
