"""Real servers for every test: one embedded pair per test run, one database per worker.

Tests commit for real. What keeps them apart is what keeps customers apart: every test works in an
organization of its own (see docs/adr/0006), so row-level security is on trial all the time.
"""

import os
from collections.abc import Iterator
from pathlib import Path
from uuid import UUID

import hypothesis
import pytest
from flask import Flask
from flask.testing import FlaskClient
from flask_migrate import upgrade
from playwright.sync_api import Browser, sync_playwright
from sqlalchemy import create_engine, text
from sqlalchemy.engine import make_url

from app import create_app
from app.core import db, kv
from app.core import settings as process
from app.core.actor import Actor, job_actor
from app.core.crypto import new_key
from app.core.embedded import EmbeddedServers, Urls
from app.core.settings import Settings, read_settings
from tests.e2e.browser import find_chromium, launch_arguments

WORKER = os.environ.get("PYTEST_XDIST_WORKER", "gw0")

# The same examples every time, so that a run says something about the change and not about luck,
# and none is refused for being slow. LUCK=1 draws others.
hypothesis.settings.register_profile("steady", derandomize=True, deadline=None)
hypothesis.settings.register_profile("luck", deadline=None)
hypothesis.settings.load_profile("luck" if os.environ.get("LUCK") else "steady")


def _worker_number() -> int:
    return int(WORKER.removeprefix("gw") or 0)


def redis_database(urls: Urls, kind: int = 0) -> str:
    """Return the URL of one of the four Redis databases only this worker uses."""
    return f"{urls.redis_url.rsplit('/', 1)[0]}/{4 * _worker_number() + kind}"


@pytest.fixture(scope="session")
def servers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Urls]:
    """PostgreSQL and Redis for this test run, shared by its workers."""
    base = tmp_path_factory.getbasetemp()
    shared = base.parent if "PYTEST_XDIST_WORKER" in os.environ else base
    embedded = EmbeddedServers(shared / "servers", durable=False)
    yield embedded.start()
    embedded.leave()


def own_database(urls: Urls, name: str) -> tuple[str, str]:
    """Make an empty database of this name; returns the app's and the owner's URL."""
    engine = create_engine(urls.database_owner_url, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.execute(text(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)"))
        connection.execute(text(f"CREATE DATABASE {name}"))
    engine.dispose()
    return tuple(
        make_url(url).set(database=name).render_as_string(hide_password=False)
        for url in (urls.database_url, urls.database_owner_url)
    )  # type: ignore[return-value]  # two in, two out


@pytest.fixture(scope="session")
def settings(servers: Urls, tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """Settings of a development install on this worker's database."""
    database_url, owner_url = own_database(servers, f"test_{WORKER}")
    var_dir: Path = tmp_path_factory.mktemp("var")
    return read_settings(
        {
            "DATABASE_URL": database_url,
            "DATABASE_OWNER_URL": owner_url,
            "REDIS_URL": redis_database(servers),
            "SECRET_KEY": "tests-only-" + "x" * 40,
            "ENCRYPTION_KEYS": new_key(),
            "PUBLIC_URL": "http://localhost",
            "VAR_DIR": str(var_dir),
            "LOG_LEVEL": "WARNING",
            "DEMO": "1",
        }
    )


def analyze(settings: Settings, *tables: str) -> None:
    """Let PostgreSQL count these tables, so that its plans are those of many rows."""
    engine = create_engine(settings.database_owner_url)
    with engine.begin() as connection:
        connection.execute(text(f"ANALYZE {', '.join(tables)}"))
    engine.dispose()


@pytest.fixture(scope="session")
def app(settings: Settings) -> Iterator[Flask]:
    """The whole application on a migrated database."""
    app = create_app(settings)
    app.testing = True
    with app.app_context():
        upgrade()
    yield app
    db.dispose()


@pytest.fixture
def clean(app: Flask, settings: Settings) -> None:
    """Forget facts, schedules, settings and Redis of earlier tests; organizations may stay."""
    process.install(settings)
    with db.engine().begin() as connection:
        connection.execute(text("DELETE FROM outbox_messages"))
        connection.execute(text("DELETE FROM schedules"))
    kv.client().flushdb()


@pytest.fixture
def client(app: Flask, clean: None) -> FlaskClient:
    """A browser nobody is signed in with."""
    return app.test_client()


@pytest.fixture
def organization_id(app: Flask, settings: Settings, clean: None) -> UUID:
    """A fresh organization without members."""
    key = db.new_id()
    engine = create_engine(settings.database_owner_url)
    with engine.begin() as connection:
        connection.execute(
            text("INSERT INTO organizations (id, name, slug) VALUES (:id, 'Acme', :slug)"),
            {"id": key, "slug": f"acme-{key.hex[-12:]}"},
        )
    engine.dispose()
    return key


@pytest.fixture
def actor(organization_id: UUID) -> Actor:
    """A caller who may do everything in a fresh organization."""
    return job_actor(organization_id)


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """One Chromium per worker; Playwright's driver allows no second one beside it."""
    with sync_playwright() as playwright:
        opened = playwright.chromium.launch(
            executable_path=find_chromium(), args=launch_arguments()
        )
        yield opened
        opened.close()
