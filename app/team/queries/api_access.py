"""Reads of programs that use the API."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from app.core import clock
from app.team.models import ApiGrant, GrantKind, User


@dataclass(frozen=True, slots=True)
class GrantLine:
    """A program as the settings page shows one."""

    grant: ApiGrant
    user_id: UUID
    user_name: str

    @property
    def is_token(self) -> bool:
        """Whether it works with a named token."""
        return self.grant.kind is GrantKind.TOKEN


def grant_list(
    session: Session, organization_id: UUID, *, user_id: UUID | None = None
) -> Sequence[GrantLine]:
    """Return programs that may still use the API, newest first; of one person, or of everybody."""
    wanted = (
        select(ApiGrant, User.id, User.name)
        .join(User, User.id == ApiGrant.user_id)
        .where(
            ApiGrant.organization_id == organization_id,
            ApiGrant.revoked_at.is_(None),
            ApiGrant.expires_at > clock.now(),
            or_(
                ApiGrant.kind == GrantKind.TOKEN,
                User.signed_out_at.is_(None),
                User.signed_out_at < ApiGrant.created_at,
            ),
        )
        .order_by(ApiGrant.created_at.desc(), ApiGrant.id.desc())
        .limit(500)
    )
    if user_id is not None:
        wanted = wanted.where(ApiGrant.user_id == user_id)
    return [GrantLine(*row) for row in session.execute(wanted)]
