"""Shop-wide attributes; the values of each are terms of its own taxonomy."""

from collections.abc import Mapping
from typing import Any, Final

from app.simulators.woocommerce import php
from app.simulators.woocommerce.errors import ApiError
from app.simulators.woocommerce.media import Fetched
from app.simulators.woocommerce.resource import Asking, Page, Shown
from app.simulators.woocommerce.schema import ATTRIBUTE, CONTEXT
from app.simulators.woocommerce.storage import Row

_LONGEST_SLUG: Final = 28


class Attributes:
    """The collection /products/attributes; it has no pages."""

    noun = "attribute"
    schema = ATTRIBUTE
    list_schema = CONTEXT
    required: tuple[str, ...] = ("name",)

    def __init__(self, asking: Asking) -> None:
        self._asking = asking
        self._store = asking.store

    def list(self, _query: Mapping[str, Any]) -> Page:
        """Return all of them."""
        shown = [self._shown(row) for row in self._store.attributes.rows.values()]
        return Page(shown, len(shown))

    def get(self, row_id: int) -> Shown:
        """Return one attribute."""
        return self._shown(own_attribute(self._asking, row_id))

    def create(self, params: Mapping[str, Any], _fetched: Fetched) -> Shown:
        """Make an attribute; its slug begins with `pa_` and may stand only once."""
        name = php.text(params.get("name")).strip()
        if not name:
            raise ApiError("missing_attribute_name", 400, "Please, provide an attribute name.")
        row: Row = {
            "id": self._store.take_id("attributes"),
            "name": name,
            "slug": self._slug(params, name, own_id=0),
            "type": php.text(params.get("type")) or "select",
            "order_by": params.get("order_by") or "menu_order",
            "has_archives": php.boolean(params.get("has_archives")),
        }
        return self._shown(self._store.attributes.put(row))

    def update(self, row_id: int, params: Mapping[str, Any], _fetched: Fetched) -> Shown:
        """Change an attribute."""
        row = own_attribute(self._asking, row_id)
        changed = {
            name: php.text(params[name])
            for name in ("name", "type", "order_by")
            if params.get(name) is not None
        }
        if params.get("slug"):
            changed["slug"] = self._slug(params, row["name"], own_id=row_id)
        if params.get("has_archives") is not None:
            row = row | {"has_archives": php.boolean(params["has_archives"])}
        return self._shown(self._store.attributes.put(row | changed))

    def delete(self, row_id: int, *, force: bool) -> Shown:
        """Remove an attribute and its terms for good."""
        row = own_attribute(self._asking, row_id)
        if not force:
            raise ApiError("woocommerce_rest_trash_not_supported", 501, "No trash here.")
        for term_id in list(self._store.terms.of(row["slug"])):
            self._store.terms.drop(term_id)
        self._store.attributes.drop(row_id)
        return self._shown(row)

    def _slug(self, params: Mapping[str, Any], name: str, *, own_id: int) -> str:
        bare = php.slug(php.text(params.get("slug")).removeprefix("pa_") or name)
        if len(bare) > _LONGEST_SLUG:
            code = "invalid_product_attribute_slug_too_long"
            raise ApiError(code, 400, "The slug is longer than 28 characters.")
        slug = f"pa_{bare}"
        for other in self._store.attributes.rows.values():
            if other["slug"] == slug and other["id"] != own_id:
                code = "invalid_product_attribute_slug_already_exists"
                raise ApiError(code, 400, "The slug is already in use.")
        return slug

    def _shown(self, row: Row) -> Shown:
        view, base = self._asking.reading, "/products/attributes"
        shown = row | {
            "_links": {"self": view.link(f"{base}/{row['id']}"), "collection": view.link(base)}
        }
        return {field: value for field, value in shown.items() if view.wants(field)}


def own_attribute(asking: Asking, row_id: int) -> Row:
    """Return the attribute, or refuse with 404."""
    row = asking.store.attributes.get(row_id)
    if row is None:
        raise ApiError("woocommerce_rest_taxonomy_invalid", 404, "Taxonomy does not exist.")
    return row
