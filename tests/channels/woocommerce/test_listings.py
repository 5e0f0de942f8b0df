"""Writing products: found before created, filed, pictured, and true after every accident."""

import json
from dataclasses import replace
from typing import Any

import httpx
import pytest

from app.adapters.errors import AdapterError, Throttled
from app.adapters.types import Applied, Found, ListingDraft, Rejected, Unanswered, VariantDraft
from app.core.transport import Transport
from app.simulators.chaos import Fault
from app.simulators.woocommerce import TwinSettings, seed_products
from tests.channels.conformance import applied, bound, misread, money, simple, variable
from tests.channels.woocommerce.stage import WooStage


def _pictured(draft: ListingDraft, stage: WooStage, *names: str) -> ListingDraft:
    images = [{"key": name, "alt": f"View {name}", "url": None} for name in names]
    sources = {name: stage.picture(name) for name in names}
    return replace(draft, values={**draft.values, "images": images}, image_sources=sources)


def test_a_product_in_the_trash_is_taken_out_instead_of_doubled() -> None:
    stage = WooStage()
    product = stage.add_simple("Old", "M-1")
    stage.store.trash(int(product))

    outcome = applied(stage.open().push_listings([simple("m", "M-1", title="New")])[0])

    assert outcome.external_id == product
    assert stage.store.product(int(product))["status"] == "publish"
    assert stage.count() == 1


def test_a_sku_left_in_the_lookup_table_is_explained() -> None:
    stage = WooStage()
    stage.store.leave_stale_sku("M-1")

    [outcome] = stage.open().push_listings([simple("m", "M-1")])

    assert isinstance(outcome, Rejected)
    assert "lookup tables" in outcome.problems[0].sentence


def test_a_sku_of_another_kind_of_product_is_not_taken_over() -> None:
    stage = WooStage()
    parent, _ = stage.add_variable("Shirt", {"S": "X-1"})

    [outcome] = stage.open().push_listings([simple("m", "X-1")])

    assert isinstance(outcome, Rejected)
    assert (outcome.owner_external_id, outcome.problems[0].code) == (parent, "kind_differs")


def test_skus_of_several_products_need_a_person() -> None:
    stage = WooStage()
    stage.add_variable("Shirt", {"S": "X-1"})
    stage.add_variable("Coat", {"M": "X-2"})

    [outcome] = stage.open().push_listings([variable("m", {"S": "X-1", "M": "X-2"})])

    assert isinstance(outcome, Rejected)
    assert outcome.problems[0].code == "sku_taken"


def test_a_sku_with_a_comma_is_found() -> None:
    stage = WooStage()
    product = stage.add_simple("Mug", "A,B")

    [outcome] = stage.open().push_listings([simple("m", "A,B")])

    assert isinstance(outcome, Found)
    assert outcome.product.external_id == product


def test_new_products_are_drafts_unless_the_draft_says_more() -> None:
    stage = WooStage()
    draft = ListingDraft("m", None, {"title": "Mug"}, (VariantDraft("v", None, {"sku": "M-1"}),))

    outcome = applied(stage.open().push_listings([draft])[0])

    shown = stage.store.product(int(outcome.external_id))
    assert shown["status"] == "draft"
    assert {entry["key"]: entry["value"] for entry in shown["meta_data"]}["_syncstore_id"] == "m"


def test_categories_tags_and_brands_are_found_or_made_once() -> None:
    stage = WooStage()
    seed_products(
        stage.store,
        [{"name": "x", "type": "simple", "categories": ["Clothing"], "tags": ["Warm & soft"]}],
    )
    values = {
        "categories": ["Clothing > Shirts > Long", "Sale"],
        "tags": ["warm & soft", "New"],
    }
    first = simple("a", "A-1", **values)
    second = simple("b", "B-1", **values)

    outcomes = stage.open().push_listings([first, second])

    shown = [
        each.values
        for each in stage.open().read_products([getattr(o, "external_id", "") for o in outcomes])
    ]
    assert all(each["categories"] == ["Clothing > Shirts > Long", "Sale"] for each in shown)
    assert all(each["tags"] == ["New", "Warm & soft"] for each in shown)
    names = [term["name"] for term in stage.store.terms.rows.values()]
    assert len(names) == len(set(names))


