"""How fast an account is called: what its settings say, shared by all our processes."""

import pytest
from flask import Flask

from app.adapters.port import Capabilities
from app.connections.limits import turns_of
from app.connections.models import Connection
from app.core import db, kv
from app.core.rate_limit import Rate


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
    turns = turns_of(row, Capabilities(frozenset(), frozenset()))
    assert turns

    turns.take({"read": 1})
    turns.take({"write": 1})

    assert _buckets(row) == [f"rate:{{connection:{row.id}}}:call".encode()]


@pytest.mark.usefixtures("clean")
def test_without_a_limit_nothing_is_counted(app: Flask) -> None:
    nothing_named = Capabilities(frozenset(), frozenset())

    assert turns_of(_connection(), nothing_named) is None
    assert turns_of(_connection(requests_per_second=None), nothing_named) is None


@pytest.mark.usefixtures("clean")
def test_a_call_draws_from_every_bucket_its_channel_names(app: Flask) -> None:
    row = _connection()
    limits = {"points": Rate(50, burst=1000, usual_cost=0), "daily": Rate.per_day(10)}
    turns = turns_of(row, Capabilities(frozenset(), frozenset(), limits=limits))
    assert turns

    turns.take({"read": 1, "points": 52})
    turns.take({"write": 1})

    assert turns.limiter.wait_for({"points": 990}) == pytest.approx(42 / 50, abs=0.2)
    assert turns.limiter.wait_for({"daily": 7}) > 3600
