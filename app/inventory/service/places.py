"""Locations: made, changed, ranked, switched off; one of them is the default, always."""

from dataclasses import dataclass, field
from typing import Final
from uuid import UUID
from zoneinfo import available_timezones

from sqlalchemy import func, select, update

from app.core.db import new_id
from app.core.errors import Invalid, NotFound
from app.core.work import Work
from app.inventory.errors import StaleLocation
from app.inventory.models import Level, Location, LocationKind

ADDRESS: Final = ("street", "city", "postcode", "region", "country")
MOST_LOCATIONS: Final = 200


@dataclass(frozen=True, slots=True)
class LocationDraft:
    """What a person says about a location."""

    name: str
    kind: LocationKind = LocationKind.WAREHOUSE
    address: dict[str, str] = field(default_factory=dict)
    zone: str = ""
    is_active: bool = True
    is_default: bool = False


def create_location(work: Work, draft: LocationDraft) -> UUID:
    """Add a location, last in rank; the first one is the default."""
    places = _places(work)
    if len(places) >= MOST_LOCATIONS:
        raise Invalid(f"An organization has at most {MOST_LOCATIONS} locations.")
    place = Location(
        id=new_id(),
        organization_id=work.organization_id,
        name=draft.name,
        rank=max((each.rank for each in places), default=-1) + 1,
    )
    is_first = not any(each.is_default for each in places)
    _write(work, place, draft, is_default=draft.is_default or is_first, others=places)
    work.session.add(place)
    work.session.flush()
    return place.id


def change_location(work: Work, location_id: UUID, version: int, draft: LocationDraft) -> None:
    """Change a location; raises StaleLocation when somebody else did since it was shown."""
    places = _places(work)
    place = next((each for each in places if each.id == location_id), None)
    if place is None:
        raise NotFound
    if place.version != version:
        raise StaleLocation
    if place.is_default and not draft.is_default:
        raise Invalid(fields={"is_default": "Make another location the default instead."})
    if place.is_active and not draft.is_active and (held := _held(work, place.id)):
        raise Invalid(fields={"is_active": held})
    others = [each for each in places if each.id != place.id]
    _write(work, place, draft, is_default=draft.is_default, others=others)
    work.session.flush()


def _places(work: Work) -> list[Location]:
    """Return the locations in rank, locked: two people choose the default one after the other."""
    found = work.session.scalars(
        select(Location)
        .where(Location.organization_id == work.organization_id)
        .order_by(Location.id)
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    return sorted(found, key=lambda each: (each.rank, not each.is_default, each.id))


def _write(
    work: Work,
    place: Location,
    draft: LocationDraft,
    *,
    is_default: bool,
    others: list[Location],
) -> None:
    if any(each.name.casefold() == draft.name.casefold() for each in others):
        raise Invalid(fields={"name": "Another location has this name."})
    if draft.zone and draft.zone not in available_timezones():
        raise Invalid(fields={"zone": "Choose a time zone of the list."})
    if is_default and not draft.is_active:
        raise Invalid(fields={"is_active": "The default location has to be in use."})
    if is_default and draft.kind is LocationKind.CHANNEL:
        raise Invalid(
            fields={"kind": "The default location has to be yours: a channel ships from its own."}
        )
    if is_default:
        for other in others:
            other.is_default = False
        work.session.flush()
    place.name, place.kind, place.zone = draft.name, draft.kind, draft.zone or None
    place.address = {key: draft.address[key] for key in ADDRESS if draft.address.get(key)}
    place.is_active, place.is_default = draft.is_active, is_default


def _held(work: Work, location_id: UUID) -> str:
    """Say what keeps a location from being switched off, or nothing."""
    buckets = Level.on_hand, Level.committed, Level.reserved, Level.locked, Level.incoming
    units, count = work.session.execute(
        select(func.coalesce(func.sum(Level.on_hand), 0), func.count()).where(
            Level.location_id == location_id,
            func.greatest(*buckets) + func.abs(Level.on_hand) != 0,
            Level.is_counted,
        )
    ).one()
    if not count:
        return ""
    goods = "variant" if count == 1 else "variants"
    return (
        f"Stock of {count:,} {goods} is kept there, {units:,} on hand."
        " Move or adjust it to 0, then switch the location off."
    )


def move_location(work: Work, location_id: UUID, *, is_up: bool) -> None:
    """Let a location serve orders one place earlier or later."""
    places = _places(work)
    at = next((n for n, each in enumerate(places) if each.id == location_id), None)
    if at is None:
        raise NotFound
    to = at - 1 if is_up else at + 1
    if 0 <= to < len(places):
        places[at], places[to] = places[to], places[at]
    for rank, each in enumerate(places):
        if each.rank != rank:
            # The form of a location shows no rank, so this makes nobody's page stale.
            work.session.execute(update(Location).where(Location.id == each.id).values(rank=rank))