def test_taking_every_category_away_is_not_a_difference_for_ever() -> None:
    stage = WooStage()
    adapter = stage.open()
    draft = simple("m", "M-1", categories=["Kitchen"])
    draft = bound(draft, applied(adapter.push_listings([draft])[0]))
    empty = replace(draft, values={"categories": []})

    outcome = applied(adapter.push_listings([empty])[0])
    before = stage.writes()
    applied(adapter.push_listings([empty])[0])

    assert outcome.product is not None
    assert outcome.product.values["categories"] == []
    assert stage.writes() == before


def test_a_shop_without_brands_takes_the_rest() -> None:
    stage = WooStage(TwinSettings(version="9.0.0"))
    draft = replace(simple("m", "M-1"), values={"title": "Mug", "brand": "Acme"})

    [outcome] = stage.open().push_listings([draft])

    assert isinstance(outcome, Applied)
    assert [(p.field, p.code) for p in outcome.problems] == [("brand", "no_brands")]
    assert stage.store.titles() == ["Mug"]
    health = stage.open().check()
    assert health.facts is not None
    facts = {"currency": "USD", "details": health.facts.details}
    assert "brand" not in stage.open(facts=facts).capabilities.product_fields


def test_a_brand_that_cannot_be_taken_away_is_said() -> None:
    stage = WooStage()
    adapter = stage.open()
    draft = simple("m", "M-1")
    draft = replace(draft, values={**draft.values, "brand": "Acme"})
    draft = bound(draft, applied(adapter.push_listings([draft])[0]))

    [outcome] = adapter.push_listings([replace(draft, values={"brand": None})])

    assert isinstance(outcome, Applied)
    assert [problem.code for problem in outcome.problems] == ["brand_stays"]


def test_a_price_in_another_currency_stays_here_and_the_rest_goes() -> None:
    stage = WooStage()
    draft = simple("m", "M-1", price={"minor": 500, "currency": "EUR"})

    [outcome] = stage.open().push_listings([draft])

    assert isinstance(outcome, Applied)
    assert [problem.field for problem in outcome.problems] == ["price"]
    assert stage.store.product(int(outcome.external_id))["regular_price"] == ""


def test_writing_attributes_leaves_options_and_their_ids_alone() -> None:
    stage = WooStage()
    [product] = seed_products(
        stage.store,
        [
            {
                "name": "Shirt",
                "type": "variable",
                "attributes": [
                    {"name": "Size", "global": True, "variation": True, "options": ["S", "M"]}
                ],
                "variations": [{"sku": "S-1", "attributes": [{"name": "Size", "option": "S"}]}],
            }
        ],
    )
    draft = ListingDraft("s", str(product), {"attributes": {"Care": ["Cold"]}})

    outcome = applied(stage.open().push_listings([draft])[0])

    listed = stage.store.product(product)["attributes"]
    assert [(bool(each["id"]), each["name"], each["variation"]) for each in listed] == [
        (True, "Size", True),
        (False, "Care", False),
    ]
    assert outcome.product is not None
    assert outcome.product.variants[0].values["choice"] == {"Size": "S"}


def test_entities_the_shop_keeps_in_names_make_no_difference() -> None:
    stage = WooStage()
    parent = stage.store.add_product(
        name="Shirt",
        type="variable",
        status="publish",
        attributes=[{"name": "Cut &amp; Fit", "variation": True, "options": ["Black &amp; White"]}],
        parts=[
            {
                "regular_price": "10.00",
                "attributes": [{"name": "Cut &amp; Fit", "option": "Black &amp; White"}],
            }
        ],
    )
    [variation] = stage.store.variation_ids(parent)
    same = VariantDraft("v", None, {"choice": {"Cut & Fit": "Black & White"}, "price": money(900)})
    draft = ListingDraft("s", str(parent), {}, (same,))

    first = applied(stage.open().push_listings([draft])[0])
    before = stage.writes()
    applied(stage.open().push_listings([draft])[0])

    assert first.variant_ids == {"v": str(variation)}
    assert stage.store.variation_ids(parent) == [variation]
    assert [each["name"] for each in stage.store.product(parent)["attributes"]] == ["Cut &amp; Fit"]
    assert stage.writes() == before


def test_a_variant_with_a_new_choice_widens_the_product() -> None:
    stage = WooStage()
    parent, _ = stage.add_variable("Shirt", {"S": "S-1"})
    values = {"sku": "S-2", "choice": {"Size": "XL"}, "price": money(900)}
    draft = ListingDraft("s", parent, {}, (VariantDraft("xl", None, values),))

    outcome = applied(stage.open().push_listings([draft])[0])

    [product] = stage.open().read_products([parent])
    assert product.values["options"] == [{"name": "Size", "values": ["S", "XL"]}]
    assert {v.external_id: v.values["choice"] for v in product.variants}[
        outcome.variant_ids["xl"]
    ] == {"Size": "XL"}


