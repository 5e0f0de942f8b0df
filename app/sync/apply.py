"""Plans carried out on our side: what one meeting of a listing with the channel's answer writes.

`meet` is the heart of both flows. In one unit it plans a pair against what the channel just said,
writes what comes in, keeps conflicts with both values, moves the base forward for everything both
sides now agree on, and hands back what is to be sent. It never calls the channel.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from uuid import UUID

from sqlalchemy import select

from app.adapters.types import ChannelProduct
from app.catalog import service as catalog
from app.connections.models import Connection
from app.core.work import Work
from app.listings.models import Listing, ListingState, MediaBinding
from app.sync import (
    bases,
    compare,
    counts,
    planner,
    project,
    records,
    shares,
    standing,
    unanswered,
)
from app.sync.mass import Change, change_of
from app.sync.models import ChangeState, SyncChange
from app.sync.planner import Action, Intent, ListingPlan, Way
from app.sync.policy import Policy, decide
from app.sync.project import FOREIGN, Pair
from app.sync.sides import Side

Approval = SyncChange | standing.Standing  # what a person let pass


@dataclass(frozen=True, slots=True)
class Meeting:
    """What one meeting decided: the pair as it is now, what goes out, what waits for a person."""

    pair: Pair
    plan: ListingPlan
    pushes: tuple[Intent, ...]
    held: int
    conflicts: int
    pulled: int
    is_refused: bool = False  # our catalog could not take in what the shop has

    @property
    def is_settled(self) -> bool:
        """Whether both sides agree now: everything planned came in and nothing is to go out."""
        return not self.plan.pushes and self.pulled == len(self.plan.pulls)

    @property
    def state(self) -> ListingState:
        """The state the listing is left in until its pushes are confirmed."""
        if self.is_refused:
            return ListingState.FAILED
        if self.conflicts or self.held:
            return ListingState.NEEDS_YOU
        return ListingState.WAITING if self.pushes else ListingState.SYNCED


def locked_pairs(
    work: Work, connection: Connection, listings: Sequence[Listing]
) -> dict[UUID, Pair]:
    """Load pairs whose products nobody else can change before this unit ends."""
    shares.hold(work, products=[each.product_id for each in listings if each.product_id])
    sent = unanswered.unanswered(work, [each.id for each in listings])
    pairs = project.load_pairs(work.session, connection, listings)
    return {key: replace(pair, sent=sent.get(key, ())) for key, pair in pairs.items()}


def differs(terms: records.Terms, pair: Pair | None, product: ChannelProduct) -> bool:
    """Tell whether a pair at rest has something to exchange after all; writes nothing."""
    if pair is None or pair.is_excluded:
        return False
    theirs = project.their_side(pair, product)
    base = unanswered.agreed(pair.base, pair.sent, theirs)
    policy = terms.policy(pair.listing)
    plan = planner.plan_listing(pair.ours, theirs, base, policy, carries=terms.capabilities)
    return bool(plan.intents) or pair.listing.state != ListingState.SYNCED


@dataclass(frozen=True, slots=True)
class _Planned:
    """A pair and the channel's answer, with what passes and what waits for a person."""

    pair: Pair
    product: ChannelProduct
    plan: ListingPlan
    passing: Sequence[Intent]
    waiting: Sequence[tuple[Intent, str]]
    decided: Sequence[SyncChange]  # what people said about earlier plans
    base: Side  # with what was sent without an answer, and arrived
    asks_orders: bool = False  # a count rose, and orders that may explain it are read first

    @property
    def pulls(self) -> list[Intent]:
        return [each for each in self.passing if each.way is Way.PULL]


def meet(work: Work, terms: records.Terms, pair: Pair, product: ChannelProduct) -> Meeting:
    """Plan a pair against the channel's answer and write our part of it."""
    return meet_all(work, terms, [(pair, product)])[0]


