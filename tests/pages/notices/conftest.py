"""The cast, and browsers they are signed in with."""

from collections.abc import Callable

import pytest
from flask import Flask
from flask.testing import FlaskClient

from tests import cast as standing
from tests.cast import Cast, Person

Browse = Callable[[Person], FlaskClient]


@pytest.fixture
def cast(app: Flask, clean: None) -> Cast:
    """Alice, Bob, Carol and Mallory, fresh."""
    return standing.cast()


@pytest.fixture
def browse(app: Flask) -> Browse:
    """A new browser somebody is signed in with."""
    return lambda somebody: standing.enter(app.test_client(), somebody)
