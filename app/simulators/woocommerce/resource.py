"""What every kind of thing in the API can do, and who is asking for it."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

from app.simulators.woocommerce.core import StoreCore
from app.simulators.woocommerce.media import Fetched
from app.simulators.woocommerce.render import View
from app.simulators.woocommerce.schema import Schema

Shown = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Asking:
    """One request: the store, the user behind the key, and how the answer shall look."""

    store: StoreCore
    role: str = "administrator"
    user_id: int = 1
    context: str = "view"
    fields: Collection[str] | None = None

    @property
    def reading(self) -> View:
        """The view of an answer to a read."""
        return View(self.store, self.context, self.fields)

    @property
    def writing(self) -> View:
        """The view of an answer to a write: always the stored values."""
        return View(self.store, "edit", self.fields)


@dataclass(frozen=True, slots=True)
class Page:
    """A page of a list and how many there are in all."""

    items: list[Shown] = field(default_factory=list)
    total: int = 0


class Resource(Protocol):
    """One collection of the API; every method runs under the store's lock."""

    noun: str
    schema: Schema
    list_schema: Schema
    required: tuple[str, ...]

    def list(self, query: Mapping[str, Any]) -> Page:
        """Return the page a query asks for."""

    def get(self, row_id: int) -> Shown:
        """Return one thing, or refuse with 404."""

    def create(self, params: Mapping[str, Any], fetched: Fetched) -> Shown:
        """Make a thing."""

    def update(self, row_id: int, params: Mapping[str, Any], fetched: Fetched) -> Shown:
        """Change a thing."""

    def delete(self, row_id: int, *, force: bool) -> Shown:
        """Remove a thing; the answer shows what it was."""