def test_a_variation_that_is_there_is_adopted_by_sku_or_choice() -> None:
    stage = WooStage()
    parent, sizes = stage.add_variable("Shirt", {"S": "S-1", "M": "M-1"})
    draft = ListingDraft(
        "s",
        parent,
        {},
        (
            VariantDraft("by-sku", None, {"sku": "s-1", "price": money(1)}),
            VariantDraft("by-choice", None, {"choice": {"size": "m"}, "price": money(2)}),
        ),
    )

    outcome = applied(stage.open().push_listings([draft])[0])

    assert outcome.variant_ids == {"by-sku": sizes["S"], "by-choice": sizes["M"]}
    assert len(stage.store.variation_ids(int(parent))) == 2


def test_a_variant_that_is_refused_leaves_the_others_in_place() -> None:
    stage = WooStage()
    stage.add_simple("Mug", "TAKEN")
    parent, _ = stage.add_variable("Shirt", {"S": "S-1"})
    good = VariantDraft("m", None, {"sku": "M-1", "choice": {"Size": "M"}})
    bad = VariantDraft("l", None, {"sku": "TAKEN", "choice": {"Size": "L"}})
    lost = VariantDraft("xl", "999999", {"sku": "XL"})

    [outcome] = stage.open().push_listings([ListingDraft("s", parent, {}, (good, bad, lost))])

    assert isinstance(outcome, Applied)
    assert set(outcome.variant_ids) == {"m"}
    assert {(p.variant_key, p.code) for p in outcome.problems} == {
        ("l", "product_invalid_sku"),
        ("xl", "variant_gone"),
    }


@pytest.mark.parametrize(
    ("field", "value", "code"),
    [
        ("sku", "TAKEN", "product_invalid_sku"),
        ("gtin", "4006381333931", "product_invalid_global_unique_id"),
    ],
)
def test_a_taken_sku_or_barcode_does_not_hold_up_stock_and_price(
    field: str, value: str, code: str
) -> None:
    stage = WooStage()
    other = stage.add_simple("Cup", "TAKEN")
    stage.store.edit_product(int(other), global_unique_id="4006381333931")
    mug = stage.add_simple("Mug", "M-1")
    parent, sizes = stage.add_variable("Shirt", {"S": "S-1"})
    changes = {field: value, "quantity": 3, "price": money(777)}
    drafts = [
        ListingDraft("m", mug, {"title": "Blue mug"}, (VariantDraft("v", mug, changes),)),
        ListingDraft("s", parent, {}, (VariantDraft("w", sizes["S"], changes),)),
    ]

    outcomes = stage.open().push_listings(drafts)

    for outcome, key in zip(outcomes, ("v", "w"), strict=True):
        assert isinstance(outcome, Applied)
        found = [(p.variant_key, p.field, p.code, p.owner_external_id) for p in outcome.problems]
        assert found == [(key, field, code, other)]
    for shown in (stage.store.product(int(mug)), stage.store.variation(int(sizes["S"]))):
        assert (shown["stock_quantity"], shown["regular_price"]) == (3, "7.77")
        assert shown["sku"] in ("M-1", "S-1")
    assert stage.store.product(int(mug))["name"] == "Blue mug"


def test_a_new_variant_may_take_the_sku_of_a_removed_one() -> None:
    stage = WooStage()
    parent, sizes = stage.add_variable("Shirt", {"S": "S-1"})
    leaving = VariantDraft("old", sizes["S"], {}, is_removed=True)
    coming = VariantDraft("new", None, {"sku": "S-1", "choice": {"Size": "M"}})

    outcome = applied(
        stage.open().push_listings([ListingDraft("s", parent, {}, (coming, leaving))])[0]
    )

    assert set(outcome.variant_ids) == {"new"}
    assert stage.store.variation_ids(int(parent)) == [int(outcome.variant_ids["new"])]


def test_what_is_only_read_is_never_written() -> None:
    stage = WooStage()
    product = stage.store.add_product(name="Set", type="grouped", status="publish")

    [outcome] = stage.open().push_listings([ListingDraft("g", str(product), {"title": "New"})])

    assert isinstance(outcome, Rejected)
    assert outcome.problems[0].code == "not_writable"
    assert not stage.writes()


