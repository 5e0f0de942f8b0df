"""Order: of media, options and variants; and which variant shows which medium."""

from collections.abc import Mapping
from typing import Any, Final

from app.simulators.shopify import goods, texts
from app.simulators.shopify.call import Call
from app.simulators.shopify.core import StoreCore
from app.simulators.shopify.errors import UserErrors, user_error
from app.simulators.shopify.writes import attachments, choices
from app.simulators.storage import Row

MOST_PAIRS: Final = 100


def _product(call: Call, wanted: str) -> Row | None:
    return call.store.products.get(texts.number(wanted, "Product"))


def _gone(field: str) -> dict[str, Any]:
    return user_error([field], "Product does not exist", "PRODUCT_DOES_NOT_EXIST")


def reorder_media(call: Call, args: dict[str, Any]) -> Mapping[str, Any]:
    """Move media to new places, one move after the other."""
    product = _product(call, args["id"])
    if product is None:
        return {"job": None, "mediaUserErrors": [_gone("id")]}
    media = list(product["media"])
    for at, move in enumerate(args["moves"]):
        number = attachments.file_number(call.store, move["id"])
        if number not in media:
            message = "Media does not exist on the product"
            code = "MEDIA_DOES_NOT_EXIST_ON_PRODUCT"
            error = user_error(["moves", at, "id"], message, code)
            return {"job": None, "mediaUserErrors": [error]}
        media.remove(number)
        media.insert(int(move["newPosition"]), number)
    goods.put_product(call.store, product | {"media": media})
    job = {"id": f"gid://shopify/Job/{call.store.take_id()}", "done": False}
    return {"job": job, "mediaUserErrors": []}


def append_media(call: Call, args: dict[str, Any]) -> Mapping[str, Any]:
    """Let variants show media of their product."""
    return _attach(call, args, is_attached=True)


def detach_media(call: Call, args: dict[str, Any]) -> Mapping[str, Any]:
    """Let variants show media no longer."""
    return _attach(call, args, is_attached=False)


def _attach(call: Call, args: dict[str, Any], *, is_attached: bool) -> Mapping[str, Any]:
    store, product = call.store, _product(call, args["productId"])
    if product is None:
        return {"product": None, "productVariants": None, "userErrors": [_gone("productId")]}
    errors: UserErrors = []
    ready: list[tuple[Row, list[int]]] = []
    for at, given in enumerate(args["variantMedia"]):
        row = store.variants.get(texts.number(given["variantId"], "ProductVariant"))
        numbers = [attachments.file_number(store, each) for each in given["mediaIds"]]
        problem = _pair_problem(store, product, row, numbers, is_attached=is_attached)
        if problem is not None:
            errors.append(user_error(["variantMedia", at], *problem))
        elif row is not None:
            ready.append((row, [number for number in numbers if number is not None]))
    if len(args["variantMedia"]) > MOST_PAIRS:
        message = "Exceeded the maximum number of 100 variant-media pairs per mutation call"
        code = "MAXIMUM_VARIANT_MEDIA_PAIRS_EXCEEDED"
        errors.append(user_error(["variantMedia"], message, code))
    if errors:
        shown = call.show("Product", product)
        return {"product": shown, "productVariants": None, "userErrors": errors}
    rows = [
        goods.put_variant(store, row | {"media": numbers if is_attached else []}, row)
        for row, numbers in ready
    ]
    product = goods.put_product(store, product)
    shown_rows = [call.show("ProductVariant", row) for row in rows]
    told = {"productVariants": shown_rows, "userErrors": []}
    return {"product": call.show("Product", product), **told}


def _pair_problem(
    store: StoreCore,
    product: Row,
    row: Row | None,
    numbers: list[int | None],
    *,
    is_attached: bool,
) -> tuple[str, str] | None:
    if row is None or row["product_id"] != product["id"]:
        message = "Variant does not exist on the specified product"
        return message, "PRODUCT_VARIANT_DOES_NOT_EXIST_ON_PRODUCT"
    if len(numbers) != 1:
        return "Only one mediaId is allowed per pair", "TOO_MANY_MEDIA_PER_INPUT_PAIR"
    number = numbers[0]
    if number is None:
        return "Media does not exist", "MEDIA_DOES_NOT_EXIST"
    if not is_attached:
        is_shown = number in row["media"]
        message = "The specified media is not attached to the specified variant"
        return None if is_shown else (message, "MEDIA_IS_NOT_ATTACHED_TO_VARIANT")
    return _append_problem(store, product, row, number)


