"""Reads about conflicts: lists with filters, what was said about one, what a choice moves."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

from sqlalchemy import func, null, or_, select
from sqlalchemy.orm import Session, aliased

from app.adapters.values import FIELDS, Value
from app.catalog.models import Product, Variant
from app.connections.models import Connection, ConnectionState
from app.core.paging import KeysetPage, newest_page
from app.listings.models import Listing, ListingState, Offer
from app.sync import resolving
from app.sync.errors import ConflictNotFound
from app.sync.models import Conflict, ConflictComment, ConflictState, Resolution
from app.sync.policy import Policy, Rule, decide
from app.sync.project import rules_of
from app.team.models import User

PAGE: Final = 50
NOBODY: Final = "nobody"
_ASLEEP: Final = (ListingState.IGNORED, ListingState.GONE, ListingState.UNMAPPED)
_OwnValue = tuple[UUID, UUID | None, str]  # listing, variant, field
_Assignee, _Decider = aliased(User), aliased(User)


@dataclass(frozen=True, slots=True)
class ConflictFilter:
    """Which conflicts are looked at; `assignee` is a member's id, or NOBODY."""

    is_decided: bool = False
    connection_id: UUID | None = None
    field: str = ""
    assignee: str = ""
    text: str = ""


@dataclass(frozen=True, slots=True)
class ConflictRow:
    """A conflict with our value as it is now and the names people know it by."""

    ours: Value
    conflict: Conflict
    product: str
    connection: str
    sku: str | None
    choice: dict[str, str] | None
    assignee: str | None
    decider: str | None

    @property
    def id(self) -> UUID:
        """The conflict's id."""
        return self.conflict.id

    @property
    def is_open(self) -> bool:
        """Whether somebody still has to decide."""
        return self.conflict.state == ConflictState.OPEN

    @property
    def seen(self) -> str:
        """The mark of the two values shown, which a decision names."""
        return resolving.seen_as(self.conflict.field, self.ours, self.conflict.theirs)

    @property
    def variant(self) -> str:
        """What tells the variant from others; empty for a value of the product."""
        words = ", ".join((self.choice or {}).values())
        return " · ".join(each for each in (self.sku, words) if each)


def _wanted() -> Any:
    return (
        select(
            Conflict,
            Product.title,
            Connection.name,
            Variant.sku,
            Variant.choice,
            _Assignee.name,
            _Decider.name,
        )
        .join(Product, Product.id == Conflict.product_id)
        .join(Connection, Connection.id == Conflict.connection_id)
        .outerjoin(Variant, Variant.id == Conflict.variant_id)
        .outerjoin(_Assignee, _Assignee.id == Conflict.assignee_id)
        .outerjoin(_Decider, _Decider.id == Conflict.resolved_by)
    )


def _filtered(wanted: Any, chosen: ConflictFilter) -> Any:
    state = ConflictState.RESOLVED if chosen.is_decided else ConflictState.OPEN
    found = wanted.where(Conflict.state == state)
    if chosen.connection_id is not None:
        found = found.where(Conflict.connection_id == chosen.connection_id)
    if chosen.field:
        found = found.where(Conflict.field == chosen.field)
    if chosen.assignee == NOBODY:
        found = found.where(Conflict.assignee_id.is_(None))
    elif chosen.assignee:
        found = found.where(Conflict.assignee_id == UUID(chosen.assignee))
    if chosen.text:
        sought = f"%{chosen.text.replace('%', '')}%"
        found = found.where(or_(Product.title.ilike(sought), Variant.sku.ilike(sought)))
    return found


def _rows(session: Session, found: Sequence[Sequence[Any]]) -> list[ConflictRow]:
    waiting = [row[0] for row in found if row[0].state == ConflictState.OPEN]
    ours = resolving.our_values(session, waiting)
    return [ConflictRow(ours.get(row[0].id, row[0].ours), *row) for row in found]


def conflict_page(
    session: Session,
    chosen: ConflictFilter,
    *,
    after: str | None = None,
    before: str | None = None,
    limit: int = PAGE,
) -> KeysetPage[ConflictRow]:
    """Return conflicts, newest first."""
    wanted = _filtered(_wanted(), chosen)
    found: KeysetPage[tuple[Any, ...]] = newest_page(
        session, wanted, [Conflict.id], lambda *row: row, after=after, before=before, limit=limit
    )
    return KeysetPage(
        _rows(session, found.rows),
        found.before,
        found.after,
        found.total,
        found.is_estimate,
        found.first,
    )


def conflict_rows(session: Session, ids: Sequence[UUID]) -> list[ConflictRow]:
    """Return some open conflicts, in the order of the list."""
    wanted = _filtered(_wanted(), ConflictFilter()).where(Conflict.id.in_(ids))
    return _rows(session, session.execute(wanted.order_by(Conflict.id.desc())).all())


