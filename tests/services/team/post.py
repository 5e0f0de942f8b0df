"""What lies in the letter box of a test."""

import re
from collections.abc import Sequence
from typing import Any

from sqlalchemy import func, select

from app.core.actor import NOBODY, Actor
from app.core.db import reading
from app.core.outbox import OutboxMessage
from app.notices.models import Mail
from app.team.models import AuditEntry, EmailToken, Invitation, Membership, User, UserSession
from tests.cast import Person


def mails_to(email: str, *, seen_by: Actor = NOBODY) -> Sequence[Mail]:
    """Return the mails laid ready for an address, oldest first."""
    with reading(seen_by) as session:
        return session.scalars(
            select(Mail).where(Mail.recipient == email).order_by(Mail.created_at, Mail.id)
        ).all()


def link_in(mail: Mail) -> str:
    """Return the last part of the link in a mail."""
    found = re.search(r"https?://\S+/([^\s/]+)", mail.text)
    assert found is not None
    return found.group(1)


def last_link(email: str, *, seen_by: Actor = NOBODY) -> str:
    """Return the last part of the link in the newest mail to an address."""
    return link_in(mails_to(email, seen_by=seen_by)[-1])


def counts(somebody: Person) -> dict[str, Any]:
    """Return how many rows of each kind this person's organization and the install have."""
    tables = (AuditEntry, Invitation, Membership, Mail, User, UserSession, EmailToken)
    with reading(somebody.actor) as session:
        found = {
            table.__name__: session.scalar(select(func.count()).select_from(table))
            for table in tables
        }
        found["outbox"] = session.scalar(select(func.count()).select_from(OutboxMessage))
    return found


def actions(somebody: Person) -> list[str]:
    """Return the actions in the audit log of a person's organization, oldest first."""
    with reading(somebody.actor) as session:
        return list(session.scalars(select(AuditEntry.action).order_by(AuditEntry.id)))
