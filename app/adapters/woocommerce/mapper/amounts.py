"""Sums of an order: in its currency, and with the tax where the shop's prices hold it."""

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Final, Self

from app.adapters.woocommerce.mapper.reader import Reader
from app.core.money import Money, NotMoney

_BEYOND: Final = (
    Decimal(10) ** 18
)  # more than any count; “1e99999999” would be written out for ever


@dataclass(frozen=True, slots=True)
class Amounts:
    """How the amounts of one order are read."""

    currency: str
    includes_tax: bool

    @classmethod
    def of(cls, read: Reader) -> Self:
        """Take currency and tax from the order itself."""
        try:
            currency = Money(0, (read.text("currency") or "").upper()).currency
        except NotMoney:
            raise read.bad("currency", "a currency code") from None
        return cls(currency, read.flag("prices_include_tax"))

    def minor(self, read: Reader, name: str) -> int | None:
        """Return an amount in minor units, or None where the shop names none."""
        amount = read.number(name)
        if amount is None:
            return None
        try:
            # A shop may keep more places than its currency has; buyers pay the rounded amount.
            return Money.of(amount, self.currency, rounding=True).minor
        except NotMoney:
            raise read.bad(name, "an amount") from None

    def needed(self, read: Reader, name: str) -> int:
        """Return an amount without which there is no order: absent is not zero."""
        amount = self.minor(read, name)
        if amount is None:
            raise read.bad(name, "an amount")
        return amount

    def known(self, read: Reader, name: str) -> int:
        """Return an amount that is nothing where it is not named."""
        return self.minor(read, name) or 0

    def shown(self, read: Reader, name: str, tax: str) -> int:
        """Return an amount as the buyer saw it."""
        return self.known(read, name) + (self.known(read, tax) if self.includes_tax else 0)

    def of_line(self, line: Reader, name: str) -> int:
        """Return what a line costs, as the buyer saw it."""
        tax = self.known(line, f"{name}_tax") if self.includes_tax else 0
        return self.needed(line, name) + tax


def metas(read: Reader) -> Iterator[tuple[str, Any]]:
    """Go over the meta data of an order, a line or a refund."""
    for entry in read.objects("meta_data"):
        yield str(entry.raw.get("key") or ""), entry.raw.get("value")


def meta(read: Reader, key: str) -> Any:
    """Return the value kept under a key, or None."""
    return next((value for name, value in metas(read) if name == key), None)


def units(value: Any) -> int | None:
    """Return a count the shop keeps as number or text; a part of a unit counts as a whole one."""
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    try:
        number = Decimal(str(value).strip())
    except ArithmeticError:
        return None
    if not number.is_finite():
        return None
    bounded = max(-_BEYOND, min(number, _BEYOND))
    return int(bounded.to_integral_value("ROUND_CEILING"))
