"""Pages that connect a channel by OAuth: the app's keys, the shop, the way back."""

from typing import Final
from urllib.parse import urlsplit
from uuid import UUID

from flask import Blueprint, redirect, request, session, url_for
from flask.typing import ResponseReturnValue

from app.adapters.errors import AdapterError, Retryable
from app.connections import installing, service, wire
from app.connections.forms import AppForm, ShopForm
from app.core.errors import AppError, Invalid
from app.core.settings import current
from app.core.work import unit_of_work
from app.registry import CHANNELS
from app.web.fragments import go_to_url, leave_to, page, toast
from app.web.guards import requires
from app.web.identity import current_actor

bp = Blueprint("installs", __name__, url_prefix="/connections/new")
_STATE: Final = "install_state"
# What a way back is refused for (app.adapters), as a status; anything else is a value to correct.
_STATUSES: Final = {
    "wrong_state": 409,
    "foreign_shop": 403,
    "bad_signature": 403,
    "stale_link": 410,
    "invalid_request": 410,  # the code is over, or was used
}


@bp.get("/<channel>")
@requires("connections.manage")
def install_new(
    channel: str,
    form: ShopForm | None = None,
    app_form: AppForm | None = None,
    status: int = 200,
    refusal: str | None = None,
) -> ResponseReturnValue:
    """Ask for the shop, and first for the keys of the app that is to be let in."""
    installing.oauth_of(channel)
    keys = installing.app_of(current_actor(), channel)
    return page(
        "connections/install_new.html",
        blocks=("step",),
        status=status,
        channel=wire.channel(channel),
        platforms=CHANNELS,
        form=form or ShopForm(),
        app_form=app_form or AppForm(),
        app_hint=f"…{keys.key[-6:]}" if keys else None,
        callback=_callback(channel),
        privacy_address=_privacy_address(channel),
        refusal=refusal,
    )


def _callback(channel: str) -> str:
    return f"{current().public_url}{url_for('installs.installed', channel=channel)}"


def _privacy_address(channel: str) -> str | None:
    """Return where the channel tells the app what people want done with their data."""
    if wire.channel(channel).privacy is None:
        return None
    organization_id = current_actor().organization
    path = url_for("hooks.receive_for_app", channel=channel, organization_id=organization_id)
    return f"{current().public_url}{path}"


@bp.post("/<channel>/app")
@requires("connections.manage")
def install_app(channel: str) -> ResponseReturnValue:
    """Keep the keys of the merchant's app."""
    form = AppForm()
    if not form.validate_on_submit():
        return install_new(channel, app_form=form, status=422)
    key, secret = (form.client_id.data or "").strip(), (form.client_secret.data or "").strip()
    installing.keep_app(current_actor(), channel, key, secret)
    toast("The keys of your app are kept.")
    return go_to_url(url_for("installs.install_new", channel=channel))


@bp.post("/<channel>")
@requires("connections.manage")
def install_begin(channel: str) -> ResponseReturnValue:
    """Send the merchant to the shop, or connect at once what is the app's own."""
    form, actor = ShopForm(), current_actor()
    if not form.validate_on_submit():
        return install_new(channel, form, status=422)
    try:
        address = installing.read_address(channel, form.base_url.data or "")
        with unit_of_work(actor) as work:
            failing = service.find_failing(work, channel, address)
            if failing is None:
                service.refuse_taken(work, channel, address)
        if failing is not None:  # “connect the shop again”, as its error says
            return install_again(failing)
        name = (form.name.data or "").strip() or (urlsplit(address).hostname or address)
        if request.form.get("how") == "own":
            row = installing.take_own(actor, channel, address, name[:100])
            return redirect(url_for("sync.connection_setup", connection_id=row.id), 303)
        target, state = installing.begin(actor, channel, address, name[:100], _callback(channel))
    except (AppError, AdapterError) as refusal:
        return _refused(channel, form, refusal)
    session[_STATE] = state
    return leave_to(target)


@bp.post("/again/<uuid:connection_id>")
@requires("connections.manage")
def install_again(connection_id: UUID) -> ResponseReturnValue:
    """Send the merchant to a connected shop to approve us once more."""
    actor = current_actor()
    row = wire.load(actor, connection_id)
    try:
        begun = installing.begin_again(actor, connection_id, _callback(row.channel))
    except (Invalid, AdapterError) as refusal:
        told = " ".join(_sentences(refusal))
        return install_new(row.channel, refusal=told, status=_status(refusal))
    if begun is None:
        return _accepted(connection_id)
    target, session[_STATE] = begun
    return leave_to(target)


def _accepted(connection_id: UUID) -> ResponseReturnValue:
    toast("The shop accepts the new keys.")
    return redirect(url_for("sync.connection_detail", connection_id=connection_id), 303)


def _refused(channel: str, form: ShopForm, refusal: AppError | AdapterError) -> ResponseReturnValue:
    form.base_url.errors = [*form.base_url.errors, *_sentences(refusal)]
    return install_new(channel, form, status=422)


def _sentences(refusal: AppError | AdapterError) -> list[str]:
    fields = refusal.fields if isinstance(refusal, Invalid) else {}
    return list(dict.fromkeys(fields.values())) or [refusal.sentence]


@bp.get("/<channel>/installed")
@requires("connections.manage")
def installed(channel: str) -> ResponseReturnValue:
    """Come back from the shop: prove it, take the keys, go on to the rules."""
    kept = str(session.pop(_STATE, ""))
    query = [(name, value) for name, values in request.args.lists() for value in values]
    try:
        row = installing.finish(current_actor(), channel, query, kept, _callback(channel))
    except (AppError, AdapterError) as refusal:
        told = " ".join(_sentences(refusal))
        return install_new(channel, refusal=told, status=_status(refusal))
    if row.connected_at is not None:
        return _accepted(row.id)
    return redirect(url_for("sync.connection_setup", connection_id=row.id), 303)


def _status(refusal: AppError | AdapterError) -> int:
    if isinstance(refusal, AppError):
        return refusal.status
    return 503 if isinstance(refusal, Retryable) else _STATUSES.get(refusal.code or "", 422)
