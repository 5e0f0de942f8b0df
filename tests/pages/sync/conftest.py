"""Acme with one simulated store behind the pages of the sync."""

from collections.abc import Iterator
from contextlib import ExitStack

import pytest
from flask import Flask
from flask.testing import FlaskClient

from app.core.actor import job_actor
from app.team.permissions import Role
from tests.cast import Cast, Person, cast, enter, person
from tests.engine.world import connected_store, world
from tests.pages.sync.place import Place


@pytest.fixture
def people(app: Flask, clean: None) -> Cast:
    return cast()


@pytest.fixture
def manager(people: Cast) -> Person:
    return person("Dora", Role.MANAGER, organization_id=people.alice.place)


@pytest.fixture
def acme(app: Flask, people: Cast, client: FlaskClient) -> Iterator[Place]:
    with ExitStack() as stack:
        shop = stack.enter_context(world(app, job_actor(people.alice.place)))
        store = stack.enter_context(connected_store(shop))
        shop.settle()
        enter(client, people.alice)
        yield Place(shop, store, client)
