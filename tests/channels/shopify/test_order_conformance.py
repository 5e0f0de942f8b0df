"""Shopify keeps the promises about orders that every channel makes."""

from tests.channels.order_conformance import OrderConformanceSuite, OrderStage
from tests.channels.shopify.stage import ShopifyStage


class TestShopifyOrders(OrderConformanceSuite):
    """One suite, this channel."""

    def make_stage(self) -> OrderStage:
        return ShopifyStage()
