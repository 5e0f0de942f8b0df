"""Our values → bodies the API takes; pure. Prices and measures are texts, "" empties a field."""

import html
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, Final

from app.adapters.types import Problem
from app.adapters.values import Value, Values
from app.adapters.woocommerce.mapper.dialect import Dialect, plain
from app.adapters.woocommerce.mapper.names import META_KEY
from app.core.money import Money

Body = dict[str, Any]

_STATUSES: Final = {
    "active": "publish",
    "draft": "draft",
    "inactive": "private",
    "archived": "private",
}
_NOT_IN_GTIN: Final = re.compile(r"[^0-9-]")


class CannotSay(Exception):
    """The shop has no way to keep this value."""

    def __init__(self, sentence: str, code: str) -> None:
        self.sentence = sentence
        self.code = code
        super().__init__(sentence)


def meta(key: str) -> Body:
    """Return what carries our key on a product or variation."""
    return {"meta_data": [{"key": META_KEY, "value": key}]}


def product_body(values: Values, *, is_hidden: bool = False) -> Body:
    """Return texts and status of a product; lists are composed elsewhere, with the shop's ids."""
    body: Body = {}
    if "title" in values:
        body["name"] = values["title"] or ""
    for name in ("description", "short_description"):
        if name in values:
            body[name] = values[name] or ""
    if "status" in values:
        body["status"] = _STATUSES.get(values["status"], "draft")
        if values["status"] == "active" and is_hidden:
            body["catalog_visibility"] = "visible"
    return body


def sellable_body(
    values: Values, dialect: Dialect, *, variant_key: str | None = None
) -> tuple[Body, list[Problem]]:
    """Return the fields of a variation or of a simple product, and which could not be said."""
    body: Body = {}
    problems = []
    for name, value in values.items():
        write = _SELLABLE.get(name)
        if write is None:
            continue
        try:
            _merge(body, write(name, value, dialect))
        except CannotSay as error:
            problems.append(Problem(error.sentence, name, error.code, variant_key))
    return body, problems


def choice_body(choice: Mapping[str, str], parent_attributes: Sequence[Mapping[str, Any]]) -> Body:
    """Return the attributes that say which options a variation stands for."""
    known = {folded(entry.get("name")): entry for entry in parent_attributes}
    return {
        "attributes": [
            {**_who(known.get(folded(name)), name), "option": option}
            for name, option in choice.items()
        ]
    }


def attributes(
    present: Sequence[Mapping[str, Any]],
    options: Sequence[Mapping[str, Any]],
    free: Mapping[str, Sequence[str]],
    choices: Iterable[Mapping[str, str]] = (),
) -> list[Body]:
    """Return the whole list of attributes: options first, each with every value variants use."""
    known = {folded(entry.get("name")): entry for entry in present}
    offered = {option["name"]: list(option["values"]) for option in options}
    for choice in choices:
        for name, value in choice.items():
            _add(offered, name, value)
    listed = [(name, values, True) for name, values in offered.items()]
    taken = {folded(name) for name in offered}
    listed += [
        (name, list(values), False) for name, values in free.items() if folded(name) not in taken
    ]
    return [
        {
            **_who(known.get(folded(name)), name),
            "position": position,
            "visible": bool(known.get(folded(name), {}).get("visible", True)),
            "variation": varies,
            "options": values,
        }
        for position, (name, values, varies) in enumerate(listed)
    ]


def _add(offered: dict[str, list[str]], name: str, value: str) -> None:
    spelled = next((each for each in offered if folded(each) == folded(name)), name)
    values = offered.setdefault(spelled, [])
    if folded(value) not in {folded(each) for each in values}:
        values.append(value)


def _who(entry: Mapping[str, Any] | None, name: str) -> Body:
    """Name an attribute: by id when it is one the whole shop shares, else by its name."""
    if entry is not None and entry.get("id"):
        return {"id": entry["id"]}
    return {"name": str(entry["name"]) if entry is not None else name}


def folded(text: Any) -> str:
    """Return what names and values of attributes are compared by: the shop may keep entities."""
    return html.unescape(str(text)).strip().casefold()


def _merge(body: Body, part: Body) -> None:
    for name, value in part.items():
        if isinstance(value, dict) and isinstance(body.get(name), dict):
            body[name] = {**body[name], **value}
        else:
            body[name] = value


def _sku(_: str, value: Value, __: Dialect) -> Body:
    return {"sku": value or ""}


def _gtin(_: str, value: Value, __: Dialect) -> Body:
    digits = _NOT_IN_GTIN.sub("", str(value or ""))
    if value and not digits:
        raise CannotSay("A barcode has digits only. Correct the barcode.", "gtin_without_digits")
    return {"global_unique_id": digits}


def _price(name: str, value: Value, dialect: Dialect) -> Body:
    theirs = "regular_price" if name == "price" else "sale_price"
    if value is None:
        return {theirs: ""}
    if value["currency"] != dialect.currency:
        raise CannotSay(
            f"The price is in {value['currency']}, and this shop sells in {dialect.currency}. Set a"
            f" price in {dialect.currency}.",
            "wrong_currency",
        )
    return {theirs: plain(Money(int(value["minor"]), value["currency"]).amount)}


def _moment(name: str, value: Value, _: Dialect) -> Body:
    theirs = "date_on_sale_from_gmt" if name == "sale_from" else "date_on_sale_to_gmt"
    if value is None:
        return {theirs: ""}
    moment = datetime.fromisoformat(str(value))
    aware = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return {theirs: aware.astimezone(UTC).replace(tzinfo=None, microsecond=0).isoformat()}


def _quantity(_: str, value: Value, __: Dialect) -> Body:
    if value is None:
        return {"manage_stock": False}
    return {"manage_stock": True, "stock_quantity": int(value)}


def _backorders(_: str, value: Value, __: Dialect) -> Body:
    return {"backorders": value or "no"}


def _measure(name: str, value: Value, dialect: Dialect) -> Body:
    spelled = dialect.spelled(name, value)
    if spelled is None:
        raise CannotSay(
            f"“{value.get('value')} {value.get('unit')}” cannot be written in"
            f" {dialect.unit_of(name)}. Correct the value.",
            "wrong_unit",
        )
    return {"weight": spelled} if name == "weight" else {"dimensions": {name: spelled}}


_SELLABLE: Final[Mapping[str, Callable[[str, Value, Dialect], Body]]] = {
    "sku": _sku,
    "gtin": _gtin,
    "price": _price,
    "sale_price": _price,
    "sale_from": _moment,
    "sale_to": _moment,
    "quantity": _quantity,
    "backorders": _backorders,
    "weight": _measure,
    "length": _measure,
    "width": _measure,
    "height": _measure,
}
