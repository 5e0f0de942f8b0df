"""Organizations, switching, visits, sessions and the audit log."""

from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import create_engine, delete, select, text, update
from sqlalchemy.exc import ProgrammingError

from app.core import clock, db
from app.core.actor import NOBODY, SYSTEM
from app.core.db import new_id, reading
from app.core.errors import Forbidden, Invalid, NotFound
from app.core.outbox import OutboxMessage
from app.core.settings import Settings
from app.core.work import unit_of_work
from app.team import queries, service
from app.team.models import AuditEntry, Organization, UserSession
from app.team.permissions import Role
from tests.cast import CHEAP, PASSWORD, Cast, person, session_token
from tests.services.team.post import actions, counts


def _session(token: str) -> UserSession:
    with reading(NOBODY) as session:
        found = queries.find_session(session, token)
    assert found is not None
    return found.session


def test_another_organization_belongs_to_whoever_founds_it(cast: Cast) -> None:
    made = service.create_organization(cast.bob.actor, "Second shop")

    with reading(cast.bob.actor) as session:
        mine = {
            each.organization_id: each.role for each in queries.standings(session, cast.bob.user_id)
        }
    assert mine == {cast.bob.organization_id: Role.EDITOR, made: Role.OWNER}
    with db.open_session(SYSTEM) as session:
        told = session.scalars(
            select(OutboxMessage.name).where(OutboxMessage.organization_id == made)
        )
        assert list(told) == ["OrganizationCreated"]


def test_changed_settings_are_audited_with_both_values(cast: Cast) -> None:
    with unit_of_work(cast.alice.actor) as work:
        service.change_organization(work, {"name": "Acme Ltd", "currency": "EUR"})

    with reading(cast.alice.actor) as session:
        entry = session.scalars(select(AuditEntry).order_by(AuditEntry.id.desc())).first()
    assert entry is not None
    assert entry.user_name == "Alice"
    assert entry.details["currency"] == {"before": "USD", "after": "EUR"}


def test_an_unknown_currency_changes_nothing(cast: Cast) -> None:
    before = counts(cast.alice)

    with pytest.raises(Invalid), unit_of_work(cast.alice.actor) as work:
        service.change_organization(work, {"name": "Other", "currency": "DOGE"})

    assert counts(cast.alice) == before
    with reading(cast.alice.actor) as session:
        assert queries.get_organization(session, cast.alice.place).name == "Acme"


def test_a_member_switches_and_a_stranger_does_not(cast: Cast) -> None:
    made = service.create_organization(cast.bob.actor, "Second shop")
    row = _session(token := session_token(cast.bob))

    with unit_of_work(cast.bob.actor) as work:
        service.switch_organization(work, row.id, made)
    with pytest.raises(NotFound), unit_of_work(cast.bob.actor) as work:
        service.switch_organization(work, row.id, cast.mallory.place)

    assert _session(token).current_organization_id == made


def test_a_session_of_somebody_else_is_not_ended(cast: Cast) -> None:
    row = _session(token := session_token(cast.alice))

    with pytest.raises(NotFound), unit_of_work(cast.mallory.actor) as work:
        service.end_session(work, row.id)

    assert _session(token).revoked_at is None


def test_signing_out_everywhere_else_keeps_this_browser(cast: Cast) -> None:
    here, there = session_token(cast.alice), session_token(cast.alice)

    kept = _session(here).id

    with unit_of_work(cast.alice.actor) as work:
        count = service.end_every_session(work, keep=kept)

    assert count == 1
    assert _session(here).revoked_at is None
    with reading(NOBODY) as session:
        assert queries.find_session(session, there) is None


def test_a_session_is_written_at_most_once_a_minute_and_lives_on(cast: Cast) -> None:
    row = _session(token := session_token(cast.alice))

    with clock.travelling(timedelta(seconds=30)), unit_of_work(cast.alice.actor) as work:
        service.mark_seen(work, row.id)
    assert _session(token).last_seen_at == row.last_seen_at

    with clock.travelling(timedelta(hours=11)), unit_of_work(cast.alice.actor) as work:
        service.mark_seen(work, row.id)
    with clock.travelling(timedelta(hours=20)):
        assert _session(token).revoked_at is None
    with clock.travelling(timedelta(hours=24)), reading(NOBODY) as session:
        assert queries.find_session(session, token) is None


def test_an_operator_enters_any_organization_and_leaves_a_trace(cast: Cast) -> None:
    operator = person("Operator", None, is_operator=True)
    row = _session(token := session_token(operator))

    service.visit_organization(operator.actor, row.id, cast.alice.place)

    assert _session(token).current_organization_id == cast.alice.place
    assert actions(cast.alice)[-1] == "operator.visited"


def test_who_is_no_operator_visits_nobody(cast: Cast) -> None:
    row = _session(token := session_token(cast.mallory))
    pretender = replace(cast.mallory, is_operator=True)

    with pytest.raises(Forbidden):
        service.visit_organization(cast.mallory.actor, row.id, cast.alice.place)
    with pytest.raises(NotFound):
        service.visit_organization(pretender.actor, row.id, cast.alice.place)

    assert _session(token).current_organization_id == cast.mallory.place
    assert "operator.visited" not in actions(cast.alice)


