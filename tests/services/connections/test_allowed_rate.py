"""How fast an account is called: what its settings say, shared by all our processes."""

import pytest
from flask import Flask

from app.connections import wire
from app.connections.models import Connection
from app.core import db, kv


def _connection(**settings: object) -> Connection:
    return Connection(
        id=db.new_id(),
        organization_id=db.new_id(),
        channel="woocommerce",
        address="https://shop.test",
        settings=settings,
        wire={},
    )


def _tokens(row: Connection) -> bytes | None:
    found: bytes | None = kv.client().hget(f"rate:{{connection:{row.id}}}:call", "tokens")  # type: ignore[assignment]  # sync client
    return found


@pytest.mark.usefixtures("clean")
def test_reads_and_writes_draw_from_one_bucket_of_the_account(app: Flask) -> None:
    row = _connection(requests_per_second=3)
    limiter = wire._limits(row)["limiter"]

    limiter("read")
    limiter("write")

    left = _tokens(row)
    assert left is not None
    assert 1 <= float(left) < 2


@pytest.mark.usefixtures("clean")
def test_without_a_limit_nothing_is_counted(app: Flask) -> None:
    assert wire._limits(_connection()) == {}
    assert wire._limits(_connection(requests_per_second=None)) == {}
