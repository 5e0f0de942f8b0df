"""What runs low or out, in one mail each morning, to who wants it so."""

from collections.abc import Sequence
from datetime import datetime, time, timedelta
from typing import Final
from uuid import UUID, uuid5

from sqlalchemy import select

from app.core.schedule import zone_of
from app.core.work import Work
from app.inventory.service.low import Short, listed, out_of_stock, running_low
from app.notices.models import NoticePreference
from app.notices.service import request_mail
from app.team import letters
from app.team.models import Membership, Organization, User

MORNING: Final = time(8)


def mail_digests(work: Work, *, public_url: str) -> int:
    """Lay a mail ready for everybody whose daily one is due; returns how many.

    It tells how things stand now, of all that was told since the mail before; run twice, it mails
    once.
    """
    due = _due_since(work)
    if due is None:
        return 0
    count = 0
    for user, wishes in _readers(work, due):
        since = min(each.digest_at or work.now - timedelta(days=1) for each in wishes)
        kinds = {each.kind for each in wishes}
        out = out_of_stock(work, since=since) if "out_of_stock" in kinds else []
        low = running_low(work, since=since) if "low_stock" in kinds else []
        for each in wishes:
            each.digest_at = work.now
        if out or low:
            mail_id = uuid5(user.id, f"stock:{work.organization_id}:{due.date()}")
            _mail(work, user, out, low, mail_id, public_url)
            count += 1
    work.session.flush()
    return count


def _due_since(work: Work) -> datetime | None:
    """Return when this day's mails became due where the organization is, if they did."""
    zone = zone_of(
        work.session.scalar(
            select(Organization.timezone).where(Organization.id == work.organization_id)
        )
        or "UTC"
    )
    due = datetime.combine(work.now.astimezone(zone).date(), MORNING, zone)
    return due if work.now >= due else None


def _readers(work: Work, due: datetime) -> Sequence[tuple[User, Sequence[NoticePreference]]]:
    """Return who has not had this day's mail, with what each of them wants in it."""
    rows = work.session.execute(
        select(User, NoticePreference)
        .join(NoticePreference, NoticePreference.user_id == User.id)
        .join(
            Membership,
            (Membership.user_id == User.id)
            & (Membership.organization_id == NoticePreference.organization_id),
        )
        .where(
            NoticePreference.organization_id == work.organization_id,
            NoticePreference.is_daily,
            NoticePreference.kind.in_(("low_stock", "out_of_stock")),
            (NoticePreference.digest_at < due) | NoticePreference.digest_at.is_(None),
            User.email_verified_at.is_not(None),
        )
        .order_by(NoticePreference.id)
        .with_for_update(of=NoticePreference)
    ).all()
    found: dict[UUID, tuple[User, list[NoticePreference]]] = {}
    for user, wish in rows:
        found.setdefault(user.id, (user, []))[1].append(wish)
    return list(found.values())


def _mail(
    work: Work,
    user: User,
    out: Sequence[Short],
    low: Sequence[Short],
    mail_id: UUID,
    public_url: str,
) -> None:
    parts = []
    if out:
        are = "variant is" if len(out) == 1 else "variants are"
        parts.append((f"{len(out):,} {are} out of stock", "Out of stock", listed(out)))
    if low:
        run = "stock level runs" if len(low) == 1 else "stock levels run"
        parts.append((f"{len(low):,} {run} low", "Low stock", listed(low)))
    letter = letters.notice(
        user.email,
        user.name,
        title=", ".join(title for title, *_ in parts),
        body="\n\n".join(f"{head}\n{lines}" for _, head, lines in parts),
        link=f"{public_url}/inventory?stock={'out' if out else 'low'}",
    )
    request_mail(work, letter, mail_id=mail_id)
