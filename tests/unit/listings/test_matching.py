import os
from collections import Counter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.listings.matching import (
    CERTAIN,
    DOUBTFUL_SKU,
    SAME_GTIN,
    Item,
    ItemVariant,
    Proposal,
    pair_variants,
    propose,
    sku_key,
)

law = settings(deadline=None, max_examples=int(os.environ.get("LAW_EXAMPLES", "50")))
EAN, OTHER_EAN = "4006381333931", "96385074"


def item(key: str, title: str = "", *skus: str | None, gtin: str | None = None) -> Item:
    variants = tuple(ItemVariant(f"{key}.{i}", sku, gtin) for i, sku in enumerate(skus))
    return Item(key, title, variants or (ItemVariant(f"{key}.0", None, gtin),))


def sized(key: str, title: str, **skus: str | None) -> Item:
    variants = (ItemVariant(f"{key}.{s}", sku, choice={"Size": s}) for s, sku in skus.items())
    return Item(key, title, tuple(variants))


def only(external: list[Item], ours: list[Item]) -> Proposal:
    (proposal,) = propose(external, ours)
    return proposal


def test_a_unique_sku_pairs_by_itself_whatever_its_case_and_spaces() -> None:
    proposal = only([item("e", "Tasse", " mug-1 ")], [item("p", "Mug", "MUG-1")])

    assert proposal == Proposal("e", "p", CERTAIN, "Same SKU.", {"e.0": "p.0"}, is_certain=True)


@pytest.mark.parametrize("blank", [None, "", "  "])
def test_a_blank_sku_never_pairs(blank: str | None) -> None:
    proposal = only([item("e", "Tasse", blank)], [item("p", "Mug", blank)])

    assert proposal.product_id is None


def test_a_sku_that_is_repeated_on_either_side_never_pairs() -> None:
    there_twice = propose([item("e", "x", "A"), item("f", "y", "a")], [item("p", "z", "A")])
    here_twice = propose([item("e", "x", "A")], [item("p", "y", "A"), item("q", "z", "A ")])

    assert [each.product_id for each in there_twice + here_twice] == [None, None, None]


def test_skus_that_point_to_two_products_pair_nothing() -> None:
    proposal = only([item("e", "Mug", "A", "B")], [item("p", "Mug", "A"), item("q", "Mug", "B")])

    assert proposal.product_id is None
    assert proposal.reason == "Its SKUs belong to 2 different products of yours."


def test_two_items_that_share_a_product_pair_nothing() -> None:
    proposals = propose(
        [item("e", "Mug", "A"), item("f", "Mug", "B")], [item("p", "Mug", "A", "B")]
    )

    assert {each.product_id for each in proposals} == {None}


def test_a_product_that_is_paired_already_is_not_given_away() -> None:
    ours = [item("p", "Mug", "A")]

    (proposal,) = propose([item("e", "Mug", "A")], ours, taken_ours=["p"])

    assert proposal.product_id is None
    assert proposal.reason == "Its SKU belongs to a product that is paired already."


def test_an_item_that_is_paired_already_is_not_proposed() -> None:
    external = [item("e", "Mug", "A"), item("f", "Cup", "B")]

    proposals = propose(external, [item("p", "Mug", "A")], taken_external=["e"])

    assert [each.external_id for each in proposals] == ["f"]


def test_the_same_sku_with_another_barcode_is_for_a_person() -> None:
    proposal = only([item("e", "Mug", "A", gtin=EAN)], [item("p", "Mug", "A", gtin=OTHER_EAN)])

    assert (proposal.product_id, proposal.score) == ("p", DOUBTFUL_SKU)
    assert not proposal.is_certain
    assert proposal.reason == "Same SKU “A”, but the barcodes differ."


def test_one_sku_of_many_is_for_a_person() -> None:
    proposal = only([item("e", "x", *"ABCD")], [item("p", "y", *"AXYZ")])

    assert (proposal.product_id, proposal.is_certain) == ("p", False)
    assert proposal.reason == "Only 1 of 4 SKUs are the same."


def test_a_unique_barcode_is_proposed_even_in_another_spelling() -> None:
    proposal = only([item("e", "x", gtin="012345678905")], [item("p", "y", gtin="0012345678905")])

    assert (proposal.product_id, proposal.score) == ("p", SAME_GTIN)
    assert not proposal.is_certain


def test_a_mistyped_barcode_is_no_evidence() -> None:
    proposal = only([item("e", "x", gtin="4006381333930")], [item("p", "y", gtin="4006381333930")])

    assert proposal.product_id is None


def test_equal_titles_are_proposed_and_never_certain() -> None:
    ours = [item("p", "Blue enamel mug"), item("q", "Red wool scarf")]

    proposal = only([item("e", "BLUE enamel Mug!")], ours)

    assert proposal.product_id == "p"
    assert not proposal.is_certain
    assert proposal.reason == "Title and details are 100% alike."


@pytest.mark.parametrize(
    ("theirs", "ours"),
    [
        ("Case for phone 12", "Case for phone 13"),
        ("Blue cotton shirt", "Red cotton shirt"),
        ("Mug", "Mug warmer with timer"),
        ("", ""),
        ("!!!", "???"),
    ],
)
def test_titles_that_name_other_things_are_not_proposed(theirs: str, ours: str) -> None:
    assert only([item("e", theirs)], [item("p", ours)]).product_id is None


def test_titles_without_spaces_are_compared_by_pairs_of_signs() -> None:
    ours = [item("p", "蓝色搪瓷杯子"), item("q", "红色羊毛围巾")]

    assert only([item("e", "蓝色搪瓷杯")], ours).product_id == "p"
    assert only([item("e", "Mug茶")], [item("p", "茶 mug")]).product_id == "p"


