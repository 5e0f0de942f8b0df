"""Transfers: goods between locations, and goods that were bought; each step shown, then taken."""

from collections.abc import Callable, Sequence
from typing import Any, Final
from uuid import UUID

from flask import request, url_for
from flask.typing import ResponseReturnValue

from app.core.db import reading
from app.core.errors import Conflicting, Invalid
from app.core.work import Work, in_unit, unit_of_work
from app.inventory import queries, service
from app.inventory.queries import TransferDetail
from app.inventory.transit import ON_THE_WAY, TransferState
from app.inventory.views.blueprint import bp
from app.inventory.views.words import STATES, places_of, scanned, typed_code
from app.inventory.warehouse_forms import OUTSIDE, LinesForm, ScanForm, TransferForm
from app.web.filters import plural
from app.web.fragments import go_to, page, then, toast
from app.web.guards import requires
from app.web.identity import current_actor
from app.web.live import announce
from app.web.wishes import cursors

_TABS: Final[Sequence[tuple[str, str]]] = (
    ("", "All"),
    ("draft", "Drafts"),
    ("way", "On the way"),
    ("done", "Done"),
)

announce("transfer", permission="inventory.read")
announce("transfers", permission="inventory.read")


@bp.get("/inventory/transfers")
@requires("inventory.read")
def transfer_list() -> ResponseReturnValue:
    """Show what is on its way, and what was."""
    tab = request.args.get("tab", "")
    with reading(current_actor()) as session:
        found = queries.transfer_list(session, tab, **cursors())
        is_empty = not found.total and not queries.has_transfers(session)
    tabs = [
        (word, url_for("inventory.transfer_list", tab=key or None), tab == key, None)
        for key, word in _TABS
    ]
    return page(
        "inventory/transfer_list.html",
        blocks=("results",),
        watch=["transfers"],
        page=found,
        tabs=tabs,
        states=STATES,
        is_empty=is_empty,
    )


@bp.get("/inventory/transfers/new")
@requires("inventory.write")
def transfer_new(form: TransferForm | None = None, status: int = 200) -> ResponseReturnValue:
    """Ask where goods go, and from where."""
    with reading(current_actor()) as session:
        places = places_of(session)
    shown = (form or TransferForm(formdata=None)).offer(places)
    if form is None:
        origin = request.args.get("from", "")
        is_outside = origin == OUTSIDE or len(places) < 2  # nowhere else to move anything to
        shown.origin.data = OUTSIDE if is_outside else places[0][0]
        others = [key for key, _ in places if key != shown.origin.data]
        shown.destination.data = others[0] if others else ""
    return page("inventory/transfer_new.html", status=status, form=shown, places=places)


@bp.post("/inventory/transfers/new")
@requires("inventory.write")
def transfer_create() -> ResponseReturnValue:
    """Begin a transfer."""
    actor = current_actor()
    with reading(actor) as session:
        form = TransferForm().offer(places_of(session))
    if not form.validate():
        return transfer_new(form, 422)
    try:
        transfer_id = in_unit(service.start_transfer)(actor, form.draft())
    except Invalid as refusal:
        form.refuse(refusal)
        return transfer_new(form, 422)
    return go_to(transfer_detail, transfer_id=transfer_id)


def _load(transfer_id: UUID) -> TransferDetail:
    with reading(current_actor()) as session:
        return queries.transfer_detail(session, transfer_id)


@bp.get("/inventory/transfers/<uuid:transfer_id>")
@requires("inventory.read")
def transfer_detail(
    transfer_id: UUID,
    form: LinesForm | None = None,
    scan: ScanForm | None = None,
    refusal: str = "",
    status: int = 200,
) -> ResponseReturnValue:
    """Show a transfer, and what may be done with it next."""
    found = _load(transfer_id)
    transfer = found.transfer
    shown = form or LinesForm(formdata=None)
    if form is None:
        for row in found.lines:
            shown.typed[f"{service.UNITS}{row.id}"] = str(row.line.quantity)
            shown.typed[f"came-{row.id}"] = str(row.line.rest)
    shown.version.data = str(transfer.version)
    return page(
        "inventory/transfer_detail.html",
        blocks=("scanned", "lines", "standing"),
        status=status,
        watch=[f"transfer-{transfer_id}"],
        found=found,
        transfer=transfer,
        form=shown,
        scan=scan or ScanForm(formdata=None),
        typed_code=typed_code(scan),
        of_scan=scan is not None,
        refusal=refusal,
        states=STATES,
        is_draft=transfer.state == TransferState.DRAFT,
        is_on_the_way=transfer.state in ON_THE_WAY,
    )


