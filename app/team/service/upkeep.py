"""Rows nobody needs any more."""

from datetime import timedelta
from typing import Final

from sqlalchemy import delete

from app.core.work import Work
from app.gateways.models import DevMail
from app.team.models import AttemptCount, EmailToken, UserSession

_KEPT: Final = timedelta(days=30)


def clear_leftovers(work: Work) -> None:
    """Forget ended counts, and sessions, links and dev mails that ended a month ago."""
    long_ago = work.now - _KEPT
    for statement in (
        delete(AttemptCount).where(AttemptCount.window_ends_at < work.now),
        delete(UserSession).where(UserSession.expires_at < long_ago),
        delete(EmailToken).where(EmailToken.expires_at < long_ago),
        delete(DevMail).where(DevMail.created_at < long_ago),
    ):
        work.session.execute(statement)
