"""How one simulated store, and the one app in it, are set up."""

from dataclasses import dataclass
from typing import Final

SUPPORTED_VERSIONS: Final = ("2026-01", "2026-04", "2026-07", "2026-10")
COMING_VERSIONS: Final = ("2027-01", "unstable")

DEFAULT_SCOPES: Final = (
    "read_products",
    "write_products",
    "read_inventory",
    "write_inventory",
    "read_locations",
    "read_publications",
    "write_publications",
    "read_orders",
    "write_orders",
    "read_customers",
    "read_fulfillments",
    "read_returns",
    "read_merchant_managed_fulfillment_orders",
    "write_merchant_managed_fulfillment_orders",
    "write_files",
)


@dataclass(frozen=True, slots=True)
class TwinSettings:
    """Facts of the shop, of the platform, and of the app; the defaults are a store that works."""

    name: str = "Sandbox store"
    shop: str = "sandbox-store.myshopify.com"
    base_url: str = ""  # where the store answers; empty: https://<shop>
    checks_host: bool = True  # another host is another shop, and there is none: 404
    email: str = "owner@sandbox-store.example"
    currency: str = "USD"
    weight_unit: str = "KILOGRAMS"
    plan: str = "Basic"
    locations: tuple[str, ...] = ("Main warehouse", "Corner shop")
    publications: tuple[str, ...] = ("Online Store", "Point of Sale")

    app_title: str = "SyncStore"
    app_id: int = 1000001
    client_id: str = "syncstore-test-client-id"
    client_secret: str = "syncstore-test-client-secret"  # noqa: S105 (opens a shop of ours only)
    redirect_urls: tuple[str, ...] = ()  # empty: any address, for rehearsals
    compliance_url: str = ""  # where the app's own configuration sends the privacy topics
    scopes: tuple[str, ...] = DEFAULT_SCOPES  # what the app may ever ask for
    is_own_app: bool = True  # of the shop's own organisation: client credentials are allowed
    refuses_eternal_tokens: bool = False  # a public app made after 2026-04-01

    bucket_size: int = 2000
    restore_rate: int = 100
    shows_cost: bool = True  # some answers of the real thing have no extensions
    reachable_objects: int = 25_000  # by paging one query; the rest takes a bulk operation
    max_variants: int = 2048
    max_options: int = 3

    code_seconds: int = 600
    token_seconds: int = 3600
    refresh_seconds: int = 90 * 86400
    search_lag_seconds: int = 0  # how far the search index is behind the writes
    media_seconds: int = 0  # each of UPLOADED and PROCESSING lasts so long
    bulk_seconds: int = 0  # each of CREATED and RUNNING lasts so long
    kept_changes: int = 100_000  # of stock that can still be looked up; older groups are forgotten
    works_in_requests: bool = True  # False: only ticks do what is due, so that no request waits
    sale_moves_updated: bool = True  # False: a sale lowers stock and leaves Product.updatedAt alone
    names_headers_plainly: bool = False  # the newer flavour: shopify-topic without its X
    shows_customers: bool = True  # False: the app may not see who bought
    allows_local_urls: bool = False  # rehearsal: http and loopback for pictures and webhooks

    @property
    def home_url(self) -> str:
        """The base of the store's own addresses."""
        return self.base_url or f"https://{self.shop}"

    @property
    def storage_url(self) -> str:
        """The base of uploads and downloads, which take no token."""
        return f"{self.home_url}/_storage"

    @property
    def app_namespace(self) -> str:
        """The metafield namespace reserved for the app."""
        return f"app--{self.app_id}"
