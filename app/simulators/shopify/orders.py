"""Orders: placed by customers, paid, and edited by merchants."""

from collections import Counter
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any, Final

from app.simulators.shopify import goods, levels, order_payloads, payloads, shipping
from app.simulators.shopify.core import StoreCore
from app.simulators.storage import Row

_ADDRESS: Final = {
    "first_name": "Bob",
    "last_name": "Norman",
    "company": None,
    "address1": "1 Long Road",
    "address2": None,
    "city": "Springfield",
    "province": "Oregon",
    "province_code": "OR",
    "zip": "97475",
    "country": "United States",
    "country_code": "US",
    "phone": "+15550100",
}
_EDITABLE: Final = {"email", "phone", "note", "tags", "shipping_address", "billing_address"}
_UNPAID: Final = {"PENDING", "AUTHORIZED", "PARTIALLY_PAID"}
_NOTHING_CAME: Final = {"PENDING", "AUTHORIZED", "VOIDED", "EXPIRED"}
_CENT: Final = Decimal("0.01")

Pick = tuple[Row, int, int]  # a variant, how many, and the location that sends it


def place(store: StoreCore, picks: Sequence[Pick], details: Mapping[str, Any]) -> int:
    """Place an order; what is sold is no longer available, and committed until it is sent.

    `details` may hold email, phone, note, tags, test, financial_status, shipping_address,
    shipping_method, shipping_price, discount, tax, risk and on_hold.
    """
    number = 1001 + len(store.orders.rows)
    now = store.now()
    address = _ADDRESS | dict(details.get("shipping_address") or {})
    order: Row = {
        "id": store.take_id(),
        "name": f"#{number}",
        "number": number,
        "customer_id": store.take_id(),
        "payment_id": store.take_id(),
        "lines": _lines(store, picks, details),
        "email": details.get("email", "bob@example.com"),
        "phone": details.get("phone"),
        "note": details.get("note"),
        "tags": list(details.get("tags") or []),
        "test": bool(details.get("test")),
        "risk": details.get("risk", "NONE"),
        "source_name": "web",
        "shipping_address": address,
        "billing_address": address,
        "shipping_method": details.get("shipping_method", "Standard"),
        "shipping_price": details.get("shipping_price", "0.00"),
        "discount": details.get("discount", "0.00"),
        "tax": details.get("tax", "0.00"),
        "financial_status": details.get("financial_status", "PAID"),
        "location_id": picks[0][2],
        "refunds": [],
        "cancelled": None,
        "cancel_reason": None,
        "closed": None,
        "is_edited": False,
        "created": now,
        "updated": now,
    }
    for line in order["lines"]:
        take_stock(store, line, line["quantity"])
        _tell_product(store, line["product_id"])
    store.orders.put(order)
    shipping.assign(store, order, is_held=bool(details.get("on_hold")))
    _tell(store, order, "ORDERS_CREATE", "ORDERS_UPDATED")
    if order["financial_status"] == "PAID":
        _tell(store, order, "ORDERS_PAID")
    return int(order["id"])


def route(store: StoreCore, lines: Sequence[tuple[Row, int]]) -> list[Pick] | None:
    """Say which location sends what: one for all, else one for each; None where too few are left.

    What is not counted, or sold beyond its stock, is everywhere.
    """
    wanted: Counter[int] = Counter()
    for row, quantity in lines:
        wanted[row["item_id"]] += quantity
    places = [row["id"] for row in store.locations.all() if row["is_active"]]

    def has(place: int, row: Row) -> bool:
        is_free = not row["tracked"] or row["inventory_policy"] == "CONTINUE"
        level = levels.find(store, row["item_id"], place)
        return is_free or levels.quantity(level, "available") >= wanted[row["item_id"]]

    for place in places:
        if all(has(place, row) for row, _ in lines):
            return [(row, quantity, place) for row, quantity in lines]
    found = [next((place for place in places if has(place, row)), None) for row, _ in lines]
    chosen = [place for place in found if place is not None]
    if len(chosen) < len(lines):
        return None
    return [(*line, place) for line, place in zip(lines, chosen, strict=True)]


def take_stock(store: StoreCore, line: Mapping[str, Any], quantity: int) -> None:
    """Lower what is available; what has to be sent is committed meanwhile."""
    if line["tracked"]:
        place = line["location_id"]
        levels.adjust(store, line["item_id"], place, "available", -quantity)
        if line["requires_shipping"]:
            levels.adjust(store, line["item_id"], place, "committed", quantity)


def give_stock(store: StoreCore, line: Mapping[str, Any], place: int, quantity: int) -> None:
    """Put units of a line back on the shelf, unless nobody counts them or they are no more."""
    if line["tracked"] and quantity and store.variants.where("item", line["item_id"]):
        levels.adjust(store, line["item_id"], place, "available", quantity)


def _tell_product(store: StoreCore, product_id: int) -> None:
    """An ordered product tells of an update, whether or not its date moves."""
    if store.settings.sale_moves_updated:
        goods.touch_product(store, product_id)
    else:
        store.fire("PRODUCTS_UPDATE", product_id, lambda: payloads.product(store, product_id))


def _lines(
    store: StoreCore, picks: Sequence[Pick], details: Mapping[str, Any]
) -> list[dict[str, Any]]:
    """Make the lines of an order; its discount and its tax are spread over them by their price."""
    prices = [Decimal(row["price"]) * quantity for row, quantity, _ in picks]
    spread = {name: _spread(details.get(name, "0.00"), prices) for name in ("discount", "tax")}
    return [
        _line(store, pick) | {name: f"{amounts[at]:.2f}" for name, amounts in spread.items()}
        for at, pick in enumerate(picks)
    ]


