"""What every channel promises, whatever its wire: one suite, run on each adapter's twin.

A channel brings a `Stage`: its adapter, and hands to move what stands behind it. Round trips are
compared as the engine compares them.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, Protocol

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from app.adapters.errors import NeedsReauth, Refused, Throttled, Unknown
from app.adapters.port import Capabilities, Channel, ChannelAdapter
from app.adapters.types import (
    Applied,
    ChannelProduct,
    Cursor,
    DeliveryKind,
    Found,
    LevelDraft,
    ListingDraft,
    Moved,
    Outcome,
    Rejected,
    Unanswered,
    VariantDraft,
)
from app.adapters.values import Values
from app.sync import compare

Delivered = tuple[Mapping[str, str], bytes]


class Stage(Protocol):
    """A channel's twin with hands on it."""

    channel: Channel

    def open(self, *, key: str | None = None) -> ChannelAdapter:
        """Return an adapter, with the right key unless another is given."""

    def add_simple(self, title: str, sku: str, *, minor: int = 1000, quantity: int = 5) -> str:
        """Put a simple product into the shop; returns its id."""

    def add_variable(self, title: str, skus: Mapping[str, str]) -> tuple[str, dict[str, str]]:
        """Put a product with a Size option into the shop; returns its id and size → variant id."""

    def rename(self, external_id: str, title: str) -> None:
        """Rename a product, as the merchant does."""

    def reprice_variant(self, parent_id: str, external_id: str, minor: int) -> None:
        """Change a variant's price, as the merchant does."""

    def restock(self, external_id: str, quantity: int) -> None:
        """Change the stock of a simple product behind our back."""

    def variant_of(self, external_id: str) -> str:
        """Return the id of a simple product's only variant."""

    def erase(self, external_id: str) -> None:
        """Delete a product for good, as the merchant does."""

    def throttle(self, *, retry_after: int) -> None:
        """Answer the next request with “slow down”."""

    def lose_answer(self) -> None:
        """Let the next write take effect and its answer get lost."""

    def writes(self) -> int:
        """Count the writes to products, variants and stock so far."""

    def count(self) -> int:
        """Count the products in the shop that are neither in its trash nor in its archive."""

    def picture(self, name: str) -> str:
        """Return an address where the shop can fetch a picture."""

    def fetched(self) -> int:
        """Count the pictures the shop has fetched."""

    def deliveries(self) -> Sequence[Delivered]:
        """Return what the shop's webhooks have brought since the last time."""


def money(minor: int) -> dict[str, Any]:
    """Return an amount in the currency of every twin."""
    return {"minor": minor, "currency": "USD"}


def simple(key: str, sku: str | None, **values: Any) -> ListingDraft:
    """Return the smallest valid simple draft; fields of either table may be given."""
    capable = ("title", "description", "status", "tags", "images", "categories", "attributes")
    of_product = {name: value for name, value in values.items() if name in capable}
    of_variant = {name: value for name, value in values.items() if name not in capable}
    return ListingDraft(
        key=key,
        external_id=None,
        values={"title": f"Mug {key}", "status": "active", **of_product},
        variants=(
            VariantDraft(
                f"{key}-v", None, {"sku": sku, "price": money(1500), "quantity": 7, **of_variant}
            ),
        ),
        skus=[sku] if sku else [],
    )


def variable(key: str, skus: Mapping[str, str], **values: Any) -> ListingDraft:
    """Return a draft with one variant per size."""
    return ListingDraft(
        key=key,
        external_id=None,
        kind="variable",
        values={
            "title": f"Shirt {key}",
            "status": "active",
            "options": [{"name": "Size", "values": list(skus)}],
            **values,
        },
        variants=tuple(
            VariantDraft(
                f"{key}-{size}",
                None,
                {"sku": sku, "choice": {"Size": size}, "price": money(2000), "quantity": 3},
            )
            for size, sku in skus.items()
        ),
        skus=list(skus.values()),
    )


def applied(outcome: Outcome) -> Applied:
    """Insist that an outcome is Applied without problems."""
    assert isinstance(outcome, Applied), outcome
    assert not outcome.problems, outcome.problems
    return outcome


