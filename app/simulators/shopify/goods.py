"""Products and variants as rows: making, changing, deleting them, and telling who listens."""

from collections.abc import Iterable, Mapping
from typing import Any, Final

from app.simulators.shopify import payloads, texts
from app.simulators.shopify.core import StoreCore
from app.simulators.storage import Row

DEFAULT_OPTION: Final = "Title"
DEFAULT_VALUE: Final = "Default Title"
# What the search finds variants by, though it stands at the product.
_TOLD_BY_VARIANTS: Final = ("status", "vendor", "product_type", "tags", "options")


def new_product(store: StoreCore, title: str, **values: Any) -> Row:
    """Return a product that is not in the store yet, with the one option a plain product has."""
    now = store.now()
    row: Row = {
        "id": store.take_id(),
        "title": title,
        "handle": "",
        "description_html": "",
        "vendor": store.settings.name,
        "product_type": "",
        "status": "ACTIVE",
        "tags": [],
        "category": None,
        "seo": {"title": None, "description": None},
        "template_suffix": None,
        "requires_selling_plan": False,
        "options": [new_option(store, DEFAULT_OPTION, [DEFAULT_VALUE])],
        "media": [],
        "published": {},
        "created": now,
        "updated": now,
    }
    return row | values


def new_option(store: StoreCore, name: str, values: Iterable[str]) -> dict[str, Any]:
    """Return an option with its values."""
    return {
        "id": store.take_id(),
        "name": name,
        "values": [{"id": store.take_id(), "name": value} for value in values],
    }


def new_variant(store: StoreCore, product: Row, choices: list[int], **values: Any) -> Row:
    """Return a variant that is not in the store yet; `choices` are ids of option values."""
    now = store.now()
    row: Row = {
        "id": store.take_id(),
        "product_id": product["id"],
        "item_id": store.take_id(),
        "position": len(store.variants.where("product", product["id"])) + 1,
        "choices": choices,
        "price": "0.00",
        "compare_at_price": None,
        "barcode": None,
        "inventory_policy": "DENY",
        "taxable": True,
        "tax_code": None,
        "media": [],
        "sku": None,
        "tracked": False,
        "cost": None,
        "weight": {"value": 0.0, "unit": store.settings.weight_unit},
        "requires_shipping": True,
        "harmonized_system_code": None,
        "country_code_of_origin": None,
        "province_code_of_origin": None,
        "created": now,
        "updated": now,
        "item_updated": now,
    }
    return row | values


def free_handle(store: StoreCore, title: str) -> str:
    """Return a handle nobody has, numbered when the plain one is taken."""
    base = texts.handle(title) or "product"
    handle, count = base, 0
    while store.products.where("handle", handle):
        count += 1
        handle = f"{base}-{count}"
    return handle


def put_product(store: StoreCore, row: Row, *, is_new: bool = False) -> Row:
    """Keep a product, move its date, tell the index and the webhooks."""
    before = store.products.get(row["id"])
    row = row | {"updated": store.now()}
    store.products.put(row)
    store.touch("product", row["id"])
    if before is not None and any(before[name] != row[name] for name in _TOLD_BY_VARIANTS):
        for variant in store.variants.where("product", row["id"]):
            store.touch("variant", variant["id"])
    topic = "PRODUCTS_CREATE" if is_new else "PRODUCTS_UPDATE"
    store.fire(topic, row["id"], lambda: payloads.product(store, row["id"]))
    return row


def put_variant(store: StoreCore, row: Row, before: Row | None = None) -> Row:
    """Keep a variant; its product moves with it, its item only when the item's facts changed."""
    now = store.now()
    row = row | {"updated": now}
    is_item_new = before is None or _item(before) != _item(row)
    if is_item_new:
        row["item_updated"] = now
    store.variants.put(row)
    _touch_variant(store, row)
    if is_item_new:
        topic = "INVENTORY_ITEMS_CREATE" if before is None else "INVENTORY_ITEMS_UPDATE"
        store.fire(topic, row["item_id"], lambda: payloads.item(store, row["item_id"]))
    return row


def _touch_variant(store: StoreCore, row: Row) -> None:
    store.touch("variant", row["id"])
    store.touch("item", row["item_id"])
    store.touch("product", row["product_id"])


def _item(row: Row) -> tuple[Any, ...]:
    return tuple(
        row[name]
        for name in (
            "sku",
            "tracked",
            "cost",
            "weight",
            "requires_shipping",
            "harmonized_system_code",
            "country_code_of_origin",
            "province_code_of_origin",
        )
    )


def touch_product(store: StoreCore, product_id: int) -> None:
    """Say that something of a product changed."""
    row = store.products.get(product_id)
    if row is not None:
        put_product(store, row)


