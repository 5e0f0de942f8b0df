"""Raw SQL as the role of the app: without an organization, or in another one, nothing is there."""

from collections.abc import Callable, Sequence
from uuid import UUID

import pytest
from flask import Flask
from sqlalchemy import text
from sqlalchemy.exc import ProgrammingError

from app.core import db
from app.core.db import Base
from tests.cast import Cast, cast
from tests.pages.things import make_things

OPEN_TABLES = ("outbox_messages", "schedules")  # ids only; the relay and the scheduler serve all
GUARDED = sorted(
    table.name
    for table in Base.metadata.tables.values()
    if "organization_id" in table.c and table.name not in OPEN_TABLES
)

Ask = Callable[..., int]


@pytest.fixture
def people(app: Flask, clean: None) -> Cast:
    """Acme with one of everything, and Mallory's shop."""
    found = cast()
    make_things(found)
    return found


@pytest.fixture
def ask(app: Flask) -> Ask:
    """Run one statement in a transaction of its own; returns how many rows it saw or hit."""

    def run(statement: str, *, here: UUID | None, **values: object) -> int:
        with db.engine().connect() as connection:
            if here is not None:
                setting = text("SELECT set_config('app.organization_id', :here, true)")
                connection.execute(setting, {"here": str(here)})
            return connection.execute(text(statement), values).rowcount

    return run


def _filled(people: Cast, ask: Ask) -> Sequence[str]:
    acme = people.alice.place
    return [
        name
        for name in GUARDED
        if ask(f"SELECT FROM {name} WHERE organization_id = :acme", here=acme, acme=acme)
    ]


def test_rows_are_seen_in_their_own_organization_alone(people: Cast, ask: Ask) -> None:
    acme, other = people.alice.place, people.mallory.place

    seen = {
        f"{name} from {here or 'nowhere'}": rows
        for name in GUARDED
        for here in (other, None)
        if (
            rows := ask(
                f"SELECT FROM {name} WHERE organization_id = :acme",
                here=here,
                acme=acme,
            )
        )
    }

    assert seen == {}
    assert len(_filled(people, ask)) > 20


@pytest.mark.parametrize("statement", ["UPDATE {} SET organization_id = :other", "DELETE FROM {}"])
def test_rows_of_another_organization_are_neither_taken_nor_deleted(
    people: Cast, ask: Ask, statement: str
) -> None:
    acme, other = people.alice.place, people.mallory.place
    before = _filled(people, ask)
    append_only = {t.name for t in Base.metadata.tables.values() if t.info.get("append_only")}

    hit = {
        name: ask(
            f"{statement.format(name)} WHERE organization_id = :acme",
            here=other,
            acme=acme,
            **({"other": other} if ":other" in statement else {}),
        )
        for name in GUARDED
        if name not in append_only
    }

    assert set(hit.values()) == {0}
    assert _filled(people, ask) == before


@pytest.mark.parametrize("name", GUARDED)
@pytest.mark.parametrize("is_somewhere", [True, False])
def test_nothing_is_written_into_another_organization(
    people: Cast, ask: Ask, name: str, is_somewhere: bool
) -> None:
    statement = f"INSERT INTO {name} (organization_id) VALUES (:acme)"  # noqa: S608 (our own tables)

    with pytest.raises(ProgrammingError, match="violates row-level security policy"):
        ask(
            statement,
            here=people.mallory.place if is_somewhere else None,
            acme=people.alice.place,
        )


@pytest.mark.parametrize(
    "statement",
    [
        "ALTER TABLE products DISABLE ROW LEVEL SECURITY",
        "DROP POLICY tenant ON products",
        "CREATE TABLE own (id int)",
        "TRUNCATE products CASCADE",
        "UPDATE alembic_version SET version_num = 'x'",
        "SET ROLE syncstore_owner",
        "COPY products TO PROGRAM 'cat'",
        "SELECT pg_read_file('/etc/passwd')",
    ],
)
def test_the_role_of_the_app_cannot_open_the_door(app: Flask, ask: Ask, statement: str) -> None:
    with pytest.raises(ProgrammingError, match=r"must be (owner|a superuser)|denied"):
        ask(statement, here=None)


def test_search_looks_only_where_the_asker_is(people: Cast, ask: Ask) -> None:
    wanted = "SELECT FROM matching_products(to_tsquery('simple', 'mug'), 10)"

    assert ask(wanted, here=people.alice.place) == 1
    assert ask(wanted, here=people.mallory.place) == 0
    assert ask(wanted, here=None) == 0
