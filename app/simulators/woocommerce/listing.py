"""Lists: filters, order and pages, in the manner of a WordPress query."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from decimal import Decimal
from typing import Any, Final

from app.simulators.woocommerce import prices, times
from app.simulators.woocommerce.core import StoreCore
from app.simulators.woocommerce.schema import ALL_STATUSES
from app.simulators.woocommerce.storage import Row

Query = Mapping[str, Any]
Test = Callable[[Row], bool]

_SORTED_COLUMNS: Final = ("modified", "date", "id")


def cut(found: Sequence[int], query: Query) -> Sequence[int]:
    """Return one page of what was found; `offset` beats `page`."""
    start = query.get("offset")
    if start is None:
        start = (query["page"] - 1) * query["per_page"]
    return found[max(0, start) : max(0, start) + query["per_page"]]


def bounds(store: StoreCore, query: Query, column: str) -> tuple[int | None, int | None]:
    """Return the moments between which `modified` or `date` shall lie, both excluded."""
    names = ("after", "before")
    if column == "modified":
        names = ("modified_after", "modified_before")
    offset, is_gmt = store.settings.utc_offset, bool(query.get("dates_are_gmt"))
    after, before = (
        None if query.get(name) is None else times.read_bound(query[name], offset, is_gmt=is_gmt)
        for name in names
    )
    return after, before


def product_ids(store: StoreCore, query: Query) -> Sequence[int]:
    """Return the ids a product query finds, in order; a SKU or GTIN filter finds variations too."""
    lookups = _looked_up(store, query)
    if lookups is None:
        return _searched(store, query, is_variation=False)
    return _filtered(store, query, lookups)


def variation_ids(store: StoreCore, query: Query, parent_id: int | None) -> Sequence[int]:
    """Return the ids of variations of one product, or of all."""
    if parent_id is None and not query.get("sku"):
        return _searched(store, query, is_variation=True)
    if parent_id is None:
        candidates = [
            row_id
            for row_id in _looked_up(store, query) or []
            if store.goods.rows[row_id]["type"] == "variation"
        ]
    else:
        candidates = store.goods.children(parent_id)
    return _filtered(store, query, candidates)


def _looked_up(store: StoreCore, query: Query) -> list[int] | None:
    found: set[int] | None = None
    for name, look in (
        ("sku", store.goods.with_sku),
        ("global_unique_id", store.goods.with_gtin),
    ):
        if query.get(name):
            # The whole text is tried too, for codes that contain a comma.
            wanted = {query[name], *(part.strip() for part in query[name].split(","))}
            hits = {row_id for code in wanted for row_id in look(code)}
            found = hits if found is None else found & hits
    return None if found is None else sorted(found)


def _searched(store: StoreCore, query: Query, *, is_variation: bool) -> Sequence[int]:
    """Walk the index that fits the order; without further filters it is the answer as it stands."""
    column = query["orderby"] if query["orderby"] in _SORTED_COLUMNS else "date"
    if query.get("include"):
        rows = store.goods.rows
        return _filtered(
            store,
            query,
            [
                row_id
                for row_id in query["include"]
                if row_id in rows and (rows[row_id]["type"] == "variation") == is_variation
            ],
        )
    if "trash" in _statuses(query):
        everything = store.goods.live("id", is_variation=is_variation)
        return _filtered(
            store, query, [*everything, *store.goods.trashed(is_variation=is_variation)]
        )
    after, before = (None, None) if column == "id" else bounds(store, query, column)
    found = store.goods.live(column, is_variation=is_variation, after=after, before=before)
    tests = _tests(store, query, checked_column=column)
    if tests:
        rows = store.goods.rows
        found = [row_id for row_id in found if all(test(rows[row_id]) for test in tests)]
    if query["orderby"] not in _SORTED_COLUMNS:
        return _in_order(store, query, found)
    return found[::-1] if query["order"] == "desc" else found


def _filtered(store: StoreCore, query: Query, candidates: Iterable[int]) -> Sequence[int]:
    tests = [_status_test(query), *_tests(store, query, checked_column=None)]
    rows = store.goods.rows
    return _in_order(
        store,
        query,
        [row_id for row_id in candidates if all(test(rows[row_id]) for test in tests)],
    )


def _in_order(store: StoreCore, query: Query, found: list[int]) -> list[int]:
    rows, orderby = store.goods.rows, query["orderby"]
    if orderby == "include":
        return found
    keys: dict[str, Callable[[int], Any]] = {
        "modified": lambda row_id: (rows[row_id]["modified"], row_id),
        "date": lambda row_id: (rows[row_id]["created"], row_id),
        "title": lambda row_id: rows[row_id]["name"].casefold(),
        "slug": lambda row_id: rows[row_id]["slug"],
        "price": lambda row_id: Decimal(prices.current(store, rows[row_id]) or 0),
        "popularity": lambda row_id: rows[row_id]["total_sales"],
        "menu_order": lambda row_id: (rows[row_id]["menu_order"], row_id),
    }
    key = keys.get(orderby, lambda row_id: row_id)
    return sorted(found, key=key, reverse=query["order"] == "desc")


def _statuses(query: Query) -> set[str]:
    """Return the wanted statuses; `any` is everything but the trash."""
    anything = set(ALL_STATUSES) - {"trash"}
    wanted: set[str] = set()
    for status in query.get("include_status") or [query.get("status", "any")]:
        wanted |= anything if status == "any" else {status}
    return wanted - set(query.get("exclude_status") or [])


def _status_test(query: Query) -> Test:
    wanted = _statuses(query)
    return lambda row: row["status"] in wanted


def _tests(store: StoreCore, query: Query, *, checked_column: str | None) -> list[Test]:
    tests: list[Test] = []
    if _statuses(query) != set(ALL_STATUSES) - {"trash"}:
        tests.append(_status_test(query))
    for column, key in (("modified", "modified"), ("date", "created")):
        after, before = bounds(store, query, column)
        if column != checked_column and (after is not None or before is not None):
            tests.append(_between(key, after, before))
    for name, build in _FILTERS.items():
        if query.get(name) not in (None, [], ""):
            tests.append(build(store, query[name]))
    return tests


def _between(key: str, after: int | None, before: int | None) -> Test:
    return lambda row: (after is None or row[key] > after) and (before is None or row[key] < before)


def _equal(key: str) -> Callable[[StoreCore, Any], Test]:
    return lambda _store, wanted: lambda row: bool(row[key] == wanted)


def _within(key: str) -> Callable[[StoreCore, Any], Test]:
    return lambda _store, wanted: lambda row: row[key] in wanted


def _outside(key: str) -> Callable[[StoreCore, Any], Test]:
    return lambda _store, wanted: lambda row: row[key] not in wanted


def _holds(*keys: str) -> Callable[[StoreCore, Any], Test]:
    def build(_store: StoreCore, wanted: str) -> Test:
        words = wanted.casefold().split()
        return lambda row: all(any(word in row[key].casefold() for key in keys) for word in words)

    return build


def _filed_under(taxonomy: str, key: str) -> Callable[[StoreCore, Any], Test]:
    def build(store: StoreCore, wanted: str) -> Test:
        ids = {int(part) for part in wanted.split(",") if part.strip().isdigit()}
        terms, size = store.terms.of(taxonomy), -1
        while size != len(ids):  # a category stands for its children too
            size = len(ids)
            ids |= {term_id for term_id, term in terms.items() if term["parent"] in ids}
        return lambda row: not ids.isdisjoint(row[key])

    return build


def _shipping_class(store: StoreCore, wanted: str) -> Test:
    terms = store.terms.of("product_shipping_class")
    slugs = {
        terms[int(part)]["slug"]
        for part in wanted.split(",")
        if part.strip().isdigit() and int(part) in terms
    }
    return lambda row: row["shipping_class"] in slugs


def _attribute(_store: StoreCore, wanted: str) -> Test:
    return lambda row: any(attribute["slug"] == wanted for attribute in row["attributes"])


def _on_sale(store: StoreCore, wanted: Any) -> Test:
    return lambda row: prices.is_on_sale(store, row) == wanted


def _price(*, lowest: bool) -> Callable[[StoreCore, Any], Test]:
    def build(store: StoreCore, wanted: str) -> Test:
        limit = prices.amount(wanted) or Decimal(0)

        def test(row: Row) -> bool:
            price = prices.amount(prices.current(store, row))
            return price is not None and (price >= limit if lowest else price <= limit)

        return test

    return build


_FILTERS: Final[dict[str, Callable[[StoreCore, Any], Test]]] = {
    "include": _within("id"),
    "exclude": _outside("id"),
    "parent": _within("parent_id"),
    "parent_exclude": _outside("parent_id"),
    "slug": _equal("slug"),
    "type": _equal("type"),
    "include_types": _within("type"),
    "exclude_types": _outside("type"),
    "featured": _equal("featured"),
    "virtual": _equal("virtual"),
    "downloadable": _equal("downloadable"),
    "stock_status": _equal("stock_status"),
    "search": _holds("name", "description", "short_description", "sku"),
    "search_sku": _holds("sku"),
    "search_name_or_sku": _holds("name", "sku"),
    "category": _filed_under("product_cat", "categories"),
    "tag": _filed_under("product_tag", "tags"),
    "brand": _filed_under("product_brand", "brands"),
    "shipping_class": _shipping_class,
    "attribute": _attribute,
    "on_sale": _on_sale,
    "min_price": _price(lowest=True),
    "max_price": _price(lowest=False),
}
