"""Products to begin with: from plain dicts, or made up by the thousand."""

from collections.abc import Iterable, Mapping
from typing import Any

from app.simulators.pictures import placeholder_png
from app.simulators.shopify import goods, levels, texts
from app.simulators.shopify.state import StoreState
from app.simulators.shopify.writes import attachments

Item = Mapping[str, Any]


def seed_products(store: StoreState, items: Iterable[Item]) -> list[int]:
    """Add products from plain dicts; returns their numbers.

    An item is a productSet input with shortcuts: `sku`, `price`, `quantity`, `barcode`, `cost` of a
    product without options stand beside its `title`; `options` maps names to values;
    `images` are addresses, drawn instead of fetched; in `variants`, `options` maps names to the
    chosen value and `quantity` is what is available at the first location.
    """
    with store.change():
        return [_seed_product(store, item) for item in items]


def _seed_product(store: StoreState, item: Item) -> int:
    body = {name: value for name, value in item.items() if name not in _SHORTCUTS}
    options = item.get("options") or {goods.DEFAULT_OPTION: [goods.DEFAULT_VALUE]}
    plain = {"options": {name: values[0] for name, values in options.items()}}
    plain |= {name: item[name] for name in _OF_VARIANT if name in item}
    body["productOptions"] = [
        {"name": name, "values": [{"name": value} for value in values]}
        for name, values in options.items()
    ]
    body["variants"] = [_variant(store, each) for each in item.get("variants") or [plain]]
    if item.get("images"):
        body["files"] = [{"id": _drawn(store, str(each))} for each in item["images"]]
    number = store.add_product(**body)
    store.publish(number)
    return number


_OF_VARIANT = ("sku", "price", "compareAtPrice", "barcode", "quantity", "cost", "weight", "tracked")
_SHORTCUTS = {*_OF_VARIANT, "options", "images", "variants"}


def _variant(store: StoreState, item: Item) -> dict[str, Any]:
    names = ("sku", "price", "compareAtPrice", "barcode", "taxable", "inventoryPolicy")
    body: dict[str, Any] = {name: item[name] for name in names if name in item}
    body["optionValues"] = [
        {"optionName": name, "name": value} for name, value in item["options"].items()
    ]
    facts: dict[str, Any] = {"tracked": item.get("tracked", "quantity" in item)}
    if "cost" in item:
        facts["cost"] = item["cost"]
    if "weight" in item:
        weight = {"value": float(item["weight"]), "unit": store.settings.weight_unit}
        facts["measurement"] = {"weight": weight}
    body["inventoryItem"] = facts
    if "quantity" in item:
        place = texts.gid("Location", min(store.locations.rows))
        told = {"locationId": place, "name": "available", "quantity": int(item["quantity"])}
        body["inventoryQuantities"] = [told]
    return body


def _drawn(store: StoreState, source: str) -> str:
    stem = source.rpartition("/")[2].rpartition(".")[0] or source
    number = attachments.draw(store, f"{stem}.png", placeholder_png(stem))
    return texts.gid("MediaImage", number)


def seed_synthetic(
    store: StoreState, count: int, *, variants: int = 1, prefix: str = "TWIN"
) -> list[int]:
    """Add `count` made-up products fast, each with so many variants; returns their numbers.

    They go past validation, webhooks and the write log: this is the state a store was found in.
    """
    with store.change():
        first = len(store.products.rows) + 1
        return [
            _synthetic(store, f"{prefix}-{first + index:06d}", variants) for index in range(count)
        ]


def _synthetic(store: StoreState, sku: str, variants: int) -> int:
    product = goods.new_product(store, f"Sample product {sku}", handle=texts.handle(sku))
    product["description_html"] = f"<p>Made up for {sku}.</p>"
    sizes = [f"Size {index + 1}" for index in range(variants)]
    if variants > 1:
        product["options"] = [goods.new_option(store, "Size", sizes)]
    store.products.put(product)
    store.touch("product", product["id"])
    price = f"{5 + product['id'] % 95}.{product['id'] % 100:02d}"
    for position, value in enumerate(product["options"][0]["values"], start=1):
        own = f"{sku}-{position}" if variants > 1 else sku
        row = goods.new_variant(
            store, product, [value["id"]], price=price, sku=own, tracked=True, position=position
        )
        store.variants.put(row)
        store.touch("variant", row["id"])
        store.touch("item", row["item_id"])
        _stock(store, row["item_id"])
    return int(product["id"])


def _stock(store: StoreState, item_id: int) -> None:
    now = store.now()
    store.levels.put(
        {
            "id": store.take_id(),
            "item_id": item_id,
            "location_id": min(store.locations.rows),
            "available": 10,
            **dict.fromkeys(levels.OTHERS, 0),
            "moved": {"available": now, "on_hand": now},
            "active": True,
            "created": now,
            "updated": now,
        }
    )
