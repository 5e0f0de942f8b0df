"""Codes that must be unique: SKU and GTIN, over products, variations and the trash."""

import re

from app.simulators.woocommerce.core import StoreCore
from app.simulators.woocommerce.errors import ApiError


def claim_sku(store: StoreCore, sku: str, *, own_id: int) -> str:
    """Return the SKU when nobody else has it; the refusal names the owner and a free one."""
    owners = [owner for owner in store.goods.with_sku(sku) if owner != own_id] if sku else []
    if owners:
        raise ApiError(
            "product_invalid_sku",
            400,
            "Invalid or duplicated SKU.",
            resource_id=owners[0],
            unique_sku=_free_sku(store, sku),
        )
    return sku


def refuse_stale_sku(store: StoreCore, sku: str) -> None:
    """Refuse to create what a stale row of the lookup table still claims."""
    if sku and sku in store.stale_skus:
        message = f"The SKU ({sku}) is already present in the lookup table."
        raise ApiError("woocommerce_rest_product_not_created", 400, message)


def _free_sku(store: StoreCore, sku: str) -> str:
    count = 1
    while store.goods.with_sku(f"{sku}-{count}"):
        count += 1
    return f"{sku}-{count}"


def claim_gtin(store: StoreCore, sent: str, *, own_id: int) -> str:
    """Return the GTIN stripped to digits and hyphens when nobody else has it."""
    gtin = re.sub(r"[^0-9\-]", "", sent)
    owners = [owner for owner in store.goods.with_gtin(gtin) if owner != own_id] if gtin else []
    if owners:
        raise ApiError(
            "product_invalid_global_unique_id",
            400,
            "Invalid or duplicated GTIN, UPC, EAN or ISBN.",
            resource_id=owners[0],
        )
    return gtin
