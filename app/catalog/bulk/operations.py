"""Pure: what a bulk edit wishes of one product."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation
from typing import Any, Final
from uuid import UUID

from app.catalog.bulk.steps import Step, inverse
from app.catalog.service.drafts import ProductChange, ProductValues
from app.core.errors import Invalid
from app.core.money import Money, NotMoney, exponent

STATUSES: Final = ("active", "draft", "inactive")
UNDO: Final = "undo"
CLEARING: Final = ("sale_clear", "gtin_clear")  # kinds that take no value


@dataclass(frozen=True, slots=True)
class Operation:
    """A kind of change and its value, as kept on the bulk edit."""

    kind: str
    value: str = ""
    ending: str = ""  # prices: round to end in this, such as .99
    steps: Mapping[str, list[Any]] = field(default_factory=dict)  # undo: product → kept steps
    currency: str = ""  # prices: what a variant without a price gets one in

    def to_json(self) -> dict[str, Any]:
        """Return a plain dict."""
        kept: dict[str, Any] = {"kind": self.kind, "value": self.value, "ending": self.ending}
        if self.currency:
            kept["currency"] = self.currency
        return {**kept, "steps": dict(self.steps)} if self.steps else kept

    @property
    def origin(self) -> str:
        """What history calls changes made by it."""
        return "undo" if self.kind == UNDO else "bulk"


def read_operation(given: Mapping[str, Any]) -> Operation:
    """Check what a person chose; raises Invalid at the field."""
    kind, value = str(given.get("kind") or ""), str(given.get("value") or "").strip()
    ending = str(given.get("ending") or "").strip()
    if kind not in OPERATIONS:
        raise Invalid(fields={"kind": "Choose what to change."})
    if kind == "status" and value not in STATUSES:
        raise Invalid(fields={"value": "Choose active, draft or inactive."})
    if kind in ("price_percent", "price_amount", "price_set"):
        _number(value, ending)
    elif kind != "brand" and kind not in CLEARING and not value:
        raise Invalid(fields={"value": "Say what to set."})
    steps = given.get("steps") if kind == UNDO else None
    return Operation(kind, value, ending, steps or {}, str(given.get("currency") or ""))


def _number(value: str, ending: str) -> None:
    try:
        number = Decimal(value.replace(",", ".").rstrip("%").strip())
    except InvalidOperation as error:
        raise Invalid(fields={"value": f"“{value}” is not a number."}) from error
    if not number.is_finite():
        raise Invalid(fields={"value": f"“{value}” is not a number."})
    if abs(number) > 10**9:
        raise Invalid(fields={"value": "This number is too large."})
    if ending and not (ending.startswith(".") and ending[1:].isdigit()):
        raise Invalid(fields={"ending": "An ending looks like .99 or .00."})


def _decimal(value: str) -> Decimal:
    return Decimal(value.replace(",", ".").rstrip("%").strip())


def changes_for(operation: Operation, product: ProductValues) -> ProductChange:
    """Return the change an operation wishes of a product; raises Invalid when it cannot be."""
    return OPERATIONS[operation.kind](operation, product)


def _field(name: str) -> Callable[[Operation, ProductValues], ProductChange]:
    def change(operation: Operation, product: ProductValues) -> ProductChange:
        return ProductChange(product.product_id, {name: operation.value or None})

    return change


def _words(value: str) -> list[str]:
    return [word.strip() for word in value.split(",") if word.strip()]


def _add(name: str) -> Callable[[Operation, ProductValues], ProductChange]:
    def change(operation: Operation, product: ProductValues) -> ProductChange:
        had = list(product.values.get(name) or ())
        return ProductChange(product.product_id, {name: sorted({*had, *_words(operation.value)})})

    return change


def _remove(name: str) -> Callable[[Operation, ProductValues], ProductChange]:
    def change(operation: Operation, product: ProductValues) -> ProductChange:
        gone = {word.casefold() for word in _words(operation.value)}
        kept = [word for word in product.values.get(name) or () if word.casefold() not in gone]
        return ProductChange(product.product_id, {name: kept})

    return change


def _replace_categories(operation: Operation, product: ProductValues) -> ProductChange:
    return ProductChange(product.product_id, {"categories": _words(operation.value)})


def _priced(
    rule: Callable[[Money, Operation], Money], *, fills: bool = False
) -> Callable[[Operation, ProductValues], ProductChange]:
    def change(operation: Operation, product: ProductValues) -> ProductChange:
        variants: dict[UUID, dict[str, Any]] = {}
        for key, values in product.variants.items():
            price = values.get("price")
            if price is None and not (fills and operation.currency):
                continue
            held = price or {"minor": 0, "currency": operation.currency}
            try:
                moved = _ended(
                    rule(Money(held["minor"], held["currency"]), operation), operation.ending
                )
            except NotMoney as error:
                raise Invalid(str(error)) from error
            if moved.minor < 0:
                raise Invalid("The price would fall below 0.")
            variants[key] = {"price": {"minor": moved.minor, "currency": moved.currency}}
        return ProductChange(product.product_id, variants=variants)

    return change


def _ended(price: Money, ending: str) -> Money:
    """Return the nearest price that ends so; half way goes up."""
    places = exponent(price.currency)
    if not ending or places == 0:
        return price
    unit = 10**places
    tail = int(ending[1:].ljust(places, "0")[:places])
    nearest = (price.minor - tail + unit // 2) // unit * unit + tail
    return Money(max(nearest, tail), price.currency)


def _percent(price: Money, operation: Operation) -> Money:
    return price.changed_by(_decimal(operation.value))


def _amount(price: Money, operation: Operation) -> Money:
    return price + Money.of(_decimal(operation.value), price.currency)


def _set(price: Money, operation: Operation) -> Money:
    return Money.of(_decimal(operation.value), price.currency)


def _clear(*names: str) -> Callable[[Operation, ProductValues], ProductChange]:
    def change(_operation: Operation, product: ProductValues) -> ProductChange:
        variants = {key: dict.fromkeys(names) for key in product.variants}
        return ProductChange(product.product_id, variants=variants)

    return change


def _undo(operation: Operation, product: ProductValues) -> ProductChange:
    change, left = _inverse(operation, product)
    if left and not (change.values or change.variants):
        raise Invalid(" ".join(left))
    return change


def stays(operation: Operation, product: ProductValues) -> list[str]:
    """Say what of a product an operation leaves as it is although it was asked for."""
    return _inverse(operation, product)[1] if operation.kind == UNDO else []


def _inverse(operation: Operation, product: ProductValues) -> tuple[ProductChange, list[str]]:
    kept = operation.steps.get(str(product.product_id), ())
    return inverse([Step.from_json(each) for each in kept], product)


OPERATIONS: Final[Mapping[str, Callable[[Operation, ProductValues], ProductChange]]] = {
    "status": _field("status"),
    "brand": _field("brand"),
    "tags_add": _add("tags"),
    "tags_remove": _remove("tags"),
    "categories_add": _add("categories"),
    "categories_remove": _remove("categories"),
    "categories_set": _replace_categories,
    "price_percent": _priced(_percent),
    "price_amount": _priced(_amount),
    "price_set": _priced(_set, fills=True),
    "sale_clear": _clear("sale_price", "sale_from", "sale_to"),
    "gtin_clear": _clear("gtin"),
    UNDO: _undo,
}

# What a person may choose; an undo begins at what it takes back.
LABELS: Final[Mapping[str, str]] = {
    "status": "Set the status",
    "brand": "Set the brand",
    "tags_add": "Add tags",
    "tags_remove": "Remove tags",
    "categories_add": "Add categories",
    "categories_remove": "Remove categories",
    "categories_set": "Replace the categories",
    "price_percent": "Change prices by percent",
    "price_amount": "Change prices by an amount",
    "price_set": "Set the price",
    "sale_clear": "End the sale",
    "gtin_clear": "Empty the barcodes",
}


def describe(operation: Operation) -> str:
    """Say an operation in words."""
    if operation.kind == UNDO:
        return f"Undo {operation.value}"
    ending = f", ending in {operation.ending}" if operation.ending else ""
    if operation.kind in ("price_percent", "price_amount"):
        move, unit = _decimal(operation.value), f" {operation.currency}".rstrip()
        unit = "%" if operation.kind == "price_percent" else unit
        return f"{'Lower' if move < 0 else 'Raise'} prices by {abs(move)}{unit}{ending}"
    tail = f": {operation.value}" if operation.value else ""
    return f"{LABELS[operation.kind]}{tail}{ending}"
