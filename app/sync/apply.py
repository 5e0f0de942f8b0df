"""Plans carried out on our side: what one meeting of a listing with the channel's answer writes.

`meet` is the heart of both flows. In one unit it plans a pair against what the channel just said,
writes what comes in, keeps conflicts with both values, moves the base forward for everything both
sides now agree on, and hands back what is to be sent. It never calls the channel.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any
from uuid import UUID

from sqlalchemy import select, update

from app.adapters.types import ChannelProduct
from app.adapters.values import FIELDS
from app.catalog import service as catalog
from app.catalog.models import Product
from app.connections.models import Connection
from app.core.db import new_id
from app.core.errors import AppError
from app.core.work import Work
from app.listings import pricing
from app.listings.models import Listing, ListingState, MediaBinding, Offer
from app.sync import bases, compare, planner, project, records, standing
from app.sync.mass import Change, change_of
from app.sync.models import ChangeState, SyncChange
from app.sync.planner import Action, Intent, ListingPlan, Way
from app.sync.policy import Policy, decide
from app.sync.project import FOREIGN, PRODUCT, Pair

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
    ids = [each.product_id for each in listings if each.product_id]
    work.session.execute(
        select(Product.id).where(Product.id.in_(ids)).order_by(Product.id).with_for_update()
    )
    return project.load_pairs(work.session, connection, listings)


def differs(terms: records.Terms, pair: Pair | None, product: ChannelProduct) -> bool:
    """Tell whether a pair at rest has something to exchange after all; writes nothing."""
    if pair is None or pair.is_excluded:
        return False
    theirs = project.their_side(pair, product)
    policy = terms.policy(pair.listing)
    plan = planner.plan_listing(pair.ours, theirs, pair.base, policy, carries=terms.capabilities)
    return bool(plan.intents) or pair.listing.state != ListingState.SYNCED


def meet(work: Work, terms: records.Terms, pair: Pair, product: ChannelProduct) -> Meeting:
    """Plan a pair against the channel's answer and write our part of it."""
    pair = _recognise_pictures(work, terms.connection, pair, product)
    policy = terms.policy(pair.listing)
    theirs = project.their_side(pair, product)
    still_due = () if pair.listing.id in terms.quiet else standing.standing(work, pair)
    plan = planner.plan_listing(
        pair.ours,
        theirs,
        pair.base,
        policy,
        carries=terms.capabilities,
        decided=frozenset(each.cell for each in still_due),
    )
    decided = records.decisions(work, terms, pair.listing.id)
    if _is_to_leave(pair, product, policy) and not records.is_kept_there(work, pair, decided):
        plan = planner.with_removal(plan, theirs)
    approved: list[Approval] = [*decided.approved, *still_due]
    wanted = _not_declined(work, plan.intents, decided.declined)
    passing, waiting = _sorted(wanted, policy, approved, is_forced=terms.is_forced)
    passing, waiting = _without_flood(work, terms, passing, waiting, approved)
    pulls = [each for each in passing if each.way is Way.PULL]
    pushes = tuple(each for each in passing if each.way is Way.PUSH and product.is_writable)
    taken: Sequence[Intent] = pulls
    if pulls:
        pair, taken = _write_pulls(work, terms, pair, pulls)
    bases.write_base(work, pair, planner.rebase(pair.base, taken, plan.settled))
    conflicts = records.keep_conflicts(work, terms, pair, plan)
    records.log_changes(work, terms, pair, taken, ChangeState.APPLIED)
    held = records.hold(work, terms, pair, waiting)
    is_refused = len(taken) < len(pulls)
    meeting = Meeting(pair, plan, pushes, held, conflicts, len(taken), is_refused=is_refused)
    _remember(work, pair.listing, product, meeting.state)
    pair.listing.read_order = terms.order
    return meeting


def _is_to_leave(pair: Pair, product: ChannelProduct, policy: Policy) -> bool:
    """Tell whether a product was put away here and its listing may leave the channel."""
    is_away = pair.is_put_away and product.is_writable
    return is_away and decide("status", policy).direction.goes_out


def _not_declined(
    work: Work, intents: Sequence[Intent], declined: Sequence[SyncChange]
) -> list[Intent]:
    """Leave out what somebody said no to; a no whose change is no longer planned ends."""
    for row in declined:
        is_planned = any(_is_among((row,), each) for each in intents)
        if not is_planned and row.field != planner.LISTING:  # that one holds until it is put back
            row.state, row.settled_at = ChangeState.CANCELLED, work.now
    left = [row for row in declined if row.state == ChangeState.DECLINED]
    return [each for each in intents if not _is_among(left, each)]


def _is_among(decided: Sequence[Approval], intent: Intent) -> bool:
    return any(
        row.field == intent.field
        and row.direction == intent.way.value
        and (str(row.variant_id) if row.variant_id else None) == intent.variant_key
        and (intent.action is Action.DELETE or compare.equal(row.field, row.new, intent.new))
        for row in decided
    )


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


