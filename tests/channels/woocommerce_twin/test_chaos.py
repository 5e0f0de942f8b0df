"""Bad weather: what each fault does, that it repeats, and that it ends."""

from typing import Any

import httpx
import pytest

from app.simulators.chaos import Chaos, Fault, Profile, RateLimit, profile_from
from tests.channels.woocommerce_twin.world import World


@pytest.mark.parametrize(
    ("fault", "status"),
    [
        (Fault.THROTTLE, 429),
        (Fault.BUSY, 503),
        (Fault.FAIL_BEFORE, 502),
        (Fault.GARBAGE, 200),
    ],
)
def test_a_fault_before_the_effect_leaves_nothing_done(
    world: World, fault: Fault, status: int
) -> None:
    world.store.chaos.next(fault)

    answer = world.api.post("/products", json={"name": "Mug"})

    assert answer.status_code == status
    assert answer.text.startswith("<!DOCTYPE html>")
    assert world.store.titles() == []
    assert world.api.get("/products").json() == []


def test_throttling_says_how_long(world: World) -> None:
    world.store.throttle_next(2, retry_after=7)

    answers = [world.api.get("/products") for _ in range(3)]

    assert [answer.status_code for answer in answers] == [429, 429, 200]
    assert answers[0].headers["Retry-After"] == "7"


def test_a_lost_answer_has_its_effect(world: World) -> None:
    world.store.lose_next_answer(6)

    outcomes = []
    for number in range(6):
        try:
            answer = world.api.post("/products", json={"name": f"Mug {number}"})
            outcomes.append(answer.status_code)
        except httpx.ReadError:
            outcomes.append(0)

    assert set(outcomes) == {0, 504}
    assert len(world.store.titles()) == 6


def test_lost_answers_of_writes_spare_the_reads(world: World) -> None:
    world.store.lose_next_answer()

    assert world.api.get("/products").status_code == 200


def test_a_slow_host_moves_the_clock_it_is_given(world: World) -> None:
    chaos = Chaos(
        profile=Profile(slow=1.0, slow_seconds=90), sleep=lambda s: world.clock.pass_seconds(int(s))
    )
    world.store.chaos = chaos

    world.api.post("/products", json={"name": "Mug"})

    assert chaos.slept == 90
    assert world.store.product(1)["date_created_gmt"] == "2026-11-21T08:01:30"


def _weather(seed: int) -> list[Any]:
    chaos = Chaos(seed, "storm")
    return [chaos.strike(is_write=True, is_batch=number % 3 == 0) for number in range(200)]


def test_the_same_seed_gives_the_same_weather() -> None:
    assert _weather(7) == _weather(7)
    assert _weather(7) != _weather(8)


def test_calm_ends_everything(world: World) -> None:
    world.store.chaos.use("storm", seed=1)
    world.store.chaos.next(Fault.BUSY, times=50)

    world.store.chaos.calm()

    assert {world.api.get("/products").status_code for _ in range(50)} == {200}


def test_a_storm_befalls_only_the_api(world: World) -> None:
    world.store.chaos.use(Profile(busy=1.0))

    assert world.client(path="").get("/").status_code == 200
    assert world.api.get("/products").status_code == 503


def test_a_rate_limit_counts_requests_on_its_own_clock() -> None:
    now = [0.0]
    limit = RateLimit(2, burst=2, tick=lambda: now[0])

    first = [limit.wait() for _ in range(3)]
    now[0] = 0.5
    second = [limit.wait() for _ in range(2)]

    assert first == [0.0, 0.0, 0.5]
    assert second == [0.0, 0.5]


def test_beyond_the_rate_limit_comes_429(world: World) -> None:
    world.store.chaos.rate_limit = RateLimit(1, burst=2, tick=lambda: 0.0)

    answers = [world.api.get("/products") for _ in range(3)]

    assert [answer.status_code for answer in answers] == [200, 200, 429]
    assert answers[2].headers["Retry-After"] == "1"


def test_reordering_keeps_every_delivery() -> None:
    chaos = Chaos(3, Profile(reorder_deliveries=1.0))

    now, later = chaos.shape(list(range(20)))

    assert now != list(range(20))
    assert sorted(now) == list(range(20))
    assert later == []


def test_unknown_chances_are_a_mistake() -> None:
    with pytest.raises(ValueError, match="trottle"):
        profile_from({"trottle": 1})
