"""Input of the rush rules: a row per rule, in boxes numbered by their place."""

import re
from collections.abc import Mapping, Sequence
from typing import Final, NamedTuple

from wtforms import HiddenField

from app.catalog.forms import Form
from app.catalog.variant_rows import NotTyped, read_amount
from app.core.money import Money
from app.orders import rush
from app.orders.rush import Look, RushRule
from app.team.service.organizations import CURRENCIES
from app.web.payload import whole_number

LOOKS: Final[Mapping[str, str]] = {
    Look.TAG: "Order has the tag",
    Look.METHOD: "Shipping method contains",
    Look.TOTAL: "Total is at least",
    Look.COUNTRY: "Ships to the country",
}
_CHANNEL: Final = f"{Look.CHANNEL}:"
_AMOUNT: Final = re.compile(r"(.*?)(?:(?<![A-Za-z])([A-Za-z]{3}))?\s*", re.DOTALL)
_MOST_ROWS: Final = rush.MOST_RULES + 10


class TypedRule(NamedTuple):
    """One rule as it was typed; of a channel, `look` names it and `value` says nothing."""

    look: str = Look.TAG.value
    value: str = ""
    is_on: bool = True


class RushForm(Form):
    """Which version of the rules was shown, and of which rules it was told what they change."""

    version = HiddenField()
    told = HiddenField()

    @property
    def shown_version(self) -> int:
        """The version the form showed; one that was tampered with fits none."""
        found = whole_number(self.version.data or "")
        return -1 if found is None else found

    def read_rows(self, sent: Mapping[str, str]) -> list[TypedRule]:
        """Return the rules in the order they stand in the form."""
        self.problems: dict[str, str] = {}
        places = [name.removeprefix("look-") for name in sent if name.startswith("look-")]
        return [
            TypedRule(
                sent[f"look-{place}"],
                (sent.get(f"value-{place}") or "").strip(),
                f"on-{place}" in sent,
            )
            for place in places
        ][:_MOST_ROWS]

    def rules(self, rows: Sequence[TypedRule], currency: str) -> list[RushRule] | None:
        """Return what was typed; None when something of it cannot be read."""
        read = [self._rule(place, row, currency) for place, row in enumerate(rows)]
        if self.problems:
            self.form_errors.append("Correct the rules marked below.")
        found = [rule for rule in read if rule is not None]
        return found if self.validate() and not self.problems else None

    def refuse_fields(self, problems: dict[str, str]) -> None:
        """Show sentences at their rows."""
        own = {name: text for name, text in problems.items() if name.startswith("value-")}
        if own and not self.problems:
            self.form_errors.append("Correct the rules marked below.")
        self.problems.update(own)
        super().refuse_fields({name: text for name, text in problems.items() if name not in own})

    def _rule(self, place: int, row: TypedRule, currency: str) -> RushRule | None:
        if row.look.startswith(_CHANNEL):
            return RushRule(Look.CHANNEL, row.look.removeprefix(_CHANNEL), row.is_on)
        if row.look not in LOOKS:
            self.problems[f"value-{place}"] = "Choose what to look at."
            return None
        if len(row.value) > rush.LONGEST:
            self.problems[f"value-{place}"] = f"Use at most {rush.LONGEST} characters."
            return None
        value = row.value.upper() if row.look == Look.COUNTRY else row.value
        if row.look == Look.TOTAL:
            try:
                value = _total(value, currency)
            except NotTyped as error:
                self.problems[f"value-{place}"] = str(error)
                return None
        return RushRule(Look(row.look), value, row.is_on)


def _total(text: str, currency: str) -> str:
    """Read an amount, with the code of a currency behind it or without."""
    amount, code = _AMOUNT.fullmatch(text).groups()  # type: ignore[union-attr]  # it fits any text
    of = (code or currency).upper()
    if of not in CURRENCIES:
        raise NotTyped(f"“{of}” is not a currency such as USD.")
    read = read_amount(amount, of)
    return rush.value_of(Money(int(read["minor"]) if read else 0, of))


def typed(rule: RushRule, currency: str) -> TypedRule:
    """Return a rule as a person would type it."""
    if rule.look is Look.CHANNEL:
        return TypedRule(f"{_CHANNEL}{rule.value}", "", rule.is_on)
    value = rule.value
    if rule.look is Look.TOTAL:
        total = rush.total_of(value)
        value = f"{total.amount:f}" if total.currency == currency else str(total)
    return TypedRule(rule.look.value, value, rule.is_on)


def look_choices(channels: Mapping[str, str]) -> list[tuple[str, str]]:
    """Return what a rule may look at, a channel each by its name."""
    named = [(f"{_CHANNEL}{key}", f"Sold on {name}") for key, name in channels.items()]
    return [*LOOKS.items(), *named]
