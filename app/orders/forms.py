"""Input of the order pages; each carries which version of the order it showed."""

from collections.abc import Iterable, Mapping
from typing import Any, Final
from uuid import UUID

from wtforms import (
    BooleanField,
    HiddenField,
    SelectField,
    StringField,
    TextAreaField,
    ValidationError,
)
from wtforms.validators import DataRequired, InputRequired, Length

from app.catalog.forms import Form
from app.catalog.variant_rows import NotTyped, read_amount
from app.web.payload import whole_number

CARRIERS: Final = (
    "UPS", "FedEx", "USPS", "DHL", "DHL Express", "DPD", "GLS", "Hermes", "Evri", "Royal Mail",
    "Canada Post", "Australia Post", "La Poste", "PostNL", "bpost", "Correos", "Poste Italiane",
    "Deutsche Post", "Swiss Post", "Austrian Post", "PostNord", "Japan Post", "Yamato", "Sagawa",
    "SF Express", "China Post", "Thailand Post", "J&T Express", "Ninja Van",
)  # fmt: skip
UNITS: Final = "units-"
RESTOCK: Final = "restock-"  # a tick per line: its units go back into stock
# What may become of a unit that came back: the beginning of its box's name, and the words for it.
DECISIONS: Final = (
    ("came-", "Back into stock"),
    ("lost-", "Write off"),
    ("sent-", "Send back"),
)
_PER_LINE: Final = (UNITS, *(prefix for prefix, _ in DECISIONS))
_MOST_UNITS: Final = 1_000_000


def _strip(text: str | None) -> str:
    return (text or "").strip()


def _is_web_address(_form: Form, field: StringField) -> None:
    if field.data and not field.data.startswith(("https://", "http://")):
        raise ValidationError("Enter an address that begins with https://, or nothing.")


class OrderForm(Form):
    """What every form about an order carries: its version, and the last line of its timeline."""

    version = HiddenField()
    seen = HiddenField()

    def show(self, version: int, last_event: int) -> None:
        """Carry the order as it stands now."""
        self.version.data, self.seen.data = str(version), str(last_event)

    @property
    def shown_version(self) -> int:
        """The version the form showed; one that was tampered with fits none."""
        return whole_number(self.version.data or "") or 0

    @property
    def shown_event(self) -> int:
        """The last line of the timeline the form showed."""
        return whole_number(self.seen.data or "") or 0


class UnitsForm(OrderForm):
    """A form with a number of units per line, in boxes named `units-<line>`."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.typed: dict[str, str] = {}
        self.problems: dict[str, str] = {}

    def read_units(
        self, sent: Mapping[str, str], line_ids: Iterable[UUID], prefix: str = UNITS
    ) -> dict[UUID, int]:
        """Return the units of each line that has any; what is no number is a problem."""
        units: dict[UUID, int] = {}
        for line_id in line_ids:
            name = f"{prefix}{line_id}"
            text = self.typed[name] = _strip(sent.get(name))
            count = whole_number(text, most=_MOST_UNITS) if text else 0
            if count is None:
                self.refuse_fields({name: "Enter a whole number from 0."})
            elif count:
                units[line_id] = count
        return units

    def refuse_fields(self, problems: dict[str, str]) -> None:
        """Show sentences at their fields and lines."""
        own = {name: text for name, text in problems.items() if name.startswith(_PER_LINE)}
        if own and not self.problems:
            self.form_errors.append("Correct the units marked below.")
        self.problems.update(own)
        super().refuse_fields({name: text for name, text in problems.items() if name not in own})


class TrackingForm(OrderForm):
    """How a parcel is followed."""

    carrier = StringField("Carrier", [Length(max=60)], filters=[_strip])
    tracking_number = StringField("Tracking number", [Length(max=100)], filters=[_strip])
    tracking_url = StringField(
        "Tracking link", [Length(max=500), _is_web_address], filters=[_strip]
    )


class ShipForm(TrackingForm, UnitsForm):
    """What leaves, and how."""

    notifies = BooleanField("Let the shop mail the buyer", default=True)


class HoldForm(OrderForm):
    """Why nobody works on it."""

    reason = StringField(
        "Reason",
        [DataRequired("Say why, for whoever finds it."), Length(max=200)],
        filters=[_strip],
    )


class CancelForm(UnitsForm):
    """How an order is cancelled, and how much of it."""

    reason = StringField("Reason", [Length(max=200)], filters=[_strip])
    restocks = BooleanField("These units go back into stock", default=True)
    refunds = BooleanField("Give the money back the way it came")
    notifies = BooleanField("Let the shop mail the buyer")


class RefundForm(UnitsForm):
    """How much is given back, and for what."""

    amount = StringField(
        "Amount", [InputRequired("Enter how much goes back."), Length(max=30)], filters=[_strip]
    )
    shipping = StringField("Of it, for shipping", [Length(max=30)], filters=[_strip])
    reason = StringField("Reason", [Length(max=200)], filters=[_strip])
    note = StringField("Note of the team", [Length(max=500)], filters=[_strip])

    def read_amount(self, currency: str, name: str = "amount") -> int:
        """Return an amount in minor units; what is none is a problem at its field."""
        try:
            read = read_amount(self[name].data or "", currency)
        except NotTyped as error:
            self.refuse_fields({name: str(error)})
            return 0
        return int(read["minor"]) if read else 0


class ReturnForm(UnitsForm):
    """What a buyer sends back, and why."""

    reason = StringField("Reason", [Length(max=200)], filters=[_strip])
    note = StringField("Note of the team", [Length(max=500)], filters=[_strip])


class ReceiveForm(UnitsForm):
    """What came back, and what becomes of it."""

    location = SelectField("Put on the shelf at", validate_choice=False)
    note = StringField("Note of the team", [Length(max=500)], filters=[_strip])


class NoteForm(OrderForm):
    """What the team writes to itself."""

    note = TextAreaField("Note", [Length(max=2000)], filters=[_strip])
