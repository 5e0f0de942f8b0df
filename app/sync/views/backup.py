"""Backup of settings: a locked file to keep, and what restoring one would change."""

import base64
import binascii
import json
from datetime import datetime, timedelta
from typing import Any, Final

from flask import Response, request
from flask.typing import ResponseReturnValue

from app.core import clock
from app.core.actor import Actor
from app.core.crypto import CannotOpen
from app.core.db import reading
from app.core.errors import Invalid, Stale
from app.core.locked_file import lock_up, unlock
from app.core.settings import current
from app.core.work import unit_of_work
from app.sync import backup
from app.sync import backup_words as words
from app.sync.forms import ExportForm, RestoreForm
from app.sync.views.base import bp
from app.team.queries import get_organization
from app.web.filters import plural
from app.web.fragments import page, then, toast
from app.web.guards import requires, takes_up_to
from app.web.identity import current_actor
from app.web.security import limit

_LIFE: Final = timedelta(minutes=30)
_TOO_OLD: Final = "This preview is older than 30 minutes, or not yours. Choose the file again."


@bp.get("/settings/backup")
@requires("organization.backup")
def settings_backup(
    taking: ExportForm | None = None, giving: RestoreForm | None = None, status: int = 200
) -> ResponseReturnValue:
    """Show how to take settings out, and how to bring them back."""
    return page(
        "sync/settings_backup.html",
        status=status,
        taking=taking or ExportForm(formdata=None),
        giving=giving or RestoreForm(formdata=None),
    )


@bp.post("/settings/backup/export")
@requires("organization.backup")
def settings_export() -> ResponseReturnValue:
    """Send the settings as a locked file."""
    actor, form = current_actor(), ExportForm()
    if not form.validate():
        return settings_backup(form, status=422)
    _count_try(actor)
    with reading(actor) as session:
        kept = backup.take_backup(session, actor.organization, with_keys=form.with_keys.data)
        slug = get_organization(session, actor.organization).slug
    try:
        file = lock_up(json.dumps(kept).encode(), form.passphrase.data)
    except Invalid as refusal:
        form.refuse(refusal)
        return settings_backup(form, status=422)
    with unit_of_work(actor) as work:
        backup.note_backup(work, with_keys=form.with_keys.data)
    name = f"syncstore-{slug}-{clock.now():%Y-%m-%d}.backup"
    headers = {
        "Content-Disposition": f'attachment; filename="{name}"',
        "Cache-Control": "no-store",
    }
    return Response(file, mimetype="application/octet-stream", headers=headers)


def _count_try(actor: Actor) -> None:
    """Each try to make or open a file costs a lot of memory and time."""
    limit(f"settings-file:{actor.user_id}", times=10, per_seconds=60)


@bp.post("/settings/backup/preview")
@requires("organization.backup")
def settings_preview() -> ResponseReturnValue:
    """Open a file and show every change restoring it would make; nothing is changed."""
    actor, form = current_actor(), RestoreForm()
    if not form.validate():
        return settings_backup(giving=form, status=422)
    _count_try(actor)
    try:
        plain = unlock(form.file.data.read(), form.passphrase.data)
        kept = backup.read_kept(plain)
        with reading(actor) as session:
            items = backup.plan_restore(session, actor.organization, kept)
    except Invalid as refusal:
        form.refuse(refusal)
        return settings_backup(giving=form, status=422)
    return _preview(actor, plain, kept, items)


def _preview(
    actor: Actor, plain: bytes, kept: backup.Kept, items: list[backup.Item], *, status: int = 200
) -> ResponseReturnValue:
    seen = {
        "content": plain.decode(),
        "seen": backup.fingerprint(items),
        "until": (clock.now() + _LIFE).isoformat(),
    }
    sealed = current().key_ring.seal(seen, owner=_owner(actor))
    counts = words.counts(items)
    return page(
        "sync/settings_restore.html",
        status=status,
        kept=kept,
        items=words.by_need(items),
        counts=counts,
        to_restore=counts.get("new", 0) + counts.get("changed", 0),
        lines=words.lines,
        sections=words.SECTIONS,
        states=words.STATES,
        sealed=base64.b64encode(sealed).decode(),
        is_moved=status == 409,
    )


def _owner(actor: Actor) -> str:
    return f"{actor.organization}:restore:{actor.user_id}"


@bp.post("/settings/backup/restore")
@requires("organization.backup")
@takes_up_to(8)
def settings_restore() -> ResponseReturnValue:
    """Restore what was shown, all or nothing."""
    actor = current_actor()
    try:
        shown = _shown(actor)
    except Invalid as refusal:
        form = RestoreForm(formdata=None)
        form.refuse(Invalid(fields={"file": refusal.sentence}))
        return settings_backup(giving=form, status=422)
    plain = shown["content"].encode()
    kept = backup.read_kept(plain)
    try:
        with unit_of_work(actor) as work:
            items = backup.restore(work, kept, seen=shown["seen"])
    except Stale:
        with reading(actor) as session:
            items = backup.plan_restore(session, actor.organization, kept)
        return _preview(actor, plain, kept, items, status=409)
    count = sum(each.is_change for each in items)
    toast(f"Restored {plural(count, 'change')}. New connections wait until you set their rules.")
    return then(settings_backup)


def _shown(actor: Actor) -> dict[str, Any]:
    """Return what the person was shown; raises Invalid when it is too old or somebody else's."""
    try:
        sealed = base64.b64decode(request.form.get("sealed", ""), validate=True)
        shown = current().key_ring.open(sealed, owner=_owner(actor))
    except (binascii.Error, ValueError, CannotOpen) as error:
        raise Invalid(_TOO_OLD) from error
    if datetime.fromisoformat(shown["until"]) < clock.now():
        raise Invalid(_TOO_OLD)
    return shown
