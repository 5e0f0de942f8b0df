"""Reads of notices."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import ColumnElement, Select, and_, exists, func, literal_column, select
from sqlalchemy.orm import Session

from app.core.errors import NotFound
from app.core.paging import KeysetPage, newest_page
from app.gateways.models import DevMail
from app.notices.models import Notice, NoticePreference, NoticeRead, Severity
from app.notices.rules import KINDS
from app.team.models import Membership

PAGE_SIZE = 50


@dataclass(frozen=True, slots=True)
class NoticeLine:
    """A notice as one person sees it."""

    id: UUID
    kind: str
    title: str
    body: str
    link: str
    severity: Severity
    created_at: datetime
    is_read: bool


def _was_read(user_id: UUID) -> ColumnElement[bool]:
    return exists().where(NoticeRead.notice_id == Notice.id, NoticeRead.user_id == user_id)


def _for_person(user_id: UUID, organization_id: UUID) -> ColumnElement[bool]:
    """What is addressed to a person, or to everybody since the person joined."""
    joined_at = (
        select(Membership.created_at)
        .where(Membership.user_id == user_id, Membership.organization_id == organization_id)
        .scalar_subquery()
    )
    for_all = Notice.user_id.is_(None) & (
        Notice.created_at >= func.coalesce(joined_at, literal_column("'-infinity'::timestamptz"))
    )
    return and_(Notice.organization_id == organization_id, for_all | (Notice.user_id == user_id))


def _lines(user_id: UUID, organization_id: UUID) -> "Select[Notice, bool]":
    return (
        select(Notice, _was_read(user_id).label("is_read"))
        .where(_for_person(user_id, organization_id))
        .order_by(Notice.created_at.desc(), Notice.id.desc())
    )


def _line(notice: Notice, *, is_read: bool) -> NoticeLine:
    return NoticeLine(
        notice.id,
        notice.kind,
        notice.title,
        notice.body,
        notice.link,
        notice.severity,
        notice.created_at,
        is_read,
    )


def unread_count(session: Session, user_id: UUID, organization_id: UUID) -> int:
    """Return how many notices this person has not seen, at most 100."""
    unread = (
        select(Notice.id)
        .where(_for_person(user_id, organization_id), ~_was_read(user_id))
        .limit(100)
        .subquery()
    )
    return session.scalar(select(func.count()).select_from(unread)) or 0


def newest_notices(
    session: Session, user_id: UUID, organization_id: UUID, *, most: int = 8
) -> Sequence[NoticeLine]:
    """Return the newest notices for the bell."""
    rows = session.execute(_lines(user_id, organization_id).limit(most))
    return [_line(notice, is_read=is_read) for notice, is_read in rows]


def notice_list(
    session: Session,
    user_id: UUID,
    organization_id: UUID,
    *,
    kind: str = "",
    only_unread: bool = False,
    after: str | None = None,
    before: str | None = None,
) -> KeysetPage[NoticeLine]:
    """Return a page of notices, newest first."""
    wanted = _lines(user_id, organization_id)
    if kind:
        wanted = wanted.where(Notice.kind == kind)
    if only_unread:
        wanted = wanted.where(~_was_read(user_id))
    return newest_page(
        session,
        wanted.order_by(None),
        [Notice.created_at, Notice.id],
        lambda notice, is_read: _line(notice, is_read=is_read),
        after=after,
        before=before,
        limit=PAGE_SIZE,
    )


def link_of(session: Session, notice_id: UUID) -> str:
    """Return where a notice leads; raises NotFound."""
    link = session.scalar(select(Notice.link).where(Notice.id == notice_id))
    if link is None:
        raise NotFound
    return link


def mailed_kinds(session: Session, user_id: UUID, organization_id: UUID) -> frozenset[str]:
    """Return the kinds of notices this person gets by mail."""
    rows = session.execute(
        select(NoticePreference.kind, NoticePreference.is_mailed).where(
            NoticePreference.user_id == user_id,
            NoticePreference.organization_id == organization_id,
        )
    )
    chosen = dict(rows.all())
    return frozenset(n for n, kind in KINDS.items() if chosen.get(n, kind.is_mailed))


def daily_kinds(session: Session, user_id: UUID, organization_id: UUID) -> frozenset[str]:
    """Return the kinds of notices this person gets gathered once a day."""
    return frozenset(
        session.scalars(
            select(NoticePreference.kind).where(
                NoticePreference.user_id == user_id,
                NoticePreference.organization_id == organization_id,
                NoticePreference.is_daily,
            )
        )
    )


def dev_mails(session: Session, *, recipient: str = "", most: int = 100) -> Sequence[DevMail]:
    """Return the newest mails of the dev mailbox."""
    wanted = select(DevMail).order_by(DevMail.id.desc()).limit(most)
    if recipient:
        wanted = wanted.where(DevMail.recipient == recipient.strip().lower())
    return session.scalars(wanted).all()


def get_dev_mail(session: Session, mail_id: UUID) -> DevMail:
    """Return one mail of the dev mailbox; raises NotFound."""
    mail = session.get(DevMail, mail_id)
    if mail is None:
        raise NotFound
    return mail
