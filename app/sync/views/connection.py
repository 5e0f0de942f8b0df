"""One connection: how it is, its rules, its webhooks, and what to do now."""

from contextlib import suppress
from typing import Any
from uuid import UUID

from flask import redirect, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from app.adapters.values import Group
from app.connections import building, connecting, limits, rules, schedules
from app.connections import queries as connections
from app.connections import service as connection_service
from app.connections.errors import NotOpen
from app.core.actor import Actor
from app.core.db import reading
from app.core.errors import Stale
from app.core.work import unit_of_work
from app.inventory import oversell
from app.inventory import queries as inventory
from app.inventory.models import LocationKind
from app.sync import (
    inbox,
    offering,
    order_reading,
    previewing,
    queries,
    relocating,
    resolving,
    sample,
    service,
    stale,
    tasks,
)
from app.sync.errors import AlreadyRunning
from app.sync.forms import (
    CRON_FIELDS,
    STOCK_FIELDS,
    ConnectionSettingsForm,
    chosen,
    differences,
    settings_form,
    shown,
)
from app.sync.models import RunKind
from app.sync.policy import DIRECTIONS, GROUP_LABELS, WINNERS, Direction, Policy, Rule, describe
from app.sync.views.base import bp
from app.web.filters import viewer_zone
from app.web.fragments import page, then, toast
from app.web.guards import requires
from app.web.identity import current_actor
from app.web.payload import whole_number
from app.web.wishes import cursors

_FIGURES = (
    "auto_import_orders",
    "order_days",
    "order_prefix",
    *STOCK_FIELDS,
    "poll_minutes",
    "reconcile_hours",
    *CRON_FIELDS,
    "requests_per_second",
)


def _numbers(row: Any) -> dict[str, Any]:
    return {name: connection_service.setting_of(row, name) for name in _FIGURES}


@bp.get("/connections/<uuid:connection_id>")
@requires("connections.read")
def connection_detail(connection_id: UUID) -> ResponseReturnValue:
    """Show health, counts, recent runs, API use and rules in words."""
    actor = current_actor()
    with reading(actor) as session:
        row = connections.get_connection(session, actor.organization, connection_id)
        context = _about(session, connection_id)
        coming = schedules.coming(session, actor.organization, connection_id)
    use, policy = context["use"], Policy.from_settings(row.settings)
    capabilities = building.channel(row.channel).capabilities
    chart = {
        "type": "bar",
        "data": {
            "labels": [each.hour.astimezone(viewer_zone()).strftime("%H:%M") for each in use],
            "datasets": [
                {"label": "Calls", "data": [each.calls for each in use]},
                {
                    "label": "Failed",
                    "tone": "bad",
                    "data": [each.failed + each.throttled for each in use],
                },
            ],
        },
    }
    return page(
        "sync/connection_detail.html",
        blocks=("overview",),
        watch=[f"connection-{connection_id}", "sync_runs", "listings"],
        row=row,
        state=connections.state_word(row),
        condition=connections.condition(row),
        owners=_owners(policy),
        rules=describe(policy)[len(policy.groups) :],
        numbers=_numbers(row),
        coming=coming,
        places=rules.places(row.facts),
        counted=rules.counted_places(row.settings, row.facts),
        reads_orders=order_reading.is_on(row, capabilities),
        allowed=limits.allowed_per_hour(row, capabilities),
        chart=chart,
        sampled=sample.words(row, sum(context["counts"].values())),
        **context,
    )


def _owners(policy: Policy) -> list[tuple[str, str]]:
    """Return rules with the groups of fields they hold for, equal rules as one."""
    groups: dict[Rule, list[str]] = {}
    for group, rule in policy.groups.items():
        groups.setdefault(rule, []).append(GROUP_LABELS[group])
    return [
        (
            DIRECTIONS[rule.direction.value]
            + ("" if rule.direction is Direction.OFF else f" · {WINNERS[rule.on_both.value]}"),
            "; ".join(labels),
        )
        for rule, labels in groups.items()
    ]


