"""A fresh simulated store per test."""

import httpx
import pytest

from app.simulators.woocommerce import StoreState
from tests.channels.woocommerce_twin.world import World


@pytest.fixture
def world() -> World:
    return World()


@pytest.fixture
def store(world: World) -> StoreState:
    return world.store


@pytest.fixture
def api(world: World) -> httpx.Client:
    return world.api
