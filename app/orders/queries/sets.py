"""Kits in orders, in words: what is in a set, and what an order waits for."""

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.catalog.models import Media, MediaState, Product, Variant
from app.catalog.service.writing import among
from app.inventory import kits
from app.inventory.service import goods_stock, kits_among, terms_of
from app.orders.models import OrderLine
from app.orders.service import sets
from app.orders.service.promises import figures_of


@dataclass(frozen=True, slots=True)
class Good:
    """A variant as people know it."""

    title: str
    options: str
    sku: str
    media_id: UUID | None

    @property
    def name(self) -> str:
        """Its SKU where it has one, for short lists."""
        return self.sku or " / ".join(filter(None, (self.title, self.options)))


def goods_of(session: Session, variant_ids: Collection[UUID]) -> dict[UUID, Good]:
    """Return variants by id, as people know them."""
    if not variant_ids:
        return {}
    picture = func.coalesce(Variant.media_id, Product.thumb_media_id)
    rows = session.execute(
        select(Variant.id, Variant.sku, Variant.choice, Product.title, Media.id.label("media_id"))
        .join(Product, Product.id == Variant.product_id)
        .outerjoin(Media, (Media.id == picture) & (Media.state == MediaState.READY))
        .where(among(Variant.id, variant_ids))
    )
    return {
        row.id: Good(
            row.title, " / ".join(map(str, row.choice.values())), row.sku or "", row.media_id
        )
        for row in rows
    }


def parts_words(goods: Mapping[UUID, Good], line: OrderLine) -> str:
    """Say what is in one set of a line: “1 × CUP, 2 × SAUCER”; nothing for what is no kit."""
    return ", ".join(
        f"{units} × {goods[key].name if key in goods else 'a deleted product'}"
        for key, units in sets.parts_of(line).items()
    )


def missing_words(session: Session, lines: Iterable[OrderLine]) -> str:
    """Say what lines still lack: “Waits for 2 × SAUCER.”; nothing when nothing is short."""
    short = {line: figures_of(line).short for line in lines if line.variant_id is not None}
    short = {line: units for line, units in short.items() if units}
    if not short:
        return ""
    ids = {line.variant_id for line in short if line.variant_id is not None}
    broken = [key for key, made_of in kits_among(session, ids).items() if not made_of.is_whole]
    wanted: dict[UUID, int] = {}
    for line, units in short.items():
        if line.parts is not None or line.variant_id not in broken:
            for good, each in sets.goods_of(line, units).items():
                wanted[good] = wanted.get(good, 0) + each
    stock, counted = goods_stock(session, wanted)
    lacking = kits.missing(wanted, 1, stock, counted)
    names = goods_of(session, {*lacking, *broken})
    said = [f"{units:,} × {_name(names, key)}" for key, units in lacking.items()]
    sentences = [f"Waits for {', '.join(sorted(said))}."] if said else []
    sentences += _dated(session, names, lacking)
    sentences += [
        f"A component of {_name(names, key)} was deleted. Say what is in the kit." for key in broken
    ]
    return " ".join(sentences) or "Nothing is missing, but no location has all of one set."


def _dated(
    session: Session, names: Mapping[UUID, Good], lacking: Collection[UUID]
) -> Iterator[str]:
    """Say of what is lacking from when it is to be had, where somebody said so."""
    terms = terms_of(session, lacking)
    for key in lacking:
        day = terms[key].available_on if key in terms else None
        if day is not None:
            yield f"{_name(names, key)} is to be available from {day:%d %B %Y}."


def _name(names: Mapping[UUID, Good], key: UUID) -> str:
    return names[key].name if key in names else "a deleted product"
