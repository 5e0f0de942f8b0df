"""productSet: a whole product in one call, made or brought in line; lists replace lists."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from app.simulators.shopify import goods, identifiers, levels, texts
from app.simulators.shopify.call import Call
from app.simulators.shopify.core import StoreCore
from app.simulators.shopify.errors import UserErrors, user_error
from app.simulators.shopify.views.metafields import full_namespace
from app.simulators.shopify.writes import metafields
from app.simulators.shopify.writes.set_files import set_files
from app.simulators.shopify.writes.set_variants import SetVariants, read_options
from app.simulators.shopify.writes.values import product_values
from app.simulators.storage import Row

_KINDS: Final = {"handle": "HANDLE_NOT_UNIQUE"}


@dataclass
class Setting:
    """One product on its way to what the input says."""

    store: StoreCore
    given: Mapping[str, Any]
    before: Row | None
    row: Row
    errors: UserErrors = field(default_factory=list)

    @property
    def owner(self) -> str | None:
        """The product's global id, while it exists."""
        return None if self.before is None else texts.gid("Product", self.before["id"])


def run(call: Call, args: dict[str, Any]) -> Mapping[str, Any]:
    """Set a product now, or promise to; inside a bulk operation it is always now."""
    identifier, given = args.get("identifier") or {}, args["input"]
    if args.get("synchronous", True) or call.is_bulk:
        row, errors = apply(call.store, identifier, given)
        return {"product": call.show("Product", row), "userErrors": errors}
    operation = call.store.operations.put(
        {
            "id": call.store.take_id(),
            "kind": "ProductSetOperation",
            "status": "CREATED",
            "product_id": None,
            "input": {"identifier": identifier, "input": given},
            "user_errors": [],
            "due": call.store.now() + call.store.settings.bulk_seconds,
        }
    )
    shown = call.show("ProductSetOperation", operation)
    return {"product": None, "productSetOperation": shown, "userErrors": []}


def finish_due(store: StoreCore) -> None:
    """Do what was promised to be done in the background."""
    for row in store.operations.where("status", "CREATED"):
        if row["due"] > store.now():
            continue
        if row["kind"] == "ProductSetOperation":
            product, errors = apply(store, row["input"]["identifier"], row["input"]["input"])
            made = None if product is None else product["id"]
            row = row | {"product_id": made, "user_errors": errors}
        elif (doomed := store.products.get(row["product_id"])) is not None:
            goods.drop_product(store, doomed)
        store.operations.put(row | {"status": "COMPLETE"})


def apply(
    store: StoreCore, identifier: Mapping[str, Any], given: Mapping[str, Any]
) -> tuple[Row | None, UserErrors]:
    """Make or change a product wholly, or say why not and change nothing."""
    found, error = _identify(store, identifier, given)
    if error is not None:
        return None, [error]
    row = found or goods.new_product(store, "")
    setting = Setting(store, given, found, row)
    _read_product(setting, identifier)
    fields = _read_metafields(setting)
    variants = _read_variants(setting)
    files = set_files(store, row, given, setting.errors)
    if setting.errors:
        return None, setting.errors
    media = files.write()
    row = setting.row if media is None else setting.row | {"media": media}
    if variants is not None:
        row = row | {"options": variants.options}
    row = goods.put_product(store, row, is_new=found is None)
    owner = texts.gid("Product", row["id"])
    if fields is not None:
        metafields.replace(store, owner, fields)
    if variants is not None:
        variants.write(row, files)
        row = goods.put_product(store, row, is_new=found is None)
    elif found is None:
        first = row["options"][0]["values"][0]["id"]
        variant = goods.put_variant(store, goods.new_variant(store, row, [first]))
        levels.stock_everywhere(store, variant["item_id"])
    return row, []


