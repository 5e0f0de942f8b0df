"""What happens in the background: files, product operations, bulk operations, the index."""

from app.simulators.shopify import bulk_run, refunds
from app.simulators.shopify.core import StoreCore
from app.simulators.shopify.writes import attachments, product_set


def catch_up(store: StoreCore) -> None:
    """Finish what is due before a request is answered, unless ticks do that."""
    if store.settings.works_in_requests:
        run_due(store)


def run_due(store: StoreCore) -> None:
    """Finish what is due; every tick calls this first."""
    attachments.finish_due(store)
    with store.change():
        product_set.finish_due(store)
        refunds.finish_due(store)
    bulk_run.finish_due(store)