def test_a_simple_product_does_not_grow_variants_by_itself() -> None:
    stage = WooStage()
    product = stage.add_simple("Mug", "M-1")
    draft = replace(variable("m", {"S": "M-S", "M": "M-M"}), external_id=product)

    [outcome] = stage.open().push_listings([draft])

    assert isinstance(outcome, Rejected)
    assert outcome.problems[0].code == "kind_differs"
    assert stage.store.product(int(product))["type"] == "simple"


def test_backorders_wait_until_stock_is_counted() -> None:
    stage = WooStage()
    adapter = stage.open()
    draft = simple("m", "M-1", quantity=None, backorders="yes")
    draft = bound(draft, applied(adapter.push_listings([draft])[0]))
    before = stage.writes()

    applied(adapter.push_listings([draft])[0])

    assert stage.writes() == before


def test_a_shop_without_a_trash_deletes_nothing() -> None:
    stage = WooStage(TwinSettings(has_trash=False))
    product = stage.add_simple("Mug", "M-1")

    [outcome] = stage.open().push_listings([ListingDraft("m", product, {}, is_removed=True)])

    assert isinstance(outcome, Rejected)
    assert stage.count() == 1


def test_new_pictures_go_a_few_at_a_time_and_in_order() -> None:
    stage = WooStage()
    names = [f"angle-{number:02}" for number in range(12)]

    outcome = applied(stage.open().push_listings([_pictured(simple("m", "M-1"), stage, *names)])[0])

    sent = [len(w.body["images"]) for w in stage.store.writes() if "images" in w.fields]
    assert sent == [5, 10, 12]
    assert stage.fetched() == 12
    shown = stage.store.product(int(outcome.external_id))["images"]
    assert [str(image["id"]) for image in shown] == [outcome.image_ids[name] for name in names]
    assert [image["alt"] for image in shown] == [f"View {name}" for name in names]


def test_a_picture_the_shop_cannot_fetch_leaves_the_product_in_place() -> None:
    stage = WooStage()
    draft = _pictured(simple("m", "M-1"), stage, "angle-01")
    draft = replace(draft, image_sources={"angle-01": "https://pictures.test/angle-01.pdf"})

    [outcome] = stage.open().push_listings([draft])

    assert isinstance(outcome, Applied)
    assert [problem.field for problem in outcome.problems] == ["images"]
    assert stage.count() == 1


def test_a_picture_lost_from_the_library_is_sent_again() -> None:
    stage = WooStage()
    adapter = stage.open()
    draft = _pictured(simple("m", "M-1"), stage, "angle-01")
    draft = bound(draft, applied(adapter.push_listings([draft])[0]))
    stage.store.media.drop(int(draft.image_ids["angle-01"]))
    stage.store.edit_product(int(draft.external_id or 0), images=[])

    outcome = applied(adapter.push_listings([draft])[0])

    assert outcome.image_ids["angle-01"] != draft.image_ids["angle-01"]
    assert stage.fetched() == 2


def test_a_picture_only_a_variant_shows_is_fetched_once() -> None:
    stage = WooStage()
    draft = variable("s", {"S": "K-S", "M": "K-M"})
    draft = replace(
        draft,
        variants=tuple(
            replace(each, values={**each.values, "image": "detail-view"}) for each in draft.variants
        ),
        image_sources={"detail-view": stage.picture("detail-view")},
    )
    adapter = stage.open()

    outcome = applied(adapter.push_listings([draft])[0])
    before = stage.writes()
    applied(adapter.push_listings([bound(draft, outcome)])[0])

    [product] = adapter.read_products([outcome.external_id])
    picture = f"ext:{outcome.image_ids['detail-view']}"
    assert [each.values["image"] for each in product.variants] == [picture, picture]
    assert stage.fetched() == 1
    assert stage.writes() == before


def test_a_lost_picture_answer_is_read_back() -> None:
    stage = WooStage()
    adapter = stage.open()
    plain = bound(simple("m", "M-1"), applied(adapter.push_listings([simple("m", "M-1")])[0]))
    stage.lose_answer()

    outcome = applied(adapter.push_listings([_pictured(plain, stage, "angle-01")])[0])

    assert set(outcome.image_ids) == {"angle-01"}
    assert len(stage.store.media.rows) == 1


