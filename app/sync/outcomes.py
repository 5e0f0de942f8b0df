"""What became of what was sent: outcomes of a channel written down, item by item."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any, Final
from uuid import UUID

from sqlalchemy import delete, select, update
from sqlalchemy.dialects.postgresql import insert

from app.adapters.types import (
    Applied,
    ChannelProduct,
    Found,
    Moved,
    Outcome,
    Pending,
    Problem,
    Rejected,
    Unanswered,
)
from app.adapters.values import FIELDS, Kind
from app.core import db
from app.core.work import Work
from app.listings import service as listings
from app.listings.matching import Item, ItemVariant, pair_variants
from app.listings.models import Listing, ListingState, Offer
from app.listings.readiness import Gap
from app.sync import (
    bases,
    compare,
    followups,
    gone,
    intake,
    planner,
    project,
    records,
    sent_counts,
    shares,
    standing,
    tasks,
)
from app.sync.desk import Book, Desk, Errand, close, settle
from app.sync.models import ChangeState, SyncChange
from app.sync.planner import Action, Intent
from app.sync.project import PRODUCT
from app.sync.sides import MISSING, Side

_TAKEN: Final = (
    "The shop has this product already, and there it is paired with another product of yours."
    " Take that pair apart, or give this product an SKU of its own."
)
_MEETS: Final = (
    "The shop had this product already. Both sides are compared before anything is sent."
)
_MOVED: Final = "The shop changed it in the same moment. Both sides are compared again."
# Kinds of value a channel may keep in its own words without having refused them.
_OWN_WORDS: Final = frozenset(
    (
        Kind.HTML,
        Kind.TEXT,
        Kind.SCALAR,  # a shop without an archive hides what we put away
        Kind.SET,
        Kind.MAP,
        Kind.IMAGES,
        Kind.MEASURE,
        Kind.OPTIONS,
    )
)


def record_all(
    work: Work, desk: Desk, errands: Sequence[Errand], answers: Sequence[Outcome]
) -> None:
    """Write down what became of a batch, in a handful of statements however large it is."""
    ids = sorted(errand.pair.listing.id for errand in errands)
    work.session.scalars(
        select(Listing).where(Listing.id.in_(ids)).order_by(Listing.id).with_for_update()
    ).all()
    desk.quiet = records.quiet(work, ids)
    desk.book = Book(
        stored=bases.read_bases(work, ids),
        sent=sent_counts.read(work, ids),
        order=tasks.read_order(work),
    )
    for errand, outcome in zip(errands, answers, strict=True):
        _record(work, desk, errand, outcome)
    settle(work, desk)
    _make_room(work, desk, errands, answers)


def _make_room(
    work: Work, desk: Desk, errands: Sequence[Errand], answers: Sequence[Outcome]
) -> None:
    """Answered counts are on their way no more; what a shop may not sell now, another one may."""
    answered = [
        (errand, outcome)
        for errand, outcome in zip(errands, answers, strict=True)
        if not isinstance(outcome, Unanswered | Pending)
    ]
    for errand, outcome in answered:
        if errand.is_in_doubt and isinstance(outcome, Applied):
            sent_counts.shift(work, desk.terms, errand.pair.listing.id, errand.intents)
    known = [errand.pair.listing.id for errand, _ in answered if not errand.is_in_doubt]
    sent_counts.forget(work, known)
    shares.ring(
        work,
        {
            (errand.pair.listing.id, key)
            for errand, _ in answered
            for key in sent_counts.counts_in(errand.intents)
        },
    )


def _record(work: Work, desk: Desk, errand: Errand, outcome: Outcome) -> None:
    listing = work.session.get(Listing, errand.pair.listing.id)
    if listing is None or listing.product_id != errand.pair.product_id:
        close(desk, [errand.task], unchanged=1)  # taken apart while the shop was working
        return
    errand = replace(errand, pair=replace(errand.pair, listing=listing))
    match outcome:
        case Applied():
            _record_applied(work, desk, errand, outcome)
        case Found():
            _record_found(work, desk, errand, outcome.product)
        case Moved():
            settle_changes(work, desk, errand, (Problem(_MOVED),), state=ChangeState.CANCELLED)
            close(desk, [errand.task], unchanged=1)
            followups.look_again(work, listing, errand.task)
        case Rejected():
            _record_rejected(work, desk, errand, outcome)
        case Unanswered() | Pending():
            sentence = outcome.sentence if isinstance(outcome, Unanswered) else "Still working."
            tasks.put_back(work, errand.task, sentence, worker=desk.worker, is_retryable=True)
    listing.read_order = desk.book.order
    work.touch(f"listing-{listing.id}", f"product-{errand.pair.product_id}")


def _record_applied(work: Work, desk: Desk, errand: Errand, outcome: Applied) -> None:
    listing = errand.pair.listing
    if errand.draft.is_removed:
        settle_changes(work, desk, errand, ())
        standing.arrived(work, listing.id, errand.intents)
        close(desk, [errand.task], changed=1)
        followups.part(work, listing)
        return
    if listing.external_id is None and not followups.takes_place(
        work, listing, outcome.external_id
    ):
        taken = Rejected(errand.draft.key, (Problem(_TAKEN),))
        _record_rejected(work, desk, errand, taken)
        return
    told = {(problem.variant_key, problem.field) for problem in outcome.problems}
    silent = _ignored(errand, outcome.product)
    problems = (
        *outcome.problems,
        *(each for each in silent if (each.variant_key, each.field) not in told),
    )
    refused = {(problem.variant_key, problem.field) for problem in problems}
    through = [
        each
        for each in errand.intents
        if (each.variant_key, each.field) not in refused and (None, None) not in refused
    ]
    is_new = errand.draft.external_id is None
    listing.is_ours = listing.is_ours or is_new
    _bind(work, errand, outcome)
    kept = _kept_words(errand, through, outcome.product)
    stored = desk.book.stored.get(listing.id, Side())
    base = planner.confirmed(errand.pair.base, stored, through)
    sent = desk.book.sent.get(listing.id, {})
    base = sent_counts.agreed(base, stored, through, sent, in_doubt=errand.is_in_doubt)
    row = bases.base_row(work, replace(errand.pair, base=Side()), base, kept=kept)
    desk.book.bases += [row] if row else []
    if listing.id not in desk.quiet:
        standing.arrived(work, listing.id, through)
    if outcome.product is not None:
        listing.remote = project.snapshot(outcome.product)
        listing.remote_fingerprint = project.fingerprint(outcome.product)
        listing.url = outcome.product.url or listing.url
        desk.book.answers[listing.id] = outcome.product
    settle_changes(work, desk, errand, problems)
    left = problems or ([Problem(errand.refusal)] if errand.refusal else ())
    _settle_listing(work, listing, left, is_quiet=listing.id in desk.quiet)
    owners = [each.owner_external_id for each in problems]
    if followups.is_held_up(work, listing, errand.task, owners):
        _wait_for_owner(work, desk, errand, problems[0].sentence)
        return
    close(
        desk,
        [errand.task],
        changed=0 if is_new else 1,
        created=1 if is_new else 0,
        failed=1 if problems else 0,
    )


def _record_found(work: Work, desk: Desk, errand: Errand, product: ChannelProduct) -> None:
    """Pair with an item the shop had first: both sides meet before anything is written."""
    listing = errand.pair.listing
    if not followups.takes_place(work, listing, product.external_id):
        _record_rejected(work, desk, errand, Rejected(errand.draft.key, (Problem(_TAKEN),)))
        return
    intake.refresh(work, listing, product)
    ours = Item(
        str(errand.pair.product_id),
        listing.title,
        tuple(
            ItemVariant(key, values.get("sku"), values.get("gtin"), values.get("choice") or {})
            for key, values in errand.pair.ours.variants.items()
        ),
    )
    pairs = pair_variants(listings.item_of(listing), ours)
    listings.pair(work, listing, errand.pair.product_id, pairs)
    settle_changes(work, desk, errand, (Problem(_MEETS),), state=ChangeState.CANCELLED)
    close(desk, [errand.task], unchanged=1)


def _ignored(errand: Errand, product: ChannelProduct | None) -> tuple[Problem, ...]:
    """Name what the channel answered without having taken it: it still shows the old value."""
    if product is None:
        return ()
    theirs = project.their_side(replace(errand.pair, kept={}), product)
    found = []
    for each in errand.intents:
        now = theirs.value(each.field, each.variant_key)
        if each.action is not Action.UPDATE or now is MISSING or each.field not in FIELDS:
            continue
        is_taken = compare.equal(each.field, now, each.new)
        if not is_taken and compare.equal(each.field, now, each.old):
            label = FIELDS[each.field].label
            found.append(
                Problem(
                    f"The shop kept its own value of “{label}”. Change it there, or leave this"
                    " field to the shop in the connection's settings.",
                    field=each.field,
                    code="ignored",
                    variant_key=each.variant_key,
                )
            )
    return tuple(found)


def _kept_words(
    errand: Errand, through: Sequence[Intent], product: ChannelProduct | None
) -> dict[str, Any]:
    """Return where the channel keeps what it took in its own words; a refusal is no wording."""
    kept = {key: dict(held) for key, held in errand.pair.kept.items()}
    if product is None:
        return kept
    plain = replace(errand.pair, kept={})
    theirs = project.their_side(plain, product)
    if errand.draft.external_id is None:
        # What a shop fills in by itself, such as its own name for the brand, is nobody's edit.
        for key, name, now in theirs.cells():
            if _is_filled(errand, key, name, now):
                kept.setdefault(key or PRODUCT, {})[name] = {"sent": None, "kept": now}
    for each in through:
        subject = each.variant_key or PRODUCT
        known = FIELDS.get(each.field)
        now = theirs.value(each.field, each.variant_key)
        kept.setdefault(subject, {}).pop(each.field, None)
        if known is None or known.kind not in _OWN_WORDS or now is MISSING:
            continue
        if not compare.equal(each.field, now, each.new):
            kept[subject][each.field] = {"sent": each.new, "kept": now}
    return {key: held for key, held in kept.items() if held}


def _is_filled(errand: Errand, key: str | None, name: str, now: Any) -> bool:
    ours = errand.pair.ours.value(name, key)
    if name not in FIELDS or FIELDS[name].kind not in _OWN_WORDS or ours is MISSING:
        return False
    return compare.is_empty(name, ours) and not compare.is_empty(name, now)


def _bind(work: Work, errand: Errand, outcome: Applied) -> None:
    """Remember which variant and which picture of theirs is which of ours."""
    listing = errand.pair.listing
    known = errand.pair.their_variants
    fresh = {key: theirs for key, theirs in outcome.variant_ids.items() if known.get(key) != theirs}
    if fresh:
        work.session.execute(
            delete(Offer).where(
                Offer.listing_id == listing.id,
                Offer.variant_id.in_([UUID(key) for key in fresh]),
                Offer.external_id.not_in(list(fresh.values())),
                Offer.overrides == {},
            )
        )
        rows: list[dict[str, Any]] = [
            {
                "id": db.new_id(),
                "created_at": work.now,
                "organization_id": work.organization_id,
                "listing_id": listing.id,
                "variant_id": UUID(key),
                "external_id": theirs,
                "external_sku": errand.pair.ours.of(key).get("sku"),
                "overrides": {},
            }
            for key, theirs in fresh.items()
        ]
        asked = insert(Offer)
        work.session.execute(
            asked.on_conflict_do_update(
                index_elements=[Offer.listing_id, Offer.external_id],
                set_={"variant_id": asked.excluded.variant_id},
            ),
            rows,
        )
    records.bind_media(
        work,
        errand.pair.listing.connection_id,
        {theirs: UUID(ours) for ours, theirs in outcome.image_ids.items()},
    )


def _record_rejected(work: Work, desk: Desk, errand: Errand, outcome: Rejected) -> None:
    listing = errand.pair.listing
    settle_changes(work, desk, errand, outcome.problems or (Problem("The shop refused this."),))
    if followups.is_held_up(work, listing, errand.task, [outcome.owner_external_id]):
        _wait_for_owner(work, desk, errand, outcome.problems[0].sentence)
        return
    if outcome.is_gone:
        gone.mark_gone(work, desk.terms, listing)
    else:
        _settle_listing(work, listing, outcome.problems)
    close(desk, [errand.task], failed=1)


def _wait_for_owner(work: Work, desk: Desk, errand: Errand, sentence: str) -> None:
    """Try again when the product that holds our SKU had its turn."""
    tasks.put_back(work, errand.task, sentence, worker=desk.worker, is_retryable=True)
    set_state(work, errand.pair.listing, ListingState.WAITING)


def settle_changes(
    work: Work,
    desk: Desk,
    errand: Errand,
    problems: Sequence[Problem],
    *,
    state: ChangeState = ChangeState.REJECTED,
) -> None:
    """Mark each sent change as applied, or as refused with the sentence that concerns it."""
    by_cell = {(problem.variant_key, problem.field): problem.sentence for problem in problems}
    whole = by_cell.get((None, None))
    for change_id, each in zip(errand.change_ids, errand.intents, strict=True):
        sentence = by_cell.get((each.variant_key, each.field), whole)
        if problems and sentence is None and errand.pair.listing.external_id is None:
            sentence = problems[0].sentence
        if sentence is None:
            desk.book.applied.append(change_id)
            continue
        work.session.execute(
            update(SyncChange)
            .where(SyncChange.id == change_id)
            .values(state=state, sentence=sentence, settled_at=work.now)
        )


def _settle_listing(
    work: Work, listing: Listing, problems: Sequence[Problem], *, is_quiet: bool = False
) -> None:
    if problems:
        first = problems[0]
        listing.error, listing.error_field, listing.error_code = (
            first.sentence,
            first.field,
            first.code,
        )
        listing.error_count += 1
        set_state(work, listing, ListingState.FAILED)
        return
    listing.error, listing.error_field, listing.error_code = None, None, None
    listing.error_count = 0
    listing.last_synced_at = listing.last_seen_at = work.now
    has_more = not is_quiet and records.has_open_questions(work, listing.id)
    set_state(work, listing, ListingState.NEEDS_YOU if has_more else ListingState.SYNCED)


def refuse_unready(work: Work, listing: Listing, gap: Gap) -> None:
    """Say what a product lacks before it may be shown in the shop; nothing was sent."""
    _settle_listing(work, listing, [Problem(gap.sentence, gap.field)])


def set_state(work: Work, listing: Listing, state: ListingState) -> None:
    if listing.state != state:
        listing.state = state
    work.touch(f"listing-{listing.id}", "listings")
    if listing.product_id:
        work.touch(f"product-{listing.product_id}")
