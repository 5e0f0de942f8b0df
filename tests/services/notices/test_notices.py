"""Notices are posted, read, and mailed to those who want their kind."""

from collections.abc import Iterator, Sequence
from datetime import timedelta
from uuid import UUID

import pytest
from sqlalchemy import select

from app.core import clock
from app.core.db import reading
from app.core.errors import Invalid, NotFound
from app.core.outbox import OutboxMessage
from app.core.work import unit_of_work
from app.gateways import mail as gateways
from app.gateways.mail import Letter, MailRefused, NullMail
from app.notices import queries, service
from app.notices.models import Mail, MailState, Notice
from app.notices.rules import MAX_ATTEMPTS
from app.team.permissions import Role
from app.team.service import mail_notice
from tests.cast import Cast, Person, person


@pytest.fixture
def post() -> Iterator[NullMail]:
    gateway = NullMail()
    gateways.use(gateway)
    yield gateway
    gateways.use(None)


def _notify(by: Person, title: str, *to: Person, kind: str = "sync") -> UUID:
    with unit_of_work(by.actor) as work:
        user_ids = [each.user_id for each in to] or None
        service.notify(work, kind, title, "Look at it.", "/sync", user_ids=user_ids)
    with reading(by.actor) as session:
        found = session.scalar(select(Notice.id).where(Notice.title == title))
    assert found is not None
    return found


def _titles(somebody: Person) -> list[str]:
    with reading(somebody.actor) as session:
        rows = queries.newest_notices(session, somebody.user_id, somebody.place)
    return [each.title for each in rows]


def _unread(somebody: Person) -> int:
    with reading(somebody.actor) as session:
        return queries.unread_count(session, somebody.user_id, somebody.place)


def _mails(somebody: Person) -> Sequence[Mail]:
    with reading(somebody.actor) as session:
        return session.scalars(select(Mail).order_by(Mail.recipient)).all()


def test_a_notice_reaches_those_it_is_for(cast: Cast) -> None:
    _notify(cast.alice, "For all")
    _notify(cast.alice, "For Bob", cast.bob)

    assert sorted(_titles(cast.bob)) == ["For Bob", "For all"]
    assert _titles(cast.carol) == ["For all"]
    assert _titles(cast.mallory) == []


def test_reading_counts_for_the_reader_alone(cast: Cast) -> None:
    notice_id = _notify(cast.alice, "For all")

    for _ in range(2):
        with unit_of_work(cast.bob.actor) as work:
            service.read_notice(work, notice_id)

    assert (_unread(cast.bob), _unread(cast.carol)) == (0, 1)


def test_reading_all_leaves_nothing_new(cast: Cast) -> None:
    for number in range(3):
        _notify(cast.alice, f"Notice {number}")

    with unit_of_work(cast.carol.actor) as work:
        service.read_every_notice(work)

    assert (_unread(cast.carol), _unread(cast.bob)) == (0, 3)


def test_nobody_reads_a_notice_of_others(cast: Cast) -> None:
    for_bob = _notify(cast.alice, "For Bob", cast.bob)

    for stranger in (cast.carol, cast.mallory):
        with pytest.raises(NotFound), unit_of_work(stranger.actor) as work:
            service.read_notice(work, for_bob)

    assert _unread(cast.bob) == 1


def test_who_joins_later_is_not_told_old_news(cast: Cast) -> None:
    _notify(cast.alice, "Old news")
    with clock.travelling(timedelta(seconds=5)):
        late = person("Dave", Role.VIEWER, organization_id=cast.alice.organization_id)

    assert _titles(late) == []


def test_an_unknown_kind_is_a_defect(cast: Cast) -> None:
    with pytest.raises(ValueError, match="no kind"), unit_of_work(cast.alice.actor) as work:
        service.notify(work, "gossip", "Hello")


def test_the_pages_of_notices_join(cast: Cast) -> None:
    with unit_of_work(cast.alice.actor) as work:
        for number in range(60):
            work.now = work.now + timedelta(seconds=1)
            service.notify(work, "sync", f"Notice {number}")

    with reading(cast.bob.actor) as session:
        first = queries.notice_list(session, cast.bob.user_id, cast.bob.place)
        second = queries.notice_list(
            session, cast.bob.user_id, cast.bob.place, after=first.after or ""
        )
        back = queries.notice_list(session, cast.bob.user_id, cast.bob.place, before=second.before)
        with pytest.raises(Invalid):
            queries.notice_list(session, cast.bob.user_id, cast.bob.place, after="damaged")

    titles = [each.title for page in (first, second) for each in page.rows]
    assert titles == [f"Notice {number}" for number in range(59, -1, -1)]
    assert second.after is None
    assert (first.first, second.first, back.first) == (1, 51, 1)
    assert [each.id for each in back.rows] == [each.id for each in first.rows]
    assert first.before is back.before is None


