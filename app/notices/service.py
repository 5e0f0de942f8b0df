"""Writes of notices and mails; `send_mail` is the flow a job runs."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import case, delete, select
from sqlalchemy.dialects.postgresql import insert

from app.core import clock
from app.core.actor import Actor
from app.core.db import new_id
from app.core.errors import Forbidden, NotFound
from app.core.work import Work, in_unit, unit_of_work
from app.gateways import mail as gateways
from app.gateways.mail import Letter, MailRefused
from app.notices.events import MailRequested, NoticePosted
from app.notices.models import Mail, MailState, Notice, NoticePreference, NoticeRead, Severity
from app.notices.rules import KINDS, MAX_ATTEMPTS, next_try_after

EVERYBODY = "notices-everybody"


def _bell(user_id: UUID) -> str:
    return f"notices-{user_id}"


def _reader(work: Work) -> UUID:
    if work.actor.user_id is None:
        raise Forbidden("Only a person reads notices.")
    return work.actor.user_id


def notify(
    work: Work,
    kind: str,
    title: str,
    body: str = "",
    link: str = "",
    *,
    user_ids: Sequence[UUID] | None = None,
    severity: Severity = Severity.INFO,
) -> None:
    """Post a notice of a known kind to these people, or (None) to the whole organization."""
    if kind not in KINDS:
        raise ValueError(f"{kind!r} is no kind of notice.")
    for user_id in [None] if user_ids is None else list(dict.fromkeys(user_ids)):
        notice = Notice(
            organization_id=work.organization_id,
            user_id=user_id,
            kind=kind,
            title=title[:200],
            body=body[:2000],
            link=link[:500],
            severity=severity,
            created_at=work.now,
        )
        work.session.add(notice)
        work.session.flush()
        work.emit(NoticePosted(notice.id))
        work.touch(EVERYBODY if user_id is None else _bell(user_id))


def renew(work: Work, kind: str, title: str, body: str = "", link: str = "") -> None:
    """Post a notice to everybody, or bring the one with this link up to date that nobody read."""
    unread = select(Notice).where(
        Notice.organization_id == work.organization_id,
        Notice.kind == kind,
        Notice.link == link[:500],
        Notice.user_id.is_(None),
        ~select(NoticeRead.notice_id).where(NoticeRead.notice_id == Notice.id).exists(),
    )
    if work.session.scalar(select(unread.exists())) is not True:
        notify(work, kind, title, body, link)
        return
    # Nobody waits for a notice: whoever holds it writes nearly the same into it.
    for notice in work.session.scalars(unread.with_for_update(skip_locked=True)):
        notice.title, notice.body, notice.created_at = title[:200], body[:2000], work.now
        work.touch(EVERYBODY)


def withdraw(work: Work, kind: str, link: str) -> None:
    """Take notices for everybody back: what they tell of is over, whoever read them."""
    gone = work.session.scalars(
        delete(Notice)
        .where(
            Notice.organization_id == work.organization_id,
            Notice.kind == kind,
            Notice.link == link[:500],
            Notice.user_id.is_(None),
        )
        .returning(Notice.id)
        .execution_options(synchronize_session=False)
    ).all()
    if gone:
        work.touch(EVERYBODY)


def read_notice(work: Work, notice_id: UUID) -> None:
    """Note that the actor has seen a notice; raises NotFound for somebody else's."""
    reader = _reader(work)
    found = work.session.scalar(
        select(Notice.id).where(
            Notice.id == notice_id,
            Notice.organization_id == work.organization_id,
            Notice.user_id.is_(None) | (Notice.user_id == reader),
        )
    )
    if found is None:
        raise NotFound
    _mark(work, reader, [found])


def read_every_notice(work: Work) -> None:
    """Note that the actor has seen all notices there are now."""
    reader = _reader(work)
    found = work.session.scalars(
        select(Notice.id).where(
            Notice.organization_id == work.organization_id,
            Notice.user_id.is_(None) | (Notice.user_id == reader),
            ~select(NoticeRead.notice_id)
            .where(NoticeRead.notice_id == Notice.id, NoticeRead.user_id == reader)
            .exists(),
        )
    )
    _mark(work, reader, found.all())


