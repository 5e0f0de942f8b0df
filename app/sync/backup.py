"""Settings of an organization as a file, and restored from one.

What a restore would do is planned first, item by item; it is carried out in one unit, and only
while the plan still is the one a person was shown. Nothing is removed by it. Keys in use stay:
those of a file are taken where none are, or where the shop refuses ours.
"""

import hashlib
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Any, Final
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from app.adapters.port import AppKeys
from app.catalog.models import ImportMapping
from app.connections import apps, service
from app.connections.building import channel, credentials_of
from app.connections.errors import KeysLost, NoSuchChannel
from app.connections.models import AppKey, Connection, ConnectionState
from app.core import clock
from app.core.crypto import CannotOpen
from app.core.db import Json, new_id
from app.core.errors import Invalid, Stale
from app.core.work import Work
from app.sync import offering, resolving
from app.sync.kept_settings import OWN, Kept, KeptConnection, effective, flat, read_kept
from app.team.models import Organization
from app.team.service import change_organization, record_audit

__all__ = [
    "Item",
    "ItemState",
    "Kept",
    "fingerprint",
    "note_backup",
    "plan_restore",
    "read_kept",
    "restore",
    "take_backup",
]
_MOVED: Final = "The settings here changed since this was shown. Look at the changes anew."


class ItemState(StrEnum):
    """What a restore does to one thing; left: the file has it, and it cannot be taken."""

    NEW = "new"
    CHANGED = "changed"
    UNCHANGED = "unchanged"
    LEFT = "left"


@dataclass(frozen=True, slots=True)
class Item:
    """One thing of the file beside what is here: only what differs of it."""

    section: str  # organization, connection, mapping, app
    key: str
    name: str
    state: ItemState
    before: Mapping[str, Any] = field(default_factory=dict)
    after: Mapping[str, Any] = field(default_factory=dict)
    note: str = ""

    @property
    def is_change(self) -> bool:
        """Whether restoring it changes anything."""
        return self.state in (ItemState.NEW, ItemState.CHANGED)


def take_backup(session: Session, organization_id: UUID, *, with_keys: bool) -> Json:
    """Return the settings of an organization as plain JSON; keys only when asked for."""
    place = session.get_one(Organization, organization_id)
    return {
        "kind": "settings",
        "made_at": clock.now().isoformat(),
        "organization": {"slug": place.slug, **{name: getattr(place, name) for name in OWN}},
        "connections": [
            _connection(row, with_keys=with_keys)
            for row in _connections(session, organization_id).values()
        ],
        "mappings": [
            {"header_key": row.header_key, "name": row.name, "mapping": row.mapping}
            for row in _mappings(session, organization_id).values()
        ],
        "apps": _apps(session, organization_id) if with_keys else {},
    }


def note_backup(work: Work, *, with_keys: bool) -> None:
    """Write down that the settings left as a file."""
    said = "with the keys of its shops" if with_keys else "without keys"
    record_audit(
        work,
        "settings.exported",
        "organization",
        work.organization_id,
        f"Took the settings out as a file, {said}.",
    )


def _connections(session: Session, organization_id: UUID) -> dict[str, Connection]:
    rows = session.scalars(
        select(Connection)
        .where(
            Connection.organization_id == organization_id,
            Connection.state != ConnectionState.DISCONNECTED,
        )
        .order_by(Connection.name, Connection.id)
    )
    return {f"{row.channel} {row.address}": row for row in rows}


def _mappings(session: Session, organization_id: UUID) -> dict[str, ImportMapping]:
    rows = session.scalars(
        select(ImportMapping)
        .where(ImportMapping.organization_id == organization_id)
        .order_by(ImportMapping.name, ImportMapping.id)
    )
    return {row.header_key: row for row in rows}


def _connection(row: Connection, *, with_keys: bool) -> Json:
    plain: Json = {
        "channel": row.channel,
        "name": row.name,
        "address": row.address,
        "settings": effective(row.settings),
    }
    if with_keys:
        plain |= {"wire": dict(row.wire), "credentials": _keys_of(row)}
    return plain


def _keys_of(row: Connection) -> Json | None:
    """Return the keys of a connection; None: there are none, or no key of the ring opens them."""
    try:
        return credentials_of(row) or None
    except KeysLost:
        return None


def _apps(session: Session, organization_id: UUID) -> Json:
    names = session.scalars(
        select(AppKey.channel).where(AppKey.organization_id == organization_id)
    ).all()
    found = {name: _app(session, organization_id, name) for name in sorted(names)}
    return {
        name: {"key": keys.key, "secrets": list(keys.secrets)}
        for name, keys in found.items()
        if keys is not None
    }


def _app(session: Session, organization_id: UUID, name: str) -> AppKeys | None:
    try:
        return apps.find_app(session, organization_id, name)
    except CannotOpen:
        return None


