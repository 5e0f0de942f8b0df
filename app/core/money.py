"""Money as whole minor units of a currency; nothing is ever lost in a float."""

import re
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation
from typing import Final, Self

# ISO 4217: the currencies whose minor unit is not a hundredth.
_EXPONENTS: Final[dict[str, int]] = {
    **dict.fromkeys(("BIF", "CLP", "DJF", "GNF", "ISK", "JPY", "KMF", "KRW", "PYG", "RWF"), 0),
    **dict.fromkeys(("UGX", "UYI", "VND", "VUV", "XAF", "XOF", "XPF"), 0),
    **dict.fromkeys(("BHD", "IQD", "JOD", "KWD", "LYD", "OMR", "TND"), 3),
    **dict.fromkeys(("CLF", "UYW"), 4),
}
_CODE: Final = re.compile(r"[A-Z]{3}")
MAX_MINOR: Final = 10**15


class NotMoney(ValueError):
    """A text that cannot be read as an amount; the message is a sentence for the merchant."""


def exponent(currency: str) -> int:
    """Return how many decimal places a currency has."""
    return _EXPONENTS.get(currency, 2)


@dataclass(frozen=True, slots=True, order=True)
class Money:
    """An amount in minor units (cents for USD, whole yen for JPY) and its ISO 4217 code."""

    minor: int
    currency: str

    def __post_init__(self) -> None:
        if not _CODE.fullmatch(self.currency):
            raise NotMoney(f"“{self.currency}” is not a currency code such as USD.")
        if abs(self.minor) > MAX_MINOR:
            raise NotMoney("This amount is too large.")

    @classmethod
    def of(cls, amount: Decimal | str | int, currency: str, *, rounding: bool = False) -> Self:
        """Make money from a plain decimal amount; more places than the currency has are refused."""
        try:
            value = Decimal(amount)
        except InvalidOperation as error:
            raise NotMoney(f"“{amount}” is not an amount.") from error
        if not value.is_finite():
            raise NotMoney(f"“{amount}” is not an amount.")
        if abs(value) > MAX_MINOR:
            raise NotMoney("This amount is too large.")
        scaled = value.scaleb(exponent(currency))
        whole = scaled.to_integral_value(rounding=ROUND_HALF_UP)
        if whole != scaled and not rounding:
            places = exponent(currency)
            raise NotMoney(f"{currency} has {places} decimal places; “{amount}” has more.")
        return cls(int(whole), currency)

    @property
    def amount(self) -> Decimal:
        """The amount in major units, with exactly the places the currency has."""
        return Decimal(self.minor).scaleb(-exponent(self.currency))

    def __str__(self) -> str:
        return f"{self.amount:f} {self.currency}"

    def __add__(self, other: "Money") -> "Money":
        if other.currency != self.currency:
            raise NotMoney(f"{self.currency} and {other.currency} cannot be added.")
        return Money(self.minor + other.minor, self.currency)

    def changed_by(self, percent: Decimal) -> "Money":
        """Return this amount moved by a percentage, rounded half up to the minor unit."""
        moved = Decimal(self.minor) * (100 + percent) / 100
        return Money(int(moved.to_integral_value(rounding=ROUND_HALF_UP)), self.currency)

    def allocate(self, parts: int) -> list["Money"]:
        """Split into equal parts whose sum is this amount; the first parts carry the remainder."""
        each, rest = divmod(self.minor, parts)
        return [Money(each + (1 if i < rest else 0), self.currency) for i in range(parts)]
