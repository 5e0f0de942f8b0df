"""Shopify keeps the promises every channel makes."""

from tests.channels.conformance import ConformanceSuite, Stage
from tests.channels.shopify.stage import ShopifyStage


class TestShopify(ConformanceSuite):
    """One suite, this channel."""

    def make_stage(self) -> Stage:
        return ShopifyStage()
