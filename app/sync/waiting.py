"""Reads about changes that wait for a person, and about what people decided."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import partial
from typing import Any, Final
from uuid import UUID

from sqlalchemy import ColumnElement, Numeric, and_, case, cast, func, or_, select, tuple_
from sqlalchemy.orm import Session

from app.adapters.port import Capabilities
from app.adapters.types import ListingDraft
from app.catalog.models import Variant
from app.connections.models import Connection
from app.connections.wire import channel
from app.core.paging import KeysetPage, decode_cursor, encode_cursor, moment_in, number_in
from app.listings.models import Listing
from app.sync import preview, project
from app.sync.cost import Cost, Planned, batched, cost
from app.sync.models import ChangeState, Direction, SyncChange
from app.sync.plans import Action, Intent, ListingPlan, Risk, Way, Why, price_move
from app.sync.rules import Decision
from app.team.models import User

PAGE: Final = 50
_MILLION: Final = 1_000_000  # moves are compared to six places
RISKS: Final = (Risk.DELETES, Risk.HIDES, Risk.PRICE_MOVE, Risk.OVERWRITES, Risk.LOW)
_HELD: Final = SyncChange.state == ChangeState.HELD


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which waiting changes: of a connection, of a risk, of products with these words."""

    connection_id: UUID | None = None
    risk: Risk | None = None
    text: str = ""

    def conditions(self) -> list[ColumnElement[bool]]:
        """Return the filter as conditions on waiting changes."""
        found = [_HELD]
        if self.connection_id is not None:
            found.append(SyncChange.connection_id == self.connection_id)
        if self.risk is not None:
            found.append(SyncChange.risk == self.risk.value)
        if self.text:
            words = f"%{self.text.replace('%', '').replace('_', '')}%"
            named = select(Listing.id).where(
                or_(Listing.title.ilike(words), Listing.first_sku.ilike(words))
            )
            found.append(SyncChange.listing_id.in_(named))
        return found


@dataclass(frozen=True, slots=True)
class WaitingRow:
    """A change with the names people know it by."""

    change: SyncChange
    title: str
    sku: str | None
    connection: Connection
    person: str | None = None

    @property
    def id(self) -> int:
        """The change's id."""
        return self.change.id

    @property
    def share(self) -> float | None:
        """How far a price moves, as a share of what it was."""
        return price_move(self.change.old, self.change.new)

    @property
    def decision(self) -> Decision:
        """What a person decided; an approval is used up when the worker has read it."""
        is_no = self.change.state == ChangeState.DECLINED
        return Decision.DECLINED if is_no else Decision.APPROVED

    @property
    def forecast(self) -> str | None:
        """What the channel will say about it, as far as its own limits tell."""
        return forecast(self.change, channel(self.connection.channel).capabilities)


def forecast(change: SyncChange, can: Capabilities) -> str | None:
    """Say why a channel is going to refuse a change, or None when its limits allow it."""
    longest = can.max_lengths.get(change.field)
    if longest and isinstance(change.new, str) and len(change.new) > longest:
        return f"The shop takes up to {longest:,} characters, and this has {len(change.new):,}."
    if change.field == "images" and can.max_images and len(change.new or ()) > can.max_images:
        return f"The shop takes up to {can.max_images:,} pictures."
    return None


@dataclass(frozen=True, slots=True)
class Pile:
    """What waits on one connection."""

    connection: Connection
    by_risk: Mapping[Risk, int]
    products: int
    cost: Cost

    @property
    def changes(self) -> int:
        """How many changes wait."""
        return sum(self.by_risk.values())


def piles(session: Session) -> list[Pile]:
    """Return what waits, by connection; the largest first."""
    rows = session.execute(
        select(
            SyncChange.connection_id,
            SyncChange.risk,
            func.count(),
        )
        .where(_HELD)
        .group_by(SyncChange.connection_id, SyncChange.risk)
    ).all()
    products: dict[UUID, list[UUID]] = {}
    listed = select(SyncChange.connection_id, SyncChange.listing_id).where(_HELD).distinct()
    for connection_id, listing_id in session.execute(listed.order_by(SyncChange.listing_id)):
        products.setdefault(connection_id, []).append(listing_id)
    connections = session.scalars(select(Connection).where(Connection.id.in_(products)))
    named = {row.id: row for row in connections}
    by_connection: dict[UUID, dict[Risk, int]] = {}
    for connection_id, risk, count in rows:
        by_connection.setdefault(connection_id, {})[Risk(risk)] = count
    found = [
        Pile(
            named[key],
            {r: each[r] for r in RISKS if r in each},
            len(products[key]),
            _cost(session, named[key], products[key]),
        )
        for key, each in by_connection.items()
        if key in named
    ]
    return sorted(found, key=lambda pile: (-pile.changes, pile.connection.name))


def _cost(session: Session, connection: Connection, listing_ids: Sequence[UUID]) -> Cost:
    """Return what sending everything takes that waits on a connection."""
    can = channel(connection.channel).capabilities
    batches = batched(can, [Planned([key]) for key in listing_ids])
    for each in batches:
        each.draft = partial(_drafts, session, connection)
    return cost(session, connection, batches)


