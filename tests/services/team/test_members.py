"""Invitations, roles and removal."""

import threading
from dataclasses import replace
from datetime import timedelta
from uuid import UUID

import pytest
from sqlalchemy import select

from app.core import clock
from app.core.actor import NOBODY
from app.core.db import new_id, reading
from app.core.errors import Forbidden, NotFound
from app.core.work import unit_of_work
from app.team import queries, service
from app.team.errors import AlreadyMember, InvitationGone, InvitedElsewhere, LastOwner
from app.team.models import Membership
from app.team.permissions import Role
from tests.cast import CHEAP, PASSWORD, Cast, Person, membership_of, person, session_token
from tests.services.team.post import actions, counts, last_link, mails_to

URL = "https://sync.example"


def _invite(by: Person, email: str, role: Role = Role.EDITOR) -> UUID:
    with unit_of_work(by.actor) as work:
        return service.invite(work, email, role, public_url=URL)


def _fresh_email() -> str:
    return f"dave-{new_id().hex[-10:]}@acme.example"


def _role_of(somebody: Person) -> Role | None:
    with reading(somebody.actor) as session:
        return session.scalar(
            select(Membership.role).where(
                Membership.user_id == somebody.user_id,
                Membership.organization_id == somebody.organization_id,
            )
        )


def _session_id(token: str) -> UUID:
    with reading(NOBODY) as session:
        found = queries.find_session(session, token)
    assert found is not None
    return found.session.id


def test_a_new_person_joins_by_the_link_and_is_believed(cast: Cast) -> None:
    email = _fresh_email()
    _invite(cast.alice, email, Role.MANAGER)
    link = last_link(email, seen_by=cast.alice.actor)

    token = service.accept_as_new(NOBODY, link, name="Dave", password=PASSWORD, cost=CHEAP)

    with reading(cast.alice.actor) as session:
        line = next(m for m in queries.member_list(session, cast.alice.place) if m.email == email)
    assert (line.role, line.is_verified) == (Role.MANAGER, True)
    assert _session_id(token) is not None
    assert "member.joined" in actions(cast.alice)
    with pytest.raises(InvitationGone):
        service.accept_as_new(NOBODY, link, name="Eve", password=PASSWORD, cost=CHEAP)


def test_a_person_of_another_shop_joins_with_the_account_there_is(cast: Cast) -> None:
    _invite(cast.alice, cast.mallory.email)
    link = last_link(cast.mallory.email, seen_by=cast.alice.actor)
    session_id = _session_id(session_token(cast.mallory))

    service.accept_invitation(cast.mallory.actor, link, session_id=session_id)

    assert _role_of(replace(cast.mallory, organization_id=cast.alice.place)) is Role.EDITOR
    assert _role_of(cast.mallory) is Role.OWNER


def test_an_invitation_serves_nobody_else(cast: Cast) -> None:
    email = _fresh_email()
    _invite(cast.alice, email)
    link = last_link(email, seen_by=cast.alice.actor)
    session_id = _session_id(session_token(cast.mallory))

    with pytest.raises(InvitedElsewhere):
        service.accept_invitation(cast.mallory.actor, link, session_id=session_id)

    assert _role_of(replace(cast.mallory, organization_id=cast.alice.place)) is None
    assert service.accept_as_new(NOBODY, link, name="Dave", password=PASSWORD, cost=CHEAP)


def test_an_invitation_ends_after_a_week(cast: Cast) -> None:
    email = _fresh_email()
    _invite(cast.alice, email)
    link = last_link(email, seen_by=cast.alice.actor)

    with clock.travelling(timedelta(days=8)), pytest.raises(InvitationGone):
        service.accept_as_new(NOBODY, link, name="Dave", password=PASSWORD, cost=CHEAP)


def test_a_resent_invitation_has_a_new_link_and_kills_the_old_one(cast: Cast) -> None:
    email = _fresh_email()
    invitation_id = _invite(cast.alice, email)
    old = last_link(email, seen_by=cast.alice.actor)

    with clock.travelling(timedelta(minutes=1)), unit_of_work(cast.alice.actor) as work:
        service.resend_invitation(work, invitation_id, public_url=URL)

    with pytest.raises(InvitationGone):
        service.accept_as_new(NOBODY, old, name="Dave", password=PASSWORD, cost=CHEAP)
    new = last_link(email, seen_by=cast.alice.actor)
    assert service.accept_as_new(NOBODY, new, name="Dave", password=PASSWORD, cost=CHEAP)


def test_a_revoked_invitation_opens_nothing(cast: Cast) -> None:
    email = _fresh_email()
    invitation_id = _invite(cast.alice, email)
    link = last_link(email, seen_by=cast.alice.actor)

    with unit_of_work(cast.alice.actor) as work:
        service.revoke_invitation(work, invitation_id)

    with pytest.raises(InvitationGone):
        service.accept_as_new(NOBODY, link, name="Dave", password=PASSWORD, cost=CHEAP)
    with pytest.raises(NotFound), unit_of_work(cast.alice.actor) as work:
        service.resend_invitation(work, invitation_id, public_url=URL)