def drop_variant(store: StoreCore, row: Row) -> None:
    """Delete a variant with its item, its levels and its metafields."""
    for level in store.levels.where("item", row["item_id"]):
        store.levels.drop(level["id"])
    _drop_metafields(store, texts.gid("ProductVariant", row["id"]))
    store.variants.drop(row["id"])
    _touch_variant(store, row)
    body = {
        "id": row["item_id"],
        "admin_graphql_api_id": texts.gid("InventoryItem", row["item_id"]),
    }
    store.fire("INVENTORY_ITEMS_DELETE", row["item_id"], lambda: body)


def drop_product(store: StoreCore, row: Row) -> None:
    """Delete a product with everything of its own; files stay for whoever else shows them."""
    for variant in store.variants.where("product", row["id"]):
        drop_variant(store, variant)
    _drop_metafields(store, texts.gid("Product", row["id"]))
    store.products.drop(row["id"])
    store.touch("product", row["id"])
    store.fire("PRODUCTS_DELETE", row["id"], lambda: {"id": row["id"]})


def _drop_metafields(store: StoreCore, owner: str) -> None:
    for metafield in store.metafields.where("owner", owner):
        store.metafields.drop(metafield["id"])


def place(store: StoreCore, row: Row, position: int) -> None:
    """Give a variant a position; that alone is no change of the variant."""
    store.variants.put(row | {"position": position})
    store.touch("variant", row["id"])


def variants_of(store: StoreCore, product_id: int) -> list[Row]:
    """Return the variants of a product by position."""
    rows = store.variants.where("product", product_id)
    return sorted(rows, key=lambda row: (row["position"], row["id"]))


def renumber(store: StoreCore, product_id: int) -> None:
    """Close the gaps in the positions of a product's variants."""
    for position, row in enumerate(variants_of(store, product_id), start=1):
        if row["position"] != position:
            place(store, row, position)


def value_names(product: Row) -> dict[int, str]:
    """Return the names of a product's option values by id."""
    return {
        value["id"]: value["name"] for option in product["options"] for value in option["values"]
    }


def variant_title(product: Row, variant: Row) -> str:
    """Return the values joined, as a variant is called."""
    names = value_names(product)
    return " / ".join(names.get(choice, "") for choice in variant["choices"])


def has_only_default(product: Row) -> bool:
    """Say whether a product has no options of its own."""
    names = [
        (option["name"], [value["name"] for value in option["values"]])
        for option in product["options"]
    ]
    return names == [(DEFAULT_OPTION, [DEFAULT_VALUE])]


def available(store: StoreCore, item_id: int) -> int:
    """Sum up what is available of an item everywhere."""
    return sum(
        level["available"] for level in store.levels.where("item", item_id) if level["active"]
    )


def product_doc(store: StoreCore, row_id: int) -> Mapping[str, Any] | None:
    """Return what the search index knows of a product."""
    row = store.products.get(row_id)
    if row is None:
        return None
    variants = store.variants.where("product", row_id)
    doc: dict[str, Any] = {
        "id": row_id,
        "title": row["title"],
        "handle": row["handle"],
        "status": row["status"],
        "vendor": row["vendor"],
        "product_type": row["product_type"],
        "tag": row["tags"],
        "sku": [variant["sku"] for variant in variants if variant["sku"]],
        "barcode": [variant["barcode"] for variant in variants if variant["barcode"]],
        "price": [variant["price"] for variant in variants],
        "inventory_total": sum(available(store, variant["item_id"]) for variant in variants),
        "created_at": row["created"],
        "updated_at": row["updated"],
        "published_at": min(row["published"].values(), default=0),
    }
    for metafield in store.metafields.where("owner", texts.gid("Product", row_id)):
        doc[f"metafields.{metafield['namespace']}.{metafield['key']}"] = metafield["value"]
    return doc


def variant_doc(store: StoreCore, row_id: int) -> Mapping[str, Any] | None:
    """Return what the search index knows of a variant."""
    row = store.variants.get(row_id)
    product = store.products.get(row["product_id"]) if row else None
    if row is None or product is None:
        return None
    names = value_names(product)
    chosen = {f"option{at}": names.get(choice) for at, choice in enumerate(row["choices"], start=1)}
    return chosen | {
        "id": row_id,
        "product_id": row["product_id"],
        "title": variant_title(product, row),
        "sku": row["sku"],
        "barcode": row["barcode"],
        "position": row["position"],
        "product_status": product["status"],
        "vendor": product["vendor"],
        "product_type": product["product_type"],
        "tag": product["tags"],
        "inventory_quantity": available(store, row["item_id"]),
        "created_at": row["created"],
        "updated_at": row["updated"],
    }


def item_doc(store: StoreCore, item_id: int) -> Mapping[str, Any] | None:
    """Return what the search index knows of an inventory item."""
    for row in store.variants.where("item", item_id):
        return {
            "id": item_id,
            "sku": row["sku"],
            "created_at": row["created"],
            "updated_at": row["item_updated"],
        }
    return None
