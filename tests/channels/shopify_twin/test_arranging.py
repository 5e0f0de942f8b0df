"""Order among media, options and variants; media of variants; the taxonomy."""

from typing import Any

import pytest

from app.simulators.shopify import StoreState, TwinSettings
from tests.channels.shopify_twin.documents import PRODUCT_SET, PRODUCT_UPDATE
from tests.channels.shopify_twin.world import PICTURE, World

_PAIRS = """
mutation Pairs($id: ID!, $pairs: [ProductVariantWHATMediaInput!]!) {
  productVariantWHATMedia(productId: $id, variantMedia: $pairs) {
    productVariants { id media(first: 1) { nodes { id } } }
    userErrors { field message code }
  }
}
"""
APPEND, DETACH = _PAIRS.replace("WHAT", "Append"), _PAIRS.replace("WHAT", "Detach")
REORDER_MEDIA = """
mutation Order($id: ID!, $moves: [MoveInput!]!) {
  productReorderMedia(id: $id, moves: $moves) {
    job { id done }
    mediaUserErrors { field message code }
  }
}
"""
REORDER_VARIANTS = """
mutation Order($id: ID!, $positions: [ProductVariantPositionInput!]!) {
  productVariantsBulkReorder(productId: $id, positions: $positions) {
    product { variants(first: 9) { nodes { id position } } }
    userErrors { field message code }
  }
}
"""
REORDER_OPTIONS = """
mutation Order($id: ID!, $options: [OptionReorderInput!]!) {
  productOptionsReorder(productId: $id, options: $options) {
    product { options { name values position } variants(first: 9) { nodes { title } } }
    userErrors { field message code }
  }
}
"""
CATEGORIES = """
query Find($search: String, $below: ID, $beside: ID) {
  taxonomy {
    categories(first: 20, search: $search, childrenOf: $below, siblingsOf: $beside) {
      nodes { id name fullName level isLeaf isRoot parentId ancestorIds childrenIds }
    }
  }
}
"""


def _product(number: int) -> str:
    return f"gid://shopify/Product/{number}"


def _variant(number: int) -> str:
    return f"gid://shopify/ProductVariant/{number}"


def _picture(world: World, product: int, name: str = "mug") -> str:
    media = [{"originalSource": f"https://pics.test/{name}.png", "mediaContentType": "IMAGE"}]
    asked = {"product": {"id": _product(product)}, "media": media}
    told = world.ask(PRODUCT_UPDATE, **asked)["productUpdate"]
    return str(told["product"]["media"]["nodes"][-1]["id"])


def _codes(told: dict[str, Any]) -> list[str]:
    return [error["code"] for error in told["userErrors"]]


def _pair(world: World, document: str, product: int, variant: int, *media: str) -> dict[str, Any]:
    pairs = [{"variantId": _variant(variant), "mediaIds": list(media)}]
    (told,) = world.ask(document, id=_product(product), pairs=pairs).values()
    return told


def test_a_variant_shows_a_medium_and_lets_it_go(world: World, store: StoreState) -> None:
    mug, variant = world.add_mug()
    picture = _picture(world, mug)

    shown = _pair(world, APPEND, mug, variant, picture)
    twice = _pair(world, APPEND, mug, variant, picture)
    gone = _pair(world, DETACH, mug, variant, picture)
    again = _pair(world, DETACH, mug, variant, picture)

    assert shown["productVariants"][0]["media"]["nodes"] == [{"id": picture}]
    assert _codes(twice) == ["PRODUCT_VARIANT_ALREADY_HAS_MEDIA"]
    assert gone["productVariants"][0]["media"]["nodes"] == []
    assert _codes(again) == ["MEDIA_IS_NOT_ATTACHED_TO_VARIANT"]
    assert len(store.writes(resource="variant")) == 2


def test_only_ready_media_of_the_product_are_shown(world: World) -> None:
    mug, variant = world.add_mug()
    cup, _ = world.add_mug(title="Cup")
    foreign = _picture(world, cup)
    slow = World(TwinSettings(media_seconds=60))
    other, own = slow.add_mug()
    early = _picture(slow, other)

    assert _codes(_pair(world, APPEND, mug, variant, foreign)) == [
        "MEDIA_DOES_NOT_EXIST_ON_PRODUCT"
    ]
    assert _codes(_pair(world, APPEND, mug, 1, foreign)) == [
        "PRODUCT_VARIANT_DOES_NOT_EXIST_ON_PRODUCT"
    ]
    assert _codes(_pair(world, APPEND, mug, variant, "gid://shopify/MediaImage/1")) == [
        "MEDIA_DOES_NOT_EXIST"
    ]
    assert _codes(_pair(world, APPEND, mug, variant)) == ["TOO_MANY_MEDIA_PER_INPUT_PAIR"]
    assert _codes(_pair(world, APPEND, 1, variant, foreign)) == ["PRODUCT_DOES_NOT_EXIST"]
    assert _codes(_pair(slow, APPEND, other, own, early)) == ["NON_READY_MEDIA"]


def test_at_most_a_hundred_pairs_go_at_once(world: World) -> None:
    mug, variant = world.add_mug()
    pairs = [{"variantId": _variant(variant), "mediaIds": [_picture(world, mug)]}] * 101

    (told,) = world.ask(APPEND, id=_product(mug), pairs=pairs).values()

    assert _codes(told) == ["MAXIMUM_VARIANT_MEDIA_PAIRS_EXCEEDED"]


