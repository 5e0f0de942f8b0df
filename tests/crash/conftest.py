"""An install whose processes may be killed, with one shop of ours and one simulated store."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import create_engine, text

from app.connections import connecting
from app.core.actor import Actor
from app.core.settings import Settings
from tests.crash.processes import Install, served_store
from tests.engine.world import Shop, Store


@pytest.fixture(scope="module")
def install(
    app: Flask, settings: Settings, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Install]:
    """Processes on this worker's database, emptied: a real worker takes everybody's work."""
    engine = create_engine(settings.database_owner_url)
    with engine.begin() as connection:
        connection.execute(text("TRUNCATE organizations CASCADE"))
    engine.dispose()
    made = Install(settings, tmp_path_factory.mktemp("logs"))
    made.scheduler = made.start("workers.scheduler")
    yield made
    made.end()


@pytest.fixture
def shop(install: Install, app: Flask, actor: Actor) -> Iterator[Shop]:
    """An empty shop of ours on real time."""

    def advance(_by: timedelta) -> None:
        raise AssertionError("Real time passes by itself.")

    yield Shop(app, actor, advance)
    install.end(keep=install.scheduler)


@pytest.fixture
def store(shop: Shop) -> Iterator[Store]:
    """A simulated store over HTTP, connected to the shop; the first read is under way."""
    with served_store() as (state, address):
        key = state.add_key()
        wish = connecting.Wish(
            "woocommerce",
            "Sandbox",
            address,
            {"key": key.consumer_key, "secret": key.consumer_secret},
            {"allows_http": True},
        )
        row = connecting.connect(shop.actor, wish)
        connecting.activate(shop.actor, row.id)
        yield Store(shop, state, address, row.id)
        connecting.disconnect(shop.actor, row.id)


@pytest.fixture
def fault_file(tmp_path: Path) -> Path:
    """Where a process notes that it died at its point."""
    return tmp_path / "fault"
