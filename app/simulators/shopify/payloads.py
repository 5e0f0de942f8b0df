"""Bodies of webhooks: the shapes of the old REST API, whatever version is asked for."""

from collections.abc import Mapping
from typing import Any, Final

from app.simulators.shopify import texts
from app.simulators.shopify.core import StoreCore
from app.simulators.storage import Row

MOST_VARIANTS: Final = 100  # of a product; more are only named by their ids


def product(store: StoreCore, row_id: int) -> Mapping[str, Any] | None:
    """Return a product's body; beyond a hundred variants the list is cut."""
    row = store.products.get(row_id)
    if row is None:
        return None
    variants = sorted(store.variants.where("product", row_id), key=lambda each: each["position"])
    pictures = [_picture(store, row, at, file_id) for at, file_id in enumerate(row["media"], 1)]
    moments = [moment for moment in row["published"].values() if moment <= store.now()]
    return {
        "admin_graphql_api_id": texts.gid("Product", row_id),
        "body_html": row["description_html"],
        "created_at": texts.rest_written(row["created"]),
        "handle": row["handle"],
        "id": row_id,
        "product_type": row["product_type"],
        "published_at": texts.rest_written(min(moments)) if moments else None,
        "template_suffix": row["template_suffix"],
        "title": row["title"],
        "updated_at": texts.rest_written(row["updated"]),
        "vendor": row["vendor"],
        "status": row["status"].lower(),
        "published_scope": "global" if len(moments) > 1 else "web",
        "tags": ", ".join(row["tags"]),
        "variants": [_variant(store, row, variant) for variant in variants[:MOST_VARIANTS]],
        "options": [
            {
                "name": option["name"],
                "id": option["id"],
                "product_id": row_id,
                "position": at,
                "values": [value["name"] for value in option["values"]],
            }
            for at, option in enumerate(row["options"], start=1)
        ],
        "images": pictures,
        "image": pictures[0] if pictures else None,
        "media": [_medium(store, at, file_id) for at, file_id in enumerate(row["media"], 1)],
        "variant_gids": [
            {
                "admin_graphql_api_id": texts.gid("ProductVariant", variant["id"]),
                "updated_at": texts.rest_written(variant["updated"]),
            }
            for variant in variants
        ],
        "has_variants_that_requires_components": False,
        "category": None,
    }


def _variant(store: StoreCore, product_row: Row, row: Row) -> dict[str, Any]:
    names = {
        value["id"]: value["name"]
        for option in product_row["options"]
        for value in option["values"]
    }
    chosen = [names.get(choice) for choice in row["choices"]] + [None, None, None]
    levels = store.levels.where("item", row["item_id"])
    return {
        "admin_graphql_api_id": texts.gid("ProductVariant", row["id"]),
        "barcode": row["barcode"],
        "compare_at_price": row["compare_at_price"],
        "created_at": texts.rest_written(row["created"]),
        "id": row["id"],
        "inventory_policy": row["inventory_policy"].lower(),
        "position": row["position"],
        "price": row["price"],
        "product_id": row["product_id"],
        "sku": row["sku"],
        "taxable": row["taxable"],
        "title": " / ".join(name for name in chosen if name),
        "updated_at": texts.rest_written(row["updated"]),
        "option1": chosen[0],
        "option2": chosen[1],
        "option3": chosen[2],
        "image_id": row["media"][0] if row["media"] else None,
        "inventory_item_id": row["item_id"],
        "inventory_quantity": sum(level["available"] for level in levels if level["active"]),
        "old_inventory_quantity": sum(level["available"] for level in levels if level["active"]),
    }


def _picture(store: StoreCore, row: Row, position: int, file_id: int) -> dict[str, Any]:
    file = store.media.rows[file_id]
    variants = store.variants.where("product", row["id"])
    return {
        "id": file_id,
        "alt": file["alt"],
        "position": position,
        "product_id": row["id"],
        "created_at": texts.rest_written(file["created"]),
        "updated_at": texts.rest_written(file["updated"]),
        "admin_graphql_api_id": texts.gid("ProductImage", file_id),
        "width": file["width"],
        "height": file["height"],
        "src": f"{store.settings.home_url}/cdn/{file['path']}?v={file['updated']}",
        "variant_ids": [each["id"] for each in variants if file_id in each["media"]],
    }


