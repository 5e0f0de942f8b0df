"""Writes of the catalog: what other features, views and jobs call."""

from app.catalog.service.attributes import (
    AttributeDraft,
    change_attribute,
    define_attribute,
    delete_attribute,
)
from app.catalog.service.categories import (
    create_category,
    delete_category,
    ensure_categories,
    move_category,
    rename_category,
)
from app.catalog.service.drafts import (
    Changed,
    ProductChange,
    ProductDraft,
    ProductValues,
    VariantDraft,
)
from app.catalog.service.gallery import (
    attach_upload,
    attach_urls,
    describe_pictures,
    move_picture,
    order_pictures,
    remove_picture,
)
from app.catalog.service.levels import stock_moved
from app.catalog.service.lifecycle import (
    archive_products,
    delete_product,
    duplicate_product,
    exclude_products,
    restore_products,
    set_status,
)
from app.catalog.service.media import (
    StoredPicture,
    fetch_media,
    fetch_waiting,
    media_by_url,
    retry_media,
    store_picture,
)
from app.catalog.service.products import (
    change_product,
    change_products,
    create_product,
    create_products,
    draft_of,
)
from app.catalog.service.saved_views import (
    ViewDraft,
    change_view,
    delete_view,
    keep_columns,
    save_view,
)

__all__ = [
    "AttributeDraft",
    "Changed",
    "ProductChange",
    "ProductDraft",
    "ProductValues",
    "StoredPicture",
    "VariantDraft",
    "ViewDraft",
    "archive_products",
    "attach_upload",
    "attach_urls",
    "change_attribute",
    "change_product",
    "change_products",
    "change_view",
    "create_category",
    "create_product",
    "create_products",
    "define_attribute",
    "delete_attribute",
    "delete_category",
    "delete_product",
    "delete_view",
    "describe_pictures",
    "draft_of",
    "duplicate_product",
    "ensure_categories",
    "exclude_products",
    "fetch_media",
    "fetch_waiting",
    "keep_columns",
    "media_by_url",
    "move_category",
    "move_picture",
    "order_pictures",
    "remove_picture",
    "rename_category",
    "restore_products",
    "retry_media",
    "save_view",
    "set_status",
    "stock_moved",
    "store_picture",
]