def _identify(
    store: StoreCore, identifier: Mapping[str, Any], given: Mapping[str, Any]
) -> tuple[Row | None, dict[str, Any] | None]:
    if identifier.get("id"):
        row = store.products.get(texts.number(identifier["id"], "Product"))
        if row is None:
            message = "Product does not exist"
            return None, user_error(["identifier", "id"], message, "PRODUCT_DOES_NOT_EXIST")
        return row, None
    if identifier.get("handle"):
        return _by_handle(store, identifier["handle"], given)
    if identifier.get("customId"):
        return _by_custom_id(store, identifier["customId"], given)
    return None, None


def _by_handle(
    store: StoreCore, handle: str, given: Mapping[str, Any]
) -> tuple[Row | None, dict[str, Any] | None]:
    row = next(iter(store.products.where("handle", handle)), None)
    if row is None and not given.get("handle"):
        message = "The input field corresponding to the identifier is required."
        return None, user_error(["input", "handle"], message, "MISSING_FIELD_REQUIRED")
    if given.get("handle") not in {None, handle}:
        message = "The identifier value does not match the value of the corresponding field"
        return None, user_error(["input"], f"{message} in the input.", "INPUT_MISMATCH")
    return row, None


def _by_custom_id(
    store: StoreCore, custom: Mapping[str, Any], given: Mapping[str, Any]
) -> tuple[Row | None, dict[str, Any] | None]:
    if not identifiers.has_definition(store, "PRODUCT", custom):
        path = ["identifier", "customId"]
        return None, user_error(path, identifiers.NO_DEFINITION, "INVALID_METAFIELD")
    number = identifiers.find_owner(store, "PRODUCT", custom)
    if "metafields" not in given and number is None:
        message = "The input field corresponding to the identifier is required."
        return None, user_error(["input", "metafields"], message, "MISSING_FIELD_REQUIRED")
    if "metafields" in given and not _carries(store, custom, given["metafields"] or []):
        message = "The input argument `metafields` (if present) must contain the `customId` value."
        return None, user_error(["input"], message, "METAFIELD_MISMATCH")
    return store.products.get(number), None


def _carries(store: StoreCore, custom: Mapping[str, Any], given: list[Mapping[str, Any]]) -> bool:
    def key(each: Mapping[str, Any]) -> tuple[Any, ...]:
        namespace = full_namespace(store, each.get("namespace"))
        return namespace, each.get("key"), each.get("value")

    return key(custom) in [key(each) for each in given]


def _read_product(setting: Setting, identifier: Mapping[str, Any]) -> None:
    given = dict(setting.given)
    if setting.before is None and identifier.get("handle"):
        given.setdefault("handle", identifier["handle"])
    values, faults = product_values(setting.store, given, setting.row)
    setting.row = setting.row | values
    for fault in faults:
        code = _KINDS.get(fault.kind, "INVALID_PRODUCT")
        setting.errors.append(user_error(["input", *fault.at], fault.message, code))


def _read_metafields(setting: Setting) -> list[Row] | None:
    if setting.given.get("metafields") is None:
        return None
    rows, faults = metafields.read(
        setting.store, "PRODUCT", setting.owner, setting.given["metafields"]
    )
    for fault in faults:
        is_violation = fault.kind == "CAPABILITY_VIOLATION"
        code = "CAPABILITY_VIOLATION" if is_violation else "INVALID_METAFIELD"
        setting.errors.append(user_error(["input", *fault.at], fault.message, code))
    return rows


def _read_variants(setting: Setting) -> SetVariants | None:
    options, variants = setting.given.get("productOptions"), setting.given.get("variants")
    if options is None and variants is None:
        return None
    if variants is None:
        message = "Must specify variants when updating options."
        error = user_error(["input", "variants"], message, "VARIANTS_INPUT_MISSING")
        setting.errors.append(error)
        return None
    if options is None:
        message = "Must specify product options when updating variants."
        error = user_error(["input", "productOptions"], message, "PRODUCT_OPTIONS_INPUT_MISSING")
        setting.errors.append(error)
        return None
    read = read_options(setting.store, setting.before, options, setting.errors)
    found = SetVariants(setting.store, setting.before, read, variants, setting.errors)
    found.check()
    return found
