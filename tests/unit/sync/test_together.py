"""Fields that mean something together: a sale and its ends, options and what variants stand for."""

from typing import Any

from hypothesis import assume, given
from hypothesis import strategies as st

from app.sync.planner import VARIANT, Way, apply, plan_listing
from app.sync.sides import Side
from app.sync.together import contradictions, renamed_choice, renamed_options
from tests.unit.sync.worlds import EVERYTHING, TWO_WAY, law


def day(number: int) -> str:
    return f"2026-12-{number:02}T00:00:00+00:00"


def dollars(amount: int) -> dict[str, Any]:
    return {"minor": amount * 100, "currency": "USD"}


def of_variant(**values: Any) -> Side:
    return Side(variants={"v": values})


def _sale(begin: int, days: int, sale: int, off: int) -> dict[str, Any]:
    price = {"price": dollars(sale + off), "sale_price": dollars(sale)}
    return {"sale_from": day(begin), "sale_to": day(begin + days), **price}


_SMALL = st.integers(1, 4)
_SALES = st.builds(_sale, _SMALL, _SMALL, _SMALL, st.integers(0, 3))


@given(_SALES, _SALES, _SALES)
@law
def test_edits_of_two_sides_never_make_a_sale_that_cannot_be(
    base: dict[str, Any], ours: dict[str, Any], theirs: dict[str, Any]
) -> None:
    sides = (of_variant(**ours), of_variant(**theirs), of_variant(**base))

    made = plan_listing(*sides, TWO_WAY, carries=EVERYTHING)

    for side, intents in ((sides[0], made.pulls), (sides[1], made.pushes)):
        assert list(contradictions(apply(side, intents).of("v"))) == []


def test_a_sale_that_would_end_before_it_starts_is_asked_about_as_a_whole() -> None:
    base = of_variant(sale_from=day(1), sale_to=day(5), gtin="1")
    ours = of_variant(sale_from=day(4), sale_to=day(5), gtin="1")
    theirs = of_variant(sale_from=day(1), sale_to=day(3), gtin="2")

    made = plan_listing(ours, theirs, base, TWO_WAY, carries=EVERYTHING)

    assert {each.field for each in made.conflicts} == {"sale_from", "sale_to"}
    assert [each.field for each in made.intents] == ["gtin"]
    assert made.agreed.of("v")["sale_from"] == day(1)


def test_variants_wait_until_it_is_decided_what_their_options_are_called() -> None:
    def side(name: str, *values: str) -> Side:
        variants: dict[str, dict[str, Any]] = {each: {"choice": {name: each}} for each in values}
        return Side({"options": [{"name": name, "values": list(values)}]}, variants)

    made = plan_listing(
        side("Size", "S", "M", "L"),
        side("Größe", "S", "M"),
        side("Size", "S", "M"),
        TWO_WAY,
        carries=EVERYTHING,
    )

    assert [each.field for each in made.conflicts] == ["options"]
    assert made.intents == ()
    waiting = {(each.field, each.variant_key) for each in made.differences}
    assert waiting == {("choice", "S"), ("choice", "M"), (VARIANT, "L")}


def test_a_renamed_option_alone_comes_in_with_its_variants() -> None:
    def side(name: str) -> Side:
        return Side({"options": [{"name": name, "values": ["S"]}]}, {"S": {"choice": {name: "S"}}})

    made = plan_listing(side("Size"), side("Größe"), side("Size"), TWO_WAY, carries=EVERYTHING)

    assert {(each.way, each.field) for each in made.intents} == {
        (Way.PULL, "options"),
        (Way.PULL, "choice"),
    }


def options(**named: str) -> list[dict[str, Any]]:
    return [{"name": name, "values": values.split()} for name, values in named.items()]


def test_an_option_in_its_place_with_some_of_its_values_was_renamed() -> None:
    assert renamed_options(options(Size="S M"), options(Größe="M L")) == {"Size": "Größe"}
    assert renamed_options(options(Size="S M"), options(Fit="slim")) == {}
    assert renamed_options(options(Size="S", Fit="S"), options(Fit="S", Size="S")) == {}
    assert renamed_options(options(Size="S", Fit="S"), options(Size="S", Cut="S")) == {"Fit": "Cut"}


@given(st.dictionaries(st.sampled_from("abc"), st.sampled_from("xyz")), st.sampled_from("abc"))
@law
def test_a_renamed_choice_keeps_what_was_chosen(choice: dict[str, str], name: str) -> None:
    assume("new" not in choice)

    renamed = renamed_choice(choice, {name: "new"})

    assert sorted(renamed.values()) == sorted(choice.values())
    assert name not in renamed