def test_a_notice_is_mailed_once_to_those_who_want_it(cast: Cast) -> None:
    unproven = person(
        "Dave", Role.VIEWER, organization_id=cast.alice.organization_id, is_verified=False
    )
    with unit_of_work(cast.carol.actor) as work:
        service.set_mailed_kinds(work, ["conflict"])
    notice_id = _notify(cast.alice, "A run failed")

    for _ in range(2):
        mail_notice(cast.alice.actor, notice_id, public_url="https://sync.example")

    recipients = {each.recipient for each in _mails(cast.alice)}
    assert recipients == {cast.alice.email, cast.bob.email}
    assert unproven.email not in recipients
    assert "https://sync.example/sync" in _mails(cast.alice)[0].text


def test_a_quiet_kind_is_mailed_only_on_wish(cast: Cast) -> None:
    with unit_of_work(cast.bob.actor) as work:
        service.set_mailed_kinds(work, ["conflict", "sync"])
    notice_id = _notify(cast.alice, "Both sides changed", kind="conflict")

    mail_notice(cast.alice.actor, notice_id, public_url="https://sync.example")

    assert [each.recipient for each in _mails(cast.alice)] == [cast.bob.email]


def _laid_ready(cast: Cast) -> UUID:
    with unit_of_work(cast.alice.actor) as work:
        service.request_mail(work, Letter(cast.bob.email, "Hello", "A link that opens"))
    return _mails(cast.alice)[0].id


def test_a_mail_is_sent_once_and_its_text_forgotten(cast: Cast, post: NullMail) -> None:
    mail_id = _laid_ready(cast)

    for _ in range(2):
        service.send_mail(cast.alice.actor, mail_id)

    assert [each.text for each in post.sent] == ["A link that opens"]
    (mail,) = _mails(cast.alice)
    assert (mail.state, mail.text) == (MailState.SENT, "")


def test_the_fact_of_a_mail_carries_no_text(cast: Cast) -> None:
    mail_id = _laid_ready(cast)

    with reading(cast.alice.actor) as session:
        (fact,) = session.scalars(
            select(OutboxMessage)
            .where(OutboxMessage.organization_id == cast.alice.place)
            .where(OutboxMessage.name == "MailRequested")
        )
    assert fact.payload == {"mail_id": str(mail_id)}


def test_a_refused_mail_waits_longer_each_time_and_then_fails(cast: Cast, post: NullMail) -> None:
    mail_id = _laid_ready(cast)
    post.refusal = MailRefused("The mail server does not answer.", is_permanent=False)

    service.send_mail(cast.alice.actor, mail_id)
    service.send_mail(cast.alice.actor, mail_id)
    assert _mails(cast.alice)[0].attempts == 1
    for hours in range(1, MAX_ATTEMPTS):
        with clock.travelling(timedelta(hours=hours)):
            service.send_mail(cast.alice.actor, mail_id)

    (mail,) = _mails(cast.alice)
    assert (mail.state, mail.attempts, mail.text) == (MailState.FAILED, MAX_ATTEMPTS, "")
    assert mail.problem == "The mail server does not answer."


def test_a_mail_killed_on_its_way_is_sent_later(cast: Cast, post: NullMail) -> None:
    mail_id = _laid_ready(cast)
    with unit_of_work(cast.alice.actor) as work:
        mail = work.session.get_one(Mail, mail_id)
        mail.claimed_at, mail.attempts = work.now, 1

    service.send_mail(cast.alice.actor, mail_id)
    assert post.sent == []
    with clock.travelling(timedelta(minutes=2)):
        service.send_mail(cast.alice.actor, mail_id)

    assert len(post.sent) == 1


def test_a_permanent_refusal_is_not_tried_again(cast: Cast, post: NullMail) -> None:
    mail_id = _laid_ready(cast)
    post.refusal = MailRefused("The mail server refuses this address.", is_permanent=True)

    service.send_mail(cast.alice.actor, mail_id)

    assert _mails(cast.alice)[0].state is MailState.FAILED


def test_mallory_sends_and_sees_no_mail_of_acme(cast: Cast, post: NullMail) -> None:
    mail_id = _laid_ready(cast)

    service.send_mail(cast.mallory.actor, mail_id)

    assert post.sent == []
    assert _mails(cast.mallory) == []
