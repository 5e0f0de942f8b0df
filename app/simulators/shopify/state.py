"""A store that tests, demos and benchmarks can hold in their hand.

`StoreState` is the whole shop. Besides what the API does, it knows what the merchant does in the
Shopify admin, what customers buy, and what was written through the API.
"""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any, Final

from graphql import parse

from app.simulators.chaos import Fault
from app.simulators.shopify import deliveries, goods, gql, jobs, levels, order_payloads, payloads
from app.simulators.shopify.call import Call
from app.simulators.shopify.core import Condition, Quirk, Write
from app.simulators.shopify.deliveries import Sent
from app.simulators.shopify.merchant import NotInStore, OutOfStock, ShopRefused
from app.simulators.shopify.returns_desk import ReturnsDesk
from app.simulators.storage import Row

__all__ = ["NotInStore", "OutOfStock", "ShopRefused", "StoreState"]

_EVERYTHING: Final = (
    "read_products",
    "write_products",
    "write_inventory",
    "read_locations",
    "write_publications",
    "write_orders",
    "read_all_orders",
    "read_customers",
    "read_returns",
    "write_merchant_managed_fulfillment_orders",
    "write_files",
)


class StoreState(ReturnsDesk):
    """One simulated Shopify store."""

    # Weather and time

    def next(self, quirk: Quirk | str, *, times: int = 1) -> None:
        """Force something on the next requests it can befall."""
        self.quirks.extend([Quirk(quirk)] * times)

    def throttle_next(self, times: int = 1) -> None:
        """Answer the next requests with THROTTLED in HTTP 200."""
        self.next(Quirk.THROTTLED, times=times)

    def lose_next_answer(self, times: int = 1) -> None:
        """Let the next mutations take effect and their answers get lost."""
        self.chaos.next(Fault.LOST_ANSWER, times=times, writes_only=True)

    def be(self, condition: Condition | str) -> None:
        """Open, freeze, lock or lose the shop."""
        self.condition = Condition(condition)

    def pass_time(self, by: timedelta) -> None:
        """Move this store's clock on, and let happen what was due."""
        self.ahead += int(by.total_seconds())
        self.tick()

    def tick(self) -> list[Sent]:
        """Do what is due in the background, then send the webhooks."""
        jobs.run_due(self)
        with self.change():
            pass
        return deliveries.deliver_due(self)

    deliver_due = tick

    # What a rehearsal looks at

    def query(self, text: str, /, **variables: Any) -> dict[str, Any]:
        """Read anything with every right and at no cost, as the merchant's admin does."""
        with self.change():
            result = gql.run(Call(self, frozenset(_EVERYTHING)), parse(text), variables)
        if result.errors:
            raise result.errors[0]
        return result.data or {}

    def product(self, product_id: int) -> Mapping[str, Any]:
        """Return a product as webhooks tell it."""
        with self.lock:
            found = payloads.product(self, self._product(product_id)["id"])
            assert found is not None  # noqa: S101 (it was just there)
            return found

    def order(self, order_id: int) -> Mapping[str, Any]:
        """Return an order as webhooks tell it."""
        with self.lock:
            found = order_payloads.order(self, self._order(order_id)["id"])
            assert found is not None  # noqa: S101 (it was just there)
            return found

    def variant(self, variant_id: int) -> Row:
        """Return a variant with its inventory item as stored."""
        with self.lock:
            return dict(self._variant(variant_id))

    def stock(
        self, variant_id: int, *, location: int | None = None, name: str = "available"
    ) -> int:
        """Return a quantity of a variant, at a location or in all."""
        with self.lock:
            rows = self.levels.where("item", self._variant(variant_id)["item_id"])
            kept = [row for row in rows if location in {None, row["location_id"]} and row["active"]]
            return sum(levels.quantity(row, name) for row in kept)

    def find_sku(self, sku: str) -> int | None:
        """Return the oldest variant with a SKU; Shopify allows many."""
        with self.lock:
            rows = self.variants.where("sku", sku)
            return int(rows[0]["id"]) if rows else None

    def product_ids(self) -> list[int]:
        """Return the numbers of all products."""
        with self.lock:
            return sorted(self.products.rows)

    def variant_ids(self, product_id: int | None = None) -> list[int]:
        """Return the numbers of the variants of a product by position, or of all."""
        with self.lock:
            if product_id is None:
                return sorted(self.variants.rows)
            return [row["id"] for row in goods.variants_of(self, product_id)]

    def titles(self) -> list[str]:
        """Return the titles of the products, by id."""
        return [self.products.rows[row_id]["title"] for row_id in self.product_ids()]

    def writes(
        self, *, resource: str | None = None, mutation: str | None = None, refused: bool = False
    ) -> list[Write]:
        """Return the API writes that took effect, or were refused, oldest first."""
        return [
            write
            for write in list(self.write_log)
            if (write.error is not None) == refused
            and resource in {None, write.resource}
            and mutation in {None, write.mutation}
        ]

    def writes_of(self, field: str) -> int:
        """Count the API writes that took effect and carried this field."""
        return sum(field in write.fields for write in self.writes())

    def forget_writes(self) -> None:
        """Start counting writes and requests anew."""
        self.write_log.clear()
        self.requests = 0

    def counts(self) -> dict[str, int]:
        """Return how much of everything there is."""
        with self.lock:
            return {
                "products": len(self.products.rows),
                "variants": len(self.variants.rows),
                "levels": len(self.levels.rows),
                "files": len(self.media.rows),
                "locations": len(self.locations.rows),
                "orders": len(self.orders.rows),
                "webhooks": len(self.hooks.rows),
                "tokens": len(self.tokens.rows),
                "bulk_operations": len(self.bulks.rows),
                "waiting_deliveries": len(self.deliveries.rows),
                "waiting_for_search": self.index.waiting(),
                "writes": len(self.write_log),
                "requests": self.requests,
                "points": round(self.bucket.spent),
                "points_left": round(self.bucket.available(self.moment())),
                "throttled": self.bucket.refused,
                "leaked_tokens": self.leaked_tokens,
            }

    def close(self) -> None:
        """Let the file and the network client go."""
        with self.lock:
            self.shelf.close()
            self.http.close()
