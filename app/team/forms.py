"""Input of the team's pages: shape and length; meaning is decided by rules and services."""

from typing import Final

from flask_wtf import FlaskForm
from flask_wtf.file import FileField
from wtforms import (
    BooleanField,
    EmailField,
    PasswordField,
    SelectField,
    SelectMultipleField,
    StringField,
)
from wtforms.validators import DataRequired, Length, Regexp

from app.core.errors import Invalid
from app.team.permissions import ROLE_SENTENCES, SENTENCES, Role
from app.team.rules import (
    DENSITIES,
    EMAIL,
    EMAIL_LENGTH,
    LENGTH_UNITS,
    LOCALES,
    NAME_LENGTH,
    PASSWORD_LENGTH,
    THEMES,
    TIMEZONES,
    TOKEN_DAYS,
    WEIGHT_UNITS,
)
from app.team.service.organizations import CURRENCIES

_EMAIL: Final = Regexp(rf"^{EMAIL.pattern}\Z", message="Write an address like alice@example.com.")
_ZONES: Final = {"UTC": "UTC"} | {zone: zone.replace("_", " ") for zone in TIMEZONES}
ROLE_CHOICES: Final = {
    role.value: f"{role.capitalize()}: {ROLE_SENTENCES[role]}" for role in reversed(Role)
}


class Form(FlaskForm):  # type: ignore[misc]  # flask-wtf is published without types
    """A form whose fields also take the sentences of a refusal."""

    def refuse(self, error: Invalid) -> None:
        """Show a service's refusal at the fields it names, or above the form."""
        for name, sentence in error.fields.items():
            if name in self:
                self[name].errors = [sentence]
        if not any(name in self for name in error.fields):
            self.form_errors.append(error.sentence)


def _email(label: str = "E-mail") -> EmailField:
    needed = DataRequired("Enter your e-mail address.")
    return EmailField(
        label,
        [needed, Length(max=EMAIL_LENGTH), _EMAIL],
        filters=[lambda text: (text or "").strip()],
    )


def _name(label: str, sentence: str) -> StringField:
    return StringField(label, [DataRequired(sentence), Length(max=NAME_LENGTH)])


def _password(label: str, sentence: str) -> PasswordField:
    return PasswordField(label, [DataRequired(sentence), Length(max=PASSWORD_LENGTH[1])])


class SignInForm(Form):
    """E-mail and password."""

    email = _email()
    password = _password("Password", "Enter your password.")
    is_remembered = BooleanField("Keep me signed in on this computer")


class SignUpForm(Form):
    """A new person with a new organization."""

    name = _name("Your name", "Enter your name.")
    organization_name = _name("Name of your organization", "Enter the name of your organization.")
    email = _email()
    password = _password("Password", "Choose a password.")


class ForgotForm(Form):
    """The address a way back in is mailed to."""

    email = _email()


class NewPasswordForm(Form):
    """A password by a mailed link."""

    password = _password("New password", "Choose a password.")


class JoinForm(Form):
    """A new person accepts an invitation."""

    name = _name("Your name", "Enter your name.")
    password = _password("Password", "Choose a password.")


class ConfirmForm(Form):
    """Nothing but the CSRF token: somebody pressed the button."""


class ProfileForm(Form):
    """Who somebody is."""

    name = _name("Name", "Enter your name.")
    picture = FileField("Picture")
    removes_picture = BooleanField("Remove the picture")


class PasswordForm(Form):
    """Another password, guarded by the present one."""

    current_password = _password("Current password", "Enter your current password.")
    password = _password("New password", "Choose a password.")


class EmailForm(Form):
    """Another address, guarded by the password."""

    email = _email("New e-mail")
    current_password = _password("Current password", "Enter your current password.")


class PreferencesForm(Form):
    """How somebody wants to see SyncStore."""

    theme = SelectField("Theme", choices={each: each.capitalize() for each in THEMES})
    density = SelectField("Rows", choices={each: each.capitalize() for each in DENSITIES})
    locale = SelectField("Numbers and dates", choices=dict(LOCALES))
    timezone = SelectField("Time zone", choices={"": "As the organization"} | _ZONES)


class OrganizationForm(Form):
    """The settings of an organization."""

    name = _name("Name", "Enter the name of your organization.")
    currency = SelectField("Currency", choices={each: each for each in CURRENCIES})
    timezone = SelectField("Time zone", choices=_ZONES)
    locale = SelectField("Numbers and dates", choices=dict(LOCALES))
    weight_unit = SelectField("Weight", choices={each: each for each in WEIGHT_UNITS})
    length_unit = SelectField("Length", choices={each: each for each in LENGTH_UNITS})


class NewOrganizationForm(Form):
    """Another organization."""

    organization_name = _name("Name", "Enter a name.")


class InvitationForm(Form):
    """Whom to invite, as what."""

    email = _email()
    role = SelectField("Role", choices=ROLE_CHOICES, default=Role.EDITOR.value)


class ApiTokenForm(Form):
    """A named token: for what, how long, and what it may do."""

    name = _name("What it is for", "Say what it is for, such as “Warehouse scanner”.")
    days = SelectField(
        "Works for",
        choices={str(days): "1 year" if days == 365 else f"{days} days" for days in TOKEN_DAYS},
        default="90",
    )
    scopes = SelectMultipleField("It may", choices=dict(SENTENCES))
