"""The frozen words spoken across the port; JSON of channels never gets past a mapper."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, Generic, Literal, TypeVar
from uuid import uuid4

from app.adapters.values import Values

Item = TypeVar("Item")


@dataclass(frozen=True, slots=True)
class Cursor:
    """Where a read goes on. `kind` is full, changes or ids; `state` belongs to the adapter.

    `expected` says how many items we know of already, where a read begins that shows nobody news.
    """

    kind: Literal["full", "changes", "ids"]
    state: Mapping[str, Any] = field(default_factory=dict)
    expected: int = 0


@dataclass(frozen=True, slots=True)
class Page(Generic[Item]):
    """Some items. `next` None: this read is complete; `watermark` starts the next read of changes.

    `unreadable` names items the channel sent in a shape we cannot read; the others are good.
    `check_after` says that the channel is still preparing what `next` will read: ask no sooner.
    `sealed` are items that are only read where the channel spells them otherwise than before.
    """

    items: Sequence[Item]
    next: Cursor | None
    watermark: Cursor | None = None
    total: int | None = None
    unreadable: tuple["Problem", ...] = ()
    check_after: timedelta | None = None
    sealed: Sequence["Sealed"] = ()


@dataclass(frozen=True, slots=True)
class ChannelVariant:
    """The sellable thing as it stands on the channel."""

    external_id: str
    values: Values
    our_key: str | None = None  # our variant id, when the channel carries it
    remote_version: str | None = None


@dataclass(frozen=True, slots=True)
class ChannelProduct:
    """A product as it stands on the channel; a simple product has exactly one variant."""

    external_id: str
    values: Values
    variants: tuple[ChannelVariant, ...]
    our_key: str | None = None  # our listing key, when the channel carries it
    kind: str = "simple"  # simple, variable, or a channel's own word for what we do not write
    url: str | None = None
    modified_at: datetime | None = None
    remote_version: str | None = None
    is_deleted: bool = False
    is_writable: bool = True  # False: shown and mapped, never written (grouped, external …)
    raw: Mapping[str, Any] = field(default_factory=dict)


@dataclass(slots=True)
class Sealed:
    """An answer that was not read yet: whom it is about, and a digest of how it is spelled.

    Equal digests open to equal products, whoever opens them and when: everything the reading
    depends on is in the digest, the edition of the code that reads included. Opening asks nobody.
    """

    external_id: str
    digest: str
    reading: Callable[[], ChannelProduct]
    product: ChannelProduct | None = None  # once it was opened

    def open(self) -> ChannelProduct:
        """Read the answer, once; raises BadPayload when it cannot be read."""
        if self.product is None:
            self.product = self.reading()
        return self.product


def _of_its_own() -> str:
    return str(uuid4())


@dataclass(frozen=True, slots=True)
class VariantDraft:
    """What a variant shall become. `values` holds only the fields to write."""

    key: str
    external_id: str | None  # None: look up, or create
    values: Values
    is_removed: bool = False


@dataclass(frozen=True, slots=True)
class ListingDraft:
    """What a listing shall become. `values` holds only the fields to write.

    `key` is ours and stable: create means look-up-or-create by it (and by SKU). `kind` tells simple
    from variable on creation. `image_sources` maps an image key to a URL the channel may fetch, for
    pictures the channel does not have yet; `image_ids` maps keys to the channel's own picture ids.
    `errand` names the work this is part of: the same again only when that work is tried again.
    """

    key: str
    external_id: str | None
    values: Values
    variants: tuple[VariantDraft, ...] = ()
    kind: Literal["simple", "variable"] = "simple"
    image_sources: Mapping[str, str] = field(default_factory=dict)
    image_ids: Mapping[str, str] = field(default_factory=dict)
    skus: Sequence[str] = ()  # every SKU of the product, for the look-up before a creation
    is_removed: bool = False
    seen: ChannelProduct | None = None  # what the draft was planned against
    errand: str = field(default_factory=_of_its_own, compare=False)

    def is_outdated(self, now: ChannelProduct) -> bool:
        """Tell whether a field to write was changed meanwhile, to something else than is wanted.

        Stock that moved to what is wanted was sold: it is not ours that arrived.
        """
        if self.seen is None:
            return False
        before = {each.external_id: each.values for each in self.seen.variants}
        after = {each.external_id: each.values for each in now.variants}
        return _moved(self.values, self.seen.values, now.values) or any(
            _moved(each.values, before[key], after[key])
            for each in self.variants
            if (key := each.external_id) is not None and key in before and key in after
        )


def _moved(wanted: Values, before: Values, after: Values) -> bool:
    return any(
        name in before
        and after.get(name) != before[name]
        and (after.get(name) != value or name == "quantity")
        for name, value in wanted.items()
    )


@dataclass(frozen=True, slots=True)
class LevelDraft:
    """Absolute stock of one variant at one place; `expected` is what we believe is there now.

    `errand` is that of a `ListingDraft`.
    """

    key: str
    external_id: str
    parent_external_id: str | None
    quantity: int
    expected: int | None = None
    location: str | None = None
    errand: str = field(default_factory=_of_its_own, compare=False)


@dataclass(frozen=True, slots=True)
class Problem:
    """Why a field was refused, for a merchant: what, why, what to do."""

    sentence: str
    field: str | None = None
    code: str | None = None
    variant_key: str | None = None
    owner_external_id: str | None = None  # who holds the SKU or barcode that was wanted
    external_id: str | None = None  # what it is about, where a whole item could not be read


@dataclass(frozen=True, slots=True)
class Applied:
    """The channel confirmed the write; `product` is what it answered, when it did."""

    key: str
    external_id: str
    remote_version: str | None = None
    product: ChannelProduct | None = None
    variant_ids: Mapping[str, str] = field(default_factory=dict)  # variant key → their id
    image_ids: Mapping[str, str] = field(default_factory=dict)  # image key → their picture id
    problems: tuple[Problem, ...] = ()  # parts that did not go through: the outcome is partial


@dataclass(frozen=True, slots=True)
class Found:
    """A creation met an item of the shop's own with our SKU; nothing was written to it."""

    key: str
    product: ChannelProduct


