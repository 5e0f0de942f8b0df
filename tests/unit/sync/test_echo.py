from typing import Any

from hypothesis import given

from app.sync import echo
from app.sync.planner import plan_listing
from app.sync.sides import NOTHING, Side
from tests.unit.sync.worlds import EVERYTHING, TWO_WAY, any_sides, law


def test_our_own_write_is_recognised_however_the_shop_spells_it() -> None:
    written = Side({"title": "Cup", "description": "a"}, {"v": {"sku": "A"}})

    marks = echo.stamp(written)

    shown = Side({"title": " Cup", "description": "<p>a</p>", "brand": "Acme"}, {"v": {"sku": "A"}})
    assert echo.is_echo(shown, marks)


def test_one_edited_value_is_no_echo() -> None:
    marks = echo.stamp(Side({"title": "Cup"}, {"v": {"sku": "A"}}))

    assert not echo.is_echo(Side({"title": "Cup"}, {"v": {"sku": "B"}}), marks)
    assert not echo.is_echo(Side({"title": "Cup"}), marks)


def test_having_written_nothing_makes_nothing_an_echo() -> None:
    assert not echo.is_echo(Side({"title": "Cup"}), {})


@given(any_sides)
@law
def test_a_side_is_the_echo_of_itself(side: Side) -> None:
    marks = echo.stamp(side)

    assert echo.is_echo(side, marks) == bool(marks)


@given(any_sides, any_sides)
@law
def test_one_fingerprint_means_every_value_is_the_same(a: Side, b: Side) -> None:
    is_same = echo.side_fingerprint(a) == echo.side_fingerprint(b)

    assert is_same == (echo.stamp(a) == echo.stamp(b) and a.variants.keys() == b.variants.keys())


def test_a_confirmed_write_is_told_from_a_rendered_and_an_ignored_one() -> None:
    before = _side("Mug", "old", 1000)
    written = _side("Cup", "<p>new</p><blink>!</blink>", 1100)
    shown = _side("Cup", "<p>new</p>!", 1000)

    result = echo.read_back(before, written, shown)

    assert result.confirmed == Side({"title": "Cup"})
    assert result.rendered == Side({"description": "<p>new</p>!"})
    assert result.ignored == (("v", "price"),)


def test_a_price_that_comes_back_different_was_not_taken() -> None:
    result = echo.read_back(_side("a", "a", 1000), _side("a", "a", 1099), _side("a", "a", 1100))

    assert result.ignored == (("v", "price"),)


def test_a_text_that_comes_back_as_it_was_before_was_not_taken() -> None:
    result = echo.read_back(Side({"title": "Mug"}), Side({"title": "Cup"}), Side({"title": "Mug"}))

    assert result.ignored == ((None, "title"),)


def test_a_value_the_shop_does_not_show_was_not_confirmed() -> None:
    result = echo.read_back(NOTHING, Side({"title": "Cup"}), NOTHING)

    assert result.ignored == ((None, "title"),)


def test_a_value_in_the_words_of_the_shop_is_no_edit() -> None:
    base = Side({"description": "<p>new</p><blink>!</blink>"})
    shown = Side({"description": "<p>new</p>!"})

    seen = echo.read_through(shown, base, rendered=shown)

    assert plan_listing(base, seen, base, TWO_WAY, carries=EVERYTHING).is_idle


def test_an_edit_after_a_rendering_is_an_edit() -> None:
    base = Side({"description": "<p>new</p><blink>!</blink>"})

    seen = echo.read_through(
        Side({"description": "edited"}), base, rendered=Side({"description": "<p>new</p>!"})
    )

    assert seen == Side({"description": "edited"})


def test_a_late_echo_is_not_a_change() -> None:
    base = Side({"title": "Cup"}, {"v": {"sku": "B"}})
    recent = {"title": [echo.stamp(Side({"title": "Mug"}))["title"]]}

    seen = echo.read_through(Side({"title": "Mug"}, {"v": {"sku": "B"}}), base, recent=recent)

    assert seen == base


def test_a_value_we_never_wrote_is_a_change() -> None:
    base = Side({"title": "Cup"})
    recent = {"title": [echo.stamp(Side({"title": "Mug"}))["title"]]}

    assert echo.read_through(Side({"title": "Jug"}), base, recent=recent) == Side({"title": "Jug"})


@given(any_sides, any_sides)
@law
def test_reading_through_without_notes_changes_nothing_to_plan(theirs: Side, base: Side) -> None:
    assert echo.read_through(theirs, base) == theirs


def _side(title: str, description: str, minor: int) -> Side:
    price: dict[str, Any] = {"minor": minor, "currency": "USD"}
    return Side({"title": title, "description": description}, {"v": {"price": price}})
