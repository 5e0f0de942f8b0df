"""The port: what SyncStore asks of a channel, and what a channel says it can do.

An adapter is one connection to one channel. It talks; it remembers nothing between calls and never
sees our database. It is made from values (`build(credentials, settings, transport)`), so the twin
of a channel comes in through the transport and no branch knows it is being tested.

Reads are paged by cursors that the adapter alone understands: `Cursor("full")` reads everything,
`Cursor("changes", state)` what moved since a watermark, `Cursor("ids")` only identities (for
reconciling). A page may hold items that are still sealed: whoever reads opens those whose digest it
does not know. Writes take a batch and return one outcome per item, in the order given. An exception
is about the call (app.adapters.errors); an outcome is about the item. Creating means
look-up-or-create by `key` and SKU, so every write may be repeated; an item with our SKU that does
not carry our key is somebody else's work: it is answered as `Found` and left as it is. A change
carries what it was planned against (`seen`); when a field to write is something else by now, the
item is answered as `Moved` and left as it is, too.
Capabilities are data: nothing above this floor ever asks for a channel's name.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Protocol

from app.adapters.orders import OrderAct
from app.adapters.types import (
    Batch,
    ChannelProduct,
    Cursor,
    Delivery,
    Health,
    Hook,
    LevelDraft,
    ListingDraft,
    Outcome,
    Page,
    Price,
    PrivacyRequest,
    Ticket,
)
from app.core.rate_limit import Rate
from app.core.transport import Transport


@dataclass(frozen=True, slots=True)
class Capabilities:
    """What a channel can do, as data."""

    product_fields: frozenset[str]  # fields it carries and takes (names of adapters.values)
    variant_fields: frozenset[str]
    batch_size: int = 100  # listings per push_listings call
    level_batch_size: int = 100
    compares_levels: bool = False
    has_dry_run: bool = False
    has_export: bool = False  # everything can be read for a handful of calls
    has_webhooks: bool = False
    has_locations: bool = False
    writes_per_connection: int = 1  # how many writes may run at once
    max_images: int | None = None
    max_variants: int | None = None
    max_lengths: Mapping[str, int] = field(default_factory=dict)
    orders: frozenset[OrderAct] = frozenset()  # with any, it implements orders.OrderChannel too
    requests_per_second: float | None = None  # None: the channel names no limit
    # Further buckets a call draws from (cost points, one endpoint, a day's quota), by kind. A call
    # takes each one's usual cost, or what the adapter names: transport.send(…, costs={kind: 52}).
    limits: Mapping[str, Rate] = field(default_factory=dict)
    reads_deleted: bool = False  # deletions show up in a changes read
    max_counts: Mapping[str, int] = field(default_factory=dict)  # values of a set or list field
    # Field → our words the channel keeps as another of ours: it reads back as that one.
    value_words: Mapping[str, Mapping[str, str]] = field(default_factory=dict)


class ChannelAdapter(Protocol):
    """One connection to one channel."""

    capabilities: Capabilities

    def check(self) -> Health:
        """Ask whether the account answers and may do what we need."""

    def pull_products(self, after: Cursor) -> Page[ChannelProduct]:
        """Read a page of products with their variants."""

    def read_products(self, external_ids: Sequence[str]) -> Sequence[ChannelProduct]:
        """Read these products as they stand now; missing ones come back with `is_deleted`."""

    def push_listings(self, drafts: Sequence[ListingDraft]) -> Sequence[Outcome]:
        """Create or change listings; one outcome per draft, in order."""

    def price(self, batches: Sequence[Batch]) -> Price:
        """Say what reading and pushing these batches takes, told by the code that does it.

        Asks nobody: the shop is taken to be as it was last seen.
        """

    def push_levels(self, levels: Sequence[LevelDraft]) -> Sequence[Outcome]:
        """Set absolute stock; one outcome per level, in order."""

    def collect(self, ticket: Ticket) -> Sequence[Outcome]:
        """Ask for the outcomes of pending work."""

    def read_delivery(self, headers: Mapping[str, str], body: bytes) -> Delivery:
        """Verify and read a webhook over its raw bytes; raises Refused when it is not genuine."""

    def list_hooks(self) -> Sequence[Hook]:
        """List the webhook subscriptions that point to us."""

    def arm_hooks(self) -> Sequence[Hook]:
        """Make sure every webhook we need exists and is active; returns them."""

    def disarm_hooks(self) -> int:
        """Remove our webhook subscriptions; returns how many."""


@dataclass(frozen=True, slots=True)
class FormField:
    """A field of the connect form of a channel."""

    name: str
    label: str
    kind: str = "text"  # text, url, password, checkbox
    help: str = ""
    is_required: bool = True
    is_secret: bool = False


@dataclass(frozen=True, slots=True)
class AppKeys:
    """What a channel knows our app by. While a secret is being changed, more than one is good."""

    key: str
    secrets: tuple[str, ...]

    @property
    def secret(self) -> str:
        """The secret we sign and ask with."""
        return self.secrets[0]


@dataclass(frozen=True, slots=True)
class Install:
    """An install under way, as we remember it: what we sent the merchant off with."""

    address: str  # base address of the shop
    state: str  # one-time word, bound to the browser's session
    callback: str  # our address the merchant comes back to


Query = Sequence[tuple[str, str]]  # decoded parameters of an address, in order


@dataclass(frozen=True, slots=True)
class OAuth:
    """How merchants let our app into a shop, and how keys that expire are renewed.

    Credentials are plain JSON: {"access_token", "scope", "expires_at", "refresh_token",
    "refresh_expires_at"}; moments are ISO texts, None where a key does not expire.
    """

    scopes: tuple[str, ...]
    # What a merchant typed, or a channel sent, to the base address of a shop; raises Refused.
    read_address: Callable[[str], str]
    # Proves a visit that the channel itself sent (an install link); returns the base address.
    read_visit: Callable[[AppKeys, Query, datetime], str]
    authorize_url: Callable[[AppKeys, Install], str]
    # Proves the way back; raises Refused with one sentence per reason. Returns the one-time code.
    read_callback: Callable[[AppKeys, Query, Install | None, datetime], str]
    exchange: Callable[[AppKeys, str, str, Transport], dict[str, Any]]  # (…, address, code, …)
    refresh: Callable[[AppKeys, str, Mapping[str, Any], Transport], dict[str, Any]]
    # For apps of the merchant's own organization, without a visit; None: not offered.
    client_credentials: Callable[[AppKeys, str, Transport], dict[str, Any]] | None = None
    # Tells whether a key should be renewed now; the old one stays good until the new one is used.
    is_due: Callable[[Mapping[str, Any], datetime], bool] = lambda _credentials, _now: False
    # Reads what the channel posts to the app as a whole, such as requests for privacy:
    # (keys, headers, raw body) → base address of the shop, and the delivery; raises Refused.
    read_delivery: Callable[[AppKeys, Mapping[str, str], bytes], tuple[str, Delivery]] | None = None


@dataclass(frozen=True, slots=True)
class Privacy:
    """How a channel passes on what people want done with their data."""

    read: Callable[[str, bytes], PrivacyRequest]  # topic and raw body; raises BadPayload
    # Tells whether a kept webhook (its topic, its raw body) names the person of a request.
    names: Callable[[PrivacyRequest, str, bytes], bool]


@dataclass(frozen=True, slots=True)
class Channel:
    """A kind of channel: how it is named, connected and opened."""

    key: str
    label: str
    build: Callable[[Mapping[str, Any], Mapping[str, Any], Transport], ChannelAdapter]
    capabilities: Capabilities
    connect_fields: tuple[FormField, ...] = ()
    description: str = ""
    icon: str = "store"
    # Finds out, without keys, whether an address is such a shop; returns its final base address.
    probe: Callable[[str, Transport], str] | None = None
    # Address where a merchant approves us; (base address, one-time token, return, callback) → URL.
    approval_url: Callable[[str, str, str, str], str] | None = None
    # Renews keys that end: (credentials, settings, transport) → new credentials, with `expires_at`
    # in ISO form or in seconds since 1970; None: only the merchant can. The old ones are used until
    # these are proved.
    refresh: (
        Callable[[Mapping[str, Any], Mapping[str, Any], Transport], Mapping[str, Any] | None] | None
    ) = None
    # Reads what the channel posts to our callback: raw body → credentials and the one-time token.
    read_approval: Callable[[bytes], tuple[dict[str, Any], str]] | None = None
    oauth: OAuth | None = None
    privacy: Privacy | None = None