def _about(session: Session, connection_id: UUID) -> dict[str, Any]:
    return {
        "counts": queries.state_counts(session, connection_id),
        "runs": queries.run_page(session, connection_id=connection_id, limit=6).rows,
        "use": connections.api_use(session, connection_id),
        "stale": stale.stale_count(session, connection_id),
    }


@bp.get("/connections/<uuid:connection_id>/setup")
@requires("connections.manage")
def connection_setup(connection_id: UUID) -> ResponseReturnValue:
    """Step three of the wizard: the rules, before anything is read."""
    return _settings_page(connection_id, "sync/connection_setup.html")


@bp.get("/connections/<uuid:connection_id>/settings")
@requires("connections.manage")
def connection_settings(connection_id: UUID) -> ResponseReturnValue:
    """Show the rules of a connection."""
    return _settings_page(connection_id, "sync/connection_settings.html")


def _our_places(session: Session) -> list[tuple[str, str]]:
    """Return our locations in use, by id; what lies in a channel's own is not ours to send."""
    return [
        (str(each.id), each.name)
        for each in inventory.locations(session)
        if each.is_active and each.kind != LocationKind.CHANNEL
    ]


def _settings_page(
    connection_id: UUID,
    template: str,
    form: ConnectionSettingsForm | None = None,
    status: int = 200,
    preview: previewing.Preview | None = None,
) -> ResponseReturnValue:
    actor = current_actor()
    with reading(actor) as session:
        row = connections.get_connection(session, actor.organization, connection_id)
        ours = _our_places(session)
        risk = queries.connection_risk(session, row)
    policy = Policy.from_settings(row.settings)
    counted = rules.counted_places(row.settings, row.facts)
    values = {
        "name": row.name,
        "version": row.version,
        "location_id": next(iter(counted), None),
        "more_location_ids": counted[1:],
        **shown(policy, _numbers(row)),
    }
    return page(
        template,
        blocks=("editor", "preview"),
        status=status,
        row=row,
        form=form or settings_form(row, ours, formdata=None, data=values),
        risk=risk,
        risk_words=oversell.words,
        seconds=oversell.seconds,
        differences=differences(form, values) if form is not None and status == 409 else [],
        groups=[(group.value, GROUP_LABELS[group]) for group in Group],
        rules=describe(policy),
        preview=preview,
        labels=GROUP_LABELS,
    )


@bp.post("/connections/<uuid:connection_id>/settings/preview")
@requires("connections.manage")
def connection_preview(connection_id: UUID) -> ResponseReturnValue:
    """Show what the rules in the form would change now; nothing is saved."""
    actor = current_actor()
    template = "sync/connection_settings.html"
    with reading(actor) as session:
        row = connections.get_connection(session, actor.organization, connection_id)
        form = settings_form(row, _our_places(session))
        if not form.validate_on_submit():
            return _settings_page(connection_id, template, form, 422)
        wished = Policy.from_settings(chosen(form, Policy.from_settings(row.settings)))
        shown = previewing.preview(session, row, wished)
    return _settings_page(connection_id, template, form, preview=shown)


