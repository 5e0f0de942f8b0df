"""How one simulated store is set up."""

from dataclasses import dataclass
from typing import Literal

Tracking = Literal["none", "fulfillments", "shipment_tracking", "advanced_shipment_tracking"]


@dataclass(frozen=True, slots=True)
class TwinSettings:
    """Facts of the shop and of the host it stands on; the defaults are a store that works."""

    name: str = "Sandbox store"
    home_url: str = (
        "https://store.test"  # OAuth signs with this host, whatever the Host header says
    )
    version: str = "10.5.2"
    wp_version: str = "6.8"
    currency: str = "USD"
    weight_unit: str = "kg"
    dimension_unit: str = "cm"
    utc_offset_minutes: int = (
        120  # not zero, so that local and GMT columns cannot be mixed up unseen
    )
    keeps_stock: bool = True  # the shop option "Enable stock management"
    has_trash: bool = True
    pretty_permalinks: bool = True
    is_ssl: bool | None = None  # None: as the request came; True or False: what PHP believes
    trusts_forwarded_proto: bool = False
    strips_authorization: bool = False  # some hosts do not pass the header on to PHP
    blocks_put_and_delete: bool = False  # ModSecurity; POST with `_method` gets through
    redirects_to_home: bool = False  # another host or scheme is answered 301
    allows_local_urls: bool = False  # rehearsal: http and loopback for callbacks, images, webhooks
    sale_moves_modified: bool = True  # False: a sale lowers stock and leaves date_modified alone
    tax_percent: int = 0
    coupons: tuple[tuple[str, int], ...] = (("ten", 10),)  # codes and percents
    prices_include_tax: bool = False  # what shoppers see holds the tax; lines of orders never do
    hides_line_meta: bool = False  # a plugin takes `_reduced_stock` and the like out of answers
    lists_refunds: bool = True  # GET /refunds over all orders, which older releases lack
    tracking: Tracking = "none"
    login: tuple[str, str] = ("merchant", "merchant")
    shopper_login: tuple[str, str] = ("shopper", "shopper")  # may log in, may not manage the shop

    @property
    def utc_offset(self) -> int:
        """Seconds the site's clock is ahead of UTC."""
        return self.utc_offset_minutes * 60

    @property
    def api_url(self) -> str:
        """The base of every link in an answer."""
        return f"{self.home_url}/wp-json/wc/v3"

    def at_least(self, major: int, minor: int) -> bool:
        """Say whether this store runs that release or a newer one."""
        first, second, *_ = (int(part) for part in self.version.split("."))
        return (first, second) >= (major, minor)
