"""Commands: connection add|list|check|remove, reseal-keys."""

import ssl
import time
from pathlib import Path

import click

from app.adapters.port import AppKeys
from app.connections import connecting, installing, keys, queries, wire
from app.connections.models import Connection
from app.core.actor import SYSTEM, Actor, job_actor
from app.core.db import reading
from app.core.work import unit_of_work
from app.team.cli import organization_actor, plainly
from app.team.queries import all_organizations


@click.group("connection")
def connection() -> None:
    """Shops and marketplaces an organization is connected to."""


def find(actor: Actor, name: str) -> Connection:
    """Return a connection by id or name; refuses an unknown or ambiguous one."""
    with reading(actor) as session:
        found = queries.find_by_name(session, actor.organization, name)
    if found is None:
        raise click.ClickException(f"There is no connection “{name}”, or more than one.")
    return found


def _certificates(path: Path) -> str:
    """Return the certificates of a file; refuses one that holds none."""
    try:
        text = path.read_text(encoding="ascii")
        ssl.create_default_context(cadata=text)
    except (ssl.SSLError, ValueError) as error:
        raise click.ClickException(f"{path} holds no certificates in PEM form.") from error
    return text


@connection.command("add")
@click.argument("channel")
@click.option("--org", required=True, help="Short name or id of the organization.")
@click.option("--url", required=True, help="Address of the shop.")
@click.option("--key", required=True, help="Consumer key; the client id of your own app.")
@click.option("--secret", required=True, help="Consumer secret; the client secret of your own app.")
@click.option("--name", help="What to call it; else its address.")
@click.option(
    "--ca", type=click.Path(exists=True, dir_okay=False, path_type=Path), help="Trust this CA file."
)
@click.option("--insecure-http", is_flag=True, help="Connect to a shop without https.")
@plainly
def add(
    channel: str,
    org: str,
    *,
    url: str,
    key: str,
    secret: str,
    name: str | None,
    ca: Path | None,
    insecure_http: bool,
) -> None:
    """Connect a shop: its keys are checked, its webhooks set up, its first read begins."""
    actor = organization_actor(org)
    settings = {
        "ca": _certificates(ca) if ca else "",
        "allows_http": insecure_http or url.startswith("http://"),
    }
    if wire.channel(channel).oauth is not None:
        address = installing.read_address(channel, url)
        row = installing.take_own(actor, channel, address, name or address, AppKeys(key, (secret,)))
    else:
        address = connecting.probe(channel, url, settings)
        keys_given = {"key": key, "secret": secret}
        row = connecting.connect(
            actor, connecting.Wish(channel, name or address, address, keys_given, settings)
        )
    connecting.activate(actor, row.id)
    row = wire.load(actor, row.id)
    facts = row.facts
    click.echo(f"Connected {row.name} ({row.id}).")
    click.echo(f"  {facts.get('name')} · {facts.get('currency')} · {facts.get('version') or ''}")
    if row.hooks.get("error"):
        click.echo(f"  Webhooks: {row.hooks['error']}")


@connection.command("list")
@click.option("--org", required=True, help="Short name or id of the organization.")
@plainly
def list_(org: str) -> None:
    """List connections with their state."""
    actor = organization_actor(org)
    with reading(actor) as session:
        for card in queries.cards(session, with_closed=True):
            click.echo(
                f"{card.row.id}  {card.row.channel:<12} {card.state:<13}"
                f" {card.listings:>7} listings  {card.row.name}  {card.row.address}"
            )


@connection.command("check")
@click.argument("name")
@click.option("--org", required=True, help="Short name or id of the organization.")
@plainly
def check(name: str, org: str) -> None:
    """Ask a shop whether it is well and may do what we need."""
    actor = organization_actor(org)
    row = find(actor, name)
    started = time.monotonic()
    found = connecting.check_connection(actor, row.id)
    click.echo(f"{'Well' if found.is_ok else 'Not well'}, in {time.monotonic() - started:.1f} s.")
    for problem in found.problems:
        click.echo(f"  {problem.sentence}")
    for warning in found.warnings:
        click.echo(f"  {warning}")
    if not found.is_ok:
        raise SystemExit(1)


@connection.command("remove")
@click.argument("name")
@click.option("--org", required=True, help="Short name or id of the organization.")
@plainly
def remove(name: str, org: str) -> None:
    """Disconnect a shop: our webhooks are removed there, the history stays here."""
    actor = organization_actor(org)
    row = find(actor, name)
    removed = connecting.disconnect(actor, row.id)
    click.echo(f"Disconnected {row.name}; {removed} webhooks removed there.")


@click.command("reseal-keys")
@plainly
def reseal_keys() -> None:
    """Seal every kept key with the newest of ENCRYPTION_KEYS; then older ones may be removed."""
    with reading(SYSTEM) as session:
        places = all_organizations(session)
    resealed = unreadable = 0
    for place in places:
        actor = job_actor(place.id, via="cli")
        with unit_of_work(actor) as work:
            resealed += keys.reseal(work)
        with reading(actor) as session:
            unreadable += sum(not each.is_readable for each in keys.kept_keys(session))
    click.echo(f"Sealed the keys of {resealed} connections anew.")
    if unreadable:
        raise click.ClickException(
            f"No key of ENCRYPTION_KEYS opens the keys of {unreadable} connections. Put the missing"
            " one back, or replace their keys."
        )


commands = (connection, reseal_keys)
