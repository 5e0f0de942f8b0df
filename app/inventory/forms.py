"""Input of the inventory's pages: shape and length; meaning is decided by the service."""

from collections.abc import Sequence
from typing import Final
from uuid import UUID

import wtforms
from flask_wtf.file import FileField
from wtforms import (
    BooleanField,
    DateField,
    HiddenField,
    SelectField,
    SelectMultipleField,
    StringField,
    TextAreaField,
)
from wtforms.validators import DataRequired, InputRequired, Length, NumberRange, Optional

from app.catalog.forms import Form
from app.core.errors import Invalid
from app.inventory.models import Location, LocationKind
from app.inventory.service import Adjustment, Beyond, LocationDraft, Mode, Reason, Reorder
from app.team.rules import TIMEZONES

MOST: Final = 2**31 - 1
MOST_TEXT: Final = 200_000
_MOST_BYTES: Final = 400_000  # what a form may send on, whatever letters it holds
MODES: Final = {Mode.ADD: "Add", Mode.TAKE: "Take away", Mode.SET: "Set to"}
REASONS: Final = {
    Reason.RECEIVED: "Goods came in",
    Reason.DAMAGED: "Damaged",
    Reason.FOUND: "Found",
    Reason.LOST: "Lost",
    Reason.CORRECTION: "Correction",
    Reason.OTHER: "Other",
}
KINDS: Final = {
    LocationKind.WAREHOUSE: "Warehouse",
    LocationKind.SHOP: "Shop",
    LocationKind.CHANNEL: "A channel’s own warehouse",
}


def _strip(text: str | None) -> str:
    return (text or "").strip()


def _words(
    choices: dict[Mode, str] | dict[Reason, str] | dict[LocationKind, str],
) -> dict[str, str]:
    return {key.value: word for key, word in choices.items()}


class IntegerField(wtforms.IntegerField):  # type: ignore[misc]  # wtforms is published without types
    """A whole number, with our sentence for what is none."""

    def process_formdata(self, valuelist: list[str]) -> None:
        """Read what was entered."""
        try:
            super().process_formdata(valuelist)
        except ValueError:
            raise ValueError("Enter a whole number.") from None


class AdjustForm(Form):
    """Stock moved by hand."""

    location = SelectField("Location", choices=[])
    mode = SelectField("What happens", choices=_words(MODES), default=Mode.ADD.value)
    quantity = IntegerField(
        "Quantity",
        [
            InputRequired("Enter a whole number."),
            NumberRange(0, MOST, "Enter a whole number from 0."),
        ],
    )
    reason = SelectField("Reason", choices=_words(REASONS), default=Reason.RECEIVED.value)
    note = StringField("Note", [Length(max=200)], filters=[_strip])

    def offer(self, places: Sequence[tuple[str, str]]) -> "AdjustForm":
        """Fill in where stock may lie."""
        self.location.choices = list(places)
        return self

    def wish(self) -> tuple[UUID, Adjustment]:
        """Return where and what."""
        return UUID(self.location.data), Adjustment(
            Mode(self.mode.data), self.quantity.data, Reason(self.reason.data), self.note.data
        )


class SheetForm(Form):
    """A table of stock: a file, or what was pasted."""

    file = FileField("CSV file")
    text = TextAreaField("Or paste the table", [Length(max=MOST_TEXT)])

    def table(self) -> str:
        """Return the table as text; raises Invalid when there is none that can be read."""
        if not (self.file.data and self.file.data.filename):
            return str(self.text.data or "").strip()
        raw = self.file.data.read(_MOST_BYTES + 1)
        try:
            text = raw.decode("utf-8-sig") if len(raw) <= _MOST_BYTES else ""
        except UnicodeDecodeError:
            raise Invalid(
                fields={"file": "This is not a CSV file in UTF-8. Save it as one and try again."}
            ) from None
        if len(raw) > _MOST_BYTES or len(text) > MOST_TEXT or "\x00" in text:
            raise Invalid(fields={"file": "This is no table of stock, or a larger one than fits."})
        return text


class ReorderForm(Form):
    """When to buy again, and how much."""

    location = HiddenField()
    point = IntegerField(
        "Reorder point", [Optional(), NumberRange(0, MOST, "Enter a whole number from 0.")]
    )
    usual = IntegerField(
        "Usual order", [Optional(), NumberRange(1, MOST, "Enter a whole number from 1.")]
    )

    def wish(self) -> Reorder:
        """Return what to keep."""
        return Reorder(self.point.data, self.usual.data)


class BeyondForm(Form):
    """How far a variant is sold beyond its stock."""

    backorders = SelectField(
        "When out of stock",
        choices={"no": "Stop selling", "notify": "Sell, tell the shopper", "yes": "Keep selling"},
    )
    limit = IntegerField(
        "Most that may wait",
        [Optional(), NumberRange(0, 1_000_000, "Enter a whole number from 0 to 1,000,000.")],
    )
    available_on = DateField("Available from", [Optional()])
    below_zero = SelectMultipleField("Stock may be below zero", choices=[])

    def offer(self, places: Sequence[tuple[str, str]]) -> "BeyondForm":
        """Fill in where stock may lie."""
        self.below_zero.choices = list(places)
        return self

    def wish(self) -> Beyond:
        """Return what was chosen."""
        return Beyond(
            self.backorders.data,
            self.limit.data,
            self.available_on.data,
            frozenset(UUID(key) for key in self.below_zero.data),
        )


class LocationForm(Form):
    """A place where stock lies."""

    name = StringField(
        "Name", [DataRequired("A location needs a name."), Length(max=100)], filters=[_strip]
    )
    kind = SelectField("Kind", choices=_words(KINDS), default=LocationKind.WAREHOUSE.value)
    street = StringField("Street", [Length(max=200)], filters=[_strip])
    postcode = StringField("Postcode", [Length(max=20)], filters=[_strip])
    city = StringField("City", [Length(max=100)], filters=[_strip])
    region = StringField("State or region", [Length(max=100)], filters=[_strip])
    country = StringField("Country", [Length(max=100)], filters=[_strip])
    zone = SelectField(
        "Time zone",
        choices={"": "As the organization"} | {each: each.replace("_", " ") for each in TIMEZONES},
    )
    is_active = BooleanField("In use", default=True)
    is_default = BooleanField("Default location")
    version = HiddenField()

    @classmethod
    def of(cls, place: Location) -> "LocationForm":
        """Return the form of a location as it is kept."""
        return cls(
            formdata=None,
            data={
                "name": place.name,
                "kind": place.kind,
                "zone": place.zone or "",
                "is_active": place.is_active,
                "is_default": place.is_default,
                "version": place.version,
                **place.address,
            },
        )

    def draft(self) -> LocationDraft:
        """Return what the person says about the location."""
        return LocationDraft(
            self.name.data,
            LocationKind(self.kind.data),
            {name: self[name].data for name in ("street", "city", "postcode", "region", "country")},
            self.zone.data,
            is_active=self.is_active.data,
            is_default=self.is_default.data,
        )
