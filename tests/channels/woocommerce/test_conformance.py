"""WooCommerce keeps the promises every channel makes."""

from tests.channels.conformance import ConformanceSuite, Stage
from tests.channels.woocommerce.stage import WooStage


class TestWooCommerce(ConformanceSuite):
    """One suite, this channel."""

    def make_stage(self) -> Stage:
        return WooStage()
