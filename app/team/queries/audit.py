"""Reads of the audit log."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final
from uuid import UUID

from sqlalchemy import Select, func, select, text
from sqlalchemy.orm import Session

from app.core.paging import KeysetPage, itself, newest_page
from app.team.models import AuditEntry, AuditSeal

PAGE_SIZE: Final = 50
COUNTED: Final = 10_000


@dataclass(frozen=True, slots=True)
class AuditFilter:
    """What the audit log is narrowed to."""

    text: str = ""
    action: str = ""
    user_id: UUID | None = None
    subject_kind: str = ""
    subject_id: str = ""


def _audit(organization_id: UUID | None, wanted: AuditFilter) -> Select[AuditEntry]:
    entries = select(AuditEntry).where(
        AuditEntry.organization_id.is_not_distinct_from(organization_id)
    )
    for column, value in (
        (AuditEntry.action, wanted.action),
        (AuditEntry.subject_kind, wanted.subject_kind),
        (AuditEntry.subject_id, wanted.subject_id),
    ):
        if value:
            entries = entries.where(column == value)
    if wanted.user_id is not None:
        entries = entries.where(AuditEntry.user_id == wanted.user_id)
    if wanted.text:
        entries = entries.where(AuditEntry.summary.icontains(wanted.text, autoescape=True))
    return entries


def audit_list(
    session: Session,
    organization_id: UUID | None,
    wanted: AuditFilter,
    *,
    after: str | None = None,
    before: str | None = None,
) -> KeysetPage[AuditEntry]:
    """Return a page of the audit log, newest first; without an organization, the install's own."""
    entries = _audit(organization_id, wanted)
    return newest_page(
        session,
        entries,
        [AuditEntry.at, AuditEntry.id],
        itself,
        after=after,
        before=before,
        limit=PAGE_SIZE,
        counted=COUNTED,
    )


def audit_actions(session: Session, organization_id: UUID | None) -> Sequence[str]:
    """Return the actions that occur in an audit log."""
    return session.scalars(
        select(AuditEntry.action)
        .where(AuditEntry.organization_id.is_not_distinct_from(organization_id))
        .distinct()
        .order_by(AuditEntry.action)
    ).all()


def audit_people(session: Session, organization_id: UUID | None) -> Mapping[UUID, str]:
    """Return who occurs in an audit log: id → latest name."""
    rows = session.execute(
        select(AuditEntry.user_id, func.max(AuditEntry.user_name))
        .where(
            AuditEntry.organization_id.is_not_distinct_from(organization_id),
            AuditEntry.user_id.is_not(None),
        )
        .group_by(AuditEntry.user_id)
        .order_by(func.max(AuditEntry.user_name))
        .limit(500)
    )
    return {user_id: name for user_id, name in rows if user_id is not None}


def audit_head(session: Session, organization_id: UUID | None) -> AuditSeal | None:
    """Return the newest seal of an audit log: who noted it elsewhere can prove what came before."""
    return session.scalar(
        select(AuditSeal)
        .where(AuditSeal.chain == (organization_id or UUID(int=0)))
        .order_by(AuditSeal.number.desc())
        .limit(1)
    )


def audit_breaks(session: Session) -> Sequence[str]:
    """Return where seals do not fit anywhere in the install, a sentence each; reads every entry."""
    rows = session.execute(text("SELECT chain, number, what FROM audit_breaks() LIMIT 50"))
    return [
        f"Audit log of {f'organization {row.chain}' if row.chain.int else 'the install'}:"
        f" entry {row.number or ''} {row.what}.".replace("  ", " ")
        for row in rows
    ]