@pytest.mark.parametrize("fault", [Fault.LOST_ANSWER, Fault.BATCH_CUT])
def test_a_lost_batch_is_read_back_item_by_item(fault: Fault) -> None:
    stage = WooStage()
    drafts = [simple(f"m{n}", f"M-{n}") for n in range(12)]
    stage.store.chaos.next(fault, writes_only=True)

    outcomes = stage.open().push_listings(drafts)
    again = stage.open().push_listings(drafts)

    found = {o.key for o in outcomes if isinstance(o, Applied)}
    lost = {o.key for o in outcomes if isinstance(o, Unanswered)}
    assert found | lost == {draft.key for draft in drafts}
    assert (fault is Fault.LOST_ANSWER) == (not lost)
    assert all(isinstance(outcome, Applied) for outcome in again)
    assert stage.count() == 12


@pytest.mark.parametrize("fault", [Fault.LOST_ANSWER, Fault.FAIL_BEFORE])
def test_stock_whose_answer_was_lost_is_in_doubt_whatever_the_shop_shows(fault: Fault) -> None:
    stage = WooStage()
    mug = stage.add_simple("Mug", "M-1", quantity=5)
    adapter = stage.open()
    [seen] = adapter.read_products([mug])
    wanted = VariantDraft("v", seen.variants[0].external_id, {"quantity": 3})
    stage.store.chaos.next(fault, writes_only=True)

    [outcome] = adapter.push_listings([ListingDraft("m", mug, {}, (wanted,), seen=seen)])

    # Ours that arrived, or a sale of two: nobody can tell by looking.
    assert isinstance(outcome, Unanswered)


@pytest.mark.parametrize("fault", [Fault.LOST_ANSWER, Fault.FAIL_BEFORE])
def test_a_lost_answer_about_variations_is_read_back(fault: Fault) -> None:
    stage = WooStage()
    parent, sizes = stage.add_variable("Shirt", {"S": "S-1", "M": "M-1"})
    adapter = stage.open()
    bound_before = ListingDraft("s", parent, {"title": "Shirt"})
    applied(adapter.push_listings([bound_before])[0])
    stage.store.chaos.next(fault, writes_only=True)
    draft = ListingDraft(
        "s",
        parent,
        {},
        (
            VariantDraft("s", sizes["S"], {"price": money(1234)}),
            VariantDraft("m", sizes["M"], {}, is_removed=True),
        ),
    )

    [first] = adapter.push_listings([draft])
    [again] = adapter.push_listings([draft])

    assert isinstance(first, Unanswered if fault is Fault.FAIL_BEFORE else Applied)
    assert applied(again).variant_ids == {"s": sizes["S"]}
    assert stage.store.variation_ids(int(parent)) == [int(sizes["S"])]
    assert stage.store.variation(int(sizes["S"]))["regular_price"] == "12.34"


@pytest.mark.parametrize("known", [150, 2100])
def test_terms_are_found_among_many(known: int) -> None:
    stage = WooStage()
    for number in range(known):
        stage.store.terms.add(stage.store.take_id("terms"), "product_tag", f"Tag {number:04}")
    draft = simple("m", "M-1", tags=["Brand new", "tag 0149"])

    outcome = applied(stage.open().push_listings([draft])[0])

    assert outcome.product is not None
    assert outcome.product.values["tags"] == ["Brand new", "Tag 0149"]
    named = [row for row in stage.store.terms.rows.values() if row["name"] == "Tag 0149"]
    assert len(named) == 1


def test_batches_grow_while_the_host_is_quick() -> None:
    stage = WooStage()

    outcomes = stage.open().push_listings([simple(f"m{n}", f"M-{n}") for n in range(100)])

    assert all(isinstance(outcome, Applied) for outcome in outcomes)
    sent = [path for method, path in stage.requests() if method == "POST"]
    assert sent == ["/products/batch"] * 3  # 25, 50, 25


def test_a_drowning_host_is_left_alone() -> None:
    stage = WooStage()
    stage.store.chaos.next(Fault.FAIL_BEFORE, times=50, writes_only=True)

    outcomes = stage.open().push_listings([simple(f"m{n}", f"M-{n}") for n in range(60)])

    assert all(isinstance(outcome, Unanswered) for outcome in outcomes)
    assert sum(1 for method, _ in stage.requests() if method == "POST") == 2


