"""Commands that do a worker's work or look at all of it: sync pull|push|reconcile, doctor."""

import time
from collections.abc import Callable, Sequence
from typing import Final
from uuid import UUID

import click
import redis
from sqlalchemy import func, select, text
from sqlalchemy.exc import OperationalError, SQLAlchemyError

from app import PROJECT
from app.connections.cli import find
from app.core import db, kv
from app.core.actor import SYSTEM, Actor, job_actor
from app.core.settings import current
from app.core.work import Work, unit_of_work
from app.inventory import telling as inventory
from app.sync import order_telling, orders, pull, push, service
from app.sync.models import RunKind, RunState, SyncRun
from app.team import queries as team
from app.team.cli import organization_actor, plainly
from workers import relay
from workers.schema import newest_revisions
from workers.settings_file import settings

_WORKER: Final = "cli"
_STUCK: Final = text("SELECT sentence FROM stuck_work(now())")


@click.group("sync")
def sync() -> None:
    """Read from and write to a connection."""


def _run(name: str, org: str, ask: Callable[[Work, UUID], list[UUID]], *, wait: bool) -> None:
    actor = organization_actor(org)
    row = find(actor, name)
    with unit_of_work(actor) as work:
        run_ids = ask(work, row.id)
    if not wait:
        click.echo(f"Asked for: {', '.join(map(str, run_ids)) or 'nothing to do'}.")
        return
    drain(actor, row.id)
    for run_id in run_ids:
        _tell(actor, run_id)


def drain(actor: Actor, connection_id: UUID) -> None:
    """Do the work here until the connection is quiet; workers running beside it only help."""
    while True:
        try:
            did = _one_turn(actor, connection_id)
        except OperationalError:  # a worker beside us was quicker; what we gave up is found again
            did = False
        with unit_of_work(actor) as work:
            if service.has_quiet(work, connection_id):
                return
        if not did:
            time.sleep(0.5)


def _one_turn(actor: Actor, connection_id: UUID) -> bool:
    did = relay.deliver_here(actor)
    did |= pull.pull_slice(actor, connection_id, worker=_WORKER)
    did |= push.push_slice(actor, connection_id, worker=_WORKER)
    did |= orders.order_slice(actor, connection_id, worker=_WORKER)
    did |= order_telling.tell_slice(actor, connection_id, worker=_WORKER)
    for run_id in _open_reads(actor, connection_id):
        did |= pull.run_slice(actor, run_id, worker=_WORKER)
    return did


def _open_reads(actor: Actor, connection_id: UUID) -> Sequence[UUID]:
    with db.reading(actor) as session:
        return session.scalars(
            select(SyncRun.id).where(
                SyncRun.connection_id == connection_id,
                SyncRun.state.in_((RunState.WAITING, RunState.RUNNING)),
                SyncRun.kind.not_in((RunKind.PUSH, RunKind.MANUAL)),
            )
        ).all()


def _tell(actor: Actor, run_id: UUID) -> None:
    with db.reading(actor) as session:
        run = session.get_one(SyncRun, run_id)
    click.echo(
        f"{run.kind}: {run.state}, {run.done} of {run.total or run.done} items,"
        f" {run.created} new, {run.changed} changed, {run.unchanged} unchanged,"
        f" {run.failed} failed, {run.conflicts} conflicts."
    )
    if run.error:
        click.echo(f"  {run.error}")


@sync.command("pull")
@click.argument("name")
@click.option("--org", required=True, help="Short name or id of the organization.")
@click.option("--wait", is_flag=True, help="Do it here and come back when it is done.")
@plainly
def pull_(name: str, org: str, *, wait: bool) -> None:
    """Read what changed in a shop since the last read."""
    _run(
        name,
        org,
        lambda work, key: [service.request_run(work, key, RunKind.CHANGES, cause="Command").id],
        wait=wait,
    )


@sync.command("reconcile")
@click.argument("name")
@click.option("--org", required=True, help="Short name or id of the organization.")
@click.option("--wait", is_flag=True, help="Do it here and come back when it is done.")
@plainly
def reconcile(name: str, org: str, *, wait: bool) -> None:
    """Compare everything in a shop with what we know of it."""
    _run(
        name,
        org,
        lambda work, key: [service.request_run(work, key, RunKind.RECONCILE, cause="Command").id],
        wait=wait,
    )


@sync.command("push")
@click.argument("name")
@click.option("--org", required=True, help="Short name or id of the organization.")
@click.option("--wait", is_flag=True, help="Do it here and come back when it is done.")
@plainly
def push_(name: str, org: str, *, wait: bool) -> None:
    """Send every listing of a shop whose sides differ."""
    _run(
        name,
        org,
        lambda work, key: service.push_connection(work, key, cause="Command"),
        wait=wait,
    )