def _medium(store: StoreCore, position: int, file_id: int) -> dict[str, Any]:
    file = store.media.rows[file_id]
    return {
        "id": file_id,
        "alt": file["alt"],
        "position": position,
        "status": file["status"],
        "media_content_type": "IMAGE",
        "created_at": texts.rest_written(file["created"]),
        "updated_at": texts.rest_written(file["updated"]),
        "admin_graphql_api_id": texts.gid("MediaImage", file_id),
    }


def item(store: StoreCore, item_id: int) -> Mapping[str, Any] | None:
    """Return an inventory item's body."""
    for row in store.variants.where("item", item_id):
        weight = row["weight"]
        return {
            "id": item_id,
            "sku": row["sku"],
            "created_at": texts.rest_written(row["created"]),
            "updated_at": texts.rest_written(row["item_updated"]),
            "requires_shipping": row["requires_shipping"],
            "cost": row["cost"],
            "country_code_of_origin": row["country_code_of_origin"],
            "province_code_of_origin": row["province_code_of_origin"],
            "harmonized_system_code": row["harmonized_system_code"],
            "tracked": row["tracked"],
            "country_harmonized_system_codes": [],
            "weight_value": weight["value"],
            "weight_unit": weight["unit"].lower(),
            "admin_graphql_api_id": texts.gid("InventoryItem", item_id),
        }
    return None


def level(row: Row) -> dict[str, Any]:
    """Return an inventory level's body: only what is available, and no variant."""
    return {
        "inventory_item_id": row["item_id"],
        "location_id": row["location_id"],
        "available": row["available"],
        "updated_at": texts.rest_written(row["updated"]),
        "admin_graphql_api_id": texts.level_gid(row["id"], row["item_id"]),
    }


def location(row: Row) -> dict[str, Any]:
    """Return a location's body."""
    return {
        "id": row["id"],
        "name": row["name"],
        "address1": "1 Market Street",
        "address2": None,
        "city": "San Francisco",
        "zip": "94103",
        "province": "California",
        "country": "US",
        "phone": None,
        "created_at": texts.rest_written(row["created"]),
        "updated_at": texts.rest_written(row["updated"]),
        "country_code": "US",
        "country_name": "United States",
        "province_code": "CA",
        "legacy": False,
        "active": row["is_active"],
        "admin_graphql_api_id": texts.gid("Location", row["id"]),
    }


def bulk(row: Row) -> dict[str, Any]:
    """Return the body that tells the end of a bulk operation."""
    return {
        "admin_graphql_api_id": texts.gid("BulkOperation", row["id"]),
        "completed_at": texts.written(row["completed"]),
        "created_at": texts.written(row["created"]),
        "error_code": row["error_code"].lower() if row["error_code"] else None,
        "status": row["status"].lower(),
        "type": row["type"].lower(),
    }


def shop(store: StoreCore) -> dict[str, Any]:
    """Return the shop's body, as its end and its changes are told."""
    settings = store.settings
    return {
        "id": store.fact("shop_id"),
        "name": settings.name,
        "email": settings.email,
        "domain": settings.shop,
        "myshopify_domain": settings.shop,
        "currency": settings.currency,
        "plan_name": settings.plan.lower(),
        "plan_display_name": settings.plan,
        "taxes_included": False,
        "weight_unit": {"KILOGRAMS": "kg", "GRAMS": "g", "POUNDS": "lb", "OUNCES": "oz"}[
            settings.weight_unit
        ],
        "primary_location_id": min(store.locations.rows, default=None),
        "created_at": texts.rest_written(store.fact("created")),
        "updated_at": texts.rest_written(store.now()),
    }
