"""Input of the connect wizard."""

from flask_wtf import FlaskForm
from wtforms import BooleanField, PasswordField, StringField
from wtforms.validators import InputRequired, Length


class AddressForm(FlaskForm):  # type: ignore[misc]  # flask-wtf is published without types
    """Step one: which shop."""

    base_url = StringField(
        "Shop address",
        [InputRequired("Enter the address of the shop."), Length(max=500)],
    )
    name = StringField("Name in SyncStore", [Length(max=100)])
    allows_http = BooleanField("Connect without encryption")


class KeysForm(FlaskForm):  # type: ignore[misc]  # flask-wtf is published without types
    """Step two, by hand: the shop's keys."""

    key = StringField("Consumer key", [InputRequired("Paste the consumer key."), Length(max=200)])
    secret = PasswordField(
        "Consumer secret", [InputRequired("Paste the consumer secret."), Length(max=200)]
    )
