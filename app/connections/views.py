"""Pages of connections: list, connect wizard, keys, pausing, disconnecting, call log."""

import re
from typing import Final
from urllib.parse import parse_qsl, urlsplit
from uuid import UUID

from flask import Blueprint, Flask, Response, redirect, request, url_for
from flask.typing import ResponseReturnValue

from app.adapters.errors import AdapterError
from app.connections import connecting, install_views, keys, queries, service, wire
from app.connections.forms import AddressForm, KeysForm
from app.core.actor import Actor, job_actor
from app.core.db import reading
from app.core.errors import AppError, Invalid, NotFound
from app.core.settings import current
from app.core.work import unit_of_work
from app.registry import CHANNELS
from app.web.filters import plural
from app.web.fragments import go_to, leave_to, page, then, toast
from app.web.guards import hook, requires
from app.web.identity import current_actor
from app.web.live import announce
from app.web.nav import NavItem, NavLine, Section, register_nav, register_nav_lines
from app.web.slots import register_moves
from app.web.states import FAILED, NEEDS_YOU, State, Tone, register_states
from app.web.wishes import cursors

bp = Blueprint("connections", __name__, url_prefix="/connections")
# Arguments that prove who asks or keep caches away: nobody reads them.
_SIGNS: Final = re.compile(r"oauth_|consumer_|_$")


@bp.get("")
@requires("connections.read")
def connection_list() -> ResponseReturnValue:
    """Show every connection with its health."""
    with reading(current_actor()) as session:
        cards = queries.cards(session)
    return page(
        "connections/connection_list.html",
        blocks=("results",),
        watch=["connections"],
        cards=cards,
        labels={each.key: each.label for each in CHANNELS},
    )


@bp.get("/new")
@requires("connections.manage")
def connection_new(form: AddressForm | None = None, status: int = 200) -> ResponseReturnValue:
    """Step one of the wizard: which shop."""
    return page(
        "connections/connection_new.html",
        blocks=("step",),
        status=status,
        form=form or AddressForm(),
        channel=CHANNELS[0],
        platforms=CHANNELS,
    )


@bp.post("/new")
@requires("connections.manage")
def connection_probe() -> ResponseReturnValue:
    """Look whether a shop answers at the address, and go on to its keys."""
    form = AddressForm()
    if not form.validate_on_submit():
        return connection_new(form, 422)
    wire_settings = {"allows_http": form.allows_http.data}
    channel = CHANNELS[0].key
    try:
        address = connecting.probe(channel, form.base_url.data or "", wire_settings)
        if address.startswith("http://") and not form.allows_http.data:
            raise Invalid(
                fields={
                    "allows_http": "This shop answers without encryption only. Tick this to allow"
                    " it, or give the shop a certificate first."
                }
            )
        with unit_of_work(current_actor()) as work:
            service.refuse_taken(work, channel, address)
    except AppError as refusal:
        _show(form, refusal, "base_url")
        return connection_new(form, 422)
    name = (form.name.data or "").strip() or (urlsplit(address).hostname or address)
    return go_to(
        connection_keys,
        address=address,
        name=name[:100],
        http="1" if form.allows_http.data else None,
    )


def _show(form: AddressForm | KeysForm, refusal: AppError, field: str) -> None:
    fields = refusal.fields if isinstance(refusal, Invalid) and refusal.fields else {}
    for name, sentence in (fields or {field: refusal.sentence}).items():
        target = form[name] if name in form else form[field]
        target.errors = [*target.errors, sentence]


@bp.get("/new/keys")
@requires("connections.manage")
def connection_keys(form: KeysForm | None = None, status: int = 200) -> ResponseReturnValue:
    """Step two: approve at the shop, or paste keys."""
    return page(
        "connections/connection_keys.html",
        blocks=("step",),
        status=status,
        form=form or KeysForm(),
        address=request.args.get("address", ""),
        name=request.args.get("name", ""),
        can_approve=current().public_url.startswith("https://"),
        channel=CHANNELS[0],
    )


@bp.post("/new/approve")
@requires("connections.manage")
def connection_approve() -> ResponseReturnValue:
    """Send the merchant to the shop to approve us there."""
    address, name = request.args.get("address", ""), request.args.get("name", "")
    channel = CHANNELS[0]
    if channel.approval_url is None:
        return connection_keys(status=404)
    if address.startswith("http://") and request.args.get("http") != "1":
        toast("Allow a shop without encryption first.", kind="error")
        return go_to(connection_new)
    with unit_of_work(current_actor()) as work:
        token = service.open_request(work, channel.key, name, address)
    base = current().public_url
    try:
        target = channel.approval_url(
            address,
            token,
            f"{base}{url_for('connections.connection_approved')}?token={token}",
            f"{base}{url_for('connections.approval_callback', channel=channel.key)}",
        )
    except AdapterError as refusal:
        toast(refusal.sentence, kind="error")
        return go_to(connection_keys, **request.args.to_dict())
    return leave_to(target)


