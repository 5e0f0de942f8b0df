"""Conflicts in the hands of people: decided, decided for good, given to somebody, talked about.

A decision names the two values it was made about. When either moved since, nothing is written and
`ConflictMoved` is raised. What is taken over goes the way of every pull (`writing.write_in`): to
the override where one lies above the master, stock by its movement. The base becomes what the shop
showed, so from then on only our side differs; should the shop move again, that is a new conflict.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.adapters.values import FIELDS, Group, Value
from app.catalog import values as catalog_values
from app.catalog.service.loading import organization_currency
from app.connections import service as connections
from app.connections.models import Connection
from app.core.errors import Forbidden, Invalid
from app.core.work import Work
from app.listings.models import Listing
from app.notices import service as notices
from app.sync import apply, bases, compare, planner, project, tasks, telling, writing
from app.sync.errors import ConflictMoved, ConflictNotFound
from app.sync.models import (
    ChangeState,
    Conflict,
    ConflictComment,
    ConflictState,
    Direction,
    Haste,
    Resolution,
    SyncChange,
)
from app.sync.planner import Intent, Way, Why
from app.sync.policy import GROUP_LABELS, OnBoth, Policy
from app.sync.project import PRODUCT, Pair
from app.sync.sides import MISSING
from app.sync.together import renamed_choice, renamed_options
from app.team.models import Membership, User
from app.team.service import record_audit

_URGENT: Final = (Group.PRICE, Group.STOCK)
_FEW: Final = 20  # more listings met anew at once let a single edit go before them
_WORDS: Final = {
    Resolution.OURS: "our value",
    Resolution.THEIRS: "the shop’s value",
    Resolution.EDITED: "a value of its own",
}
_WINS: Final = {Resolution.OURS: "SyncStore wins", Resolution.THEIRS: "the shop wins"}
LONGEST_COMMENT: Final = 2000


@dataclass(frozen=True, slots=True)
class Decision:
    """What a person chose; `seen` is `seen_as` of the two values they looked at."""

    choice: Resolution
    seen: str
    value: Value = None  # with EDITED: the value that shall be on both sides


def seen_as(field_name: str, ours: Value, theirs: Value) -> str:
    """Return a short mark of two values, by which a decision names what it was made about."""
    pair = [compare.canonical(field_name, each) for each in (ours, theirs)]
    return compare.digest(pair)[:24]


def our_values(session: Session, conflicts: Sequence[Conflict]) -> dict[UUID, Value]:
    """Return what our side of each conflict is now, by conflict; ours may move after it began."""
    found: dict[UUID, Value] = {}
    by_connection: dict[UUID, list[Conflict]] = {}
    for each in conflicts:
        by_connection.setdefault(each.connection_id, []).append(each)
    for connection_id, some in by_connection.items():
        connection = session.get_one(Connection, connection_id)
        ids = {each.listing_id for each in some}
        rows = session.scalars(select(Listing).where(Listing.id.in_(ids))).all()
        pairs = project.load_pairs(session, connection, rows)
        for each in some:
            pair = pairs.get(each.listing_id)
            value = MISSING if pair is None else pair.ours.value(each.field, _key(each))
            found[each.id] = each.ours if value is MISSING else value
    return found


def decide(work: Work, conflict_id: UUID, decision: Decision) -> Conflict:
    """Decide one conflict; raises ConflictNotFound, ConflictMoved or what the catalog refuses."""
    row, pair = _locked(work, conflict_id)
    ours = pair.ours.value(row.field, _key(row))
    if ours is MISSING:
        raise ConflictNotFound
    if seen_as(row.field, ours, row.theirs) != decision.seen:
        raise ConflictMoved
    wanted = _wanted(work, row, ours, decision)
    intent = Intent(
        Way.PULL, row.field, _key(row), ours, wanted, Why.DECIDED, base_after=row.theirs
    )
    if not compare.equal(row.field, wanted, ours):
        is_typed = decision.choice is Resolution.EDITED
        origin = "web" if is_typed else "sync"
        wished = [intent, *_renamed(pair, intent)]
        pair, (intent, *_) = writing.write_in(work, pair, wished, origin=origin)
        work.session.add(_log_line(work, row, intent))
    bases.write_base(work, pair, planner.rebase(pair.base, [intent]))
    row.ours = ours
    _close(work, row, decision.choice, intent)
    return row


def _locked(work: Work, conflict_id: UUID) -> tuple[Conflict, Pair]:
    """Hold everything a decision reads; in the order of every meeting: listing, product."""
    wanted = select(Conflict).where(
        Conflict.id == conflict_id,
        Conflict.organization_id == work.organization_id,
        Conflict.state == ConflictState.OPEN,
    )
    known = work.session.scalar(wanted)
    if known is None:
        raise ConflictNotFound
    listing = work.session.get_one(Listing, known.listing_id, with_for_update=True)
    connection = connections.get_connection(work, known.connection_id)
    pair = apply.locked_pairs(work, connection, [listing]).get(listing.id)
    again = wanted.with_for_update().execution_options(populate_existing=True)
    row = work.session.scalar(again)
    if row is None or pair is None:
        raise ConflictNotFound
    return row, pair


def _key(row: Conflict) -> str | None:
    return None if row.subject == PRODUCT else row.subject


def _wanted(work: Work, row: Conflict, ours: Value, decision: Decision) -> Value:
    if decision.choice is Resolution.EDITED:
        currency = _currency(work, ours, row.theirs)
        try:
            return catalog_values.clean(row.field, decision.value, currency=currency)
        except catalog_values.NotTaken as refusal:
            raise Invalid(fields={"value": str(refusal)}) from refusal
    return ours if decision.choice is Resolution.OURS else row.theirs


def _currency(work: Work, *values: Value) -> str:
    """Return the currency an edited price is in: the shop's, where the shop has its own."""
    known = (each["currency"] for each in values if isinstance(each, dict) and "currency" in each)
    return next(known, None) or organization_currency(work.session, work.organization_id)


