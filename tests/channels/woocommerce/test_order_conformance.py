"""WooCommerce keeps the promises about orders, wherever a store keeps its parcels."""

from app.simulators.woocommerce import TwinSettings
from tests.channels.order_conformance import OrderConformanceSuite, OrderStage
from tests.channels.woocommerce.order_stage import WooOrderStage


class TestWithoutTracking(OrderConformanceSuite):
    """A store as it is installed: parcels are notes."""

    def make_stage(self) -> OrderStage:
        return WooOrderStage()


class TestWithFulfillments(OrderConformanceSuite):
    """A store that has turned core fulfilments on."""

    def make_stage(self) -> OrderStage:
        return WooOrderStage(TwinSettings(tracking="fulfillments"))


class TestWithShipmentTracking(OrderConformanceSuite):
    """A store with the Shipment Tracking extension, and of a release without GET /refunds."""

    def make_stage(self) -> OrderStage:
        return WooOrderStage(TwinSettings(tracking="shipment_tracking", lists_refunds=False))


class TestWithAdvancedShipmentTracking(OrderConformanceSuite):
    """A store with the plugin of the same shape, whose prices hold the tax."""

    def make_stage(self) -> OrderStage:
        settings = TwinSettings(
            tracking="advanced_shipment_tracking", tax_percent=25, prices_include_tax=True
        )
        return WooOrderStage(settings)
