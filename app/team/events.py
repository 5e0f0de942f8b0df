"""Facts of the team."""

from dataclasses import dataclass
from uuid import UUID


@dataclass(frozen=True, slots=True)
class OrganizationCreated:
    """A new tenant exists and wants its first rows, such as a location."""

    organization_id: UUID


@dataclass(frozen=True, slots=True)
class TimeZoneChanged:
    """The organization keeps its hours in another zone from now on."""

    timezone: str