def _write_pulls(
    work: Work, terms: records.Terms, pair: Pair, pulls: Sequence[Intent]
) -> tuple[Pair, Sequence[Intent]]:
    """Write what came in; what the catalog refuses is an error of the listing."""
    try:
        with work.session.begin_nested():
            return write_in(work, pair, pulls, run_id=terms.run_id)
    except AppError as refusal:
        pair.listing.error = f"The shop’s change could not be taken in: {refusal.sentence}"
        pair.listing.error_count += 1
        return pair, ()


def write_in(
    work: Work,
    pair: Pair,
    pulls: Sequence[Intent],
    *,
    origin: str = "sync",
    run_id: UUID | None = None,
) -> tuple[Pair, Sequence[Intent]]:
    """Write values into our catalog, raising what it refuses.

    Returns what really went in, in the words the catalog keeps it in.
    """
    change, fresh = _wished(pair, pulls)
    catalog.change_products(
        work, [change], origin=origin, connection_id=pair.listing.connection_id, run_id=run_id
    )
    _bind_variants(work, pair.listing, fresh)
    return _as_kept(work, pair, pulls, fresh)


def _wished(pair: Pair, pulls: Sequence[Intent]) -> tuple[catalog.ProductChange, dict[str, UUID]]:
    """Sort what came in: to the override where one lies above the master, else to the master."""
    master: dict[str, Any] = {}
    variants: dict[UUID, dict[str, Any]] = {}
    added: dict[str, catalog.VariantDraft] = {}
    removed: list[UUID] = []
    for each in pulls:
        key = each.variant_key
        if key is None:
            _place(pair.listing.overrides, master, each.field, each.new)
        elif each.action is Action.DELETE:
            removed.append(UUID(key))
        elif key.startswith(FOREIGN):
            added[key] = catalog.VariantDraft(pricing.kept(each.new, {}, pair.currency), new_id())
        else:
            variants.setdefault(UUID(key), {})[each.field] = _absolute(pair, each)
    change = catalog.ProductChange(
        pair.product_id,
        master,
        variants={
            key: pricing.kept(wished, pair.prices.get(str(key), {}), pair.currency)
            for key, wished in variants.items()
        },
        new_variants=tuple(added.values()),
        removed_variants=tuple(removed),
    )
    return change, {key: draft.id for key, draft in added.items() if draft.id}


def _as_kept(
    work: Work, pair: Pair, pulls: Sequence[Intent], fresh: Mapping[str, UUID]
) -> tuple[Pair, Sequence[Intent]]:
    """Look what the catalog made of it: cleaned HTML, for example, is no edit of ours."""
    now = project.our_values(work.session, work.organization_id, [pair.product_id])
    known = now[pair.product_id]
    kept = {subject: dict(words) for subject, words in pair.kept.items()}
    taken = []
    for each in pulls:
        key = each.variant_key
        if key is not None and key in fresh:
            key = str(fresh[key])
        value = each.new
        if key is None and each.field not in pair.listing.overrides:
            value = known.values.get(each.field, each.new)
        elif key is not None and each.field in FIELDS and each.field != "quantity":
            held = pricing.shown(known.variants.get(UUID(key), {}), pair.currency)
            value = held.get(each.field, each.new)
        if not compare.equal(each.field, value, each.new):
            kept.setdefault(key or PRODUCT, {})[each.field] = {"sent": value, "kept": each.new}
        is_joined = not compare.equal(each.field, each.base_after, each.new)
        seen = each.base_after if is_joined else value
        taken.append(replace(each, new=value, variant_key=key, base_after=seen))
    return replace(pair, kept=kept), taken


def _place(overrides: dict[str, Any], master: dict[str, Any], name: str, value: Any) -> None:
    target = overrides if name in overrides else master
    target[name] = value


def _absolute(pair: Pair, intent: Intent) -> Any:
    """Stock moves by what the channel moved: our count may hold a buffer back from it."""
    counted = pair.counted.get(intent.variant_key or "")
    is_count = intent.field == "quantity" and None not in (intent.old, intent.new, counted)
    return (
        max(0, counted + intent.new - intent.old)
        if is_count and counted is not None
        else intent.new
    )


def _bind_variants(work: Work, listing: Listing, new_ids: Mapping[str, UUID]) -> None:
    for key, variant_id in new_ids.items():
        work.session.execute(
            update(Offer)
            .where(
                Offer.listing_id == listing.id,
                Offer.external_id == key.removeprefix(FOREIGN),
            )
            .values(variant_id=variant_id)
        )


def _remember(work: Work, listing: Listing, product: ChannelProduct, state: ListingState) -> None:
    """Keep the channel's answer on the listing."""
    seen = project.fingerprint(product)
    listing.title = str(product.values.get("title") or listing.title)[:255]
    listing.url, listing.kind = product.url, product.kind
    listing.is_writable = product.is_writable
    if listing.remote_fingerprint != seen:
        listing.remote, listing.remote_fingerprint = project.snapshot(product), seen
        records.write_snapshot(work, listing.id, product)
    listing.remote_modified_at = product.modified_at
    listing.last_seen_at = work.now
    if listing.state != state:
        listing.state = state
    if state == ListingState.SYNCED:
        listing.last_synced_at, listing.error, listing.error_count = work.now, None, 0
    work.touch(f"listing-{listing.id}", "listings")
    if listing.product_id:
        work.touch(f"product-{listing.product_id}")