def _do(
    transfer_id: UUID, form: LinesForm, act: Callable[[Work], Any], *, done: str
) -> ResponseReturnValue:
    """Take a step; refused or stale, show the transfer again with what was typed."""
    if not form.validate() or form.problems:
        return transfer_detail(transfer_id, form, status=422)
    try:
        in_unit(act)(current_actor())
    except Invalid as refusal:
        form.refuse(refusal)
        return transfer_detail(transfer_id, form, status=422)
    except Conflicting as refusal:
        return transfer_detail(transfer_id, refusal=refusal.sentence, status=refusal.status)
    toast(done)
    return then(transfer_detail, transfer_id=transfer_id)


@bp.post("/inventory/transfers/<uuid:transfer_id>/lines")
@requires("inventory.write")
def transfer_add(transfer_id: UUID) -> ResponseReturnValue:
    """Add units of a SKU or barcode to a draft."""
    scan = ScanForm()
    if not scan.validate():
        return transfer_detail(transfer_id, scan=scan, status=422)
    try:
        with unit_of_work(current_actor()) as work:
            service.add_units(work, transfer_id, scan.code.data, scan.units)
    except Invalid as refusal:
        scan.refuse(refusal)
        return transfer_detail(transfer_id, scan=scan, status=422)
    except Conflicting as refusal:
        return transfer_detail(
            transfer_id, scan=scan, refusal=refusal.sentence, status=refusal.status
        )
    return scanned(then(transfer_detail, transfer_id=transfer_id))


def _units(transfer_id: UUID) -> tuple[LinesForm, dict[UUID, int]]:
    found, form = _load(transfer_id), LinesForm()
    return form, form.read_units(request.form, [row.id for row in found.lines])


@bp.post("/inventory/transfers/<uuid:transfer_id>/units")
@requires("inventory.write")
def transfer_units(transfer_id: UUID) -> ResponseReturnValue:
    """Keep how many of each line travel."""
    form, units = _units(transfer_id)
    return _do(
        transfer_id,
        form,
        lambda work: service.set_units(work, transfer_id, units, form.shown_version),
        done="Quantities saved.",
    )


@bp.post("/inventory/transfers/<uuid:transfer_id>/send")
@requires("inventory.write")
def transfer_send(transfer_id: UUID) -> ResponseReturnValue:
    """Let the goods set out, as many as the page shows."""
    form, units = _units(transfer_id)

    def act(work: Work) -> None:
        service.set_units(work, transfer_id, units, form.shown_version)
        service.send_transfer(work, transfer_id)

    return _do(transfer_id, form, act, done="On the way.")


@bp.post("/inventory/transfers/<uuid:transfer_id>/receive")
@requires("inventory.write")
def transfer_receive(transfer_id: UUID) -> ResponseReturnValue:
    """Take in what came, and say what did not."""
    found, form = _load(transfer_id), LinesForm()
    arrivals = form.read_arrivals(request.form, [row.id for row in found.lines])
    came = sum(each.arrived for each in arrivals.values())
    return _do(
        transfer_id,
        form,
        lambda work: service.receive_transfer(
            work,
            transfer_id,
            arrivals,
            version=form.shown_version,
            reason=form.reason.data or "",
        ),
        done=f"{plural(came, 'unit')} received.",
    )


@bp.post("/inventory/transfers/<uuid:transfer_id>/end")
@requires("inventory.write")
def transfer_end(transfer_id: UUID) -> ResponseReturnValue:
    """Give a draft up, or take back what is still on its way."""
    found, form = _load(transfer_id), LinesForm()
    said = "Cancelled."
    if found.transfer.state in ON_THE_WAY and found.origin:
        said = f"{plural(found.rest, 'unit')} back at {found.origin}."
    return _do(
        transfer_id,
        form,
        lambda work: service.end_transfer(work, transfer_id, form.shown_version),
        done=said,
    )
