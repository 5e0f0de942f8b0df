"""Who did what: one row in the transaction that did it."""

from typing import Any, Final
from uuid import UUID

from app.core.logging import mask
from app.core.work import Work
from app.team.models import AuditEntry, User
from app.team.origin import origin

_WITHOUT_A_PERSON: Final = {"cli": "Command line", "hook": "A channel", "web": "Nobody signed in"}


def record_audit(
    work: Work,
    action: str,
    subject_kind: str,
    subject_id: UUID | str,
    summary: str,
    details: dict[str, Any] | None = None,
) -> None:
    """Add to the audit log of the actor's organization; secrets in the details are masked."""
    user = work.session.get(User, work.actor.user_id) if work.actor.user_id else None
    name = user.name if user else _WITHOUT_A_PERSON.get(work.actor.via, "SyncStore")
    work.session.add(
        AuditEntry(
            organization_id=work.actor.organization_id,
            user_id=work.actor.user_id,
            user_name=name,
            via=work.actor.via,
            action=action,
            subject_kind=subject_kind,
            subject_id=str(subject_id),
            summary=summary[:500],
            details=mask(details or {}),
            ip=origin().ip,
            at=work.now,
        )
    )
