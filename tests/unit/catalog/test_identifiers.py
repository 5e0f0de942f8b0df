import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.catalog import identifiers


@pytest.mark.parametrize(
    "code",
    [
        "96385074",
        "012345678905",
        "4006381333931",
        "10012345678902",
        "9780306406157",
        "00000000000017",
    ],
)
def test_valid_barcodes_have_no_problem(code: str) -> None:
    assert identifiers.gtin_problem(code) is None


@pytest.mark.parametrize(
    ("code", "sentence"),
    [
        ("4006381333932", "The barcode “4006381333932” has a typing error: "
         "its last digit would be 1."),
        ("12345", "A barcode has 8, 12, 13 or 14 digits; “12345” has 5."),
        ("ABC-1", "The barcode “ABC-1” may only hold digits."),
        ("00000000", "A barcode of zeros belongs to no product."),
        (
            "４００６３８１３３３９３１", "The barcode “４００６３８１３３３９３１” may "
         "only hold digits."),
    ],
)  # fmt: skip
def test_a_wrong_barcode_is_told_in_a_sentence(code: str, sentence: str) -> None:
    assert identifiers.gtin_problem(code) == sentence


def test_a_blank_is_no_barcode_and_no_problem() -> None:
    for blank in (None, "", "  ", "'"):
        assert identifiers.normalise_gtin(blank) is None
        assert identifiers.gtin_problem(blank) is None
        assert identifiers.gtin_key(blank) is None


def test_spaces_hyphens_and_the_apostrophe_of_spreadsheets_are_dropped() -> None:
    assert identifiers.normalise_gtin(" '400-6381 333931") == "4006381333931"


def test_a_book_number_of_ten_becomes_one_of_thirteen() -> None:
    assert identifiers.normalise_gtin("0-306-40615-2") == "9780306406157"
    assert identifiers.normalise_gtin("080442957x") == "9780804429573"
    assert identifiers.is_isbn("0-306-40615-2")
    assert not identifiers.is_isbn("4006381333931")


def test_ten_digits_that_are_no_book_stay_as_typed() -> None:
    assert identifiers.normalise_gtin("0306406153") == "0306406153"
    assert identifiers.gtin_problem("0306406153") is not None


def test_one_item_has_one_key_in_every_shop() -> None:
    assert identifiers.gtin_key("012345678905") == identifiers.gtin_key("0012345678905")
    assert identifiers.gtin_key("012345678904") is None


def test_kinds_of_barcodes_have_names() -> None:
    names = {code: identifiers.gtin_name(code) for code in ("96385074", "012345678905", "1")}

    assert names == {"96385074": "EAN-8", "012345678905": "UPC-A", "1": None}
    assert identifiers.gtin_name("9780306406157") == "ISBN"
    assert identifiers.gtin_name("4006381333931") == "EAN-13"
    assert identifiers.gtin_name("10012345678902") == "GTIN-14"


@given(st.text("0123456789", min_size=13, max_size=13), st.integers(0, 12), st.integers(1, 9))
@settings(deadline=None, max_examples=50)
def test_no_single_wrong_digit_goes_unseen(stem: str, place: int, slip: int) -> None:
    code = stem + identifiers.gtin_check_digit(stem)
    mistyped = code[:place] + str((int(code[place]) + slip) % 10) + code[place + 1 :]

    assert identifiers.gtin_problem(mistyped) is not None


@given(st.text("0123456789", min_size=9, max_size=9))
@settings(deadline=None, max_examples=50)
def test_every_book_number_of_ten_has_a_valid_twin(stem: str) -> None:
    short = stem + identifiers.isbn10_check_digit(stem)

    assert identifiers.gtin_problem(identifiers.isbn13(short)) is None
    assert identifiers.normalise_gtin(short) == identifiers.isbn13(short)


@given(st.text(max_size=20))
@settings(deadline=None, max_examples=100)
def test_any_text_can_be_judged(text: str) -> None:
    code = identifiers.normalise_gtin(text)

    assert identifiers.normalise_gtin(code) == code
    assert (identifiers.gtin_key(text) is None) or identifiers.gtin_problem(text) is None
