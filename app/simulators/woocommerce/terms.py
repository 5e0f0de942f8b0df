"""Categories, tags, brands, shipping classes and the values of attributes."""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

from app.simulators.woocommerce import listing, media, php
from app.simulators.woocommerce.core import StoreCore
from app.simulators.woocommerce.errors import ApiError
from app.simulators.woocommerce.render import picked
from app.simulators.woocommerce.resource import Asking, Page, Shown
from app.simulators.woocommerce.schema import TERM, TERM_LIST
from app.simulators.woocommerce.storage import Row

TAXONOMIES: Final = {
    "categories": "product_cat",
    "tags": "product_tag",
    "brands": "product_brand",
    "shipping_classes": "product_shipping_class",
}
_TREES: Final = {"product_cat", "product_brand"}
_GOODS_KEY: Final = {
    "product_cat": "categories",
    "product_tag": "tags",
    "product_brand": "brands",
}


class Terms:
    """One taxonomy as a collection."""

    noun = "term"
    schema = TERM
    list_schema = TERM_LIST
    required: tuple[str, ...] = ("name",)

    def __init__(self, asking: Asking, taxonomy: str, path: str) -> None:
        self._asking = asking
        self._store = asking.store
        self._taxonomy = taxonomy
        self._path = path

    def list(self, query: Mapping[str, Any]) -> Page:
        """Return the page a query asks for."""
        counts = self._counts()
        found = [
            term
            for term in self._store.terms.of(self._taxonomy).values()
            if self._fits(term, query, counts)
        ]
        found.sort(key=_order_key(query, counts), reverse=query["order"] == "desc")
        rows = self._store.terms.rows
        ids = listing.cut([term["id"] for term in found], query)
        return Page([self._shown(rows[term_id], counts) for term_id in ids], len(found))

    def get(self, row_id: int) -> Shown:
        """Return one term."""
        return self._shown(self._own(row_id), self._counts())

    def create(self, params: Mapping[str, Any], fetched: media.Fetched) -> Shown:
        """Make a term; a name that stands there already is refused with its id."""
        name = php.text(params.get("name")).strip()
        parent = php.integer(params.get("parent") or 0)
        for twin in self._store.terms.named(self._taxonomy, name):
            if twin["parent"] == parent:
                message = "A term with the name provided already exists with this parent."
                raise ApiError("term_exists", 400, message, resource_id=twin["id"])
        if not name:
            raise ApiError("empty_term_name", 400, "A name is required for this term.")
        facts = self._facts(params, fetched)
        term = self._store.terms.add(self._store.take_id("terms"), self._taxonomy, name, **facts)
        return self._shown(term, Counter())

    def update(self, row_id: int, params: Mapping[str, Any], fetched: media.Fetched) -> Shown:
        """Change a term."""
        term = self._own(row_id)
        facts = self._facts(params, fetched)
        if params.get("name") is not None:
            facts["name"] = php.text(params["name"]).strip()
        wish = str(facts.get("slug", term["slug"]))
        if wish != term["slug"]:
            facts["slug"] = self._store.terms.free_slug(self._taxonomy, wish)
        return self._shown(self._store.terms.put(term | facts), self._counts())

    def delete(self, row_id: int, *, force: bool) -> Shown:
        """Remove a term for good: terms have no trash."""
        term = self._own(row_id)
        if not force:
            raise ApiError("woocommerce_rest_trash_not_supported", 501, "Terms have no trash.")
        if row_id == self._store.default_category:
            raise ApiError("woocommerce_rest_cannot_delete", 500, "The resource cannot be deleted.")
        shown = self._shown(term, self._counts())
        self._store.terms.drop(row_id)
        return shown

    def _own(self, row_id: int) -> Row:
        term = self._store.terms.of(self._taxonomy).get(row_id)
        if term is None:
            raise ApiError("woocommerce_rest_term_invalid", 404, "Resource does not exist.")
        return term

    def _facts(self, params: Mapping[str, Any], fetched: media.Fetched) -> dict[str, Any]:
        facts: dict[str, Any] = {
            name: php.text(params[name])
            for name in ("description", "display")
            if params.get(name) is not None
        }
        facts |= {
            name: php.integer(params[name])
            for name in ("parent", "menu_order")
            if params.get(name) is not None
        }
        if params.get("slug"):
            facts["slug"] = php.slug(php.text(params["slug"]))
        if facts.get("parent") and facts["parent"] not in self._store.terms.of(self._taxonomy):
            raise ApiError("woocommerce_rest_term_invalid", 400, "Parent does not exist.")
        if isinstance(params.get("image"), dict):
            picture = params["image"]
            chosen = picture.get("id") or picture.get("src")
            facts["image_id"] = (
                media.choose(self._store, picture, fetched, noun="product", new=[]) if chosen else 0
            )
        return facts

    def _fits(self, term: Row, query: Mapping[str, Any], counts: Mapping[int, int]) -> bool:
        tests: dict[str, Callable[[Any], bool]] = {
            "search": lambda wanted: wanted.casefold() in term["name"].casefold(),
            "slug": lambda wanted: term["slug"] == wanted,
            "parent": lambda wanted: bool(term["parent"] == wanted),
            "include": lambda wanted: term["id"] in wanted,
            "exclude": lambda wanted: term["id"] not in wanted,
            "hide_empty": lambda _wanted: counts.get(term["id"], 0) > 0,
            "product": lambda wanted: term["id"] in self._terms_of_product(wanted),
        }
        return all(
            test(query[name])
            for name, test in tests.items()
            if query.get(name) not in (None, [], "", False)
        )

    def _terms_of_product(self, row_id: int) -> Sequence[int]:
        row, key = self._store.goods.get(row_id), _GOODS_KEY.get(self._taxonomy)
        return row[key] if row is not None and key is not None else []

    def _counts(self) -> Mapping[int, int]:
        return {} if not self._asking.reading.wants("count") else used(self._store, self._taxonomy)

    def _shown(self, term: Row, counts: Mapping[int, int]) -> Shown:
        def links(_view: object, _row: Row) -> dict[str, Any]:
            view, base = self._asking.reading, self._path
            shown = {"self": view.link(f"{base}/{term['id']}"), "collection": view.link(base)}
            if term["parent"]:
                shown["up"] = view.link(f"{base}/{term['parent']}")
            return shown

        readers: dict[str, Callable[[Any, Row], Any]] = {
            name: lambda _view, row, name=name: row[name]  # type: ignore[misc]  # bound per name
            for name in ("id", "name", "slug", *self._extras())
        }
        if self._taxonomy in _TREES:
            readers["image"] = lambda _view, row: media.picture_of(self._store, row["image_id"])
        readers["count"] = lambda _view, row: counts.get(row["id"], 0)
        return picked(self._asking.reading, term, readers | {"_links": links})

    def _extras(self) -> tuple[str, ...]:
        if self._taxonomy in _TREES:
            return ("parent", "description", "display", "menu_order")
        return (
            ("description", "menu_order") if self._taxonomy.startswith("pa_") else ("description",)
        )