def meet_all(
    work: Work, terms: records.Terms, met: Sequence[tuple[Pair, ChannelProduct]]
) -> list[Meeting]:
    """Plan pairs against the channel's answers and write our part, in statements for all."""
    planned = [_planned(work, terms, pair, product) for pair, product in met]
    taken = counts.write_pulls(work, terms, [(each.pair, each.pulls) for each in planned])
    meetings, rows, news = [], [], {}
    for each, (pair, intents) in zip(planned, taken, strict=True):
        base = bases.base_row(work, pair, planner.rebase(each.base, intents, each.plan.settled))
        rows += [base] if base else []
        met_pair = replace(pair, base=each.base)
        meeting = _kept(work, terms, replace(each, pair=met_pair), intents)
        if _remember(work, pair.listing, each.product, meeting.state):
            news[pair.listing.id] = each.product
        pair.listing.read_order = terms.order
        if each.asks_orders:  # looked at again once those were read: it is news then
            pair.listing.remote_fingerprint = None
        meetings.append(meeting)
    bases.write_bases(work, rows)
    records.log_applied(work, terms, [(pair, intents) for pair, intents in taken])
    records.write_snapshots(work, news)
    return meetings


def _planned(work: Work, terms: records.Terms, pair: Pair, product: ChannelProduct) -> _Planned:
    pair = _recognise_pictures(work, terms.connection, pair, product)
    policy = terms.policy(pair.listing)
    theirs = project.their_side(pair, product)
    base = unanswered.agreed(pair.base, pair.sent, theirs)
    still_due = () if pair.listing.id in terms.quiet else standing.standing(work, pair)
    plan = planner.plan_listing(
        pair.ours,
        theirs,
        base,
        policy,
        carries=terms.capabilities,
        decided=frozenset(each.cell for each in still_due),
    )
    decided = records.decisions(work, terms, pair.listing.id)
    if _is_to_leave(pair, product, policy) and not records.is_kept_there(work, pair, decided):
        plan = planner.with_removal(plan, theirs)
    approved: list[Approval] = [*decided.approved, *still_due]
    wanted = _not_declined(plan.intents, decided.declined)
    passing, waiting = _sorted(wanted, policy, approved, is_forced=terms.is_forced)
    passing, waiting = _without_flood(work, terms, passing, waiting, approved)
    passing, asks_orders = counts.orders_first(work, terms, pair, passing)
    passing = counts.without_risen_kits(pair, passing)
    asked = (*decided.approved, *decided.declined)
    return _Planned(pair, product, plan, passing, waiting, asked, base, asks_orders)


def _kept(work: Work, terms: records.Terms, planned: _Planned, taken: Sequence[Intent]) -> Meeting:
    """Keep what is asked of people, and say what the meeting came to."""
    pair, can_write = planned.pair, planned.product.is_writable
    pushes = tuple(each for each in planned.passing if each.way is Way.PUSH and can_write)
    pushes = counts.pushed_beyond(pushes, counts.beyond(planned.pulls, taken))
    conflicts = records.keep_conflicts(work, terms, pair, planned.plan)
    held = records.hold(work, terms, pair, planned.waiting)
    pulls, intents = planned.pulls, planned.plan.intents
    is_refused = len(taken) < len(pulls)
    due = intents if is_refused else [each for each in intents if each not in pulls]
    _end_decisions(work, due, planned.decided)
    return Meeting(pair, planned.plan, pushes, held, conflicts, len(taken), is_refused=is_refused)


def _is_to_leave(pair: Pair, product: ChannelProduct, policy: Policy) -> bool:
    """Tell whether a product was put away here and its listing may leave the channel."""
    is_away = pair.is_put_away and product.is_writable
    return is_away and decide("status", policy).direction.goes_out


def _end_decisions(work: Work, due: Sequence[Intent], decided: Sequence[SyncChange]) -> None:
    """End decisions about what is no longer due: it was done, or another value is planned."""
    for row in decided:
        is_planned = any(_is_among((row,), each) for each in due)
        # Keeping an archived product in a shop holds until it is put back.
        is_kept = row.field == planner.LISTING and row.state == ChangeState.DECLINED
        if not is_planned and not is_kept:
            row.state, row.settled_at = ChangeState.CANCELLED, work.now


def _not_declined(intents: Sequence[Intent], declined: Sequence[SyncChange]) -> list[Intent]:
    """Leave out what somebody said no to."""
    left = [row for row in declined if row.state == ChangeState.DECLINED]
    return [each for each in intents if not _is_among(left, each)]


