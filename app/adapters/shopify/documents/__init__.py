"""Every GraphQL document SyncStore sends to Shopify, as named constants.

A test checks each one against Shopify's own schema of the pinned version, deprecated fields
included. Nothing builds a document from pieces at run time, except the bulk query, which takes no
variables and therefore has its location and publication filled in.
"""

from dataclasses import dataclass


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