def get_conflict(session: Session, organization_id: UUID, conflict_id: UUID) -> ConflictRow:
    """Return one conflict, open or decided; raises ConflictNotFound."""
    mine = _wanted().where(Conflict.organization_id == organization_id, Conflict.id == conflict_id)
    rows = _rows(session, session.execute(mine).all())
    if not rows:
        raise ConflictNotFound(ConflictNotFound.absent)
    return rows[0]


@dataclass(frozen=True, slots=True)
class Neighbours:
    """The open conflicts before and after one in the list."""

    before: UUID | None
    after: UUID | None


def neighbours(session: Session, conflict_id: UUID) -> Neighbours:
    """Return where j and k lead from a conflict."""
    waiting = select(Conflict.id).where(Conflict.state == ConflictState.OPEN).limit(1)
    newer = waiting.where(Conflict.id > conflict_id).order_by(Conflict.id)
    older = waiting.where(Conflict.id < conflict_id).order_by(Conflict.id.desc())
    return Neighbours(session.scalar(newer), session.scalar(older))


def comments(session: Session, conflict_id: UUID) -> Sequence[tuple[ConflictComment, str | None]]:
    """Return what was said about a conflict with its writer's name, oldest first."""
    rows = session.execute(
        select(ConflictComment, User.name)
        .outerjoin(User, User.id == ConflictComment.user_id)
        .where(ConflictComment.conflict_id == conflict_id)
        .order_by(ConflictComment.id)
    )
    return [(row[0], row[1]) for row in rows]


def state_counts(session: Session) -> dict[str, int]:
    """Return how many conflicts are open and decided."""
    rows = session.execute(select(Conflict.state, func.count()).group_by(Conflict.state))
    return {str(row[0]): int(row[1]) for row in rows}


def rule_for(session: Session, conflict: Conflict) -> Rule:
    """Return the rule under which a conflict came to be."""
    connection = session.get_one(Connection, conflict.connection_id)
    listing = session.get_one(Listing, conflict.listing_id)
    return decide(conflict.field, _policy(connection, listing))


def _policy(connection: Connection, listing: Listing) -> Policy:
    return rules_of(Policy.from_settings(connection.settings), listing)


@dataclass(frozen=True, slots=True)
class Reach:
    """What deciding some conflicts one way moves."""

    conflicts: int
    products: int
    sends: int  # values written to channels
    takes: int  # values written here


def reach(session: Session, rows: Sequence[ConflictRow], choice: Resolution) -> Reach:
    """Return what a choice for these conflicts sends and takes in, by the rules there are now."""
    products = {row.conflict.product_id for row in rows}
    if choice is Resolution.OURS:
        return Reach(len(rows), len(products), sends=len(rows), takes=0)
    places = _places(session, products)
    own = _own_values(session, [listing.id for some in places.values() for listing, _ in some])
    sends = sum(
        1
        for row in rows
        for listing, policy in places.get(row.conflict.product_id, [])
        if _hears(row.conflict, listing, policy, own)
    )
    return Reach(len(rows), len(products), sends=sends, takes=len(rows))


def _places(session: Session, products: set[UUID]) -> dict[UUID, list[tuple[Listing, Policy]]]:
    found: dict[UUID, list[tuple[Listing, Policy]]] = {}
    rows = session.execute(
        select(Listing, Connection)
        .join(Connection, Connection.id == Listing.connection_id)
        .where(
            Listing.product_id.in_(products),
            Listing.state.not_in(_ASLEEP),
            Connection.state.in_((ConnectionState.ACTIVE, ConnectionState.ERROR)),
        )
    )
    for listing, connection in rows:
        if listing.product_id is not None:
            found.setdefault(listing.product_id, []).append((listing, _policy(connection, listing)))
    return found


def _own_values(session: Session, listing_ids: Sequence[UUID]) -> set[_OwnValue]:
    """Return what differs on listings from the product."""
    listings = select(Listing.id, null(), Listing.overrides).where(Listing.id.in_(listing_ids))
    offers = select(Offer.listing_id, Offer.variant_id, Offer.overrides).where(
        Offer.listing_id.in_(listing_ids), Offer.overrides != {}
    )
    rows = [*session.execute(listings), *session.execute(offers)]
    return {(listing, variant, name) for listing, variant, values in rows for name in values}


def _hears(conflict: Conflict, listing: Listing, policy: Policy, own: set[_OwnValue]) -> bool:
    """Tell whether a value taken from one channel goes on to another listing of the product."""
    what = (conflict.variant_id, conflict.field)
    return (
        listing.connection_id != conflict.connection_id
        and (conflict.listing_id, *what) not in own
        and (listing.id, *what) not in own
        and decide(conflict.field, policy).direction.goes_out
    )


def field_choices() -> list[tuple[str, str]]:
    """Return the fields a conflict may be about, as choices of a filter."""
    return [(name, known.label) for name, known in FIELDS.items()]
