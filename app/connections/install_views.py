"""Pages that connect a channel by OAuth: the app's keys, the shop, the way back."""

from typing import Final
from urllib.parse import urlsplit

from flask import Blueprint, redirect, request, session, url_for
from flask.typing import ResponseReturnValue

from app.adapters.errors import AdapterError
from app.connections import installing, service, wire
from app.connections.forms import AppForm, ShopForm
from app.core.errors import AppError, Invalid
from app.core.settings import current
from app.core.work import unit_of_work
from app.web.fragments import go_to_url, leave_to, page, toast
from app.web.guards import requires
from app.web.identity import current_actor

bp = Blueprint("installs", __name__, url_prefix="/connections/new")
_STATE: Final = "install_state"


@bp.get("/<channel>")
@requires("connections.manage")
def install_new(
    channel: str,
    form: ShopForm | None = None,
    app_form: AppForm | None = None,
    status: int = 200,
) -> ResponseReturnValue:
    """Ask for the shop, and first for the keys of the app that is to be let in."""
    installing.oauth_of(channel)
    keys = installing.app_of(current_actor(), channel)
    return page(
        "connections/install_new.html",
        blocks=("step",),
        status=status,
        channel=wire.channel(channel),
        form=form or ShopForm(),
        app_form=app_form or AppForm(),
        app_hint=f"…{keys.key[-6:]}" if keys else None,
        callback=_callback(channel),
    )


def _callback(channel: str) -> str:
    return f"{current().public_url}{url_for('installs.installed', channel=channel)}"


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
            service.refuse_taken(work, channel, address)
        name = (form.name.data or "").strip() or (urlsplit(address).hostname or address)
        if request.form.get("how") == "own":
            row = installing.take_own(actor, channel, address, name[:100])
            return redirect(url_for("sync.connection_setup", connection_id=row.id), 303)
        target, state = installing.begin(actor, channel, address, name[:100], _callback(channel))
    except (AppError, AdapterError) as refusal:
        return _refused(channel, form, refusal)
    session[_STATE] = state
    return leave_to(target)


def _refused(channel: str, form: ShopForm, refusal: AppError | AdapterError) -> ResponseReturnValue:
    fields = refusal.fields if isinstance(refusal, Invalid) and refusal.fields else {}
    for sentence in dict.fromkeys([*fields.values()] or [refusal.sentence]):
        form.base_url.errors = [*form.base_url.errors, sentence]
    return install_new(channel, form, status=422)


@bp.get("/<channel>/installed")
@requires("connections.manage")
def installed(channel: str) -> ResponseReturnValue:
    """Come back from the shop: prove it, take the keys, go on to the rules."""
    kept = str(session.pop(_STATE, ""))
    query = [(name, value) for name, values in request.args.lists() for value in values]
    try:
        row = installing.finish(current_actor(), channel, query, kept, _callback(channel))
    except (AppError, AdapterError) as refusal:
        fields = refusal.fields if isinstance(refusal, Invalid) and refusal.fields else {}
        toast(" ".join(fields.values()) or refusal.sentence, kind="error")
        return redirect(url_for("installs.install_new", channel=channel), 303)
    return redirect(url_for("sync.connection_setup", connection_id=row.id), 303)
