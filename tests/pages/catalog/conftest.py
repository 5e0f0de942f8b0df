"""The cast, on the whole application's database."""

import pytest
from flask import Flask

from tests import cast as standing
from tests.cast import Cast


@pytest.fixture
def cast(app: Flask, clean: None) -> Cast:
    """Alice, Bob, Carol and Mallory, fresh."""
    return standing.cast()
