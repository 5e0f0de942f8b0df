from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.adapters import units

AMOUNTS = st.decimals("0", "900", places=3)


@pytest.mark.parametrize(
    ("value", "unit", "into", "result"),
    [
        ("1", "lb", "g", "453.59237"),
        ("16", "oz", "lb", "1"),
        ("0.5", "kg", "g", "500"),
        ("1", "in", "cm", "2.54"),
        ("1", "yd", "m", "0.9144"),
        ("3", "ft", "yd", "1"),
        ("100", "g", "kg", "0.1"),
        (" 2 ", "Pounds", "ounces", "32"),
        ("2", "LBS.", "lb", "2"),
    ],
)
def test_units_convert(value: str, unit: str, into: str, result: str) -> None:
    assert units.convert(value, unit, into=into) == Decimal(result)


@pytest.mark.parametrize(
    ("value", "unit", "into"),
    [
        ("1", "kg", "cm"),
        ("1", "stone", "kg"),
        ("1", "kg", "stone"),
        ("heavy", "kg", "g"),
        ("NaN", "kg", "g"),
        ("Infinity", "kg", "g"),
        ("1e40", "kg", "g"),
        (None, "kg", "g"),
    ],
)
def test_what_makes_no_sense_is_not_converted(value: object, unit: str, into: str) -> None:
    assert units.convert(value, unit, into=into) is None


@given(AMOUNTS, st.sampled_from(sorted(units.GRAMS)), st.sampled_from(sorted(units.GRAMS)))
@settings(deadline=None, max_examples=50)
def test_there_and_back_is_where_we_were(amount: Decimal, unit: str, other: str) -> None:
    there = units.convert(amount, unit, into=other, places=15)

    assert there is not None
    back = units.convert(there, other, into=unit, places=6)
    assert back is not None
    assert abs(back - amount) <= Decimal("0.000001")


def test_numbers_are_written_without_exponents() -> None:
    assert str(units.trimmed(Decimal("1.500"))) == "1.5"
    assert str(units.trimmed(Decimal("1E+2"))) == "100"


def test_units_know_what_they_measure() -> None:
    assert units.is_weight("Kilograms")
    assert not units.is_weight("cm")
    assert units.is_length('"')
