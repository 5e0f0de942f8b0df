"""Cells as people and spreadsheets write them."""

from zoneinfo import ZoneInfo

import pytest

from app.catalog.files.cells import (
    BadCell,
    excel_number,
    from_grams,
    guarded,
    listed,
    measure,
    moment,
    moment_text,
    money_reader,
    quantity,
)
from tests.unit.catalog.files.reading import read

BERLIN = ZoneInfo("Europe/Berlin")


@pytest.mark.parametrize(
    ("cell", "currency", "minor"),
    [
        ("12", "USD", 1200),
        ("12.5", "USD", 1250),
        (".5", "USD", 50),
        ("$1,234.50", "USD", 123450),
        ("US$ 1,234.50", "USD", 123450),
        ("1.234,50 €", "EUR", 123450),
        ("1 234,50", "EUR", 123450),
        ("1\u202f234,50 EUR", "EUR", 123450),
        ("1'234.50", "CHF", 123450),
        ("¥1200", "JPY", 1200),
        ("¥1,200", "JPY", 1200),
        ("Rs. 500", "INR", 50000),
        ("12.345", "KWD", 12345),
        ("1,000,000", "USD", 100000000),
        ("1.000.000", "EUR", 100000000),
        ("0,99", "EUR", 99),
        ("9.90 ", "USD", 990),
        ("12.500", "USD", 1250),
        ("5 kr", "SEK", 500),
        ("CHF 12.-", "CHF", 1200),
        ("12,--", "EUR", 1200),
        ("￥１，２００", "JPY", 1200),
        ("1,23,456.00", "INR", 12345600),
    ],
)
def test_an_amount_is_read(cell: str, currency: str, minor: int) -> None:
    assert money_reader(currency)(cell) == {"minor": minor, "currency": currency}


@pytest.mark.parametrize(
    ("cell", "sentence"),
    [
        ("abc", "“abc” is not an amount."),
        ("12 abc", "“12 abc” is not an amount."),
        ("-1", "“-1” is below zero."),
        ("(12.00)", "“(12.00)” is below zero."),
        ("€12", "“€12” is not an amount in USD."),
        ("EUR 12", "“EUR 12” is not an amount in USD."),
        ("£12", "“£12” is not an amount in USD."),
        ("¥12", "“¥12” is not an amount in USD."),
        ("Rs. 500", "“Rs. 500” is not an amount in USD."),
        ("12.5.5", "“12.5.5” is not an amount."),
        ("1,23.50", "“1,23.50” is not an amount."),
        ("12*", "“12*” is not an amount."),
        ("10%", "“10%” is not an amount."),
        ("1.2.3,4,5", "“1.2.3,4,5” is not an amount."),
        ("99999999999999999", "This amount is too large."),
        ("1.234", "USD has 2 decimal places; “1.234” has more."),
        ("#N/A", "“#N/A” is not an amount."),
    ],
)
def test_what_is_no_amount_is_refused_with_a_sentence(cell: str, sentence: str) -> None:
    with pytest.raises(BadCell) as refused:
        money_reader("USD")(cell)

    assert str(refused.value) == sentence


def test_a_chosen_decimal_sign_settles_what_is_doubtful() -> None:
    assert money_reader("EUR", ",")("1.234") == {"minor": 123400, "currency": "EUR"}
    assert money_reader("KWD", ".")("1,234") == {"minor": 1234000, "currency": "KWD"}


def test_a_blank_amount_is_none() -> None:
    assert money_reader("USD")("") is None
    assert money_reader("USD")("  ") is None


@pytest.mark.parametrize(("cell", "count"), [("5", 5), ("5.0", 5), ("1,000", 1000), ("-3", -3)])
def test_a_quantity_is_whole(cell: str, count: int) -> None:
    assert quantity(cell) == count


@pytest.mark.parametrize(
    ("cell", "decimal", "count"), [("1.000", ",", 1000), ("7,000", ",", 7), ("7.000", ".", 7)]
)
def test_a_chosen_decimal_sign_counts_for_pieces_too(cell: str, decimal: str, count: int) -> None:
    text = f"Artikelnummer;Bezeichnung;Preis;Bestand\nMUG;Tasse;12;{cell}\n"

    (product,), _, _ = read(text, decimal=decimal)

    assert product.variants[0].values["quantity"] == count


