"""Turns at a far side: an average, a burst, a share for urgent work, and closed doors."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
import redis

from app.core import kv
from app.core.embedded import Urls
from app.core.rate_limit import Rate, RateLimited, RateLimiter, Standing
from tests.conftest import redis_database


class _Time:
    """A clock that only sleeping moves."""

    def __init__(self) -> None:
        self.at = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)
        self.slept = 0.0

    def now(self) -> datetime:
        return self.at

    def sleep(self, seconds: float) -> None:
        self.slept += seconds
        self.at += timedelta(seconds=seconds)


@pytest.fixture
def store(servers: Urls) -> Iterator["redis.Redis"]:
    client = redis.Redis.from_url(redis_database(servers, 1))
    client.flushdb()
    yield client
    client.flushdb()
    client.close()


def _limiter(
    store: "redis.Redis",
    time: _Time,
    *,
    key: str = "shop",
    is_urgent: bool = False,
    patience: float = 30.0,
) -> RateLimiter:
    return RateLimiter(
        store,
        key,
        {"read": Rate(2.0, burst=10), "write": Rate(1.0)},
        is_urgent=is_urgent,
        patience=patience,
        now=time.now,
        sleep=time.sleep,
    )


def test_a_burst_is_free_and_then_the_average_holds(store: "redis.Redis") -> None:
    time = _Time()
    limiter = _limiter(store, time, is_urgent=True)

    for _ in range(10):
        limiter("read")
    free = time.slept
    for _ in range(20):
        limiter("read")

    assert free == 0
    assert time.slept == pytest.approx(10.0, abs=0.2)


def test_kinds_have_turns_of_their_own(store: "redis.Redis") -> None:
    time = _Time()
    limiter = _limiter(store, time)

    limiter("write")
    limiter("read")

    assert time.slept == 0
    assert limiter.wait_for("write") == pytest.approx(1.0)


def test_connections_do_not_wait_for_each_other(store: "redis.Redis") -> None:
    time = _Time()
    _limiter(store, time, key="one")("write")

    assert _limiter(store, time, key="two").wait_for("write") == 0


def test_two_processes_share_one_average(store: "redis.Redis") -> None:
    time = _Time()
    first, second = _limiter(store, time), _limiter(store, time)

    for _ in range(5):
        first("write")
        second("write")

    assert time.slept == pytest.approx(9.0, abs=0.1)


def test_urgent_work_finds_a_share_that_was_left_to_it(store: "redis.Redis") -> None:
    time = _Time()
    usual, urgent = _limiter(store, time), _limiter(store, time, is_urgent=True)
    while usual.wait_for("read") == 0:
        pass

    taken = 0
    while urgent.wait_for("read") == 0:
        taken += 1

    assert taken == 2  # a fifth of ten


def test_leaving_a_share_costs_no_throughput(store: "redis.Redis") -> None:
    time = _Time()
    limiter = _limiter(store, time)
    while limiter.wait_for("read") == 0:
        pass

    for _ in range(40):
        limiter("read")

    assert time.slept == pytest.approx(20.0, abs=0.5)


def test_a_far_side_that_asks_us_to_wait_stops_everybody(store: "redis.Redis") -> None:
    time = _Time()
    first, urgent = _limiter(store, time), _limiter(store, time, is_urgent=True)

    first.back_off(8)
    first.back_off(3)

    assert urgent.wait_for("read") == pytest.approx(8.0, abs=0.01)
    urgent("read")
    assert time.slept == pytest.approx(8.0, abs=0.1)


def test_a_kind_without_an_average_waits_only_at_a_closed_door(store: "redis.Redis") -> None:
    time = _Time()
    limiter = RateLimiter(store, "shop", {}, now=time.now, sleep=time.sleep)

    for _ in range(50):
        limiter("read")
    limiter.back_off(2)

    assert time.slept == 0
    assert limiter.wait_for("write") == pytest.approx(2.0, abs=0.01)


def test_nobody_waits_longer_than_the_patience(store: "redis.Redis") -> None:
    time = _Time()
    limiter = _limiter(store, time, patience=5.0)
    limiter.back_off(60)

    with pytest.raises(RateLimited) as caught:
        limiter("read")

    assert caught.value.retry_after == pytest.approx(60.0, abs=0.01)
    assert time.slept == 0


def test_without_redis_nothing_is_limited() -> None:
    nobody = redis.Redis(host="127.0.0.1", port=1, socket_connect_timeout=0.2, retry=kv.patience())
    limiter = RateLimiter(nobody, "shop", {"read": Rate(0.001)})

    limiter("read")
    limiter("read")
    limiter.back_off(60)

    assert limiter.wait_for("read") == 0
    nobody.close()


def _costly(store: "redis.Redis", time: _Time, **how: object) -> RateLimiter:
    rates = {"call": Rate(1.0, burst=2), "points": Rate(50.0, burst=1000)}
    return RateLimiter(store, "shop", rates, is_urgent=True, now=time.now, sleep=time.sleep, **how)  # type: ignore[arg-type]  # test options


def test_a_call_takes_from_all_its_buckets_or_from_none(store: "redis.Redis") -> None:
    time = _Time()
    limiter = _costly(store, time)
    assert limiter.wait_for({"call": 1, "points": 900}) == 0

    wait = limiter.wait_for({"call": 1, "points": 200})

    assert wait == pytest.approx(2.0)  # a hundred points are missing
    assert limiter.wait_for("call") == 0  # and the call that did not go took none


def test_a_call_dearer_than_the_bucket_passes_when_it_is_full(store: "redis.Redis") -> None:
    limiter = _costly(store, _Time())

    assert limiter.wait_for({"points": 1500}) == 0
    assert limiter.wait_for({"points": 1}) == pytest.approx(501 / 50)


def test_what_the_far_side_says_about_a_bucket_is_believed(store: "redis.Redis") -> None:
    time = _Time()
    limiter = _costly(store, time)
    limiter({"points": 100})

    limiter.report(Standing("points", 10, restore_rate=100, maximum=2000))

    assert limiter.wait_for({"points": 60}) == pytest.approx(0.5)
    time.sleep(30)
    assert limiter.wait_for({"points": 2000}) == 0


def test_a_report_does_not_forget_what_others_took_meanwhile(store: "redis.Redis") -> None:
    time = _Time()
    first, second = _costly(store, time), _costly(store, time)
    first({"points": 100})
    second({"points": 300})

    first.report(Standing("points", 900, restore_rate=50, maximum=1000))

    assert second.wait_for({"points": 700}) == pytest.approx(2.0)


def test_a_report_without_a_maximum_only_lowers(store: "redis.Redis") -> None:
    limiter = _costly(store, _Time())
    limiter("call")

    limiter.report(Standing("call", 4990))
    assert limiter.wait_for({"call": 2}) == pytest.approx(1.0)
    limiter.report(Standing("call", 0))

    assert limiter.wait_for("call") == pytest.approx(1.0)


def test_connections_of_one_app_take_turns_at_what_they_share(store: "redis.Redis") -> None:
    time = _Time()
    rates = {"app": Rate(1.0, burst=1, is_shared=True)}
    greedy, modest = (
        RateLimiter(store, key, rates, shared_key="app", now=time.now, sleep=time.sleep)
        for key in ("greedy", "modest")
    )
    for _ in range(20):
        greedy("app")
    taken = {"greedy": 0, "modest": 0}

    for _ in range(100):
        for limiter, name in ((greedy, "greedy"), (greedy, "greedy"), (modest, "modest")):
            taken[name] += limiter.wait_for("app") == 0
        time.sleep(0.5)

    assert sum(taken.values()) >= 49
    assert abs(taken["greedy"] - taken["modest"]) <= 2


def test_who_gave_up_waiting_holds_nobody_up(store: "redis.Redis") -> None:
    time = _Time()
    rates = {"app": Rate(1.0, burst=1, is_shared=True)}
    gone, here = (
        RateLimiter(store, key, rates, shared_key="app", now=time.now, sleep=time.sleep)
        for key in ("gone", "here")
    )
    here("app")
    assert gone.wait_for("app") > 0

    for _ in range(10):
        here("app")

    assert time.slept <= 14


def test_who_gives_way_leaves_while_waiting_and_what_is_urgent_does_not(
    store: "redis.Redis",
) -> None:
    time = _Time()
    limiter = _limiter(store, time)
    limiter("write")
    looks = iter([False, True])
    limiter.gives_way = lambda: next(looks)

    with pytest.raises(RateLimited):
        limiter("write")
    assert 0 < time.slept < 1

    limiter.is_urgent = True
    limiter("write")
    assert time.slept >= 1


def test_a_clock_that_is_set_back_stops_nobody(store: "redis.Redis") -> None:
    time = _Time()
    limiter = _limiter(store, time, is_urgent=True)
    for _ in range(10):
        limiter("read")

    time.at -= timedelta(hours=1)
    for _ in range(20):
        limiter("read")

    assert time.slept == pytest.approx(10.0, abs=0.2)
