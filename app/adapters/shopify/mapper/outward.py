"""Our values → inputs the API takes; pure. Prices are texts, null clears."""

import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

from app.adapters.shopify.mapper.dialect import Dialect
from app.adapters.shopify.mapper.names import ATTRIBUTES, KEY, ONLY_OPTION, ONLY_VALUE
from app.adapters.types import Problem
from app.adapters.values import Value, Values
from app.core.money import Money

Body = dict[str, Any]

_STATUSES: Final = {
    "active": "ACTIVE",
    "draft": "DRAFT",
    "inactive": "ACTIVE",  # active, and published nowhere
    "archived": "ARCHIVED",
}
_WITHOUT_PUBLISHING: Final = {**_STATUSES, "inactive": "UNLISTED"}


class CannotSay(Exception):
    """The shop has no way to keep this value."""

    def __init__(self, sentence: str, code: str) -> None:
        self.sentence = sentence
        self.code = code
        super().__init__(sentence)


def key_metafield(key: str) -> Body:
    """Return the metafield that carries our key on a product or variant."""
    return {"key": KEY, "type": "id", "value": key}


def attributes_metafield(attributes: Value) -> Body:
    """Return the metafield that carries attributes which are not options."""
    text = json.dumps(attributes or {}, ensure_ascii=False, sort_keys=True)
    return {"key": ATTRIBUTES, "type": "json", "value": text}


def product_body(values: Values, *, publishes: bool) -> Body:
    """Return texts, tags and status of a product; its kind is composed where the taxonomy is."""
    body: Body = {}
    if "title" in values:
        body["title"] = values["title"] or ""
    if "description" in values:
        body["descriptionHtml"] = values["description"] or ""
    if "brand" in values:
        body["vendor"] = values["brand"] or ""
    if "tags" in values:
        body["tags"] = list(values["tags"] or ())
    if "status" in values:
        table = _STATUSES if publishes else _WITHOUT_PUBLISHING
        body["status"] = table.get(values["status"], "DRAFT")
    return body


def options_body(options: Sequence[Mapping[str, Any]]) -> list[Body]:
    """Return the options of a product with their values; none are Shopify's one default."""
    listed = options or [{"name": ONLY_OPTION, "values": [ONLY_VALUE]}]
    return [
        {
            "name": option["name"],
            "position": position,
            "values": [{"name": value} for value in option["values"]],
        }
        for position, option in enumerate(listed, start=1)
    ]


def choice_body(choice: Mapping[str, str] | None) -> list[Body]:
    """Return which option values a variant stands for."""
    chosen = choice or {ONLY_OPTION: ONLY_VALUE}
    return [{"optionName": name, "name": value} for name, value in chosen.items()]


def variant_body(
    values: Values, current: Values, dialect: Dialect, *, variant_key: str | None = None
) -> tuple[Body, list[Problem]]:
    """Return a row of productVariantsBulkUpdate, and what could not be said.

    `values` holds what changes, `current` what the shop shows: a price and a sale price are two
    views of the same two fields. Stock, choice and picture are composed elsewhere.
    """
    body: Body = {}
    problems = []
    for name, write in _WRITERS.items():
        if name not in values:
            continue
        try:
            _merge(body, write(values[name], dialect))
        except CannotSay as error:
            problems.append(Problem(error.sentence, name, error.code, variant_key))
    if "price" in values or "sale_price" in values:
        try:
            body.update(_prices({**current, **values}, dialect))
        except CannotSay as error:
            problems.append(Problem(error.sentence, "price", error.code, variant_key))
    return body, problems


def as_set_row(body: Mapping[str, Any]) -> Body:
    """Turn a row of productVariantsBulkUpdate into one of productSet, whose SKU stands outside."""
    row = dict(body)
    item = dict(row.pop("inventoryItem", {}))
    if "sku" in item:
        row["sku"] = item.pop("sku")
    return {**row, "inventoryItem": item} if item else row


def _merge(body: Body, part: Body) -> None:
    for name, value in part.items():
        if isinstance(value, dict) and isinstance(body.get(name), dict):
            body[name] = {**body[name], **value}
        else:
            body[name] = value


def _prices(values: Values, dialect: Dialect) -> Body:
    price, sale = _amount(values.get("price"), dialect), _amount(values.get("sale_price"), dialect)
    if price is None:
        raise CannotSay("Shopify needs a price. Set one.", "no_price")
    if sale is None:
        return {"price": f"{price.amount:f}", "compareAtPrice": None}
    if sale.minor >= price.minor:
        raise CannotSay(
            "The sale price is not lower than the price, so Shopify would not show a sale. Lower"
            " it, or remove it.",
            "sale_not_lower",
        )
    return {"price": f"{sale.amount:f}", "compareAtPrice": f"{price.amount:f}"}


def _amount(value: Value, dialect: Dialect) -> Money | None:
    if value is None:
        return None
    if value["currency"] != dialect.currency:
        raise CannotSay(
            f"The price is in {value['currency']}, and this shop sells in {dialect.currency}. Set a"
            f" price in {dialect.currency}.",
            "wrong_currency",
        )
    return Money(int(value["minor"]), value["currency"])


def _sku(value: Value, _: Dialect) -> Body:
    return {"inventoryItem": {"sku": value or ""}}


def _gtin(value: Value, _: Dialect) -> Body:
    return {"barcode": value or ""}


def _backorders(value: Value, _: Dialect) -> Body:
    return {"inventoryPolicy": "CONTINUE" if value in ("yes", "notify") else "DENY"}


def _weight(value: Value, dialect: Dialect) -> Body:
    if value is None:
        weight: Body = {"value": 0.0, "unit": "KILOGRAMS"}
    else:
        found = dialect.weight(value)
        if found is None:
            raise CannotSay(
                f"“{value.get('value')} {value.get('unit')}” is no weight Shopify could keep."
                " Correct the value.",
                "wrong_unit",
            )
        weight = {"value": float(found[0]), "unit": found[1]}
    return {"inventoryItem": {"measurement": {"weight": weight}}}


_WRITERS: Final[Mapping[str, Callable[[Value, Dialect], Body]]] = {
    "sku": _sku,
    "gtin": _gtin,
    "backorders": _backorders,
    "weight": _weight,
}