@pytest.mark.parametrize("cell", ["2.5", "many", "1e5x"])
def test_a_broken_quantity_is_refused(cell: str) -> None:
    with pytest.raises(BadCell, match="is not a whole number"):
        quantity(cell)


@pytest.mark.parametrize(
    ("cell", "expected"),
    [
        ("1.50", {"value": "1.5", "unit": "kg"}),
        (".5", {"value": "0.5", "unit": "kg"}),
        ("1,5", {"value": "1.5", "unit": "kg"}),
        ("2 lbs", {"value": "2", "unit": "lb"}),
        ("250 g", {"value": "250", "unit": "g"}),
        ("", None),
    ],
)
def test_a_measure_keeps_its_unit(cell: str, expected: dict[str, str] | None) -> None:
    assert measure(cell, "kg") == expected


@pytest.mark.parametrize(
    ("grams", "unit", "value"),
    [("1500", "kg", "1.5"), ("453.59237", "lb", "1"), ("250", "g", "250")],
)
def test_grams_become_the_unit_shown_when_they_come_out_even(
    grams: str, unit: str, value: str
) -> None:
    assert from_grams(grams, unit) == {"value": value, "unit": unit}


@pytest.mark.parametrize(
    ("cell", "is_end", "expected"),
    [
        ("2026-11-20", False, "2026-11-19T23:00:00+00:00"),
        ("2026-11-20", True, "2026-11-20T22:59:59+00:00"),
        ("20.11.2026", False, "2026-11-19T23:00:00+00:00"),
        ("20/11/2026", False, "2026-11-19T23:00:00+00:00"),
        ("2026-11-20 08:00:00", False, "2026-11-20T07:00:00+00:00"),
        ("2026-11-20T08:00:00+00:00", False, "2026-11-20T08:00:00+00:00"),
        ("46346", False, "2026-11-19T23:00:00+00:00"),
    ],
)
def test_a_date_is_read_in_the_shops_zone(cell: str, is_end: bool, expected: str) -> None:
    assert moment(cell, BERLIN, is_end=is_end) == expected


def test_a_date_may_name_the_month_first() -> None:
    assert moment("03/04/2026", BERLIN, is_day_first=False) == "2026-03-03T23:00:00+00:00"


def test_what_is_no_date_is_refused() -> None:
    with pytest.raises(BadCell, match="is not a date"):
        moment("soon", BERLIN)


@pytest.mark.parametrize(
    ("cell", "zone"), [("9999-12-31", "America/New_York"), ("0001-01-01", "Asia/Tokyo")]
)
def test_a_date_beyond_the_calendar_is_refused(cell: str, zone: str) -> None:
    with pytest.raises(BadCell, match="is too far away"):
        moment(cell, ZoneInfo(zone), is_end=cell > "2026")


def test_the_last_day_of_the_calendar_is_written_in_every_zone() -> None:
    last = moment("9999-12-31", BERLIN, is_end=True)

    assert moment_text(last, BERLIN, is_end=True) == "9999-12-31"
    assert moment_text(last, ZoneInfo("Asia/Tokyo")) == last


@pytest.mark.parametrize("cell", ["²", "²²²²²"])
def test_raised_figures_are_no_place_and_no_date(cell: str) -> None:
    (product,), _, _ = read(
        "Handle,Title,Variant SKU,Variant Price,Image Src,Image Position\n"
        f"mug,Mug,MUG,1,https://img.example/a.jpg,{cell}\n"
    )

    assert product.images
    with pytest.raises(BadCell, match="is not a date"):
        moment(cell, BERLIN)


@pytest.mark.parametrize(
    ("value", "text"),
    [(1234567890123.0, "1234567890123"), (0.1, "0.1"), (1e-7, "0.0000001"), (12.0, "12")],
)
def test_a_spreadsheets_number_is_written_as_typed(value: float, text: str) -> None:
    assert excel_number(value) == text


def test_a_comma_behind_a_backslash_stays() -> None:
    assert listed(r"A > B, C\, D,") == ["A > B", "C, D"]


@pytest.mark.parametrize("text", ["=1+1", "+a", "-b", "@x", "\tx", "\rx", "\n=1", "＝1+1", "＠x"])
def test_a_formula_is_disarmed(text: str) -> None:
    assert guarded(text) == "'" + text


def test_a_negative_number_is_no_formula() -> None:
    assert guarded("-5") == "-5"
