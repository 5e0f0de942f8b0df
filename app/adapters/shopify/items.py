"""A listing on its way to the shop: the draft, what the shop shows, and what became of it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from app.adapters.errors import BadPayload
from app.adapters.shopify import ids
from app.adapters.shopify.mapper import inward
from app.adapters.shopify.mapper.dialect import Dialect
from app.adapters.shopify.problems import UserError
from app.adapters.types import (
    Applied,
    ChannelProduct,
    Found,
    ListingDraft,
    Moved,
    Outcome,
    Problem,
    Rejected,
    Unanswered,
)

UNANSWERED = "The answer of Shopify was lost. SyncStore reads back before it tries again."


@dataclass(slots=True)
class Item:
    """One draft in a push."""

    draft: ListingDraft
    row: Mapping[str, Any] | None = None  # the product as the shop shows it, all variants included
    seen_at: float = 0.0  # when that was, by the clock of the push
    outcome: Outcome | None = None
    problems: list[Problem] = field(default_factory=list)
    image_ids: dict[str, str] = field(default_factory=dict)
    is_foreign: bool = False  # the shop had it first: it is shown, not written
    is_written: bool = False  # something was sent: read it back
    lost: str | None = None  # why nobody knows what became of what was sent
    sent_pictures: tuple[str, ...] = ()  # keys of pictures sent by address, in order …
    media_before: frozenset[str] = frozenset()  # … and the numbers of the media there before

    @property
    def is_open(self) -> bool:
        """Tell whether there is still something to do."""
        return self.outcome is None

    @property
    def external_id(self) -> str:
        """Return the number of the product; only once it exists."""
        return ids.number((self.row or {}).get("id")) or ""

    @property
    def gid(self) -> str:
        """Return Shopify's global id of the product."""
        return ids.gid("Product", self.external_id)

    @property
    def variants(self) -> list[Mapping[str, Any]]:
        """The variants the shop shows."""
        return list(((self.row or {}).get("variants") or {}).get("nodes") or ())

    @property
    def media(self) -> list[Mapping[str, Any]]:
        """The media the shop shows, pictures and others."""
        return list(((self.row or {}).get("media") or {}).get("nodes") or ())

    @property
    def is_simple(self) -> bool:
        """Tell whether the product has no options in the shop."""
        return self.row is not None and inward.has_only_default(self.row)

    def shown(self, dialect: Dialect) -> ChannelProduct | None:
        """Return the product as the shop shows it, in our words."""
        return None if self.row is None else inward.product(self.row, dialect)

    def reject(self, *problems: Problem, owner: str | None = None, is_gone: bool = False) -> None:
        """Decide: refused."""
        self.outcome = Rejected(self.draft.key, problems, is_gone, owner)

    def add(self, *problems: Problem) -> None:
        """Add what does not go through, each once: plans are made more than once."""
        self.problems.extend(each for each in problems if each not in self.problems)

    def note(self, error: UserError, variant_key: str | None = None) -> None:
        """Add what the shop refused of this item; the rest goes on."""
        self.add(error.problem(variant_key))

    def lose(self, sentence: str = UNANSWERED) -> None:
        """Decide: sent, wholly or in part, and nobody knows."""
        self.outcome = Unanswered(self.draft.key, sentence)

    def applied(self, dialect: Dialect, variant_ids: Mapping[str, str]) -> Applied:
        """Return the outcome of an item that went through, wholly or in part."""
        row = self.row or {}
        try:
            product = self.shown(dialect)
        except BadPayload:
            product = None
        return Applied(
            key=self.draft.key,
            external_id=self.external_id,
            remote_version=row.get("updatedAt"),
            product=product,
            variant_ids=dict(variant_ids),
            image_ids=dict(self.image_ids),
            problems=tuple(self.problems),
        )

    def meet(self, dialect: Dialect) -> None:
        """Decide: the shop had it first, or changed it since we planned; nothing is written."""
        shown = self.shown(dialect)
        if shown is None:
            return
        if self.is_foreign:
            self.outcome = Found(self.draft.key, shown)
        elif self.draft.is_outdated(shown):
            self.outcome = Moved(self.draft.key)


def still_open(items: Sequence[Item]) -> list[Item]:
    """Return the items that are not decided."""
    return [item for item in items if item.is_open]