def _renamed(pair: Pair, intent: Intent) -> Iterator[Intent]:
    """Yield what variants stand for once their options have the names that were decided."""
    if intent.field != "options":
        return
    names = renamed_options(intent.old or (), intent.new or ())
    for key, values in pair.ours.variants.items():
        choice = values.get("choice") or {}
        new = renamed_choice(choice, names)
        if new != choice:
            yield Intent(Way.PULL, "choice", key, choice, new, Why.DECIDED)


def _log_line(work: Work, row: Conflict, intent: Intent) -> SyncChange:
    return SyncChange(
        organization_id=work.organization_id,
        connection_id=row.connection_id,
        listing_id=row.listing_id,
        product_id=row.product_id,
        variant_id=row.variant_id,
        direction=Direction.PULL,
        field=row.field,
        old=intent.old,
        new=intent.new,
        why=intent.sentence,
        state=ChangeState.APPLIED,
        at=work.now,
        settled_at=work.now,
    )


def _close(work: Work, row: Conflict, choice: Resolution, intent: Intent) -> None:
    row.state, row.resolution, row.decided = ConflictState.RESOLVED, choice, intent.new
    row.resolved_by, row.resolved_at = work.actor.user_id, work.now
    row.is_due = not compare.equal(row.field, intent.new, row.theirs) and (
        choice is not Resolution.THEIRS
    )
    haste = Haste.URGENT if FIELDS[row.field].group in _URGENT else Haste.USUAL
    tasks.request_pushes(work, [(row.listing_id, row.connection_id)], haste=haste)
    record_audit(
        work,
        "conflict.resolved",
        "conflict",
        row.id,
        f"Decided “{FIELDS[row.field].label}”: {_WORDS[choice]}",
    )
    _tell(work, row)
    telling.hush(work, [row.connection_id])
    work.touch(f"listing-{row.listing_id}", f"product-{row.product_id}")