def test_only_the_install_sees_every_organization(cast: Cast) -> None:
    with reading(SYSTEM) as session:
        everything = {each.id for each in queries.all_organizations(session)}
    with reading(cast.mallory.actor) as session:
        seen = set(session.scalars(select(Organization.id)))

    assert {cast.alice.place, cast.mallory.place} <= everything
    assert seen == {cast.mallory.place}


def test_an_organization_is_found_by_short_name_or_id(cast: Cast) -> None:
    with reading(SYSTEM) as session:
        by_id = queries.find_organization(session, str(cast.alice.place))
        assert by_id is not None
        assert queries.find_organization(session, by_id.slug) is by_id
        assert queries.find_organization(session, "no-such-shop") is None


def test_the_command_founds_an_organization_with_its_first_person(cast: Cast) -> None:
    wanted = service.NewUser(f"Cli-{new_id().hex}@acme.example", "Alice", PASSWORD)

    user_id = service.create_user(SYSTEM, wanted, organization_name="From the shell", cost=CHEAP)

    with reading(replace(cast.alice, user_id=user_id, organization_id=None).actor) as session:
        mine = queries.standings(session, user_id)
    assert [(each.name, each.role) for each in mine] == [("From the shell", Role.OWNER)]


def test_the_log_masks_what_is_secret(cast: Cast) -> None:
    with unit_of_work(cast.alice.actor) as work:
        details = {"consumer_secret": "cs_0123456789", "store": "mugs.example"}
        service.record_audit(work, "test.done", "test", "", "Did a test.", details)

    with reading(cast.alice.actor) as session:
        entry = session.scalars(select(AuditEntry).where(AuditEntry.action == "test.done")).one()
    assert "0123456789" not in str(entry.details)
    assert entry.details["store"] == "mugs.example"


@pytest.mark.parametrize(
    "change", [update(AuditEntry).values(summary="nothing"), delete(AuditEntry)]
)
def test_nobody_rewrites_the_log(cast: Cast, change: object) -> None:
    service.create_organization(cast.alice.actor, "Trace")
    before = actions(cast.alice)

    with pytest.raises(ProgrammingError), unit_of_work(cast.alice.actor) as work:
        work.session.execute(change)  # type: ignore[call-overload]  # either statement

    assert actions(cast.alice) == before


def test_not_even_the_owner_of_the_tables_rewrites_the_log(cast: Cast, settings: Settings) -> None:
    engine = create_engine(settings.database_owner_url)

    with pytest.raises(ProgrammingError, match="only ever added"), engine.begin() as connection:
        connection.execute(text("DELETE FROM audit_entries"))

    engine.dispose()


def _log(cast: Cast, count: int) -> None:
    with unit_of_work(cast.alice.actor) as work:
        for number in range(count):
            work.now = work.now + timedelta(seconds=1)
            service.record_audit(work, "test.done", "test", str(number), f"Did test {number}.")


def test_the_pages_of_the_log_join_without_gap_or_repeat(cast: Cast) -> None:
    _log(cast, 120)
    wanted = queries.AuditFilter(action="test.done")

    with reading(cast.alice.actor) as session:
        first = queries.audit_list(session, cast.alice.place, wanted)
        second = queries.audit_list(session, cast.alice.place, wanted, after=first.after or "")
        third = queries.audit_list(session, cast.alice.place, wanted, after=second.after or "")
        back = queries.audit_list(session, cast.alice.place, wanted, before=third.before or "")

    seen = [int(e.subject_id) for page in (first, second, third) for e in page.rows]
    assert seen == list(range(119, -1, -1))
    assert (first.before, third.after) == (None, None)
    assert [e.id for e in back.rows] == [e.id for e in second.rows]
    assert first.total == 120
    assert [page.first for page in (first, second, third, back)] == [1, 51, 101, 51]


def test_the_log_is_searched_by_words_and_person(cast: Cast) -> None:
    _log(cast, 3)

    with reading(cast.alice.actor) as session:
        found = queries.audit_list(
            session,
            cast.alice.place,
            queries.AuditFilter(text="TEST 2", user_id=cast.alice.user_id),
        )
        none = queries.audit_list(
            session, cast.alice.place, queries.AuditFilter(text="100%", user_id=cast.bob.user_id)
        )

    assert [entry.subject_id for entry in found.rows] == ["2"]
    assert none.rows == []


def test_getting_started_is_derived_from_what_is_there(cast: Cast) -> None:
    with reading(cast.alice.actor) as session:
        steps = queries.onboarding_state(session, cast.alice.place, cast.alice.user_id)

    assert {step.key: step.is_done for step in steps} == {
        "email": True,
        "catalog": False,
        "channel": False,
        "sync": False,
        "team": True,
    }