def bound(draft: ListingDraft, outcome: Applied) -> ListingDraft:
    """Return the draft with the ids the channel gave."""
    return replace(
        draft,
        external_id=outcome.external_id,
        image_ids={**draft.image_ids, **outcome.image_ids},
        variants=tuple(
            replace(variant, external_id=outcome.variant_ids[variant.key])
            for variant in draft.variants
        ),
    )


def read_all(adapter: ChannelAdapter, cursor: Cursor) -> tuple[list[ChannelProduct], Cursor | None]:
    """Read to the end; returns the items and the watermark."""
    items: list[ChannelProduct] = []
    for _ in range(200):
        page = adapter.pull_products(cursor)
        assert not page.unreadable
        items += [*page.items, *(each.open() for each in page.sealed)]
        if page.next is None:
            return items, page.watermark
        cursor = page.next
    raise AssertionError("a read that does not end")


def differences(sent: Values, shown: Values) -> dict[str, tuple[Any, Any]]:
    """Return the fields an engine would call different."""
    return {
        name: (value, shown.get(name))
        for name, value in sent.items()
        if name not in shown or not compare.equal(name, value, shown[name])
    }


def _owner_of(outcome: Outcome) -> str | None:
    """Return who holds the SKU that was refused; a channel may take the other fields."""
    if isinstance(outcome, Applied):
        [problem] = outcome.problems
        assert problem.field == "sku"
        return problem.owner_external_id
    assert isinstance(outcome, Rejected)
    return outcome.owner_external_id


def misread(draft: ListingDraft, product: ChannelProduct, outcome: Applied) -> dict[str, Any]:
    """Return everything that did not come back as it was sent."""
    found: dict[str, Any] = differences(draft.values, product.values)
    shown = {variant.external_id: variant for variant in product.variants}
    for variant in draft.variants:
        theirs = shown[outcome.variant_ids[variant.key]]
        if wrong := differences(variant.values, theirs.values):
            found[variant.key] = wrong
        if theirs.our_key != variant.key and len(draft.variants) > 1:
            found[f"{variant.key} key"] = theirs.our_key
    return found


def carried(draft: ListingDraft, capabilities: Capabilities) -> ListingDraft:
    """Return the part of a draft an engine would send to a channel of these capabilities."""

    def kept(values: Values, fields: frozenset[str]) -> dict[str, Any]:
        return {
            name: _in_their_words(_as_many(value, capabilities.max_counts.get(name)), name)
            for name, value in values.items()
            if name in fields
        }

    def _in_their_words(value: Any, name: str) -> Any:
        words = capabilities.value_words.get(name, {})
        return words.get(value, value) if words else value

    return replace(
        draft,
        values=kept(draft.values, capabilities.product_fields),
        variants=tuple(
            replace(each, values=kept(each.values, capabilities.variant_fields))
            for each in draft.variants
        ),
    )


def _as_many(value: Any, most: int | None) -> Any:
    return value[:most] if most is not None and isinstance(value, list) else value


def is_off_sale(product: ChannelProduct) -> bool:
    """Tell whether a product has left the shop, or lies in its archive."""
    return product.is_deleted or product.values.get("status") == "archived"


_WORD = st.text("abcdefghijklmnopqrstuvwxyzäöüßéñ日本0123456789", min_size=1, max_size=8)
_NAMES = st.lists(_WORD, min_size=1, max_size=3).map(" ".join)
_TITLES = st.lists(st.one_of(_WORD, st.sampled_from(["&", "–", "“blue”", "50%"])), min_size=1).map(
    lambda words: " ".join(words)[:255].strip()  # no channel of ours takes more
)
_PARAGRAPHS = st.lists(_NAMES, max_size=3).map(
    lambda texts: "".join(f"<p>{text} &amp; <strong>more</strong></p>" for text in texts) or None
)


def _names_once(names: Any, most: int = 3) -> Any:
    return st.lists(names, max_size=most, unique_by=str.casefold).map(sorted)


