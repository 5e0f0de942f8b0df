"""What each shop of an organization is to be shown of a variant's stock.

The rules are `app.inventory.offering`; here are the rows. What a shop may still sell is what it was
last agreed to show, or what is on its way to it, whichever is more (`accounts.Account.exposed`).
Both are read in one statement, and whoever sends holds the product's lock (`apply.locked_pairs`):
between the split and the note of what is about to leave, nobody else splits the same stock.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

from sqlalchemy import Uuid, bindparam, select, text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Session

from app.catalog.models import Product, Variant
from app.connections import rules
from app.connections.models import Connection, ConnectionState
from app.core import db
from app.core.work import Work
from app.inventory import families, kits
from app.inventory import service as inventory
from app.inventory.accounts import Account
from app.inventory.offering import Member, Mode, Offered, Terms, offers
from app.sync import tasks
from app.sync.models import Haste
from app.sync.policy import Policy, decide

_SELLING: Final = (ConnectionState.ACTIVE, ConnectionState.ERROR, ConnectionState.PAUSED)
_HELD: Final = text(
    """
    SELECT v.id AS variant_id, v.product_id, l.id AS listing_id, c.id AS connection_id,
        c.name, c.settings, c.state = 'active' AND l.is_writable AND l.kept_off_at IS NULL
            AND NOT p.is_excluded
            AND (l.external_id IS NOT NULL OR l.state IN ('waiting', 'running')) AS takes,
        (b.variants -> v.id::text ->> 'quantity')::integer AS base,
        (l.remote -> 'variants' -> o.external_id ->> 'quantity')::integer AS remote,
        s.quantity AS unsure
    FROM variants AS v
        JOIN products AS p ON p.id = v.product_id
        JOIN listings AS l ON l.product_id = v.product_id
            AND l.state NOT IN ('gone', 'ignored', 'unmapped')
        JOIN connections AS c ON c.id = l.connection_id
            AND c.state IN ('active', 'error', 'paused')
        LEFT JOIN offers AS o ON o.listing_id = l.id AND o.variant_id = v.id
        LEFT JOIN base_values AS b ON b.listing_id = l.id
        LEFT JOIN sent_counts AS s ON s.listing_id = l.id AND s.variant_id = v.id
    WHERE v.id = ANY(:variants)
    ORDER BY c.name, l.id
    """
).bindparams(bindparam("variants", type_=ARRAY(Uuid())))
Place = tuple[UUID, UUID]  # (listing, variant)
_EVERYWHERE: Final[frozenset[UUID]] = frozenset()


@dataclass(frozen=True, slots=True)
class Share:
    """One shop that sells a variant: its terms, what it may sell, what it is to be shown."""

    listing_id: UUID
    variant_id: UUID
    connection_id: UUID
    name: str
    member: Member
    offered: Offered | None  # None: its count comes in, ours does not go out
    is_together: bool = False  # split with kits that hold it, or with what is in it

    @property
    def is_due(self) -> bool:
        """Whether it is to be shown something else than it is."""
        if self.offered is None or not self.member.takes:
            return False
        return self.offered.quantity != self.member.exposed


def terms_of(settings: Mapping[str, Any]) -> Terms:
    """Return what a connection may see of the stock."""
    return Terms(
        buffer=int(rules.setting(settings, "buffer")),
        buffer_percent=int(rules.setting(settings, "buffer_percent")),
        cap=rules.setting(settings, "stock_cap"),
        weight=int(rules.setting(settings, "stock_weight")),
    )


def mode_of(settings: Mapping[str, Any]) -> Mode:
    """Return how a connection gets its stock; one whose stock is not sent keeps its own count."""
    policy = Policy.from_settings(settings)
    if policy.is_mirror or not decide("quantity", policy).direction.goes_out:
        return Mode.MIRROR
    return Mode(rules.setting(settings, "stock_mode"))


def places_of(settings: Mapping[str, Any]) -> frozenset[UUID]:
    """Return our locations whose stock counts for a connection; none: all of them."""
    return frozenset(UUID(key) for key in rules.setting(settings, "stock_places"))


def has_strict(session: Session, organization_id: UUID) -> bool:
    """Tell whether any shop of an organization is shown a part of its own."""
    found = select(Connection.id).where(
        Connection.organization_id == organization_id,
        Connection.state.in_(_SELLING),
        Connection.settings["stock_mode"].astext == Mode.STRICT.value,
    )
    return session.scalar(select(found.exists())) or False


def shares(session: Session, variant_ids: Sequence[UUID]) -> list[Share]:
    """Return every shop that sells these variants, with what it is to be shown of each."""
    found: dict[UUID, list[Share]] = {}
    for each in around(session, variant_ids):
        found.setdefault(each.variant_id, []).append(each)
    return [each for key in variant_ids for each in found.get(key, ())]


def around(session: Session, variant_ids: Collection[UUID]) -> Iterator[Share]:
    """Yield the same of these variants, and of all that kits link with them by their goods."""
    boms = inventory.boms_around(session, variant_ids)
    touched = {*boms, *(key for parts in boms.values() for key in parts if key)}
    linked = sorted({*variant_ids, *touched})
    rows: dict[UUID, list[Any]] = {key: [] for key in linked}
    for row in session.execute(_HELD, {"variants": linked}):
        rows[row.variant_id].append(row)
    counted = _Counted(session, linked)
    units = {
        str(key): {
            str(good): each
            for good, each in kits.contents(key, boms).goods.items()
            if counted.of(good, _EVERYWHERE) is not None
        }
        for key in sorted(touched)
    }
    alone = [[str(key)] for key in linked if key not in touched]
    for family in [*alone, *families.together(units)]:
        yield from _of_family({UUID(key): rows[UUID(key)] for key in family}, units, counted)


Rows = Mapping[UUID, Sequence[Any]]  # who sells which variant
Units = Mapping[str, Mapping[str, int]]  # variant → counted good → how many are in one


def _of_family(rows: Rows, units: Units, counted: "_Counted") -> Iterator[Share]:
    """Split variants of one shelf: together, where a shop has a part of its own of any of them."""
    members = {key: _members(mine, counted) for key, mine in rows.items()}
    modes = {each.mode for some in members.values() for each in some.values()}
    if len(rows) > 1 and Mode.STRICT in modes:
        places = _together(row.settings for mine in rows.values() for row in mine)
        goods = {good for key in rows for good in units[str(key)]}
        stock = {good: counted.of(UUID(good), places) or 0 for good in goods}
        sold = {str(key): families.Sold(units[str(key)], some) for key, some in members.items()}
        for key, shown in families.offers(stock, sold).items():
            for row in rows[UUID(key)]:
                yield _share(row, members[UUID(key)], shown, is_together=True)
        return
    for variant_id, mine in rows.items():
        available = counted.of(variant_id, _together(row.settings for row in mine))
        if available is not None:
            shown = offers(available, members[variant_id])
            yield from (_share(row, members[variant_id], shown) for row in mine)


def _share(
    row: Any,
    members: Mapping[str, Member],
    shown: Mapping[str, Offered],
    *,
    is_together: bool = False,
) -> Share:
    key = str(row.listing_id)
    return Share(
        row.listing_id,
        row.variant_id,
        row.connection_id,
        row.name,
        members[key],
        shown.get(key),
        is_together,
    )


def _members(rows: Sequence[Any], counted: "_Counted") -> dict[str, Member]:
    return {str(row.listing_id): _member(row, counted) for row in rows}


def _member(row: Any, counted: "_Counted") -> Member:
    base = row.base if row.base is not None else row.remote
    account = Account(max(base or 0, 0), unsure=row.unsure)
    return Member(
        mode_of(row.settings),
        terms_of(row.settings),
        counted=counted.of(row.variant_id, places_of(row.settings)) or 0,
        exposed=max(account.exposed, 0),
        takes=row.takes,
        shop=str(row.connection_id),
    )


def _together(settings: Iterable[Mapping[str, Any]]) -> frozenset[UUID]:
    """Return the locations that count for any of these shops; none: all."""
    all_places: frozenset[UUID] = frozenset()
    for each in settings:
        if mode_of(each) is Mode.MIRROR:
            continue
        places = places_of(each)
        if not places:
            return frozenset()
        all_places |= places
    return all_places


class _Counted:
    """What is available at sets of locations, each asked for once."""

    def __init__(self, session: Session, variant_ids: Sequence[UUID]) -> None:
        self._session, self._ids = session, list(variant_ids)
        self._known: dict[frozenset[UUID], dict[UUID, int]] = {}

    def of(self, variant_id: UUID, places: frozenset[UUID]) -> int | None:
        """Return what is available of a variant there; None: nobody counts it."""
        if places not in self._known:
            self._known[places] = inventory.available_at(self._session, self._ids, places)
        return self._known[places].get(variant_id)


@dataclass(frozen=True, slots=True)
class Shown:
    """What one shop is to be shown of variants."""

    terms: Terms
    available: Mapping[UUID, int]
    split: Mapping[Place, int] | None  # None: nobody is strict, everybody sees everything

    def quantity(self, listing_id: UUID, variant_id: UUID) -> int | None:
        """Return what is to be shown; None: nothing is known of it."""
        if self.split is not None:
            return self.split.get((listing_id, variant_id))
        found = self.available.get(variant_id)
        return None if found is None else self.terms.less(found)


def shown(
    session: Session, connection: Connection, counted: Mapping[UUID, int | None]
) -> Shown | None:
    """Return what a shop is to be shown of variants; `counted` is all there is of each.

    None: its count comes in and ours stays here as it is.
    """
    if mode_of(connection.settings) is Mode.MIRROR:
        return None
    known = [key for key, quantity in counted.items() if quantity is not None]
    terms, places = terms_of(connection.settings), places_of(connection.settings)
    if has_strict(session, connection.organization_id):
        split = {
            (each.listing_id, each.variant_id): each.offered.quantity
            for each in shares(session, known)
            if each.connection_id == connection.id and each.offered is not None
        }
        return Shown(terms, {}, split)
    everything = {key: counted[key] or 0 for key in known}
    there = inventory.available_at(session, known, places) if places else everything
    return Shown(terms, there, None)


def ring(work: Work, answered: Collection[Place]) -> None:
    """Let others have what these places are not exposed to any more, or be lowered for it.

    Where kits are, the same shop may sell more or less of what shares a good with the answered.
    """
    if answered and has_strict(work.session, work.organization_id):
        _ring(work, {variant_id for _, variant_id in answered}, answered)


def ring_families(work: Work, variant_ids: Collection[UUID]) -> None:
    """Let all be shown what they are due whose stock kits link with that of these variants."""
    if not variant_ids or not has_strict(work.session, work.organization_id):
        return
    if inventory.boms_around(work.session, variant_ids):
        _ring(work, variant_ids)


def _ring(work: Work, variant_ids: Collection[UUID], but: Collection[Place] = ()) -> None:
    # Of two confirmations the later one is to see the room of both.
    hold(work, variants=variant_ids)
    due = {
        (each.listing_id, each.connection_id)
        for each in around(work.session, variant_ids)
        if each.is_due and (each.listing_id, each.variant_id) not in but
    }
    tasks.request_pushes(work, due, haste=Haste.URGENT)


def hold(work: Work, *, products: Collection[UUID] = (), variants: Collection[UUID] = ()) -> None:
    """Keep these products, or those of variants, from anybody else until the unit ends.

    Where shops have parts of their own, with all whose stock is split together with theirs, in one
    statement; and nobody changes meanwhile what kits are made of.
    """
    work.session.flush()
    if has_strict(work.session, work.organization_id):
        db.lock_shared(work.session, db.Locks.KITS, work.organization_id)
        linked = inventory.products_around(work.session, products, variants)
        wanted = Product.id.in_(linked)
    else:
        sold = select(Variant.product_id).where(Variant.id.in_(list(variants)))
        wanted = Product.id.in_(sold) if variants else Product.id.in_(list(products))
    work.session.execute(select(Product.id).where(wanted).order_by(Product.id).with_for_update())
