"""A shop in a dict: what is on its shelves, what its merchant does, and how its wire fails.

It is the reference for the port and the stage of engine tests. Failures are data (`Fault`), latency
is counted instead of slept, and every call is kept in `calls`.
"""

import copy
import hashlib
import hmac
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from app.adapters.memory.orders import OrderBook, OutOfStock, placed, refunded, shipped, unshipped
from app.adapters.orders import ChannelOrder, ChannelShipment, Payment
from app.adapters.types import Hook
from app.core import clock


class FaultKind(StrEnum):
    """What may go wrong with one call."""

    THROTTLE = "throttle"  # nothing done, come back later
    UNAVAILABLE = "unavailable"  # nothing done
    REAUTH = "reauth"  # nothing done, keys refused
    LOST = "lost"  # done, and the whole answer lost
    UNANSWERED = "unanswered"  # done, and each item's answer lost
    REJECT = "reject"  # each item refused
    REFUSE = "refuse"  # nothing done, the whole call refused
    GARBLE = "garble"  # an answer nobody can read
    CUT = "cut"  # the first half done and answered, the other half unanswered and not done


@dataclass(slots=True)
class Fault:
    """One scripted failure: of which call, how often, and for which keys (none: all)."""

    kind: FaultKind
    on: str = "*"  # the name of a port method
    times: int = 1
    keys: frozenset[str] = frozenset()
    retry_after: float = 1.0
    sentence: str = "The shop refused this."
    code: str = "refused"


@dataclass(frozen=True, slots=True)
class Call:
    """One call of the port, as the shop saw it."""

    method: str
    keys: tuple[str, ...] = ()
    fields: tuple[str, ...] = ()


@dataclass(slots=True)
class Good:
    """A sellable thing on the shelf."""

    id: str
    values: dict[str, Any]
    key: str | None = None


@dataclass(slots=True)
class Product:
    """A product on the shelf."""

    id: str
    values: dict[str, Any]
    goods: dict[str, Good] = field(default_factory=dict)
    key: str | None = None
    kind: str = "simple"
    version: int = 0
    modified_at: datetime | None = None
    is_deleted: bool = False


