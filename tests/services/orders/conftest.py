"""A shop whose orders come in."""

from uuid import UUID

import pytest

from app.connections import service as connections
from app.core import db
from app.core.actor import Actor
from app.core.work import unit_of_work


@pytest.fixture
def connection_id(actor: Actor) -> UUID:
    """Our connection to the shop."""
    with unit_of_work(actor) as work:
        row = connections.add_connection(
            work,
            channel="woocommerce",
            name="Web shop",
            address=f"https://{db.new_id().hex[-8:]}.test",
            credentials={"key": "ck_" + "0" * 40, "secret": "cs_" + "0" * 40},
            wire={},
        )
        return row.id
