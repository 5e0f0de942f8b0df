"""Input of connection settings: who owns what, what goes by itself, how often, how much is held."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from flask_wtf import FlaskForm
from flask_wtf.file import FileField, FileRequired
from wtforms import (
    BooleanField,
    HiddenField,
    IntegerField,
    PasswordField,
    SelectField,
    SelectMultipleField,
    StringField,
)
from wtforms.validators import (
    EqualTo,
    InputRequired,
    Length,
    NumberRange,
    Optional,
    ValidationError,
)
from wtforms.widgets import CheckboxInput, ListWidget

from app.adapters.values import Group
from app.connections import rules
from app.connections.models import Connection
from app.core.cron import NotCron, read_cron
from app.inventory.offering import Mode
from app.sync.policy import DIRECTIONS, GROUP_LABELS, MODES, REMOVED, WINNERS, Policy
from app.team.forms import Form

STOCK_FIELDS: Final = (
    "stock_mode",
    "stock_places",
    "buffer",
    "buffer_percent",
    "stock_cap",
    "stock_weight",
)
CRON_FIELDS: Final = ("poll_cron", "reconcile_cron", "check_cron")


def _fits_cron(_form: FlaskForm, field: StringField) -> None:
    """Refuse cron fields that make no sense, with the sentence at the field."""
    text = (field.data or "").strip()
    if not text:
        return
    try:
        read_cron(text)
    except NotCron as error:
        raise ValidationError(str(error)) from error


class ConnectionSettingsForm(FlaskForm):  # type: ignore[misc]  # flask-wtf is published without types
    """Rules of one connection; a direction and a winner per field group are added below."""

    version = HiddenField()
    name = StringField("Name", [InputRequired("Give the connection a name."), Length(max=100)])
    auto_push = BooleanField("Send changes made here by themselves")
    auto_import = BooleanField("Create products here for new ones of the shop")
    auto_import_orders = BooleanField("Orders come in by themselves")
    order_days = IntegerField(
        "Orders of so many days back at first",
        [NumberRange(0, 3650, "Enter a number of days from 0 to 3,650.")],
    )
    order_prefix = StringField(
        "Our order numbers begin with",
        [Length(max=20)],
        filters=[lambda text: (text or "").strip()],
    )
    on_first = SelectField("When a product is first paired and both sides differ", choices=WINNERS)
    on_removed = SelectField(
        "When the shop deletes something",
        choices=REMOVED,
    )
    stock_mode = SelectField("This shop shows", choices=MODES, default=Mode.SHARED.value)
    stock_places = SelectMultipleField(
        "Locations that count", choices={}, option_widget=CheckboxInput(), widget=ListWidget()
    )
    buffer = IntegerField(
        "Stock held back", [NumberRange(0, 100_000, "Enter a number from 0 to 100,000.")]
    )
    buffer_percent = IntegerField(
        "Or this share of it",
        [Optional(), NumberRange(0, 100, "Enter a percentage from 0 to 100.")],
        default=0,
    )
    stock_cap = IntegerField(
        "Show at most",
        [Optional(), NumberRange(0, 10_000_000, "Enter a number from 0, or nothing.")],
    )
    stock_weight = IntegerField(
        "Weight of its part",
        [Optional(), NumberRange(1, 100, "Enter a number from 1 to 100.")],
        default=1,
    )
    price_move_limit_percent = IntegerField(
        "Price moves above this wait for you",
        [NumberRange(1, 1000, "Enter a percentage from 1 to 1,000.")],
    )
    mass_limit = IntegerField(
        "More listings than this hidden within an hour wait for you",
        [NumberRange(1, 1_000_000, "Enter a number from 1.")],
    )
    poll_minutes = IntegerField(
        "Ask for changes every", [NumberRange(1, 1440, "Enter 1 to 1,440 minutes.")]
    )
    reconcile_hours = IntegerField(
        "Compare everything every", [NumberRange(1, 720, "Enter 1 to 720 hours.")]
    )
    poll_cron = StringField("Ask for changes at", [Length(max=120), _fits_cron])
    reconcile_cron = StringField("Compare everything at", [Length(max=120), _fits_cron])
    check_cron = StringField("Check the connection at", [Length(max=120), _fits_cron])
    location_id = SelectField("Main location", choices={})
    more_location_ids = SelectMultipleField(
        "Other locations that count",
        choices={},
        option_widget=CheckboxInput(),
        widget=ListWidget(),
    )
    requests_per_second = IntegerField(
        "Requests per second, at most",
        [Optional(), NumberRange(1, 1000, "Enter a number from 1 to 1,000, or nothing.")],
    )

    closed: frozenset[str] = frozenset()

    def validate_location_id(self, field: SelectField) -> None:
        """Refuse the location kept until now once the shop closed it."""
        if field.data in self.closed:
            raise ValidationError("This location is closed in the shop. Choose another one.")


for _group in Group:
    setattr(
        ConnectionSettingsForm,
        f"direction_{_group.value}",
        SelectField(GROUP_LABELS[_group], choices=DIRECTIONS),
    )
    setattr(
        ConnectionSettingsForm,
        f"winner_{_group.value}",
        SelectField(f"{GROUP_LABELS[_group]}: when both changed", choices=WINNERS),
    )


def settings_form(
    row: Connection, ours: Sequence[tuple[str, str]] = (), **given: Any
) -> ConnectionSettingsForm:
    """Return the form for a connection: with its locations, where the channel has several.

    `ours` are our own locations, by id; one alone is no choice.
    """
    form, known = ConnectionSettingsForm(**given), rules.places(row.facts)
    active = {each.id: each.name for each in known if each.is_active}
    if len(ours) > 1:
        form.stock_places.choices = dict(ours)
    else:
        del form.stock_places
    chosen = rules.place_id(row.settings, row.facts)
    if not known or chosen is None:
        del form.location_id, form.more_location_ids
        return form
    others = {key: name for key, name in active.items() if key != chosen}
    if others:
        form.more_location_ids.choices = others
    else:
        del form.more_location_ids
    form.closed = frozenset({chosen} - active.keys())
    names = {each.id: each.name for each in known if each.is_active or each.id == chosen}
    if form.closed:
        names[chosen] = f"{names.get(chosen, 'A location the shop no longer has')} (closed)"
    form.location_id.choices = names
    return form


def shown(policy: Policy, settings: dict[str, Any]) -> dict[str, Any]:
    """Return what the form shows of a connection's rules."""
    values: dict[str, Any] = {
        "auto_push": policy.auto_push,
        "auto_import": policy.auto_import,
        "on_first": policy.on_first.value,
        "on_removed": policy.on_removed.value,
        "price_move_limit_percent": policy.price_move_limit_percent,
        "mass_limit": policy.mass_limit,
        **settings,
    }
    for group, rule in policy.groups.items():
        values[f"direction_{group.value}"] = rule.direction.value
        values[f"winner_{group.value}"] = rule.on_both.value
    return values


