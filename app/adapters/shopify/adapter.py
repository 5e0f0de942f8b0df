"""Shopify: the port, spoken over the GraphQL Admin API of one shop."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any
from urllib.parse import urlsplit

from app.adapters.errors import AdapterError, Gone, NeedsPerson
from app.adapters.orders import (
    CancelDraft,
    ChannelOrder,
    RefundDraft,
    ShipmentDraft,
    UnshipDraft,
)
from app.adapters.port import Capabilities
from app.adapters.shopify import check, oauth, schema, webhooks
from app.adapters.shopify.cancelling import Cancelling
from app.adapters.shopify.client import Client, Door
from app.adapters.shopify.documents import shop as about_shop
from app.adapters.shopify.levels import Levels
from app.adapters.shopify.listings import Listings
from app.adapters.shopify.oauth import missing_scopes
from app.adapters.shopify.order_reads import OrderReads
from app.adapters.shopify.reads import Reads
from app.adapters.shopify.refunding import Refunding
from app.adapters.shopify.rehearsal import Rehearsal
from app.adapters.shopify.shipping import Shipping
from app.adapters.shopify.shop import Shop
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
from app.core.transport import Transport


class ShopifyAdapter:
    """One Shopify shop."""

    def __init__(
        self,
        door: Door,
        settings: Mapping[str, Any],
        transport: Transport,
        *,
        secrets: Sequence[str],
    ) -> None:
        facts: Mapping[str, Any] = settings.get("facts") or {}
        details = facts.get("details") or {}
        self._settings, self._facts = settings, facts
        self._deletes = settings.get("removal") == "delete"
        self._secrets = tuple(secrets)
        self._domain = str(details.get("domain") or "").lower() or _domain_of(door.base_url)
        self._client = Client(door, transport)
        shop = Shop(self._client, facts, settings)
        self._reads = Reads(shop)
        self._listings = Listings(shop, self._reads, deletes=self._deletes)
        self._levels = Levels(shop)
        self._orders = OrderReads(shop)
        self._shipping = Shipping(shop, self._orders)
        self._cancelling = Cancelling(shop)
        self._refunding = Refunding(shop, self._orders)
        self._hooks = webhooks.Hooks(
            self._client, url=str(settings.get("hook_url") or ""), scopes=details.get("scopes")
        )
        self.capabilities = capabilities_with(details)

    def check(self) -> Health:
        """Ask whether the account answers and may do what we need."""
        return check.check(self._client, self._settings)

    def pull_products(self, after: Cursor) -> Page[ChannelProduct]:
        """Read a page of products with their variants."""
        return self._reads.pull(after)

    def read_products(self, external_ids: Sequence[str]) -> Sequence[ChannelProduct]:
        """Read these products as they stand now; missing ones come back with `is_deleted`.

        `item:<number>`, which a webhook about stock names, stands for the product it belongs to.
        """
        return self._reads.products(external_ids)

    def push_listings(self, drafts: Sequence[ListingDraft]) -> Sequence[Outcome]:
        """Create or change listings; one outcome per draft, in order."""
        return self._listings.push(drafts)

    def price(self, batches: Sequence[Batch]) -> Price:
        """Say what reading and pushing these batches takes; asks nobody."""
        rehearsal = Rehearsal(self._client.door)
        shop = Shop(rehearsal, self._facts, self._settings)
        reads = Reads(shop)
        listings = Listings(shop, reads, deletes=self._deletes)
        for batch in batches:
            rehearsal.know(batch.known)
            reads.products([each.external_id for each in batch.known])
            if batch.drafts:
                listings.push(batch.drafts)
        return Price(rehearsal.calls, rehearsal.points)

    def push_levels(self, levels: Sequence[LevelDraft]) -> Sequence[Outcome]:
        """Set absolute stock; one outcome per level, in order."""
        return self._levels.push(levels)

    def collect(self, ticket: Ticket) -> Sequence[Outcome]:
        """Ask for the outcomes of pending work: pictures not ready, orders being cancelled."""
        part = self._cancelling if self._cancelling.is_asked(ticket) else self._listings
        return part.collect(ticket)

    def pull_orders(self, after: Cursor) -> Page[ChannelOrder]:
        """Read a page of orders, the longest unchanged first."""
        return self._orders.pull(after)

    def read_orders(self, external_ids: Sequence[str]) -> Sequence[ChannelOrder]:
        """Read these orders as they stand now; missing ones come back with `is_deleted`.

        `routed:<number>` and `returned:<number>`, which webhooks about sending and returns name,
        stand for their order. One that may just be older than Shopify lets us see is left out.
        """
        return self._orders.orders(external_ids)

    def ship_orders(self, drafts: Sequence[ShipmentDraft]) -> Sequence[Outcome]:
        """Make parcels known; one outcome per draft, in order."""
        return self._shipping.push(drafts)

    def unship_orders(self, drafts: Sequence[UnshipDraft]) -> Sequence[Outcome]:
        """Take parcels back; one outcome per draft, in order."""
        return self._shipping.take_back(drafts)

    def cancel_orders(self, drafts: Sequence[CancelDraft]) -> Sequence[Outcome]:
        """Cancel orders; one outcome per draft, in order."""
        return self._cancelling.push(drafts)

    def refund_orders(self, drafts: Sequence[RefundDraft]) -> Sequence[Outcome]:
        """Give money back; one outcome per draft, in order."""
        return self._refunding.push(drafts)

    def read_delivery(self, headers: Mapping[str, str], body: bytes) -> Delivery:
        """Verify and read a webhook over its raw bytes; raises Refused when it is not genuine."""
        return webhooks.read_delivery(headers, body, secrets=self._secrets, shop=self._domain)

    def list_hooks(self) -> Sequence[Hook]:
        """List the webhook subscriptions that point to us."""
        return self._hooks.list()

    def arm_hooks(self) -> Sequence[Hook]:
        """Make sure every webhook we need exists and is active; returns them."""
        return self._hooks.arm()

    def disarm_hooks(self) -> int:
        """Remove our webhook subscriptions; returns how many."""
        return self._hooks.disarm()

    def uninstall(self) -> bool:
        """Take our app out of the shop; False when it was gone already."""
        try:
            self._client.write(about_shop.UNINSTALL)
        except (NeedsPerson, Gone):
            return False
        except AdapterError as error:
            if error.code in ("APP_NOT_FOUND", "APP_NOT_INSTALLED"):
                return False
            raise
        return True


def _domain_of(base_url: str) -> str | None:
    host = (urlsplit(base_url).hostname or "").lower()
    return host if host.endswith(".myshopify.com") else None


def capabilities_with(details: Mapping[str, Any]) -> Capabilities:
    """Return what this shop can do: how large a product may be, what we may do with orders."""
    counts = dict(schema.CAPABILITIES.max_counts)
    if details.get("max_options"):
        counts["options"] = int(details["max_options"])
    most = int(details.get("max_variants") or schema.MOST_VARIANTS)
    granted = details.get("scopes")
    acts = {
        act
        for act, scope in schema.ORDER_ACTS.items()
        if granted is None or not missing_scopes(granted, [scope])
    }
    return replace(
        schema.CAPABILITIES, max_variants=most, max_counts=counts, orders=frozenset(acts)
    )


def build(
    credentials: Mapping[str, Any], settings: Mapping[str, Any], transport: Transport
) -> ShopifyAdapter:
    """Make the adapter of one shop from {"access_token", …} and {"base_url", "facts", …}.

    Webhooks are signed with the secret of the app: of the merchant's own app (`app` of the settings
    as it is now, else `client_secrets` of the credentials, as it was when the shop was connected)
    or of ours (`app_secrets` of the settings), else `hook_secret`.
    """
    door = Door(
        base_url=str(settings["base_url"]).rstrip("/"), token=str(credentials["access_token"])
    )
    own = oauth.app_of(credentials, settings).secrets
    secrets = [*own, *(settings.get("app_secrets") or ()), settings.get("hook_secret")]
    return ShopifyAdapter(
        door, settings, transport, secrets=[str(each) for each in secrets if each]
    )
