"""Organizations: found one, and change its settings."""

import secrets
from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Final
from uuid import UUID

from babel import Locale
from sqlalchemy.dialects.postgresql import insert

from app.core.actor import Actor
from app.core.db import new_id
from app.core.errors import Invalid, NotFound
from app.core.work import Work, unit_of_work
from app.team.events import OrganizationCreated, TimeZoneChanged
from app.team.models import Membership, Organization
from app.team.permissions import Role
from app.team.rules import LENGTH_UNITS, LOCALES, TIMEZONES, WEIGHT_UNITS, slug_of
from app.team.service.audit import record_audit
from app.team.service.sessions import acting_user_id

CURRENCIES: Final = tuple(sorted(Locale("en", "US").currencies))
_CHOICES: Final[Mapping[str, tuple[str, ...]]] = {
    "currency": CURRENCIES,
    "timezone": ("UTC", *TIMEZONES),
    "locale": tuple(LOCALES),
    "weight_unit": WEIGHT_UNITS,
    "length_unit": LENGTH_UNITS,
}


def found_organization(work: Work, name: str) -> Organization:
    """Add the organization the actor was given the id of; tells everybody. Flushes."""
    organization_id = work.organization_id
    slug = slug_of(name)
    for candidate in (slug, *(f"{slug}-{secrets.token_hex(3)}" for _ in range(3))):
        added = work.session.scalar(
            insert(Organization)
            .values(id=organization_id, name=name.strip(), slug=candidate, created_at=work.now)
            .on_conflict_do_nothing(index_elements=["slug"])
            .returning(Organization.id)
        )
        if added is not None:
            break
    work.emit(OrganizationCreated(organization_id))
    return work.session.get_one(Organization, organization_id)


def join_organization(work: Work, user_id: UUID, role: Role) -> bool:
    """Make somebody a member of the actor's organization; False when that was so before."""
    joined = work.session.scalar(
        insert(Membership)
        .values(
            organization_id=work.organization_id, user_id=user_id, role=role, created_at=work.now
        )
        .on_conflict_do_nothing(index_elements=["organization_id", "user_id"])
        .returning(Membership.id)
    )
    return joined is not None


def create_organization(actor: Actor, name: str) -> UUID:
    """Found another organization with the actor as its owner; returns its id."""
    _check_name(name)
    founder = replace(actor, organization_id=new_id())
    with unit_of_work(founder) as work:
        organization = found_organization(work, name)
        join_organization(work, acting_user_id(work), Role.OWNER)
        record_audit(
            work,
            "organization.created",
            "organization",
            organization.id,
            f"Created {organization.name}.",
        )
    return founder.organization


def _check_name(name: str) -> None:
    if not 2 <= len(name.strip()) <= 100:
        raise Invalid(fields={"organization_name": "Use 2 to 100 characters."})


def change_organization(work: Work, wanted: Mapping[str, str]) -> None:
    """Change name, currency, zone, language or units of the actor's organization."""
    organization = work.session.get(Organization, work.organization_id, with_for_update=True)
    if organization is None:
        raise NotFound
    if "name" in wanted:
        _check_name(wanted["name"])
    for field, allowed in _CHOICES.items():
        if field in wanted and wanted[field] not in allowed:
            raise Invalid(fields={field: "Choose one of the list."})
    changes = _apply(organization, wanted)
    if changes:
        record_audit(
            work,
            "organization.changed",
            "organization",
            organization.id,
            f"Changed {', '.join(changes).replace('_', ' ')}.",
            changes,
        )
    if "timezone" in changes:
        work.emit(TimeZoneChanged(organization.timezone))


def keep_setting(work: Work, name: str, value: Any) -> None:
    """Keep a setting of the organization that another feature asks for by name."""
    row = work.session.get_one(Organization, work.organization_id, with_for_update=True)
    row.settings = {**row.settings, name: value}


def _apply(organization: Organization, wanted: Mapping[str, str]) -> dict[str, dict[str, str]]:
    """Write what differs; returns each changed field with what it was and is."""
    changes = {}
    for field in ("name", *_CHOICES):
        before, after = getattr(organization, field), wanted.get(field, "").strip()
        if after and after != before:
            changes[field] = {"before": before, "after": after}
            setattr(organization, field, after)
    return changes