@click.command("doctor")
def doctor() -> None:
    """Say how this install is: settings, servers, queues, drift, what is stuck."""
    _tell_settings()
    is_well = _tell_queues()
    try:
        looks = (_tell_database(), _tell_trouble(), _tell_audit(), _tell_levels(), _tell_totals())
        is_well &= all(looks)
    except SQLAlchemyError as error:
        is_well = False
        click.echo(f"PostgreSQL: not reached or not set up ({type(error).__name__}).")
    click.echo("All is well." if is_well else "Something needs you; see above.")
    raise SystemExit(0 if is_well else 1)


def _tell_settings() -> None:
    settings = current()
    click.echo(f"Settings: {settings.environment}, public address {settings.public_url}.")
    if settings.is_production and settings.mail_url is None:
        click.echo("  MAIL_URL is not set: nobody gets a mail, so nobody can reset a password.")
    if settings.is_production and settings.allow_private_hosts:
        click.echo("  ALLOW_PRIVATE_HOSTS is on: connections may reach hosts inside your network.")


def _tell_database() -> bool:
    with db.engine().connect() as connection:
        version = connection.scalar(text("SHOW server_version"))
        revisions = set(connection.scalars(text("SELECT version_num FROM alembic_version")))
        is_open = db.sees_everything(connection)
    click.echo(f"PostgreSQL: {version}, schema {', '.join(sorted(revisions))}.")
    is_behind = revisions != newest_revisions(PROJECT / "migrations" / "versions")
    if is_behind:
        click.echo("  The schema is not the one of this version. Run: flask db upgrade")
    if is_open:
        click.echo(
            "  The role of DATABASE_URL owns the tables or bypasses row-level security."
            " Use another one."
        )
    return not (is_behind or is_open)


def _tell_queues() -> bool:
    try:
        lanes = {
            lane: int(kv.client().llen(f"rq:queue:syncstore-{lane}"))
            for lane in ("urgent", "push", "pull", "bulk", "low")
        }
    except redis.RedisError as error:
        click.echo(f"Redis: not reached ({type(error).__name__}).")
        return False
    click.echo("Queues: " + ", ".join(f"{lane} {count}" for lane, count in lanes.items()) + ".")
    return True


def _tell_trouble() -> bool:
    with db.open_session(SYSTEM) as session:
        waiting = session.execute(
            select(text("task"), func.count())
            .select_from(text("waiting_work(now())"))
            .group_by(text("task"))
        ).all()
        facts = session.scalar(text("SELECT count(*) FROM outbox_messages WHERE sent_at IS NULL"))
        stuck = session.execute(_STUCK).all()
    found = ", ".join(f"{task} {count}" for task, count in waiting)
    click.echo(f"Waiting for workers: {found or 'nothing'}; facts unsent: {facts}.")
    for row in stuck:
        click.echo(f"  {row.sentence}")
    return not stuck


def _tell_audit() -> bool:
    with db.reading(SYSTEM) as session:
        breaks = team.audit_breaks(session)
    click.echo("Audit log: " + ("seals do not fit." if breaks else "every entry fits its seal."))
    for sentence in breaks:
        click.echo(f"  {sentence}")
    return not breaks


def _tell_levels() -> bool:
    with db.reading(SYSTEM) as session:
        places = team.all_organizations(session)
    unequal = [(each, inventory.unequal_levels(job_actor(each.id))) for each in places]
    count = sum(len(found) for _, found in unequal)
    click.echo("Stock: " + ("levels do not fit." if count else "every level fits its movements."))
    for place, found in unequal:
        for level in found[:3]:
            click.echo(
                f"  {place.name}: a level of variant {level.variant_id} holds {level.on_hand},"
                f" and its movements add up to {level.posted}."
            )
        if len(found) > 3:
            click.echo(f"  {place.name}: {len(found) - 3} or more further levels.")
    return not count


def _tell_totals() -> bool:
    with db.reading(SYSTEM) as session:
        places = team.all_organizations(session)
    counts = {each.name: len(inventory.unequal_totals(job_actor(each.id))) for each in places}
    wrong = {name: count for name, count in counts.items() if count}
    click.echo("Totals of stock: " + ("some do not fit." if wrong else "all fit their levels."))
    for name, count in wrong.items():
        click.echo(f"  {name}: {count} to be added up anew, which the task “levels” does tonight.")
    return not wrong


commands = (sync, doctor, settings)
