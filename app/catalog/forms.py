"""Input of the catalog's pages: shape and length; meaning is decided by values and services."""

from typing import Final

from flask_wtf import FlaskForm
from flask_wtf.file import MultipleFileField
from wtforms import (
    BooleanField,
    HiddenField,
    SelectField,
    StringField,
    TextAreaField,
)
from wtforms.validators import DataRequired, Length

from app.catalog.models import BRAND_LENGTH, TITLE_LENGTH, AttributeKind
from app.catalog.rules import CONDITIONS
from app.core.errors import Invalid

STATUS_CHOICES: Final = {
    "active": "Active: shoppers can buy it",
    "draft": "Draft: being prepared",
    "inactive": "Inactive: hidden on purpose",
}
_KINDS: Final = {
    AttributeKind.TEXT: "Text",
    AttributeKind.NUMBER: "Number",
    AttributeKind.BOOLEAN: "Yes or no",
    AttributeKind.CHOICE: "Choice from a list",
}


def _strip(text: str | None) -> str:
    return (text or "").strip()


class Form(FlaskForm):  # type: ignore[misc]  # flask-wtf is published without types
    """A form whose fields also take the sentences of a refusal."""

    def refuse(self, error: Invalid) -> None:
        """Show a service's refusal at the fields it names, or above the form."""
        self.refuse_fields(error.fields or {"": error.sentence})

    def refuse_fields(self, problems: dict[str, str]) -> None:
        """Show sentences at the fields they belong to; others stand above the form."""
        for name, sentence in problems.items():
            if name in self:
                self[name].errors = [*self[name].errors, sentence]
            else:
                self.form_errors.append(sentence)


class ProductForm(Form):
    """The plain fields of a product; options, attributes and variants are read beside it."""

    title = StringField(
        "Title",
        [DataRequired("A product needs a title."), Length(max=TITLE_LENGTH)],
        filters=[_strip],
    )
    description = TextAreaField("Description")
    short_description = TextAreaField("Short description")
    status = SelectField("Status", choices=STATUS_CHOICES, default="draft")
    brand = StringField("Brand", [Length(max=BRAND_LENGTH)], filters=[_strip])
    condition = SelectField(
        "Condition", choices={"": "Not set"} | {c: c.capitalize() for c in CONDITIONS}
    )
    tags = StringField("Tags", filters=[_strip])
    new_category = StringField("New category", filters=[_strip])
    version = HiddenField()


class CategoryForm(Form):
    """A new category, anywhere in the tree."""

    name = StringField(
        "Name", [DataRequired("A category needs a name."), Length(max=100)], filters=[_strip]
    )
    parent = SelectField("Inside", choices={"": "Top level"})

    def offer(self, places: dict[str, str]) -> "CategoryForm":
        """Fill in where a category may lie."""
        self.parent.choices = {"": "Top level"} | places
        return self


class AttributeForm(Form):
    """A typed attribute."""

    name = StringField(
        "Name", [DataRequired("An attribute needs a name."), Length(max=100)], filters=[_strip]
    )
    kind = SelectField("Kind", choices={kind.value: word for kind, word in _KINDS.items()})
    unit = StringField("Unit", [Length(max=20)], filters=[_strip])
    choices = TextAreaField("Values to choose from")
    is_multiple = BooleanField("A product may have several values")


class PicturesForm(Form):
    """Picture files from this computer."""

    files = MultipleFileField("Pictures")


class AddressesForm(Form):
    """Pictures by address, one per line."""

    urls = TextAreaField("Addresses, one per line", [DataRequired("Write an address.")])


class ViewForm(Form):
    """A saved view of the list."""

    name = StringField(
        "Name", [DataRequired("A view needs a name."), Length(max=60)], filters=[_strip]
    )
    is_shared = BooleanField("Show it to everybody in the organization")


def split_list(text: str) -> list[str]:
    """Return the parts of a comma-separated text."""
    return [part.strip() for part in text.replace("\n", ",").split(",") if part.strip()]
