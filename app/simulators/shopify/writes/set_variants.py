"""The options and variants of productSet: matched with what is there, the rest deleted."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from app.simulators.shopify import goods, levels, texts
from app.simulators.shopify.core import StoreCore
from app.simulators.shopify.errors import UserErrors, user_error
from app.simulators.shopify.writes import choices, metafields
from app.simulators.shopify.writes.choices import Option
from app.simulators.shopify.writes.set_files import SetFiles
from app.simulators.shopify.writes.values import variant_values
from app.simulators.storage import Row

MOST_QUANTITIES = 50_000


def read_options(
    store: StoreCore, before: Row | None, given: list[Mapping[str, Any]], errors: UserErrors
) -> list[Option]:
    """Return the options an input asks for; known ones keep their ids, by id or by name."""
    held = choices.copied(before) if before else []
    path: list[str | int] = ["input", "productOptions"]
    if len(given) > store.settings.max_options:
        message = f"Can only specify a maximum of {store.settings.max_options} options"
        errors.append(user_error(path, message, "OPTIONS_OVER_LIMIT"))
    names = [(each.get("name") or "").casefold() for each in given]
    if len(set(names)) < len(names):
        errors.append(user_error(path, "Duplicated option name.", "DUPLICATED_OPTION_NAME"))
    placed = sorted(enumerate(given), key=lambda pair: (pair[1].get("position") or 99, pair[0]))
    return [_option(store, held, each, [*path, at], errors) for at, each in placed]


def _option(
    store: StoreCore,
    held: list[Option],
    given: Mapping[str, Any],
    path: list[str | int],
    errors: UserErrors,
) -> Option:
    wanted = {"optionId": given.get("id"), "optionName": given.get("name")}
    known = choices.find_option(held, wanted)
    if given.get("id") and known is None:
        errors.append(user_error([*path, "id"], "Option does not exist.", "OPTION_DOES_NOT_EXIST"))
    values = given.get("values") or []
    if not values:
        message = "Each option must have at least one option value specified."
        errors.append(user_error([*path, "values"], message, "OPTION_VALUES_MISSING"))
    names = [each.get("name") for each in values if each.get("name")]
    if len({name.casefold() for name in names}) < len(names):
        message = "Duplicated option value."
        errors.append(user_error([*path, "values"], message, "DUPLICATED_OPTION_VALUE"))
    kept = {"values": []} if known is None else known
    return {
        "id": store.take_id() if known is None else known["id"],
        "name": given.get("name") or (known or {"name": ""})["name"],
        "values": [_value(store, kept, each) for each in values],
    }


def _value(store: StoreCore, option: Option, given: Mapping[str, Any]) -> dict[str, Any]:
    known = choices.find_value(option, given)
    if known is None:
        return {"id": store.take_id(), "name": given.get("name") or ""}
    return {"id": known["id"], "name": given.get("name") or known["name"]}


@dataclass
class Wanted:
    """One variant as the input wants it, with the row it was matched with."""

    given: Mapping[str, Any]
    before: Row | None
    values: Row
    choices: list[int]


@dataclass
class SetVariants:
    """The variants of one productSet."""

    store: StoreCore
    product: Row | None
    options: list[Option]
    given: list[Mapping[str, Any]]
    errors: UserErrors
    wanted: list[Wanted] = field(default_factory=list)

    def check(self) -> None:
        """Read and match every variant, and note what is wrong."""
        if len(self.given) > self.store.settings.max_variants:
            self._note(
                None, "Number of product variants exceeds shop limit.", "VARIANTS_OVER_LIMIT"
            )
            return
        if sum(len(each.get("inventoryQuantities") or []) for each in self.given) > MOST_QUANTITIES:
            message = "Inventory quantity input exceeds the limit of 50000."
            self._note(None, message, "INVENTORY_QUANTITIES_LIMIT_EXCEEDED")
            return
        standing = {} if self.product is None else self._standing(self.product)
        taken: set[tuple[int, ...]] = set()
        for at, each in enumerate(self.given):
            self._check_one(at, each, standing, taken)

    def _standing(self, product: Row) -> dict[int, Row]:
        rows = goods.variants_of(self.store, product["id"])
        return {row["id"]: row for row in rows}

    def _check_one(
        self,
        at: int,
        given: Mapping[str, Any],
        standing: dict[int, Row],
        taken: set[tuple[int, ...]],
    ) -> None:
        values, faults = variant_values(given)
        for fault in faults:
            self._note(at, fault.message, "INVALID_VARIANT", *fault.at)
        chosen, wrong = choices.choose(
            self.store, self.options, given["optionValues"], may_add=False
        )
        if wrong is not None:
            code = "INVALID_VARIANT" if wrong.code == "NEED_TO_ADD_OPTION_VALUES" else wrong.code
            self._note(at, wrong.message, code, "optionValues")
            return
        if tuple(chosen) in taken:
            title = " / ".join(self._names(chosen))
            self._note(at, f"The variant '{title}' already exists.", "INVALID_VARIANT")
        taken.add(tuple(chosen))
        before = self._match(at, given, chosen, standing)
        self._check_quantities(at, given, before)
        self._check_metafields(at, given, before)
        self.wanted.append(Wanted(given, before, values, chosen))

    def _names(self, chosen: list[int]) -> list[str]:
        names = goods.value_names({"options": self.options})
        return [names.get(choice, "") for choice in chosen]

    def _match(
        self, at: int, given: Mapping[str, Any], chosen: list[int], standing: dict[int, Row]
    ) -> Row | None:
        if given.get("id"):
            before = standing.get(texts.number(given["id"], "ProductVariant") or 0)
            if before is None:
                message = "Product variant does not exist."
                self._note(at, message, "PRODUCT_VARIANT_DOES_NOT_EXIST", "id")
            return before
        return next((row for row in standing.values() if row["choices"] == chosen), None)

    def _check_quantities(self, at: int, given: Mapping[str, Any], before: Row | None) -> None:
        for number, each in enumerate(given.get("inventoryQuantities") or []):
            where = ("inventoryQuantities", str(number))
            location = levels.find_location(self.store, each["locationId"])
            if location is None:
                message = "The specified location could not be found."
                self._note(at, message, "INVALID_VARIANT", *where, "locationId")
            elif each["name"] not in {"available", "on_hand"}:
                message = "The quantity name must be either 'available' or 'on_hand'."
                self._note(at, message, "INVALID_VARIANT", *where, "name")
            elif before is not None and not self._is_stocked(before, location):
                message = "Quantities can only be updated where the variant is already stocked."
                self._note(at, message, "INVALID_VARIANT", *where, "locationId")

    def _is_stocked(self, row: Row, location: Row) -> bool:
        level = levels.find(self.store, row["item_id"], location["id"])
        return level is not None and bool(level["active"])

    def _check_metafields(self, at: int, given: Mapping[str, Any], before: Row | None) -> None:
        owner = None if before is None else texts.gid("ProductVariant", before["id"])
        wanted = given.get("metafields") or []
        _, faults = metafields.read(self.store, "PRODUCTVARIANT", owner, wanted)
        for fault in faults:
            is_violation = fault.kind == "CAPABILITY_VIOLATION"
            code = "CAPABILITY_VIOLATION" if is_violation else "INVALID_METAFIELD"
            self._note(at, fault.message, code, *fault.at)

    def _note(self, at: int | None, message: str, code: str, *where: str) -> None:
        path: list[str | int] = ["input", "variants", *([] if at is None else [at]), *where]
        self.errors.append(user_error(path, message, code))

    def write(self, product: Row, files: SetFiles) -> None:
        """Make, change and delete until the product has these variants and no others."""
        kept = {each.before["id"] for each in self.wanted if each.before is not None}
        for row in goods.variants_of(self.store, product["id"]):
            if row["id"] not in kept:
                goods.drop_variant(self.store, row)
        placed = sorted(
            enumerate(self.wanted), key=lambda pair: (pair[1].given.get("position") or 0, pair[0])
        )
        for position, (_, each) in enumerate(placed, start=1):
            self._write_one(product, each, position, files)

    def _write_one(self, product: Row, wanted: Wanted, position: int, files: SetFiles) -> None:
        before = wanted.before
        row = before or goods.new_variant(self.store, product, wanted.choices)
        row = row | wanted.values | {"choices": wanted.choices, "position": position}
        if "file" in wanted.given:
            number = files.of_variant(wanted.given["file"] or {})
            row["media"] = [] if number is None else [number]
        if before is None or row != before:
            row = goods.put_variant(self.store, row, before)
        for each in wanted.given.get("inventoryQuantities") or []:
            location = levels.find_location(self.store, each["locationId"])
            if location is not None:
                item, place = row["item_id"], location["id"]
                levels.set_to(self.store, item, place, each["name"], each["quantity"])
        levels.stock_everywhere(self.store, row["item_id"])
        if wanted.given.get("metafields") is not None:
            owner = texts.gid("ProductVariant", row["id"])
            fields, _ = metafields.read(
                self.store, "PRODUCTVARIANT", owner, wanted.given["metafields"]
            )
            metafields.replace(self.store, owner, fields)
