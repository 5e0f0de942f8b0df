"""A store that tests, demos and benchmarks can hold in their hand.

`StoreState` is the whole shop. Besides what the API does, it knows what the merchant does in the WP
admin, what customers buy, and what was written through the API.
"""

from collections.abc import Iterable
from typing import Any, Final

from app.simulators.chaos import Fault
from app.simulators.woocommerce import auth, lifecycle, media, products, render, variations
from app.simulators.woocommerce.auth import Key
from app.simulators.woocommerce.core import Write
from app.simulators.woocommerce.deliveries import Sent, deliver_due, send_pings
from app.simulators.woocommerce.fields import Draft
from app.simulators.woocommerce.products import Products
from app.simulators.woocommerce.render import View
from app.simulators.woocommerce.resource import Asking, Shown
from app.simulators.woocommerce.shopping import NotInStore, Shopping
from app.simulators.woocommerce.storage import Row
from app.simulators.woocommerce.variations import Variations

_YOUNG: Final = 10  # seconds; an admin save of something younger counts as its creation


class StoreState(Shopping):
    """One simulated WooCommerce store."""

    def add_key(
        self,
        *,
        permissions: str = "read_write",
        role: str = "administrator",
        pair: tuple[str, str] | None = None,
    ) -> Key:
        """Make an API key, as the merchant does under Settings, Advanced, REST API."""
        with self.change():
            return auth.new_key(self, permissions=permissions, role=role, pair=pair)

    def revoke_key(self, key_id: int) -> None:
        """Remove an API key."""
        with self.change():
            self.keys.drop(key_id)

    def demote_user(self, user_id: int = 1) -> None:
        """Take a user's rights: their webhooks now carry an error instead of the thing."""
        self.lost_users.add(user_id)

    def add_product(self, *, parts: Iterable[dict[str, Any]] = (), **body: Any) -> int:
        """Add a product, with variations as bodies in `parts`; returns its id."""
        children = list(parts)
        fetched = media.fetch(self, [body, *children])
        with self.change():
            shown = Products(Asking(self)).create(body, fetched)
            for part in children:
                Variations(Asking(self), shown["id"]).create(part, fetched)
        return int(shown["id"])

    def edit_product(self, row_id: int, **body: Any) -> None:
        """Change a product or a variation as the merchant does in the WP admin."""
        fetched = media.fetch(self, [body])
        with self.change():
            row = dict(self._row(row_id))
            is_young = self.now() - row["created"] < _YOUNG
            kind = "new" if is_young else "update"
            draft = Draft(self, row, body, fetched)
            if row["type"] == "variation":
                hook = f"woocommerce_{kind}_product_variation"
                variations.save(draft, self._row(row["parent_id"]), hook=hook)
            else:
                products.save(draft, hook=f"woocommerce_{kind}_product")

    edit_variation = edit_product

    def trash(self, row_id: int) -> None:
        """Trash as the merchant does; on the admin screen the hooks are filtered by post type."""
        with self.change():
            lifecycle.trash(self, self._row(row_id), admin_type="product")

    def restore(self, row_id: int) -> None:
        """Take out of the trash as the merchant does."""
        with self.change():
            lifecycle.restore(self, self._row(row_id), admin_type="product")

    def erase(self, row_id: int) -> None:
        """Delete for good as the merchant does."""
        with self.change():
            lifecycle.erase(self, self._row(row_id))

    def leave_stale_sku(self, sku: str) -> None:
        """Leave a row in the lookup table: creating with this SKU fails though nobody has it."""
        self.stale_skus.add(sku)

    def throttle_next(self, times: int = 1, *, retry_after: int = 2) -> None:
        """Answer the next requests with 429."""
        self.chaos.next(Fault.THROTTLE, times=times, retry_after=retry_after)

    def lose_next_answer(self, times: int = 1) -> None:
        """Let the next writes take effect and their answers get lost."""
        self.chaos.next(Fault.LOST_ANSWER, times=times, writes_only=True)

    def deliver_due(self) -> list[Sent]:
        """Send what waits in the background queue; returns the calls made."""
        send_pings(self)
        return deliver_due(self)

    def product(self, row_id: int) -> Shown:
        """Return a product as stored (context=edit)."""
        with self.lock:
            return render.product(View(self, "edit"), self._row(row_id))

    def variation(self, row_id: int) -> Shown:
        """Return a variation as stored (context=edit)."""
        with self.lock:
            return render.variation(View(self, "edit"), self._row(row_id))

    def find_sku(self, sku: str) -> int | None:
        """Return the id behind a SKU."""
        with self.lock:
            return next(iter(self.goods.with_sku(sku)), None)

    def product_ids(self) -> list[int]:
        """Return the ids of the products outside the trash."""
        with self.lock:
            return self.goods.live("id", is_variation=False)

    def variation_ids(self, parent_id: int | None = None) -> list[int]:
        """Return the ids of the variations outside the trash, of one product or of all."""
        with self.lock:
            if parent_id is None:
                return self.goods.live("id", is_variation=True)
            return [
                row_id
                for row_id in self.goods.children(parent_id)
                if self.goods.rows[row_id]["status"] != "trash"
            ]

    def titles(self) -> list[str]:
        """Return the names of the products outside the trash, by id."""
        return [self.goods.rows[row_id]["name"] for row_id in self.product_ids()]

    def writes(
        self, *, resource: str | None = None, method: str | None = None, refused: bool = False
    ) -> list[Write]:
        """Return the API writes that took effect, or were refused, oldest first."""
        return [
            write
            for write in list(self.write_log)
            if (write.error is not None) == refused
            and resource in {None, write.resource}
            and method in {None, write.method}
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
                "products": len(self.goods.live("id", is_variation=False)),
                "variations": len(self.goods.live("id", is_variation=True)),
                "trashed": len(self.goods.trashed(is_variation=False))
                + len(self.goods.trashed(is_variation=True)),
                "terms": len(self.terms.rows),
                "attributes": len(self.attributes.rows),
                "media": len(self.media.rows),
                "orders": len(self.orders.rows),
                "webhooks": len(self.webhooks.rows),
                "keys": len(self.keys.rows),
                "waiting_deliveries": len(self.queue.rows),
                "writes": len(self.write_log),
                "requests": self.requests,
            }

    def close(self) -> None:
        """Let the file and the network client go."""
        with self.lock:
            self.shelf.close()
            self.http.close()

    def _row(self, row_id: int) -> Row:
        row = self.goods.get(row_id)
        if row is None:
            raise NotInStore(row_id)
        return row
