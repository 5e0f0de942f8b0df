"""The catalog into a file: streamed in slices, so that memory stays flat."""

from collections.abc import Iterator, Sequence
from typing import Any, BinaryIO, Final
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.catalog.files import (
    Dialect,
    ExportOptions,
    ExportProduct,
    ExportVariant,
    FileKind,
    Written,
    write_products,
)
from app.catalog.models import Product, VariantPrice
from app.catalog.service.loading import load_products
from app.core import clock, db
from app.core.actor import Actor
from app.team.models import Organization

_SLICE: Final = 500


def export_products(
    actor: Actor,
    stream: BinaryIO,
    *,
    dialect: Dialect,
    kind: FileKind = FileKind.CSV,
    product_ids: list[UUID] | None = None,
) -> Written:
    """Write products (all that are not archived, or these) in a dialect; says what it wrote."""
    with db.reading(actor) as session:
        options = _options(session, actor.organization, kind)
        return write_products(
            _products(session, actor.organization, product_ids), stream, dialect, options
        )


def _options(session: Session, organization_id: UUID, kind: FileKind) -> ExportOptions:
    home = session.get_one(Organization, organization_id)
    currencies = session.scalars(
        select(VariantPrice.currency).distinct().order_by(VariantPrice.currency)
    )
    widest = session.scalar(select(func.max(func.jsonb_array_length(Product.options))))
    names = session.scalars(
        select(func.jsonb_object_keys(Product.attributes)).distinct().limit(200)
    ).all()
    return ExportOptions(
        kind=kind,
        currency=home.currency,
        currencies=tuple(currencies),
        weight_unit=home.weight_unit,
        length_unit=home.length_unit,
        timezone=home.timezone,
        attributes=tuple(sorted(names)),
        attribute_slots=max(1, (widest or 0) + len(names)),
        at=clock.now(),
    )


def _products(
    session: Session, organization_id: UUID, product_ids: list[UUID] | None
) -> Iterator[ExportProduct]:
    slices = _all_ids(session, organization_id) if product_ids is None else _slices(product_ids)
    for ids in slices:
        for key, state in load_products(session, organization_id, ids).items():
            yield ExportProduct(
                key=state.handle or str(key),
                values=state.values,
                variants=tuple(ExportVariant(each.values) for each in state.variants.values()),
                kind=_kind(state.values),
            )


def _slices(product_ids: list[UUID]) -> Iterator[Sequence[UUID]]:
    ordered = sorted(set(product_ids))
    return (ordered[start : start + _SLICE] for start in range(0, len(ordered), _SLICE))


def _all_ids(session: Session, organization_id: UUID) -> Iterator[Sequence[UUID]]:
    wanted = select(Product.id).where(
        Product.organization_id == organization_id, Product.archived_at.is_(None)
    )
    last: UUID | None = None
    while True:
        beyond = wanted if last is None else wanted.where(Product.id > last)
        ids = session.scalars(beyond.order_by(Product.id).limit(_SLICE)).all()
        if not ids:
            return
        yield ids
        last = ids[-1]


def _kind(values: dict[str, Any]) -> str:
    return "variable" if values.get("options") else "simple"