def test_two_products_that_look_alike_are_for_a_person() -> None:
    proposal = only([item("e", "Blue mug")], [item("p", "Blue mug"), item("q", "blue MUG")])

    assert proposal.product_id is None
    assert proposal.reason == "Several products look equally like it."


def test_two_items_that_look_like_one_product_are_for_a_person() -> None:
    proposals = propose([item("e", "Blue mug"), item("f", "Blue mug")], [item("p", "Blue mug")])

    assert {each.product_id for each in proposals} == {None}


def test_details_tell_equal_titles_apart() -> None:
    ours = [
        Item("p", "Classic tee", (ItemVariant("p.0", choice={"Color": "Red"}),), brand="Acme"),
        Item("q", "Classic tee", (ItemVariant("q.0", choice={"Color": "Blue"}),), brand="Bolt"),
    ]
    theirs = Item("e", "Classic tee", attributes={"Color": ["Blue"]}, brand="Bolt")

    assert only([theirs], ours).product_id == "q"


def test_equal_titles_with_other_barcodes_are_other_products() -> None:
    proposal = only([item("e", "Blue mug", gtin=EAN)], [item("p", "Blue mug", gtin=OTHER_EAN)])

    assert proposal.product_id is None


def test_variants_pair_by_sku_then_by_their_options() -> None:
    theirs = sized("e", "Tee", S="A", M=None, L="C")
    ours = sized("p", "Tee", S="A", M="B", L=None)

    assert pair_variants(theirs, ours) == {"e.S": "p.S", "e.M": "p.M", "e.L": "p.L"}


def test_a_sku_goes_before_an_option_value() -> None:
    theirs = sized("e", "Tee", S="A", M="B")
    ours = sized("p", "Tee", S="B", M="A")

    assert pair_variants(theirs, ours) == {"e.S": "p.M", "e.M": "p.S"}


def test_lone_variants_belong_together() -> None:
    assert pair_variants(item("e", "Tee", "A"), item("p", "Tee", "B")) == {"e.0": "p.0"}


def test_variants_that_share_nothing_stay_alone() -> None:
    assert pair_variants(item("e", "Tee", "A", "B"), item("p", "Tee", "C", "D")) == {}


SKUS = st.sampled_from([None, "", " ", "A", "a ", "B", "C", "D", "E"])
GTINS = st.sampled_from([None, None, EAN, OTHER_EAN, "012345678905"])
TITLES = st.sampled_from(["Blue mug", "Red mug", "blue MUG", "Wool scarf", "Case 12", "Case 13"])


def items(prefix: str) -> st.SearchStrategy[list[Item]]:
    drawn = st.tuples(TITLES, st.lists(st.tuples(SKUS, GTINS), min_size=1, max_size=3))
    return st.lists(drawn, max_size=5).map(
        lambda rows: [
            Item(
                f"{prefix}{i}",
                title,
                tuple(ItemVariant(f"{prefix}{i}.{j}", *codes) for j, codes in enumerate(held)),
            )
            for i, (title, held) in enumerate(rows)
        ]
    )


def counted(side: list[Item]) -> Counter[str]:
    return Counter(
        key for each in side for variant in each.variants if (key := sku_key(variant.sku))
    )


@given(items("e"), items("p"))
@law
def test_pairs_are_one_to_one(external: list[Item], ours: list[Item]) -> None:
    proposals = propose(external, ours)

    assert [each.external_id for each in proposals] == [each.id for each in external]
    paired = [each.product_id for each in proposals if each.product_id]
    assert len(paired) == len(set(paired))
    for each in proposals:
        assert len(set(each.variant_pairs.values())) == len(each.variant_pairs)


@given(items("e"), items("p"))
@law
def test_what_pairs_by_itself_shares_a_sku_nobody_else_has(
    external: list[Item], ours: list[Item]
) -> None:
    there, here = counted(external), counted(ours)
    skus = {
        each.id: {sku_key(variant.sku) for variant in each.variants} - {None}
        for each in external + ours
    }

    for each in propose(external, ours):
        if each.is_certain and each.product_id:
            shared = skus[each.external_id] & skus[each.product_id]
            assert any(key and there[key] == here[key] == 1 for key in shared)


@given(items("e"), items("p"))
@law
def test_pairs_do_not_depend_on_the_order_of_products(
    external: list[Item], ours: list[Item]
) -> None:
    forward = propose(external, ours)
    backward = propose(external[::-1], ours[::-1])

    assert forward == backward[::-1]


@given(items("e"), items("p"))
@law
def test_scores_are_shares_and_only_certain_ones_are_whole(
    external: list[Item], ours: list[Item]
) -> None:
    for each in propose(external, ours):
        assert 0.0 <= each.score <= 1.0
        assert each.is_certain == (each.score == CERTAIN)
        assert bool(each.product_id) == (each.score > 0)
        assert each.reason


def test_thousands_of_titles_that_share_most_words_find_their_own() -> None:
    numbers = range(2_000)
    ours = [item(f"p{i}", f"Model{i} enamel mug blue", f"A{i}" if i % 2 else "") for i in numbers]
    external = [item(f"e{i}", f"Mug blue model{i}", f"a{i}" if i % 2 else "") for i in numbers]

    proposals = propose(external, ours)

    assert all(each.product_id == each.external_id.replace("e", "p") for each in proposals)
    assert sum(each.is_certain for each in proposals) == 1_000
