"""What a meeting leaves behind: base values, conflicts, plan and log lines, snapshots."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any, Final
from uuid import UUID

from sqlalchemy import func, or_, select
from sqlalchemy.dialects.postgresql import insert

from app.adapters.port import Capabilities
from app.adapters.types import ChannelProduct
from app.catalog.models import Product
from app.connections.models import Connection
from app.core.work import Work
from app.listings.models import Listing, ListingSnapshot, MediaBinding
from app.sync import compare, mass, order_reading, telling
from app.sync.models import (
    ChangeState,
    Conflict,
    ConflictState,
    Direction,
    Resolution,
    SyncChange,
    SyncRun,
)
from app.sync.planner import LISTING, FieldConflict, Intent, ListingPlan, Risk
from app.sync.policy import OnBoth, Policy, decide
from app.sync.project import FOREIGN, PRODUCT, Pair, rules_of
from app.sync.sides import MISSING

FLOOD_WINDOW: Final = timedelta(hours=1)
_OPEN: Final = ConflictState.OPEN


@dataclass(frozen=True, slots=True)
class Terms:
    """Under what rules a meeting takes place."""

    connection: Connection
    capabilities: Capabilities
    run_id: UUID | None = None
    task_id: UUID | None = None
    order: int = 0  # number of the read the answers come from (tasks.read_order)
    is_forced: bool = False  # a person asked: held changes of low risk may go, auto_push is moot
    is_thorough: bool = False  # compare our side, too, where the channel shows nothing new
    flood: "Flood | None" = None  # counts what a push hides
    quiet: frozenset[UUID] = frozenset()  # listings of the batch known to have no open question
    steady: frozenset[UUID] = frozenset()  # … and no count that rose and waits for its orders
    owes: bool = True  # the shop may owe counts for news of orders it has not heard of

    def policy(self, listing: Listing) -> Policy:
        """Return the rules for one listing."""
        rules = Policy.from_settings(self.connection.settings)
        adds_counts = order_reading.is_on(self.connection, self.capabilities)
        return rules_of(replace(rules, adds_counts=adds_counts), listing)


@dataclass(slots=True)
class Flood:
    """Counts the listings of a connection that were hidden within the hour, and stops a flood."""

    connection: Connection
    hidden: int | None = None  # counted when first asked
    listings: int = 0

    def objection(self, work: Work) -> str | None:
        """Count one more listing to be hidden; a sentence when it is too many."""
        if self.hidden is None:
            self.hidden, self.listings = _hidden_lately(work, self.connection.id)
        summary = mass.MassSummary(self.listings, hidden=self.hidden + 1)
        policy = Policy.from_settings(self.connection.settings)
        if holds := mass.guard_mass_change(summary, policy):
            return holds[0].sentence
        self.hidden += 1
        return None


def _hidden_lately(work: Work, connection_id: UUID) -> tuple[int, int]:
    runs = select(SyncRun.id).where(
        SyncRun.connection_id == connection_id, SyncRun.created_at > work.now - timedelta(days=1)
    )
    hidden = select(func.count(SyncChange.listing_id.distinct())).where(
        SyncChange.run_id.in_(runs),
        SyncChange.risk == Risk.HIDES,
        SyncChange.state.in_((ChangeState.SENT, ChangeState.APPLIED)),
        SyncChange.at > work.now - FLOOD_WINDOW,
    )
    listings = (
        select(func.count())
        .select_from(Listing)
        .where(Listing.connection_id == connection_id, Listing.product_id.is_not(None))
    )
    return work.session.scalar(hidden) or 0, work.session.scalar(listings) or 0


def quiet(work: Work, listing_ids: Sequence[UUID]) -> frozenset[UUID]:
    """Return those listings nobody was ever asked about that is still open, in one question."""
    asked = select(SyncChange.listing_id).where(
        SyncChange.listing_id.in_(listing_ids),
        SyncChange.state.in_((ChangeState.HELD, ChangeState.PLANNED, ChangeState.DECLINED)),
    )
    conflicts = select(Conflict.listing_id).where(
        Conflict.listing_id.in_(listing_ids), or_(Conflict.state == _OPEN, Conflict.is_due)
    )
    return frozenset(listing_ids) - set(work.session.scalars(asked.union(conflicts)))


def has_open_questions(work: Work, listing_id: UUID) -> bool:
    """Tell whether a conflict or a held change of a listing waits for a person."""
    conflict = select(Conflict.id).where(Conflict.listing_id == listing_id, Conflict.state == _OPEN)
    held = select(SyncChange.id).where(
        SyncChange.listing_id == listing_id, SyncChange.state == ChangeState.HELD
    )
    return bool(work.session.scalar(select(or_(conflict.exists(), held.exists()))))


def keep_conflicts(work: Work, terms: Terms, pair: Pair, plan: ListingPlan) -> int:
    """Keep each conflict once with both values; one that is no more is closed."""
    if not plan.conflicts and pair.listing.id in terms.quiet:
        return 0
    seen = {(each.variant_key or PRODUCT, each.field): each for each in plan.conflicts}
    open_now = {
        (row.subject, row.field): row
        for row in work.session.scalars(
            select(Conflict).where(Conflict.listing_id == pair.listing.id, Conflict.state == _OPEN)
        )
    }
    for key, row in open_now.items():
        _update_conflict(work, row, seen.get(key), terms.policy(pair.listing))
    fresh = [each for key, each in seen.items() if key not in open_now]
    for each in fresh:
        has_base = each.base is not MISSING
        work.session.add(
            Conflict(
                organization_id=work.organization_id,
                connection_id=terms.connection.id,
                listing_id=pair.listing.id,
                product_id=pair.product_id,
                variant_id=UUID(each.variant_key) if each.variant_key else None,
                subject=each.variant_key or PRODUCT,
                field=each.field,
                base=each.base if has_base else None,
                has_base=has_base,
                ours=each.ours,
                theirs=each.theirs,
            )
        )
    if fresh or len(seen) != len(open_now):
        work.touch("conflicts", f"product-{pair.product_id}")
    if fresh:
        telling.tell_of_conflict(work, terms.connection, pair)
    elif len(seen) != len(open_now):
        telling.hush(work, [terms.connection.id])
    return len(seen)


def _update_conflict(
    work: Work, row: Conflict, found: FieldConflict | None, policy: Policy
) -> None:
    """Bring an open conflict up to date, or close it: the sides agreed, or a rule decides now."""
    if found is None:
        winner = decide(row.field, policy).on_both
        row.is_by_rule = winner in (OnBoth.OURS, OnBoth.THEIRS)
        row.resolution = Resolution(winner.value) if row.is_by_rule else Resolution.VANISHED
        row.state, row.resolved_at = ConflictState.RESOLVED, work.now
        work.touch(f"conflict-{row.id}")
        return
    is_same = all(
        compare.equal(row.field, before, now)
        for before, now in ((row.ours, found.ours), (row.theirs, found.theirs))
    )
    if not is_same:
        row.ours, row.theirs = found.ours, found.theirs
        work.touch(f"conflict-{row.id}", "conflicts")


def log_applied(work: Work, terms: Terms, taken: Sequence[tuple[Pair, Sequence[Intent]]]) -> None:
    """Write what was taken in as log lines."""
    rows = [
        change_row(work, terms, pair, each, ChangeState.APPLIED)
        for pair, intents in taken
        for each in intents
    ]
    if rows:
        work.session.execute(insert(SyncChange), rows)


def change_row(
    work: Work, terms: Terms, pair: Pair, intent: Intent, state: ChangeState
) -> dict[str, Any]:
    """Return an intent as a row of sync_changes."""
    key = intent.variant_key
    is_ours = key is not None and not key.startswith(FOREIGN)
    return {
        "organization_id": work.organization_id,
        "run_id": terms.run_id,
        "task_id": terms.task_id,
        "connection_id": terms.connection.id,
        "listing_id": pair.listing.id,
        "product_id": pair.product_id,
        "variant_id": UUID(key) if key and is_ours else None,
        "direction": Direction(intent.way.value),
        "action": intent.action.value,
        "field": intent.field,
        "old": intent.old,
        "new": intent.new,
        "why": intent.sentence,
        "risk": intent.risk.value,
        "state": state,
        "sentence": None,
        "at": work.now,
        "settled_at": work.now if state == ChangeState.APPLIED else None,
    }


def log_sent(
    work: Work, leaving: Sequence[tuple[Terms, Pair, Sequence[Intent]]]
) -> list[tuple[int, ...]]:
    """Write what is about to leave; after a crash these lines say what to read back."""
    rows = [
        change_row(work, terms, pair, each, ChangeState.SENT)
        for terms, pair, intents in leaving
        for each in intents
    ]
    if not rows:
        return [() for _ in leaving]
    asked = insert(SyncChange).returning(SyncChange.id, sort_by_parameter_order=True)
    ids = iter(work.session.scalars(asked, rows).all())
    return [tuple(next(ids) for _ in intents) for _, _, intents in leaving]


def hold(work: Work, terms: Terms, pair: Pair, waiting: Sequence[tuple[Intent, str]]) -> int:
    """Keep changes that wait for a person, each once; returns how many wait."""
    if not waiting and pair.listing.id in terms.quiet:
        return 0
    before = {
        (row.direction, row.variant_id, row.field): row
        for row in work.session.scalars(
            select(SyncChange).where(
                SyncChange.listing_id == pair.listing.id, SyncChange.state == ChangeState.HELD
            )
        )
    }
    fresh = []
    for each, sentence in waiting:
        row = {**change_row(work, terms, pair, each, ChangeState.HELD), "sentence": sentence}
        known = before.pop((row["direction"], row["variant_id"], row["field"]), None)
        if known is not None and (known.old, known.new) == (row["old"], row["new"]):
            known.sentence = sentence
            continue
        if known is not None:
            _outdated(work, known)
        fresh.append(row)
    for known in before.values():
        _outdated(work, known)
    if fresh:
        work.session.execute(insert(SyncChange), fresh)
    if fresh or before:
        telling.tell_of_held(work, terms.connection, [row["risk"] for row in fresh])
        work.touch("plans")
    return len(waiting)


def _outdated(work: Work, row: SyncChange) -> None:
    row.state, row.settled_at = ChangeState.CANCELLED, work.now
    row.sentence = "One of the sides moved before anybody decided."


def write_snapshot(work: Work, listing_id: UUID, product: ChannelProduct) -> None:
    """Keep the channel's own answer whole."""
    write_snapshots(work, {listing_id: product})