def used(store: StoreCore, taxonomy: str) -> Mapping[int, int]:
    """Count the published products per term."""
    counts: Counter[int] = Counter()
    key = _GOODS_KEY.get(taxonomy)
    for row_id in store.goods.live("id", is_variation=False):
        row = store.goods.rows[row_id]
        if row["status"] != "publish":
            continue
        if key is not None:
            counts.update(row[key])
        elif taxonomy.startswith("pa_"):
            counts.update(_values(store, row, taxonomy))
        elif term := store.terms.find_slug(taxonomy, row["shipping_class"]):
            counts[term["id"]] += 1
    return counts


def _values(store: StoreCore, row: Row, taxonomy: str) -> list[int]:
    return [
        term["id"]
        for attribute in row["attributes"]
        if attribute["slug"] == taxonomy
        for option in attribute["options"]
        for term in store.terms.named(taxonomy, option)
    ]


def _order_key(query: Mapping[str, Any], counts: Mapping[int, int]) -> Callable[[Row], Any]:
    match query["orderby"]:
        case "id" | "term_group":
            return lambda term: term["id"]
        case "include" if query.get("include"):
            return lambda term: query["include"].index(term["id"])
        case "count":
            return lambda term: (counts.get(term["id"], 0), term["id"])
        case "slug" | "description":
            return lambda term: (term[query["orderby"]], term["id"])
    return lambda term: (term["name"].casefold(), term["id"])