@bp.get("/approved")
@requires("connections.manage")
def connection_approved() -> ResponseReturnValue:
    """Come back from the shop; only the keys it sent meanwhile prove anything."""
    actor = current_actor()
    with unit_of_work(actor) as work:
        found = service.find_request(work, request.args.get("token", ""))
    if found is not None and found.connection_id is not None:
        return redirect(url_for("sync.connection_setup", connection_id=found.connection_id), 303)
    if request.args.get("success") == "0":
        toast("The shop says that the approval was declined. Nothing was connected.", kind="error")
    else:
        sentence = found.error if found is not None and found.error else None
        toast(
            sentence or "The shop sent no keys. Approve again, or paste keys by hand.",
            kind="error",
        )
    address, name = (found.address, found.name) if found is not None else ("", "")
    return redirect(url_for("connections.connection_keys", address=address, name=name), 303)


@bp.post("/approvals/<channel>")
@hook
def approval_callback(channel: str) -> ResponseReturnValue:
    """Take the keys a shop posts after an approval; exactly 200 keeps them valid there."""
    kind = wire.channel(channel)
    try:
        if kind.read_approval is None:
            return Response("Unknown.", 404, mimetype="text/plain")
        credentials, token = kind.read_approval(request.get_data(cache=False))
        actor = _actor_of(token)
        connecting.complete_approval(actor, token, credentials)
    except (AdapterError, AppError) as refusal:
        return Response(refusal.sentence, 400, mimetype="text/plain")
    return Response("Stored.", 200, mimetype="text/plain")


def _actor_of(token: str) -> Actor:
    try:
        return job_actor(UUID(token.partition(".")[0]), via="hook")
    except ValueError as error:
        raise Invalid("This approval is unknown.") from error


@bp.post("/new/keys")
@requires("connections.manage")
def connection_connect() -> ResponseReturnValue:
    """Check pasted keys at the shop and go on to its rules."""
    form = KeysForm()
    if not form.validate_on_submit():
        return connection_keys(form, 422)
    wish = connecting.Wish(
        CHANNELS[0].key,
        request.args.get("name", "") or "WooCommerce",
        request.args.get("address", "").rstrip("/"),
        {"key": (form.key.data or "").strip(), "secret": (form.secret.data or "").strip()},
        {"allows_http": request.args.get("http") == "1"},
    )
    try:
        row = connecting.connect(current_actor(), wish)
    except AppError as refusal:
        _show(form, refusal, "key")
        return connection_keys(form, 422)
    return redirect(url_for("sync.connection_setup", connection_id=row.id), 303)


@bp.post("/<uuid:connection_id>/check")
@requires("connections.manage")
def connection_check(connection_id: UUID) -> ResponseReturnValue:
    """Ask the shop now."""
    found = connecting.check_connection(current_actor(), connection_id)
    if found.is_ok:
        toast("The shop answers, and our keys may do what they need to.")
    else:
        sentence = found.problems[0].sentence if found.problems else "The shop did not answer."
        toast(sentence, kind="error")
    return _back(connection_id)


@bp.post("/<uuid:connection_id>/try")
@requires("sync.run")
def connection_try(connection_id: UUID) -> ResponseReturnValue:
    """Ask a resting shop now whether it answers again."""
    found = connecting.try_now(current_actor(), connection_id)
    if found.is_ok:
        toast("The shop answers. Work goes on.")
    else:
        toast(found.problems[0].sentence, kind="error")
    return _back(connection_id)


def _back(connection_id: UUID) -> ResponseReturnValue:
    return redirect(url_for("sync.connection_detail", connection_id=connection_id), 303)


@bp.post("/<uuid:connection_id>/pause")
@requires("connections.manage")
def connection_pause(connection_id: UUID) -> ResponseReturnValue:
    """Stop reading and writing."""
    with unit_of_work(current_actor()) as work:
        service.pause(work, connection_id)
    return _back(connection_id)


@bp.post("/<uuid:connection_id>/resume")
@requires("connections.manage")
def connection_resume(connection_id: UUID) -> ResponseReturnValue:
    """Go on."""
    with unit_of_work(current_actor()) as work:
        service.resume(work, connection_id)
    return _back(connection_id)


@bp.get("/<uuid:connection_id>/keys")
@requires("connections.manage")
def connection_new_keys(
    connection_id: UUID, form: KeysForm | None = None, status: int = 200
) -> ResponseReturnValue:
    """Ask for new keys of a shop that is connected already."""
    actor = current_actor()
    with reading(actor) as session:
        row = queries.get_connection(session, actor.organization, connection_id)
    return page(
        "connections/connection_new_keys.html",
        blocks=("step",),
        status=status,
        form=form or KeysForm(),
        row=row,
        channel=wire.channel(row.channel),
    )


