"""Input of imports, exports and bulk edits; meaning is decided by services."""

from collections.abc import Mapping
from typing import Any, Final

from flask_wtf.file import FileField, FileRequired
from wtforms import BooleanField, RadioField, SelectField, StringField
from wtforms.validators import Length

from app.catalog.bulk import CLEARING, LABELS, STATUSES
from app.catalog.files import Dialect, FileKind
from app.catalog.forms import Form
from app.core.errors import Invalid
from app.team.rules import LENGTH_UNITS, WEIGHT_UNITS
from app.team.service.organizations import CURRENCIES

DIALECTS: Final = {
    Dialect.OWN.value: "SyncStore",
    Dialect.SHOPIFY.value: "Shopify",
    Dialect.WOOCOMMERCE.value: "WooCommerce",
    Dialect.AMAZON.value: "Amazon",
    Dialect.GENERIC.value: "Any other file",
}
_KINDS: Final = {FileKind.CSV.value: "CSV", FileKind.XLSX.value: "Excel (XLSX)"}


class UploadForm(Form):
    """A file with products."""

    file = FileField("File", [FileRequired("Choose a file.")])


class DialectForm(Form):
    """Whose columns a file speaks."""

    dialect = SelectField("Columns as in", choices=DIALECTS)


class ChoicesForm(Form):
    """What a file leaves unsaid."""

    currency = SelectField("Currency of the prices", choices={each: each for each in CURRENCIES})
    weight_unit = SelectField("Weights without a unit", choices={u: u for u in WEIGHT_UNITS})
    length_unit = SelectField("Lengths without a unit", choices={u: u for u in LENGTH_UNITS})
    decimal = SelectField(
        "Decimal sign",
        choices={"": "Read it from each amount", ".": "Point: 1,234.50", ",": "Comma: 1.234,50"},
    )
    day_first = SelectField(
        "03/04/2026 is", choices={"yes": "3 April (day first)", "no": "March 4 (month first)"}
    )
    overwrites = BooleanField("Let the file win over edits made by hand")

    @staticmethod
    def shown(choices: Mapping[str, Any]) -> dict[str, Any]:
        """Return kept choices as this form shows them."""
        is_day_first = choices.get("is_day_first", True)
        return {
            **choices,
            "decimal": choices.get("decimal") or "",
            "day_first": "yes" if is_day_first else "no",
        }

    def chosen(self) -> dict[str, Any]:
        """Return the choices as an import keeps them."""
        return {
            "currency": self.currency.data,
            "weight_unit": self.weight_unit.data,
            "length_unit": self.length_unit.data,
            "decimal": self.decimal.data or None,
            "is_day_first": self.day_first.data == "yes",
            "overwrites": bool(self.overwrites.data),
        }


class ExportForm(Form):
    """How a file is written."""

    dialect = RadioField(
        "Columns as in",
        choices={
            "own": "SyncStore: everything, and it reads back the same",
            "shopify": "Shopify: product CSV of its admin",
            "woocommerce": "WooCommerce: its product importer",
            "amazon": "Amazon: flat file, tab-separated",
        },
        default="own",
    )
    kind = RadioField("File", choices=_KINDS, default="csv")


class BulkForm(Form):
    """What a bulk edit shall do."""

    kind = SelectField("Change", choices={"": "Choose what to change", **LABELS})
    status = SelectField(
        "Status", choices={each: each.capitalize() for each in STATUSES}, default=STATUSES[0]
    )
    value = StringField("Value", [Length(max=1000, message="Use at most 1,000 characters.")])
    ending = StringField(
        "Prices end in", [Length(max=5, message="An ending looks like .99 or .00.")]
    )

    def wished(self) -> dict[str, str]:
        """Return the operation as `read_operation` takes it; only what its kind asks for."""
        kind = self.kind.data or ""
        value = self.status.data if kind == "status" else (self.value.data or "")
        is_price = kind.startswith("price_")
        return {
            "kind": kind,
            "value": "" if kind in CLEARING else value,
            "ending": (self.ending.data or "") if is_price else "",
        }

    def refuse(self, error: Invalid) -> None:
        """Show a refusal at the input that holds the value."""
        problems = dict(error.fields or {"": error.sentence})
        if self.kind.data == "status" and "value" in problems:
            problems["status"] = problems.pop("value")
        self.refuse_fields(problems)
