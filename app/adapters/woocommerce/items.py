"""A listing on its way to the shop: the draft, what the shop shows, and what became of it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from app.adapters.errors import BadPayload
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
    VariantDraft,
)
from app.adapters.woocommerce.mapper import inward
from app.adapters.woocommerce.problems import ItemError
from app.adapters.woocommerce.shop import Shop

UNANSWERED = "The answer of the shop was lost. SyncStore reads back before it tries again."


@dataclass(slots=True)
class Item:
    """One draft in a push."""

    draft: ListingDraft
    row: Mapping[str, Any] | None = None  # the product as the shop shows it
    variations: list[dict[str, Any]] | None = None  # None: not read
    seen_at: float = 0.0  # when the variations were read, by the clock of the push
    outcome: Outcome | None = None
    problems: list[Problem] = field(default_factory=list)
    left_out: list[Problem] = field(default_factory=list)  # fields the shop refused for good
    variant_ids: dict[str, str] = field(default_factory=dict)
    image_ids: dict[str, str] = field(default_factory=dict)
    is_foreign: bool = False  # the shop had it first: it is shown, not written

    @property
    def is_open(self) -> bool:
        """Tell whether there is still something to do."""
        return self.outcome is None

    @property
    def is_variable(self) -> bool:
        """Tell whether the product has, or shall have, variations."""
        kind = self.draft.kind if self.row is None else self.row.get("type")
        return kind == "variable"

    @property
    def external_id(self) -> str:
        """Return the shop's id; only once the product exists."""
        return str(self.row["id"]) if self.row is not None else ""

    def shown(self, shop: Shop) -> ChannelProduct | None:
        """Return the product as the shop shows it, in our words."""
        return None if self.row is None else self._shown(shop, self.row)

    def _shown(self, shop: Shop, row: Mapping[str, Any]) -> ChannelProduct:
        return inward.product(row, shop.dialect_for([row]), variations=self.variations or ())

    def reject(self, problem: Problem, *, owner: str | None = None, is_gone: bool = False) -> None:
        """Decide: refused."""
        self.outcome = Rejected(self.draft.key, (problem,), is_gone, owner)

    def leave_out(self, error: ItemError) -> None:
        """Go on without the one field the shop refused; only for products without variations."""
        [variant] = self.draft.variants
        self.left_out.append(error.problem(variant.key))
        self.draft = replace(self.draft, variants=(without(variant, error.field),))

    def refuse(self, error: ItemError) -> None:
        """Decide: refused by the shop."""
        self.reject(error.problem(), owner=error.owner, is_gone=error.is_gone)

    def lose(self, sentence: str = UNANSWERED) -> None:
        """Decide: sent, wholly or in part, and nobody knows."""
        self.outcome = Unanswered(self.draft.key, sentence)

    def applied(self, shop: Shop) -> Applied:
        """Return the outcome of an item that went through, wholly or in part."""
        row = self.row or {}
        return Applied(
            key=self.draft.key,
            external_id=self.external_id,
            remote_version=row.get("date_modified_gmt"),
            product=self._answered(shop),
            variant_ids=dict(self.variant_ids),
            image_ids=dict(self.image_ids),
            problems=tuple(self.problems),
        )

    def meet(self, shop: Shop) -> None:
        """Decide: the shop had it first, or changed it since we planned; nothing is written."""
        product = self._answered(shop) if self.is_foreign else None
        if product is not None:
            self.outcome = Found(self.draft.key, product)
        elif self.is_foreign:
            self.lose()
        elif self.row is not None and self.draft.is_outdated(self._shown(shop, self.row)):
            self.outcome = Moved(self.draft.key)

    def _answered(self, shop: Shop) -> ChannelProduct | None:
        if self.is_variable and self.variations is None:
            return None  # without its variations it would look as if they were gone
        try:
            return self.shown(shop)
        except BadPayload:
            return None


def without(draft: VariantDraft, name: str | None) -> VariantDraft:
    """Return a draft without one field."""
    return replace(draft, values={n: value for n, value in draft.values.items() if n != name})


def still_open(items: Sequence[Item]) -> list[Item]:
    """Return the items that are not decided."""
    return [item for item in items if item.is_open]
