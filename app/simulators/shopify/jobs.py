"""What happens in the background: files, product operations, bulk operations, the index."""

from app.simulators.shopify import bulk_run
from app.simulators.shopify.core import StoreCore
from app.simulators.shopify.writes import attachments, product_set


def run_due(store: StoreCore) -> None:
    """Finish what is due; every request and every tick calls this first."""
    attachments.finish_due(store)
    with store.change():
        product_set.finish_due(store)
    bulk_run.finish_due(store)
