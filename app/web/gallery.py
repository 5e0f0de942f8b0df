"""The style gallery at /system/ui: every macro in every state, for eyes, screenshots and axe."""

from datetime import timedelta
from typing import Final

from flask import url_for
from flask.typing import ResponseReturnValue
from flask_wtf import FlaskForm
from wtforms import (
    BooleanField,
    DateField,
    DecimalField,
    EmailField,
    FileField,
    IntegerField,
    PasswordField,
    RadioField,
    SelectField,
    SelectMultipleField,
    StringField,
    TextAreaField,
    URLField,
)  # fmt: skip
from wtforms.validators import DataRequired, Length, NumberRange

from app.core import clock
from app.core.money import Money
from app.web.fragments import page, then, toast
from app.web.states import FAILED, IDLE, NEEDS_YOU, PAUSED, RUNNING, SYNCED, WAITING

STATES: Final = (IDLE, WAITING, RUNNING, SYNCED, NEEDS_YOU, FAILED, PAUSED)


class SmallForm(FlaskForm):  # type: ignore[misc]  # flask-wtf is untyped
    """Two fields, to try errors."""

    title = StringField("Title", [DataRequired("Give the product a title."), Length(max=200)])
    price = DecimalField("Price", [NumberRange(min=0, message="The price must be above 0.")])


class SampleForm(FlaskForm):  # type: ignore[misc]  # flask-wtf is untyped
    """One field of every kind."""

    title = StringField("Title", [DataRequired("Give the product a title."), Length(max=200)])
    price = DecimalField("Price", [NumberRange(min=0, message="The price must be above 0.")])
    stock = IntegerField("On hand")
    status = SelectField("Status", choices={"draft": "Draft", "active": "Active"})
    channels = SelectMultipleField("Channels", choices={"s": "Shopify", "w": "WooCommerce"})
    policy = RadioField(
        "When both sides changed a field",
        choices={"ask": "Ask me", "ours": "SyncStore wins", "theirs": "The channel wins"},
        default="ask",
    )
    description = TextAreaField("Description")
    email = EmailField("Email")
    website = URLField("Website")
    password = PasswordField("Password")
    starts_on = DateField("Starts on")
    is_tracked = BooleanField("Track stock of this product")
    media = FileField("Media")


def gallery() -> ResponseReturnValue:
    """Show every macro in every state."""
    now = clock.now()
    return page(
        "web/gallery.html",
        states=STATES,
        form=SampleForm(prefix="new-", data={"title": "Blue mug", "price": 12, "policy": "ask"}),
        sample=SmallForm(prefix="small-"),
        prices=[Money(1, "JPY"), Money(1234567890, "USD"), Money(-500, "EUR")],
        moments=[
            now,
            now - timedelta(minutes=4),
            now - timedelta(days=2),
            now - timedelta(days=90),
        ],
        long_title="Handmade ceramic mug with a cobalt glaze, dishwasher-safe, 350 ml " * 3,
    )


def gallery_sample(form: SmallForm | None = None, status: int = 200) -> ResponseReturnValue:
    """Show the sample form by itself."""
    form = form or SmallForm(formdata=None, prefix="small-")
    return page("web/gallery_sample.html", blocks=("sample",), status=status, form=form)


def gallery_sample_save() -> ResponseReturnValue:
    """Answer the sample form of the gallery, to try errors, toasts and swaps."""
    form = SmallForm(prefix="small-")
    if not form.validate():
        return gallery_sample(form, 422)
    toast("Blue mug was archived", undo=url_for("web.gallery_sample_save"))
    return then(gallery_sample)