def decide_always(work: Work, conflict_id: UUID, decision: Decision) -> int:
    """Decide a conflict, and let the same side win for its field group on this connection.

    Returns how many other open conflicts the new rule decides; they are met anew for that.
    """
    if decision.choice not in _WINS:
        raise Invalid(fields={"choice": "A rule needs a winner: your value or the shop’s."})
    row = decide(work, conflict_id, decision)
    group = FIELDS[row.field].group
    others = _open_in(work, row, group)
    haste = Haste.MASS if len(others) > _FEW else Haste.USUAL
    pairs = {(each.listing_id, each.connection_id) for each in others}
    tasks.request_pushes(work, pairs, haste=haste)
    connection = connections.get_connection(work, row.connection_id)
    rules = Policy.from_settings(connection.settings)
    rules = rules.with_winner(group, OnBoth(decision.choice.value))
    connections.change_settings(
        work,
        connection.id,
        name=connection.name,
        settings=rules.to_settings(),
        version=connection.version,
    )
    record_audit(
        work,
        "connection.rule",
        "connection",
        connection.id,
        f"{GROUP_LABELS[group]} on {connection.name}: {_WINS[decision.choice]} from now on",
        {"group": group.value, "on_both": decision.choice.value},
    )
    return len(others)


def meet_again(work: Work, connection_id: UUID) -> None:
    """Let all that waits for people on a connection meet again: its rules change in this unit."""
    asked = select(Conflict.listing_id).where(
        Conflict.organization_id == work.organization_id,
        Conflict.connection_id == connection_id,
        Conflict.state == ConflictState.OPEN,
    )
    held = select(SyncChange.listing_id).where(
        SyncChange.organization_id == work.organization_id,
        SyncChange.connection_id == connection_id,
        SyncChange.state == ChangeState.HELD,
    )
    ids = work.session.scalars(asked.union(held)).all()
    haste = Haste.MASS if len(ids) > _FEW else Haste.USUAL
    tasks.request_pushes(work, [(each, connection_id) for each in ids], haste=haste)


def _open_in(work: Work, row: Conflict, group: Group) -> Sequence[Conflict]:
    return work.session.scalars(
        select(Conflict).where(
            Conflict.connection_id == row.connection_id,
            Conflict.state == ConflictState.OPEN,
            Conflict.field.in_([name for name, field in FIELDS.items() if field.group is group]),
            Conflict.id != row.id,
        )
    ).all()


def assign(work: Work, conflict_id: UUID, user_id: UUID | None) -> None:
    """Give an open conflict to a member, who hears of it, or to nobody."""
    row = _get_conflict(work, conflict_id, is_open=True)
    if user_id == row.assignee_id:
        return
    if user_id is not None:
        _refuse_stranger(work, user_id)
    row.assignee_id = user_id
    _tell(work, row)
    if user_id is None or user_id == work.actor.user_id:
        return
    giver = work.session.get(User, work.actor.user_id) if work.actor.user_id else None
    listing = work.session.get_one(Listing, row.listing_id)
    notices.notify(
        work,
        kind="conflict",
        title=f"{giver.name if giver else 'SyncStore'} gave you a conflict",
        body=f"“{FIELDS[row.field].label}” of {listing.title}: choose which value stays.",
        link=f"/sync/conflicts/{row.id}",
        user_ids=[user_id],
    )


def _refuse_stranger(work: Work, user_id: UUID) -> None:
    member = select(Membership.id).where(
        Membership.organization_id == work.organization_id, Membership.user_id == user_id
    )
    if work.session.scalar(member) is None:
        raise Invalid(fields={"assignee": "Choose a member of your organization."})


def add_comment(work: Work, conflict_id: UUID, text: str) -> None:
    """Write something about a conflict, open or decided."""
    if work.actor.user_id is None:
        raise Forbidden("Only a person writes comments.")
    row = _get_conflict(work, conflict_id)
    spelled = text.strip()
    if not spelled or len(spelled) > LONGEST_COMMENT:
        raise Invalid(fields={"text": f"Write a comment of up to {LONGEST_COMMENT:,} characters."})
    work.session.add(
        ConflictComment(
            organization_id=work.organization_id,
            conflict_id=row.id,
            user_id=work.actor.user_id,
            text=catalog_values.plain(spelled),
            created_at=work.now,
        )
    )
    _tell(work, row)


def _get_conflict(work: Work, conflict_id: UUID, *, is_open: bool = False) -> Conflict:
    row = work.session.scalar(
        select(Conflict).where(
            Conflict.id == conflict_id, Conflict.organization_id == work.organization_id
        )
    )
    if row is None or (is_open and row.state != ConflictState.OPEN):
        raise ConflictNotFound
    return row


def _tell(work: Work, row: Conflict) -> None:
    work.touch("conflicts", f"conflict-{row.id}")
