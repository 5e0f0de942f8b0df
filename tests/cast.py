"""The standing cast: Alice owns Acme, Bob edits there, Carol views, Mallory owns another shop.

`cast()` commits a fresh Acme and a fresh other shop; addresses are new each time, since people are
global. `enter(client, person)` signs a browser in without paying for a password hash.
"""

from dataclasses import dataclass, replace
from uuid import UUID

from flask.testing import FlaskClient

from app.core.actor import Actor
from app.core.db import new_id, reading
from app.core.work import unit_of_work
from app.team import passwords, queries, service
from app.team.permissions import Role, permissions_of
from app.team.service.accounts import add_user
from app.team.service.organizations import found_organization, join_organization

PASSWORD = "a long enough sentence"
CHEAP = passwords.Cost(passes=1, memory_kib=8, lanes=1)
_HASH = passwords.hash_password(PASSWORD, cost=CHEAP)


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody who may sign in, in one organization and role (None: in no organization)."""

    user_id: UUID
    organization_id: UUID | None
    name: str
    email: str
    role: Role | None
    is_operator: bool = False

    @property
    def actor(self) -> Actor:
        """The caller this person is."""
        held = permissions_of(self.role, is_operator=self.is_operator)
        return Actor(self.organization_id, self.user_id, held)

    @property
    def place(self) -> UUID:
        """The organization this person works in."""
        assert self.organization_id is not None
        return self.organization_id


@dataclass(frozen=True, slots=True)
class Cast:
    """Everybody of one test."""

    alice: Person
    bob: Person
    carol: Person
    mallory: Person


def person(
    name: str,
    role: Role | None,
    *,
    organization_id: UUID | None = None,
    organization_name: str = "",
    is_operator: bool = False,
    is_verified: bool = True,
) -> Person:
    """Commit a person; an organization's name founds it, its id joins it."""
    user_id = new_id()
    if organization_name:
        organization_id = new_id()
    email = f"{name.lower()}-{user_id.hex[-8:]}@acme.example"
    with unit_of_work(Actor(organization_id, user_id, frozenset({"*"}))) as work:
        user = add_user(work, email=email, name=name, password_hash=_HASH, is_verified=is_verified)
        user.is_operator = is_operator
        if organization_name:
            found_organization(work, organization_name)
        if organization_id is not None and role is not None:
            join_organization(work, user_id, role)
    return Person(user_id, organization_id, name, email, role, is_operator)


def cast() -> Cast:
    """Commit the whole cast."""
    alice = person("Alice", Role.OWNER, organization_name="Acme")
    return Cast(
        alice,
        person("Bob", Role.EDITOR, organization_id=alice.organization_id),
        person("Carol", Role.VIEWER, organization_id=alice.organization_id),
        person("Mallory", Role.OWNER, organization_name="Other shop"),
    )


def session_token(somebody: Person) -> str:
    """Begin a session as if the person had signed in; returns what the cookie carries."""
    with unit_of_work(somebody.actor) as work:
        return service.begin_session(
            work, somebody.user_id, organization_id=somebody.organization_id
        )


def enter(client: FlaskClient, somebody: Person) -> FlaskClient:
    """Sign a browser in; returns it."""
    token = session_token(somebody)
    with client.session_transaction() as cookie:
        cookie.clear()
        cookie["_user_id"] = token
        cookie["_fresh"] = True
    return client


def csrf(client: FlaskClient, path: str = "/profile") -> str:
    """Return a CSRF token as the forms of a page carry it."""
    html = client.get(path).get_data(as_text=True)
    return html.split('name="csrf_token" value="', 1)[1].split('"', 1)[0]


def membership_of(somebody: Person) -> UUID:
    """Return the id of a person's membership."""
    with reading(somebody.actor) as session:
        lines = queries.member_list(session, somebody.place)
    return next(line.id for line in lines if line.user_id == somebody.user_id)


def as_role(somebody: Person, role: Role) -> Person:
    """Return the same person holding another role, without changing the database."""
    return replace(somebody, role=role)