def test_what_was_finished_before_the_shop_stopped_us_is_told() -> None:
    stage = WooStage()
    drafts = [_pictured(simple(f"m{n}", f"M-{n}"), stage, f"angle-{n:02}") for n in range(3)]
    adapter = stage.open()
    adapter.push_listings([simple(f"m{n}", f"M-{n}") for n in range(3)])
    calls = len(stage.exchanges)
    applied(adapter.push_listings(drafts[:1])[0])
    reads = len(stage.exchanges) - calls - 1
    stage.store.chaos.next(Fault.SLOW, times=reads + 1)
    stage.throttle(retry_after=3)

    outcomes = adapter.push_listings(drafts[1:])

    assert isinstance(outcomes[0], Applied)
    assert isinstance(outcomes[1], Unanswered)
    assert "slow down" in outcomes[1].sentence


def test_a_throttled_push_raises_when_nothing_is_finished() -> None:
    stage = WooStage()
    stage.throttle(retry_after=3)

    with pytest.raises(Throttled):
        stage.open().push_listings([simple("m", "M-1")])
    assert stage.count() == 0


def _weather(stage: WooStage, number: int) -> ListingDraft:
    name = f"angle-{number:04}"
    if number % 3:
        draft = simple(f"m{number}", f"M-{number}", tags=[f"tag {number % 4}"])
    else:
        draft = variable(f"s{number}", {"S": f"S-{number}", "M": f"T-{number}"})
    return _pictured(draft, stage, name)


@pytest.mark.parametrize("seed", range(3))
def test_after_any_weather_the_shop_shows_each_listing_once(seed: int) -> None:
    stage = WooStage()
    stage.store.chaos.use("flaky", seed=seed)
    drafts = [_weather(stage, number) for number in range(20)]
    done: dict[str, Applied] = {}
    for _ in range(60):
        waiting = [draft for draft in drafts if draft.key not in done]
        try:
            outcomes = stage.open().push_listings(waiting)
        except AdapterError:
            continue
        done |= {o.key: o for o in outcomes if isinstance(o, Applied) and not o.problems}
    stage.store.chaos.calm()

    products = stage.open().read_products([done[draft.key].external_id for draft in drafts])

    assert stage.count() == len(drafts)
    assert len(stage.store.media.rows) == len(drafts)
    for draft, product in zip(drafts, products, strict=True):
        values = {name: value for name, value in draft.values.items() if name != "images"}
        plain: Any = replace(draft, values=values)
        assert misread(plain, product, done[draft.key]) == {}


class _Numbered(httpx.BaseTransport):
    """A shop whose plugins took the first entry out of every list of its goods: PHP spells such a
    list as an object."""

    def __init__(self, inner: httpx.BaseTransport) -> None:
        self._inner = inner

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        answer = self._inner.handle_request(request)
        found = json.loads(answer.read(), object_hook=_with_gaps)
        kept = ("x-wp-total", "x-wp-totalpages")
        headers = {name: answer.headers[name] for name in kept if name in answer.headers}
        return httpx.Response(answer.status_code, json=found, headers=headers)


def _with_gaps(found: dict[str, Any]) -> dict[str, Any]:
    lists = ("attributes", "options", "images", "categories", "meta_data", "variations")
    return {
        name: {str(at): each for at, each in enumerate(value, 1)}
        if name in lists and isinstance(value, list)
        else value
        for name, value in found.items()
    }


def test_a_shop_that_spells_its_lists_as_objects_is_written_like_any_other() -> None:
    stage = WooStage()
    inner = httpx.WSGITransport(app=stage.twin, raise_app_exceptions=True)
    adapter = stage.open(transport=Transport(inner=_Numbered(inner)))
    draft = _pictured(
        variable("m", {"S": "X-1", "M": "X-2"}, categories=["Shirts"]), stage, "a-first-picture"
    )
    made = applied(adapter.push_listings([draft])[0])
    written = stage.writes()
    applied(adapter.push_listings([bound(draft, made)])[0])
    assert stage.writes() == written

    grown = variable("m", {"S": "X-1", "M": "X-2", "L": "X-3"}, categories=["Shirts"])
    applied(adapter.push_listings([replace(grown, external_id=made.external_id)])[0])

    [shown] = adapter.read_products([made.external_id])
    assert (shown.our_key, shown.values["categories"]) == ("m", ["Shirts"])
    assert [each.values["choice"]["Size"] for each in shown.variants] == ["S", "M", "L"]
    assert len(stage.store.variation_ids(int(made.external_id))) == 3
