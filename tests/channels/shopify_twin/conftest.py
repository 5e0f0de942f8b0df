"""A fresh simulated store per test, and the official schema once."""

import pytest
from graphql import GraphQLSchema

from app.simulators.shopify import StoreState
from tests import official as shopifys
from tests.channels.shopify_twin.world import World


@pytest.fixture(scope="session")
def official() -> GraphQLSchema:
    return shopifys.schema(shopifys.PINNED)


@pytest.fixture
def world(official: GraphQLSchema) -> World:
    """A store whose every good answer is checked against the official schema."""
    return World(official=official)


@pytest.fixture
def store(world: World) -> StoreState:
    return world.store


@pytest.fixture(scope="session")
def scopes() -> dict[str, set[str]]:
    """What the platform itself says about who may read what."""
    found = shopifys.scopes(shopifys.PINNED)
    return {name: set(each) for name, each in found.items()}
