"""Terms of every taxonomy: categories, tags, brands, shipping classes, values of attributes."""

from collections import defaultdict

from app.simulators.woocommerce import php
from app.simulators.woocommerce.storage import Row, Shelf
from app.simulators.woocommerce.tables import Table


class TermTable(Table):
    """One id space; found by taxonomy, and inside it by name or slug."""

    def __init__(self, shelf: Shelf) -> None:
        super().__init__("term", shelf)
        self._taxonomies: defaultdict[str, dict[int, Row]] = defaultdict(dict)
        self._names: defaultdict[tuple[str, str], set[int]] = defaultdict(set)
        self._slugs: dict[tuple[str, str], int] = {}
        for row in self.rows.values():
            self._file(row)

    def add(self, term_id: int, taxonomy: str, name: str, **facts: object) -> Row:
        """Keep a new term; the slug is made from the name unless given."""
        row: Row = {
            "id": term_id,
            "taxonomy": taxonomy,
            "name": name,
            "parent": 0,
            "description": "",
            "display": "default",
            "image_id": 0,
            "menu_order": 0,
        } | facts
        row["slug"] = self.free_slug(taxonomy, row.get("slug") or php.slug(name) or str(term_id))
        return self.put(row)

    def put(self, row: Row) -> Row:
        """Keep a term under its present name and slug."""
        self._unfile(row["id"])
        self._file(row)
        return super().put(row)

    def drop(self, row_id: int) -> None:
        """Forget a term."""
        self._unfile(row_id)
        super().drop(row_id)

    def of(self, taxonomy: str) -> dict[int, Row]:
        """Return the terms of a taxonomy by id."""
        return self._taxonomies[taxonomy]

    def named(self, taxonomy: str, name: str) -> list[Row]:
        """Return the terms of that name; the database ignores case."""
        return [self.rows[term_id] for term_id in sorted(self._names[taxonomy, name.casefold()])]

    def find_slug(self, taxonomy: str, slug: str) -> Row | None:
        """Return the term with that slug."""
        term_id = self._slugs.get((taxonomy, slug))
        return None if term_id is None else self.rows[term_id]

    def free_slug(self, taxonomy: str, wish: str) -> str:
        """Return the slug, numbered when it is taken."""
        slug, count = wish, 1
        while (taxonomy, slug) in self._slugs:
            count += 1
            slug = f"{wish}-{count}"
        return slug

    def _file(self, row: Row) -> None:
        self._taxonomies[row["taxonomy"]][row["id"]] = row
        self._names[row["taxonomy"], row["name"].casefold()].add(row["id"])
        self._slugs[row["taxonomy"], row["slug"]] = row["id"]

    def _unfile(self, row_id: int) -> None:
        row = self.rows.get(row_id)
        if row is None:
            return
        self._taxonomies[row["taxonomy"]].pop(row_id, None)
        self._names[row["taxonomy"], row["name"].casefold()].discard(row_id)
        self._slugs.pop((row["taxonomy"], row["slug"]), None)
