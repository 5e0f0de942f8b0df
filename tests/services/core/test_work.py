"""The unit of work: one commit, facts with it, nothing half-saved, no network inside."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

import psycopg
import pytest
from sqlalchemy import event, select, text, update
from sqlalchemy.exc import DBAPIError

from app.catalog.models import Category
from app.core import db
from app.core.actor import Actor, job_actor
from app.core.guard import NetworkInsideWork
from app.core.outbox import OutboxMessage
from app.core.transport import Transport
from app.core.work import Work, in_unit, rehearsal, unit_of_work


@dataclass(frozen=True)
class CategoryAdded:
    """A fact for these tests."""

    category_id: UUID


def add_category(work: Work, name: str) -> UUID:
    category = Category(organization_id=work.organization_id, name=name, path=name)
    work.session.add(category)
    work.session.flush()
    work.emit(CategoryAdded(category.id))
    return category.id


def paths(actor: Actor) -> list[str]:
    with db.reading(actor) as session:
        return list(session.scalars(select(Category.path)))


def facts(actor: Actor) -> int:
    with db.reading(actor) as session:
        found = session.scalars(
            select(OutboxMessage).where(OutboxMessage.organization_id == actor.organization_id)
        )
        return len(list(found))


def test_a_row_and_its_fact_arrive_together(actor: Actor) -> None:
    with unit_of_work(actor) as work:
        add_category(work, "Mugs")

    assert paths(actor) == ["Mugs"]
    assert facts(actor) == 1


def test_an_exception_leaves_neither_row_nor_fact(actor: Actor) -> None:
    def half() -> None:
        with unit_of_work(actor) as work:
            add_category(work, "Mugs")
            raise KeyError("later trouble")

    with pytest.raises(KeyError):
        half()

    assert paths(actor) == []
    assert facts(actor) == 0


def test_a_hint_is_given_only_after_the_commit(actor: Actor) -> None:
    seen: list[list[str]] = []

    with unit_of_work(actor) as work:
        add_category(work, "Mugs")
        work.after_commit(lambda: seen.append(paths(actor)))
        assert seen == []

    assert seen == [["Mugs"]]


def test_units_do_not_nest(actor: Actor) -> None:
    def inner() -> None:
        with unit_of_work(actor):
            pass

    with unit_of_work(actor), pytest.raises(RuntimeError, match="do not nest"):
        inner()


def test_the_network_is_refused_inside_a_unit(actor: Actor) -> None:
    transport = Transport(allows_private=True)

    with unit_of_work(actor), pytest.raises(NetworkInsideWork, match="test_work"):
        transport.send("GET", "http://127.0.0.1:9/")


def test_a_reading_session_cannot_write(actor: Actor) -> None:
    with db.reading(actor) as session, pytest.raises(Exception, match="read-only"):
        session.execute(text("DELETE FROM categories"))


_ADD = """
    INSERT INTO categories (organization_id, name, path, position)
    VALUES (%(owner)s, %(name)s, %(name)s, 0) RETURNING path
