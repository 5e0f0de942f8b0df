"""Plans carried out on our side: what one meeting of a listing with the channel's answer writes.

`meet` is the heart of both flows. In one unit it plans a pair against what the channel just said,
writes what comes in, keeps conflicts with both values, moves the base forward for everything both
sides now agree on, and hands back what is to be sent. It never calls the channel.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final
from uuid import UUID

from sqlalchemy import or_, select, update
from sqlalchemy.dialects.postgresql import insert

from app.adapters.port import Capabilities
from app.adapters.types import ChannelProduct
from app.adapters.values import FIELDS
from app.catalog import service as catalog
from app.catalog.models import Product
from app.connections.models import Connection
from app.core.db import new_id
from app.core.errors import AppError
from app.core.work import Work
from app.listings.models import Listing, ListingSnapshot, ListingState, MediaBinding, Offer
from app.notices import service as notices
from app.sync import compare, planner, project
from app.sync.models import (
    BaseValue,
    ChangeState,
    Conflict,
    ConflictState,
    Direction,
    SyncChange,
)
from app.sync.planner import Action, Intent, ListingPlan, Way
from app.sync.policy import Origin, Policy
from app.sync.project import FOREIGN, PRODUCT, Pair
from app.sync.sides import MISSING, Side

_OPEN: Final = ConflictState.OPEN


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


@dataclass(frozen=True, slots=True)
class Terms:
    """Under what rules a meeting takes place."""

    connection: Connection
    capabilities: Capabilities
    run_id: UUID | None = None
    task_id: UUID | None = None
    order: int = 0  # number of the read the answers come from (tasks.read_order)
    is_forced: bool = False  # a person asked: held changes of low risk may go, auto_push is moot

    def policy(self, listing: Listing) -> Policy:
        """Return the rules for one listing."""
        rules = Policy.from_settings(self.connection.settings)
        return rules.of(Origin.CREATED if listing.is_ours else Origin.IMPORTED)


def locked_pairs(
    work: Work, connection: Connection, listings: Sequence[Listing]
) -> dict[UUID, Pair]:
    """Load pairs whose products nobody else can change before this unit ends."""
    ids = [each.product_id for each in listings if each.product_id]
    work.session.execute(
        select(Product.id).where(Product.id.in_(ids)).order_by(Product.id).with_for_update()
    )
    return project.load_pairs(work.session, connection, listings)


def meet(work: Work, terms: Terms, pair: Pair, product: ChannelProduct) -> Meeting:
    """Plan a pair against the channel's answer and write our part of it."""
    pair = _recognise_pictures(work, terms.connection, pair, product)
    policy = terms.policy(pair.listing)
    theirs = project.their_side(pair, product)
    plan = planner.plan_listing(pair.ours, theirs, pair.base, policy, carries=terms.capabilities)
    approved = _approved(work, pair.listing.id)
    passing, waiting = _sorted(plan.intents, policy, approved, is_forced=terms.is_forced)
    pulls = [each for each in passing if each.way is Way.PULL]
    pushes = tuple(each for each in passing if each.way is Way.PUSH and product.is_writable)
    taken: Sequence[Intent] = pulls
    if pulls:
        pair, taken = _write_pulls(work, terms, pair, pulls)
    write_base(work, pair, planner.rebase(pair.base, taken, plan.settled))
    conflicts = _keep_conflicts(work, terms, pair, plan)
    _log(work, terms, pair, taken, ChangeState.APPLIED)
    held = _hold(work, terms, pair, waiting)
    is_refused = len(taken) < len(pulls)
    meeting = Meeting(pair, plan, pushes, held, conflicts, len(taken), is_refused=is_refused)
    _remember(work, pair.listing, product, meeting.state)
    pair.listing.read_order = terms.order
    return meeting


def _approved(work: Work, listing_id: UUID) -> list[SyncChange]:
    """Return changes a person let pass; each counts once, for exactly the value it named."""
    found = work.session.scalars(
        select(SyncChange).where(
            SyncChange.listing_id == listing_id, SyncChange.state == ChangeState.PLANNED
        )
    ).all()
    for row in found:
        row.state, row.settled_at = ChangeState.CANCELLED, work.now
    return list(found)


