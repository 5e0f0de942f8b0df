"""What the catalog may refuse."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from app.core.errors import Conflicting, Invalid, NotFound, Stale


class InvalidProducts(Invalid):
    """Values that cannot be taken; `by_item` holds, per position in the batch, field → sentence.

    Fields of a variant are named `variants.<position or id>.<field>`.
    """

    def __init__(self, by_item: Mapping[int, Mapping[str, str]]) -> None:
        self.by_item = {index: dict(problems) for index, problems in by_item.items()}
        super().__init__(fields=next(iter(self.by_item.values()), {}))


class SkuTaken(Invalid):
    """A SKU that another variant has; names its product, so that a page can link to it."""

    def __init__(
        self,
        sku: str,
        *,
        owner_id: UUID | None,
        owner_title: str,
        field: str = "sku",
        item: int = 0,
    ) -> None:
        self.sku, self.owner_id, self.owner_title, self.item = sku, owner_id, owner_title, item
        sentence = (
            f"{sku} is already the SKU of {owner_title}. Every variant needs a SKU of its own."
        )
        super().__init__(sentence, fields={field: sentence})


class HandleTaken(Invalid):
    """A handle that another product has."""

    def __init__(self, handle: str, *, item: int = 0) -> None:
        self.handle, self.item = handle, item
        sentence = f"The handle {handle} is already used by another product."
        super().__init__(sentence, fields={"handle": sentence})


class StaleProduct(Stale):
    """The caller edited an older version; carries the wished values and those there now."""

    def __init__(
        self, product_id: UUID, *, version: int, ours: Mapping[str, Any], theirs: Mapping[str, Any]
    ) -> None:
        self.product_id, self.version = product_id, version
        self.ours, self.theirs = dict(ours), dict(theirs)
        super().__init__()


class NotArchived(Conflicting):
    """Only an archived product may be deleted for good."""

    sentence = "Archive this product before you delete it for good."


class StillListed(Conflicting):
    """A product that is on a channel is not deleted here."""

    def __init__(self, title: str) -> None:
        super().__init__(
            f"{title} is still listed on a channel. Remove it there or unpair it,"
            " then delete it here."
        )


class StillWanted(Conflicting):
    """A product that open orders want is not deleted; the sentence says how many units."""


class CategoryInUse(Conflicting):
    """A category with products or subcategories needs a place for them before it goes."""

    def __init__(self, path: str, products: int, children: int) -> None:
        self.products, self.children = products, children
        super().__init__(
            f"{path} holds {products} products and {children} subcategories. "
            "Choose a category that takes them over."
        )


class AttributeInUse(Conflicting):
    """An attribute that products carry changes its kind only when every value fits."""


class MediaRefused(Invalid):
    """A file that is no picture we take; the sentence says why."""

    def __init__(self, sentence: str) -> None:
        super().__init__(sentence, fields={"file": sentence})


class ImportNotFound(NotFound):
    """No such import in this organization."""

    sentence = "This import does not exist, or you do not have access to it."


class ImportNotReady(Conflicting):
    """The import is at another step."""

    sentence = "This import is at another step by now. Its page shows where it stands."