def _drafts(
    session: Session, connection: Connection, listing_ids: Sequence[UUID]
) -> list[ListingDraft]:
    """Return what letting everything pass would ask of the channel."""
    can = channel(connection.channel).capabilities
    found = session.scalars(select(Listing).where(Listing.id.in_(listing_ids)).order_by(Listing.id))
    pairs = project.load_pairs(session, connection, found.all())
    wanted: dict[UUID, list[Intent]] = {}
    outgoing = SyncChange.direction == Direction.PUSH
    held = select(SyncChange).where(_HELD, outgoing, SyncChange.listing_id.in_(pairs))
    for row in session.scalars(held.order_by(SyncChange.id)):
        wanted.setdefault(row.listing_id, []).append(_intent(row))
    return [
        preview.draft(pairs[key], ListingPlan(intents=tuple(intents)), can)
        for key, intents in sorted(wanted.items())
    ]


def _intent(row: SyncChange) -> Intent:
    key = str(row.variant_id) if row.variant_id else None
    why, risk, action = Why.CHANGED_HERE, Risk(row.risk), Action(row.action)
    return Intent(Way.PUSH, row.field, key, row.old, row.new, why, risk, action)


def _rank() -> ColumnElement[int]:
    return case({risk.value: at for at, risk in enumerate(RISKS)}, value=SyncChange.risk, else_=9)


def _move() -> ColumnElement[Any]:
    """How far a price moves, as a share; zero for everything else."""
    old, new = (
        cast(each["minor"].as_string(), Numeric) for each in (SyncChange.old, SyncChange.new)
    )
    is_money = and_(
        SyncChange.risk == Risk.PRICE_MOVE.value,
        func.jsonb_typeof(SyncChange.old) == "object",
        func.jsonb_typeof(SyncChange.new) == "object",
    )
    moved = func.round(func.abs(new - old) / func.nullif(old, 0), 6)
    return case((is_money, func.coalesce(moved, 0)), else_=0)


def waiting_page(
    session: Session, wanted: Wanted, *, after: str | None = None, limit: int = PAGE
) -> KeysetPage[WaitingRow]:
    """Return waiting changes: the most dangerous first, prices by how far they move."""
    conditions = wanted.conditions()
    total = session.scalar(select(func.count()).select_from(SyncChange).where(*conditions)) or 0
    rank, move = _rank(), _move()
    question = (
        select(SyncChange, Listing.title, Variant.sku, Connection, rank, move)
        .join(Listing, Listing.id == SyncChange.listing_id)
        .join(Connection, Connection.id == SyncChange.connection_id)
        .outerjoin(Variant, Variant.id == SyncChange.variant_id)
        .where(*conditions)
        .order_by(rank, move.desc(), SyncChange.id)
        .limit(limit + 1)
    )
    if after:
        found = decode_cursor(after, length=3)
        at_rank, at_id = number_in(found[0], most=9), number_in(found[2])
        at_move = Decimal(number_in(found[1])) / _MILLION
        behind = or_(
            rank > at_rank,
            and_(rank == at_rank, move < at_move),
            and_(rank == at_rank, move == at_move, SyncChange.id > at_id),
        )
        question = question.where(behind)
    rows = session.execute(question).all()
    following = None
    if len(rows) > limit:
        last = rows[limit - 1]
        following = encode_cursor(last[4], int(last[5] * _MILLION), last[0].id)
    shown = [WaitingRow(*row[:4]) for row in rows[:limit]]
    return KeysetPage(shown, None, following, total)


def decided_page(
    session: Session, *, after: str | None = None, limit: int = PAGE
) -> KeysetPage[WaitingRow]:
    """Return what people decided, the newest first."""
    mine = SyncChange.settled_by.is_not(None)
    total = session.scalar(select(func.count()).select_from(SyncChange).where(mine)) or 0
    question = (
        select(SyncChange, Listing.title, Variant.sku, Connection, User.name)
        .join(Listing, Listing.id == SyncChange.listing_id)
        .join(Connection, Connection.id == SyncChange.connection_id)
        .outerjoin(Variant, Variant.id == SyncChange.variant_id)
        .outerjoin(User, User.id == SyncChange.settled_by)
        .where(mine)
        .order_by(SyncChange.settled_at.desc(), SyncChange.id.desc())
        .limit(limit + 1)
    )
    if after:
        at, key = decode_cursor(after, length=2)
        question = question.where(
            tuple_(SyncChange.settled_at, SyncChange.id) < tuple_(moment_in(at), number_in(key))
        )
    rows: Sequence[Any] = session.execute(question).all()
    last = rows[limit - 1][0] if len(rows) > limit else None
    following = encode_cursor(last.settled_at.isoformat(), last.id) if last else None
    return KeysetPage([WaitingRow(*row) for row in rows[:limit]], None, following, total)