def _spread(amount: object, prices: Sequence[Decimal]) -> list[Decimal]:
    left, whole, found = Decimal(str(amount)), sum(prices, Decimal(0)), []
    for price in prices:
        share = (left * price / whole).quantize(_CENT) if whole else left
        found.append(share)
        left, whole = left - share, whole - price
    return found


def _line(store: StoreCore, pick: Pick) -> dict[str, Any]:
    row, quantity, place = pick
    product = store.products.rows[row["product_id"]]
    title = None if goods.has_only_default(product) else goods.variant_title(product, row)
    return {
        "id": store.take_id(),
        "variant_id": row["id"],
        "product_id": product["id"],
        "item_id": row["item_id"],
        "location_id": place,
        "tracked": row["tracked"],
        "title": product["title"],
        "variant_title": title,
        "name": f"{product['title']} - {title}" if title else product["title"],
        "sku": row["sku"],
        "vendor": product["vendor"],
        "quantity": quantity,
        "current_quantity": quantity,
        "price": row["price"],
        "taxable": row["taxable"],
        "requires_shipping": row["requires_shipping"],
    }


def _tell(store: StoreCore, order: Row, *topics: str) -> None:
    store.touch("order", order["id"])
    for topic in topics:
        store.fire(topic, order["id"], lambda: order_payloads.order(store, order["id"]))


def put(store: StoreCore, order: Row, *topics: str) -> Row:
    """Keep a changed order, and tell of it."""
    order = store.orders.put(order | {"updated": store.now()})
    _tell(store, order, *topics, "ORDERS_UPDATED")
    return order


def edit(store: StoreCore, order: Row, changes: Mapping[str, Any]) -> Row:
    """Change the words of an order: address, note, tags, contact."""
    unknown = set(changes) - _EDITABLE
    if unknown:
        raise KeyError(", ".join(sorted(unknown)))
    merged = dict(changes)
    for name in ("shipping_address", "billing_address"):
        if name in merged:
            merged[name] = order[name] | dict(merged[name])
    return put(store, order | merged)


def pay(store: StoreCore, order: Row) -> Row:
    """Take the money of an order that waits for it."""
    if order["financial_status"] not in _UNPAID or order["cancelled"] is not None:
        return order
    return put(store, order | {"financial_status": "PAID"}, "ORDERS_PAID")


def can_have(store: StoreCore, order: Row, line_id: int, quantity: int) -> bool:
    """Say whether so many of a line may be ordered: as far as it is open, and not sent yet."""
    line = next(each for each in order["lines"] if each["id"] == line_id)
    fewer = line["current_quantity"] - quantity
    waiting = shipping.remaining(store, line_id) if line["requires_shipping"] else fewer
    return order["cancelled"] is None and quantity >= 0 and fewer <= waiting


def set_quantity(store: StoreCore, order: Row, line_id: int, quantity: int) -> Row:
    """Order more or fewer of a line; fewer only of what was not sent yet, and the stock follows."""
    line = next(each for each in order["lines"] if each["id"] == line_id)
    more = quantity - line["current_quantity"]
    if more > 0:
        take_stock(store, line, more)
        shipping.add(store, order, line, more)
        changed = line | {"quantity": line["quantity"] + more}
    else:
        shipping.take_off(store, order, line, -more, back=-more)
        changed = dict(line)
    changed["current_quantity"] = quantity
    lines = [changed if each["id"] == line_id else each for each in order["lines"]]
    order = put(store, order | {"lines": lines, "is_edited": True})
    edited = {"line_id": line_id, "delta": more}
    body = order_payloads.edit(store, order, store.take_id(), edited)
    store.fire("ORDERS_EDITED", order["id"], lambda: body)
    return order


def value(line: Mapping[str, Any], count: int) -> Decimal:
    """Return what so many units of a line cost, discount and tax included."""
    price = Decimal(line["price"]) * count
    share = Decimal(count) / line["quantity"]
    extra = Decimal(line.get("tax", "0")) - Decimal(line.get("discount", "0"))
    worth: Decimal = price + (extra * share).quantize(_CENT)
    return worth


def total(order: Row) -> Decimal:
    """Return what the customer was to pay, units that were edited away included."""
    extra = Decimal(order["shipping_price"]) + Decimal(order["tax"])
    return subtotal(order) + extra - Decimal(order.get("discount", "0"))


def left(order: Row) -> Decimal:
    """Return what is left of it after edits and refunds."""
    gone = refunded_units(order)
    edited = (
        value(line, line["quantity"] - line["current_quantity"] - gone[line["id"]])
        for line in order["lines"]
    )
    return total(order) - refunded(order) - sum(edited, Decimal(0))


def subtotal(order: Row, *, column: str = "quantity") -> Decimal:
    """Return the price of the goods: as ordered, or by `current_quantity` as left."""
    amounts = (Decimal(line["price"]) * line[column] for line in order["lines"])
    return sum(amounts, Decimal(0))


def refunded(order: Row) -> Decimal:
    """Return what has gone back."""
    return sum((Decimal(each["amount"]) for each in order["refunds"]), Decimal(0))


def refunded_units(order: Row) -> Counter[int]:
    """Return how many of each line were refunded."""
    counts: Counter[int] = Counter()
    for each in order["refunds"]:
        for line in each["lines"]:
            counts[line["line_id"]] += line["quantity"]
    return counts


def refundable(order: Row) -> Decimal:
    """Return what was paid and not given back yet."""
    came = Decimal(0) if order["financial_status"] in _NOTHING_CAME else total(order)
    return max(Decimal(0), came - refunded(order))
