"""Commands: create-user, print-roles."""

import functools
import sys
from collections.abc import Callable
from typing import Final, ParamSpec, TypeVar

import click
import redis
from sqlalchemy.exc import OperationalError, ProgrammingError

from app.core.actor import SYSTEM, Actor, job_actor
from app.core.db import reading
from app.core.errors import AppError, Invalid
from app.team import queries, service
from app.team.permissions import Role, as_markdown

P = ParamSpec("P")
R = TypeVar("R")
_NOT_SET_UP: Final = "The database does not have the tables of this version. Run: flask db upgrade"
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


def plainly(command: Callable[P, R]) -> Callable[P, R]:
    """Let a command end with a sentence for what a person can mend, instead of a trace."""

    @functools.wraps(command)
    def run(*args: P.args, **kwargs: P.kwargs) -> R:
        try:
            return command(*args, **kwargs)
        except AppError as refusal:
            raise click.ClickException(sentence_of(refusal)) from refusal
        except ProgrammingError as trouble:
            raise click.ClickException(_NOT_SET_UP) from trouble
        except OperationalError as trouble:
            raise click.ClickException("PostgreSQL does not answer at DATABASE_URL.") from trouble
        except redis.RedisError as trouble:
            raise click.ClickException("Redis does not answer at REDIS_URL.") from trouble
        except OSError as trouble:
            sentence = (
                f"{trouble.filename}: {trouble.strerror}." if trouble.filename else str(trouble)
            )
            raise click.ClickException(sentence) from trouble

    return run


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
@plainly
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
    user_id = service.create_user(
        _CLI,
        wanted,
        organization_id=organization.id if organization else None,
        organization_name=place,
    )
    click.echo(f"Created {email} ({user_id}).")


@click.command("print-roles")
def print_roles() -> None:
    """Print docs/roles.md: roles and permissions as they are in code."""
    click.echo(as_markdown(), nl=False)


commands = (create_user, print_roles)
