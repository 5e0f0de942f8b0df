"""The audit log is sealed entry by entry; whoever owns the database cannot rewrite it unseen."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import Connection, create_engine, text
from sqlalchemy.exc import ProgrammingError

from app.core.actor import Actor
from app.core.db import reading
from app.core.settings import Settings
from app.core.work import unit_of_work
from app.team import queries, service
from tests.cast import Cast, Person

BREAKS = text("SELECT number, what FROM audit_breaks() WHERE chain = :chain ORDER BY number")
NUMBERS = text("SELECT number FROM audit_seals WHERE chain = :chain ORDER BY number")


@pytest.fixture
def owner(settings: Settings, cast: Cast) -> Iterator[Connection]:
    """Who owns the tables; nothing it does is kept."""
    engine = create_engine(settings.database_owner_url)
    with engine.connect() as connection:
        yield connection
        connection.rollback()
    engine.dispose()


def _log(somebody: Person, *summaries: str) -> None:
    with unit_of_work(somebody.actor) as work:
        for summary in summaries:
            service.record_audit(work, "test.done", "test", "", summary, {"of": summary})


def _breaks(connection: Connection, somebody: Person) -> list[tuple[int | None, str]]:
    rows = connection.execute(BREAKS, {"chain": somebody.place})
    return [(row.number, row.what) for row in rows]


def test_every_entry_is_sealed_when_it_is_committed(cast: Cast) -> None:
    _log(cast.alice, "one", "two")
    _log(cast.alice, "three")

    with reading(cast.alice.actor) as session:
        head = queries.audit_head(session, cast.alice.place)
        numbers = list(session.scalars(NUMBERS, {"chain": cast.alice.place}))
        breaks = session.execute(BREAKS, {"chain": cast.alice.place}).all()

    assert head is not None
    assert (head.number, numbers) == (3, [1, 2, 3])
    assert breaks == []


def test_many_at_once_make_one_chain(cast: Cast) -> None:
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda number: _log(cast.alice, f"entry {number}"), range(40)))

    with reading(cast.alice.actor) as session:
        numbers = list(session.scalars(NUMBERS, {"chain": cast.alice.place}))
        breaks = session.execute(BREAKS, {"chain": cast.alice.place}).all()

    assert numbers == list(range(1, 41))
    assert breaks == []


@pytest.mark.parametrize(
    ("statement", "told"),
    [
        (
            "UPDATE audit_entries SET summary = 'nothing' WHERE summary = 'two'"
            " AND organization_id = :chain",
            [(2, "was changed")],
        ),
        (
            "UPDATE audit_entries SET at = at - interval '1 day' WHERE summary = 'two'"
            " AND organization_id = :chain",
            [(2, "was changed")],
        ),
        (
            "DELETE FROM audit_entries WHERE summary = 'two' AND organization_id = :chain",
            [(2, "was removed")],
        ),
        (
            "DELETE FROM audit_seals WHERE number = 2 AND chain = :chain",
            [(None, "was slipped in without a seal"), (3, "follows a seal that was removed")],
        ),
    ],
)
def test_what_is_rewritten_shows(
    cast: Cast, owner: Connection, statement: str, told: list[tuple[int | None, str]]
) -> None:
    _log(cast.alice, "one", "two", "three")
    for table in ("audit_entries", "audit_seals"):
        owner.execute(text(f"ALTER TABLE {table} DISABLE TRIGGER append_only"))

    owner.execute(text(statement), {"chain": cast.alice.place})

    assert sorted(_breaks(owner, cast.alice), key=str) == sorted(told, key=str)
    assert _breaks(owner, cast.mallory) == []


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE audit_seals SET digest = ''",
        "DELETE FROM audit_seals",
        "SELECT seal_audit_entry(e) FROM audit_entries e",
    ],
)
def test_the_app_itself_cannot_touch_a_seal(cast: Cast, statement: str) -> None:
    _log(cast.alice, "one")

    with pytest.raises(ProgrammingError), unit_of_work(cast.alice.actor) as work:
        work.session.execute(text(statement))


def test_nobody_sees_the_seals_of_another_organization(cast: Cast) -> None:
    _log(cast.alice, "one")

    with reading(cast.mallory.actor) as session:
        assert queries.audit_head(session, cast.alice.place) is None


def test_the_installs_own_entries_have_a_chain_too(cast: Cast) -> None:
    nobody = Actor(None, None, frozenset(), "cli")
    with unit_of_work(nobody) as work:
        service.record_audit(work, "test.done", "test", "", "of the install")

    with reading(nobody) as session:
        assert queries.audit_head(session, None) is not None