def write_snapshots(work: Work, answers: Mapping[UUID, ChannelProduct]) -> None:
    """Keep the channel's own answers whole, by listing."""
    rows = [
        {
            "listing_id": listing_id,
            "organization_id": work.organization_id,
            "raw": dict(product.raw),
            "at": work.now,
        }
        for listing_id, product in answers.items()
    ]
    if rows:
        asked = insert(ListingSnapshot)
        work.session.execute(
            asked.on_conflict_do_update(
                index_elements=[ListingSnapshot.listing_id],
                set_={"raw": asked.excluded.raw, "at": asked.excluded.at},
            ),
            rows,
        )


def bind_media(work: Work, connection_id: UUID, pairs: Mapping[str, UUID]) -> None:
    """Remember which picture of the channel is which of ours (their id → media id)."""
    if not pairs:
        return
    rows = [
        {
            "organization_id": work.organization_id,
            "connection_id": connection_id,
            "external_id": external_id,
            "media_id": media_id,
        }
        for external_id, media_id in pairs.items()
    ]
    work.session.execute(insert(MediaBinding).on_conflict_do_nothing(), rows)


@dataclass(frozen=True, slots=True)
class Decisions:
    """What people decided about changes of one listing, each for exactly the value it named."""

    approved: Sequence[SyncChange]
    declined: Sequence[SyncChange]


def decisions(work: Work, terms: Terms, listing_id: UUID) -> Decisions:
    """Return what people decided: a yes counts until it arrived, a no until the value changes."""
    if listing_id in terms.quiet:
        return Decisions((), ())
    found = work.session.scalars(
        select(SyncChange).where(
            SyncChange.listing_id == listing_id,
            SyncChange.state.in_((ChangeState.PLANNED, ChangeState.DECLINED)),
        )
    ).all()
    approved = [row for row in found if row.state == ChangeState.PLANNED]
    return Decisions(approved, [row for row in found if row.state == ChangeState.DECLINED])


def is_kept_there(work: Work, pair: Pair, decided: Decisions) -> bool:
    """Tell whether a person wants an archived product to stay in the shop, since it was archived.

    Hiding it is what archiving does by itself; only a newer archiving asks again.
    """
    kept = [row for row in decided.declined if row.field == LISTING]
    if not kept:
        return False
    archived_at = work.session.scalar(
        select(Product.archived_at).where(Product.id == pair.product_id)
    )
    if any(archived_at is None or (row.settled_at or archived_at) >= archived_at for row in kept):
        return True
    for row in kept:
        row.state = ChangeState.CANCELLED
    return False
