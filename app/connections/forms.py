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


class ShopForm(FlaskForm):  # type: ignore[misc]  # flask-wtf is published without types
    """Which shop approves our app."""

    base_url = StringField(
        "Shop address",
        [InputRequired("Enter the address of the shop."), Length(max=500)],
    )
    name = StringField("Name in SyncStore", [Length(max=100)])


class AppForm(FlaskForm):  # type: ignore[misc]  # flask-wtf is published without types
    """What a platform knows the merchant's app by."""

    client_id = StringField("Client id", [InputRequired("Enter the client id."), Length(max=200)])
    client_secret = PasswordField(
        "Client secret", [InputRequired("Enter the client secret."), Length(max=200)]
    )
