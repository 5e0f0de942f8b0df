"""Pure: canonical values ↔ columns of products and variants, and the summary a list needs."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, Final
from uuid import UUID

from app.catalog import rules
from app.catalog.service.drafts import ProductState, VariantState
from app.core.money import exponent

PRODUCT_PLAIN: Final = (
    "title", "description", "short_description", "brand", "condition", "tags", "attributes",
    "options",
)  # fmt: skip
PRODUCT_DEFAULTS: Final[Mapping[str, Any]] = {
    "title": "",
    "description": None,
    "short_description": None,
    "status": "draft",
    "brand": None,
    "condition": None,
    "categories": [],
    "tags": [],
    "attributes": {},
    "options": [],
    "images": [],
}
VARIANT_DEFAULTS: Final[Mapping[str, Any]] = {
    "sku": None,
    "gtin": None,
    "mpn": None,
    "choice": {},
    "price": None,
    "sale_price": None,
    "sale_from": None,
    "sale_to": None,
    "cost": None,
    "prices": {},
    "quantity": None,
    "backorders": "no",
    "weight": None,
    "length": None,
    "width": None,
    "height": None,
    "image": None,
}


def fresh_product() -> dict[str, Any]:
    """Return the values of a product nobody said anything about, to be filled."""
    lists: dict[str, Any] = {"categories": [], "tags": [], "options": [], "images": []}
    return {**PRODUCT_DEFAULTS, **lists, "attributes": {}}


def fresh_variant() -> dict[str, Any]:
    """Return the values of a variant nobody said anything about, to be filled."""
    return {**VARIANT_DEFAULTS, "choice": {}, "prices": {}}


_MEASURES: Final = ("weight", "length", "width", "height")


def _money(minor: int | None, currency: str) -> dict[str, Any] | None:
    return None if minor is None else {"minor": minor, "currency": currency}


def _minor(value: Mapping[str, Any] | None) -> int | None:
    return None if value is None else int(value["minor"])


def _moment(moment: datetime | None) -> str | None:
    return None if moment is None else moment.astimezone(UTC).replace(microsecond=0).isoformat()


def product_values(row: Mapping[str, Any]) -> dict[str, Any]:
    """Return the canonical values a product row holds; pictures and categories come separately."""
    values = {name: row[name] for name in PRODUCT_PLAIN}
    values["tags"] = sorted(values["tags"])
    values["status"] = str(row["status"])
    values["categories"], values["images"] = [], []
    return values


def variant_values(row: Mapping[str, Any]) -> dict[str, Any]:
    """Return the canonical values a variant row holds; stock and further prices come separately."""
    currency = row["currency"]
    return {
        "sku": row["sku"],
        "gtin": row["gtin"],
        "mpn": row["mpn"],
        "choice": row["choice"],
        "price": _money(row["price_minor"], currency),
        "sale_price": _money(row["sale_minor"], currency),
        "sale_from": _moment(row["sale_from"]),
        "sale_to": _moment(row["sale_to"]),
        "cost": _money(row["cost_minor"], currency),
        "prices": {},
        "quantity": None,
        "backorders": row["backorders"],
        **{name: row[name] for name in _MEASURES},
        "image": str(row["media_id"]) if row["media_id"] else None,
    }


def product_row(product: ProductState, *, organization_id: str, now: datetime) -> dict[str, Any]:
    """Return the row of a product, with its summary, as plain JSON."""
    values = product.values
    is_archived = values["status"] == rules.ProductStatus.ARCHIVED
    archived_at = (product.archived_at or now) if is_archived else None
    return {
        "id": str(product.id),
        "organization_id": organization_id,
        "version": product.version,
        "updated_at": now.isoformat(),
        "handle": product.handle,
        **{name: values[name] for name in PRODUCT_PLAIN},
        "title_key": rules.fold(values["title"])[:120],
        "status": values["status"],
        "archived_at": archived_at.isoformat() if archived_at else None,
        "layers": product.layers,
        "is_excluded": product.is_excluded,
        **summary(list(product.variants.values())),
        "thumb_media_id": values["images"][0]["key"] if values["images"] else None,
        "search_text": rules.search_text(values, [v.values for v in product.variants.values()]),
    }


def summary(variants: Sequence[VariantState]) -> dict[str, Any]:
    """Return what a list shows of a product's variants."""
    prices = [v.values["price"] for v in variants if v.values["price"] is not None]
    counted = [v.values["quantity"] for v in variants if v.values["quantity"] is not None]
    skus = [v.values["sku"] for v in variants if v.values["sku"]]
    return {
        "variant_count": len(variants),
        "first_sku": skus[0] if skus else None,
        "currency": prices[0]["currency"] if prices else None,
        "price_min_minor": min((p["minor"] for p in prices), default=None),
        "price_max_minor": max((p["minor"] for p in prices), default=None),
        "stock_total": sum(counted) if counted else None,
    }


def variant_row(
    variant: VariantState, *, product_id: UUID, organization_id: str, currency: str
) -> dict[str, Any]:
    """Return the row of a variant as plain JSON."""
    values = variant.values
    return {
        "id": variant.id.hex,
        "organization_id": organization_id,
        "product_id": product_id.hex,
        "position": variant.position,
        "sku": values["sku"],
        "sku_key": rules.sku_key(values["sku"]),
        "gtin": values["gtin"],
        "mpn": values["mpn"],
        "choice": values["choice"],
        "currency": (values["price"] or {}).get("currency", currency),
        "price_minor": _minor(values["price"]),
        "sale_minor": _minor(values["sale_price"]),
        "sale_from": values["sale_from"],
        "sale_to": values["sale_to"],
        "cost_minor": _minor(values["cost"]),
        **{name: values[name] for name in _MEASURES},
        "backorders": values["backorders"],
        "media_id": values["image"],
        "layers": variant.layers,
    }


def price_rows(variant: VariantState, *, organization_id: str) -> list[dict[str, Any]]:
    """Return the rows of a variant's prices in further currencies."""
    return [
        {
            "organization_id": organization_id,
            "variant_id": str(variant.id),
            "currency": currency,
            "price_minor": _minor(pair["price"]),
            "sale_minor": _minor(pair.get("sale_price")),
        }
        for currency, pair in variant.values["prices"].items()
    ]


def media_rows(product: ProductState, *, organization_id: str) -> list[dict[str, Any]]:
    """Return the rows that put pictures on a product, in order."""
    return [
        {
            "organization_id": organization_id,
            "product_id": str(product.id),
            "media_id": image["key"],
            "position": position,
            "alt": image.get("alt"),
        }
        for position, image in enumerate(product.values["images"])
    ]


def decimals(currency: str) -> int:
    """Return how many decimal places prices in this currency have."""
    return exponent(currency)