def differences(
    form: ConnectionSettingsForm, saved: Mapping[str, Any]
) -> list[tuple[str, str, str]]:
    """Return (label, what the form says, what was saved meanwhile) where both differ.

    The form then carries the newest version, so that sending it again is a choice between the two.
    """
    form.version.data = str(saved["version"])
    return [
        (field.label.text, _words(field, field.data), _words(field, saved[field.name]))
        for field in form
        if field.name in saved and field.name != "version" and field.data != saved[field.name]
    ]


def _words(field: Any, value: Any) -> str:
    if isinstance(field, SelectMultipleField):
        return ", ".join(str(field.choices.get(each, each)) for each in value or ()) or "All"
    if isinstance(field, SelectField):
        return str(field.choices.get(value, value))
    if isinstance(field, BooleanField):
        return "On" if value else "Off"
    return "" if value is None else str(value)


def chosen(form: ConnectionSettingsForm, policy: Policy) -> dict[str, Any]:
    """Return the settings a filled form stands for."""
    groups = {
        group.value: {
            "direction": form[f"direction_{group.value}"].data,
            "on_both": form[f"winner_{group.value}"].data,
        }
        for group in Group
    }
    before = policy.to_settings()
    moved = {name: rule for name, rule in groups.items() if rule != before["groups"].get(name)}
    # A rule a person sets counts for every listing; the exception for found listings ends there.
    imported = {name: rule for name, rule in before["imported"].items() if name not in moved}
    return {
        "groups": groups,
        "imported": {**imported, **moved},
        "auto_push": bool(form.auto_push.data),
        "auto_import": bool(form.auto_import.data),
        "on_first": form.on_first.data,
        "on_removed": form.on_removed.data,
        "price_move_limit_percent": form.price_move_limit_percent.data,
        "mass_limit": form.mass_limit.data,
        "mass_percent": policy.mass_percent,
        "auto_import_orders": bool(form.auto_import_orders.data),
        "order_days": form.order_days.data,
        "order_prefix": form.order_prefix.data or "",
        "stock_mode": form.stock_mode.data,
        "buffer": form.buffer.data,
        "buffer_percent": form.buffer_percent.data or 0,
        "stock_cap": form.stock_cap.data,
        "stock_weight": form.stock_weight.data or 1,
        **({"stock_places": _places(form.stock_places)} if form.stock_places else {}),
        "poll_minutes": form.poll_minutes.data,
        "reconcile_hours": form.reconcile_hours.data,
        **{name: " ".join((form[name].data or "").split()) for name in CRON_FIELDS},
        "requests_per_second": form.requests_per_second.data,
        **_shop_places(form),
    }


def _shop_places(form: ConnectionSettingsForm) -> dict[str, Any]:
    """Return the locations of the shop whose stock is added up: the main one, and others."""
    if form.location_id is None:
        return {}
    main, field = form.location_id.data, form.more_location_ids
    others = [each for each in (field.data or () if field else ()) if each != main]
    return {"location_id": main, "more_location_ids": others}


def _places(field: SelectMultipleField) -> list[str]:
    """Return the ticked locations; all of them, or none, are all there ever will be."""
    ticked = list(field.data or ())
    return [] if len(ticked) == len(field.choices) else ticked


class ExportForm(Form):
    """What goes into the file, and what opens it."""

    passphrase = PasswordField(
        "Passphrase", [InputRequired("Choose a passphrase.")], id="passphrase-new"
    )
    again = PasswordField("Passphrase again", [EqualTo("passphrase", "Both have to be the same.")])
    with_keys = BooleanField("With the keys of your shops")


class RestoreForm(Form):
    """A file, and what opens it."""

    file = FileField("File", [FileRequired("Choose a file.")])
    passphrase = PasswordField("Passphrase", [InputRequired("Enter the passphrase.")])
