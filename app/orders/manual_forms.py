"""Input of orders that are entered here: who bought, and lines in boxes of their own."""

from collections.abc import Mapping, Sequence
from typing import ClassVar, Final, NamedTuple
from uuid import UUID

from wtforms import SelectField, StringField, TextAreaField
from wtforms.validators import Email, Length, Optional

from app.adapters.orders import Address, Payment
from app.catalog.variant_rows import NotTyped, read_amount
from app.core.money import MAX_MINOR, Money
from app.orders import service
from app.orders.filters import is_id
from app.orders.forms import OrderForm
from app.web.payload import whole_number

MOST_LINES: Final = 200
MOST_UNITS: Final = 100_000


def _strip(text: str | None) -> str:
    return (text or "").strip()


class TypedLine(NamedTuple):
    """One line as it was typed; its boxes are named by the variant."""

    variant_id: str
    units: str
    price: str


class ManualForm(OrderForm):
    """Who bought, where it goes, and what it costs; lines are read beside it."""

    PLACE: ClassVar = ("name", "company", "line1", "line2", "city", "region", "postcode", "country")

    name = StringField("Name", [Length(max=200)], filters=[_strip])
    company = StringField("Company", [Length(max=200)], filters=[_strip])
    line1 = StringField("Street", [Length(max=200)], filters=[_strip])
    line2 = StringField("Address, second line", [Length(max=200)], filters=[_strip])
    postcode = StringField("Postcode", [Length(max=20)], filters=[_strip])
    city = StringField("City", [Length(max=100)], filters=[_strip])
    region = StringField("State or region", [Length(max=100)], filters=[_strip])
    country = StringField(
        "Country", [Length(max=2, message="Enter two letters, such as US.")], filters=[_strip]
    )
    email = StringField(
        "E-mail",
        [Optional(), Email("Enter a whole address, such as dora@mail.example."), Length(max=200)],
        filters=[_strip],
    )
    phone = StringField("Phone", [Length(max=50)], filters=[_strip])
    find = StringField("Find an item", [Length(max=200)], filters=[_strip])
    shipping = StringField("Shipping", [Length(max=30)], filters=[_strip])
    discount = StringField("Discount", [Length(max=30)], filters=[_strip])
    shipping_method = StringField("Shipping method", [Length(max=100)], filters=[_strip])
    payment = SelectField(
        "Payment", choices={Payment.PENDING.value: "Unpaid", Payment.PAID.value: "Paid"}
    )
    note = TextAreaField("The buyer wrote", [Length(max=2000)], filters=[_strip])

    def read_lines(self, sent: Mapping[str, str]) -> list[TypedLine]:
        """Return the lines in the order they stand in the form."""
        self.problems: dict[str, str] = {}
        ids = [name.removeprefix("units-") for name in sent if name.startswith("units-")]
        return [
            TypedLine(key, _strip(sent.get(f"units-{key}")), _strip(sent.get(f"price-{key}")))
            for key in dict.fromkeys(ids)
            if is_id(key)
        ][:MOST_LINES]

    def total(self, lines: Sequence[TypedLine], currency: str) -> Money | None:
        """Return what it comes to; None while something of it cannot be read, or is too large."""
        try:
            parts = [_minor(line.price, currency) * (_units(line.units) or 0) for line in lines]
            more = _minor(self.shipping.data or "", currency)
            less = _minor(self.discount.data or "", currency)
        except NotTyped:
            return None
        total = sum(parts) + more - less
        return Money(total, currency) if abs(total) <= MAX_MINOR else None

    def draft(self, lines: Sequence[TypedLine], currency: str) -> service.ManualOrder | None:
        """Return what was entered; what cannot be read is a problem at its box."""
        is_valid = self.validate()
        entries = [self._entry(line, currency) for line in lines]
        amounts = {name: self._amount(name, currency) for name in ("shipping", "discount")}
        if self.problems:
            self.form_errors.append("Correct the items marked below.")
        if not is_valid or self.errors:
            return None
        return service.ManualOrder(
            currency=currency,
            entries=[entry for entry in entries if entry is not None],
            ship_to=Address(**{name: self[name].data for name in self.PLACE}),
            email=self.email.data or "",
            phone=self.phone.data or "",
            shipping_minor=amounts["shipping"],
            discount_minor=amounts["discount"],
            payment=Payment(self.payment.data),
            shipping_method=self.shipping_method.data or "",
            note=self.note.data or "",
        )

    def _entry(self, line: TypedLine, currency: str) -> service.Entry | None:
        units = _units(line.units)
        if not units:
            self.problems[f"units-{line.variant_id}"] = "Enter a whole number from 1."
        if not line.price:  # the catalog knows none: nobody gives goods away by a blank
            self.problems[f"price-{line.variant_id}"] = "Enter a price; 0 for what is free."
            return None
        try:
            price = _minor(line.price, currency)
        except NotTyped as error:
            self.problems[f"price-{line.variant_id}"] = str(error)
            return None
        return service.Entry(UUID(line.variant_id), units, price) if units else None

    def _amount(self, name: str, currency: str) -> int:
        try:
            return _minor(self[name].data or "", currency)
        except NotTyped as error:
            self.refuse_fields({name: str(error)})
            return 0


def _units(text: str) -> int | None:
    return whole_number(text, most=MOST_UNITS) if text else None


def _minor(text: str, currency: str) -> int:
    read = read_amount(text, currency)
    return int(read["minor"]) if read else 0