def test_inviting_twice_renews_the_one_invitation(cast: Cast) -> None:
    email = _fresh_email()

    first, second = _invite(cast.alice, email), _invite(cast.alice, email, Role.VIEWER)

    assert first == second
    with reading(cast.alice.actor) as session:
        waiting = queries.invitation_list(session, cast.alice.place)
    assert [(each.email, each.role) for each in waiting] == [(email, Role.VIEWER)]
    assert len(mails_to(email, seen_by=cast.alice.actor)) == 2


def test_a_member_is_not_invited_again(cast: Cast) -> None:
    before = counts(cast.alice)

    with pytest.raises(AlreadyMember):
        _invite(cast.alice, cast.bob.email.upper())

    assert counts(cast.alice) == before


@pytest.mark.parametrize("role", [Role.MANAGER, Role.EDITOR, Role.VIEWER])
def test_who_may_not_manage_the_team_changes_nothing(cast: Cast, role: Role) -> None:
    somebody = person("Bob", role, organization_id=cast.alice.organization_id)
    member = membership_of(cast.carol)
    before = counts(cast.alice)

    with pytest.raises(Forbidden):
        _invite(somebody, _fresh_email())
    with pytest.raises(Forbidden), unit_of_work(somebody.actor) as work:
        service.change_role(work, member, Role.EDITOR)
    with pytest.raises(Forbidden), unit_of_work(somebody.actor) as work:
        service.remove_member(work, member)

    assert counts(cast.alice) == before
    assert _role_of(cast.carol) is Role.VIEWER


def test_an_admin_neither_makes_nor_unmakes_an_owner(cast: Cast) -> None:
    admin = person("Bob", Role.ADMIN, organization_id=cast.alice.organization_id)
    owner, viewer = membership_of(cast.alice), membership_of(cast.carol)

    with pytest.raises(Forbidden):
        _invite(admin, _fresh_email(), Role.OWNER)
    with pytest.raises(Forbidden), unit_of_work(admin.actor) as work:
        service.change_role(work, viewer, Role.OWNER)
    with pytest.raises(Forbidden), unit_of_work(admin.actor) as work:
        service.remove_member(work, owner)

    assert (_role_of(cast.alice), _role_of(cast.carol)) == (Role.OWNER, Role.VIEWER)


def test_a_changed_role_is_audited_and_told(cast: Cast) -> None:
    bobs = membership_of(cast.bob)

    with unit_of_work(cast.alice.actor) as work:
        service.change_role(work, bobs, Role.MANAGER)

    assert _role_of(cast.bob) is Role.MANAGER
    assert actions(cast.alice)[-1] == "member.role_changed"


def test_the_last_owner_stays(cast: Cast) -> None:
    owner = membership_of(cast.alice)

    with pytest.raises(LastOwner), unit_of_work(cast.alice.actor) as work:
        service.change_role(work, owner, Role.ADMIN)
    with pytest.raises(LastOwner), unit_of_work(cast.alice.actor) as work:
        service.remove_member(work, owner)

    assert _role_of(cast.alice) is Role.OWNER


def test_of_two_owners_who_leave_at_once_one_stays(cast: Cast) -> None:
    second = person("Bob", Role.OWNER, organization_id=cast.alice.organization_id)
    pairs = [(who, membership_of(who)) for who in (cast.alice, second)]
    start = threading.Barrier(2)
    refused: list[Exception] = []

    def leave(who: Person, member: UUID) -> None:
        start.wait(timeout=10)
        try:
            with unit_of_work(who.actor) as work:
                service.remove_member(work, member)
        except LastOwner as error:
            refused.append(error)

    threads = [threading.Thread(target=leave, args=pair) for pair in pairs]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=20)

    assert len(refused) == 1
    assert sorted(str(_role_of(who)) for who, _ in pairs) == ["None", "owner"]


def test_who_is_removed_sees_nothing_from_that_moment(cast: Cast) -> None:
    token, bobs = session_token(cast.bob), membership_of(cast.bob)

    with unit_of_work(cast.alice.actor) as work:
        service.remove_member(work, bobs)

    with reading(NOBODY) as session:
        found = queries.find_session(session, token)
    assert found is not None
    assert found.session.current_organization_id is None
    with reading(replace(cast.bob, organization_id=None).actor) as session:
        assert queries.standings(session, cast.bob.user_id) == []


def test_anybody_may_leave(cast: Cast) -> None:
    carols = membership_of(cast.carol)

    with unit_of_work(cast.carol.actor) as work:
        assert service.remove_member(work, carols)

    assert _role_of(cast.carol) is None


def test_mallory_touches_nobody_of_acme(cast: Cast) -> None:
    member = membership_of(cast.bob)
    invitation_id = _invite(cast.alice, _fresh_email())
    before = counts(cast.alice)

    for forbidden in (
        lambda work: service.change_role(work, member, Role.VIEWER),
        lambda work: service.remove_member(work, member),
        lambda work: service.revoke_invitation(work, invitation_id),
        lambda work: service.resend_invitation(work, invitation_id, public_url=URL),
    ):
        with pytest.raises(NotFound), unit_of_work(cast.mallory.actor) as work:
            forbidden(work)

    assert counts(cast.alice) == before
