"""The merchant's own app at a platform: its client id and secret, sealed; one per channel."""

from uuid import UUID

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from app.adapters.port import AppKeys
from app.connections.models import AppKey
from app.core.db import new_id
from app.core.settings import current
from app.core.work import Work
from app.team.service import record_audit

_SHOWN = 6


def keep_app(work: Work, channel: str, keys: AppKeys) -> None:
    """Keep an app's keys in place of older ones."""
    sealed = current().key_ring.seal(
        {"key": keys.key, "secrets": list(keys.secrets)},
        owner=_owner(work.organization_id, channel),
    )
    row = insert(AppKey).values(
        id=new_id(),
        created_at=work.now,
        organization_id=work.organization_id,
        channel=channel,
        sealed=sealed,
        hint=f"…{keys.key[-_SHOWN:]}",
    )
    work.session.execute(
        row.on_conflict_do_update(
            index_elements=[AppKey.organization_id, AppKey.channel],
            set_={"sealed": row.excluded.sealed, "hint": row.excluded.hint},
        )
    )
    record_audit(work, "app.kept", "app", channel, f"Set the app keys for {channel}")


def find_app(session: Session, organization_id: UUID, channel: str) -> AppKeys | None:
    """Return an organization's app at a channel; raises CannotOpen when its seal is broken."""
    row = session.scalar(
        select(AppKey).where(AppKey.organization_id == organization_id, AppKey.channel == channel)
    )
    if row is None:
        return None
    kept = current().key_ring.open(row.sealed, owner=_owner(organization_id, channel))
    return AppKeys(str(kept["key"]), tuple(map(str, kept["secrets"])))


def _owner(organization_id: UUID, channel: str) -> str:
    return f"{organization_id}:app:{channel}"