"""


def add_by_driver(work: Work, name: str, owner: UUID | None = None) -> list[tuple[str]]:
    return work.rows(_ADD, {"owner": owner or work.organization_id, "name": name})


def test_a_unit_without_a_session_commits_once_and_is_one_with_a_later_session(
    actor: Actor,
) -> None:
    with unit_of_work(actor) as work:
        assert add_by_driver(work, "Mugs") == [("Mugs",)]
        assert paths(actor) == []
    with unit_of_work(actor) as work:
        add_by_driver(work, "Cups")
        assert set(work.session.scalars(select(Category.path))) == {"Mugs", "Cups"}
        add_category(work, "Pots")
        assert paths(actor) == ["Mugs"]
    with unit_of_work(actor) as work:
        add_category(work, "Pans")
        add_by_driver(work, "Lids")

    assert sorted(paths(actor)) == ["Cups", "Lids", "Mugs", "Pans", "Pots"]


@pytest.mark.parametrize("is_session_used", [True, False])
def test_a_unit_without_a_session_leaves_nothing_of_what_failed(
    actor: Actor, is_session_used: bool
) -> None:
    def half() -> None:
        with unit_of_work(actor) as work:
            add_by_driver(work, "Mugs")
            if is_session_used:
                add_category(work, "Cups")
            raise KeyError("later trouble")

    for _ in range(2):
        with pytest.raises(KeyError):
            half()
    with rehearsal(actor) as work:
        add_by_driver(work, "Pots")

    assert paths(actor) == []
    with unit_of_work(actor) as work:  # the connection went back clean
        assert add_by_driver(work, "Mugs") == [("Mugs",)]


def test_a_unit_without_a_session_stays_in_its_organization(actor: Actor) -> None:
    with unit_of_work(actor) as work:
        add_by_driver(work, "Mugs")
    mallory = job_actor(db.new_id())

    with unit_of_work(mallory) as work:
        assert work.rows("SELECT path FROM categories", {}) == []
    with pytest.raises(DBAPIError, match="row-level security"), unit_of_work(mallory) as work:
        add_by_driver(work, "Planted", actor.organization)

    assert paths(actor) == ["Mugs"]


def test_another_organization_sees_and_changes_nothing(actor: Actor, organization_id: UUID) -> None:
    with unit_of_work(actor) as work:
        add_category(work, "Mugs")
    mallory = job_actor(db.new_id())

    with unit_of_work(mallory) as work:
        seen = list(work.session.scalars(select(Category)))
        changed = db.affected(work.session, update(Category).values(name="Mine"))

    assert seen == []
    assert changed == 0
    assert paths(actor) == ["Mugs"]


def test_a_row_cannot_be_planted_in_another_organization(actor: Actor) -> None:
    mallory = job_actor(db.new_id())

    with pytest.raises(Exception, match="row-level security"), unit_of_work(mallory) as work:
        work.session.add(
            Category(organization_id=actor.organization, name="Planted", path="Planted")
        )

    assert paths(actor) == []


def test_a_lost_insert_race_runs_the_unit_again(actor: Actor) -> None:
    tries: list[int] = []

    def find_or_add(work: Work, name: str) -> None:
        tries.append(1)
        known = work.session.scalar(select(Category).where(Category.path == name))
        if known is None:
            if len(tries) == 1:
                with db.engine().begin() as other:
                    other.execute(
                        text("SELECT set_config('app.organization_id', :o, true)"),
                        {"o": str(actor.organization_id)},
                    )
                    other.execute(
                        text(
                            "INSERT INTO categories (organization_id, name, path, position)"
                            " VALUES (:o, :n, :n, 0)"
                        ),
                        {"o": actor.organization_id, "n": name},
                    )
            add_category(work, name)

    in_unit(find_or_add)(actor, "Mugs")

    assert len(tries) == 2
    assert paths(actor) == ["Mugs"]


def test_a_connection_that_the_server_ended_meanwhile_is_not_used(actor: Actor) -> None:
    pid = text("SELECT pg_backend_pid()")
    with db.reading(actor) as one, db.reading(actor) as other:
        one.scalar(pid)
        ended = other.scalar(pid)
    with db.reading(actor) as one, db.reading(actor) as other:
        asking = one if other.scalar(pid) == ended else other
        rest = one if asking is other else other
        rest.close()
        asking.scalar(text("SELECT pg_terminate_backend(:pid, 5000)"), {"pid": ended})

        with db.reading(actor) as first, db.reading(actor) as second:
            assert ended not in (first.scalar(pid), second.scalar(pid))


def test_what_the_server_has_prepared_outlives_what_is_rolled_back(actor: Actor) -> None:
    asked = text("SELECT path FROM categories WHERE name = :name")
    prepared = text("SELECT count(*) FROM pg_prepared_statements WHERE statement LIKE :like")
    for _ in range(10):
        with rehearsal(actor) as work:
            work.session.execute(asked, {"name": "Mugs"})

    with db.reading(actor) as session:
        assert session.scalar(prepared, {"like": "SELECT path FROM categories%"}) == 1


def test_a_connection_that_is_cut_as_it_is_taken_is_an_error_of_the_database(
    actor: Actor,
) -> None:
    def cut(connection: Any, *_: Any) -> None:
        with psycopg.connect(connection.info.dsn, password=connection.info.password) as other:
            other.execute("SELECT pg_terminate_backend(%s, 5000)", (connection.info.backend_pid,))

    event.listen(db.engine(), "checkout", cut)
    try:
        with pytest.raises(DBAPIError), unit_of_work(actor) as work:
            work.session.execute(text("SELECT 1"))
        with pytest.raises(DBAPIError), unit_of_work(actor) as work:
            work.rows("SELECT 1", {})
    finally:
        event.remove(db.engine(), "checkout", cut)
    assert paths(actor) == []
