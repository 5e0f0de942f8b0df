"""The merchant's own app at a platform: its client id and secret, sealed; one per channel.

Who changes the secret there goes on signing with the old one for a while, so it stays good for a
day beside the new one.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from app.adapters.port import AppKeys
from app.connections.models import AppKey
from app.core import clock
from app.core.crypto import CannotOpen
from app.core.db import new_id
from app.core.settings import current
from app.core.work import Work
from app.registry import CHANNELS
from app.team.service import record_audit

_SHOWN: Final = 6
_GRACE: Final = timedelta(days=1)  # of a secret that was replaced; Shopify takes an hour


def keep_app(work: Work, channel: str, keys: AppKeys) -> None:
    """Keep an app's keys in place of older ones; an older secret is good for a day beside it."""
    sealed = current().key_ring.seal(
        {"key": keys.key, "secrets": list(keys.secrets), **_replaced(work, channel, keys)},
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
    label = next((each.label for each in CHANNELS if each.key == channel), channel)
    record_audit(work, "app.kept", "app", channel, f"Set the app keys for {label}")


def _replaced(work: Work, channel: str, keys: AppKeys) -> dict[str, Any]:
    try:
        before = find_app(work.session, work.organization_id, channel)
    except CannotOpen:
        return {}
    if before is None or before.key != keys.key or before.secret in keys.secrets:
        return {}
    return {"old": before.secret, "old_until": (work.now + _GRACE).isoformat()}


def find_app(session: Session, organization_id: UUID, channel: str) -> AppKeys | None:
    """Return an organization's app at a channel; raises CannotOpen when its seal is broken."""
    row = session.scalar(
        select(AppKey).where(AppKey.organization_id == organization_id, AppKey.channel == channel)
    )
    if row is None:
        return None
    kept = current().key_ring.open(row.sealed, owner=_owner(organization_id, channel))
    return AppKeys(str(kept["key"]), (*map(str, kept["secrets"]), *_old(kept, clock.now())))


def _old(kept: Mapping[str, Any], now: datetime) -> tuple[str, ...]:
    is_good = bool(kept.get("old")) and now < datetime.fromisoformat(str(kept["old_until"]))
    return (str(kept["old"]),) if is_good else ()


def reseal(work: Work) -> int:
    """Seal the organization's app keys with the newest key; returns how many were old."""
    ring, count = current().key_ring, 0
    for row in work.session.scalars(
        select(AppKey)
        .where(AppKey.organization_id == work.organization_id)
        .order_by(AppKey.id)
        .with_for_update()
    ):
        owner = _owner(row.organization_id, row.channel)
        if ring.is_newest(row.sealed):
            continue
        try:
            row.sealed = ring.seal(ring.open(row.sealed, owner=owner), owner=owner)
        except CannotOpen:
            continue  # stays as it is; the merchant sets the app's keys anew
        count += 1
    return count


def _owner(organization_id: UUID, channel: str) -> str:
    return f"{organization_id}:app:{channel}"
