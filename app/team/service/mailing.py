"""Notices by mail, to the members who want their kind."""

from collections.abc import Sequence
from uuid import UUID, uuid5

from sqlalchemy import func, literal, select

from app.core.actor import Actor
from app.core.work import Work, in_unit
from app.notices.models import Notice, NoticePreference
from app.notices.rules import KINDS
from app.notices.service import request_mail
from app.team import letters
from app.team.models import Membership, User


def mail_notice(actor: Actor, notice_id: UUID, *, public_url: str) -> None:
    """Mail a notice to its readers with a proven address; run twice, it mails once."""
    _mail_notice(actor, notice_id, public_url=public_url)


@in_unit
def _mail_notice(work: Work, notice_id: UUID, *, public_url: str) -> None:
    notice = work.session.get(Notice, notice_id)
    if notice is None:
        return
    link = f"{public_url}{notice.link or '/notices'}"
    for user in _readers(work, notice):
        letter = letters.notice(
            user.email, user.name, title=notice.title, body=notice.body, link=link
        )
        request_mail(work, letter, mail_id=uuid5(notice_id, str(user.id)))


def _readers(work: Work, notice: Notice) -> Sequence[User]:
    usual = KINDS[notice.kind].is_mailed
    wanted = (
        select(User)
        .join(Membership, Membership.user_id == User.id)
        .outerjoin(
            NoticePreference,
            (NoticePreference.user_id == User.id)
            & (NoticePreference.organization_id == Membership.organization_id)
            & (NoticePreference.kind == notice.kind),
        )
        .where(
            Membership.organization_id == work.organization_id,
            User.email_verified_at.is_not(None),
            func.coalesce(NoticePreference.is_mailed, literal(usual)),
            func.coalesce(NoticePreference.is_daily, literal(value=False)).is_(False),
        )
        .order_by(User.id)
    )
    if notice.user_id is not None:
        wanted = wanted.where(User.id == notice.user_id)
    return work.session.scalars(wanted).all()