def _is_approved(intent: Intent, approved: Sequence[SyncChange]) -> bool:
    return any(
        row.field == intent.field
        and row.direction == intent.way.value
        and (str(row.variant_id) if row.variant_id else None) == intent.variant_key
        and (intent.action is Action.DELETE or compare.equal(row.field, row.new, intent.new))
        for row in approved
    )


def _sorted(
    intents: Sequence[Intent],
    policy: Policy,
    approved: Sequence[SyncChange],
    *,
    is_forced: bool,
) -> tuple[list[Intent], list[tuple[Intent, str]]]:
    passing, waiting = [], []
    for intent in intents:
        sentence = planner.waits(intent, policy)
        is_asked_for = is_forced and intent.risk not in planner.WAITING_RISKS
        if sentence is None or is_asked_for or _is_approved(intent, approved):
            passing.append(intent)
        else:
            waiting.append((intent, sentence))
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
        bind_media(work, connection.id, {key: UUID(value) for key, value in found.items()})
        known |= found
    return project.with_media(pair, known)


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


def _write_pulls(
    work: Work, terms: Terms, pair: Pair, pulls: Sequence[Intent]
) -> tuple[Pair, Sequence[Intent]]:
    """Write what came in; returns what really went in, in the words our catalog keeps it in."""
    change, fresh = _wished(pair, pulls)
    try:
        with work.session.begin_nested():
            catalog.change_products(
                work,
                [change],
                origin="sync",
                connection_id=terms.connection.id,
                run_id=terms.run_id,
            )
            _bind_variants(work, pair.listing, fresh)
    except AppError as refusal:
        pair.listing.error = f"The shop’s change could not be taken in: {refusal.sentence}"
        pair.listing.error_count += 1
        return pair, ()
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
            added[key] = catalog.VariantDraft(dict(each.new), new_id())
        else:
            variants.setdefault(UUID(key), {})[each.field] = _absolute(pair, each)
    change = catalog.ProductChange(
        pair.product_id,
        master,
        variants=variants,
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
            value = known.variants.get(UUID(key), {}).get(each.field, each.new)
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


def write_base(
    work: Work, pair: Pair, base: Side, *, kept: Mapping[str, Any] | None = None
) -> None:
    """Store what both sides agree on now; keys of variants only the channel knows are left out."""
    known = {key: dict(v) for key, v in base.variants.items() if not key.startswith(FOREIGN)}
    row = insert(BaseValue).values(
        listing_id=pair.listing.id,
        organization_id=work.organization_id,
        product=dict(base.values),
        variants=known,
        kept=dict(pair.kept if kept is None else kept),
        agreed_at=work.now,
    )
    work.session.execute(
        row.on_conflict_do_update(
            index_elements=[BaseValue.listing_id],
            set_={
                name: row.excluded[name] for name in ("product", "variants", "kept", "agreed_at")
            },
        )
    )


def agree(work: Work, conflict: Conflict, value: Any) -> None:
    """Move the base of one field, and let the decision pass whatever its size."""
    base = read_base(work, conflict.listing_id)
    values, variants = dict(base.values), {k: dict(v) for k, v in base.variants.items()}
    target = values if conflict.subject == PRODUCT else variants.setdefault(conflict.subject, {})
    target[conflict.field] = value
    work.session.execute(
        update(BaseValue)
        .where(BaseValue.listing_id == conflict.listing_id)
        .values(product=values, variants=variants, agreed_at=work.now)
    )
    work.session.add(
        SyncChange(
            organization_id=work.organization_id,
            connection_id=conflict.connection_id,
            listing_id=conflict.listing_id,
            product_id=conflict.product_id,
            variant_id=conflict.variant_id,
            direction=Direction.PUSH,
            field=conflict.field,
            old=conflict.theirs,
            new=conflict.ours,
            why="You decided so.",
            state=ChangeState.PLANNED,
        )
    )


def read_base(work: Work, listing_id: UUID) -> Side:
    """Return what both sides of a listing agreed on, as stored now."""
    row = work.session.get(BaseValue, listing_id, populate_existing=True)
    return Side(row.product, row.variants) if row else Side()


def has_open_questions(work: Work, listing_id: UUID) -> bool:
    """Tell whether a conflict or a held change of a listing waits for a person."""
    conflict = select(Conflict.id).where(Conflict.listing_id == listing_id, Conflict.state == _OPEN)
    held = select(SyncChange.id).where(
        SyncChange.listing_id == listing_id, SyncChange.state == ChangeState.HELD
    )
    return bool(work.session.scalar(select(or_(conflict.exists(), held.exists()))))


def _keep_conflicts(work: Work, terms: Terms, pair: Pair, plan: ListingPlan) -> int:
    """Keep each conflict once with both values; one that is no more is closed."""
    seen = {(each.variant_key or PRODUCT, each.field): each for each in plan.conflicts}
    open_now = {
        (row.subject, row.field): row
        for row in work.session.scalars(
            select(Conflict).where(Conflict.listing_id == pair.listing.id, Conflict.state == _OPEN)
        )
    }
    for key, row in open_now.items():
        found = seen.get(key)
        if found is None:
            row.state, row.resolution = ConflictState.RESOLVED, "vanished"
            row.resolved_at = work.now
        else:
            row.ours, row.theirs = found.ours, found.theirs
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
        notices.notify(
            work,
            kind="conflict",
            title=f"“{pair.listing.title}” was changed on both sides",
            body=f"{terms.connection.name} and SyncStore have different values. Choose one.",
            link="/sync/conflicts",
        )
    return len(seen)


def _log(
    work: Work, terms: Terms, pair: Pair, intents: Sequence[Intent], state: ChangeState
) -> list[int]:
    """Write intents as plan and log lines; returns their ids in order."""
    if not intents:
        return []
    rows = [change_row(work, terms, pair, each, state) for each in intents]
    found = work.session.scalars(
        insert(SyncChange).returning(SyncChange.id, sort_by_parameter_order=True), rows
    )
    return list(found)


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


def log_sent(work: Work, terms: Terms, pair: Pair, intents: Sequence[Intent]) -> list[int]:
    """Write what is about to leave; after a crash these lines say what to read back."""
    return _log(work, terms, pair, intents, ChangeState.SENT)


def _hold(work: Work, terms: Terms, pair: Pair, waiting: Sequence[tuple[Intent, str]]) -> int:
    """Keep changes that wait for a person, each once."""
    work.session.execute(
        update(SyncChange)
        .where(SyncChange.listing_id == pair.listing.id, SyncChange.state == ChangeState.HELD)
        .values(state=ChangeState.CANCELLED, settled_at=work.now)
    )
    rows = [
        {**change_row(work, terms, pair, each, ChangeState.HELD), "sentence": sentence}
        for each, sentence in waiting
    ]
    if rows:
        work.session.execute(insert(SyncChange), rows)
    return len(rows)


def _remember(work: Work, listing: Listing, product: ChannelProduct, state: ListingState) -> None:
    """Keep the channel's answer on the listing."""
    seen = project.fingerprint(product)
    listing.title = str(product.values.get("title") or listing.title)[:255]
    listing.url, listing.kind = product.url, product.kind
    listing.is_writable = product.is_writable
    if listing.remote_fingerprint != seen:
        listing.remote, listing.remote_fingerprint = project.snapshot(product), seen
        write_snapshot(work, listing.id, product)
    listing.remote_modified_at = product.modified_at
    listing.last_seen_at = work.now
    if listing.state != state:
        listing.state = state
    if state == ListingState.SYNCED:
        listing.last_synced_at, listing.error, listing.error_count = work.now, None, 0
    work.touch(f"listing-{listing.id}")
    if listing.product_id:
        work.touch(f"product-{listing.product_id}")


def write_snapshot(work: Work, listing_id: UUID, product: ChannelProduct) -> None:
    """Keep the channel's own answer whole."""
    row = insert(ListingSnapshot).values(
        listing_id=listing_id,
        organization_id=work.organization_id,
        raw=dict(product.raw),
        at=work.now,
    )
    work.session.execute(
        row.on_conflict_do_update(
            index_elements=[ListingSnapshot.listing_id],
            set_={"raw": row.excluded.raw, "at": row.excluded.at},
        )
    )
