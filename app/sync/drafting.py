"""Pure: from a plan to the draft a channel is asked to carry out, with pictures and SKUs."""

from collections.abc import Mapping
from dataclasses import replace

from app.adapters.port import Capabilities
from app.adapters.types import ListingDraft
from app.sync import planner
from app.sync.plans import ListingPlan
from app.sync.project import Pair


def change(pair: Pair, plan: ListingPlan) -> ListingDraft:
    """Return the draft of what a plan changes on a listing the channel has."""
    return planner.to_draft(
        plan,
        key=str(pair.listing.id),
        external_id=pair.listing.external_id,
        variant_ids=pair.their_variants,
    )


def creation(pair: Pair, can: Capabilities) -> tuple[ListingDraft, ListingPlan]:
    """Return the draft of a listing the channel does not have yet, and its plan."""
    plan = planner.plan_creation(pair.ours, carries=can)
    has_options = bool(pair.ours.values.get("options"))
    return replace(change(pair, plan), kind="variable" if has_options else "simple"), plan


def fresh_pictures(pair: Pair, draft: ListingDraft) -> list[str]:
    """Return the keys of pictures the channel does not have yet."""
    images = draft.values.get("images") or ()
    return [each["key"] for each in images if each["key"] not in pair.their_images]


def supplied(pair: Pair, draft: ListingDraft, sources: Mapping[str, str]) -> ListingDraft:
    """Give a draft its pictures, by their id or by where they lie, and every SKU of the product."""
    fresh = fresh_pictures(pair, draft)
    variants = pair.ours.variants.values()
    return replace(
        draft,
        image_ids=pair.their_images,
        image_sources={key: sources[key] for key in fresh if key in sources},
        skus=tuple(str(values["sku"]) for values in variants if values.get("sku")),
    )
