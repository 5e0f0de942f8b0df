"""The cast, and a variant of Acme with stock."""

from collections.abc import Iterator
from typing import Any
from uuid import UUID

import pytest
from flask import Flask
from sqlalchemy import event

from app.core import db
from app.inventory import queries
from tests import cast as standing
from tests.cast import Cast
from tests.factories.catalog import product, values_of


@pytest.fixture
def cast(app: Flask, clean: None) -> Cast:
    """Alice, Bob, Carol and Mallory, fresh."""
    return standing.cast()


@pytest.fixture
def mug(cast: Cast) -> UUID:
    """A variant with five on hand at the first location."""
    key = product(cast.alice.actor, {"sku": "MUG-1", "quantity": 5}, title="Blue mug")
    return next(iter(values_of(cast.alice.actor, key).variants))


@pytest.fixture
def main(cast: Cast, mug: UUID) -> str:
    """The id of the first location."""
    with db.reading(cast.alice.actor) as session:
        return str(queries.locations(session)[0].id)


@pytest.fixture
def questions(app: Flask) -> Iterator[list[str]]:
    """Every statement that is sent to the database from now on."""
    sent: list[str] = []

    def note(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        sent.append(statement)

    event.listen(db.engine(), "before_cursor_execute", note)
    yield sent
    event.remove(db.engine(), "before_cursor_execute", note)