@st.composite
def _sellable(draw: st.DrawFn, sku: str) -> dict[str, Any]:
    price = draw(st.integers(min_value=100, max_value=99_999_999))
    values: dict[str, Any] = {"sku": sku, "price": money(price)}
    values["sale_price"] = draw(st.none() | st.integers(1, price - 1).map(money))
    if values["sale_price"] is not None:
        window = draw(st.sampled_from([(None, None), ("2026-12-01", "2026-12-24")]))
        values["sale_from"] = window[0] and f"{window[0]}T08:00:00+00:00"
        values["sale_to"] = window[1] and f"{window[1]}T20:30:15+00:00"
    values["quantity"] = draw(st.none() | st.integers(min_value=-5, max_value=100_000))
    if values["quantity"] is not None:
        values["backorders"] = draw(st.sampled_from(["no", "notify", "yes"]))
    grams = st.integers(1, 500_000).map(lambda each: {"value": str(each), "unit": "g"})
    pounds = st.decimals("0.01", "99", places=2).map(lambda e: {"value": f"{e:f}", "unit": "lb"})
    values["weight"] = draw(st.none() | grams | pounds)
    for name in ("length", "width", "height"):
        inches = st.decimals("0.1", "99", places=1).map(lambda e: {"value": f"{e:f}", "unit": "in"})
        values[name] = draw(st.none() | inches)
    return values


@st.composite
def drafts(draw: st.DrawFn) -> ListingDraft:
    """Draw a listing with or without variants."""
    values: dict[str, Any] = {
        "title": draw(_TITLES),
        "description": draw(_PARAGRAPHS),
        "short_description": draw(_PARAGRAPHS),
        "status": draw(st.sampled_from(["active", "draft", "inactive"])),
        "tags": draw(_names_once(_NAMES)),
        "categories": draw(_names_once(st.lists(_NAMES, min_size=1, max_size=3).map(" > ".join))),
        "brand": draw(st.none() | _NAMES),
        "attributes": draw(
            st.dictionaries(
                st.sampled_from(["Material", "Care", "Für wen"]),
                st.lists(_NAMES, min_size=1, max_size=3, unique_by=str.casefold),
            )
        ),
    }
    if not draw(st.booleans()):
        variant = VariantDraft("k-1", None, draw(_sellable("S-1")))
        return ListingDraft("k", None, values, (variant,), skus=["S-1"])
    sizes = draw(st.lists(_WORD, min_size=1, max_size=4, unique_by=str.casefold))
    values["options"] = [{"name": "Size", "values": sizes}]
    variants = tuple(
        VariantDraft(
            f"k-{number}", None, {**draw(_sellable(f"S-{number}")), "choice": {"Size": size}}
        )
        for number, size in enumerate(sizes)
    )
    return ListingDraft(
        "k", None, values, variants, kind="variable", skus=[f"S-{n}" for n in range(len(sizes))]
    )