@bp.post("/connections/<uuid:connection_id>/settings")
@requires("connections.manage")
def connection_save(connection_id: UUID) -> ResponseReturnValue:
    """Save the rules; from the wizard, begin the first read."""
    actor = current_actor()
    is_setup = request.form.get("setup") == "1"
    template = "sync/connection_setup.html" if is_setup else "sync/connection_settings.html"
    with reading(actor) as session:
        row = connections.get_connection(session, actor.organization, connection_id)
        form = settings_form(row, _our_places(session))
    if not form.validate_on_submit():
        return _settings_page(connection_id, template, form, 422)
    wished = chosen(form, Policy.from_settings(row.settings))
    after = {**row.settings, **wished}
    before, now = (set(rules.counted_places(each, row.facts)) for each in (row.settings, after))
    has_moved = before != now
    try:
        with unit_of_work(actor) as work:
            if has_moved:
                relocating.forget_levels(work, connection_id)
            resolving.meet_again(work, connection_id)
            saved = connection_service.change_settings(
                work,
                connection_id,
                name=(form.name.data or "").strip(),
                settings=wished,
                version=whole_number(form.version.data or "") or 0,
            )
            offering.offer_anew(work, saved, row.settings)
    except Stale:
        return _settings_page(connection_id, template, form, 409)
    if is_setup:
        connecting.activate(actor, connection_id)
        toast("Connected. The first read has begun; nothing is sent before you see it.")
        return redirect(url_for("sync.connection_detail", connection_id=connection_id), 303)
    toast("Rules saved.")
    if has_moved:
        _read_anew(actor, connection_id)
    return then(connection_settings, connection_id=connection_id)


def _read_anew(actor: Actor, connection_id: UUID) -> None:
    """Look whether the locations that were chosen are open, and read their stock."""
    with suppress(NotOpen, AlreadyRunning):
        found = connecting.check_connection(actor, connection_id)
        if not found.is_ok:
            toast(found.problems[0].sentence, kind="error")
        with unit_of_work(actor) as work:
            service.request_run(
                work, connection_id, RunKind.RECONCILE, cause="Other locations count"
            )


@bp.post("/connections/<uuid:connection_id>/sync")
@requires("sync.run")
def connection_sync(connection_id: UUID) -> ResponseReturnValue:
    """Read what changed, compare everything, send everything, or read orders, now."""
    wish = request.form.get("what", "changes")
    if wish == "orders":
        return _read_orders(connection_id)
    try:
        with unit_of_work(current_actor()) as work:
            if wish == "push":
                service.push_connection(work, connection_id)
            else:
                kind = RunKind.RECONCILE if wish == "everything" else RunKind.CHANGES
                service.request_run(work, connection_id, kind, cause="Sync now")
        toast("Sync started.", kind="info")
    except AlreadyRunning as busy:
        toast(busy.sentence, kind="info")
    return then(connection_detail, connection_id=connection_id)


def _read_orders(connection_id: UUID) -> ResponseReturnValue:
    actor = current_actor()
    with reading(actor) as session:
        row = connections.get_connection(session, actor.organization, connection_id)
    if order_reading.is_on(row, building.channel(row.channel).capabilities):
        with unit_of_work(actor) as work:
            tasks.request_orders(work, connection_id, [order_reading.CHANGED])
        toast("Orders are being read.", kind="info")
    else:
        toast("Orders of this channel do not come in. Its settings may say so.", kind="info")
    return then(connection_detail, connection_id=connection_id)


@bp.get("/connections/<uuid:connection_id>/webhooks")
@requires("webhooks.read")
def delivery_list(connection_id: UUID) -> ResponseReturnValue:
    """Show received webhooks with their payload."""
    actor = current_actor()
    with reading(actor) as session:
        row = connections.get_connection(session, actor.organization, connection_id)
        found = queries.deliveries(
            session,
            connection_id,
            state=request.args.get("state"),
            **cursors(),
        )
    return page(
        "sync/delivery_list.html",
        blocks=("results",),
        watch=["delivery-*"],
        row=row,
        page=found,
    )


@bp.post("/connections/<uuid:connection_id>/webhooks/<uuid:delivery_id>/replay")
@requires("webhooks.replay")
def delivery_replay(connection_id: UUID, delivery_id: UUID) -> ResponseReturnValue:
    """Process a kept webhook again."""
    with unit_of_work(current_actor()) as work:
        inbox.replay_delivery(work, delivery_id)
    toast("The webhook is processed again: its object is read anew.", kind="info")
    return then(delivery_list, connection_id=connection_id)
