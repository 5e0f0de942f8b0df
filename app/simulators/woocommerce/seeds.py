"""Products to begin with: from plain dicts like those of the API, or made up by the thousand."""

from collections.abc import Iterable, Mapping
from typing import Any

from app.simulators.woocommerce import fields, media, php, stock, taxonomies
from app.simulators.woocommerce.state import StoreState
from app.simulators.woocommerce.storage import Row
from app.simulators.woocommerce.terms import TAXONOMIES

Item = Mapping[str, Any]


def seed_products(store: StoreState, items: Iterable[Item]) -> list[int]:
    """Add products from wc-like dicts; returns their ids.

    Beyond the API's own shape: `categories` may be paths ("Clothing > Hoodies"), `tags` and
    `brands` names; `images` addresses or `{src}`, drawn instead of fetched; an attribute with
    `global: True` becomes shop-wide; `variations` holds bodies with attributes `{name, option}`.
    """
    with store.change():
        return [_seed_product(store, item) for item in items]


def _seed_product(store: StoreState, item: Item) -> int:
    body = {key: value for key, value in item.items() if key != "variations"}
    for name in ("categories", "tags", "brands"):
        if name in body:
            body[name] = [{"id": _term(store, name, term)} for term in body[name]]
    if "attributes" in body:
        body["attributes"] = [_attribute(store, attribute) for attribute in body["attributes"]]
    body["images"] = [{"id": _drawn(store, image)} for image in body.get("images", [])]
    parts = [_part(store, part) for part in item.get("variations", [])]
    return store.add_product(parts=parts, **body)


def _part(store: StoreState, part: Item) -> dict[str, Any]:
    body = dict(part)
    if body.get("image"):
        body["image"] = {"id": _drawn(store, body["image"])}
    return body


def _term(store: StoreState, name: str, wanted: Any) -> int:
    if isinstance(wanted, Mapping) and wanted.get("id"):
        return int(wanted["id"])
    text = wanted["name"] if isinstance(wanted, Mapping) else wanted
    taxonomy, parent = TAXONOMIES[name], 0
    for part in (piece.strip() for piece in text.split(">")):
        named = [term for term in store.terms.named(taxonomy, part) if term["parent"] == parent]
        term = named[0] if named else _new_term(store, taxonomy, part, parent)
        parent = term["id"]
    return int(parent)


def _new_term(store: StoreState, taxonomy: str, name: str, parent: int) -> Row:
    return store.terms.add(store.take_id("terms"), taxonomy, name, parent=parent)


def _attribute(store: StoreState, attribute: Item) -> dict[str, Any]:
    body = {key: value for key, value in attribute.items() if key != "global"}
    if attribute.get("global") and not attribute.get("id"):
        body["id"] = _shop_wide(store, attribute["name"])["id"]
    return body


def _shop_wide(store: StoreState, name: str) -> Row:
    for row in store.attributes.rows.values():
        if row["name"].casefold() == name.casefold():
            return row
    return store.attributes.put(
        {
            "id": store.take_id("attributes"),
            "name": name,
            "slug": f"pa_{php.slug(name)}",
            "type": "select",
            "order_by": "menu_order",
            "has_archives": False,
        }
    )


def _drawn(store: StoreState, image: Any) -> int:
    if isinstance(image, Mapping) and image.get("id"):
        return int(image["id"])
    src = image["src"] if isinstance(image, Mapping) else image
    name = media.file_name(src) or "picture.png"
    stem = name.rpartition(".")[0]
    return int(media.keep(store, f"{stem}.png", media.placeholder_png(stem))["id"])


def seed_synthetic(
    store: StoreState, count: int, *, variations: int = 0, prefix: str = "TWIN"
) -> list[int]:
    """Add `count` made-up products fast, each with so many variations; returns the product ids.

    They go past validation, hooks and the write log: this is the state a store was found in.
    """
    with store.change():
        first = len(store.goods.rows) + 1
        return [
            _synthetic(store, f"{prefix}-{first + index:06d}", variations) for index in range(count)
        ]


def _synthetic(store: StoreState, sku: str, variations: int) -> int:
    row = fields.blank(store.take_id("posts"), "variable" if variations else "simple", store.now())
    price = f"{5 + row['id'] % 95}.{row['id'] % 100:02d}"
    row |= {"name": f"Sample product {sku}", "slug": php.slug(sku), "sku": sku}
    row |= {"description": f"Made up for {sku}.", "categories": [store.default_category]}
    if variations:
        sizes = [f"Size {index + 1}" for index in range(variations)]
        row["attributes"] = [_size_attribute(sizes)]
    else:
        row |= {"regular_price": price, "manage_stock": True, "stock_quantity": 10}
    store.goods.put(row)
    for index in range(variations):
        _synthetic_variation(store, row, index, price)
    stock.sync_parent(store, row["id"])
    return int(row["id"])


def _size_attribute(sizes: list[str]) -> Row:
    return {
        "id": 0,
        "name": "Size",
        "slug": "Size",
        "position": 0,
        "visible": True,
        "variation": True,
        "options": sizes,
    }


def _synthetic_variation(store: StoreState, parent: Row, index: int, price: str) -> None:
    row = fields.blank(store.take_id("posts"), "variation", store.now())
    sku = f"{parent['sku']}-{index + 1}"
    row |= {"parent_id": parent["id"], "sku": sku, "slug": php.slug(sku)}
    row |= {"regular_price": price, "manage_stock": True, "stock_quantity": 10}
    draft = fields.Draft(
        store, row, {"attributes": [{"name": "Size", "option": f"Size {index + 1}"}]}
    )
    taxonomies.write_choices(draft, parent)
    store.goods.put(row)