@bp.post("/<uuid:connection_id>/keys")
@requires("connections.manage")
def connection_replace_keys(connection_id: UUID) -> ResponseReturnValue:
    """Replace the keys once the shop accepts the new ones."""
    if wire.channel(wire.load(current_actor(), connection_id).channel).oauth is not None:
        raise NotFound  # its keys come by approval
    form = KeysForm()
    if not form.validate_on_submit():
        return connection_new_keys(connection_id, form, 422)
    typed = {"key": (form.key.data or "").strip(), "secret": (form.secret.data or "").strip()}
    try:
        connecting.refresh_keys(current_actor(), connection_id, typed)
    except AppError as refusal:
        _show(form, refusal, "key")
        return connection_new_keys(connection_id, form, 422)
    toast("The shop accepts the new keys.")
    return _back(connection_id)


@bp.post("/<uuid:connection_id>/disconnect")
@requires("connections.manage")
def connection_disconnect(connection_id: UUID) -> ResponseReturnValue:
    """Remove our webhooks there, forget the keys here, keep the history."""
    removed = connecting.disconnect(current_actor(), connection_id)
    toast(f"Disconnected. {removed} webhooks were removed from the shop; your history stays.")
    return then(connection_list)


@bp.get("/keys")
@requires("connections.manage")
def key_list() -> ResponseReturnValue:
    """Show which keys are kept and how they are; the keys themselves are shown to nobody."""
    with reading(current_actor()) as session:
        rows = keys.kept_keys(session)
    labels = {each.key: each.label for each in CHANNELS}
    return page("connections/key_list.html", blocks=("kept",), rows=rows, labels=labels)


@bp.post("/keys/reseal")
@requires("connections.manage")
def key_reseal() -> ResponseReturnValue:
    """Seal what an older key of the ring sealed with the newest one."""
    with unit_of_work(current_actor()) as work:
        count = keys.reseal(work)
    toast(f"Sealed the keys of {plural(count, 'connection')} anew.")
    return then(key_list)


@bp.get("/<uuid:connection_id>/log")
@requires("connections.read")
def exchange_list(connection_id: UUID) -> ResponseReturnValue:
    """Show recorded calls, masked, newest first."""
    actor = current_actor()
    with reading(actor) as session:
        row = queries.get_connection(session, actor.organization, connection_id)
        found = queries.exchanges(
            session,
            connection_id,
            only_failed=request.args.get("show") == "failed",
            **cursors(),
        )
    return page("connections/exchange_list.html", blocks=("results",), row=row, page=found)


def asked(url: str) -> tuple[str, str]:
    """Return what a call asked: the path and its arguments, without those that only sign it."""
    parts = urlsplit(url)
    pairs = parse_qsl(parts.query, keep_blank_values=True)
    told = [f"{name}={value}" for name, value in pairs if not _SIGNS.match(name)]
    return parts.path, " · ".join(told)


def install(app: Flask) -> None:
    """Put connections into the side menu, the table of states and the templates."""
    app.register_blueprint(install_views.bp)
    app.jinja_env.globals["asked"] = asked
    register_nav(
        NavItem(
            Section.CHANNELS, "Channels", "connections.connection_list", "plug", "connections.read"
        )
    )
    register_nav_lines(Section.CHANNELS, _lines)
    announce("connection", permission="connections.read")
    announce("connections", permission="connections.read")
    register_moves("connections")
    register_states(
        {
            "resting": State("Resting", Tone.AMBER, "hourglass"),
            "error": NEEDS_YOU,
            "disconnected": State("Disconnected", Tone.OUTLINE, "unplug"),
            "unmapped": State("Not paired", Tone.AMBER, "link-2-off"),
            "ignored": State("Ignored", Tone.OUTLINE, "eye-off"),
            "received": State("Received", Tone.BLUE, "inbox"),
            "processed": State("Done", Tone.GREEN, "circle-check"),
            "sent": State("Sent", Tone.BLUE, "send"),
            "held": NEEDS_YOU,
            "rejected": FAILED,
        }
    )


def _lines(actor: Actor) -> list[NavLine]:
    if not actor.can("connections.read"):
        return []
    with reading(actor) as session:
        cards = queries.cards(session)
    return [
        NavLine(
            card.row.name,
            url_for("sync.connection_detail", connection_id=card.row.id),
            card.state,
            (card.worries + card.unmapped) or None,
            key=str(card.row.id),
        )
        for card in cards[:8]
    ]
