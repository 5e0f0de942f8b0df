"""What is to be counted: a location, or a part of it; its lines are made when the count begins."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final
from uuid import UUID

from sqlalchemy import ColumnElement, Select, func, literal, select
from sqlalchemy.dialects.postgresql import insert

from app.catalog import rules
from app.catalog.models import Category, Product, ProductCategory, Variant
from app.catalog.service.writing import among
from app.core.db import new_id
from app.core.errors import Invalid
from app.core.work import Work
from app.inventory.models import Level, Location, LocationKind, StockCount, StockCountLine
from app.inventory.service.codes import find_codes

MOST_LINES: Final = 20_000
MOST_CODES: Final = 500


class Scope(StrEnum):
    """What of a location is counted."""

    ALL = "all"
    CATEGORY = "category"
    PREFIX = "prefix"
    LIST = "list"


@dataclass(frozen=True, slots=True)
class CountDraft:
    """What is to be counted where; `value` is a category's id, a beginning of SKUs, or a list."""

    location_id: UUID
    scope: Scope = Scope.ALL
    value: str = ""
    note: str = ""


def start_count(work: Work, draft: CountDraft) -> UUID:
    """Begin a count of what is kept at a location; raises Invalid at the field."""
    place = work.session.scalar(
        select(Location).where(
            Location.id == draft.location_id,
            Location.organization_id == work.organization_id,
            Location.is_active,
            Location.kind != LocationKind.CHANNEL,
        )
    )
    if place is None:
        raise Invalid(fields={"location": "Choose a location of yours that is in use."})
    words, wanted = _scope(work, draft)
    last = select(func.max(StockCount.number)).where(
        StockCount.organization_id == work.organization_id
    )
    count = StockCount(
        id=new_id(),
        organization_id=work.organization_id,
        number=(work.session.scalar(last) or 0) + 1,
        location_id=place.id,
        scope=words[:200],
        note=draft.note,
        user_id=work.actor.user_id,
    )
    work.session.add(count)
    work.session.flush()
    work.touch("counts")
    chosen = (
        select(Variant.id, literal(work.organization_id), literal(count.id))
        .join(Product, Product.id == Variant.product_id)
        .where(Variant.id.in_(wanted))
        .order_by(Product.title_key, Variant.position, Variant.id)  # as people walk the list
        .limit(MOST_LINES + 1)
    )
    columns = ["variant_id", "organization_id", "count_id"]
    work.session.execute(
        insert(StockCountLine).from_select(columns, chosen, include_defaults=False)
    )
    found = work.session.scalar(
        select(func.count()).select_from(StockCountLine).where(StockCountLine.count_id == count.id)
    )
    field = draft.scope.value if draft.scope is not Scope.ALL else "scope"
    if not found and draft.scope is not Scope.ALL:
        raise Invalid(fields={field: f"Nothing of this is kept at {place.name}."})
    if found and found > MOST_LINES:
        sentence = f"A count holds at most {MOST_LINES:,} variants. Count a part at a time."
        raise Invalid(fields={field: sentence})
    return count.id


def _scope(work: Work, draft: CountDraft) -> tuple[str, Select[UUID]]:
    """Return what is counted in words, and the variants to look for."""
    kept = select(Level.variant_id).where(Level.location_id == draft.location_id, Level.is_counted)
    if draft.scope is Scope.PREFIX:
        key = rules.sku_key(draft.value)
        if key is None:
            raise Invalid(fields={"prefix": "Enter how the SKUs begin."})
        begins: ColumnElement[bool] = Variant.sku_key.startswith(key, autoescape=True)
        return f"SKUs that begin with {draft.value.strip()}", kept.join(
            Variant, Variant.id == Level.variant_id
        ).where(begins)
    if draft.scope is Scope.CATEGORY:
        return _category(work, draft.value, kept)
    if draft.scope is Scope.LIST:
        ids = _listed(work, draft.value)
        words = "One SKU" if len(ids) == 1 else f"{len(ids):,} SKUs"
        return words, select(Variant.id).where(among(Variant.id, ids))
    return "Everything", kept


def _category(work: Work, value: str, kept: Select[UUID]) -> tuple[str, Select[UUID]]:
    top = next(
        (
            each
            for each in work.session.scalars(
                select(Category).where(Category.organization_id == work.organization_id)
            )
            if str(each.id) == value
        ),
        None,
    )
    if top is None:
        raise Invalid(fields={"category": "Choose a category."})
    within = select(Category.id).where(
        Category.organization_id == work.organization_id,
        (Category.id == top.id) | Category.path.startswith(f"{top.path} > ", autoescape=True),
    )
    products = select(ProductCategory.product_id).where(ProductCategory.category_id.in_(within))
    chosen = kept.join(Variant, Variant.id == Level.variant_id).where(
        Variant.product_id.in_(products)
    )
    return f"Category {top.path}", chosen


def _listed(work: Work, text: str) -> list[UUID]:
    codes = list(dict.fromkeys(text.replace(",", "\n").replace(";", "\n").split("\n")))
    codes = [each.strip() for each in codes if each.strip()]
    if not codes:
        raise Invalid(fields={"list": "Enter the SKUs or barcodes, one per line."})
    if len(codes) > MOST_CODES:
        raise Invalid(fields={"list": f"At most {MOST_CODES} at once."})
    found = list(find_codes(work.session, work.organization_id, codes).values())
    unknown = next((each for each in found if isinstance(each, str)), None)
    if unknown is not None:
        raise Invalid(fields={"list": unknown})
    return list(dict.fromkeys(each.id for each in found if not isinstance(each, str)))