@dataclass(frozen=True, slots=True)
class Ticket:
    """A receipt for work the channel finishes later."""

    id: str
    state: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Pending:
    """The channel took the write and answers later."""

    key: str
    ticket: Ticket
    check_after: timedelta


@dataclass(frozen=True, slots=True)
class Rejected:
    """The channel refused the write of this item."""

    key: str
    problems: tuple[Problem, ...]
    is_gone: bool = False  # the item no longer exists there
    owner_external_id: str | None = None  # who holds the SKU or GTIN we wanted


@dataclass(frozen=True, slots=True)
class Unanswered:
    """Sent, answer lost: the item must be read back before anything else is tried."""

    key: str
    sentence: str


@dataclass(frozen=True, slots=True)
class Moved:
    """The item was changed there since the draft was planned; nothing was written to it."""

    key: str


@dataclass(frozen=True, slots=True)
class Batch:
    """What the engine reads together and then pushes: what was last seen of it, and the drafts."""

    known: Sequence[ChannelProduct]
    drafts: Sequence[ListingDraft]


@dataclass(frozen=True, slots=True)
class Price:
    """What work takes from the limits of an account: calls, and points where it counts them."""

    calls: int
    points: float = 0.0


Outcome = Applied | Found | Moved | Pending | Rejected | Unanswered


class DeliveryKind(StrEnum):
    """What a webhook is about, whatever its channel calls it."""

    PRODUCT = "product"
    PRODUCT_DELETED = "product_deleted"
    ORDER = "order"
    INVENTORY = "inventory"
    UNINSTALLED = "uninstalled"
    PRIVACY = "privacy"  # a person asks for their data, or for it to be erased
    SHOP = "shop"  # the shop itself changed: its facts, its locations, what we may do there
    PING = "ping"
    OTHER = "other"


class PrivacyWish(StrEnum):
    """What a channel passes on about somebody's data."""

    SHOW = "show"  # a customer asks what is kept of them
    ERASE = "erase"  # … or for it to be erased
    ERASE_SHOP = "erase_shop"  # the app left a shop: everything of its customers goes


@dataclass(frozen=True, slots=True)
class PrivacyRequest:
    """Whose data a channel asks about. `traces` are texts that give the person away."""

    wish: PrivacyWish
    customer: str | None = None
    orders: tuple[str, ...] = ()
    traces: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Delivery:
    """A verified webhook: only a hint to read the current object."""

    kind: DeliveryKind
    topic: str
    event_key: str  # unique per connection; the same event always has the same key
    external_id: str | None = None
    parent_external_id: str | None = None
    occurred_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Hook:
    """A webhook subscription as it stands on the channel."""

    external_id: str
    topic: str
    url: str
    is_active: bool


@dataclass(frozen=True, slots=True)
class ShopFacts:
    """What a channel tells about the account: shown, and used to convert units and money."""

    name: str
    url: str
    currency: str
    weight_unit: str = "kg"
    length_unit: str = "cm"
    version: str | None = None
    timezone: str | None = None
    counts_stock: bool = True
    details: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Health:
    """The answer of a check: what works, and a sentence for each thing that does not."""

    is_ok: bool
    facts: ShopFacts | None = None
    problems: tuple[Problem, ...] = ()
    warnings: tuple[str, ...] = ()
    grant_ends_at: datetime | None = None  # when the merchant has to approve us again