def _is_among(decided: Sequence[Approval], intent: Intent) -> bool:
    return any(
        row.field == intent.field
        and row.direction == intent.way.value
        and (str(row.variant_id) if row.variant_id else None) == intent.variant_key
        and (intent.action is Action.DELETE or compare.equal(row.field, row.new, intent.new))
        and _replaces_what_was_seen(row, intent)
        for row in decided
    )


def _replaces_what_was_seen(row: Approval, intent: Intent) -> bool:
    """Tell whether a yes was said to replacing this; a no, and an undo, hold whatever is there."""
    if not isinstance(row, SyncChange) or row.state != ChangeState.PLANNED:
        return True
    if row.settled_at is None or intent.action is Action.DELETE:
        return True
    return compare.equal(row.field, row.old, intent.old)


def _sorted(
    intents: Sequence[Intent],
    policy: Policy,
    approved: Sequence[Approval],
    *,
    is_forced: bool,
) -> tuple[list[Intent], list[tuple[Intent, str]]]:
    passing, waiting = [], []
    for intent in intents:
        sentence = planner.waits(intent, policy)
        is_asked_for = is_forced and intent.risk not in planner.WAITING_RISKS
        if sentence is None or is_asked_for or _is_among(approved, intent):
            passing.append(intent)
        else:
            waiting.append((intent, sentence))
    return passing, waiting


def _without_flood(
    work: Work,
    terms: records.Terms,
    passing: list[Intent],
    waiting: list[tuple[Intent, str]],
    approved: Sequence[Approval],
) -> tuple[list[Intent], list[tuple[Intent, str]]]:
    """Let a change that hides a listing wait when too many were hidden within the hour."""
    for each in passing:
        is_hiding = each.way is Way.PUSH and change_of(each) is Change.HIDDEN
        if not is_hiding or terms.flood is None or _is_among(approved, each):
            continue
        if sentence := terms.flood.objection(work):
            rest = [other for other in passing if other is not each]
            return rest, [*waiting, (each, sentence)]
    return passing, waiting


def _recognise_pictures(
    work: Work, connection: Connection, pair: Pair, product: ChannelProduct
) -> Pair:
    """Give every picture the channel shows a row of ours, so that both sides name it alike."""
    shown = {
        image["key"].removeprefix(FOREIGN): image
        for image in product.values.get("images") or ()
        if image["key"].startswith(FOREIGN)
    }
    unknown = {key: image for key, image in shown.items() if key not in pair.media_ids}
    if not unknown:
        return pair
    rows = work.session.execute(
        select(MediaBinding.external_id, MediaBinding.media_id).where(
            MediaBinding.connection_id == connection.id, MediaBinding.external_id.in_(unknown)
        )
    )
    known = {external_id: str(media_id) for external_id, media_id in rows}
    fresh = {key: image for key, image in unknown.items() if key not in known}
    if fresh:
        urls = {key: image["url"] for key, image in fresh.items() if image.get("url")}
        media = catalog.media_by_url(work, list(urls.values()))
        found = {key: str(media[url]) for key, url in urls.items()}
        records.bind_media(work, connection.id, {key: UUID(value) for key, value in found.items()})
        known |= found
    return project.with_media(pair, known)


def _remember(work: Work, listing: Listing, product: ChannelProduct, state: ListingState) -> bool:
    """Keep the channel's answer on the listing; tells whether it is another one than before."""
    seen = project.fingerprint(product)
    listing.title = str(product.values.get("title") or listing.title)[:255]
    listing.url, listing.kind = product.url, project.kind_of(product)
    listing.is_writable = product.is_writable
    is_news = listing.remote_fingerprint != seen
    if is_news:
        listing.remote, listing.remote_fingerprint = project.snapshot(product), seen
    listing.remote_modified_at = product.modified_at
    listing.last_seen_at = work.now
    if listing.state != state:
        listing.state = state
    if state == ListingState.SYNCED:
        listing.last_synced_at, listing.error, listing.error_count = work.now, None, 0
    work.touch(f"listing-{listing.id}", "listings")
    if listing.product_id:
        work.touch(f"product-{listing.product_id}")
    return is_news
