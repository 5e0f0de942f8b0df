"""Worlds for two-way stories."""

from collections.abc import Iterator
from uuid import UUID

import pytest
from flask import Flask

from app.adapters.memory import MEMORY, SHOPS, MemoryShop
from app.connections import service as connections
from app.connections import wire
from app.core import db
from app.core.actor import Actor
from app.core.work import unit_of_work
from tests.engine.world import Shop, world


@pytest.fixture
def shop(app: Flask, actor: Actor) -> Iterator[Shop]:
    """An empty shop of ours."""
    with world(app, actor) as made:
        yield made


@pytest.fixture
def store(shop: Shop) -> Iterator[MemoryShop]:
    """A shop in memory."""
    made = MemoryShop(f"https://{db.new_id().hex[-8:]}.memory.test")
    SHOPS[made.name] = made
    wire.lend(MEMORY)
    yield made
    wire.take_back(MEMORY.key)
    del SHOPS[made.name]


@pytest.fixture
def connection_id(shop: Shop, store: MemoryShop) -> UUID:
    """Our connection to the shop in memory."""
    with unit_of_work(shop.actor) as work:
        row = connections.add_connection(
            work,
            channel="memory",
            name="Sandbox",
            address=store.name,
            credentials={"key": store.key},
            wire={},
        )
        connections.activate(work, row.id)
        return row.id
