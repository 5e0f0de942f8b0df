"""Values of a channel written into our catalog: master, overrides, variants, stock."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any
from uuid import UUID

from sqlalchemy import update

from app.adapters.values import FIELDS
from app.catalog import service as catalog
from app.core.db import new_id
from app.core.errors import AppError
from app.core.work import Work
from app.listings import pricing
from app.listings.models import Listing, Offer
from app.sync import compare, project, records
from app.sync.planner import Action, Intent
from app.sync.project import FOREIGN, PRODUCT, Pair
from app.sync.sides import MISSING

Wish = tuple[Pair, Sequence[Intent]]  # a pair and what is to be written in, or was


def write_pulls(work: Work, terms: records.Terms, wished: Sequence[Wish]) -> list[Wish]:
    """Write what came in, together; what the catalog refuses is an error of its listing alone."""
    full = [each for each in wished if each[1]]
    if not full:
        return list(wished)
    is_alone = len(full) == 1
    if not is_alone and len({pair.product_id for pair, _ in full}) < len(full):
        return _one_by_one(work, terms, wished)  # a product the shop lists twice
    try:
        with work.session.begin_nested():
            done = iter(_write_all_in(work, full, run_id=terms.run_id))
            return [next(done) if pulls else (pair, pulls) for pair, pulls in wished]
    except AppError as refusal:
        if not is_alone:
            return _one_by_one(work, terms, wished)
        [(pair, _)] = full
        pair.listing.error = f"The shop’s change could not be taken in: {refusal.sentence}"
        pair.listing.error_count += 1
        return [(pair, ()) if pulls else (other, pulls) for other, pulls in wished]


def _one_by_one(work: Work, terms: records.Terms, wished: Sequence[Wish]) -> list[Wish]:
    return [write_pulls(work, terms, [each])[0] for each in wished]


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
    return _write_all_in(work, [(pair, pulls)], origin=origin, run_id=run_id)[0]


def _write_all_in(
    work: Work, wished: Sequence[Wish], *, origin: str = "sync", run_id: UUID | None = None
) -> list[Wish]:
    sorted_out = [_wished(pair, pulls) for pair, pulls in wished]
    connection_id = wished[0][0].listing.connection_id
    changes = [change for change, _ in sorted_out]
    catalog.change_products(
        work, changes, origin=origin, connection_id=connection_id, run_id=run_id
    )
    ids = [pair.product_id for pair, _ in wished]
    now = project.our_values(work.session, work.organization_id, ids)
    done = []
    for (pair, pulls), (_, fresh) in zip(wished, sorted_out, strict=True):
        _bind_variants(work, pair.listing, fresh)
        done.append(_as_kept(now[pair.product_id], pair, pulls, fresh))
    return done


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
        elif each.field in pair.own.get(key, ()):
            pair.own[key][each.field] = each.new
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
    known: catalog.ProductValues, pair: Pair, pulls: Sequence[Intent], fresh: Mapping[str, UUID]
) -> Wish:
    """Look what the catalog made of it: cleaned HTML, for example, is no edit of ours."""
    kept = {subject: dict(words) for subject, words in pair.kept.items()}
    taken = []
    for each in pulls:
        key = each.variant_key
        if key is not None and key in fresh:
            key = str(fresh[key])
        value = each.new
        if key is None and each.field not in pair.listing.overrides:
            value = known.values.get(each.field, each.new)
        elif _is_kept_on_variant(pair, each):
            held = pricing.shown(known.variants.get(UUID(key), {}), pair.currency)
            value = held.get(each.field, each.new)
        if not compare.equal(each.field, value, each.new):
            kept.setdefault(key or PRODUCT, {})[each.field] = {"sent": value, "kept": each.new}
        is_joined = not compare.equal(each.field, each.base_after, each.new)
        seen = each.base_after if is_joined else value
        taken.append(replace(each, new=value, variant_key=key, base_after=seen))
    return replace(pair, kept=kept), taken


def _is_kept_on_variant(pair: Pair, each: Intent) -> bool:
    """Tell whether the catalog may have put a value of a variant in words of its own."""
    is_own = each.field in pair.own.get(each.variant_key or "", ())
    is_known = each.field in FIELDS and each.field != "quantity"
    return each.variant_key is not None and is_known and not is_own


def _place(overrides: dict[str, Any], master: dict[str, Any], name: str, value: Any) -> None:
    target = overrides if name in overrides else master
    target[name] = value


def _absolute(pair: Pair, intent: Intent) -> Any:
    """Stock moves by what the channel moved: it may see less than there is.

    When both sides first meet, nothing has moved: what the shop has is what there is.
    """
    counted = pair.counted.get(intent.variant_key or "")
    is_count = intent.field == "quantity" and None not in (intent.old, intent.new, counted)
    if not is_count or counted is None:
        return intent.new
    if pair.base.value("quantity", intent.variant_key) is MISSING:
        return intent.new
    return max(0, counted + intent.new - intent.old)


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
