"""Barcodes and book numbers: GTIN-8, -12, -13, -14 and ISBN, with their check digits."""

import re
from typing import Final

GTIN_LENGTHS: Final = (8, 12, 13, 14)
_SEPARATORS: Final = re.compile(r"[\s\-‐-―]+")
_ISBN10: Final = re.compile(r"\d{9}[\dX]")
_BOOKLAND: Final = ("978", "979")


def normalise_gtin(text: str | None) -> str | None:
    """Return the digits of a barcode without spaces and hyphens; None for a blank.

    A ten-digit ISBN becomes its thirteen-digit twin. What is not a barcode comes back as typed, so
    that `gtin_problem` can talk about it and nothing is lost.
    """
    compact = _SEPARATORS.sub("", text or "").strip("'").upper()
    if not compact:
        return None
    if _ISBN10.fullmatch(compact) and isbn10_check_digit(compact[:9]) == compact[9]:
        return isbn13(compact)
    return compact if compact.isascii() and compact.isdigit() else (text or "").strip()


def gtin_key(text: str | None) -> str | None:
    """Return fourteen digits by which equal barcodes are found; None when it is no valid one.

    The same item is 012345678905 in one shop and 0012345678905 in another.
    """
    code = normalise_gtin(text)
    if code is None or gtin_problem(code) is not None:
        return None
    return code.zfill(14)


def gtin_problem(text: str | None) -> str | None:
    """Say what is wrong with a barcode, or None when it is fine or blank."""
    code = normalise_gtin(text)
    if code is None:
        return None
    if not (code.isascii() and code.isdigit()):
        return f"The barcode “{code}” may only hold digits."
    if len(code) not in GTIN_LENGTHS:
        return f"A barcode has 8, 12, 13 or 14 digits; “{code}” has {len(code)}."
    if set(code) == {"0"}:
        return "A barcode of zeros belongs to no product."
    due = gtin_check_digit(code[:-1])
    if code[-1] != due:
        return f"The barcode “{code}” has a typing error: its last digit would be {due}."
    return None


def gtin_check_digit(digits: str) -> str:
    """Return the digit that follows these (weights 3 and 1, from the right)."""
    total = sum(int(digit) * (1 if i % 2 else 3) for i, digit in enumerate(reversed(digits)))
    return str(-total % 10)


def isbn10_check_digit(digits: str) -> str:
    """Return the tenth character of an ISBN of nine digits; X stands for ten."""
    total = sum(int(digit) * weight for digit, weight in zip(digits, range(10, 1, -1), strict=True))
    return "0123456789X"[-total % 11]


def isbn13(isbn10: str) -> str:
    """Return the thirteen-digit form of a ten-digit ISBN."""
    stem = _BOOKLAND[0] + isbn10[:9]
    return stem + gtin_check_digit(stem)


def is_isbn(text: str | None) -> bool:
    """Tell whether a barcode is that of a book."""
    code = normalise_gtin(text)
    return (
        code is not None
        and len(code) == 13
        and code.startswith(_BOOKLAND)
        and gtin_problem(code) is None
    )


def gtin_name(text: str | None) -> str | None:
    """Name the kind of a valid barcode for people: ISBN, EAN-8, UPC-A, EAN-13 or GTIN-14."""
    code = normalise_gtin(text)
    if code is None or gtin_problem(code) is not None:
        return None
    if is_isbn(code):
        return "ISBN"
    return {8: "EAN-8", 12: "UPC-A", 13: "EAN-13", 14: "GTIN-14"}[len(code)]
