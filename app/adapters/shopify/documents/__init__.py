"""Every GraphQL document SyncStore sends to Shopify, as named constants.

A test checks each one against Shopify's own schema of the pinned version, deprecated fields
included. Nothing builds a document from pieces at run time, with two exceptions the test covers:
the bulk query, which takes no variables and therefore has its locations and publication filled in,
and documents about stock, which look at each counted location by name.
"""

from dataclasses import dataclass, replace
from functools import cache
from typing import Final

LEVEL: Final = "inventoryLevel(locationId: $location) { ...LevelCore }"
LEVEL_CORE: Final = """
fragment LevelCore on InventoryLevel {
  updatedAt
  quantities(names: ["available"]) { name quantity updatedAt }
}
"""
_DECLARED: Final = "$location: ID!"


def level_name(at: int) -> str:
    """Return the name an answer gives to the stock at a counted location, the main one being 0."""
    return f"level{at}" if at else "inventoryLevel"


def location_name(at: int) -> str:
    """Return the name of the variable that holds a counted location."""
    return f"location{at or ''}"


@dataclass(frozen=True, slots=True)
class Document:
    """One operation. `root` is the field of the answer that holds what was asked."""

    name: str
    root: str
    text: str

    @property
    def is_mutation(self) -> bool:
        """Tell whether it changes something."""
        return self.text.lstrip().startswith("mutation")

    def at(self, count: int) -> "Document":
        """Return the document that looks at the stock of so many locations instead of at one."""
        return _spread(self, count) if count > 1 and LEVEL in self.text else self


@cache
def _spread(document: Document, count: int) -> Document:
    name, more = f"{document.name}At{count}", range(1, count)
    declared = ", ".join([_DECLARED, *(f"${location_name(at)}: ID!" for at in more)])
    levels = [LEVEL, *(_level(level_name(at), location_name(at)) for at in more)]
    text = (
        document.text.replace(f"query {document.name}(", f"query {name}(")
        .replace(_DECLARED, declared)
        .replace(LEVEL, " ".join(levels))
    )
    return replace(document, name=name, text=text)


def _level(name: str, location: str) -> str:
    return f"{name}: {LEVEL.replace('$location', f'${location}')}"
