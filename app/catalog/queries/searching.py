"""What a list is narrowed to, as conditions PostgreSQL can answer from an index.

Row-level security lets only leakproof operators use an index, and full text and arrays are not.
So words are looked up by a function that asks for the tenant itself (docs/adr/0009), what it finds
is gathered and sorted. A word that too many products have is met soon while walking the order that
was asked for, and its number is the planner's estimate.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

from sqlalchemy import (
    ColumnElement,
    CompoundSelect,
    Uuid,
    and_,
    exists,
    false,
    func,
    literal,
    or_,
    select,
    true,
    union_all,
)
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Session

from app.catalog import rules
from app.catalog.filters import ProductFilter
from app.catalog.models import Category, Product, ProductCategory, Variant
from app.catalog.queries.estimates import planned_rows
from app.catalog.queries.values import organization_of
from app.catalog.service.writing import among
from app.listings.models import Listing, ListingState

Condition = ColumnElement[bool]
GATHERED_WORDS: Final = 5_000  # products with these words: more are met while walking
GATHERED: Final = 20_000
_ALL: Final = 1_000_000
_PREFIXED: Final = 200
_WORD: Final = re.compile(r"[^\W_]+", re.UNICODE)
_LAST: Final = "\U0010ffff"
_AT_WORK: Final = (ListingState.WAITING, ListingState.RUNNING)


@dataclass(frozen=True, slots=True)
class Narrowing:
    """The conditions of a list, and how PostgreSQL had better answer them.

    Gathered: take all that fit, then sort. Otherwise: walk the order until a page is full; words
    then are asked of each row on the way.
    """

    plain: tuple[Condition, ...]
    gathered: tuple[Condition, ...]  # the words, looked up first
    walked: Callable[[Any], list[Condition]]  # the words, asked of a row
    is_gathered: bool = False
    has_words: bool = False

    @property
    def is_broad(self) -> bool:
        """Whether so many products have the words that counting would read too much."""
        return self.has_words and not self.is_gathered

    @property
    def where(self) -> tuple[Condition, ...]:
        """All conditions, for a question without an order."""
        words = self.gathered if self.is_gathered else self.walked(Product)
        return (*self.plain, *words)


def narrow(session: Session, wanted: ProductFilter) -> Narrowing:
    """Return the conditions of a list; they hold within the session's organization."""
    plain = (Product.organization_id == organization_of(session), *_plain(session, wanted))
    query, tag_query = _words(wanted.q), _tag_words(wanted.tag)
    by_code = _with_code(session, wanted.q) if wanted.q else []
    gathered: list[Condition] = []
    if wanted.q:
        gathered.append(Product.id.in_(_found_by(query, by_code)))
    if wanted.tag:
        gathered += [Product.id.in_(_found_by(tag_query, [])), Product.tags.contains([wanted.tag])]

    def walked(row: Any) -> list[Condition]:
        asked = [or_(_has(row, query), among(row.id, by_code))] if wanted.q else []
        return [*asked, *([row.tags.contains([wanted.tag])] if wanted.tag else [])]

    has_words = bool(wanted.q or wanted.tag)
    if has_words:
        is_gathered = _is_rare(session, [each for each in (query, tag_query) if each])
    else:
        question = select(Product.id).where(*plain)
        is_gathered = bool(wanted.category) and planned_rows(session, question) <= GATHERED
    return Narrowing(plain, tuple(gathered), walked, is_gathered, has_words)


def _plain(session: Session, wanted: ProductFilter) -> list[Condition]:
    found: list[Condition] = [
        Product.status == wanted.wanted_status
        if wanted.wanted_status is not None
        else Product.status != rules.ProductStatus.ARCHIVED,
    ]
    if wanted.channel or wanted.listing:
        found.append(_listed(wanted))
    narrowings: dict[str, Callable[[str], Condition]] = {
        "category": lambda key: _inside(session, UUID(key)),
        "brand": lambda name: Product.brand == name,
        "stock": _stocked,
        "excluded": lambda word: _excluded() if word == "yes" else ~_excluded(),
    }
    for name, narrowing in narrowings.items():
        if value := getattr(wanted, name):
            found.append(narrowing(value))
    return found


def _excluded() -> Condition:
    return Product.is_excluded.expression


def _words(phrase: str) -> str:
    """Return a query that asks for every word, the last one as the beginning of one."""
    words = _WORD.findall(rules.fold(phrase))[:12]
    if words and len(words[-1]) > 1:
        words[-1] += ":*"
    return " & ".join(words)


def _tag_words(tag: str) -> str:
    return " & ".join(_WORD.findall(rules.fold(tag))[:12])


def _is_rare(session: Session, words: list[str]) -> bool:
    """Tell whether so few products have these words that they may be gathered."""
    question = select(Product.id).where(*(_has(Product, query) for query in words))
    return not words or planned_rows(session, question) <= GATHERED_WORDS


def _has(row: Any, query: str) -> Condition:
    found: Condition = row.search.op("@@")(func.to_tsquery("simple", query))
    return found


def _found_by(query: str, by_code: list[UUID]) -> CompoundSelect[Any]:
    """Ask for the products with these words, and for those known by their SKU or barcode."""
    words = select(func.matching_products(func.to_tsquery("simple", query), _ALL))
    return union_all(words, select(func.unnest(literal(by_code, ARRAY(Uuid())))))


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
