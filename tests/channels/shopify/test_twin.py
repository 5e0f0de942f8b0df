"""The adapter in the weather of a simulated store: points, exports, pictures, keys, webhooks."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import httpx
import pytest

from app.adapters.errors import (
    NeedsPerson,
    NeedsReauth,
    Refused,
    Retryable,
    Throttled,
    Unavailable,
    Unknown,
)
from app.adapters.port import AppKeys, ChannelAdapter, Install
from app.adapters.shopify import oauth, schema
from app.adapters.types import (
    Applied,
    ChannelProduct,
    Cursor,
    Delivery,
    DeliveryKind,
    LevelDraft,
    ListingDraft,
    Pending,
    Unanswered,
    VariantDraft,
)
from app.simulators.shopify import Condition, Quirk, TwinSettings, seed_synthetic
from tests.channels.conformance import applied, bound, misread, money, read_all, simple, variable
from tests.channels.shopify.stage import HOOK_URL, ShopifyStage


def _by_id(items: Sequence[ChannelProduct]) -> dict[str, Any]:
    return {
        item.external_id: (item.values, {each.external_id: each.values for each in item.variants})
        for item in items
    }


def _export(adapter: ChannelAdapter, stage: ShopifyStage) -> list[ChannelProduct]:
    """Read everything in bulk, whatever the size of the shop."""
    cursor: Cursor | None = Cursor("full", {"mark": {"since": None}, "seen": schema.PAGED_MOST})
    items: list[ChannelProduct] = []
    for _ in range(40):
        assert cursor is not None
        page = adapter.pull_products(cursor)
        items += [*page.items, *(each.open() for each in page.sealed)]
        cursor = page.next
        if cursor is None:
            return items
        stage.store.pass_time(page.check_after or timedelta(0))
    raise AssertionError("an export that does not end")


def test_an_export_shows_what_pages_show() -> None:
    stage = ShopifyStage(TwinSettings(bulk_seconds=2))
    adapter = stage.open()
    seed_synthetic(stage.store, 5, variants=3)
    stage.add_simple("Mug", "M-1")
    draft = simple("k", "K-1", images=[{"key": "front-view", "alt": "Front", "url": None}])
    sources = {"front-view": stage.picture("front")}
    applied(
        adapter.push_listings([ListingDraft(**{**_fields(draft), "image_sources": sources})])[0]
    )

    pages, _ = read_all(adapter, Cursor("full"))
    export = _export(adapter, stage)

    assert _by_id(export) == _by_id(pages)
    assert len(export) == 7
    assert stage.store.leaked_tokens == 0


def _fields(draft: ListingDraft) -> dict[str, Any]:
    return {name: getattr(draft, name) for name in draft.__slots__}


def test_an_export_that_fails_once_is_made_again() -> None:
    stage = ShopifyStage()
    stage.add_simple("Mug", "M-1")
    stage.store.next(Quirk.BULK_FAILS)

    assert len(_export(stage.open(), stage)) == 1


def test_a_product_with_very_many_variants_is_made_and_read_whole() -> None:
    stage = ShopifyStage()
    adapter = stage.open()
    skus = {f"S{number}": f"K-{number}" for number in range(300)}

    outcome = applied(adapter.push_listings([variable("k", skus)])[0])
    [product] = adapter.read_products([outcome.external_id])

    assert len(outcome.variant_ids) == 300
    assert {each.values["sku"] for each in product.variants} == set(skus.values())
    assert {each.values["quantity"] for each in product.variants} == {3}


def test_no_request_asks_for_more_points_than_one_may() -> None:
    stage = ShopifyStage(TwinSettings(bucket_size=100_000, restore_rate=10_000))
    seed_synthetic(stage.store, 40, variants=12)
    adapter = stage.open()

    items, _ = read_all(adapter, Cursor("full"))
    named, _ = read_all(adapter, Cursor("ids"))

    assert len(items) == len(named) == 40
    assert not any("MAX_COST_EXCEEDED" in each.response for each in stage.exchanges)


def test_an_empty_bucket_says_when_it_will_be_full_enough() -> None:
    stage = ShopifyStage(TwinSettings(bucket_size=1000, restore_rate=1))
    seed_synthetic(stage.store, 20, variants=12)
    adapter = stage.open()

    def read_again_and_again() -> None:
        for _ in range(20):
            read_all(adapter, Cursor("full"))

    with pytest.raises(Throttled) as caught:
        read_again_and_again()

    assert caught.value.code == "THROTTLED"
    assert (caught.value.retry_after or 0) >= 1


@pytest.mark.parametrize("quirk", [Quirk.NO_COST, Quirk.INTERNAL_ERROR])
def test_a_read_survives_odd_answers(quirk: Quirk) -> None:
    stage = ShopifyStage()
    mug = stage.add_simple("Mug", "M-1")
    adapter = stage.open()
    stage.store.next(quirk)

    assert adapter.read_products([mug])[0].values["title"] == "Mug"


def test_a_product_somebody_else_changes_this_moment_is_changed_after_all() -> None:
    stage = ShopifyStage()
    mug = stage.add_simple("Mug", "M-1")
    adapter = stage.open()
    adapter.read_products([mug])
    stage.store.next(Quirk.PARALLEL)

    applied(adapter.push_listings([ListingDraft("m", mug, {"title": "Blue mug"})])[0])

    assert stage.store.titles() == ["Blue mug"]


def test_a_key_that_ran_out_needs_a_new_one() -> None:
    stage = ShopifyStage()
    stage.store.expire_tokens()

    with pytest.raises(NeedsReauth) as caught:
        stage.open().pull_products(Cursor("full"))

    assert caught.value.code == "401"


@pytest.mark.parametrize(
    ("condition", "kind"),
    [
        (Condition.FROZEN, NeedsPerson),
        (Condition.FORBIDDEN, NeedsReauth),
        (Condition.LOCKED, NeedsPerson),
        (Condition.SUSPICIOUS, Unavailable),
    ],
)
def test_a_shop_in_trouble_is_told(condition: Condition, kind: type[Exception]) -> None:
    stage = ShopifyStage()
    stage.store.be(condition)

    with pytest.raises(kind):
        stage.open().check()


def test_a_scope_that_was_taken_away_needs_a_person() -> None:
    stage = ShopifyStage()
    adapter = stage.open()
    stage.store.change_scopes(["read_products", "read_locations", "read_inventory"])

    with pytest.raises(NeedsReauth):
        adapter.push_listings([simple("k", "K-1")])
    assert not adapter.check().is_ok


APP = AppKeys(TwinSettings().client_id, (TwinSettings().client_secret,))


def _approved(stage: ShopifyStage, install: Install) -> list[tuple[str, str]]:
    """Walk through the pages of an approval as a browser does; returns the way back."""
    with httpx.Client(transport=httpx.WSGITransport(app=stage.twin)) as browser:
        page = browser.get(oauth.authorize_url(APP, install))
        assert page.status_code == 200, page.text
        nonce = page.text.partition('name="nonce" value="')[2].partition('"')[0]
        asked = dict(parse_qsl(urlsplit(str(page.url)).query))
        form = {**asked, "nonce": nonce, "decision": "install"}
        back = browser.post(str(page.url), data=form)
    return parse_qsl(urlsplit(back.headers["location"]).query)


def test_an_approval_brings_keys_that_can_be_renewed() -> None:
    stage = ShopifyStage()
    home = stage.store.settings.home_url
    install = Install(home, "nonce-1", "https://sync.test/back")
    now = datetime.fromtimestamp(stage.store.now(), UTC)

    code = oauth.read_callback(APP, _approved(stage, install), install, now)
    keys = oauth.exchange(APP, home, code, stage.transport())
    with pytest.raises(Refused):
        oauth.exchange(APP, home, code, stage.transport())
    renewed = oauth.refresh(APP, home, keys, stage.transport())

    assert renewed["refresh_token"] != keys["refresh_token"]
    assert not oauth.missing_scopes(renewed["scope"].split(","))
    assert stage.open(key=renewed["access_token"]).check().is_ok


def test_a_renewal_that_leaves_out_its_life_and_one_that_was_refused() -> None:
    stage = ShopifyStage()
    home, row = stage.store.settings.home_url, stage.store.install()
    keys = {"refresh_token": str(row["refresh"])}
    stage.store.next(Quirk.NO_EXPIRY)

    renewed = oauth.refresh(APP, home, keys, stage.transport())
    stage.store.revoke_refresh()

    assert renewed["expires_at"] is not None
    with pytest.raises(NeedsReauth):
        oauth.refresh(APP, home, renewed, stage.transport())


def test_an_app_of_the_shops_own_organization_takes_its_key() -> None:
    stage = ShopifyStage()

    keys = oauth.client_credentials(APP, stage.store.settings.home_url, stage.transport())

    assert stage.open(key=keys["access_token"]).check().is_ok


def _delivered(adapter: ChannelAdapter, stage: ShopifyStage) -> list[Delivery]:
    return [adapter.read_delivery(headers, body) for headers, body in stage.deliveries()]


def test_a_sale_is_told_by_its_stock_item_and_found_by_it() -> None:
    stage = ShopifyStage()
    adapter = stage.open()
    mug = stage.add_simple("Mug", "M-1", quantity=5)
    adapter.arm_hooks()
    stage.deliveries()
    variant = int(stage.variant_of(mug))

    stage.store.place_order((variant, 2))
    told = [each for each in _delivered(adapter, stage) if each.kind is DeliveryKind.INVENTORY]
    [product] = adapter.read_products([str(told[0].external_id)])

    assert product.external_id == mug
    assert product.variants[0].values["quantity"] == 3


def test_leaving_and_privacy_are_told_apart() -> None:
    stage = ShopifyStage(TwinSettings(compliance_url=HOOK_URL))
    adapter = stage.open()
    adapter.arm_hooks()
    for topic in schema.PRIVACY_TOPICS:
        stage.store.ask_privacy(topic)
    privacy = _delivered(adapter, stage)

    stage.store.uninstall()
    left = _delivered(adapter, stage)

    assert [each.kind for each in privacy] == [DeliveryKind.PRIVACY] * 3
    assert DeliveryKind.UNINSTALLED in {each.kind for each in left}


def test_webhooks_signed_with_the_secret_before_are_good_while_it_changes() -> None:
    stage = ShopifyStage()
    adapter = stage.open(app_secrets=["new-secret"])
    adapter.arm_hooks()
    stage.deliveries()
    stage.store.rotate_secret("new-secret")

    stage.add_simple("Mug", "M-1")

    assert DeliveryKind.PRODUCT in {each.kind for each in _delivered(adapter, stage)}


def _pictured(stage: ShopifyStage, draft: ListingDraft) -> ListingDraft:
    pictured = VariantDraft(
        draft.variants[0].key, draft.variants[0].external_id, {"image": "detail-view"}
    )
    sources = {"detail-view": stage.picture("detail")}
    return ListingDraft(
        draft.key, draft.external_id, {}, (pictured,), kind="variable", image_sources=sources
    )


def test_a_new_picture_of_a_variant_is_shown_once_shopify_has_it() -> None:
    stage = ShopifyStage(TwinSettings(media_seconds=5))
    adapter = stage.open()
    draft = variable("s", {"S": "K-S", "M": "K-M"})
    draft = bound(draft, applied(adapter.push_listings([draft])[0]))

    [waiting] = adapter.push_listings([_pictured(stage, draft)])
    assert isinstance(waiting, Pending)
    [still] = adapter.collect(waiting.ticket)
    assert isinstance(still, Pending)
    stage.store.pass_time(timedelta(seconds=20))
    [done] = adapter.collect(still.ticket)

    product = adapter.read_products([done.external_id] if isinstance(done, Applied) else [])[0]
    shown = {each.external_id: each.values["image"] for each in product.variants}
    picture = applied(done).image_ids["detail-view"]
    assert shown[str(draft.variants[0].external_id)] == f"ext:{picture}"
    assert stage.fetched() == 1


def test_a_variant_changes_its_picture_and_loses_it() -> None:
    stage = ShopifyStage()
    adapter = stage.open()
    draft = variable(
        "s",
        {"S": "K-S", "M": "K-M"},
        images=[{"key": key, "alt": None, "url": None} for key in ("front-view", "side-view")],
    )
    sources = {key: stage.picture(key) for key in ("front-view", "side-view")}
    first = replace(draft.variants[0], values={**draft.variants[0].values, "image": "front-view"})
    draft = replace(draft, variants=(first, draft.variants[1]), image_sources=sources)
    draft = bound(draft, applied(adapter.push_listings([draft])[0]))

    seen = []
    for key in ("side-view", None):
        variant = replace(draft.variants[0], values={"image": key})
        applied(adapter.push_listings([replace(draft, values={}, variants=(variant,))])[0])
        shown = adapter.read_products([str(draft.external_id)])[0].variants
        seen.append({each.external_id: each.values["image"] for each in shown})

    number = str(draft.variants[0].external_id)
    assert [each[number] for each in seen] == [f"ext:{draft.image_ids['side-view']}", None]
    assert stage.fetched() == 2


def test_a_picture_shopify_cannot_use_is_told_and_leaves() -> None:
    stage = ShopifyStage()
    adapter = stage.open()
    stage.store.next(Quirk.MEDIA_FAILS)
    draft = simple("m", "M-1", images=[{"key": "front-view", "alt": None, "url": None}])
    sources = {"front-view": stage.picture("front")}

    [outcome] = adapter.push_listings(
        [ListingDraft(**{**_fields(draft), "image_sources": sources})]
    )

    assert isinstance(outcome, Applied)
    assert [problem.code for problem in outcome.problems] == ["picture_failed"]
    assert outcome.product is not None
    assert outcome.product.values["images"] == []


def test_metafields_of_the_merchant_survive_a_change() -> None:
    stage = ShopifyStage()
    mug = stage.add_simple("Mug", "M-1")
    stage.store.set_metafield(
        int(mug), namespace="custom", key="care", type="single_line_text_field", value="By hand"
    )
    draft = ListingDraft("m", mug, {"title": "Blue", "attributes": {"Material": ["Clay"]}})

    applied(stage.open().push_listings([draft])[0])

    kept = stage.store.query(
        "query Q($id: ID!) { product(id: $id)"
        ' { metafield(namespace: "custom", key: "care") { value } } }',
        id=f"gid://shopify/Product/{mug}",
    )
    assert kept["product"]["metafield"] == {"value": "By hand"}


def test_renaming_an_option_keeps_every_variant_its_id_and_its_stock() -> None:
    stage = ShopifyStage()
    adapter = stage.open()
    parent, sizes = stage.add_variable("Shirt", {"S": "SH-S", "M": "SH-M"})
    draft = ListingDraft("s", parent, {"options": [{"name": "Taille", "values": ["M", "S"]}]})

    applied(adapter.push_listings([draft])[0])

    [product] = adapter.read_products([parent])
    assert product.values["options"] == [{"name": "Taille", "values": ["M", "S"]}]
    assert {each.external_id for each in product.variants} == set(sizes.values())
    assert {each.values["quantity"] for each in product.variants} == {5}


def test_a_product_without_options_becomes_one_with_options() -> None:
    stage = ShopifyStage()
    adapter = stage.open()
    mug = stage.add_simple("Mug", "M-1")
    first = VariantDraft("v-s", stage.variant_of(mug), {"choice": {"Size": "S"}})
    second = VariantDraft(
        "v-m", None, {"choice": {"Size": "M"}, "sku": "M-2", "price": money(1200), "quantity": 4}
    )
    options = [{"name": "Size", "values": ["S", "M"]}]

    outcome = applied(
        adapter.push_listings(
            [ListingDraft("m", mug, {"options": options}, (first, second), kind="variable")]
        )[0]
    )

    [product] = adapter.read_products([mug])
    assert product.kind == "variable"
    assert outcome.variant_ids["v-s"] == first.external_id
    shown = {each.values["choice"]["Size"]: each.values for each in product.variants}
    assert (shown["S"]["sku"], shown["M"]["sku"]) == ("M-1", "M-2")
    assert (shown["S"]["quantity"], shown["M"]["quantity"]) == (5, 4)


def test_a_category_shopify_knows_goes_to_its_taxonomy_too() -> None:
    stage = ShopifyStage()
    adapter = stage.open()
    known = "Home & Garden > Kitchen & Dining > Mugs"
    seen = []
    for named in ([known], ["Our own word"], []):
        draft = replace(simple("m", "M-1"), values={"title": "Mug", "categories": named})
        outcome = applied(adapter.push_listings([draft])[0])
        assert outcome.product is not None
        category = outcome.product.raw["category"]
        seen.append((outcome.product.values["categories"], bool(category)))

    assert seen == [([known], True), (["Our own word"], True), ([], False)]


def test_a_hidden_product_is_shown_and_hidden_again() -> None:
    stage = ShopifyStage()
    adapter = stage.open()
    outcome = applied(adapter.push_listings([simple("m", "M-1", status="inactive")])[0])
    before = adapter.read_products([outcome.external_id])[0].values["status"]

    seen = [before]
    for status in ("active", "inactive", "draft", "active", "archived"):
        draft = ListingDraft("m", outcome.external_id, {"status": status})
        applied(adapter.push_listings([draft])[0])
        seen.append(adapter.read_products([outcome.external_id])[0].values["status"])

    assert seen == ["inactive", "active", "inactive", "draft", "active", "archived"]


def test_the_same_figures_on_another_day_are_written_again() -> None:
    stage = ShopifyStage()
    mug = stage.add_simple("Mug", "M-1", quantity=5)
    adapter, variant = stage.open(), stage.variant_of(mug)

    applied(adapter.push_levels([LevelDraft("l", variant, None, 9)])[0])
    stage.store.pass_time(timedelta(minutes=1))
    stage.restock(mug, 5)
    applied(adapter.push_levels([LevelDraft("l", variant, None, 9)])[0])

    assert stage.store.stock(int(variant)) == 9


def test_figures_that_come_and_go_within_a_second_are_written_each_time() -> None:
    stage = ShopifyStage()
    moment = datetime(2026, 11, 22, 10, tzinfo=UTC)
    stage.store.clock = lambda: moment
    mug = stage.add_simple("Mug", "M-1", quantity=19)
    adapter, variant = stage.open(), stage.variant_of(mug)

    shown = []
    for quantity in (3, 19, 3):
        wanted = VariantDraft("v", variant, {"quantity": quantity})
        applied(adapter.push_listings([ListingDraft("m", mug, {}, (wanted,))])[0])
        shown.append(stage.store.stock(int(variant)))
    for quantity in (19, 3, 19):
        applied(adapter.push_levels([LevelDraft("l", variant, None, quantity)])[0])
        shown.append(stage.store.stock(int(variant)))

    assert shown == [3, 19, 3, 19, 3, 19]


def test_a_key_still_in_use_leaves_the_outcome_open() -> None:
    stage = ShopifyStage()
    mug = stage.add_simple("Mug", "M-1", quantity=5)
    stage.store.next(Quirk.KEY_IN_USE)

    [outcome] = stage.open().push_levels([LevelDraft("l", stage.variant_of(mug), None, 9)])

    assert isinstance(outcome, Unanswered)


def test_stock_of_another_location_is_left_alone() -> None:
    stage = ShopifyStage()
    mug = stage.add_simple("Mug", "M-1", quantity=5)
    variant = int(stage.variant_of(mug))
    first, other = sorted(stage.store.locations.rows)
    stage.store.set_stock(variant, 7, location=other)

    applied(stage.open().push_levels([LevelDraft("l", str(variant), None, 2, expected=5)])[0])

    assert stage.store.stock(variant, location=first) == 2
    assert stage.store.stock(variant, location=other) == 7


def test_a_key_is_looked_for_even_while_the_search_lags_behind() -> None:
    stage = ShopifyStage(TwinSettings(search_lag_seconds=60))
    draft = simple("k", "K-1")

    first = applied(stage.open().push_listings([draft])[0])
    second = applied(stage.open().push_listings([draft])[0])

    assert second.external_id == first.external_id
    assert stage.count() == 1


def test_uninstalling_ends_the_key() -> None:
    stage = ShopifyStage()
    adapter = stage.open()

    assert adapter.uninstall() is True  # type: ignore[attr-defined]  # beyond the port
    assert adapter.uninstall() is False  # type: ignore[attr-defined]  # beyond the port


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_a_storm_leaves_no_duplicate_and_no_half_made_product(seed: int) -> None:
    stage = ShopifyStage()
    facts = stage.open().check().facts
    assert facts is not None
    known = {"currency": "USD", "details": facts.details}
    stage.store.chaos.use("storm", seed=seed)
    waiting = {f"k{n}": variable(f"k{n}", {"S": f"S-{n}", "M": f"M-{n}"}) for n in range(8)}
    made: dict[str, Applied] = {}

    for _ in range(100):
        if not waiting:
            break
        try:
            outcomes = stage.open(facts=known).push_listings(list(waiting.values()))
        except (Retryable, Unknown):
            continue
        for outcome in outcomes:
            if isinstance(outcome, Applied):
                made[outcome.key] = outcome
                del waiting[outcome.key]
    stage.store.chaos.use("calm")

    assert not waiting
    assert stage.count() == 8
    shown = stage.open().read_products([each.external_id for each in made.values()])
    for key, product in zip(made, shown, strict=True):
        draft = variable(key, {"S": f"S-{key[1:]}", "M": f"M-{key[1:]}"})
        assert misread(draft, product, made[key]) == {}
