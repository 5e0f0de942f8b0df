"""Variations: under their product, or (10.3 and newer) all of the store in one list."""

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
from app.simulators.woocommerce.errors import ApiError, PhpFatal, invalid_id
from app.simulators.woocommerce.fields import Draft
from app.simulators.woocommerce.resource import Asking, Page, Shown
from app.simulators.woocommerce.schema import ALL_STATUSES, PRODUCT_LIST, VARIATION
from app.simulators.woocommerce.storage import Row


class Variations:
    """The collection /products/{id}/variations; without a product the read-only /variations."""

    noun = "product_variation"
    schema = VARIATION
    list_schema = PRODUCT_LIST
    required: tuple[str, ...] = ()

    def __init__(self, asking: Asking, parent_id: int | None) -> None:
        self._asking = asking
        self._store = asking.store
        self._parent_id = parent_id

    def list(self, query: Mapping[str, Any]) -> Page:
        """Return the page a query asks for."""
        found = listing.variation_ids(self._store, query, self._parent_id)
        view, rows = self._asking.reading, self._store.goods.rows
        shown = [render.variation(view, rows[row_id]) for row_id in listing.cut(found, query)]
        return Page(shown, len(found))

    def get(self, row_id: int) -> Shown:
        """Return one variation of this product."""
        return render.variation(self._asking.reading, self._own(row_id, status=404))

    def create(self, params: Mapping[str, Any], fetched: media.Fetched) -> Shown:
        """Add a variation; nothing stops a second one with the same choices."""
        if params.get("id"):
            raise ApiError(f"woocommerce_rest_{self.noun}_exists", 400, "Cannot create existing.")
        parent = self._parent()
        row = fields.blank(self._store.take_id("posts"), "variation", self._store.now())
        row["parent_id"] = parent["id"]
        draft = self._draft(row, params, fetched)
        try:
            _apply(draft, parent)
            codes.refuse_stale_sku(self._store, row["sku"])
        except (ApiError, PhpFatal):
            for media_id in draft.uploaded:
                self._store.media.drop(media_id)
            raise
        self._store.goods.put(row)
        stock.sync_parent(self._store, parent["id"])
        self._store.fire("woocommerce_new_product_variation", row["id"])
        return render.variation(self._asking.writing, row)

    def update(self, row_id: int, params: Mapping[str, Any], fetched: media.Fetched) -> Shown:
        """Change a variation; the parent's date stays where it is."""
        row = dict(self._own(row_id, status=400))
        draft = self._draft(row, params, fetched)
        save(draft, self._parent())
        return render.variation(self._asking.writing, row)

    def delete(self, row_id: int, *, force: bool) -> Shown:
        """Trash a variation, or end it."""
        row = self._own(row_id, status=404)
        shown = render.variation(self._asking.writing, row)
        lifecycle.remove(self._store, row, force=force)
        return shown

    def _parent(self) -> Row:
        parent = self._store.goods.get(self._parent_id or 0)
        if parent is None or parent["type"] == "variation":
            code = f"woocommerce_rest_{self.noun}_invalid_parent"
            raise ApiError(code, 404, "Cannot set attributes due to invalid parent product.")
        return parent

    def _own(self, row_id: int, *, status: int) -> Row:
        row = self._store.goods.get(row_id)
        if row is None or row["type"] != "variation":
            raise invalid_id(self.noun, status=status)
        if row["parent_id"] != self._parent_id:
            code = f"woocommerce_rest_{self.noun}_invalid_parent"
            raise ApiError(code, 404, "Parent product does not match current variation.")
        return row

    def _draft(self, row: Row, params: Mapping[str, Any], fetched: media.Fetched) -> Draft:
        return Draft(
            self._store,
            row,
            params,
            fetched,
            unfiltered_html=self._asking.role == "administrator",
        )


def save(draft: Draft, parent: Row, *, hook: str = "woocommerce_update_product_variation") -> None:
    """Apply a body to a variation that exists, keep it, and tell."""
    _apply(draft, parent)
    draft.row["modified"] = draft.store.now()
    draft.store.goods.put(draft.row)
    stock.sync_parent(draft.store, parent["id"])
    draft.store.fire(hook, draft.row["id"])


def _apply(draft: Draft, parent: Row) -> None:
    fields.write_common(draft)
    row = draft.row
    row["name"], row["short_description"] = "", ""  # a variation is named by its choices
    row["slug"] = f"{php.slug(parent['name'])}-{row['id']}"
    if row["status"] not in ALL_STATUSES:
        row["status"] = "draft"
    taxonomies.write_choices(draft, parent)
    stock.write_variation_stock(draft.store, row, draft.params)
    _write_image(draft)


def _write_image(draft: Draft) -> None:
    if "image" not in draft.params or draft.params["image"] is None:
        return
    picture = draft.params["image"]
    if not isinstance(picture, dict) or not picture:
        draft.row["images"] = []
        return
    new = draft.uploaded
    draft.row["images"] = [
        media.choose(draft.store, picture, draft.fetched, noun="variation", new=new)
    ]
