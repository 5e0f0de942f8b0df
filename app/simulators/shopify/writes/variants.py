"""productVariantsBulkCreate, -Update and -Delete."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from app.simulators.shopify import goods, levels, texts
from app.simulators.shopify.call import Call
from app.simulators.shopify.core import StoreCore
from app.simulators.shopify.errors import UserErrors, user_error
from app.simulators.shopify.writes import attachments, choices, metafields
from app.simulators.shopify.writes.choices import Wrong
from app.simulators.shopify.writes.values import Fault, variant_values
from app.simulators.storage import Row

_KINDS: Final = {"negative": "GREATER_THAN_OR_EQUAL_TO", "long": "INVALID_INPUT"}
_METAFIELD_KINDS: Final = {"CAPABILITY_VIOLATION", "INVALID_VALUE", "INVALID_TYPE", "BLANK"}


@dataclass
class Batch:
    """The rows of one call on one product, as they become."""

    store: StoreCore
    product: Row
    options: list[choices.Option]
    errors: UserErrors = field(default_factory=list)

    def note(self, at: int, faults: list[Fault]) -> None:
        """Tell what is wrong with one row."""
        for fault in faults:
            code = _KINDS.get(fault.kind, "INVALID_INPUT")
            path = ["variants", at, *fault.at]
            self.errors.append(user_error(path, fault.message, code))

    def refuse(self, at: int, where: str | None, message: str, code: str) -> None:
        """Tell one thing that is wrong with one row."""
        path: list[str | int] = ["variants", at, *([where] if where else [])]
        self.errors.append(user_error(path, message, code))


def _batch(call: Call, args: dict[str, Any]) -> Batch | None:
    product = call.store.products.get(texts.number(args["productId"], "Product"))
    return None if product is None else Batch(call.store, product, choices.copied(product))


def _no_product(**empty: Any) -> Mapping[str, Any]:
    error = user_error(["productId"], "Product does not exist", "PRODUCT_DOES_NOT_EXIST")
    return {"product": None, "userErrors": [error], **empty}


def create(call: Call, args: dict[str, Any]) -> Mapping[str, Any]:
    """Add variants, all or none; the plain variant of a product without options gives way."""
    batch = _batch(call, args)
    if batch is None:
        return _no_product(productVariants=None)
    store, product = batch.store, batch.product
    standing = goods.variants_of(store, product["id"])
    gone = _giving_way(product, standing, args.get("strategy", "DEFAULT"))
    taken = {tuple(row["choices"]) for row in standing if row not in gone}
    made: list[tuple[Row, Mapping[str, Any]]] = []
    for at, given in enumerate(args["variants"]):
        row = _new_row(batch, at, given, taken)
        if row is not None:
            made.append((row, given))
    if len(taken) + (0 if made else len(standing)) > store.settings.max_variants:
        message = "Exceeded the maximum number of variants"
        batch.errors.append(user_error(["variants"], message, "INVALID_INPUT"))
    if batch.errors:
        return {"product": None, "productVariants": [], "userErrors": batch.errors}
    return _created(call, batch, gone, made)


def _giving_way(product: Row, standing: list[Row], strategy: str) -> list[Row]:
    if len(standing) != 1 or strategy == "PRESERVE_STANDALONE_VARIANT":
        return []
    is_default = goods.has_only_default(product)
    return standing if is_default or strategy == "REMOVE_STANDALONE_VARIANT" else []


def _new_row(
    batch: Batch, at: int, given: Mapping[str, Any], taken: set[tuple[int, ...]]
) -> Row | None:
    if given.get("id"):
        batch.refuse(at, "id", "Variant id is not allowed on create", "NO_KEY_ON_CREATE")
    values, faults = variant_values(given)
    batch.note(at, faults)
    chosen, wrong = choices.choose(
        batch.store, batch.options, given.get("optionValues") or [], may_add=True
    )
    if wrong is not None:
        _note_choice(batch, at, wrong)
    elif tuple(chosen) in taken:
        title = goods.variant_title(batch.product | {"options": batch.options}, {"choices": chosen})
        batch.refuse(at, None, f"The variant '{title}' already exists.", "VARIANT_ALREADY_EXISTS")
    taken.add(tuple(chosen))
    for each in given.get("inventoryQuantities") or []:
        if levels.find_location(batch.store, each["locationId"]) is None:
            message = "Quantity could not be set. The location was not found."
            batch.refuse(at, "inventoryQuantities", message, "TRACKED_VARIANT_LOCATION_NOT_FOUND")
    _check_media(batch, at, given)
    if batch.errors:
        return None
    return goods.new_variant(batch.store, batch.product, chosen, **values)


def _note_choice(batch: Batch, at: int, wrong: Wrong) -> None:
    codes = {
        "OPTION_DOES_NOT_EXIST": "INVALID_INPUT",
        "OPTION_VALUE_DOES_NOT_EXIST": "INVALID_INPUT",
    }
    path: list[str | int] = ["variants", at, "optionValues"]
    if wrong.at is not None:
        path.append(wrong.at)
    batch.errors.append(user_error(path, wrong.message, codes.get(wrong.code, wrong.code)))


def _created(
    call: Call, batch: Batch, gone: list[Row], made: list[tuple[Row, Mapping[str, Any]]]
) -> Mapping[str, Any]:
    store = batch.store
    for row in gone:
        goods.drop_variant(store, row)
    first = len(store.variants.where("product", batch.product["id"])) + 1
    product = batch.product | {"options": batch.options}
    rows = []
    for position, (row, given) in enumerate(made, start=first):
        row = _with_media(store, product, row | {"position": position}, given)
        rows.append(goods.put_variant(store, row))
        _stock_new(store, row, given)
        _set_metafields(store, row, given)
    product = choices.without_unused(store, _with_row_media(product, rows))
    product = goods.put_product(store, product)
    shown = [call.show("ProductVariant", row) for row in rows]
    return {"product": call.show("Product", product), "productVariants": shown, "userErrors": []}


def _with_row_media(product: Row, rows: list[Row]) -> Row:
    added = [file_id for row in rows for file_id in row["media"] if file_id not in product["media"]]
    return product | {"media": product["media"] + list(dict.fromkeys(added))}


def _stock_new(store: StoreCore, row: Row, given: Mapping[str, Any]) -> None:
    for each in given.get("inventoryQuantities") or []:
        location = levels.find_location(store, each["locationId"])
        if location is not None:
            levels.set_to(
                store, row["item_id"], location["id"], "available", each["availableQuantity"]
            )
    levels.stock_everywhere(store, row["item_id"])


def _check_media(batch: Batch, at: int, given: Mapping[str, Any]) -> None:
    media_id = given.get("mediaId")
    if not media_id:
        return
    number = attachments.file_number(batch.store, media_id)
    if number is None or number not in batch.product["media"]:
        message = "Media does not belong to this product"
        batch.refuse(at, "mediaId", message, "MUST_BE_FOR_THIS_PRODUCT")
    elif batch.store.media.rows[number]["status"] != "READY":
        message = "Non-ready media cannot be attached to variants"
        batch.refuse(at, "mediaId", message, "INVALID_INPUT")


def _with_media(store: StoreCore, product: Row, row: Row, given: Mapping[str, Any]) -> Row:
    del product
    if given.get("mediaId"):
        return row | {"media": [attachments.file_number(store, given["mediaId"])]}
    sources = given.get("mediaSrc") or []
    if sources:
        return row | {"media": [attachments.take(store, {"originalSource": sources[0]})["id"]]}
    return row


def _set_metafields(store: StoreCore, row: Row, given: Mapping[str, Any]) -> None:
    owner = texts.gid("ProductVariant", row["id"])
    fields, _ = metafields.read(store, "PRODUCTVARIANT", owner, given.get("metafields") or [])
    metafields.put(store, owner, fields)


def update(call: Call, args: dict[str, Any]) -> Mapping[str, Any]:
    """Change variants: all or none, or as many as are right when parts are allowed."""
    batch = _batch(call, args)
    if batch is None:
        return _no_product(productVariants=None)
    ready: list[tuple[Row, Row, Mapping[str, Any]]] = []
    for at, given in enumerate(args["variants"]):
        before = len(batch.errors)
        changed = _changed_row(batch, at, given)
        if changed is not None and len(batch.errors) == before:
            ready.append((*changed, given))
    if batch.errors and not args.get("allowPartialUpdates"):
        shown = call.show("Product", batch.product)
        return {"product": shown, "productVariants": None, "userErrors": batch.errors}
    rows = [_updated(batch, before, row, given) for before, row, given in ready]
    product = batch.product
    if rows:
        product = _with_row_media(batch.product | {"options": batch.options}, rows)
        product = goods.put_product(batch.store, choices.without_unused(batch.store, product))
    shown_rows = [call.show("ProductVariant", row) for row in rows]
    told = {"productVariants": shown_rows, "userErrors": batch.errors}
    return {"product": call.show("Product", product), **told}


def _changed_row(batch: Batch, at: int, given: Mapping[str, Any]) -> tuple[Row, Row] | None:
    store = batch.store
    if not given.get("id"):
        message = "Product variant is missing ID attribute"
        batch.refuse(at, None, message, "PRODUCT_VARIANT_ID_MISSING")
        return None
    before = store.variants.get(texts.number(given["id"], "ProductVariant"))
    if before is None or before["product_id"] != batch.product["id"]:
        message = "Product variant does not exist"
        batch.refuse(at, "id", message, "PRODUCT_VARIANT_DOES_NOT_EXIST")
        return None
    if given.get("inventoryQuantities"):
        message = "Inventory quantities can only be provided during create. To update inventory "
        message += "for existing variants, use inventoryAdjustQuantities."
        code = "NO_INVENTORY_QUANTITIES_ON_VARIANTS_UPDATE"
        batch.refuse(at, "inventoryQuantities", message, code)
    values, faults = variant_values(given)
    batch.note(at, faults)
    _check_media(batch, at, given)
    _check_metafields(batch, at, before, given)
    if "optionValues" in given:
        values["choices"] = _changed_choices(batch, at, before, given["optionValues"] or [])
    return before, before | values


def _check_metafields(batch: Batch, at: int, row: Row, given: Mapping[str, Any]) -> None:
    owner = texts.gid("ProductVariant", row["id"])
    wanted = given.get("metafields") or []
    _, faults = metafields.read(batch.store, "PRODUCTVARIANT", owner, wanted)
    for fault in faults:
        path = ["variants", at, *fault.at]
        code = "INVALID_VALUE" if fault.kind in _METAFIELD_KINDS else "INVALID_INPUT"
        batch.errors.append(user_error(path, fault.message, code))


def _changed_choices(
    batch: Batch, at: int, before: Row, given: list[Mapping[str, Any]]
) -> list[int]:
    chosen, wrong = choices.choose(
        batch.store, batch.options, given, may_add=True, start=before["choices"]
    )
    if wrong is not None:
        path = ["variants", at, "optionValues", wrong.at or 0]
        batch.errors.append(user_error(path, wrong.message, wrong.code))
        return list(before["choices"])
    siblings = batch.store.variants.where("product", batch.product["id"])
    if any(row["choices"] == chosen and row["id"] != before["id"] for row in siblings):
        title = goods.variant_title(batch.product | {"options": batch.options}, {"choices": chosen})
        message = f"The variant '{title}' already exists. Please change at least one option value."
        batch.refuse(at, None, message, "VARIANT_ALREADY_EXISTS")
    return chosen


def _updated(batch: Batch, before: Row, row: Row, given: Mapping[str, Any]) -> Row:
    store = batch.store
    row = _with_media(store, batch.product, row, given)
    for each in given.get("quantityAdjustments") or []:
        location = levels.find_location(store, each["locationId"])
        if location is not None and each.get("adjustment"):
            levels.adjust(store, row["item_id"], location["id"], "available", each["adjustment"])
    _set_metafields(store, row, given)
    return goods.put_variant(store, row, before)


def delete(call: Call, args: dict[str, Any]) -> Mapping[str, Any]:
    """Delete variants, all or none; one has to stay."""
    store = call.store
    batch = _batch(call, args)
    if batch is None:
        return _no_product()
    numbers = [texts.number(each, "ProductVariant") for each in args["variantsIds"]]
    rows = [row for number in numbers if (row := store.variants.get(number)) is not None]
    if len(rows) < len(numbers) or any(row["product_id"] != batch.product["id"] for row in rows):
        message = "At least one variant does not belong to the product"
        code = "AT_LEAST_ONE_VARIANT_DOES_NOT_BELONG_TO_THE_PRODUCT"
        return {"product": None, "userErrors": [user_error(["variantsIds"], message, code)]}
    if len(rows) >= len(store.variants.where("product", batch.product["id"])):
        message = "Cannot delete the last variant of a product"
        error = user_error(["variantsIds"], message, "CANNOT_DELETE_LAST_VARIANT")
        return {"product": None, "userErrors": [error]}
    for row in rows:
        goods.drop_variant(store, row)
    goods.renumber(store, batch.product["id"])
    product = goods.put_product(store, choices.without_unused(store, batch.product))
    return {"product": call.show("Product", product), "userErrors": []}
