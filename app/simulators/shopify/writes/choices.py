"""What makes variants different: finding the option values that inputs name."""

from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

from app.simulators.shopify import goods, texts
from app.simulators.shopify.core import StoreCore
from app.simulators.storage import Row

Option = dict[str, Any]


class Wrong(NamedTuple):
    """A choice that cannot be made: its code, the sentence, and which of the values it is."""

    code: str
    message: str
    at: int | None = None


def find_option(options: Iterable[Option], given: Mapping[str, Any]) -> Option | None:
    """Return the option that an input names by id or by name."""
    if given.get("optionId"):
        wanted = texts.number(given["optionId"], "ProductOption")
        return next((option for option in options if option["id"] == wanted), None)
    name = (given.get("optionName") or "").casefold()
    return next((option for option in options if option["name"].casefold() == name), None)


def find_value(option: Option, given: Mapping[str, Any]) -> dict[str, Any] | None:
    """Return the value that an input names by id or by name."""
    if given.get("id"):
        wanted = texts.number(given["id"], "ProductOptionValue")
        return next((value for value in option["values"] if value["id"] == wanted), None)
    name = (given.get("name") or "").casefold()
    return next((value for value in option["values"] if value["name"].casefold() == name), None)


def choose(
    store: StoreCore,
    options: list[Option],
    given: list[Mapping[str, Any]],
    *,
    may_add: bool,
    start: list[int] | None = None,
) -> tuple[list[int], Wrong | None]:
    """Return the chosen value of every option, in order; new names are added where allowed.

    `start` are the choices so far, of which the input may change a part.
    """
    chosen = dict(zip((option["id"] for option in options), start or [], strict=False))
    for at, each in enumerate(given):
        option = find_option(options, each)
        if option is None:
            return [], Wrong("OPTION_DOES_NOT_EXIST", "Option does not exist", at)
        value = find_value(option, each)
        if value is None and (not may_add or not each.get("name")):
            return [], Wrong("OPTION_VALUE_DOES_NOT_EXIST", "Option value does not exist", at)
        if value is None:
            value = {"id": store.take_id(), "name": each["name"]}
            option["values"].append(value)
        chosen[option["id"]] = value["id"]
    missing = [option["name"] for option in options if option["id"] not in chosen]
    if missing:
        message = f"You need to add option values for {', '.join(missing)}"
        return [], Wrong("NEED_TO_ADD_OPTION_VALUES", message)
    return [chosen[option["id"]] for option in options], None


def copied(product: Row) -> list[Option]:
    """Return a product's options so that they can be changed without changing the product."""
    return [
        option | {"values": [dict(value) for value in option["values"]]}
        for option in product["options"]
    ]


def without_unused(store: StoreCore, product: Row) -> Row:
    """Return a product without the option values that no variant has any more."""
    used = {
        choice
        for variant in store.variants.where("product", product["id"])
        for choice in variant["choices"]
    }
    options = [
        option | {"values": [value for value in option["values"] if value["id"] in used]}
        for option in product["options"]
    ]
    return product | {"options": options}


def names(product: Row, variant: Row) -> str:
    """Return how a message calls a variant."""
    return goods.variant_title(product, variant)
