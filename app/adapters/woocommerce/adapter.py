"""WooCommerce: the port, spoken over the REST API v3 of one store."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from app.adapters.orders import (
    CancelDraft,
    ChannelOrder,
    RefundDraft,
    ShipmentDraft,
    UnshipDraft,
)
from app.adapters.port import Capabilities
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
    Ticket,
)
from app.adapters.woocommerce import check, schema, webhooks
from app.adapters.woocommerce.batches import Batches
from app.adapters.woocommerce.cancelling import Cancelling
from app.adapters.woocommerce.client import Client, Door
from app.adapters.woocommerce.levels import Levels
from app.adapters.woocommerce.listings import Listings
from app.adapters.woocommerce.orders import OrderReads
from app.adapters.woocommerce.reads import Reads
from app.adapters.woocommerce.refunds import Refunds
from app.adapters.woocommerce.rehearsal import Rehearsal
from app.adapters.woocommerce.shipping import Shipping
from app.adapters.woocommerce.shop import Shop
from app.adapters.woocommerce.unshipping import Unshipping
from app.core.transport import Transport


class WooCommerceAdapter:
    """One WooCommerce store."""

    def __init__(self, door: Door, settings: Mapping[str, Any], transport: Transport) -> None:
        self._facts: Mapping[str, Any] = settings.get("facts") or {}
        self._hook_url = str(settings.get("hook_url") or "")
        self._hook_secret = str(settings.get("hook_secret") or "")
        self._home_url = str(door.home_url or self._facts.get("url") or door.base_url)
        self._client = Client(door, transport)
        self._shop = Shop(self._client, self._facts)
        self._reads = Reads(self._shop)
        batches = Batches(self._client)
        self._listings = Listings(self._shop, self._reads, batches)
        self._levels = Levels(self._shop, self._reads, batches)
        self._orders = OrderReads(self._client, home_url=self._home_url)
        self._refunds = Refunds(self._client, self._orders)
        self._cancelling = Cancelling(self._orders, self._refunds, batches)
        self._shipping = Shipping(self._client, self._orders, batches)
        self._unshipping = Unshipping(self._client, self._orders, batches)
        self._hooks = webhooks.Hooks(self._client, url=self._hook_url, secret=self._hook_secret)
        self.capabilities = capabilities_with(self._facts)

    def check(self) -> Health:
        """Ask whether the account answers and may do what we need."""
        return check.check(self._shop, self._facts)

    def pull_products(self, after: Cursor) -> Page[ChannelProduct]:
        """Read a page of products with their variants."""
        return self._reads.pull(after)

    def read_products(self, external_ids: Sequence[str]) -> Sequence[ChannelProduct]:
        """Read these products as they stand now; missing ones come back with `is_deleted`."""
        return self._reads.products(external_ids)

    def push_listings(self, drafts: Sequence[ListingDraft]) -> Sequence[Outcome]:
        """Create or change listings; one outcome per draft, in order."""
        return self._listings.push(drafts)

    def price(self, batches: Sequence[Batch]) -> Price:
        """Say what reading and pushing these batches takes; asks nobody."""
        rehearsal = Rehearsal(self._client.door)
        shop = Shop(rehearsal, self._facts)
        reads = Reads(shop)
        listings = Listings(shop, reads, Batches(rehearsal))
        for batch in batches:
            rehearsal.know(batch.known)
            reads.products([each.external_id for each in batch.known])
            if batch.drafts:
                listings.push(batch.drafts)
        return Price(rehearsal.calls)

    def push_levels(self, levels: Sequence[LevelDraft]) -> Sequence[Outcome]:
        """Set absolute stock; one outcome per level, in order."""
        return self._levels.push(levels)

    def collect(self, ticket: Ticket) -> Sequence[Outcome]:
        """Return nothing: this shop answers every write at once and hands out no tickets."""
        return []

    def pull_orders(self, after: Cursor) -> Page[ChannelOrder]:
        """Read a page of orders, the longest unchanged first."""
        return self._orders.pull(after)

    def read_orders(self, external_ids: Sequence[str]) -> Sequence[ChannelOrder]:
        """Read these orders as they stand now; missing ones come back with `is_deleted`."""
        return self._orders.orders(external_ids)

    def ship_orders(self, drafts: Sequence[ShipmentDraft]) -> Sequence[Outcome]:
        """Make parcels known; `external_id` of an outcome is the channel's shipment."""
        return self._shipping.ship(drafts)

    def unship_orders(self, drafts: Sequence[UnshipDraft]) -> Sequence[Outcome]:
        """Take parcels back; one outcome per draft, in order."""
        return [self._unshipping.take_back(draft) for draft in drafts]

    def cancel_orders(self, drafts: Sequence[CancelDraft]) -> Sequence[Outcome]:
        """Cancel orders; one outcome per draft, in order."""
        return self._cancelling.cancel(drafts)

    def refund_orders(self, drafts: Sequence[RefundDraft]) -> Sequence[Outcome]:
        """Give money back; `external_id` of an outcome is the channel's refund."""
        return self._refunds.refund(drafts)

    def read_delivery(self, headers: Mapping[str, str], body: bytes) -> Delivery:
        """Verify and read a webhook over its raw bytes; raises Refused when it is not genuine."""
        return webhooks.read_delivery(
            headers, body, secret=self._hook_secret, home_url=self._home_url
        )

    def list_hooks(self) -> Sequence[Hook]:
        """List the webhook subscriptions that point to us."""
        return self._hooks.list()

    def arm_hooks(self) -> Sequence[Hook]:
        """Make sure every webhook we need exists and is active; returns them."""
        return self._hooks.arm()

    def disarm_hooks(self) -> int:
        """Remove our webhook subscriptions; returns how many."""
        return self._hooks.disarm()


def capabilities_with(facts: Mapping[str, Any]) -> Capabilities:
    """Return what this store can do: older ones have no brands, some do not count stock."""
    details = facts.get("details") or {}
    absent_product = {"brand"} if details.get("has_brands") is False else set()
    absent_variant = (
        {"quantity", "backorders"} if facts.get("counts_stock", True) is False else set()
    )
    return replace(
        schema.CAPABILITIES,
        product_fields=schema.CAPABILITIES.product_fields - absent_product,
        variant_fields=schema.CAPABILITIES.variant_fields - absent_variant,
    )


def build(
    credentials: Mapping[str, Any], settings: Mapping[str, Any], transport: Transport
) -> WooCommerceAdapter:
    """Make the adapter of one store from {"key", "secret"} and {"base_url", "facts", …}."""
    facts = settings.get("facts") or {}
    style = settings.get("auth_style") or (facts.get("details") or {}).get("auth_style")
    door = Door(
        base_url=str(settings["base_url"]).rstrip("/"),
        key=str(credentials["key"]),
        secret=str(credentials["secret"]),
        home_url=settings.get("home_url") or None,
        auth_style=style if style in ("basic", "query", "oauth") else None,
        allows_http=bool(settings.get("allows_http")),
        language=settings.get("language") or None,
    )
    return WooCommerceAdapter(door, settings, transport)
