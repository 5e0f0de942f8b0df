"""Commands: create-user, print-roles."""

import sys

import click

from app.core.actor import SYSTEM, Actor, job_actor
from app.core.db import reading
from app.core.errors import AppError, Invalid
from app.team import queries, service
from app.team.permissions import Role, as_markdown

_CLI = Actor(None, None, frozenset({"*"}), "cli")


def organization_actor(name: str) -> Actor:
    """Return a caller for an organization named by id or short name; refuses an unknown one."""
    with reading(SYSTEM) as session:
        found = queries.find_organization(session, name)
    if found is None:
        raise click.ClickException(f"There is no organization “{name}”.")
    return job_actor(found.id, via="cli")


def sentence_of(refusal: AppError) -> str:
    """Return what to tell a person at a terminal."""
    fields = refusal.fields.values() if isinstance(refusal, Invalid) else ()
    return "\n".join(fields) or refusal.sentence


def _password(given: str | None) -> str:
    if given:
        return given
    if not sys.stdin.isatty():
        return sys.stdin.readline().rstrip("\n")
    asked: str = click.prompt("Password", hide_input=True, confirmation_prompt=True)
    return asked


@click.command("create-user")
@click.argument("email")
@click.argument("name")
@click.option("--password", help="Asked for, or read from standard input, when not given.")
@click.option("--organization", "place", default="", help="Short name or id; a new name founds it.")
@click.option("--role", type=click.Choice([role.value for role in Role]), default=Role.OWNER.value)
@click.option("--operator", is_flag=True, help="May enter every organization of this install.")
@click.option("--verified/--unverified", default=True, help="Whether the address is believed.")
def create_user(
    email: str,
    name: str,
    password: str | None,
    place: str,
    role: str,
    *,
    operator: bool,
    verified: bool,
) -> None:
    """Add a person to an organization, founding it when it does not exist."""
    with reading(_CLI) as session:
        organization = queries.find_organization(session, place) if place else None
    wanted = service.NewUser(
        email,
        name,
        _password(password),
        role=Role(role),
        is_operator=operator,
        is_verified=verified,
    )
    try:
        user_id = service.create_user(
            _CLI,
            wanted,
            organization_id=organization.id if organization else None,
            organization_name=place,
        )
    except Invalid as refusal:
        sentences = "\n".join(refusal.fields.values()) or refusal.sentence
        raise click.ClickException(sentences) from refusal
    except AppError as refusal:
        raise click.ClickException(refusal.sentence) from refusal
    click.echo(f"Created {email} ({user_id}).")


@click.command("print-roles")
def print_roles() -> None:
    """Print docs/roles.md: roles and permissions as they are in code."""
    click.echo(as_markdown(), nl=False)


commands = (create_user, print_roles)
