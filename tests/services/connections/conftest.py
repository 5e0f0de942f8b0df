"""A shop in memory behind a connection of ours."""

from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from app.adapters.memory import MEMORY, SHOPS, MemoryShop
from app.connections import service, wire
from app.connections.models import Connection
from app.core import clock, db
from app.core.actor import Actor
from app.core.work import unit_of_work

Connect = Callable[..., UUID]


@pytest.fixture
def advance() -> Iterator[Callable[[timedelta], None]]:
    """A clock that stands until it is moved."""
    with clock.frozen(clock.now()) as move:
        yield move


@pytest.fixture
def store(advance: Callable[[timedelta], None]) -> Iterator[MemoryShop]:
    """A shop of this process under an address."""
    shop = MemoryShop()
    address = f"https://{db.new_id().hex[-8:]}.memory.test"
    shop.name = address
    SHOPS[address] = shop
    wire.lend(MEMORY)
    yield shop
    wire.take_back(MEMORY.key)
    del SHOPS[address]


@pytest.fixture
def connect(actor: Actor, store: MemoryShop) -> Connect:
    """Connect the shop with some credentials; returns the connection's id."""

    def made(credentials: dict[str, Any] | None = None) -> UUID:
        with unit_of_work(actor) as work:
            row = service.add_connection(
                work,
                channel="memory",
                name="Sandbox",
                address=store.name,
                credentials=credentials or {"key": store.key},
                wire={},
            )
            service.activate(work, row.id)
            return row.id

    return made


@pytest.fixture
def row_of(actor: Actor) -> Callable[[UUID], Connection]:
    """Read a connection as it stands."""
    return lambda connection_id: wire.load(actor, connection_id)
