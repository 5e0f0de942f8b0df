"""Asking a channel for many items when one of them cannot be read: the others go on."""

from collections.abc import Sequence

from app.adapters.errors import BadPayload
from app.adapters.port import ChannelAdapter
from app.adapters.types import ChannelProduct, ListingDraft, Outcome, Problem, Rejected


def read_each(
    adapter: ChannelAdapter, external_ids: Sequence[str]
) -> tuple[list[ChannelProduct], dict[str, str]]:
    """Return the items that can be read, and id → sentence for those that cannot."""
    if not external_ids:
        return [], {}
    try:
        return list(adapter.read_products(external_ids)), {}
    except BadPayload as error:
        if len(external_ids) == 1:
            return [], {external_ids[0]: error.sentence}
    half = len(external_ids) // 2
    found, unreadable = read_each(adapter, external_ids[:half])
    rest, others = read_each(adapter, external_ids[half:])
    return found + rest, unreadable | others


def push_each(adapter: ChannelAdapter, drafts: Sequence[ListingDraft]) -> list[Outcome]:
    """Push drafts; one whose item cannot be read is refused, the others go through."""
    try:
        return list(adapter.push_listings(drafts))
    except BadPayload as error:
        if len(drafts) == 1:
            return [Rejected(drafts[0].key, (Problem(error.sentence, code="unreadable"),))]
    half = len(drafts) // 2
    return push_each(adapter, drafts[:half]) + push_each(adapter, drafts[half:])
