"""productOptionsCreate, productOptionUpdate and productOptionsDelete."""

from collections.abc import Mapping
from typing import Any

from app.simulators.shopify import goods, levels, texts
from app.simulators.shopify.call import Call
from app.simulators.shopify.core import StoreCore
from app.simulators.shopify.errors import UserErrors, user_error
from app.simulators.shopify.writes import choices
from app.simulators.storage import Row


def _gone(**empty: Any) -> Mapping[str, Any]:
    error = user_error(["productId"], "Product does not exist.", "PRODUCT_DOES_NOT_EXIST")
    return {"product": None, "userErrors": [error], **empty}


def _product(call: Call, args: Mapping[str, Any]) -> Row | None:
    return call.store.products.get(texts.number(args["productId"], "Product"))


def create(call: Call, args: dict[str, Any]) -> Mapping[str, Any]:
    """Add options; standing variants get the first value, or every combination is made."""
    store, product = call.store, _product(call, args)
    if product is None:
        return _gone()
    held = [] if goods.has_only_default(product) else choices.copied(product)
    errors = _create_errors(store, held, args["options"])
    if errors:
        return {"product": call.show("Product", product), "userErrors": errors}
    added = [
        goods.new_option(store, each["name"], [value["name"] for value in each["values"]])
        for each in args["options"]
    ]
    for row in goods.variants_of(store, product["id"]):
        kept = row["choices"] if held else []
        chosen = [*kept, *(option["values"][0]["id"] for option in added)]
        goods.put_variant(store, row | {"choices": chosen}, row)
    product = goods.put_product(store, product | {"options": [*held, *added]})
    if args.get("variantStrategy") == "CREATE":
        fill(store, product)
    return {"product": call.show("Product", product), "userErrors": []}


def _create_errors(
    store: StoreCore, held: list[choices.Option], given: list[Mapping[str, Any]]
) -> UserErrors:
    errors: UserErrors = []
    if len(held) + len(given) > store.settings.max_options:
        message = f"Can only specify a maximum of {store.settings.max_options} options"
        errors.append(user_error(["options"], message, "OPTIONS_OVER_LIMIT"))
    names = {option["name"].casefold() for option in held}
    for at, each in enumerate(given):
        name = (each.get("name") or "").strip()
        values = [value.get("name") or "" for value in each.get("values") or []]
        if not name:
            message = "Each option must have a name specified."
            errors.append(user_error(["options", at], message, "OPTION_NAME_MISSING"))
        elif name.casefold() in names:
            message = f"Option '{name}' already exists."
            errors.append(user_error(["options", at], message, "OPTION_ALREADY_EXISTS"))
        if not values:
            message = "New options must have at least one value for existing variants."
            code = "NEW_OPTION_WITHOUT_VALUE_FOR_EXISTING_VARIANTS"
            errors.append(user_error(["options", at], message, code))
        if len({value.casefold() for value in values}) < len(values):
            message = "Duplicated option value."
            errors.append(user_error(["options", at], message, "DUPLICATED_OPTION_VALUE"))
        names.add(name.casefold())
    return errors


def fill(store: StoreCore, product: Row) -> None:
    """Make the variants that are missing between all the option values."""
    combinations: list[list[int]] = [[]]
    for option in product["options"]:
        combinations = [
            [*chosen, value["id"]] for chosen in combinations for value in option["values"]
        ]
    standing = goods.variants_of(store, product["id"])
    taken = [row["choices"] for row in standing]
    for chosen in combinations:
        if chosen not in taken:
            values = {name: standing[0][name] for name in ("price", "taxable", "inventory_policy")}
            made = goods.put_variant(store, goods.new_variant(store, product, chosen, **values))
            levels.stock_everywhere(store, made["item_id"])


def update(call: Call, args: dict[str, Any]) -> Mapping[str, Any]:
    """Rename an option or its values, add values, delete values."""
    store, product = call.store, _product(call, args)
    if product is None:
        return _gone()
    options = choices.copied(product)
    option = choices.find_option(options, {"optionId": args["option"]["id"]})
    if option is None:
        error = user_error(["option"], "Option does not exist.", "OPTION_DOES_NOT_EXIST")
        return {"product": call.show("Product", product), "userErrors": [error]}
    errors = _rename(options, option, args) + _add_values(store, option, args)
    gone = {
        texts.number(each, "ProductOptionValue") for each in args.get("optionValuesToDelete") or []
    }
    standing = store.variants.where("product", product["id"])
    used = [row for row in standing if gone & set(row["choices"])]
    is_managed = args.get("variantStrategy") == "MANAGE"
    errors += _delete_errors(option, gone, used, is_managed=is_managed)
    is_filled = is_managed and bool(args.get("optionValuesToAdd"))
    if len(used) == len(standing) and not is_filled and not errors:
        message = "Cannot leave the options of a product without variants."
        code = "CANNOT_LEAVE_OPTIONS_WITHOUT_VARIANTS"
        errors.append(user_error(["optionValuesToDelete"], message, code))
    if errors:
        return {"product": call.show("Product", product), "userErrors": errors}
    option["values"] = [value for value in option["values"] if value["id"] not in gone]
    product = goods.put_product(store, product | {"options": options})
    if is_filled:
        fill(store, product)
    for row in used:
        goods.drop_variant(store, row)
    goods.renumber(store, product["id"])
    return {"product": call.show("Product", product), "userErrors": []}