class ConformanceSuite:
    """Inherit, and say how a stage is built."""

    def make_stage(self) -> Stage:
        """Return a fresh shop with nothing in it."""
        raise NotImplementedError

    @pytest.fixture
    def stage(self) -> Stage:
        return self.make_stage()

    @given(draft=drafts())
    @settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
    def test_what_is_pushed_reads_back_the_same_and_is_not_written_twice(
        self, draft: ListingDraft
    ) -> None:
        stage = self.make_stage()
        adapter = stage.open()
        draft = carried(draft, stage.channel.capabilities)

        outcome = applied(adapter.push_listings([draft])[0])
        [product] = adapter.read_products([outcome.external_id])
        before = stage.writes()
        [again] = adapter.push_listings([bound(draft, outcome)])

        assert misread(draft, product, outcome) == {}
        assert misread(draft, outcome.product or product, outcome) == {}
        assert applied(again).external_id == outcome.external_id
        assert stage.writes() == before

    def test_a_healthy_shop_passes_the_check(self, stage: Stage) -> None:
        health = stage.open().check()

        assert health.is_ok
        assert health.facts is not None
        assert health.facts.currency == "USD"

    def test_wrong_keys_need_a_person(self, stage: Stage) -> None:
        adapter = stage.open(key="wrong")

        with pytest.raises(NeedsReauth):
            adapter.check()
        with pytest.raises(NeedsReauth):
            adapter.pull_products(Cursor("full"))
        with pytest.raises(NeedsReauth):
            adapter.push_listings([simple("a", "A-1")])

    def test_a_throttled_call_says_when_to_come_back(self, stage: Stage) -> None:
        adapter = stage.open()
        stage.throttle(retry_after=7)

        with pytest.raises(Throttled) as caught:
            adapter.pull_products(Cursor("full"))

        assert caught.value.retry_after == 7

    def test_a_full_read_shows_each_product_once(self, stage: Stage) -> None:
        ids = [stage.add_simple(f"Mug {n}", f"M-{n}") for n in range(7)]
        parent, _ = stage.add_variable("Shirt", {"S": "SH-S", "M": "SH-M"})

        items, watermark = read_all(stage.open(), Cursor("full"))

        assert sorted(item.external_id for item in items) == sorted([*ids, parent])
        assert watermark is not None
        assert {item.external_id: len(item.variants) for item in items}[parent] == 2

    def test_a_read_of_changes_shows_what_changed_since(self, stage: Stage) -> None:
        adapter = stage.open()
        first = stage.add_simple("Mug", "M-1")
        parent, sizes = stage.add_variable("Shirt", {"S": "SH-S", "M": "SH-M"})
        _, watermark = read_all(adapter, Cursor("full"))
        assert watermark is not None
        stage.rename(first, "Blue mug")
        stage.reprice_variant(parent, sizes["M"], 4200)

        items, after = read_all(adapter, watermark)

        shown = {item.external_id: item for item in items}
        assert shown[first].values["title"] == "Blue mug"
        prices = {v.external_id: v.values["price"] for v in shown[parent].variants}
        assert prices[sizes["M"]] == money(4200)
        assert len(prices) == 2
        assert after is not None

    def test_a_read_of_ids_names_every_product_and_variant(self, stage: Stage) -> None:
        mug = stage.add_simple("Mug", "M-1")
        parent, sizes = stage.add_variable("Shirt", {"S": "SH-S", "M": "SH-M"})

        items, _ = read_all(stage.open(), Cursor("ids"))

        named = {item.external_id: {v.external_id for v in item.variants} for item in items}
        assert named == {mug: {stage.variant_of(mug)}, parent: set(sizes.values())}

    def test_a_deleted_product_is_seen_as_deleted(self, stage: Stage) -> None:
        kept, gone = stage.add_simple("Mug", "M-1"), stage.add_simple("Cup", "C-1")
        adapter = stage.open()
        stage.erase(gone)

        first, second = adapter.read_products([gone, kept])
        items, _ = read_all(adapter, Cursor("ids"))
        draft = replace(simple("c", "C-1"), external_id=gone)
        [outcome] = adapter.push_listings([draft])

        assert (first.external_id, first.is_deleted) == (gone, True)
        assert (second.external_id, second.is_deleted) == (kept, False)
        assert [item.external_id for item in items] == [kept]
        assert isinstance(outcome, Rejected)
        assert outcome.is_gone

    def test_outcomes_come_one_per_draft_in_order(self, stage: Stage) -> None:
        owner = stage.add_simple("Mug", "M-1")
        other = stage.add_simple("Cup", "C-1")
        good, missing = simple("good", "G-1"), replace(simple("no", None), external_id="999999")
        taken = replace(simple("taken", "M-1"), external_id=other)

        outcomes = stage.open().push_listings([missing, good, taken, variable("v", {"S": "V-S"})])

        assert [outcome.key for outcome in outcomes] == ["no", "good", "taken", "v"]
        assert isinstance(outcomes[0], Rejected)
        assert isinstance(outcomes[1], Applied)
        assert _owner_of(outcomes[2]) == owner
        assert isinstance(outcomes[3], Applied)

    @pytest.mark.parametrize("make", [simple, variable], ids=["simple", "variable"])
    def test_a_creation_pushed_twice_exists_once(self, stage: Stage, make: Any) -> None:
        draft = make("k", "K-1" if make is simple else {"S": "K-S", "M": "K-M"})
        adapter = stage.open()

        first = applied(adapter.push_listings([draft])[0])
        second = applied(stage.open().push_listings([draft])[0])

        assert second.external_id == first.external_id
        assert second.variant_ids == first.variant_ids
        assert stage.count() == 1

    def test_a_creation_without_a_sku_is_recognised_by_its_key(self, stage: Stage) -> None:
        draft = simple("k", None)

        first = applied(stage.open().push_listings([draft])[0])
        second = applied(stage.open().push_listings([draft])[0])

        assert second.external_id == first.external_id
        assert stage.count() == 1

    @pytest.mark.parametrize("make", [simple, variable], ids=["simple", "variable"])
    def test_a_lost_answer_makes_no_duplicate(self, stage: Stage, make: Any) -> None:
        draft = make("k", "K-1" if make is simple else {"S": "K-S", "M": "K-M"})
        stage.lose_answer()
        try:
            [outcome] = stage.open().push_listings([draft])
            assert isinstance(outcome, Applied | Unanswered)
        except Unknown:
            pass

        [again] = stage.open().push_listings([draft])

        done = applied(again)
        assert stage.count() == 1
        [product] = stage.open().read_products([done.external_id])
        assert misread(draft, product, done) == {}

    def test_a_product_already_in_the_shop_is_found_and_left_as_it_is(self, stage: Stage) -> None:
        there = stage.add_simple("Old mug", "M-1")

        [outcome] = stage.open().push_listings([simple("m", "M-1", title="New mug")])

        assert isinstance(outcome, Found)
        assert outcome.product.external_id == there
        assert outcome.product.values["title"] == "Old mug"
        assert stage.count() == 1
        assert stage.open().read_products([there])[0].values["title"] == "Old mug"

    def test_what_moved_since_it_was_planned_is_left_as_it_is(self, stage: Stage) -> None:
        there = stage.add_simple("Mug", "M-1", minor=1000)
        [seen] = stage.open().read_products([there])
        stage.rename(there, "Mug with a story")

        [outcome] = stage.open().push_listings(
            [ListingDraft("m", there, {"title": "Blue mug"}, seen=seen)]
        )

        assert outcome == Moved("m")
        assert stage.open().read_products([there])[0].values["title"] == "Mug with a story"

    def test_what_moved_elsewhere_hinders_no_write(self, stage: Stage) -> None:
        parent, sizes = stage.add_variable("Shirt", {"S": "S-1", "M": "M-1"})
        [seen] = stage.open().read_products([parent])
        stage.rename(parent, "Shirt with a story")
        stage.reprice_variant(parent, sizes["M"], 1234)
        price = VariantDraft("s", sizes["S"], {"price": money(900)})

        applied(stage.open().push_listings([ListingDraft("m", parent, {}, (price,), seen=seen)])[0])

        [product] = stage.open().read_products([parent])
        assert product.values["title"] == "Shirt with a story"
        assert {v.external_id: v.values["price"] for v in product.variants} == {
            sizes["S"]: money(900),
            sizes["M"]: money(1234),
        }

    def test_only_the_fields_of_a_draft_are_written(self, stage: Stage) -> None:
        there = stage.add_simple("Mug", "M-1", minor=1234, quantity=9)
        draft = ListingDraft("m", there, {"title": "Blue mug"})

        applied(stage.open().push_listings([draft])[0])

        [product] = stage.open().read_products([there])
        assert product.values["title"] == "Blue mug"
        [variant] = product.variants
        assert variant.values["price"] == money(1234)
        assert variant.values["quantity"] == 9

    def test_a_removed_listing_leaves_the_shop(self, stage: Stage) -> None:
        adapter = stage.open()
        outcome = applied(adapter.push_listings([simple("m", "M-1")])[0])
        removal = ListingDraft("m", outcome.external_id, {}, is_removed=True)

        applied(adapter.push_listings([removal])[0])
        applied(adapter.push_listings([removal])[0])

        assert stage.count() == 0
        assert is_off_sale(adapter.read_products([outcome.external_id])[0])

    def test_a_variant_goes_only_when_the_draft_says_so(self, stage: Stage) -> None:
        adapter = stage.open()
        draft = variable("s", {"S": "K-S", "M": "K-M", "L": "K-L"})
        draft = bound(draft, applied(adapter.push_listings([draft])[0]))
        small, medium, _ = draft.variants

        applied(adapter.push_listings([replace(draft, variants=(small,))])[0])
        kept = adapter.read_products([draft.external_id or ""])[0].variants
        leaving = replace(medium, is_removed=True)
        applied(adapter.push_listings([replace(draft, variants=(leaving,))])[0])
        left = adapter.read_products([draft.external_id or ""])[0].variants

        assert len(kept) == 3
        assert sorted(str(each.values["sku"]) for each in left) == ["K-L", "K-S"]

    def test_a_new_variant_joins_its_product(self, stage: Stage) -> None:
        adapter = stage.open()
        draft = variable("s", {"S": "K-S"})
        draft = bound(draft, applied(adapter.push_listings([draft])[0]))
        wider = variable("s", {"S": "K-S", "M": "K-M"})
        grown = replace(draft, values=wider.values, variants=(*draft.variants, wider.variants[1]))

        outcome = applied(adapter.push_listings([grown])[0])

        [product] = adapter.read_products([outcome.external_id])
        assert misread(grown, product, outcome) == {}
        assert len(product.variants) == 2

    def test_a_picture_is_fetched_once_and_then_known(self, stage: Stage) -> None:
        adapter = stage.open()
        draft = replace(
            simple("m", "M-1", images=[_image("front"), _image("back", "The back")]),
            image_sources={key: stage.picture(key) for key in ("front", "back")},
        )

        outcome = applied(adapter.push_listings([draft])[0])
        turned = bound(
            replace(draft, values={**draft.values, "images": [_image("back"), _image("front")]}),
            outcome,
        )
        applied(adapter.push_listings([turned])[0])

        assert stage.fetched() == 2
        assert set(outcome.image_ids) == {"front", "back"}
        [product] = adapter.read_products([outcome.external_id])
        assert [image["key"] for image in product.values["images"]] == [
            f"ext:{outcome.image_ids[key]}" for key in ("back", "front")
        ]

    def test_a_picture_can_be_taken_away(self, stage: Stage) -> None:
        adapter = stage.open()
        draft = replace(
            simple("m", "M-1", images=[_image("front")]),
            image_sources={"front": stage.picture("front")},
        )
        draft = bound(draft, applied(adapter.push_listings([draft])[0]))

        applied(adapter.push_listings([replace(draft, values={"images": []})])[0])

        [product] = adapter.read_products([draft.external_id or ""])
        assert product.values["images"] == []

    def test_a_variant_shows_its_own_picture(self, stage: Stage) -> None:
        adapter = stage.open()
        draft = variable(
            "s", {"S": "K-S", "M": "K-M"}, images=[_image("front-view"), _image("detail-view")]
        )
        pictured = replace(
            draft.variants[1], values={**draft.variants[1].values, "image": "detail-view"}
        )
        draft = replace(
            draft,
            variants=(draft.variants[0], pictured),
            image_sources={key: stage.picture(key) for key in ("front-view", "detail-view")},
        )

        outcome = applied(adapter.push_listings([draft])[0])

        [product] = adapter.read_products([outcome.external_id])
        shown = {each.external_id: each.values.get("image") for each in product.variants}
        assert shown[outcome.variant_ids["s-M"]] == f"ext:{outcome.image_ids['detail-view']}"
        assert stage.fetched() == 2

    def test_stock_is_set_and_set_again_without_a_write(self, stage: Stage) -> None:
        mug = stage.add_simple("Mug", "M-1", quantity=5)
        parent, sizes = stage.add_variable("Shirt", {"S": "SH-S", "M": "SH-M"})
        adapter = stage.open()
        levels = [
            LevelDraft("l1", sizes["M"], parent, 4),
            LevelDraft("l2", stage.variant_of(mug), None, 3, expected=5),
            LevelDraft("l3", sizes["S"], parent, 0),
        ]

        first = adapter.push_levels(levels)
        before = stage.writes()
        second = adapter.push_levels(levels)

        assert [outcome.key for outcome in first] == ["l1", "l2", "l3"]
        assert all(isinstance(outcome, Applied) for outcome in [*first, *second])
        assert stage.writes() == before
        assert adapter.read_products([mug])[0].variants[0].values["quantity"] == 3
        shown = adapter.read_products([parent])[0].variants
        assert {v.external_id: v.values["quantity"] for v in shown} == {
            sizes["M"]: 4,
            sizes["S"]: 0,
        }

    def test_stock_that_moved_meanwhile_is_not_overwritten(self, stage: Stage) -> None:
        mug = stage.add_simple("Mug", "M-1", quantity=5)
        adapter = stage.open()
        stage.restock(mug, 2)

        [outcome] = adapter.push_levels(
            [LevelDraft("l", stage.variant_of(mug), None, 9, expected=5)]
        )

        assert isinstance(outcome, Rejected)
        assert outcome.problems[0].code == "changed_meanwhile"
        assert adapter.read_products([mug])[0].variants[0].values["quantity"] == 2

    def test_stock_of_something_gone_is_refused_as_gone(self, stage: Stage) -> None:
        [outcome] = stage.open().push_levels([LevelDraft("l", "999999", None, 9)])

        assert isinstance(outcome, Rejected)
        assert outcome.is_gone

    def test_a_lost_stock_answer_is_told_or_settled(self, stage: Stage) -> None:
        mug = stage.add_simple("Mug", "M-1", quantity=5)
        stage.lose_answer()
        try:
            [outcome] = stage.open().push_levels(
                [LevelDraft("l", stage.variant_of(mug), None, 9, expected=5)]
            )
            assert isinstance(outcome, Applied | Unanswered)
        except Unknown:
            pass

        [again] = stage.open().push_levels(
            [LevelDraft("l", stage.variant_of(mug), None, 9, expected=5)]
        )

        assert isinstance(again, Applied)

    def test_hooks_are_armed_once_and_disarmed(self, stage: Stage) -> None:
        if not stage.channel.capabilities.has_webhooks:
            return
        adapter = stage.open()

        armed = adapter.arm_hooks()
        again = adapter.arm_hooks()
        listed = adapter.list_hooks()

        assert all(hook.is_active for hook in armed)
        assert {hook.external_id for hook in again} == {hook.external_id for hook in armed}
        assert {hook.external_id for hook in listed} == {hook.external_id for hook in armed}
        assert adapter.disarm_hooks() == len(armed)
        assert not adapter.list_hooks()
        assert adapter.disarm_hooks() == 0

    def test_deliveries_are_verified_and_told_apart(self, stage: Stage) -> None:
        if not stage.channel.capabilities.has_webhooks:
            return
        adapter = stage.open()
        adapter.arm_hooks()
        stage.deliveries()
        mug = stage.add_simple("Mug", "M-1")
        cup = stage.add_simple("Cup", "C-1")
        sent = list(stage.deliveries())

        read = [adapter.read_delivery(headers, body) for headers, body in sent]
        repeated = adapter.read_delivery(*sent[0])

        about = {each.external_id for each in read if each.kind is DeliveryKind.PRODUCT}
        assert {mug, cup} <= about
        assert repeated.event_key == read[0].event_key
        assert len({each.event_key for each in read}) == len(read)
        for headers, body in sent:
            with pytest.raises(Refused):
                adapter.read_delivery(headers, body + b" ")

    def test_a_deletion_is_delivered_as_one(self, stage: Stage) -> None:
        if not stage.channel.capabilities.has_webhooks:
            return
        adapter = stage.open()
        mug = stage.add_simple("Mug", "M-1")
        adapter.arm_hooks()
        stage.deliveries()

        stage.erase(mug)

        read = [adapter.read_delivery(headers, body) for headers, body in stage.deliveries()]
        assert (DeliveryKind.PRODUCT_DELETED, mug) in [(e.kind, e.external_id) for e in read]


def _image(key: str, alt: str | None = None) -> dict[str, Any]:
    return {"key": key, "alt": alt, "url": None}
