"""What would come of an order: which location serves what of it, by each rule there is."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.catalog.models import Variant
from app.catalog.queries.values import organization_of
from app.inventory import kits
from app.inventory.models import Location, LocationKind
from app.inventory.queries.places import locations
from app.inventory.routing import Lane, Routing, Spot, lane
from app.inventory.service import goods_stock, kits_among, routing_of, spot_of
from app.inventory.service.serving import ROUTING
from app.team.models import Organization

Wanted = Mapping[str, int]  # SKU → units


@dataclass(frozen=True, slots=True)
class Parcel:
    """What one location would send: (SKU, units)."""

    place: Location
    items: Sequence[tuple[str, int]]


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a rule makes of an order; `short` is what nobody has, `free` what nobody counts."""

    rule: Routing
    parcels: Sequence[Parcel]
    short: Sequence[tuple[str, int]]
    free: Sequence[tuple[str, int]]


def current_routing(session: Session) -> Routing:
    """Return the rule orders are served by."""
    kept = session.scalar(
        select(Organization.settings[ROUTING].astext).where(
            Organization.id == organization_of(session)
        )
    )
    return routing_of(kept)


def variants_by_sku(session: Session, skus: Sequence[str]) -> dict[str, UUID]:
    """Return which variants these SKUs are; what nobody has is absent."""
    rows = session.execute(
        select(Variant.sku, Variant.id).where(
            Variant.organization_id == organization_of(session), Variant.sku.in_(skus)
        )
    )
    return {str(sku): variant_id for sku, variant_id in rows}


def what_if(
    session: Session, wanted: Wanted, variants: Mapping[str, UUID], to: Spot
) -> list[Outcome]:
    """Return what each rule would make of an order, with the stock there is now."""
    skus = {variants[sku]: sku for sku in wanted}
    units = {variants[sku]: quantity for sku, quantity in wanted.items()}
    contents = kits_among(session, units)
    wishes = {
        key: kits.Wish(each.goods, units[key]) for key, each in contents.items() if each.is_whole
    }
    plain = {key: quantity for key, quantity in units.items() if key not in contents}
    goods = {*plain, *(good for wish in wishes.values() for good in wish.parts)}
    stock, counted = goods_stock(session, goods)
    asked = _Asked(
        skus,
        {key: wish for key, wish in wishes.items() if counted & wish.parts.keys()},
        {key: quantity for key, quantity in plain.items() if key in counted},
        stock,
        counted,
    )
    places = {
        each.id: each
        for each in locations(session)
        if each.is_active and each.kind != LocationKind.CHANNEL
    }
    spots = {key: spot_of(place.address) for key, place in places.items()}
    broken = [key for key, each in contents.items() if not each.is_whole]
    served = {*asked.wishes, *asked.wanted, *broken}
    return [
        Outcome(
            rule,
            *asked.by(lane(rule, spots, to), places, {key: units[key] for key in broken}),
            free=[(skus[key], units[key]) for key in units if key not in served],
        )
        for rule in Routing
    ]


@dataclass(frozen=True, slots=True)
class _Asked:
    """An order, with the stock that could serve it."""

    skus: Mapping[UUID, str]
    wishes: Mapping[UUID, kits.Wish[UUID]]
    wanted: Mapping[UUID, int]
    stock: Mapping[UUID, Mapping[UUID, int]]
    counted: set[UUID]

    def by(
        self, way: Lane[UUID], places: Mapping[UUID, Location], never: Mapping[UUID, int]
    ) -> tuple[list[Parcel], list[tuple[str, int]]]:
        """Return the parcels, and what is short; of `never` nothing can be had at all."""
        split = kits.split(self.wishes, self.wanted, self.stock, way, counted=self.counted)
        sent: dict[UUID, list[tuple[str, int]]] = {}
        left = {**{key: wish.sets for key, wish in self.wishes.items()}, **self.wanted, **never}
        for key, given in split.sets.items():
            for place, sets in given.items():
                sent.setdefault(place, []).append((self.skus[key], sets))
                left[key] -= sets
        for part in split.goods:
            sent.setdefault(part.place, []).append((self.skus[part.good], part.quantity))
            left[part.good] -= part.quantity
        parcels = [Parcel(places[key], sent[key]) for key in way.places if key in sent]
        return parcels, [(self.skus[key], units) for key, units in left.items() if units]
