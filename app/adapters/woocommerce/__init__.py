"""WooCommerce as a channel."""

from typing import Final

from app.adapters.port import Channel, FormField
from app.adapters.woocommerce import oauth, schema
from app.adapters.woocommerce.adapter import build
from app.adapters.woocommerce.finding import probe

WOOCOMMERCE: Final = Channel(
    key="woocommerce",
    label="WooCommerce",
    build=build,
    capabilities=schema.CAPABILITIES,
    description="A shop on WordPress. Products, prices, stock and orders both ways.",
    icon="shopping-cart",
    connect_fields=(
        FormField(
            "base_url",
            "Shop address",
            kind="url",
            help="Where shoppers find it, such as https://shop.example.com.",
        ),
        FormField(
            "key",
            "Consumer key",
            help="WooCommerce → Settings → Advanced → REST API. It starts with ck_.",
            is_secret=True,
        ),
        FormField(
            "secret",
            "Consumer secret",
            kind="password",
            help="It starts with cs_.",
            is_secret=True,
        ),
        FormField(
            "home_url",
            "Home address of the shop",
            kind="url",
            help="Only when WordPress → Settings → General names another host.",
            is_required=False,
        ),
        FormField(
            "allows_http",
            "Connect without encryption",
            kind="checkbox",
            help="Only for a shop without https: prices and stock can then be read on the way.",
            is_required=False,
        ),
    ),
    probe=probe,
    approval_url=oauth.approval_url,
    read_approval=oauth.read_approval,
)
