"""Numbers that the next conversation with a far side need not learn anew."""

from collections.abc import Iterator

import pytest
import redis

from app.core.embedded import Urls
from app.core.remembered import Remembered
from tests.conftest import redis_database


@pytest.fixture
def store(servers: Urls) -> Iterator["redis.Redis"]:
    client = redis.Redis.from_url(redis_database(servers, 1))
    client.flushdb()
    yield client
    client.flushdb()
    client.close()


def test_the_next_conversation_knows_what_was_noted(store: "redis.Redis") -> None:
    Remembered(store, "shop").note("Orders", 0.25)

    assert Remembered(store, "shop").get("Orders", 1.0) == 0.25
    assert Remembered(store, "shop").get("Products", 1.0) == 1.0
    assert Remembered(store, "other").get("Orders", 1.0) == 1.0


def test_a_hair_more_or_less_is_no_news(store: "redis.Redis") -> None:
    mine = Remembered(store, "shop")
    mine.note("Orders", 0.25)
    mine.note("Orders", 0.2501)

    assert mine.get("Orders", 1.0) == 0.2501
    assert Remembered(store, "shop").get("Orders", 1.0) == 0.25

    mine.note("Orders", 0.5)
    assert Remembered(store, "shop").get("Orders", 1.0) == 0.5


def test_it_is_forgotten_in_time(store: "redis.Redis") -> None:
    Remembered(store, "shop").note("Orders", 0.25)

    assert 0 < int(store.ttl("remembered:shop")) <= 86_400


def test_without_redis_a_conversation_knows_only_its_own() -> None:
    gone = redis.Redis(port=1, socket_connect_timeout=0.1)
    mine = Remembered(gone, "shop")

    mine.note("Orders", 0.25)

    assert mine.get("Orders", 1.0) == 0.25
    assert Remembered(gone, "shop").get("Orders", 1.0) == 1.0
