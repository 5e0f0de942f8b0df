"""Acme with one simulated store, and what the tests of its pages do there."""

from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

from flask.testing import FlaskClient

from app.catalog import service as catalog
from app.sync import resolving
from app.sync.models import Conflict
from tests.cast import csrf
from tests.engine.world import Shop, Store

PARTIAL: Final = {"HX-Request": "true", "HX-Request-Type": "partial"}


@dataclass
class Place:
    """Acme with one store, and what the tests do there."""

    shop: Shop
    store: Store
    client: FlaskClient

    def dispute(self, name: str = "Mug", **values: Any) -> UUID:
        """Make a product and change its title on both sides."""
        product = self.shop.add_product(name, f"{name}-1".upper(), **values)
        self.store.list_here(product)
        self.shop.change(product, title=f"Our {name}")
        self.store.state.edit_product(self.row(), name=f"Their {name}")
        self.shop.settle()
        return product

    def row(self) -> int:
        """The newest product of the store."""
        return max(self.store.state.product_ids())

    def open(self) -> Conflict:
        """The only open conflict."""
        (found,) = self.shop.conflicts()
        return found

    def values(self) -> catalog.ProductValues:
        """What our catalog has of the only product."""
        (listing,) = self.shop.listings()
        assert listing.product_id is not None
        return self.shop.values(listing.product_id)

    def send(self, path: str, headers: Any = None, **data: Any) -> Any:
        """Post a form, with the token and with what the page said was seen."""
        seen = {
            f"seen-{each.id}": resolving.seen_as(each.field, each.ours, each.theirs)
            for each in self.shop.conflicts()
        }
        token = {"csrf_token": csrf(self.client)}
        return self.client.post(path, data={**token, **seen, **data}, headers=headers)
