"""What a bench runs on: servers of its own, an empty shop, and the programs `make run` starts."""

import http.client
import os
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import UUID

import psycopg
from flask import Flask, session
from flask_migrate import upgrade

from app import create_app
from app.core import db
from app.core.actor import Actor, job_actor
from app.core.embedded import EmbeddedServers
from app.core.ports import LOOPBACK, free_port
from app.core.settings import current, development_secrets
from app.core.work import unit_of_work
from app.team import queries, service
from app.team.passwords import Cost
from app.team.service.sessions import begin_session
from app.team.views.visitor import take_cookie
from workers.local import role_programs
from workers.supervisor import END_SECONDS, Child, Program

READY_SECONDS = 180.0
_CALLER = Actor(None, None, frozenset({"*"}), "cli")
QUICK = Cost(passes=1, memory_kib=8, lanes=1)  # nobody signs in by password here
PASSWORD = "mugs-and-lamps"  # noqa: S105 (opens a shop that ends with the bench)


@dataclass
class Stage:
    """Servers, a migrated database and this process connected to it as the app role."""

    folder: Path
    port: int  # where the web process of `roles` answers
    app: Flask
    scale: float = 1.0

    def scaled(self, count: int, *, least: int = 1) -> int:
        """Return how many of something there are in a bench of this size."""
        return max(least, round(count * self.scale))

    def organization(self, name: str) -> Actor:
        """Found an organization with an owner, and return a caller who may do everything in it."""
        slug = name.lower().replace(" ", "-")
        self._person(f"{slug}@acme.example", organization_name=name)
        with db.reading(_CALLER) as opened:
            found = queries.find_organization(opened, slug)
        if found is None:
            raise RuntimeError(f"{name} was not founded.")
        return job_actor(found.id, via="cli")

    def _person(self, email: str, **named: Any) -> UUID:
        wanted = service.NewUser(email, "Alice", PASSWORD)
        return service.create_user(_CALLER, wanted, cost=QUICK, **named)

    def cookie(self, actor: Actor, name: str) -> str:
        """Add a person to an organization, sign them in, and return their browser's cookie."""
        user_id = self._person(f"{name}@acme.example", organization_id=actor.organization)
        with unit_of_work(_CALLER) as work:
            token = begin_session(work, user_id, organization_id=actor.organization)
        with self.app.test_request_context():
            take_cookie(token)
            answer = self.app.make_response("")
            self.app.session_interface.save_session(self.app, session, answer)
        return answer.headers["Set-Cookie"].partition(";")[0]

    @contextmanager
    def owning(self) -> Iterator[psycopg.Connection]:
        """Open a connection of the role that owns the tables: row-level security lets it pass."""
        url = current().database_owner_url.replace("+psycopg", "")
        with psycopg.connect(url) as connection:
            yield connection

    def roles(self) -> Sequence[Program]:
        """Return the programs of `make run`: web, two workers, scheduler."""
        first, *others = role_programs(sys.executable)
        return (Program(first.name, first.command, {"PORT": str(self.port)}), *others)

    @contextmanager
    def running(self, *programs: Program) -> Iterator[list[Child]]:
        """Keep programs running; a port in their environment is waited for."""
        logs = self.folder / "log"
        logs.mkdir(exist_ok=True)
        children = [Child(program, logs) for program in programs]
        try:
            for child in children:
                child.start()
            for child in children:
                if (port := child.program.environment.get("PORT")) is not None:
                    _wait_for(child, int(port))
            yield children
        finally:
            for child in children:
                child.ask_to_end()
            deadline = time.monotonic() + END_SECONDS
            for child in children:
                child.end_by(deadline)


@contextmanager
def staged(folder: Path, *, scale: float, is_durable: bool = True) -> Iterator[Stage]:
    """Start servers below a folder, migrate, connect; all of it ends with the block."""
    servers = EmbeddedServers(folder, durable=is_durable)
    before, port = dict(os.environ), any_port()
    try:
        urls = servers.start()
        os.environ.update(
            development_secrets(folder),
            DATABASE_URL=urls.database_url,
            DATABASE_OWNER_URL=urls.database_owner_url,
            REDIS_URL=urls.redis_url,
            PORT=str(port),
            PUBLIC_URL=f"http://{LOOPBACK}:{port}",
            VAR_DIR=str(folder),
            LOG_LEVEL="WARNING",
            DEMO="0",
        )
        app = create_app()
        with app.app_context():
            upgrade()
        yield Stage(folder, port, app, scale)
    finally:
        db.dispose()
        os.environ.clear()
        os.environ.update(before)
        servers.stop()


def web(port: int, *, app: str = "wsgi:app", processes: int = 2) -> Program:
    """Return a web server as `make run` starts it, with any application."""
    return Program(
        f"web-{port}",
        [sys.executable, "-m", "gunicorn", "-c", "workers/gunicorn_conf.py", app],
        {"PORT": str(port), "WEB_CONCURRENCY": str(processes), **_public(port)},
    )


def _public(port: int) -> Mapping[str, str]:
    return {"PUBLIC_URL": f"http://{LOOPBACK}:{port}"}


def any_port() -> int:
    """Return a loopback port nobody uses."""
    return free_port()


def _wait_for(child: Child, port: int) -> None:
    deadline = time.monotonic() + READY_SECONDS
    while not _answers(port):
        if child.exit_code() is not None or time.monotonic() > deadline:
            raise RuntimeError(f"{child.program.name} does not answer:\n{child.last_lines()}")
        time.sleep(0.1)


def _answers(port: int) -> bool:
    connection = http.client.HTTPConnection(LOOPBACK, port, timeout=5)
    with suppress(OSError, http.client.HTTPException):
        connection.request("GET", "/")
        connection.getresponse().read()
        return True
    connection.close()
    return False
