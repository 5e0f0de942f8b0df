"""Somebody edits in the shop while a batch is being written, one product after the other."""

import httpx
import pytest

from app.adapters.shopify import listings
from app.adapters.types import Applied, ListingDraft, Moved
from app.core.transport import Exchange, Transport
from tests.channels.shopify.stage import ShopifyStage


def test_what_moves_while_others_are_written_is_left_as_it_is(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(listings, "FRESH", -1.0)
    stage = ShopifyStage()
    keys = [stage.add_simple(f"Mug {at}", f"M-{at}") for at in range(3)]
    seen = {each.external_id: each for each in stage.open().read_products(keys)}

    def edit(exchange: Exchange) -> None:
        if "mutation" in str(exchange.request) and stage.store.titles()[2] == "Mug 2":
            stage.rename(keys[2], "Mug with a story")

    wire = Transport(
        inner=httpx.WSGITransport(app=stage.twin, raise_app_exceptions=True), recorder=edit
    )
    outcomes = stage.open(transport=wire).push_listings(
        [ListingDraft(key, key, {"title": f"Cup {key}"}, seen=seen[key]) for key in keys]
    )

    assert [type(each) for each in outcomes] == [Applied, Applied, Moved]
    assert stage.store.titles() == [f"Cup {keys[0]}", f"Cup {keys[1]}", "Mug with a story"]
