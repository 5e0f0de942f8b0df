"""The variants grid: what is typed, what is meant, which combinations are missing."""

from zoneinfo import ZoneInfo

import pytest

from app.catalog import variant_rows
from app.catalog.variant_rows import NotTyped, Reading, VariantRow, read_amount
from app.catalog.views.editing import renamed_values

BERLIN = Reading("USD", ZoneInfo("Europe/Berlin"))


@pytest.mark.parametrize(
    ("typed", "currency", "minor"),
    [
        ("12.50", "USD", 1250),
        ("12,50", "EUR", 1250),
        ("$1,234.50", "USD", 123450),
        ("1.234,50 €", "EUR", 123450),
        ("1,200", "JPY", 1200),
        ("¥1", "JPY", 1),
        ("0", "USD", 0),
        ("1.234", "KWD", 1234),
    ],
)
def test_amounts_are_read_as_people_write_them(typed: str, currency: str, minor: int) -> None:
    assert read_amount(typed, currency) == {"minor": minor, "currency": currency}


@pytest.mark.parametrize("typed", ["cheap", "1.2.3", "12.505", "--"])
def test_what_is_no_amount_is_a_sentence(typed: str) -> None:
    with pytest.raises(NotTyped):
        read_amount(typed, "USD")


def test_a_sale_that_ends_beyond_the_calendar_is_a_sentence_and_breaks_no_page() -> None:
    west = Reading("USD", ZoneInfo("America/New_York"))
    row = VariantRow("new-1", {}, {"sale_to": "9999-12-31T23:59"})
    last = "9999-12-31T22:59:59+00:00"

    variant_rows.values_of(row, west)

    assert "too far away" in row.errors["sale_to"]
    assert variant_rows.moment_text(last, ZoneInfo("Asia/Tokyo")) == "9999-12-31T22:59"


def test_a_blank_amount_is_no_price() -> None:
    assert read_amount("  ", "USD") is None


def test_a_row_survives_being_shown_and_read() -> None:
    values = {
        "sku": "MUG",
        "gtin": None,
        "mpn": None,
        "choice": {"Size": "S"},
        "price": {"minor": 1250, "currency": "USD"},
        "sale_price": None,
        "sale_from": "2026-11-27T08:00:00+00:00",
        "sale_to": None,
        "cost": None,
        "prices": {"EUR": {"price": {"minor": 990, "currency": "EUR"}, "sale_price": None}},
        "quantity": 4,
        "backorders": "no",
        "weight": {"value": "0.5", "unit": "lb"},
        "length": {"value": "10", "unit": "in"},
        "width": None,
        "height": None,
        "image": None,
    }
    shown = variant_rows.row_of("new-0", values, BERLIN)
    sent = [(f"variant.new-0.{name}", text) for name, text in shown.texts.items()]

    (row,) = variant_rows.read_rows([*sent, ("variant.new-0.choice.Size", "S")])

    assert shown.text("sale_from") == "2026-11-27T09:00"
    assert variant_rows.values_of(row, BERLIN) == values
    assert row.errors == {}


def test_boxes_of_no_variant_are_ignored() -> None:
    assert variant_rows.read_rows([("variant.evil.sku", "x"), ("title", "y")]) == []


def test_only_missing_combinations_are_made() -> None:
    options = [{"name": "Size", "values": ["S", "M"]}, {"name": "Colour", "values": ["Red"]}]

    made = variant_rows.missing_rows(
        options, [{"Size": "s", "Colour": "red"}], first=3, like={"price": "9"}
    )

    assert [(row.key, row.choice, row.text("price")) for row in made] == [
        ("new-3", {"Size": "M", "Colour": "Red"}, "9")
    ]


def test_a_large_grid_is_made_in_parts() -> None:
    options = [{"name": n, "values": [str(v) for v in range(20)]} for n in ("A", "B")]

    made = variant_rows.missing_rows(options, [], first=0, like={})

    assert len(made) == variant_rows.MAX_GENERATED


def test_new_rows_are_numbered_on() -> None:
    rows = [VariantRow("new-4", {}, {}), VariantRow("new-1", {}, {})]

    assert variant_rows.next_new(rows) == 5


def test_only_a_value_spelled_anew_in_its_place_counts_as_renamed() -> None:
    assert renamed_values(["S", "M"], ["Small", "M"]) == {"S": "Small"}
    assert renamed_values(["S", "M"], ["M", "S"]) == {}
    assert renamed_values(["S", "M"], ["S"]) == {}
