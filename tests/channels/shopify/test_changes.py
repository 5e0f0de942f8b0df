"""Whatever a listing was and whatever it shall become: it becomes that, and is then left alone."""

from dataclasses import replace
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from app.adapters.shopify import schema
from app.adapters.types import ListingDraft, VariantDraft
from tests.channels.conformance import applied, bound, carried, drafts, misread
from tests.channels.shopify.stage import ShopifyStage

_SIZES = st.lists(st.sampled_from("SMLX"), min_size=1, max_size=4, unique=True)


def _sized(draft: ListingDraft, sizes: list[str]) -> ListingDraft:
    """Give a draft one variant per size, each with values of the draft's own."""
    sold = [dict(each.values) for each in draft.variants]
    variants = [
        VariantDraft(
            f"v-{size}",
            None,
            {**sold[at % len(sold)], "sku": f"SKU-{size}", "choice": {"Size": size}},
        )
        for at, size in enumerate(sizes)
    ]
    options = [{"name": "Size", "values": sizes}]
    return replace(
        carried(draft, schema.CAPABILITIES),
        kind="variable",
        values={**carried(draft, schema.CAPABILITIES).values, "options": options},
        variants=carried(replace(draft, variants=tuple(variants)), schema.CAPABILITIES).variants,
        skus=[str(each.values["sku"]) for each in variants],
    )


def _following(before: ListingDraft, after: ListingDraft) -> ListingDraft:
    """Return the draft that turns one into the other: known ids kept, what is left out removed."""
    known = {each.key: each.external_id for each in before.variants}
    kept = {each.key for each in after.variants}
    variants = [replace(each, external_id=known.get(each.key)) for each in after.variants]
    removed = [
        replace(each, values={}, is_removed=True)
        for each in before.variants
        if each.key not in kept
    ]
    return replace(after, external_id=before.external_id, variants=(*variants, *removed))


def _bound(draft: ListingDraft, outcome: Any) -> ListingDraft:
    kept = tuple(each for each in draft.variants if not each.is_removed)
    return bound(replace(draft, variants=kept), outcome)


@given(first=drafts(), second=drafts(), sizes=st.tuples(_SIZES, _SIZES))
@settings(max_examples=15, deadline=None, suppress_health_check=list(HealthCheck))
def test_any_listing_can_become_any_other(
    first: ListingDraft, second: ListingDraft, sizes: tuple[list[str], list[str]]
) -> None:
    stage = ShopifyStage()
    adapter = stage.open()
    before = _sized(first, sizes[0])
    before = bound(before, applied(adapter.push_listings([before])[0]))
    after = _following(before, _sized(second, sizes[1]))

    outcome = applied(adapter.push_listings([after])[0])
    [product] = adapter.read_products([outcome.external_id])
    written = stage.writes()
    again = applied(adapter.push_listings([_bound(after, outcome)])[0])

    wanted = _bound(after, outcome)
    assert misread(wanted, product, outcome) == {}
    assert len(product.variants) == len(wanted.variants)
    assert stage.writes() == written
    assert again.external_id == outcome.external_id