def _rename(
    options: list[choices.Option], option: choices.Option, args: Mapping[str, Any]
) -> UserErrors:
    errors: UserErrors = []
    name = args["option"].get("name")
    if name:
        if any(
            each["name"].casefold() == name.casefold() for each in options if each is not option
        ):
            message = f"Option '{name}' already exists."
            errors.append(user_error(["option", "name"], message, "OPTION_ALREADY_EXISTS"))
        option["name"] = name
    for at, each in enumerate(args.get("optionValuesToUpdate") or []):
        value = choices.find_value(option, each)
        if value is None:
            message = "Option value does not exist."
            path: list[str | int] = ["optionValuesToUpdate", at]
            errors.append(user_error(path, message, "OPTION_VALUE_DOES_NOT_EXIST"))
        elif each.get("name"):
            value["name"] = each["name"]
    return errors


def _add_values(store: StoreCore, option: choices.Option, args: Mapping[str, Any]) -> UserErrors:
    errors: UserErrors = []
    for at, each in enumerate(args.get("optionValuesToAdd") or []):
        if choices.find_value(option, each) is not None:
            message = f"Option value '{each['name']}' already exists."
            path: list[str | int] = ["optionValuesToAdd", at]
            errors.append(user_error(path, message, "OPTION_VALUE_ALREADY_EXISTS"))
        option["values"].append({"id": store.take_id(), "name": each["name"]})
    return errors


def _delete_errors(
    option: choices.Option, gone: set[int | None], used: list[Row], *, is_managed: bool
) -> UserErrors:
    errors: UserErrors = []
    if used and not is_managed:
        message = "Cannot delete an option value that has variants."
        errors.append(user_error(["optionValuesToDelete"], message, "OPTION_VALUE_HAS_VARIANTS"))
    if gone and gone >= {value["id"] for value in option["values"]}:
        message = "Cannot delete all option values of an option."
        code = "CANNOT_DELETE_ALL_OPTION_VALUES_IN_OPTION"
        errors.append(user_error(["optionValuesToDelete"], message, code))
    return errors


def delete(call: Call, args: dict[str, Any]) -> Mapping[str, Any]:
    """Delete options that have one value; with POSITION the first variants win."""
    store, product = call.store, _product(call, args)
    if product is None:
        return _gone(deletedOptionsIds=None)
    wanted = [texts.number(each, "ProductOption") for each in args["options"]]
    known = {option["id"]: option for option in product["options"]}
    error = _delete_error(known, wanted, args.get("strategy", "DEFAULT"))
    if error is not None:
        shown = call.show("Product", product)
        return {"deletedOptionsIds": [], "product": shown, "userErrors": [error]}
    kept = [option for option in product["options"] if option["id"] not in wanted]
    at = [place for place, option in enumerate(product["options"]) if option["id"] not in wanted]
    seen: set[tuple[int, ...]] = set()
    if not kept:
        kept = [goods.new_option(store, goods.DEFAULT_OPTION, [goods.DEFAULT_VALUE])]
    for row in goods.variants_of(store, product["id"]):
        chosen = [row["choices"][place] for place in at] or [kept[0]["values"][0]["id"]]
        if tuple(chosen) in seen:
            goods.drop_variant(store, row)
            continue
        seen.add(tuple(chosen))
        goods.put_variant(store, row | {"choices": chosen}, row)
    product = goods.put_product(store, product | {"options": kept})
    goods.renumber(store, product["id"])
    shown = call.show("Product", product)
    return {"deletedOptionsIds": args["options"], "product": shown, "userErrors": []}


def _delete_error(
    known: Mapping[int, choices.Option], wanted: list[int | None], strategy: str
) -> dict[str, Any] | None:
    for at, number in enumerate(wanted):
        option = known.get(number or 0)
        if option is None:
            return user_error(["options", at], "Option does not exist.", "OPTION_DOES_NOT_EXIST")
        if len(option["values"]) > 1 and strategy == "DEFAULT":
            message = "Cannot delete an option with multiple values."
            return user_error(["options", at], message, "CANNOT_DELETE_OPTION_WITH_MULTIPLE_VALUES")
        if len(option["values"]) > 1 and strategy == "NON_DESTRUCTIVE":
            message = "The option cannot be deleted without deleting variants."
            return user_error(["options", at], message, "CANNOT_USE_NON_DESTRUCTIVE_STRATEGY")
    return None
