"""Where writing begins: each mutation by its name, as a function of the call and its arguments."""

from collections.abc import Callable, Mapping
from typing import Any, Final

from app.simulators.shopify.call import Call
from app.simulators.shopify.writes import (
    app,
    arranging,
    bulk,
    files,
    hooks,
    metafields,
    options,
    product_set,
    products,
    publishing,
    shipping,
    stock,
    variants,
)

Mutation = Callable[[Call, dict[str, Any]], Mapping[str, Any]]

MUTATIONS: Final[Mapping[str, Mutation]] = {
    "appUninstall": app.uninstall,
    "bulkOperationCancel": bulk.cancel,
    "bulkOperationRunMutation": bulk.run_mutation,
    "bulkOperationRunQuery": bulk.run_query,
    "fileCreate": files.create,
    "fileDelete": files.delete,
    "fileUpdate": files.update,
    "fulfillmentCancel": shipping.cancel,
    "fulfillmentCreate": shipping.create,
    "fulfillmentTrackingInfoUpdate": shipping.retrack,
    "inventoryActivate": stock.activate,
    "inventoryAdjustQuantities": stock.adjust_quantities,
    "inventoryBulkToggleActivation": stock.toggle,
    "inventoryDeactivate": stock.deactivate,
    "inventoryItemUpdate": stock.update_item,
    "inventorySetQuantities": stock.set_quantities,
    "metafieldDefinitionCreate": metafields.define,
    "metafieldsDelete": metafields.delete,
    "metafieldsSet": metafields.set_many,
    "orderCancel": shipping.cancel_order,
    "productCreate": products.create,
    "productDelete": products.delete,
    "productOptionUpdate": options.update,
    "productOptionsCreate": options.create,
    "productOptionsDelete": options.delete,
    "productOptionsReorder": arranging.reorder_options,
    "productReorderMedia": arranging.reorder_media,
    "productSet": product_set.run,
    "productUpdate": products.update,
    "productVariantAppendMedia": arranging.append_media,
    "productVariantDetachMedia": arranging.detach_media,
    "productVariantsBulkCreate": variants.create,
    "productVariantsBulkDelete": variants.delete,
    "productVariantsBulkReorder": arranging.reorder_variants,
    "productVariantsBulkUpdate": variants.update,
    "publishablePublish": publishing.publish,
    "publishableUnpublish": publishing.unpublish,
    "stagedUploadsCreate": files.stage,
    "tagsAdd": products.add_tags,
    "tagsRemove": products.remove_tags,
    "webhookSubscriptionCreate": hooks.create,
    "webhookSubscriptionDelete": hooks.delete,
    "webhookSubscriptionUpdate": hooks.update,
}
