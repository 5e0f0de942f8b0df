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


def _buckets(row: Connection) -> list[bytes]:
    found: list[bytes] = kv.client().keys(f"rate:*{row.id}*")  # type: ignore[assignment]  # sync client
    return found


@pytest.mark.usefixtures("clean")
def test_reads_and_writes_draw_from_one_bucket_of_the_account(app: Flask) -> None:
    row = _connection(requests_per_second=3)
    limiter = wire._limits(row)["limiter"]

    limiter("read")
    limiter("write")

    assert _buckets(row) == [f"rate:{{connection:{row.id}}}:call".encode()]


@pytest.mark.usefixtures("clean")
def test_without_a_limit_nothing_is_counted(app: Flask) -> None:
    assert wire._limits(_connection()) == {}
    assert wire._limits(_connection(requests_per_second=None)) == {}
