"""Rush: the rules of the organization, and a person's own word about an order or a selection."""

import hashlib
import json
from collections import Counter
from collections.abc import Sequence
from typing import Final
from uuid import UUID

from flask import request, url_for
from flask.typing import ResponseReturnValue

from app.catalog.service.loading import organization_currency
from app.core.db import reading
from app.core.errors import Conflicting, Invalid
from app.core.work import in_unit, unit_of_work
from app.orders import queries, rush, service
from app.orders.queries import RushPreview
from app.orders.rush import RushRule
from app.orders.rush_forms import RushForm, TypedRule, look_choices, typed
from app.orders.views.answering import do, load
from app.orders.views.blueprint import bp
from app.orders.views.index import chosen_ids
from app.orders.views.saved import ORDERS
from app.web.filters import plural
from app.web.fragments import go_to_url, page, toast
from app.web.guards import requires
from app.web.identity import current_actor
from app.web.payload import whole_number

# What the page of an order may say → what is kept; "rules" takes a person's word back.
_CHOICES: Final[dict[str, tuple[bool | None, str]]] = {
    "on": (True, "Marked as rush."),
    "off": (False, "Marked as not rush."),
    "rules": (None, "The rules decide again."),
}


@bp.get("/orders/rush")
@requires("orders.write", "orders.personal")
def rush_rules() -> ResponseReturnValue:
    """Show which orders go before others."""
    actor = current_actor()
    with reading(actor) as session:
        currency = organization_currency(session, actor.organization)
        table = queries.rush_rules(session)
    form = RushForm(None)
    form.version.data = str(table.version)
    return _show(form, [typed(rule, currency) for rule in table.rules])


@bp.post("/orders/rush")
@requires("orders.write", "orders.personal")
def rush_rules_save() -> ResponseReturnValue:
    """Add or remove a row, tell what the rules would change, or keep them."""
    form, actor = RushForm(), current_actor()
    rows = form.read_rows(request.form)
    if "add" in request.form:
        return _show(form, [*rows, TypedRule()], is_added=True)
    if "remove" in request.form:
        gone = whole_number(request.form["remove"])
        return _show(form, [row for place, row in enumerate(rows) if place != gone])
    with reading(actor) as session:
        rules = form.rules(rows, organization_currency(session, actor.organization))
        channels = queries.rush_channels(session)
    if rules is None:
        return _show(form, rows, status=422)
    try:
        service.check_rush_rules(rules, channels)
        with reading(actor) as session:
            preview = queries.rush_preview(session, rules)
        if preview.turns and form.told.data != _mark(rules):
            form.told.data = _mark(rules)
            return _show(form, rows, preview=preview)
        with unit_of_work(actor) as work:
            service.change_rush_rules(work, rules, version=form.shown_version)
    except Invalid as refusal:
        form.refuse(refusal)
        return _show(form, rows, status=422)
    except Conflicting as refusal:
        return _show_stale(form, rows, refusal.sentence)
    toast("Kept. Open orders follow in a moment." if preview.turns else "Kept.")
    return go_to_url(url_for("orders.rush_rules"))


def _mark(rules: Sequence[RushRule]) -> str:
    """Return by what a form knows that of exactly these rules it was told what they change."""
    said = json.dumps(rush.to_json(rules)).encode()
    return hashlib.blake2b(said, digest_size=16).hexdigest()


def _show_stale(form: RushForm, rows: list[TypedRule], sentence: str) -> ResponseReturnValue:
    """Show what was typed beside what somebody else saved; saving again replaces that."""
    with reading(current_actor()) as session:
        table, channels = queries.rush_rules(session), queries.rush_channels(session)
    form.version.data = str(table.version)
    form.form_errors.append(sentence)
    now = [rush.words(rule, channels) for rule in table.rules if rule.is_on]
    return _show(form, rows, status=409, now=now)


def _show(
    form: RushForm,
    rows: Sequence[TypedRule],
    *,
    status: int = 200,
    preview: RushPreview | None = None,
    now: Sequence[str] | None = None,
    is_added: bool = False,
) -> ResponseReturnValue:
    actor = current_actor()
    with reading(actor) as session:
        currency = organization_currency(session, actor.organization)
        channels = queries.rush_channels(session)
        is_untouched = queries.rush_rules(session).version == 0
    if preview is None:
        form.told.data = ""
    return page(
        "orders/rush_rules.html",
        status=status,
        form=form,
        rows=rows,
        looks=look_choices(channels),
        currency=currency,
        is_untouched=is_untouched,
        may_add=len(rows) < rush.MOST_RULES,
        preview=_said(preview) if preview else "",
        now=now,
        is_added=is_added,
    )


def _said(preview: RushPreview) -> str:
    """Say what would become of open orders."""
    begun, ended = preview.begin, preview.end
    parts = []
    if begun:
        parts.append(f"{plural(begun, 'open order')} {'becomes' if begun == 1 else 'become'} rush")
    if ended:
        count = f"{ended:,}" if begun else plural(ended, "open order")
        parts.append(f"{count} {'is' if ended == 1 else 'are'} no longer rush")
    said = f"{', '.join(parts)}."
    more = " Only the newest 20,000 open orders were looked at; the rules go through all of them."
    return said + (more if preview.is_partial else "")


@bp.post("/orders/<uuid:order_id>/rush")
@requires("orders.write")
def order_rush(order_id: UUID) -> ResponseReturnValue:
    """Say by hand whether an order goes before others, or leave it to the rules again."""
    load(current_actor(), order_id)
    if request.form.get("to", "") not in _CHOICES:
        raise Invalid("Choose rush or not.")
    choice, done = _CHOICES[request.form["to"]]
    return do(
        order_id,
        lambda work, version: service.choose_rush(work, order_id, choice=choice, version=version),
        done=done,
    )


@bp.post("/orders/mark-rush")
@requires("orders.write")
def order_rush_many() -> ResponseReturnValue:
    """Mark the selection as rush."""
    return _mark_many(is_rush=True)


@bp.post("/orders/mark-not-rush")
@requires("orders.write")
def order_not_rush_many() -> ResponseReturnValue:
    """Mark the selection as not rush."""
    return _mark_many(is_rush=False)


def _mark_many(*, is_rush: bool) -> ResponseReturnValue:
    """Mark orders one by one; one that refuses hinders no other."""
    actor = current_actor()
    with reading(actor) as session:
        ids = chosen_ids(session, request.form)
    if not ids:
        raise Invalid("Select at least one order.")
    count, refusals = 0, Counter[str]()
    for order_id in ids:
        try:
            in_unit(service.choose_rush)(actor, order_id, choice=is_rush)
            count += 1
        except Conflicting as refusal:
            refusals[refusal.sentence] += 1
    if count:
        toast(f"{plural(count, 'order')} marked as {'rush' if is_rush else 'not rush'}.")
    for sentence, times in refusals.items():
        toast(f"{plural(times, 'order')}: {sentence}", kind="error")
    return ORDERS.back()
