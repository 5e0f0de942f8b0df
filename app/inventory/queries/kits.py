"""What a kit is made of, how many sets it gives where, and which kits hold a variant."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

from sqlalchemy import Text, cast, func, select
from sqlalchemy.orm import Session

from app.catalog import rules, stock
from app.catalog.filters import ProductFilter
from app.catalog.models import Media, MediaState, Product, Variant
from app.catalog.queries import organization_of, product_list
from app.catalog.service.writing import among
from app.connections.models import Connection
from app.inventory import kits
from app.inventory.models import KitComponent, KitReservation, Level, Location
from app.inventory.queries.places import KeptRow
from app.inventory.service import goods_stock, kits_among

PRODUCTS: Final = 15
VARIANTS: Final = 20


@dataclass(frozen=True, slots=True)
class Named:
    """A variant as people know it."""

    id: UUID
    product_id: UUID
    title: str
    options: str
    sku: str
    media_id: UUID | None

    @property
    def name(self) -> str:
        """Title and options, for labels."""
        return f"{self.title} / {self.options}" if self.options else self.title


@dataclass(frozen=True, slots=True)
class PartRow:
    """A component of a kit: how many in one set, and for how many sets there is enough of it."""

    part: Named | None  # None: it was deleted
    quantity: int
    available: int | None  # None: not counted
    is_kit: bool = False

    @property
    def sets(self) -> int | None:
        """How many sets this component alone is enough for."""
        return None if self.available is None else max(0, self.available) // self.quantity


@dataclass(frozen=True, slots=True)
class KitDetail:
    """What one set holds, and where how many can be built."""

    parts: Sequence[PartRow]
    places: Sequence[tuple[str, int]]
    available: int | None

    @property
    def is_whole(self) -> bool:
        """Whether every component is still there."""
        return all(row.part is not None for row in self.parts)


def kit_detail(session: Session, variant_id: UUID) -> KitDetail | None:
    """Return what a kit is made of and gives; None: the variant is no kit."""
    rows = session.execute(
        select(KitComponent.component_id, KitComponent.quantity)
        .where(KitComponent.kit_id == variant_id)
        .order_by(KitComponent.position, KitComponent.id)
    ).all()
    if not rows:
        return None
    ids = [row.component_id for row in rows if row.component_id]
    names = _named(session, ids)
    quantities, inner = stock.keeper().counted(session, ids)
    parts = [
        PartRow(
            names.get(row.component_id),
            row.quantity,
            quantities.get(row.component_id),
            row.component_id in inner,
        )
        for row in rows
    ]
    made_of = kits_among(session, [variant_id])[variant_id]
    on_shelf, counted = goods_stock(session, made_of.goods)
    total = kits.available(made_of.goods, on_shelf, counted) if made_of.is_whole else 0
    return KitDetail(parts, _places(session, made_of, on_shelf, counted), total)


def _places(
    session: Session, made_of: kits.Contents[UUID], on_shelf: Any, counted: set[UUID]
) -> list[tuple[str, int]]:
    if not made_of.is_whole or not counted & made_of.goods.keys():
        return []
    rows = session.execute(
        select(Location.id, Location.name)
        .where(Location.id.in_(list(on_shelf)))
        .order_by(Location.rank, Location.is_default.desc(), Location.id)
    )
    return [(name, kits.sets_at(made_of.goods, on_shelf[key], counted)) for key, name in rows]


def used_in(session: Session, variant_id: UUID) -> Sequence[tuple[Named, int]]:
    """Return the kits that hold a variant, and how many of it are in one set."""
    rows = session.execute(
        select(KitComponent.kit_id, KitComponent.quantity)
        .where(KitComponent.component_id == variant_id)
        .order_by(KitComponent.kit_id)
        .limit(100)
    ).all()
    names = _named(session, [row.kit_id for row in rows])
    found = [(names[row.kit_id], row.quantity) for row in rows if row.kit_id in names]
    return sorted(found, key=lambda each: each[0].name)


def kept_parts(session: Session, variant_id: UUID) -> Sequence[KeptRow]:
    """Return what is kept back of a variant for kits that a shop shows as sold."""
    rows = session.execute(
        select(
            Location.name.label("location"),
            Connection.name.label("connection"),
            KitReservation.connection_id,
            KitReservation.sets,
            KitReservation.parts,
            KitReservation.kit_id,
            KitReservation.expires_at,
            KitReservation.id,
            Level.id.label("level_id"),
        )
        .join(Level, KitReservation.parts.has_key(cast(Level.id, Text)))
        .join(Location, Location.id == Level.location_id)
        .join(Connection, Connection.id == KitReservation.connection_id)
        .where(Level.variant_id == variant_id)
        .order_by(KitReservation.expires_at)
    ).all()
    names = _named(session, [row.kit_id for row in rows])
    return [
        KeptRow(
            row.location,
            row.connection,
            row.connection_id,
            row.sets * int(row.parts[str(row.level_id)]),
            f"{plural_sets(row.sets)} of {names[row.kit_id].name}: the order is on its way.",
            row.expires_at,
            row.id,
        )
        for row in rows
    ]


def plural_sets(sets: int) -> str:
    """Say how many sets: “1 set”, “2 sets”."""
    return f"{sets:,} set" if sets == 1 else f"{sets:,} sets"


def part_candidates(session: Session, text: str, kit_id: UUID) -> Sequence[Named]:
    """Return variants that fit a text, those of that very SKU first; the kit itself is left out."""
    products = product_list(session, ProductFilter(q=text), size=PRODUCTS, is_counting=False)
    ids = [row.id for row in products.rows]
    places = {key: place for place, key in enumerate(ids)}
    wanted = rules.sku_key(text)
    rows = session.execute(
        select(Variant.id, Variant.sku_key, Variant.position, Variant.product_id)
        .where(
            Variant.organization_id == organization_of(session),
            among(Variant.product_id, ids),
            Variant.id != kit_id,
        )
        .limit(500)
    ).all()
    order = sorted(
        rows, key=lambda row: (row.sku_key != wanted, places[row.product_id], row.position)
    )
    names = _named(session, [row.id for row in order[:VARIANTS]])
    return [names[row.id] for row in order[:VARIANTS]]


def _named(session: Session, variant_ids: Sequence[UUID]) -> dict[UUID, Named]:
    picture = func.coalesce(Variant.media_id, Product.thumb_media_id)
    rows = session.execute(
        select(Variant, Product.title, Media.id)
        .join(Product, Product.id == Variant.product_id)
        .outerjoin(Media, (Media.id == picture) & (Media.state == MediaState.READY))
        .where(Variant.organization_id == organization_of(session), among(Variant.id, variant_ids))
    )
    return {
        variant.id: Named(
            variant.id,
            variant.product_id,
            title,
            " / ".join(map(str, variant.choice.values())),
            variant.sku or "",
            media_id,
        )
        for variant, title, media_id in rows
    }