def _mark(work: Work, reader: UUID, notice_ids: Sequence[UUID]) -> None:
    if not notice_ids:
        return
    rows = [
        {
            "organization_id": work.organization_id,
            "notice_id": notice_id,
            "user_id": reader,
            "read_at": work.now,
        }
        for notice_id in notice_ids
    ]
    work.session.execute(insert(NoticeRead).values(rows).on_conflict_do_nothing())
    work.touch(_bell(reader))


def set_mailed_kinds(work: Work, kinds: Sequence[str], *, daily: Sequence[str] = ()) -> None:
    """Keep which kinds of notices the actor wants by mail; all others only appear in the app.

    Those in `daily` are gathered into one mail a day, as far as their kind may wait.
    """
    reader = _reader(work)
    rows = [
        {
            "organization_id": work.organization_id,
            "user_id": reader,
            "kind": kind,
            "is_mailed": kind in kinds,
            "is_daily": kind in kinds and kind in daily and rule.may_wait,
            "digest_at": work.now,
        }
        for kind, rule in KINDS.items()
    ]
    wanted = insert(NoticePreference).values(rows)
    work.session.execute(
        wanted.on_conflict_do_update(
            index_elements=["organization_id", "user_id", "kind"],
            set_={
                "is_mailed": wanted.excluded.is_mailed,
                "is_daily": wanted.excluded.is_daily,
                "digest_at": case(
                    (NoticePreference.is_daily, NoticePreference.digest_at),
                    else_=wanted.excluded.digest_at,
                ),
            },
        )
    )


def request_mail(work: Work, letter: Letter, *, mail_id: UUID | None = None) -> None:
    """Lay a mail ready, sent once this unit is committed; an id used before changes nothing."""
    added = work.session.scalar(
        insert(Mail)
        .values(
            id=mail_id or new_id(),
            organization_id=work.actor.organization_id,
            recipient=letter.recipient,
            subject=letter.subject[:200],
            text=letter.text,
            html=letter.html,
            created_at=work.now,
        )
        .on_conflict_do_nothing(index_elements=["id"])
        .returning(Mail.id)
    )
    if added is not None:
        work.emit(MailRequested(added))


def send_mail(actor: Actor, mail_id: UUID) -> None:
    """Send a mail if it waits and nobody else sends it; called twice, it is sent once."""
    letter = _claim(actor, mail_id)
    if letter is None:
        return
    refusal: MailRefused | None = None
    try:
        gateways.gateway().send(letter)
    except MailRefused as error:
        refusal = error
    _record(actor, mail_id, refusal)


@in_unit
def _claim(work: Work, mail_id: UUID) -> Letter | None:
    mail = work.session.scalar(
        select(Mail)
        .where(Mail.id == mail_id, Mail.state == MailState.WAITING)
        .with_for_update(skip_locked=True)
    )
    if mail is None:
        return None
    if mail.claimed_at and mail.claimed_at + next_try_after(mail.attempts) > work.now:
        return None
    mail.attempts += 1
    mail.claimed_at = work.now
    return Letter(mail.recipient, mail.subject, mail.text, mail.html, key=str(mail.id))


def _record(actor: Actor, mail_id: UUID, refusal: MailRefused | None) -> None:
    with unit_of_work(actor) as work:
        mail = work.session.get_one(Mail, mail_id, with_for_update=True)
        if refusal is None:
            mail.state = MailState.SENT
            mail.sent_at = clock.now()
            mail.problem = ""
        else:
            mail.problem = str(refusal)[:500]
            if refusal.is_permanent or mail.attempts >= MAX_ATTEMPTS:
                mail.state = MailState.FAILED
        if mail.state is not MailState.WAITING:
            mail.text = mail.html = ""
