"""A fresh simulated store per test, and the official schema once."""

import json
from pathlib import Path

import pytest
from graphql import GraphQLSchema, build_schema

from app.simulators.shopify import StoreState
from tests.channels.shopify_twin.world import World

OFFICIAL = Path(__file__).parents[4] / "shared" / "specs" / "shopify" / "admin_2026-10.graphql"


@pytest.fixture(scope="session")
def official_or_none() -> GraphQLSchema | None:
    if not OFFICIAL.exists():
        return None
    return build_schema(OFFICIAL.read_text(encoding="utf-8"), assume_valid=True)


@pytest.fixture
def official(official_or_none: GraphQLSchema | None) -> GraphQLSchema:
    if official_or_none is None:
        pytest.skip("the official schema is not on this machine")
    return official_or_none


@pytest.fixture
def world(official_or_none: GraphQLSchema | None) -> World:
    """A store whose every good answer is checked against the official schema, if it is here."""
    return World(official=official_or_none)


@pytest.fixture
def store(world: World) -> StoreState:
    return world.store


@pytest.fixture(scope="session")
def scopes() -> dict[str, set[str]]:
    """What the platform itself says about who may read what."""
    path = OFFICIAL.parent / "access_scopes_2026-10.json"
    if not path.exists():
        pytest.skip("the list of scopes is not on this machine")
    found = json.loads(path.read_text(encoding="utf-8"))["items"]
    return {
        ".".join(filter(None, (each["typeName"], each.get("fieldName")))): set(
            each.get("offlineScopes") or []
        )
        for each in found
    }
