"""A comparison of an exported shop opens only what is spelled otherwise than when it was read."""

from collections.abc import Callable, Iterator, Sequence
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import update

from app.adapters.shopify import bulk, schema
from app.core import db
from app.core.work import unit_of_work
from app.listings import service as listings
from app.listings.models import Listing, ListingState
from app.simulators.chaos import Profile
from app.sync import answers
from app.sync.models import RunKind, SyncRun
from tests.engine.shopify import ShopifyShop, connected_shopify
from tests.engine.test_rest import lose_the_push
from tests.engine.world import Shop


@pytest.fixture
def shopify(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> Iterator[ShopifyShop]:
    """A shop that was read twice, large enough to be exported, whose webhooks never come."""
    with connected_shopify(shop) as store:
        store.state.chaos.use(Profile(drop_delivery=1.0))
        shop.settle()
        monkeypatch.setattr(schema, "PAGED_MOST", 0)
        store.list_here(*(shop.add_product(f"Mug {at}", f"MUG-{at}") for at in range(3)))
        compare(store)
        compare(store)
        yield store


@pytest.fixture
def read(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The numbers of the products of exports that were read, from now on."""
    found: list[str] = []
    reading = bulk._opened

    def noted(lines: Any, dialect: Any, number: str) -> Any:
        found.append(number)
        return reading(lines, dialect, number)

    monkeypatch.setattr(bulk, "_opened", noted)
    return found


def compare(store: ShopifyShop) -> SyncRun:
    store.read(everything=True)
    return [each for each in store.shop.runs() if each.kind == RunKind.RECONCILE][-1]


def number(store: ShopifyShop, sku: str) -> str:
    return str(store.id_of(sku))


def listing_of(store: ShopifyShop, sku: str) -> Listing:
    [found] = [each for each in store.shop.listings() if each.external_id == number(store, sku)]
    return found


def test_what_is_spelled_as_before_is_not_read(shopify: ShopifyShop, read: list[str]) -> None:
    run = compare(shopify)

    assert read == []
    assert (run.done, run.unchanged, run.changed, run.failed) == (3, 3, 0, 0)
    assert {each.last_seen_at for each in shopify.shop.listings()} == {run.finished_at}


def sell(store: ShopifyShop, sku: str) -> None:
    store.edit(sku, "quantity", 2)


def reprice(store: ShopifyShop, sku: str) -> None:
    store.state.edit_variant(store._key(sku), price="12.50")


def retitle(store: ShopifyShop, sku: str) -> None:
    store.edit(sku, "title", "Cup")


def describe(store: ShopifyShop, sku: str) -> None:
    store.state.set_metafield(
        store.id_of(sku),
        namespace="$app",
        key="syncstore_attributes",
        type="json",
        value='{"Colour": ["Blue"]}',
    )


@pytest.mark.parametrize("change", [sell, reprice, retitle, describe])
def test_what_changed_in_the_shop_is_read_and_met(
    shopify: ShopifyShop, read: list[str], change: Callable[[ShopifyShop, str], None]
) -> None:
    change(shopify, "MUG-1")

    run = compare(shopify)
    again = compare(shopify)

    assert set(read) == {number(shopify, "MUG-1")}
    assert (run.drifted, run.unchanged) == (1, 2)
    assert (again.drifted, again.unchanged) == (0, 3)


def override_title(shop: Shop, listing_id: UUID) -> None:
    with unit_of_work(shop.actor) as work:
        listings.set_override(work, listing_id, "title", "Blue mug")


def test_a_change_of_ours_that_got_lost_is_found_although_the_shop_is_as_it_was(
    shopify: ShopifyShop, read: list[str]
) -> None:
    override_title(shopify.shop, listing_of(shopify, "MUG-1").id)
    lose_the_push(shopify.shop)

    compare(shopify)

    assert read == [number(shopify, "MUG-1")]
    assert sorted(shopify.state.titles()) == ["Blue mug", "Mug 0", "Mug 2"]


def test_other_rules_compare_everything_again(shopify: ShopifyShop, read: list[str]) -> None:
    shopify.rules(buffer=2)

    compare(shopify)

    assert len(read) == 3
    assert [shopify.shown(f"MUG-{at}")["quantity"] for at in range(3)] == [3, 3, 3]


@pytest.mark.parametrize("module", [bulk, answers])
def test_another_edition_of_the_code_reads_everything_again(
    shopify: ShopifyShop, read: list[str], monkeypatch: pytest.MonkeyPatch, module: Any
) -> None:
    monkeypatch.setattr(module, "_EDITION", "another")

    compare(shopify)
    compare(shopify)

    assert len(read) == 3


@pytest.mark.parametrize(
    "forgotten", [{"remote_fingerprint": None}, {"state": ListingState.NEEDS_YOU}]
)
def test_who_does_not_know_what_was_shown_or_waits_for_an_answer_is_read(
    shopify: ShopifyShop, read: list[str], forgotten: dict[str, Any]
) -> None:
    listing_id = listing_of(shopify, "MUG-1").id
    with unit_of_work(shopify.shop.actor) as work:
        work.session.execute(update(Listing).where(Listing.id == listing_id).values(forgotten))

    compare(shopify)

    assert read == [number(shopify, "MUG-1")]
    with db.reading(shopify.shop.actor) as session:
        assert session.get_one(Listing, listing_id).state == ListingState.SYNCED


def test_what_cannot_be_read_is_named_and_is_not_taken_for_deleted(
    shopify: ShopifyShop, monkeypatch: pytest.MonkeyPatch
) -> None:
    bad = number(shopify, "MUG-1")
    opened = bulk._opened
    monkeypatch.setattr(
        bulk, "_opened", lambda lines, *of: opened(spoilt(lines) if bad in of else lines, *of)
    )
    retitle(shopify, "MUG-1")

    run = compare(shopify)

    assert (run.done, run.failed, run.unchanged) == (2, 1, 2)
    assert "title" in (run.error or "")
    assert {each.state for each in shopify.shop.listings()} == {"synced"}


def spoilt(lines: Sequence[bytes]) -> Sequence[bytes]:
    return [lines[0].replace(b'"Cup"', b"7"), *lines[1:]]
