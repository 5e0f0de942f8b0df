"""The pure parts of a write: who is who, which picture is which, what a key stands for."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.adapters.shopify import pairing, pictures, stock
from app.adapters.shopify.compose import Plan
from app.adapters.shopify.items import Item
from app.adapters.shopify.lookup import quoted
from app.adapters.shopify.pairing import Pair
from app.adapters.types import ListingDraft, VariantDraft


def _row(*variants: dict[str, Any], **fields: Any) -> dict[str, Any]:
    return {
        "id": "gid://shopify/Product/7",
        "options": [{"name": "Size", "optionValues": [{"name": "S"}, {"name": "M"}]}],
        "variants": {"nodes": list(variants)},
        "media": {"nodes": []},
        **fields,
    }


def _variant(number: int, size: str, sku: str, key: str | None = None) -> dict[str, Any]:
    return {
        "id": f"gid://shopify/ProductVariant/{number}",
        "sku": sku,
        "selectedOptions": [{"name": "Size", "value": size}],
        "ourKey": {"value": key} if key else None,
    }


def _item(*drafts: VariantDraft, row: dict[str, Any], **fields: Any) -> Item:
    return Item(ListingDraft("k", "7", fields.pop("values", {}), tuple(drafts), **fields), row=row)


def _ids(item: Item) -> list[str | None]:
    return [str(pair.row["id"])[-1] if pair.row else None for pair in pairing.paired(item)]


def test_variants_are_paired_by_id_then_key_then_sku_then_choice() -> None:
    row = _row(
        _variant(1, "S", "A"),
        _variant(2, "M", "B", "v-2"),
        _variant(3, "L", "C"),
        _variant(4, "XL", "D"),
    )
    item = _item(
        VariantDraft("v-1", "1", {}),
        VariantDraft("v-2", None, {"sku": "other"}),
        VariantDraft("v-3", None, {"sku": "c"}),
        VariantDraft("v-4", None, {"sku": "new", "choice": {"size": "xl"}}),
        VariantDraft("v-5", None, {"sku": "A"}),
        VariantDraft("v-6", "99", {}),
        row=row,
    )

    assert _ids(item) == ["1", "2", "3", "4", None, None]


def test_the_only_variant_of_a_product_without_options_is_the_only_draft() -> None:
    only = [{"name": "Title", "optionValues": [{"name": "Default Title"}]}]
    row = _row({"id": "gid://shopify/ProductVariant/1", "sku": None}, options=only)

    assert _ids(_item(VariantDraft("v", None, {"sku": "X"}), row=row)) == ["1"]


def _sizes(*values: str) -> list[dict[str, Any]]:
    return [{"name": "Size", "values": list(values)}]


@pytest.mark.parametrize(
    ("wanted", "is_needed"),
    [
        (_sizes("S", "M"), False),
        (_sizes("M", "S"), True),
        ([{"name": "Taille", "values": ["S", "M"]}], True),
        ([*_sizes("S", "M"), {"name": "Color", "values": ["Red"]}], True),
        ([], True),
    ],
)
def test_only_names_and_order_of_options_need_the_whole_structure(
    wanted: list[dict[str, Any]], is_needed: bool
) -> None:
    item = _item(row=_row(_variant(1, "S", "A"), _variant(2, "M", "B")))

    assert pairing.needs_structure(item, wanted, Plan()) is is_needed


def test_variants_that_come_and_go_bring_and_take_their_values() -> None:
    gone, new = _variant(1, "S", "A"), VariantDraft("n", None, {"choice": {"Size": "L"}})
    item = _item(row=_row(gone, _variant(2, "M", "B")))
    plan = Plan(removals=[Pair(new, gone)], creations=[(Pair(new, None), {})])

    assert not pairing.needs_structure(item, _sizes("M", "L"), plan)


def test_a_renamed_option_carries_every_variant_along() -> None:
    item = _item(row=_row(_variant(1, "S", "A"), _variant(2, "M", "B")))
    wanted = [{"name": "Taille", "values": ["S", "M"]}]

    found = pairing.choices_after(item, [], wanted)

    assert list((found or {}).values()) == [{"Taille": "S"}, {"Taille": "M"}]


def test_a_new_option_leaves_variants_nobody_spoke_for_in_doubt() -> None:
    item = _item(row=_row(_variant(1, "S", "A")))

    assert pairing.choices_after(item, [], [*_sizes("S"), {"name": "Color", "values": []}]) is None


def _image(number: int, url: str | None = None, status: str = "READY") -> dict[str, Any]:
    return {
        "id": f"gid://shopify/MediaImage/{number}",
        "mediaContentType": "IMAGE",
        "status": status,
        "alt": None,
        "image": {"url": url} if url else None,
    }


VIDEO = {"id": "gid://shopify/Video/5", "mediaContentType": "VIDEO", "status": "READY"}


def _pictured(media: list[dict[str, Any]], *keys: str, **known: str) -> Item:
    sources = {key: f"https://ours.test/{key}.jpg" for key in keys if key not in known}
    values = {"images": [{"key": key, "alt": None} for key in keys]}
    return _item(
        row=_row(media={"nodes": media}), values=values, image_ids=known, image_sources=sources
    )


def test_only_pictures_the_shop_does_not_have_are_sent_by_address() -> None:
    found = pictures.gallery(
        _pictured([_image(1), VIDEO], "front-view", "back-view", **{"front-view": "1"})
    )

    assert found.bodies() == [
        {"id": "gid://shopify/MediaImage/1", "alt": ""},
        {"originalSource": "https://ours.test/back-view.jpg", "alt": "", "contentType": "IMAGE"},
        {"id": "gid://shopify/Video/5"},
    ]
    assert not found.is_shown


def test_the_same_pictures_in_another_order_are_another_list() -> None:
    media = [_image(1), _image(2)]

    assert pictures.gallery(_pictured(media, "a", "b", a="1", b="2")).is_shown
    assert not pictures.gallery(_pictured(media, "b", "a", a="1", b="2")).is_shown


@pytest.mark.parametrize(
    ("sent", "stored", "is_same"),
    [
        ("https://o/front-view.jpg", "https://cdn/files/front-view.jpg?v=1", True),
        (
            "https://o/front-view.jpg",
            "https://cdn/files/front-view_0b1c2d3e-1111-4222-8333-abcdefabcdef.jpg",
            True,
        ),
        ("https://o/front-view.jpg", "https://cdn/files/front-view-2.jpg", False),
        ("https://o/1.jpg", "https://cdn/files/1.jpg", False),
    ],
)
def test_a_picture_is_recognised_by_its_file_name(sent: str, stored: str, is_same: bool) -> None:
    assert pictures.is_same_file(sent, stored) is is_same


def test_pictures_that_are_still_fetched_are_known_by_their_place() -> None:
    media = [_image(1, status="PROCESSING"), _image(2, status="UPLOADED")]

    found = pictures.gallery(_pictured(media, "a", "b"))

    assert found.ids == {"a": "1", "b": "2"}


def test_ids_of_new_pictures_are_learned_from_their_order() -> None:
    item = _pictured([_image(1)], "a", "b", a="1")
    pictures.note_sent(item, pictures.gallery(item))
    item.row = _row(media={"nodes": [_image(1), _image(8, "https://cdn/x.jpg")]})

    pictures.learn(item)

    assert item.image_ids == {"a": "1", "b": "8"}


def test_a_picture_shopify_could_not_use_is_told_and_not_sent_again() -> None:
    found = pictures.gallery(_pictured([_image(1, status="FAILED")], "a", a="1"))

    assert [each.code for each in found.problems] == ["picture_failed"]
    assert found.bodies() == []
    assert not found.is_shown


def test_a_picture_without_an_address_is_told() -> None:
    item = _item(row=_row(), values={"images": [{"key": "a", "alt": None}]})

    assert [each.code for each in pictures.gallery(item).problems] == ["no_source"]


def test_a_picture_only_a_variant_shows_joins_those_of_its_product() -> None:
    item = _item(
        VariantDraft("v", None, {"image": "detail"}),
        row=_row(media={"nodes": [_image(1)]}),
        image_sources={"detail": "https://ours.test/detail.jpg"},
    )

    assert [picture.key for picture in pictures.gallery(item).pictures] == ["ext:1", "detail"]


ROWS = [{"inventoryItemId": "i", "locationId": "l", "quantity": 3, "changeFromQuantity": 5}]


def test_the_same_write_over_the_same_state_has_the_same_key() -> None:
    first = stock.idempotency_key(ROWS, ["2026-11-22"], "a/0")

    assert stock.idempotency_key([dict(row) for row in ROWS], ["2026-11-22"], "a/0") == first
    assert len(first) == 36


def test_the_same_figures_another_day_are_a_write_of_their_own() -> None:
    first = stock.idempotency_key(ROWS, ["2026-11-22"], "a/0")

    assert stock.idempotency_key(ROWS, ["2026-11-23"], "a/0") != first
    assert stock.idempotency_key(ROWS, ["2026-11-22"], "a/1") != first
    assert stock.idempotency_key(ROWS, ["2026-11-22"], "b/0") != first
    assert stock.idempotency_key([{**ROWS[0], "quantity": 4}], ["2026-11-22"], "a/0") != first


def test_a_comparison_is_always_named_even_when_it_is_none() -> None:
    level = stock.Level("i", is_tracked=True, there=(5,), version="")

    [row] = stock.wish(level, 3, ["7"], compares=False).rows()

    assert row["changeFromQuantity"] is None
    assert "changeFromQuantity" in row


@given(st.lists(st.integers(-20, 50), min_size=1, max_size=5), st.integers(0, 200))
def test_units_at_locations_add_up_to_what_is_wanted_and_move_one_way(
    there: list[int], quantity: int
) -> None:
    wanted = stock.spread(there, quantity)

    moved = [after - before for before, after in zip(there, wanted, strict=True)]
    assert sum(wanted) == quantity
    assert all(each >= 0 for each in moved) or all(each <= 0 for each in moved)
    written = [each for each, by in zip(wanted, moved, strict=True) if by]
    if len(there) == 1 or quantity <= sum(there) or max(there) >= 0:
        assert all(each >= 0 for each in written)


@pytest.mark.parametrize(
    ("there", "quantity", "wanted"),
    [
        ((5, 3), 10, [7, 3]),
        ((5, 3), 4, [1, 3]),
        ((5, 3), 2, [0, 2]),
        ((-4, 6), 3, [-4, 7]),
        ((-4, 6), 0, [-4, 4]),
        ((-4, 1), 9, [8, 1]),
    ],
)
def test_what_is_added_lies_at_the_main_location_and_what_goes_is_taken_from_it_first(
    there: tuple[int, ...], quantity: int, wanted: list[int]
) -> None:
    assert stock.spread(there, quantity) == wanted


def test_only_levels_that_change_are_written_and_each_is_compared() -> None:
    level = stock.Level("i", is_tracked=True, there=(5, 3), version="")

    [row] = stock.wish(level, 4, ["7", "8"], compares=False).rows()

    assert row["locationId"] == "gid://shopify/Location/7"
    assert (row["quantity"], row["changeFromQuantity"]) == (1, 5)


def test_a_sku_is_searched_for_whole() -> None:
    assert quoted("A-1") == "'A-1'"
    assert quoted("it's \\ 1") == "'it\\'s \\\\ 1'"
