"""Commands: settings export|import, the settings of an organization as a locked file."""

import json
import sys
from pathlib import Path

import click

from app.core.db import reading
from app.core.locked_file import lock_up, unlock
from app.core.work import unit_of_work
from app.sync import backup
from app.sync import backup_words as words
from app.team.cli import organization_actor, plainly


@click.group("settings")
def settings() -> None:
    """The settings of an organization as a locked file."""


def _passphrase(*, is_new: bool) -> str:
    """Ask for the passphrase, or read it from standard input; never from the command line."""
    if not sys.stdin.isatty():
        return sys.stdin.readline().rstrip("\n")
    asked: str = click.prompt("Passphrase", hide_input=True, confirmation_prompt=is_new)
    return asked


@settings.command("export")
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
@click.option("--org", required=True, help="Short name or id of the organization.")
@click.option("--with-keys", is_flag=True, help="With the keys of its shops.")
@plainly
def export(file: Path, org: str, *, with_keys: bool) -> None:
    """Write settings to a file, locked with a passphrase."""
    actor = organization_actor(org)
    with reading(actor) as session:
        kept = backup.take_backup(session, actor.organization, with_keys=with_keys)
    locked = lock_up(json.dumps(kept).encode(), _passphrase(is_new=True))
    file.touch(mode=0o600)
    file.write_bytes(locked)
    with unit_of_work(actor) as work:
        backup.note_backup(work, with_keys=with_keys)
    click.echo(f"Wrote {file}, with {_counted(len(kept['connections']), 'connection')} in it.")


@settings.command("import")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--org", required=True, help="Short name or id of the organization.")
@click.option("--apply", "is_applied", is_flag=True, help="Restore; else the changes are shown.")
@plainly
def import_(file: Path, org: str, *, is_applied: bool) -> None:
    """Show what restoring a file would change; with --apply, restore it."""
    actor = organization_actor(org)
    kept = backup.read_kept(unlock(file.read_bytes(), _passphrase(is_new=False)))
    with reading(actor) as session:
        items = backup.plan_restore(session, actor.organization, kept)
    for item in words.by_need(items):
        click.echo(f"{words.STATES[item.state]}: {words.SECTIONS[item.section]} {item.name}")
        if item.note:
            click.echo(f"  {item.note}")
        for label, before, after in words.lines(item):
            click.echo(f"  {label}: {before} → {after}")
    if not is_applied:
        click.echo("Nothing was changed. Add --apply to restore this.")
        return
    with unit_of_work(actor) as work:
        backup.restore(work, kept, seen=backup.fingerprint(items))
    click.echo(f"Restored {_counted(sum(each.is_change for each in items), 'change')}.")


def _counted(count: int, noun: str) -> str:
    return f"{count} {noun}{'' if count == 1 else 's'}"
