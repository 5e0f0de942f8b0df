"""The lines of an order: what is sold, how it travels, what it costs on top; with their taxes.

Amounts of lines are kept without tax, also where the shop's prices hold it.
"""

from collections.abc import Mapping, Sequence
from decimal import ROUND_HALF_UP, Decimal
from typing import Any, Final

from app.simulators.woocommerce import order_stock, php, prices
from app.simulators.woocommerce.core import StoreCore
from app.simulators.woocommerce.errors import ApiError
from app.simulators.woocommerce.order_view import money
from app.simulators.woocommerce.render import View, product
from app.simulators.woocommerce.storage import Row

TAX_RATE: Final = 1  # the id of the shop's only tax rate
_CENT: Final = Decimal("0.01")
_OTHER_LINE_FIELDS: Final = {"method_id", "method_title", "instance_id", "name"}


def changed_lines(store: StoreCore, row: Row, sent: Sequence[Mapping[str, Any]]) -> list[Row]:
    """Return the lines of an order after a call: added, changed, or removed by a quantity of 0."""
    lines = {line["id"]: line for line in row["line_items"]}
    for entry in sent:
        known = lines.get(php.integer(entry.get("id") or 0))
        quantity = php.integer(entry.get("quantity", known["quantity"] if known else 1))
        if known is None:
            line = _new_line(store, entry, quantity)
            lines[line["id"]] = order_stock.follow_quantity(store, row, line)
        elif quantity == 0:
            order_stock.give_back(store, lines.pop(known["id"]))
        else:
            line = _taxed(store, known | {"quantity": quantity} | _amounts(entry))
            lines[known["id"]] = order_stock.follow_quantity(store, row, line)
    return list(lines.values())


def _amounts(entry: Mapping[str, Any]) -> dict[str, str]:
    return {
        name: php.text(entry[name]) for name in ("subtotal", "total") if entry.get(name) is not None
    }


def _new_line(store: StoreCore, entry: Mapping[str, Any], quantity: int) -> Row:
    product_id = php.integer(entry.get("product_id") or 0)
    variation_id = php.integer(entry.get("variation_id") or 0)
    if not product_id and not variation_id and entry.get("sku"):
        product_id = next(iter(store.goods.with_sku(php.text(entry["sku"]))), 0)
    row = store.goods.get(variation_id or product_id)
    if row is None:
        message = "Product ID or SKU is required."
        raise ApiError("woocommerce_rest_required_product_reference", 400, message)
    if row["type"] == "variation":
        product_id, variation_id = row["parent_id"], row["id"]
    value = _without_tax(
        store, (prices.amount(prices.current(store, row)) or Decimal(0)) * quantity
    )
    line: Row = {
        "id": store.take_id("order_items"),
        "name": product(View(store, fields=("name",)), row)["name"],
        "product_id": product_id,
        "variation_id": variation_id,
        "quantity": quantity,
        "subtotal": money(value),
        "total": money(value),
        "meta": [],
    }
    return _taxed(store, line | _amounts(entry))


def other_line(store: StoreCore, sent: Mapping[str, Any]) -> Row:
    """Make a line for shipping or a fee."""
    kept = {name: php.text(sent[name]) for name in sent if name in _OTHER_LINE_FIELDS}
    total = prices.amount(php.decimal_text(sent.get("total", "0"))) or Decimal(0)
    line: Row = {"id": store.take_id("order_items"), **kept, "total": money(total)}
    tax = _tax(store, line["total"])
    return line | {"total_tax": tax, "taxes": _taxes(tax), "meta_data": []}


def redeem(store: StoreCore, row: Row, sent: Sequence[Mapping[str, Any]]) -> None:
    """Take coupons off the lines of an order."""
    percents = dict(store.settings.coupons)
    for entry in sent:
        code = php.text(entry.get("code")).lower()
        if code not in percents:
            message = f"Coupon “{code}” does not exist."
            raise ApiError("woocommerce_rest_invalid_coupon", 400, message)
        before = sum((Decimal(line["total"]) for line in row["line_items"]), Decimal(0))
        row["line_items"] = [_discounted(store, line, percents[code]) for line in row["line_items"]]
        after = sum((Decimal(line["total"]) for line in row["line_items"]), Decimal(0))
        coupon = {
            "id": store.take_id("order_items"),
            "code": code,
            "discount": money(before - after),
        }
        row["coupon_lines"] = [*row.get("coupon_lines", []), coupon]


def _discounted(store: StoreCore, line: Row, percent: int) -> Row:
    total = Decimal(line["total"]) * (100 - percent) / 100
    return _taxed(store, line | {"total": money(_rounded(total))})


def _taxed(store: StoreCore, line: Row) -> Row:
    subtotal_tax, total_tax = _tax(store, line["subtotal"]), _tax(store, line["total"])
    taxes = _taxes(total_tax, subtotal_tax)
    return line | {"subtotal_tax": subtotal_tax, "total_tax": total_tax, "taxes": taxes}


def _tax(store: StoreCore, net: str) -> str:
    return money(_rounded(Decimal(net) * store.settings.tax_percent / 100))


def _taxes(total: str, subtotal: str | None = None) -> list[dict[str, Any]]:
    if Decimal(subtotal or total) == 0:
        return []
    return [{"id": TAX_RATE, "total": total, "subtotal": total if subtotal is None else subtotal}]


def _without_tax(store: StoreCore, price: Decimal) -> Decimal:
    if not store.settings.prices_include_tax:
        return price
    return _rounded(price * 100 / (100 + store.settings.tax_percent))


def _rounded(value: Decimal) -> Decimal:
    return value.quantize(_CENT, ROUND_HALF_UP)
