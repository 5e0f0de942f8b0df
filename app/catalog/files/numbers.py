"""Numbers as people write them: 1,234.50 and 1.234,50 €, Rs. 1,200, CHF 12.-, (12)."""

import re
import unicodedata
from decimal import Decimal
from functools import lru_cache
from typing import Final

_AMOUNT: Final = re.compile(r"-?\d+(?:\.\d+)?")
_SPACES: Final = str.maketrans("", "", " \u00a0\u202f\u2009'’")
_BARE: Final = re.compile(r"[^0-9.,\-−()+]")
_FIGURES: Final = re.compile(r"[0-9.,\-−()+]")
_NO_CENTS: Final = re.compile(r"(?<=\d)[.,][-–—]+(?=\D*$)")  # 12.- and 12,--
# Three digits to a group; two in India, but for the last one.
_GROUPED: Final = {
    mark: re.compile(rf"\D*\d{{1,3}}(?:[{mark}]\d{{2,3}})*[{mark}]\d{{3}}(?!\d).*") for mark in ",."
}
_DOLLARS: Final = (
    "USD AUD CAD NZD SGD HKD TWD MXN CLP COP ARS BRL BSD BBD BZD BMD FJD GYD JMD LRD NAD SBD SRD"
    " TTD UYU XCD DOP BND"
)
_MARKS: Final = {
    mark: frozenset(currencies.split())
    for mark, currencies in {
        "$": _DOLLARS,
        "€": "EUR",
        "£": "GBP EGP FKP GIP LBP SHP SSP SYP",
        "¥": "JPY CNY",
        "円": "JPY",
        "元": "CNY TWD",
        "₹": "INR",
        "₩": "KRW",
        "₫": "VND",
        "₺": "TRY",
        "₱": "PHP",
        "฿": "THB",
        "₽": "RUB",
        "₪": "ILS",
        "₴": "UAH",
        "₦": "NGN",
        "kr": "SEK NOK DKK ISK",
        "zł": "PLN",
        "fr": "CHF XAF XOF",
        "rs": "INR PKR LKR NPR MUR SCR",
        "ft": "HUF",
        "kč": "CZK",
        "лв": "BGN",
        "lei": "RON MDL",
        "rm": "MYR",
        "rp": "IDR",
        "r": "ZAR",
        "r$": "BRL",
        "us$": "USD",
        "a$": "AUD",
        "au$": "AUD",
        "c$": "CAD",
        "ca$": "CAD",
        "nz$": "NZD",
        "s$": "SGD",
        "hk$": "HKD",
        "nt$": "TWD",
        "mx$": "MXN",
    }.items()
}


class BadCell(ValueError):
    """A cell that cannot be read as what its column holds; the message is a sentence."""


def fold(name: str) -> str:
    """Return a header cell as it is compared."""
    return " ".join(name.casefold().replace("_", " ").split())


def shown(cell: str) -> str:
    """Return a cell as it may stand in a sentence."""
    return f"“{cell if len(cell) <= 40 else cell[:39] + '…'}”"


def _point(text: str, decimal: str | None) -> str:
    """Rewrite 1,234.50 and 1.234,50 alike as 1234.50; odd groups stay as they are."""
    if decimal is not None:
        text = _ungrouped(text, "," if decimal == "." else ".")
        return text.replace(",", ".") if decimal == "," else text
    dot, comma = text.rfind("."), text.rfind(",")
    if dot >= 0 and comma >= 0:
        return _ungrouped(text, "," if dot > comma else ".").replace(",", ".")
    if comma >= 0:
        is_group = text.count(",") > 1 or (len(text) - comma == 4 and not text.startswith("0,"))
        return _ungrouped(text, ",") if is_group else text.replace(",", ".")
    return _ungrouped(text, ".") if text.count(".") > 1 else text


def _ungrouped(text: str, mark: str) -> str:
    return text.replace(mark, "") if _GROUPED[mark].fullmatch(text) else text


@lru_cache(maxsize=2048)
def number(cell: str, decimal: str | None = None, currency: str | None = None) -> Decimal:
    """Read a number with symbols, spaces and separators; (12) is -12, "EUR 12" wants EUR."""
    spelled = cell if cell.isascii() else unicodedata.normalize("NFKC", cell)
    bare = _NO_CENTS.sub("", spelled.translate(_SPACES))
    figures = _BARE.sub("", bare)
    marks = _FIGURES.sub("", bare)
    if marks and not _is_money_mark(marks, currency):
        raise BadCell(f"{shown(cell)} is not an amount{_of(marks, currency)}.")
    if bare and bare[0].isalpha():  # the full stop of "Rs. 500"
        figures = figures.lstrip(".")
    if figures.startswith("(") and figures.endswith(")"):
        figures = "-" + figures[1:-1]
    figures = figures.replace("−", "-").removeprefix("+")
    if figures.endswith("-") and len(figures) > 1:
        figures = "-" + figures[:-1]
    text = _point(figures, decimal).removesuffix(".")
    text = text.replace("-.", "-0.") if text[:1] == "-" else "0" + text if text[:1] == "." else text
    if not _AMOUNT.fullmatch(text):
        raise BadCell(f"{shown(cell)} is not an amount.")
    return Decimal(text)


def _is_money_mark(marks: str, currency: str | None) -> bool:
    known = _MARKS.get(marks.casefold())
    if known is not None:
        return currency is None or currency in known
    if len(marks) == 3 and marks.isascii() and marks.isalpha():
        return currency is not None and marks.upper() == currency
    return all(unicodedata.category(mark) == "Sc" for mark in marks)


def _of(marks: str, currency: str | None) -> str:
    is_other = marks.casefold() in _MARKS or (len(marks) == 3 and marks.isupper())
    return f" in {currency}" if is_other and currency else ""