def plan_restore(session: Session, organization_id: UUID, kept: Kept) -> list[Item]:
    """Return what restoring would do, item by item; raises Invalid for another organization."""
    place = session.get_one(Organization, organization_id)
    if kept.slug != place.slug:
        raise Invalid(
            fields={"file": f"This file holds the settings of another organization: {kept.slug}."}
        )
    own = {name: getattr(place, name) for name in OWN if name in kept.own}
    here = _connections(session, organization_id)
    mappings = _mappings(session, organization_id)
    return [
        _compared(Item("organization", "", place.name, ItemState.CHANGED), own, kept.own),
        *(_plan_connection(here.get(each.key), each) for each in kept.connections),
        *(
            _compared(
                Item("mapping", key, each.name, ItemState.CHANGED),
                _mapped(mappings[key].name, mappings[key].mapping) if key in mappings else None,
                _mapped(each.name, each.mapping),
            )
            for key, each in kept.mappings.items()
        ),
        *(
            Item("app", name, name, ItemState.UNCHANGED)
            if _app(session, organization_id, name)
            else Item("app", name, name, ItemState.NEW, after={"keys": keys.key[-6:]})
            for name, keys in kept.apps.items()
        ),
    ]


def _mapped(name: str, mapping: Mapping[str, Any]) -> Json:
    return {"name": name, **{f"“{key}”": value for key, value in mapping["columns"].items()}}


def _compared(item: Item, before: Mapping[str, Any] | None, after: Mapping[str, Any]) -> Item:
    """Return the item with what differs; nothing there before: it is new."""
    if before is None:
        return replace(item, state=ItemState.NEW, after=after)
    names = [
        name for name in (*after, *(before.keys() - after)) if before.get(name) != after.get(name)
    ]
    if not names:
        return replace(item, state=ItemState.UNCHANGED)
    was, becomes = ({name: side.get(name) for name in names} for side in (before, after))
    return replace(item, before=was, after=becomes)


def _plan_connection(row: Connection | None, kept: KeptConnection) -> Item:
    item = Item("connection", kept.key, kept.name, ItemState.LEFT)
    try:
        channel(kept.channel)
    except NoSuchChannel as unknown:
        return replace(item, note=unknown.sentence)
    if row is None and not kept.credentials:
        return replace(item, note="Connect this shop first: the file has no keys of it.")
    after = {"name": kept.name, **flat(kept.settings)}
    if row is None:
        return replace(item, state=ItemState.NEW, after={**after, "keys": _hint(kept)})
    before = {"name": row.name, **flat(effective(row.settings))}
    if kept.credentials and _wants_keys(row) and row.key_hint != _hint(kept):
        before, after = {**before, "keys": row.key_hint}, {**after, "keys": _hint(kept)}
    return _compared(replace(item, state=ItemState.CHANGED), before, after)


def _hint(kept: KeptConnection) -> str:
    return service.hint_of(kept.credentials or {})


def _wants_keys(row: Connection) -> bool:
    return row.state == ConnectionState.ERROR or _keys_of(row) is None


def fingerprint(items: Sequence[Item]) -> str:
    """Return the digest of a plan: what a person was shown, and what is carried out."""
    plain = [
        [each.section, each.key, each.state, dict(each.before), dict(each.after)] for each in items
    ]
    return hashlib.sha256(json.dumps(plain, sort_keys=True, default=str).encode()).hexdigest()


def restore(work: Work, kept: Kept, *, seen: str) -> list[Item]:
    """Carry out the plan that was shown, all or nothing; raises Stale when it is another one."""
    items = plan_restore(work.session, work.organization_id, kept)
    if fingerprint(items) != seen:
        raise Stale(_MOVED)
    changes = [each for each in items if each.is_change]
    for each in changes:
        _CARRY_OUT[each.section](work, kept, each)
    record_audit(
        work,
        "settings.restored",
        "organization",
        work.organization_id,
        f"Restored settings from a file of {kept.made_at[:10]}.",
        {"changed": [f"{each.section} {each.name}" for each in changes]},
    )
    return items


def _restore_own(work: Work, kept: Kept, _item: Item) -> None:
    change_organization(work, kept.own)


def _restore_connection(work: Work, kept: Kept, item: Item) -> None:
    each = next(one for one in kept.connections if one.key == item.key)
    row = _connections(work.session, work.organization_id).get(item.key)
    if row is None:
        made = service.add_connection(
            work,
            channel=each.channel,
            name=each.name,
            address=each.address,
            credentials=each.credentials or {},
            wire=each.wire,
        )
        made.settings = dict(each.settings)
        return
    if "keys" in item.after and each.credentials:
        service.replace_credentials(work, row.id, each.credentials)
    if item.after.keys() - {"keys"}:
        resolving.meet_again(work, row.id)
        # Which locations count is told by ids that the file cannot know.
        told = {name: value for name, value in each.settings.items() if name != "stock_places"}
        before = dict(row.settings)
        saved = service.change_settings(
            work, row.id, name=each.name, settings=told, version=row.version
        )
        offering.offer_anew(work, saved, before)


def _restore_mapping(work: Work, kept: Kept, item: Item) -> None:
    each = kept.mappings[item.key]
    row = insert(ImportMapping).values(
        id=new_id(),
        created_at=work.now,
        organization_id=work.organization_id,
        header_key=item.key,
        name=each.name,
        mapping=dict(each.mapping),
    )
    work.session.execute(
        row.on_conflict_do_update(
            index_elements=[ImportMapping.organization_id, ImportMapping.header_key],
            set_={"name": row.excluded.name, "mapping": row.excluded.mapping},
        )
    )


def _restore_app(work: Work, kept: Kept, item: Item) -> None:
    apps.keep_app(work, item.key, kept.apps[item.key])


_CARRY_OUT: Final[Mapping[str, Callable[[Work, Kept, Item], None]]] = {
    "organization": _restore_own,
    "connection": _restore_connection,
    "mapping": _restore_mapping,
    "app": _restore_app,
}
