"""What the command line does to people."""

from dataclasses import dataclass, replace
from uuid import UUID

from app.core.actor import EVERYTHING, Actor
from app.core.db import new_id
from app.core.errors import Invalid
from app.core.work import Work, in_unit
from app.team import passwords
from app.team.models import Organization
from app.team.permissions import Role
from app.team.rules import check_email, check_name, check_password, normal_email
from app.team.service.accounts import add_user
from app.team.service.audit import record_audit
from app.team.service.organizations import found_organization, join_organization


@dataclass(frozen=True, slots=True)
class NewUser:
    """A person as the command line names one."""

    email: str
    name: str
    password: str
    role: Role = Role.OWNER
    is_operator: bool = False
    is_verified: bool = True


def create_user(
    actor: Actor,
    wanted: NewUser,
    *,
    organization_id: UUID | None = None,
    organization_name: str = "",
    cost: passwords.Cost = passwords.STANDARD,
) -> UUID:
    """Add a person to an organization that exists, or found it by name; returns the person's id."""
    if organization_id is None and not organization_name and not wanted.is_operator:
        raise Invalid(fields={"organization": "Name an organization, or make an operator."})
    email = normal_email(wanted.email)
    check_email(email)
    check_name(wanted.name)
    if organization_id is None and organization_name:
        check_name(organization_name, field="organization")
    check_password(wanted.password, email=email)
    hashed = passwords.hash_password(wanted.password, cost=cost)
    if organization_id is None and organization_name:
        organization_id = new_id()
    inside = replace(actor, organization_id=organization_id, permissions=frozenset({EVERYTHING}))
    return _create_user(inside, replace(wanted, email=email), hashed, organization_name)


@in_unit
def _create_user(work: Work, wanted: NewUser, hashed: str, organization_name: str) -> UUID:
    user = add_user(
        work,
        email=wanted.email,
        name=wanted.name,
        password_hash=hashed,
        is_verified=wanted.is_verified,
    )
    user.is_operator = wanted.is_operator
    if work.actor.organization_id is not None:
        if work.session.get(Organization, work.organization_id) is None:
            found_organization(work, organization_name)
        join_organization(work, user.id, wanted.role)
    rights = " as operator" if wanted.is_operator else ""
    record_audit(work, "user.created", "user", user.id, f"Created {user.name}{rights}.")
    return user.id