class MemoryShop:
    """The state of one shop."""

    def __init__(
        self,
        name: str = "Memory shop",
        *,
        key: str = "memory-key",
        currency: str = "USD",
        page_size: int = 100,
        latency: float = 0.0,
    ) -> None:
        self.name = name
        self.key = key
        self.tokens: dict[str, datetime] = {}  # keys that end, and when
        self.renewals: dict[str, str] = {}  # what renews → the token it was given out with
        self.currency = currency
        self.page_size = page_size
        self.latency = latency
        self.elapsed = 0.0
        self.products: dict[str, Product] = {}
        self.pictures: dict[str, dict[str, Any]] = {}
        self.book = OrderBook()
        self.hooks: dict[str, Hook] = {}
        self.secrets: dict[str, str] = {}
        self.faults: list[Fault] = []
        self.calls: list[Call] = []
        self._waiting: list[tuple[dict[str, str], bytes]] = []
        self._last_id = 0
        self._version = 0

    # What the wire does.

    def fail(self, kind: FaultKind | str, **how: Any) -> None:
        """Let a coming call fail."""
        self.faults.append(Fault(FaultKind(kind), **how))

    def take_fault(self, method: str, keys: Sequence[str] = ()) -> Fault | None:
        """Return the fault that befalls this call, if one is waiting for it."""
        for fault in self.faults:
            meets = not fault.keys or fault.keys & set(keys)
            if fault.on in ("*", method) and meets:
                fault.times -= 1
                if fault.times <= 0:
                    self.faults.remove(fault)
                return fault
        return None

    def note(self, method: str, keys: Sequence[str] = (), fields: Sequence[str] = ()) -> None:
        """Remember a call and count its latency."""
        self.elapsed += self.latency
        self.calls.append(Call(method, tuple(keys), tuple(sorted(set(fields)))))

    def writes(self) -> list[Call]:
        """Return the calls that changed something."""
        return [call for call in self.calls if call.method in ("write_listing", "write_level")]

    def accepts(self, key: str) -> bool:
        """Tell whether a key opens the shop now."""
        return key == self.key or self.tokens.get(key, clock.now()) > clock.now()

    def issue(self, life: timedelta) -> dict[str, str]:
        """Hand out keys that end, with what renews them once."""
        token, renewal = f"token-{self.new_id()}", f"renewal-{self.new_id()}"
        self.tokens[token] = clock.now() + life
        self.renewals[renewal] = token
        return {
            "key": token,
            "refresh_token": renewal,
            "expires_at": self.tokens[token].isoformat(),
        }

    # What its shelves do.

    def new_id(self) -> str:
        """Return the next id."""
        self._last_id += 1
        return str(self._last_id)

    def touch(self, product: Product, topic: str = "product.updated") -> None:
        """Note that a product changed, and tell the hooks."""
        self._version += 1
        product.version = self._version
        product.modified_at = clock.now()
        self._announce(topic, product.id)

    def good(self, good_id: str) -> tuple[Product, Good]:
        """Return a sellable thing with its product; raises KeyError."""
        for product in self.products.values():
            if good_id in product.goods and not product.is_deleted:
                return product, product.goods[good_id]
        raise KeyError(good_id)

    def with_sku(self, sku: str) -> tuple[Product, Good] | None:
        """Return who holds a SKU."""
        for product in self.products.values():
            for good in product.goods.values():
                if not product.is_deleted and sku and good.values.get("sku") == sku:
                    return product, good
        return None

    def add_picture(self, source: str, alt: str | None = None) -> str:
        """Put a picture into the library; returns its id."""
        picture = self.new_id()
        self.pictures[picture] = {"url": source, "alt": alt}
        return picture

    # What its merchant and its customers do.

    def add_product(
        self, values: Mapping[str, Any], *goods: Mapping[str, Any], kind: str = "simple"
    ) -> str:
        """Put a product on the shelf; without `goods` it is one sellable thing. Returns its id."""
        product = Product(self.new_id(), copy.deepcopy(dict(values)), kind=kind)
        for each in goods or ({},):
            good_id = product.id if kind == "simple" else self.new_id()
            product.goods[good_id] = Good(good_id, copy.deepcopy(dict(each)))
        self.products[product.id] = product
        self.touch(product, "product.created")
        return product.id

    def edit_product(self, product_id: str, **values: Any) -> None:
        """Change a product."""
        self.products[product_id].values.update(copy.deepcopy(values))
        self.touch(self.products[product_id])

    def edit_variant(self, good_id: str, **values: Any) -> None:
        """Change a sellable thing."""
        product, good = self.good(good_id)
        good.values.update(copy.deepcopy(values))
        self.touch(product)

    def sell(self, good_id: str, quantity: int) -> None:
        """Let a customer buy."""
        _, good = self.good(good_id)
        self.edit_variant(good_id, quantity=(good.values.get("quantity") or 0) - quantity)

    def order(
        self, *goods: tuple[str, int], payment: Payment = Payment.PAID, email: str = ""
    ) -> str:
        """Let a customer order (variant, units); the shop's stock goes down. Returns its id."""
        found = [(self.good(good_id), units) for good_id, units in goods]
        for (_, good), units in found:
            is_sold_on = good.values.get("backorders", "no") != "no"
            if (good.values.get("quantity") or 0) < units and not is_sold_on:
                raise OutOfStock(good.id)
        for good_id, units in goods:
            self.sell(good_id, units)
        bought = [
            (
                good.id,
                str(good.values.get("sku") or ""),
                str(product.values.get("title") or ""),
                units,
                (good.values.get("price") or {}).get("minor", 0),
            )
            for (product, good), units in found
        ]
        order = placed(self.new_id(), bought, currency=self.currency, payment=payment, email=email)
        self.keep_order(order, topic="order.created")
        return order.external_id

    def keep_order(self, order: ChannelOrder, *, topic: str = "order.updated") -> None:
        """Keep an order as it stands now, and tell the hooks."""
        self.book.put(order)
        self._announce(topic, order.external_id)

    def cancel(self, order_id: str, *, restocks: bool = True, why: str = "") -> None:
        """Cancel an order, with or without putting its goods back."""
        order = self.book.orders[order_id]
        lines = order.lines
        if restocks:
            self._put_back({line.external_id: line.taken for line in lines}, order)
            lines = tuple(replace(line, taken=0) for line in lines)
        self.keep_order(replace(order, lines=lines, cancelled_at=clock.now(), cancel_reason=why))

    def unship(self, order_id: str) -> None:
        """Cancel every parcel of an order."""
        for each in self.book.orders[order_id].shipments:
            if not each.is_cancelled:
                self.keep_order(unshipped(self.book.orders[order_id], each))

    def refund(
        self,
        order_id: str,
        amount: int,
        lines: Mapping[str, int],
        *,
        restocks: bool = False,
        why: str = "",
        key: str = "",
    ) -> str:
        """Give money back for units of lines; returns the refund's id."""
        order, refund_id = self.book.orders[order_id], self.new_id()
        if restocks:
            self._put_back(lines, order)
        after = refunded(order, refund_id, amount, lines, restocks=restocks, why=why, key=key)
        self.keep_order(after)
        return refund_id

    def ship(self, order_id: str, lines: Mapping[str, int], *, number: str = "") -> None:
        """Ship units of lines, as the merchant does in the shop."""
        parcel = ChannelShipment(self.new_id(), dict(lines), "UPS", number, at=clock.now())
        self.keep_order(shipped(self.book.orders[order_id], parcel))

    def _put_back(self, lines: Mapping[str, int], order: ChannelOrder) -> None:
        for line in order.lines:
            if (units := lines.get(line.external_id, 0)) and line.variant_external_id:
                self.sell(line.variant_external_id, -units)

    def delete_product(self, product_id: str) -> None:
        """Take a product away."""
        self.products[product_id].is_deleted = True
        self.touch(self.products[product_id], "product.deleted")

    def titles(self) -> list[str]:
        """Return the titles on the shelf, by id."""
        return [
            str(product.values.get("title"))
            for product in self.products.values()
            if not product.is_deleted
        ]

    # What its webhooks do.

    def take_deliveries(self) -> list[tuple[dict[str, str], bytes]]:
        """Return the deliveries that wait, as (headers, body)."""
        waiting, self._waiting = self._waiting, []
        return waiting

    def _announce(self, topic: str, subject_id: str) -> None:
        for hook in self.hooks.values():
            if hook.topic != topic or not hook.is_active:
                continue
            event = {"event": self.new_id(), "id": subject_id}
            body = json.dumps(event).encode()
            headers = {
                "X-Memory-Topic": topic,
                "X-Memory-Signature": signature(self.secrets[hook.external_id], body),
            }
            self._waiting.append((headers, body))


def signature(secret: str, body: bytes) -> str:
    """Sign a body as this shop does."""
    return hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()
