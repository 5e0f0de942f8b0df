"""Products as JSON under /api/v1: one page of a list, one product whole."""

from collections.abc import Mapping
from typing import Any, Final
from urllib.parse import urlencode
from uuid import UUID

from flask import Blueprint, jsonify, request, url_for
from flask.typing import ResponseReturnValue

from app.catalog import queries
from app.catalog.filters import ProductFilter
from app.catalog.queries import ListingBadge, ProductDetail, ProductRow
from app.core.db import reading
from app.core.errors import Invalid
from app.core.money import Money
from app.web.guards import requires
from app.web.identity import current_actor
from app.web.payload import whole_number

MOST: Final = 200
USUAL: Final = 50

bp = Blueprint("catalog_api", __name__, url_prefix="/api/v1")


@bp.get("/products")
@requires("catalog.read")
def api_product_list() -> ResponseReturnValue:
    """Give one page of products; the same filters and orders as the page has."""
    wanted = ProductFilter.from_args(request.args)
    limit = _limit(request.args.get("limit"))
    with reading(current_actor()) as session:
        found = queries.product_list(
            session,
            wanted,
            after=request.args.get("after"),
            before=request.args.get("before"),
            size=limit,
        )
    return jsonify(
        items=[_row(row) for row in found.rows],
        page=(found.first - 1) // limit + 1,
        limit=limit,
        total=found.total,
        total_pages=-(-found.total // limit),
        is_estimate=found.is_estimate,
        after=found.after,
        before=found.before,
        next=_address(wanted, limit, found.after),
    )


def _limit(given: str | None) -> int:
    if given is None:
        return USUAL
    if not (limit := whole_number(given, most=MOST)):
        raise Invalid(fields={"limit": f"Ask for 1 to {MOST} products at once."})
    return limit


def _address(wanted: ProductFilter, limit: int, after: str | None) -> str | None:
    if after is None:
        return None
    asked = urlencode({**wanted.to_args(), "limit": limit, "after": after})
    return f"{url_for('catalog_api.api_product_list')}?{asked}"


def _row(row: ProductRow) -> dict[str, Any]:
    return {
        "id": str(row.id),
        "title": row.title,
        "status": row.status,
        "is_excluded": row.is_excluded,
        "brand": row.brand,
        "sku": row.sku,
        "variant_count": row.variant_count,
        "price_min": _money(row.price_min),
        "price_max": _money(row.price_max),
        "quantity": row.stock,
        "updated_at": row.updated_at.isoformat(),
        "listings": [_badge(badge) for badge in row.listings],
    }


def _badge(badge: ListingBadge) -> dict[str, Any]:
    return {
        "id": str(badge.listing_id),
        "connection_id": str(badge.connection_id),
        "connection": badge.connection,
        "channel": badge.channel,
        "state": badge.state,
        "error": badge.error,
    }


def _money(money: Money | None) -> dict[str, str] | None:
    return None if money is None else {"amount": f"{money.amount:f}", "currency": money.currency}


@bp.get("/products/<uuid:product_id>")
@requires("catalog.read")
def api_product_detail(product_id: UUID) -> ResponseReturnValue:
    """Give one product with its variants, pictures and listings."""
    with reading(current_actor()) as session:
        product = queries.product_detail(session, product_id)
    return jsonify(_product(product))


def _product(product: ProductDetail) -> dict[str, Any]:
    return {
        "id": str(product.id),
        "version": product.version,
        "handle": product.handle,
        "is_excluded": product.is_excluded,
        **_plain(product.values),
        "variants": [
            {"id": str(variant.id), **_plain(variant.values)} for variant in product.variants
        ],
        "listings": [
            {**_badge(card.badge), "external_id": card.external_id, "url": card.url}
            for card in product.listings
        ],
        "created_at": product.created_at.isoformat() if product.created_at else None,
        "updated_at": product.updated_at.isoformat() if product.updated_at else None,
    }


def _plain(value: Any) -> Any:
    """Return a value as programs read it: money as a decimal amount, all else as it is kept."""
    if not isinstance(value, Mapping):
        return value
    if value.keys() == {"minor", "currency"}:
        return _money(Money(int(value["minor"]), str(value["currency"])))
    return {name: _plain(each) for name, each in value.items()}
