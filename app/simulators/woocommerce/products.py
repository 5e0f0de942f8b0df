"""Products: made, changed and removed as the API does it."""

from collections.abc import Mapping
from typing import Any

from app.simulators.woocommerce import (
    codes,
    fields,
    lifecycle,
    listing,
    media,
    php,
    render,
    stock,
    taxonomies,
)
from app.simulators.woocommerce.core import StoreCore
from app.simulators.woocommerce.errors import ApiError, PhpFatal, invalid_id
from app.simulators.woocommerce.fields import Draft
from app.simulators.woocommerce.resource import Asking, Page, Shown
from app.simulators.woocommerce.schema import ALL_STATUSES, PRODUCT, PRODUCT_LIST, PRODUCT_TYPES
from app.simulators.woocommerce.storage import Row

_LINKED = ("upsell_ids", "cross_sell_ids", "grouped_products")


class Products:
    """The collection /products."""

    noun = "product"
    schema = PRODUCT
    list_schema = PRODUCT_LIST
    required: tuple[str, ...] = ()

    def __init__(self, asking: Asking) -> None:
        self._asking = asking
        self._store = asking.store

    def list(self, query: Mapping[str, Any]) -> Page:
        """Return the page a query asks for."""
        found = listing.product_ids(self._store, query)
        view, rows = self._asking.reading, self._store.goods.rows
        shown = [render.product(view, rows[row_id]) for row_id in listing.cut(found, query)]
        return Page(shown, len(found))

    def get(self, row_id: int) -> Shown:
        """Return a product, or a variation in the shape of one."""
        row = self._store.goods.get(row_id)
        if row is None:
            raise invalid_id("product")
        return render.product(self._asking.reading, row)

    def create(self, params: Mapping[str, Any], fetched: media.Fetched) -> Shown:
        """Make a product; when that fails, its new pictures go again."""
        if params.get("id"):
            raise ApiError(
                "woocommerce_rest_product_exists", 400, "Cannot create existing product."
            )
        kind = params.get("type") if params.get("type") in PRODUCT_TYPES else "simple"
        row = fields.blank(self._store.take_id("posts"), str(kind), self._store.now())
        draft = self._draft(row, params, fetched)
        try:
            apply(draft)
            codes.refuse_stale_sku(self._store, row["sku"])
        except (ApiError, PhpFatal):
            for media_id in draft.uploaded:
                self._store.media.drop(media_id)
            raise
        self._store.goods.put(draft.row)
        self._store.fire("woocommerce_new_product", row["id"])
        return render.product(self._asking.writing, draft.row)

    def update(self, row_id: int, params: Mapping[str, Any], fetched: media.Fetched) -> Shown:
        """Change a product; every save moves its date, also one that changes nothing."""
        draft = self._draft(dict(self._own(row_id, status=400)), params, fetched)
        save(draft)
        return render.product(self._asking.writing, draft.row)

    def delete(self, row_id: int, *, force: bool) -> Shown:
        """Trash a product, or end it."""
        row = self._own(row_id, status=404)
        shown = render.product(self._asking.writing, row)
        lifecycle.remove(self._store, row, force=force)
        return shown

    def _own(self, row_id: int, *, status: int) -> Row:
        row = self._store.goods.get(row_id)
        if row is None:
            raise invalid_id("product", status=status)
        if row["type"] == "variation":
            message = "To manipulate product variations you should use the variations endpoint."
            raise ApiError("woocommerce_rest_invalid_product_id", 404, message)
        return row

    def _draft(self, row: Row, params: Mapping[str, Any], fetched: media.Fetched) -> Draft:
        return Draft(
            self._store,
            row,
            params,
            fetched,
            unfiltered_html=self._asking.role == "administrator",
        )


def save(draft: Draft, *, hook: str = "woocommerce_update_product") -> None:
    """Apply a body to a product that exists, keep it, and tell."""
    was = draft.row["type"]
    if draft.params.get("type") in PRODUCT_TYPES:
        draft.row["type"] = draft.params["type"]
    if was == "variable" and draft.row["type"] != "variable":
        lifecycle.erase_variations(draft.store, draft.row["id"])
    apply(draft)
    draft.row["modified"] = draft.store.now()
    draft.store.goods.put(draft.row)
    draft.store.fire(hook, draft.row["id"])


def apply(draft: Draft) -> None:
    """Write a product body into the draft's row."""
    fields.write_common(draft)
    if draft.row["status"] not in {*ALL_STATUSES, "auto-draft"}:
        draft.row["status"] = "draft"
    draft.row["name"] = draft.row["name"] or "Product"
    _write_slug(draft)
    if draft.sent("parent_id"):
        draft.row["parent_id"] = php.integer(draft.params["parent_id"])
    for name in _LINKED:
        if draft.sent(name):
            draft.row[name] = [php.integer(row_id) for row_id in draft.params[name]]
    taxonomies.write_terms(draft)
    taxonomies.write_attributes(draft)
    stock.write_product_stock(draft.store, draft.row, draft.params)
    _write_images(draft)


def _write_slug(draft: Draft) -> None:
    row = draft.row
    wish = php.slug(row["slug"])
    if not wish and row["status"] not in {"draft", "pending", "auto-draft"}:
        wish = php.slug(row["name"]) or str(row["id"])
    row["slug"] = free_slug(draft.store, wish, own_id=row["id"])


def free_slug(store: StoreCore, wish: str, *, own_id: int) -> str:
    """Return the slug, numbered when another product has it."""
    slug, count = wish, 1
    while wish and any(owner != own_id for owner in store.goods.with_slug(slug)):
        count += 1
        slug = f"{wish}-{count}"
    return slug


def _write_images(draft: Draft) -> None:
    if draft.sent("images"):
        draft.row["images"] = [
            media.choose(draft.store, picture, draft.fetched, noun="product", new=draft.uploaded)
            for picture in draft.params["images"]
        ]
