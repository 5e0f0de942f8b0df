"""Shopify as a channel."""

from typing import Final

from app.adapters.port import Channel, FormField, OAuth, Privacy
from app.adapters.shopify import oauth, privacy, schema, webhooks
from app.adapters.shopify.adapter import build

SHOPIFY: Final = Channel(
    key="shopify",
    label="Shopify",
    build=build,
    capabilities=schema.CAPABILITIES,
    description="A shop on Shopify. Products, prices, stock and orders both ways.",
    icon="shopping-bag",
    connect_fields=(
        FormField(
            "base_url",
            "Shop address",
            kind="url",
            help="It ends in .myshopify.com. Find it in Shopify under Settings → Domains.",
        ),
        FormField(
            "access_token",
            "Access token",
            kind="password",
            help="Only for an app made in the shop's own admin before 2026. It starts with shpat_.",
            is_required=False,
            is_secret=True,
        ),
        FormField(
            "client_secret",
            "Client secret",
            kind="password",
            help="The secret of that same app; Shopify signs its webhooks with it.",
            is_required=False,
            is_secret=True,
        ),
    ),
    refresh=oauth.renew,
    oauth=OAuth(
        scopes=schema.SCOPES,
        read_address=oauth.read_address,
        read_visit=oauth.read_visit,
        authorize_url=oauth.authorize_url,
        read_callback=oauth.read_callback,
        exchange=oauth.exchange,
        refresh=oauth.refresh,
        client_credentials=oauth.client_credentials,
        is_due=oauth.is_due,
        read_delivery=webhooks.read_app_delivery,
    ),
    privacy=Privacy(read=privacy.read_request, names=privacy.names),
)
