"""What the merchant does: lets the app in and out, and works in the Shopify admin."""

import secrets
from collections.abc import Mapping, Sequence
from typing import Any, Final

from app.simulators.shopify import (
    documents,
    goods,
    installs,
    jobs,
    levels,
    orders,
    payloads,
    refunds,
    shipping,
    texts,
)
from app.simulators.shopify.core import StoreCore
from app.simulators.shopify.writes import metafields, product_set
from app.simulators.shopify.writes.values import item_values, variant_values
from app.simulators.storage import Row

_PARCEL: Final = {"company": None, "number": None, "url": None}


class NotInStore(LookupError):
    """A test or a demo named something that this store does not have."""


class ShopRefused(ValueError):
    """What the merchant wanted to do is not possible in a Shopify store."""


class OutOfStock(ShopRefused):
    """A shopper wanted more than there is."""


class Merchant(StoreCore):
    """The store with the hand of its merchant; nothing here is in the write log."""

    def __init__(self, **given: Any) -> None:
        super().__init__(**given)
        self.documents = documents.documents(self)
        with self.change():
            self._found_shop()
            for kind, table in (("product", self.products), ("variant", self.variants)):
                for row_id in table.rows:
                    self.touch(kind, row_id)
            for row in self.variants.rows.values():
                self.touch("item", row["item_id"])
            for row_id in self.orders.rows:
                self.touch("order", row_id)
        self.index.catch_up(self.now() + self.settings.search_lag_seconds)

    def _found_shop(self) -> None:
        if self.fact("shop_id") is not None:
            return
        now = self.now()
        self.set_fact("shop_id", self.take_id())
        self.set_fact("created", now)
        for name in self.settings.locations:
            self._add_location(name)
        for title in self.settings.publications:
            self.publications.put(
                {
                    "id": self.take_id(),
                    "title": title,
                    "auto_publish": False,
                    "supports_future_publishing": title == "Online Store",
                }
            )

    def _add_location(self, name: str) -> Row:
        now = self.now()
        row = {"id": self.take_id(), "name": name, "is_active": True, "deactivated": None}
        row |= {"fulfills_online_orders": True, "ships_inventory": True, "address_verified": False}
        row |= {"is_fulfillment_service": False, "has_unfulfilled_orders": False}
        return self.locations.put(row | {"created": now, "updated": now})

    # The app in the shop

    def install(self, scopes: Sequence[str] | None = None, *, is_expiring: bool = True) -> Row:
        """Let the app in without its pages; returns the token's row with `access`, `refresh`."""
        granted = list(self.settings.scopes if scopes is None else scopes)
        with self.change():
            installs.install(self, granted)
            return installs.issue(self, granted, is_expiring=is_expiring)

    def add_token(self, access: str, scopes: Sequence[str] | None = None) -> Row:
        """Make a token of an old admin-made app: it never expires and is known beforehand."""
        granted = list(self.settings.scopes if scopes is None else scopes)
        with self.change():
            installs.install(self, granted)
            return installs.issue(self, granted, is_expiring=False, access=access)

    def uninstall(self) -> None:
        """Remove the app as the merchant does."""
        with self.change():
            installs.uninstall(self)

    def change_scopes(self, scopes: Sequence[str]) -> None:
        """Change what the app may, as an update of its configuration does."""
        with self.change():
            before = self.fact("granted") or []
            installs.install(self, scopes)
            for row in list(self.tokens.rows.values()):
                self.tokens.put(row | {"scopes": sorted(scopes)})
            body = {"id": self.settings.app_id, "previous": before, "current": sorted(scopes)}
            self.fire("APP_SCOPES_UPDATE", self.settings.app_id, lambda: body)

    def expire_tokens(self) -> None:
        """Let every access token run out now; refresh tokens stay."""
        with self.change():
            for row in list(self.tokens.rows.values()):
                if row["expires"] is not None:
                    self.tokens.put(row | {"expires": self.now()})

    def revoke_refresh(self) -> None:
        """Let every refresh token run out now: the merchant has to connect again."""
        with self.change():
            for row in list(self.tokens.rows.values()):
                self.tokens.put(row | {"refresh": None})

    def rotate_secret(self, secret: str) -> None:
        """Give the app a new client secret; webhooks keep the old one for an hour."""
        with self.change():
            self.set_fact("secrets", [secret, installs.client_secrets(self)[0]])
            self.set_fact("old_secret_until", self.now() + 3600)

    def ask_privacy(self, topic: str, customer: Mapping[str, Any] | None = None) -> None:
        """Send one of the privacy topics, as Shopify does on a customer's wish."""
        told: dict[str, Any] = {}
        if topic.startswith("customers/"):
            told["customer"] = {
                "id": 1,
                "email": "bob@example.com",
                "phone": None,
                **(customer or {}),
            }
            told["orders_requested" if topic.endswith("data_request") else "orders_to_redact"] = []
        with self.change():
            installs.redact(self, topic, told)

    def send_test_notification(self, topic: str, product_id: int) -> None:
        """Press the button of the admin: a delivery that is signed with another secret."""
        with self.change():
            body = payloads.product(self, self._product(product_id)["id"]) or {}
            for hook in self.hooks.where("topic", topic):
                self.queue_delivery(hook, topic, body, secret=secrets.token_hex(16))

    # What the merchant does in the admin

    def add_product(self, **body: Any) -> int:
        """Add a product from a productSet input; returns its number. It is not in the write log."""
        return self._set({}, body)

    def set_product(self, product_id: int, **body: Any) -> None:
        """Change a product by a productSet input: lists replace lists."""
        self._set({"id": texts.gid("Product", self._product(product_id)["id"])}, body)

    def _set(self, identifier: Mapping[str, Any], body: Mapping[str, Any]) -> int:
        with self.change():
            row, errors = product_set.apply(self, identifier, body)
        jobs.run_due(self)
        if row is None:
            raise ShopRefused(errors[0]["message"])
        return int(row["id"])

    edit_product = set_product

    def edit_variant(self, variant_id: int, **body: Any) -> None:
        """Change a variant by the fields of a productSet variant, without its options."""
        with self.change():
            row = self._variant(variant_id)
            values, faults = variant_values(body)
            if faults:
                raise ShopRefused(faults[0].message)
            goods.put_variant(self, row | values, row)
            goods.touch_product(self, row["product_id"])

    def edit_item(self, variant_id: int, **body: Any) -> None:
        """Change facts of a variant's inventory item."""
        with self.change():
            row = self._variant(variant_id)
            values, faults = item_values(body)
            if faults:
                raise ShopRefused(faults[0].message)
            goods.put_variant(self, row | values, row)

    def delete_product(self, product_id: int) -> None:
        """Delete a product for good."""
        with self.change():
            goods.drop_product(self, self._product(product_id))

    def delete_variant(self, variant_id: int) -> None:
        """Delete a variant."""
        with self.change():
            row = self._variant(variant_id)
            goods.drop_variant(self, row)
            goods.renumber(self, row["product_id"])
            goods.touch_product(self, row["product_id"])

    def set_stock(self, variant_id: int, quantity: int, *, location: int | None = None) -> None:
        """Set what is available of a variant at a location, by default the first."""
        with self.change():
            row = self._variant(variant_id)
            place = location or min(self.locations.rows)
            levels.set_to(self, row["item_id"], place, "available", quantity)

    def publish(
        self, product_id: int, *, is_published: bool = True, channel: str | None = None
    ) -> None:
        """Show or hide a product on every sales channel, or on the one of a title."""
        with self.change():
            row = self._product(product_id)
            meant = {
                str(each["id"]): self.now()
                for each in self.publications.all()
                if channel in (None, each["title"])
            }
            others = {key: at for key, at in row["published"].items() if key not in meant}
            goods.put_product(self, row | {"published": others | (meant if is_published else {})})

    def set_metafield(self, product_id: int, **given: Any) -> None:
        """Set a metafield of a product."""
        with self.change():
            owner = texts.gid("Product", self._product(product_id)["id"])
            rows, faults = metafields.read(self, "PRODUCT", owner, [given])
            if faults:
                raise ShopRefused(faults[0].message)
            metafields.put(self, owner, rows)
            goods.touch_product(self, product_id)

    def add_location(self, name: str) -> int:
        """Open a location."""
        with self.change():
            row = self._add_location(name)
            self.fire("LOCATIONS_CREATE", row["id"], lambda: payloads.location(row))
        return int(row["id"])

    def close_location(self, location_id: int) -> None:
        """Switch a location off."""
        with self.change():
            row = self.locations.rows[location_id]
            closed = {"is_active": False, "deactivated": self.now(), "updated": self.now()}
            row = self.locations.put(row | closed)
            self.fire("LOCATIONS_DEACTIVATE", row["id"], lambda: payloads.location(row))

    # What customers buy, and what the merchant does about it

    def place_order(
        self, *lines: tuple[int, int], location: int | None = None, **details: Any
    ) -> int:
        """Let a customer buy `(variant, quantity)`; returns the order's number."""
        with self.change():
            place = location or min(self.locations.rows)
            picks = [(self._variant(number), quantity, place) for number, quantity in lines]
            return orders.place(self, picks, details)

    def sell(self, *lines: tuple[int, int], **details: Any) -> int:
        """Let a shopper buy `(variant, quantity)`, as far as there is enough; as `place_order`.

        The order goes to the location that has it all, else line by line to one that has it.
        """
        with self.change():
            rows = [(self._variant(number), quantity) for number, quantity in lines]
            picks = orders.route(self, rows)
            if picks is None:
                raise OutOfStock("Some items are no longer available.")
            return orders.place(self, picks, details)

    def pay_order(self, order_id: int) -> None:
        """Let the customer pay an order that waits for it."""
        with self.change():
            orders.pay(self, self._order(order_id))

    def edit_line(self, order_id: int, line_id: int, quantity: int) -> None:
        """Change how many of a line are ordered."""
        with self.change():
            order = self._order(order_id)
            if line_id not in {line["id"] for line in order["lines"]}:
                raise NotInStore(line_id)
            if not orders.can_have(self, order, line_id, quantity):
                raise ShopRefused("Only what was not sent yet can be taken off an open order.")
            orders.set_quantity(self, order, line_id, quantity)

    def edit_order(self, order_id: int, **changes: Any) -> None:
        """Change address, note, tags or contact of an order."""
        with self.change():
            orders.edit(self, self._order(order_id), changes)

    def cancel_order(self, order_id: int, *, restock: bool = True) -> None:
        """Call an order off."""
        with self.change():
            refunds.cancel(self, self._order(order_id), restock=restock)

    def delete_order(self, order_id: int) -> None:
        """Delete an order for good, with what has to be sent of it."""
        with self.change():
            self._order(order_id)
            for row in self.fulfillment_orders.where("order", order_id):
                self.fulfillment_orders.drop(row["id"])
            self.orders.drop(order_id)
            self.touch("order", order_id)
            self.fire("ORDERS_DELETE", order_id, lambda: {"id": order_id})

    def refund_order(
        self, order_id: int, *, line: int | None = None, quantity: int = 1, restock: bool = True
    ) -> None:
        """Give money back for so many of a line, by default the first."""
        with self.change():
            order = self._order(order_id)
            how = "RETURN" if restock else "NO_RESTOCK"
            back = refunds.Back(line or order["lines"][0]["id"], quantity, how)
            refunds.give(self, order, [back])

    def ship_order(self, order_id: int, **tracking: Any) -> None:
        """Send everything that can be sent: `company`, `number` and `url` say how."""
        with self.change():
            for row in self.fulfillment_orders.where("order", self._order(order_id)["id"]):
                if row["status"] in shipping.SENDABLE:
                    shipping.ship(self, [(row, shipping.all_of(row))], [_PARCEL | tracking])

    def unship_order(self, order_id: int, *, parcel: int | None = None) -> None:
        """Call a parcel of an order off, by default all."""
        with self.change():
            for row in self.fulfillments.where("order", self._order(order_id)["id"]):
                if row["status"] != "CANCELLED" and parcel in {None, row["id"]}:
                    shipping.take_back(self, row)

    def carry(self, order_id: int, status: str, *, parcel: int | None = None, **told: Any) -> None:
        """Let the carrier tell of a parcel, by default of all: `message`, `estimated`."""
        with self.change():
            rows = self.fulfillments.where("order", self._order(order_id)["id"])
            found = [row for row in rows if parcel in {None, row["id"]}]
            if not found:
                raise NotInStore(parcel or f"parcel of {order_id}")
            for row in found:
                shipping.tell_of(self, row, status, **told)

    def hold_order(self, order_id: int, *, is_held: bool = True) -> None:
        """Keep an order from being sent, or let it go."""
        with self.change():
            shipping.hold(self, self._order(order_id), is_held=is_held)

    def split_order(self, order_id: int, location_id: int) -> None:
        """Let another location send the last line."""
        with self.change():
            order = self._order(order_id)
            shipping.split(self, order, order["lines"][-1]["id"], location_id)

    def _product(self, product_id: int) -> Row:
        row = self.products.get(product_id)
        if row is None:
            raise NotInStore(product_id)
        return row

    def _order(self, order_id: int) -> Row:
        row = self.orders.get(order_id)
        if row is None:
            raise NotInStore(order_id)
        return row

    def _variant(self, variant_id: int) -> Row:
        row = self.variants.get(variant_id)
        if row is None:
            raise NotInStore(variant_id)
        return row
