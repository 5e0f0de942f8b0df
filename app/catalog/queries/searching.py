"""What a list is narrowed to, as conditions PostgreSQL can answer from an index.

Row-level security lets only leakproof operators use an index, and full text and arrays are not.
So a rare word is looked up first, by a function that asks for the tenant itself, and its products
are named by id; a frequent word is met soon while walking the order that was asked for.
"""

import re
from collections.abc import Callable
from typing import Any, Final
from uuid import UUID

from sqlalchemy import ColumnElement, and_, exists, false, func, or_, select, text, true
from sqlalchemy.orm import Session

from app.catalog import rules
from app.catalog.filters import ProductFilter
from app.catalog.models import Category, Product, ProductCategory, Variant
from app.catalog.queries.values import organization_of
from app.catalog.service.writing import among
from app.listings.models import Listing, ListingState

Condition = ColumnElement[bool]
RARE: Final = 2000  # so many products are named by id; more are met while walking
_PREFIXED: Final = 200
_WORD: Final = re.compile(r"[^\W_]+", re.UNICODE)
_MATCHING: Final = text("SELECT matching_products(to_tsquery('simple', :query), :most)")
_LAST: Final = "\U0010ffff"
_AT_WORK: Final = (ListingState.WAITING, ListingState.RUNNING)


def conditions(session: Session, wanted: ProductFilter) -> list[Condition]:
    """Return the conditions of a list; they hold within the session's organization."""
    found: list[Condition] = [
        Product.organization_id == organization_of(session),
        Product.status == wanted.wanted_status
        if wanted.wanted_status is not None
        else Product.status != rules.ProductStatus.ARCHIVED,
    ]
    if wanted.channel or wanted.listing:
        found.append(_listed(wanted))
    narrowings: dict[str, Callable[[str], Condition]] = {
        "q": lambda phrase: _matching(session, phrase),
        "category": lambda key: _inside(session, UUID(key)),
        "brand": lambda name: Product.brand == name,
        "tag": lambda tag: _tagged(session, tag),
        "stock": _stocked,
        "excluded": lambda word: Product.is_excluded.is_(word == "yes"),
    }
    for name, narrowing in narrowings.items():
        if value := getattr(wanted, name):
            found.append(narrowing(value))
    return found


def _words(phrase: str) -> str:
    """Return a query that asks for every word, each as the beginning of one."""
    return " & ".join(f"{word}:*" for word in _WORD.findall(rules.fold(phrase))[:12])


def _candidates(session: Session, query: str) -> list[UUID]:
    return list(session.scalars(_MATCHING, {"query": query, "most": RARE + 1}))


def _matching(session: Session, phrase: str) -> Condition:
    by_code = _with_code(session, phrase)
    query = _words(phrase)
    if not query:
        return among(Product.id, by_code) if by_code else false()
    found = _candidates(session, query)
    if len(found) <= RARE:
        return among(Product.id, {*found, *by_code})
    by_word: Condition = Product.search.op("@@")(func.to_tsquery("simple", query))
    return or_(by_word, among(Product.id, by_code)) if by_code else by_word


def _with_code(session: Session, phrase: str) -> list[UUID]:
    """Return products whose SKU or barcode begins like this."""
    start = rules.sku_key(phrase)
    if start is None or len(start) < 2:
        return []
    here = Variant.organization_id == organization_of(session)
    by_sku = select(Variant.product_id).where(here, *_begins(Variant.sku_key, start))
    found = list(session.scalars(by_sku.limit(_PREFIXED)))
    if start.isdigit():
        by_barcode = select(Variant.product_id).where(here, *_begins(Variant.gtin, start))
        found += session.scalars(by_barcode.limit(_PREFIXED))
    return list(dict.fromkeys(found))


def _begins(column: Any, start: str) -> tuple[Condition, Condition]:
    # LIKE is not leakproof, these two are; the index has the same operator class.
    return column.op("~>=~")(start), column.op("~<~")(start + _LAST)


def _tagged(session: Session, tag: str) -> Condition:
    exact: Condition = Product.tags.contains([tag])
    query = " & ".join(_WORD.findall(rules.fold(tag))[:12])
    if not query:
        return exact
    found = _candidates(session, query)
    return and_(among(Product.id, found), exact) if len(found) <= RARE else exact


def _inside(session: Session, category_id: UUID) -> Condition:
    path = session.scalar(
        select(Category.path).where(
            Category.id == category_id, Category.organization_id == organization_of(session)
        )
    )
    if path is None:
        return false()
    below = session.scalars(
        select(Category.id).where(
            Category.organization_id == organization_of(session),
            (Category.path == path) | func.starts_with(Category.path, f"{path} > "),
        )
    )
    return exists().where(
        ProductCategory.product_id == Product.id, among(ProductCategory.category_id, below)
    )


def _listed(wanted: ProductFilter) -> Condition:
    here = [Listing.product_id == Product.id]
    if wanted.channel:
        here.append(Listing.connection_id == UUID(wanted.channel))
    if wanted.listing == "none":
        return ~exists().where(*here)
    if wanted.listing == "waiting":
        here.append(Listing.state.in_(_AT_WORK))
    elif wanted.listing:
        here.append(Listing.state == ListingState(wanted.listing))
    return exists().where(*here)


def _stocked(state: str) -> Condition:
    total = Product.stock_total
    return {
        "out": total <= 0,
        "low": and_(total > 0, total <= rules.LOW_STOCK),
        "in": total > 0,
        "uncounted": total.is_(None),
    }.get(state, true())