def test_media_move(world: World, store: StoreState) -> None:
    mug, _ = world.add_mug()
    first, second = _picture(world, mug), _picture(world, mug, "side")

    told = world.ask(REORDER_MEDIA, id=_product(mug), moves=[{"id": second, "newPosition": "0"}])[
        "productReorderMedia"
    ]
    wrong = world.ask(REORDER_MEDIA, id=_product(mug), moves=[{"id": PICTURE, "newPosition": "0"}])[
        "productReorderMedia"
    ]

    assert told["mediaUserErrors"] == []
    assert wrong["mediaUserErrors"][0]["code"] == "MEDIA_DOES_NOT_EXIST_ON_PRODUCT"
    numbers = [int(each.rpartition("/")[2]) for each in (second, first)]
    assert store.products.rows[mug]["media"] == numbers
    assert store.writes(refused=True)[0].mutation == "productReorderMedia"


def test_variants_move(world: World) -> None:
    shirt, (red, blue) = world.add_shirt()
    last = [{"id": _variant(red), "position": 2}]

    told = world.ask(REORDER_VARIANTS, id=_product(shirt), positions=last)

    nodes = told["productVariantsBulkReorder"]["product"]["variants"]["nodes"]
    assert nodes == [
        {"id": _variant(blue), "position": 1},
        {"id": _variant(red), "position": 2},
    ]


@pytest.mark.parametrize(
    ("positions", "code"),
    [
        ([(0, 1), (0, 2)], "DUPLICATED_VARIANT_ID"),
        ([(None, 1)], "MISSING_VARIANT"),
        ([(0, 0)], "INVALID_POSITION"),
    ],
)
def test_wrong_positions_are_refused(
    world: World, positions: list[tuple[int | None, int]], code: str
) -> None:
    shirt, variants = world.add_shirt()
    wanted = [
        {"id": _variant(1 if at is None else variants[at]), "position": place}
        for at, place in positions
    ]

    told = world.ask(REORDER_VARIANTS, id=_product(shirt), positions=wanted)

    assert _codes(told["productVariantsBulkReorder"]) == [code]


def test_options_move_and_variants_follow(world: World) -> None:
    options = [
        {"name": "Size", "values": [{"name": "S"}, {"name": "M"}]},
        {"name": "Color", "values": [{"name": "Red"}, {"name": "Blue"}]},
    ]
    variants = [
        {"optionValues": [{"optionName": "Size", "name": size}, {"optionName": "Color", "name": c}]}
        for size in ("S", "M")
        for c in ("Red", "Blue")
    ]
    body = {"title": "Tee", "productOptions": options, "variants": variants}
    tee = world.ask(PRODUCT_SET, input=body, now=True)["productSet"]["product"]["id"]
    wanted = [{"name": "Color", "values": [{"name": "Blue"}]}, {"name": "Size"}]

    told = world.ask(REORDER_OPTIONS, id=tee, options=wanted)["productOptionsReorder"]
    missing = world.ask(REORDER_OPTIONS, id=tee, options=wanted[:1])["productOptionsReorder"]
    unknown = world.ask(REORDER_OPTIONS, id=tee, options=[{"name": "Fit"}])

    titles = [node["title"] for node in told["product"]["variants"]["nodes"]]
    assert titles == ["Blue / S", "Blue / M", "Red / S", "Red / M"]
    assert told["product"]["options"][0] == {
        "name": "Color",
        "values": ["Blue", "Red"],
        "position": 1,
    }
    assert _codes(missing) == ["MISSING_OPTION_NAME"]
    assert _codes(unknown["productOptionsReorder"]) == ["OPTION_NAME_DOES_NOT_EXIST"]


def test_what_is_not_there_cannot_be_ordered(world: World) -> None:
    gone = _product(1)

    media = world.ask(REORDER_MEDIA, id=gone, moves=[])["productReorderMedia"]
    variants = world.ask(REORDER_VARIANTS, id=gone, positions=[])["productVariantsBulkReorder"]
    options = world.ask(REORDER_OPTIONS, id=gone, options=[])["productOptionsReorder"]

    assert media["mediaUserErrors"][0]["code"] == "PRODUCT_DOES_NOT_EXIST"
    assert _codes(variants) == _codes(options) == ["PRODUCT_DOES_NOT_EXIST"]


def test_categories_are_found_by_words_and_by_place(world: World) -> None:
    def found(**asked: str) -> list[dict[str, Any]]:
        return world.ask(CATEGORIES, **asked)["taxonomy"]["categories"]["nodes"]

    (mugs,) = found(search="kitchen mug")
    below = found(below="gid://shopify/TaxonomyCategory/hg")
    beside = found(beside="gid://shopify/TaxonomyCategory/hg-1-1")

    assert mugs["fullName"] == "Home & Garden > Kitchen & Dining > Mugs"
    assert (mugs["level"], mugs["isLeaf"], mugs["isRoot"]) == (3, True, False)
    assert [each["name"] for each in below] == [
        "Kitchen & Dining",
        "Lighting",
        "Decor",
        "Linens & Bedding",
    ]
    assert mugs["id"] in [each["id"] for each in beside]


def test_a_product_is_in_a_category(world: World) -> None:
    body = {"title": "Mug", "category": "gid://shopify/TaxonomyCategory/hg-1-1"}
    mug = world.ask(PRODUCT_SET, input=body, now=True)["productSet"]["product"]["id"]
    wrong = world.ask(PRODUCT_SET, input=body | {"category": "Mugs"}, now=True)["productSet"]

    told = world.ask("query Q($id: ID!) { product(id: $id) { category { name } } }", id=mug)

    assert told["product"]["category"] == {"name": "Mugs"}
    assert wrong["userErrors"][0]["field"] == ["input", "category"]
