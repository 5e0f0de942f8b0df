"""Categories, tags and brands: names and paths on our side, ids on theirs.

Looked up once per adapter; what is missing is created when a listing needs it.
"""

import html
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

from app.adapters.errors import BadPayload, Unknown, Unsupported
from app.adapters.woocommerce import problems, schema
from app.adapters.woocommerce.client import Client

SEPARATOR: Final = " > "
_LOADED_TERMS: Final = 2000  # a shop with more is asked name by name
_CATEGORIES: Final = "/products/categories"
_TAGS: Final = "/products/tags"
_BRANDS: Final = "/products/brands"


def _name(row: Mapping[str, Any]) -> str:
    return html.unescape(str(row.get("name") or "")).strip()


def _folded(name: str) -> str:
    return name.strip().casefold()


class Terms:
    """Flat terms of one taxonomy, by name."""

    def __init__(self, client: Client, path: str) -> None:
        self._client = client
        self._path = path
        self._ids: dict[str, int] | None = None
        self._is_complete = False

    def ids(self, names: Iterable[str]) -> list[int]:
        """Return the ids of these names, creating what is missing."""
        wanted = {_folded(name): name.strip() for name in names if name.strip()}
        known = self._known()
        missing = {folded: name for folded, name in wanted.items() if folded not in known}
        if missing and not self._is_complete:
            for name in missing.values():
                self._search(name)
            missing = {folded: name for folded, name in missing.items() if folded not in known}
        self._create(list(missing.values()))
        return [known[folded] for folded in wanted if folded in known]

    def _known(self) -> dict[str, int]:
        if self._ids is None:
            self._ids = {}
            first = self._client.page(self._path, _fields="id,name", orderby="id", order="asc")
            self._note(first.rows)
            self._is_complete = not first.has_more(1)
            if not self._is_complete and (first.total or 0) <= _LOADED_TERMS:
                self._note(
                    self._client.rows(self._path, _fields="id,name", orderby="id", order="asc")
                )
                self._is_complete = True
        return self._ids

    def _note(self, rows: Iterable[Mapping[str, Any]]) -> None:
        known = self._ids if self._ids is not None else {}
        for row in rows:
            known.setdefault(_folded(_name(row)), int(row["id"]))

    def _search(self, name: str) -> None:
        self._note(self._client.page(self._path, search=name, _fields="id,name").rows)

    def _create(self, names: Sequence[str]) -> None:
        known = self._known()
        for start in range(0, len(names), schema.MAX_BATCH):
            part = names[start : start + schema.MAX_BATCH]
            answer = _posted(
                self._client, f"{self._path}/batch", {"create": [{"name": name} for name in part]}
            )
            for name, made in zip(part, _made(answer), strict=False):
                known[_folded(name)] = _id_of(made)


def _posted(client: Client, path: str, body: Any) -> Any:
    """Create terms; when the answer is lost, once more: a term that exists names its id."""
    try:
        return client.post(path, body)
    except Unknown:
        return client.post(path, body)


def _made(answer: Any) -> list[Mapping[str, Any]]:
    made = answer.get("create") if isinstance(answer, Mapping) else None
    if not isinstance(made, list):
        raise BadPayload("batch.create", "a list")
    return made


def _id_of(made: Mapping[str, Any]) -> int:
    """Return the id of a created term, or of the one that had its name already."""
    if "error" not in made:
        return int(made["id"])
    error = problems.item_error(made["error"])
    if error.code == "term_exists" and error.owner is not None:
        return int(error.owner)
    raise problems.CallRefused(error)


class Categories:
    """The tree of categories, as paths “Clothing > Shirts”."""

    def __init__(self, client: Client) -> None:
        self._client = client
        self._paths: dict[str, str] | None = None

    def paths(self) -> Mapping[str, str]:
        """Return id → path."""
        if self._paths is None:
            rows = {
                str(row["id"]): row
                for row in self._client.rows(
                    _CATEGORIES, _fields="id,name,parent", orderby="id", order="asc"
                )
            }
            self._paths = {key: _path(key, rows) for key in rows}
        return self._paths

    def forget(self) -> None:
        """Read the tree again before its next use."""
        self._paths = None

    def ids(self, wanted: Iterable[str]) -> list[int]:
        """Return the ids of these paths, creating missing categories from the root down."""
        return [self._id_of(path) for path in wanted]

    def _id_of(self, path: str) -> int:
        known = {_folded(spelled): int(key) for key, spelled in self.paths().items()}
        clean = SEPARATOR.join(part.strip() for part in path.split(">") if part.strip())
        if (found := known.get(_folded(clean))) is not None:
            return found
        above, _, name = clean.rpartition(SEPARATOR)
        return self._create(clean, name, self._id_of(above) if above else 0)

    def _create(self, path: str, name: str, parent: int) -> int:
        body = {"create": [{"name": name, "parent": parent}]}
        answer = _posted(self._client, f"{_CATEGORIES}/batch", body)
        made = next(iter(_made(answer)), {})
        key = _id_of(made)
        if self._paths is not None:
            self._paths[str(key)] = path
        return key


def _path(key: str, rows: Mapping[str, Mapping[str, Any]]) -> str:
    names: list[str] = []
    seen: set[str] = set()
    while key in rows and key not in seen:  # a broken tree may run in a circle
        seen.add(key)
        names.append(_name(rows[key]))
        key = str(rows[key].get("parent") or 0)
    return SEPARATOR.join(reversed(names))


class Taxonomies:
    """What a product is filed under."""

    def __init__(self, client: Client) -> None:
        self.categories = Categories(client)
        self._tags = Terms(client, _TAGS)
        self._brands = Terms(client, _BRANDS)
        self._client = client

    def forget(self) -> None:
        """Look everything up again: a term we knew was deleted."""
        self.categories.forget()
        self._tags = Terms(self._client, _TAGS)
        self._brands = Terms(self._client, _BRANDS)

    def category_ids(self, paths: Iterable[str]) -> list[dict[str, int]]:
        """Return what a product's `categories` shall be."""
        return [{"id": found} for found in self.categories.ids(paths)]

    def tag_ids(self, names: Iterable[str]) -> list[dict[str, int]]:
        """Return what a product's `tags` shall be."""
        return [{"id": found} for found in self._tags.ids(names)]

    def brand_ids(self, name: str) -> list[dict[str, int]]:
        """Return what a product's `brands` shall be; raises Unsupported where there are none."""
        try:
            return [{"id": found} for found in self._brands.ids([name])]
        except Unsupported:
            raise Unsupported(
                "This shop has no brands. Update WooCommerce to 9.6 or newer to send them.",
                code="no_brands",
            ) from None
