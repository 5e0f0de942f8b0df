"""Who asks: a person in an organization, a job working for it, or nobody yet."""

from dataclasses import dataclass
from typing import Final
from uuid import UUID

EVERYTHING: Final = "*"


@dataclass(frozen=True, slots=True)
class Actor:
    """A caller with what it may do; `via` is web, job, cli, hook or api."""

    organization_id: UUID | None
    user_id: UUID | None
    permissions: frozenset[str]
    via: str = "web"

    def can(self, permission: str) -> bool:
        """Tell whether this caller holds a permission."""
        return EVERYTHING in self.permissions or permission in self.permissions

    @property
    def organization(self) -> UUID:
        """The organization this caller works in; asking without one is a defect."""
        if self.organization_id is None:
            raise RuntimeError("This caller works outside any organization.")
        return self.organization_id


def job_actor(organization_id: UUID, *, via: str = "job") -> Actor:
    """Return the caller a background job or command works as inside one organization."""
    return Actor(organization_id, None, frozenset({EVERYTHING}), via)


NOBODY: Final = Actor(None, None, frozenset(), "web")
SYSTEM: Final = Actor(None, None, frozenset({EVERYTHING}), "system")
