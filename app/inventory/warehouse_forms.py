"""Input of the pages of transfers, counts and what is kept back; meaning is for the service."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, time
from typing import Any, Final
from uuid import UUID
from zoneinfo import ZoneInfo

import wtforms
from werkzeug.datastructures import MultiDict
from wtforms import (
    BooleanField,
    HiddenField,
    RadioField,
    SelectField,
    StringField,
    TextAreaField,
)
from wtforms.validators import InputRequired, Length, NumberRange, Optional

from app.catalog.filters import is_id
from app.catalog.forms import Form
from app.inventory.forms import IntegerField, SheetForm
from app.inventory.service import UNITS, CountDraft, Scope, TransferDraft
from app.inventory.transit import Arrival
from app.web.payload import whole_number

MOST: Final = 1_000_000
OUTSIDE: Final = "outside"
MOST_TICKED: Final = 2_000  # looked at; the service refuses fewer
SCOPES: Final = {
    Scope.ALL: "Everything kept there",
    Scope.CATEGORY: "One category",
    Scope.PREFIX: "SKUs that begin alike",
    Scope.LIST: "A list of SKUs",
}
_CHOOSE: Final = "Choose what the quantities say."
_ENDS: Final = ("came", "missing", "damaged")
_Choices = Sequence[tuple[str, str]]


def _strip(text: str | None) -> str:
    return (text or "").strip()


class DateField(wtforms.DateField):  # type: ignore[misc]  # wtforms is published without types
    """A day, with our sentence for what is none."""

    def process_formdata(self, valuelist: list[str]) -> None:
        """Read what was entered."""
        try:
            super().process_formdata(valuelist)
        except ValueError:
            raise ValueError("Enter a day, such as 2026-12-24.") from None


class StepForm(Form):
    """A form that carries which version of a thing it showed."""

    version = HiddenField()

    @property
    def shown_version(self) -> int:
        """The version the form showed; one that was tampered with fits none."""
        return whole_number(self.version.data or "", most=2**31 - 1) or 0


class TransferForm(Form):
    """Where goods go, and from where."""

    origin = SelectField("From", choices=[])
    supplier = StringField("Supplier", [Length(max=100)], filters=[_strip])
    destination = SelectField("To", choices=[])
    expected_on = DateField("Expected on", [Optional()])
    note = StringField("Note", [Length(max=500)], filters=[_strip])

    def offer(self, places: _Choices) -> "TransferForm":
        """Fill in where goods may lie."""
        self.origin.choices = [*places, (OUTSIDE, "Outside: goods you bought")]
        self.destination.choices = list(places)
        return self

    def draft(self) -> TransferDraft:
        """Return what the person says about the transfer."""
        origin = self.origin.data
        return TransferDraft(
            UUID(self.destination.data),
            None if origin == OUTSIDE else UUID(origin),
            self.supplier.data,
            self.expected_on.data,
            self.note.data,
        )


class ScanForm(Form):
    """One SKU or barcode, typed or scanned, and how many; without a number, one."""

    code = StringField("SKU or barcode", [Length(max=200)], filters=[_strip])
    quantity = IntegerField(
        "Quantity", [Optional(), NumberRange(1, MOST, "Enter a whole number from 1.")]
    )

    @property
    def units(self) -> int:
        """How many."""
        return 1 if self.quantity.data is None else int(self.quantity.data)

    @property
    def problem(self) -> str:
        """The first thing that is wrong, in words."""
        found = [*self.code.errors, *self.quantity.errors, *self.form_errors]
        return str(found[0]) if found else ""


class LineForm(ScanForm):
    """How many of a line were seen in all; without a number, nobody looked yet."""

    quantity = IntegerField(
        "Quantity", [Optional(), NumberRange(0, MOST, "Enter a whole number from 0.")]
    )


class LinesForm(StepForm):
    """A form with boxes per line; what was typed and what is wrong, by the name of the box."""

    reason = StringField("What happened", [Length(max=200)], filters=[_strip])

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.typed: dict[str, str] = {}
        self.problems: dict[str, str] = {}

    def _number(self, sent: Mapping[str, str], name: str) -> int:
        text = self.typed[name] = _strip(sent.get(name))
        number = whole_number(text, most=MOST) if text else 0
        if number is None:
            self.refuse_fields({name: "Enter a whole number from 0."})
        return number or 0

    def read_units(self, sent: Mapping[str, str], line_ids: Iterable[UUID]) -> dict[UUID, int]:
        """Return how many of each line are to travel."""
        return {each: self._number(sent, f"{UNITS}{each}") for each in line_ids}

    def read_arrivals(
        self, sent: Mapping[str, str], line_ids: Iterable[UUID]
    ) -> dict[UUID, Arrival]:
        """Return what became of the units of each line."""
        return {
            each: Arrival(*(self._number(sent, f"{end}-{each}") for end in _ENDS))
            for each in line_ids
        }

    def refuse_fields(self, problems: dict[str, str]) -> None:
        """Show sentences at their fields and lines."""
        own = {name: text for name, text in problems.items() if "-" in name}
        if own and not self.problems:
            self.form_errors.append("Correct the lines marked below.")
        self.problems.update(own)
        super().refuse_fields({name: text for name, text in problems.items() if name not in own})


class CountSheetForm(SheetForm):
    """A table of what was counted."""

    mode = RadioField(
        "What the quantities say",
        [InputRequired(_CHOOSE)],
        choices={
            "add": "How many more were seen: they are added to what was entered",
            "set": "How many were seen in all: they replace what was entered",
        },
    )


class TransferSheetForm(SheetForm):
    """A table of what travels."""

    mode = RadioField(
        "What the quantities say",
        [InputRequired(_CHOOSE)],
        choices={
            "add": "How many more travel: they are added to the lines there are",
            "set": "How many travel in all: they replace those of the same lines, and 0 takes one"
            " out",
        },
    )


class CountForm(Form):
    """What is counted where."""

    location = SelectField("Location", choices=[])
    scope = SelectField("What", choices={each.value: word for each, word in SCOPES.items()})
    category = SelectField("Category", choices=[], validate_choice=False)
    prefix = StringField("SKUs begin with", [Length(max=100)], filters=[_strip])
    list = TextAreaField("SKUs or barcodes, one per line", [Length(max=50_000)], filters=[_strip])
    note = StringField("Note", [Length(max=500)], filters=[_strip])

    def offer(self, places: _Choices, categories: _Choices) -> "CountForm":
        """Fill in where and what may be counted."""
        self.location.choices = [*places]
        self.category.choices = [("", "Choose a category"), *categories]
        return self

    def draft(self) -> CountDraft:
        """Return what is to be counted."""
        scope = Scope(self.scope.data)
        value = "" if scope is Scope.ALL else str(self[scope.value].data or "")
        return CountDraft(UUID(self.location.data), scope, value, self.note.data)


class FinishForm(StepForm):
    """The end of counting."""

    rest_is_none = BooleanField("What nobody entered is not there: count it as 0")


class ReserveForm(Form):
    """Units kept back until a day."""

    place = SelectField("Location", choices=[])
    units = IntegerField(
        "Units",
        [
            InputRequired("Enter a whole number."),
            NumberRange(1, MOST, "Enter a whole number from 1."),
        ],
    )
    until = DateField("Until the end of", [InputRequired("Choose a day.")])
    note = StringField("For whom, or why", [Length(max=200)], filters=[_strip])

    def offer(self, places: _Choices) -> "ReserveForm":
        """Fill in where units may be kept back."""
        self.place.choices = [*places]
        return self

    def moment(self, zone: ZoneInfo) -> datetime:
        """Return the end of the day in a zone."""
        return datetime.combine(self.until.data, time.max, zone)


class OrderForm(LinesForm):
    """What is ordered again for a location: ticked lines with their units, and who sends them."""

    destination = SelectField("To", choices=[])
    supplier = StringField("Supplier", [Length(max=100)], filters=[_strip])
    expected_on = DateField("Expected on", [Optional()])

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.ticked: set[UUID] = set()

    def offer(self, places: _Choices) -> "OrderForm":
        """Fill in where goods may lie."""
        self.destination.choices = list(places)
        return self

    def read_order(self, sent: MultiDict[str, str]) -> dict[UUID, int]:
        """Return how many of each ticked variant are ordered."""
        self.typed = {name: text for name, text in sent.items() if name.startswith(UNITS)}
        self.ticked = {UUID(each) for each in sent.getlist("ids")[:MOST_TICKED] if is_id(each)}
        return self.read_units(sent, self.ticked)

    def draft(self) -> TransferDraft:
        """Return what the person says about the delivery."""
        return TransferDraft(
            UUID(self.destination.data),
            supplier=self.supplier.data,
            expected_on=self.expected_on.data,
        )
