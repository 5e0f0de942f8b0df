"""Reading the fields of products and variants out of inputs, with what is wrong about them."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any, Final, NamedTuple

from app.simulators.shopify import goods, texts
from app.simulators.shopify.core import StoreCore
from app.simulators.storage import Row

MOST_TAGS: Final = 250
LONGEST_TITLE: Final = 255
_TEXTS: Final = {
    "title": "title",
    "descriptionHtml": "description_html",
    "vendor": "vendor",
    "productType": "product_type",
}
_PLAIN: Final = {
    "status": "status",
    "category": "category",
    "templateSuffix": "template_suffix",
    "requiresSellingPlan": "requires_selling_plan",
}
_VARIANT: Final = {
    "barcode": "barcode",
    "inventoryPolicy": "inventory_policy",
    "taxable": "taxable",
    "taxCode": "tax_code",
    "sku": "sku",
}
_ITEM: Final = {
    "sku": "sku",
    "tracked": "tracked",
    "requiresShipping": "requires_shipping",
    "harmonizedSystemCode": "harmonized_system_code",
    "countryCodeOfOrigin": "country_code_of_origin",
    "provinceCodeOfOrigin": "province_code_of_origin",
}
_NEVER_NULL: Final = {"inventory_policy", "taxable", "tracked", "requires_shipping", "status"}
_DEAREST: Final = Decimal(1000000000000000000)


class Fault(NamedTuple):
    """Something wrong with an input: where, the sentence, and what kind of wrong it is."""

    at: tuple[str, ...]
    message: str
    kind: str = "invalid"


def product_values(store: StoreCore, given: Mapping[str, Any], row: Row) -> tuple[Row, list[Fault]]:
    """Return what changes in a product's row, and what is wrong; absent fields stay."""
    values: Row = {column: given[name] or "" for name, column in _TEXTS.items() if name in given}
    for name, column in _PLAIN.items():
        if name in given and not (given[name] is None and column in _NEVER_NULL):
            values[column] = given[name]
    if "tags" in given:
        values["tags"] = _tags(given["tags"] or [])
    if given.get("seo") is not None:
        values["seo"] = row["seo"] | dict(given["seo"])
    values |= _handle(store, given, row)
    return values, _product_faults(store, values, row)


def _tags(given: list[str]) -> list[str]:
    found = {tag.strip().casefold(): tag.strip() for tag in given if tag.strip()}
    return sorted(found.values(), key=str.casefold)


def _handle(store: StoreCore, given: Mapping[str, Any], row: Row) -> Row:
    if given.get("handle"):
        return {"handle": texts.handle(given["handle"])}
    if row["handle"]:
        return {}
    return {"handle": goods.free_handle(store, given.get("title") or row["title"])}


def _product_faults(store: StoreCore, values: Row, row: Row) -> list[Fault]:
    faults = []
    title = str(values.get("title", row["title"]))
    if not title.strip():
        faults.append(Fault(("title",), "Title can't be blank"))
    if len(title) > LONGEST_TITLE:
        faults.append(Fault(("title",), "Title is too long (maximum is 255 characters)", "long"))
    if len(values.get("tags", [])) > MOST_TAGS:
        faults.append(Fault(("tags",), "Product tags is too long (maximum is 250 tags)"))
    category = values.get("category")
    if category is not None and not category.startswith("gid://shopify/TaxonomyCategory/"):
        faults.append(Fault(("category",), "Invalid product taxonomy node ID"))
    others = store.products.where("handle", values.get("handle", row["handle"]))
    if any(other["id"] != row["id"] for other in others):
        message = f"Handle '{values['handle']}' already in use. Please provide a new handle."
        faults.append(Fault(("handle",), message, "handle"))
    return faults


def variant_values(given: Mapping[str, Any]) -> tuple[Row, list[Fault]]:
    """Return what changes in a variant's row, and what is wrong; absent fields stay."""
    values: Row = {}
    for name, column in _VARIANT.items():
        if name in given and not (given[name] is None and column in _NEVER_NULL):
            values[column] = given[name]
    faults = _prices(given, values)
    if given.get("inventoryItem") is not None:
        changed, wrong = item_values(given["inventoryItem"])
        values |= changed
        faults += [fault._replace(at=("inventoryItem", *fault.at)) for fault in wrong]
    for column in ("sku", "barcode"):
        values = _bare(values, column)
        if len(values.get(column) or "") > LONGEST_TITLE:
            name = "SKU" if column == "sku" else "Barcode"
            faults.append(
                Fault((column,), f"{name} is too long (maximum is 255 characters)", "long")
            )
    return values, faults


def _bare(values: Row, column: str) -> Row:
    if column in values:
        return values | {column: (values[column] or "").strip() or None}
    return values


def _prices(given: Mapping[str, Any], values: Row) -> list[Fault]:
    faults = []
    for name, column in (("price", "price"), ("compareAtPrice", "compare_at_price")):
        if name not in given:
            continue
        if given[name] is None:
            values[column] = None if name == "compareAtPrice" else "0.00"
            continue
        amount = texts.decimal_of(given[name])
        if amount is None:
            faults.append(Fault((name,), f"{given[name]} is not a valid amount"))
        elif amount < 0:
            message = "Price must be greater than or equal to 0"
            faults.append(Fault((name,), message, "negative"))
        elif amount >= _DEAREST:
            faults.append(Fault((name,), f"must be less than {_DEAREST}"))
        else:
            values[column] = texts.money(amount)
    return faults


def item_values(given: Mapping[str, Any]) -> tuple[Row, list[Fault]]:
    """Return what changes in an inventory item, and what is wrong."""
    values: Row = {}
    for name, column in _ITEM.items():
        if name in given and not (given[name] is None and column in _NEVER_NULL):
            values[column] = given[name]
    values = _bare(values, "sku")
    faults = []
    if "cost" in given:
        cost = None if given["cost"] is None else texts.decimal_of(given["cost"])
        if given["cost"] is not None and (cost is None or cost < 0):
            faults.append(Fault(("cost",), "Cost must be greater than or equal to 0", "negative"))
        values["cost"] = None if cost is None else texts.money(cost)
    weight = (given.get("measurement") or {}).get("weight")
    if weight is not None:
        if weight["value"] < 0:
            faults.append(Fault(("measurement", "weight"), "Weight must be greater than 0"))
        values["weight"] = {"value": float(weight["value"]), "unit": weight["unit"]}
    return values, faults
