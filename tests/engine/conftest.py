"""Worlds for two-way stories."""

from collections.abc import Iterator

import pytest
from flask import Flask

from app.core.actor import Actor
from tests.engine.world import Shop, world


@pytest.fixture
def shop(app: Flask, actor: Actor) -> Iterator[Shop]:
    """An empty shop of ours."""
    with world(app, actor) as made:
        yield made