def _append_problem(
    store: StoreCore, product: Row, row: Row, number: int
) -> tuple[str, str] | None:
    if number not in product["media"]:
        return "Media does not exist on the specified product", "MEDIA_DOES_NOT_EXIST_ON_PRODUCT"
    if store.media.rows[number]["status"] != "READY":
        return "Non-ready media cannot be attached to variants", "NON_READY_MEDIA"
    if row["media"]:
        return "Product variant already has attached media", "PRODUCT_VARIANT_ALREADY_HAS_MEDIA"
    return None


def reorder_variants(call: Call, args: dict[str, Any]) -> Mapping[str, Any]:
    """Give variants new positions; the others keep their order around them."""
    store, product = call.store, _product(call, args["productId"])
    if product is None:
        return {"product": None, "userErrors": [_gone("productId")]}
    numbers = [texts.number(each["id"], "ProductVariant") for each in args["positions"]]
    rows = goods.variants_of(store, product["id"])
    known = {row["id"] for row in rows}
    error = None
    if len(set(numbers)) < len(numbers):
        message = "Product variant IDs must be unique."
        error = user_error(["positions"], message, "DUPLICATED_VARIANT_ID")
    elif not set(numbers) <= known:
        error = user_error(["positions"], "Variant does not exist", "MISSING_VARIANT")
    elif any(each["position"] < 1 for each in args["positions"]):
        error = user_error(["positions"], "Position must be at least 1", "INVALID_POSITION")
    if error is not None:
        return {"product": call.show("Product", product), "userErrors": [error]}
    order = [row["id"] for row in rows if row["id"] not in numbers]
    placed = zip(numbers, args["positions"], strict=True)
    for number, each in sorted(placed, key=lambda pair: pair[1]["position"]):
        order.insert(each["position"] - 1, number)
    for position, number in enumerate(order, start=1):
        goods.place(store, store.variants.rows[number], position)
    product = goods.put_product(store, product)
    return {"product": call.show("Product", product), "userErrors": []}


def reorder_options(call: Call, args: dict[str, Any]) -> Mapping[str, Any]:
    """Bring options and their values into the order given; variants follow."""
    product = _product(call, args["productId"])
    if product is None:
        return {"product": None, "userErrors": [_gone("productId")]}
    held = choices.copied(product)
    ordered: list[choices.Option] = []
    for at, given in enumerate(args["options"]):
        wanted = {"optionId": given.get("id"), "optionName": given.get("name")}
        option = choices.find_option(held, wanted)
        if option is None:
            code = "OPTION_ID_DOES_NOT_EXIST" if given.get("id") else "OPTION_NAME_DOES_NOT_EXIST"
            error = user_error(["options", at], "Option does not exist.", code)
            return {"product": call.show("Product", product), "userErrors": [error]}
        ordered.append(option | {"values": _ordered_values(option, given.get("values") or [])})
    if len({option["id"] for option in ordered}) < len(held):
        message = "Every option has to be named once."
        error = user_error(["options"], message, "MISSING_OPTION_NAME")
        return {"product": call.show("Product", product), "userErrors": [error]}
    return _reordered(call, product, ordered)


def _ordered_values(option: choices.Option, given: list[Mapping[str, Any]]) -> list[dict[str, Any]]:
    first = [value for each in given if (value := choices.find_value(option, each)) is not None]
    return first + [value for value in option["values"] if value not in first]


def _reordered(call: Call, product: Row, ordered: list[choices.Option]) -> Mapping[str, Any]:
    store = call.store
    before = [option["id"] for option in product["options"]]
    at = [before.index(option["id"]) for option in ordered]
    rows = [
        row | {"choices": [row["choices"][place] for place in at]}
        for row in goods.variants_of(store, product["id"])
    ]
    ranks = [[value["id"] for value in option["values"]] for option in ordered]
    rows.sort(
        key=lambda row: [
            rank.index(choice) for rank, choice in zip(ranks, row["choices"], strict=True)
        ]
    )
    for position, row in enumerate(rows, start=1):
        goods.place(store, row, position)
    product = goods.put_product(store, product | {"options": ordered})
    return {"product": call.show("Product", product), "userErrors": []}
