"""Which levels serve what is wanted: what may still be promised of them, and in which order."""

from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Final
from uuid import UUID

from sqlalchemy import select

from app.core.work import Work
from app.inventory.models import Level, Location, LocationKind
from app.inventory.routing import Lane, Routing, Spot, lane, route
from app.team import service as team
from app.team.models import Organization

ROUTING: Final = "routing"  # name of the organization's setting
SAID: Final[Mapping[Routing, str]] = {
    Routing.FEWEST: "Fewest parcels",
    Routing.NEAREST: "Nearest first",
    Routing.RANK: "In my order",
}


def spread(
    work: Work, levels: Sequence[Level], wanted: Mapping[UUID, int]
) -> list[tuple[Level, int]]:
    """Choose the levels that serve what is wanted, by the merchant's order of locations."""
    by_place = {(level.location_id, level.variant_id): level for level in levels}
    stock = stock_of(levels, {})
    parts = route(wanted, stock, lane_of(work, stock))
    return [(by_place[part.place, part.good], part.quantity) for part in parts]


def stock_of(levels: Sequence[Level], freed: Mapping[UUID, int]) -> dict[UUID, dict[UUID, int]]:
    """Return location → variant → available, with what is freed in the same posting."""
    stock: dict[UUID, dict[UUID, int]] = {}
    for level in levels:
        here = stock.setdefault(level.location_id, {})
        here[level.variant_id] = level.available + freed.get(level.id, 0)
    return stock


def lane_of(
    work: Work, places: Collection[UUID], to: Callable[[], Spot | None] | None = None
) -> Lane[UUID]:
    """Return those locations that serve orders, by the merchant's rule and order.

    `to` says where the parcel goes; it is asked only where the rule needs to know.
    """
    rows = work.session.execute(
        select(Location.id, Location.address, Organization.settings[ROUTING].astext)
        .join(Organization, Organization.id == Location.organization_id)
        .where(
            Location.id.in_(list(places)),
            Location.is_active,
            Location.kind != LocationKind.CHANNEL,
        )
        .order_by(Location.rank, Location.is_default.desc(), Location.id)
    ).all()
    rule = routing_of(rows[0][2] if rows else None)
    goes = to() if to is not None and rule is Routing.NEAREST else None
    return lane(rule, {place: spot_of(address) for place, address, _ in rows}, goes)


def routing_of(kept: str | None) -> Routing:
    """Return the rule an organization chose, or the usual one."""
    return Routing(kept) if kept in list(Routing) else Routing.FEWEST


def spot_of(address: Mapping[str, str]) -> Spot:
    """Return where a location is, as its address is kept."""
    return Spot.of(*(address.get(name, "") for name in ("country", "region", "postcode")))


def set_routing(work: Work, rule: Routing) -> None:
    """Let orders be served by another rule from now on; what was promised stays promised."""
    team.keep_setting(work, ROUTING, rule.value)
    team.record_audit(
        work,
        "inventory.routing",
        "organization",
        work.organization_id,
        f"Orders are served by the rule “{SAID[rule]}”.",
    )
