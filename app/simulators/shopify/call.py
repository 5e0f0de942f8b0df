"""One GraphQL request on its way: the store, who asks, and how things are shown."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar

from app.simulators.shopify import texts
from app.simulators.shopify.core import StoreCore
from app.simulators.storage import Row


@dataclass
class Call:
    """What resolvers need to know beyond the thing they resolve."""

    store: StoreCore
    scopes: frozenset[str]
    is_bulk: bool = False  # connections give everything, whatever `first` says
    root_field: str = ""  # the query or mutation being resolved
    root_key: str | None = None  # its name in the answer, until its own list is made
    rests: dict[str, list[Any]] = field(default_factory=dict)  # what a bulk read has still to show

    def is_under_way(self) -> bool:
        """Say whether a bulk read has already found what the list being resolved shows."""
        return self.root_key in self.rests

    key: str | None = None  # of @idempotent on that field

    def show(self, typename: str, row: Row | None) -> "View | None":
        """Return a row as the schema's type shows it; None stays None."""
        return None if row is None else View.kinds[typename](self, row)


class View:
    """A row seen through the schema: fields are methods, or else the row's own values."""

    kinds: ClassVar[dict[str, type["View"]]] = {}
    typename: ClassVar[str] = ""

    def __init_subclass__(cls) -> None:
        if cls.typename:
            View.kinds[cls.typename] = cls

    def __init__(self, call: Call, row: Row) -> None:
        self.call = call
        self.store = call.store
        self.row = row

    def __getattr__(self, name: str) -> Any:
        try:
            return self.row[name]
        except KeyError:
            raise AttributeError(f"{self.typename} shows no {name}") from None

    def id(self) -> str:
        """The global id."""
        return texts.gid(self.typename, self.row["id"])

    def legacy_resource_id(self) -> str:
        """The number webhooks use."""
        return str(self.row["id"])

    def created_at(self) -> str | None:
        """When it was made."""
        return texts.written(self.row["created"])

    def updated_at(self) -> str | None:
        """When it last changed."""
        return texts.written(self.row["updated"])


def shop_money(store: StoreCore, amount: object) -> Mapping[str, str]:
    """Return an amount in the shop's currency."""
    return {"amount": texts.amount(amount), "currencyCode": store.settings.currency}


def bag(store: StoreCore, amount: object) -> dict[str, Any]:
    """Return an amount as the shop and as the customer sees it; here they are the same."""
    money = shop_money(store, amount)
    return {"shopMoney": money, "presentmentMoney": money}
