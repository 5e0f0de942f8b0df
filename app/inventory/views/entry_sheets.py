"""Lines of a count or of a transfer from a file, and into one."""

from collections.abc import Iterable, Sequence
from typing import Final
from uuid import UUID

from flask import request, url_for
from flask.typing import ResponseReturnValue

from app.catalog.views.tables import csv_file, today
from app.core.db import reading
from app.inventory import queries, service
from app.inventory.counting import CountState
from app.inventory.transit import TransferState
from app.inventory.views.blueprint import bp
from app.inventory.views.counts import count_detail
from app.inventory.views.sheets import Sheet, ask, post, review
from app.inventory.views.transfers import transfer_detail
from app.inventory.warehouse_forms import CountSheetForm, TransferSheetForm
from app.web.filters import plural
from app.web.fragments import go_to_url
from app.web.guards import requires
from app.web.identity import current_actor

_CODES: Final = ("SKU", "Which variant. A column Barcode may stand in its place, or beside it.")


def _adds() -> bool:
    return request.form.get("mode") != "set"


def _of_count(count_id: UUID) -> Sheet:
    """Return the pages of a count; raises NotFound."""
    with reading(current_actor()) as session:
        found = queries.count_detail(session, count_id)
    adds, here = _adds(), url_for("inventory.count_detail", count_id=count_id)
    return Sheet(
        title="Enter from a file",
        trail=[
            ("Inventory", url_for("inventory.stock_list")),
            ("Counts", url_for("inventory.count_list")),
            (f"Count {found.count.number}", here),
        ],
        about=(
            f"What was counted at {found.location}",
            "You see what is entered before it is. At most 2,000 rows. Bring it in soon: what is"
            " sold between counting and this moment would look like a difference.",
        ),
        columns=[
            _CODES,
            ("Quantity", "A whole number, also 0. Rows without one are left out: nobody looked."),
            ("Location", f"Not needed. Rows of another one than {found.location} are refused."),
        ],
        ask=url_for("inventory.count_sheet_new", count_id=count_id),
        leads=here,
        does=("line", "is entered", "are entered"),
        button=lambda count: f"Enter {plural(count, 'line')}",
        done=lambda count: f"{plural(count, 'line')} entered.",
        figure="Counted",
        detail="What is counted of each, before and after." if adds
        else "What is counted of each: what was entered before is replaced.",
        plan=lambda session, organization_id, text: service.plan_count_sheet(
            session, organization_id, count_id, text, adds=adds
        ),
        post=lambda work, text, mark: service.post_count_sheet(
            work, count_id, text, mark, adds=adds
        ),
        form=CountSheetForm,
        keeps={"mode": "add" if adds else "set"},
        gone=lambda sentence, status: count_detail(count_id, refusal=sentence, status=status),
        is_open=found.count.state == CountState.COUNTING,
        has_links=False,
    )  # fmt: skip


@bp.get("/inventory/counts/<uuid:count_id>/file")
@requires("inventory.write")
def count_sheet_new(count_id: UUID) -> ResponseReturnValue:
    """Ask for a table of what was counted."""
    sheet = _of_count(count_id)
    return ask(sheet) if sheet.is_open else go_to_url(sheet.leads)


@bp.post("/inventory/counts/<uuid:count_id>/file")
@requires("inventory.write")
def count_sheet_review(count_id: UUID) -> ResponseReturnValue:
    """Show what a table comes to in a count; nothing is entered."""
    return review(_of_count(count_id))


@bp.post("/inventory/counts/<uuid:count_id>/file/post")
@requires("inventory.write")
def count_sheet_post(count_id: UUID) -> ResponseReturnValue:
    """Enter a table as it was shown; when somebody counted meanwhile, show it again."""
    return post(_of_count(count_id))


def _of_transfer(transfer_id: UUID) -> Sheet:
    """Return the pages of a transfer; raises NotFound."""
    with reading(current_actor()) as session:
        found = queries.transfer_detail(session, transfer_id)
    adds, here = _adds(), url_for("inventory.transfer_detail", transfer_id=transfer_id)
    word = "Transfer" if found.transfer.origin_id else "Delivery"
    return Sheet(
        title="Add from a file",
        trail=[
            ("Inventory", url_for("inventory.stock_list")),
            ("Transfers", url_for("inventory.transfer_list")),
            (f"{word} {found.transfer.number}", here),
        ],
        about=(
            f"What travels to {found.destination}",
            "You see what is added before it is, and nothing moves before it is sent."
            " At most 1,000 lines.",
        ),
        columns=[_CODES, ("Quantity", "How many units travel: a whole number.")],
        ask=url_for("inventory.transfer_sheet_new", transfer_id=transfer_id),
        leads=here,
        does=("line", "changes", "change"),
        button=lambda count: f"Change {plural(count, 'line')}",
        done=lambda count: f"{plural(count, 'line')} changed.",
        figure="Units",
        detail="Units that travel, before and after.",
        plan=lambda session, organization_id, text: service.plan_transfer_sheet(
            session, organization_id, transfer_id, text, adds=adds
        ),
        post=lambda work, text, mark: service.post_transfer_sheet(
            work, transfer_id, text, mark, adds=adds
        ),
        form=TransferSheetForm,
        keeps={"mode": "add" if adds else "set"},
        gone=lambda sentence, status: transfer_detail(transfer_id, refusal=sentence, status=status),
        is_open=found.transfer.state == TransferState.DRAFT,
    )


@bp.get("/inventory/transfers/<uuid:transfer_id>/file")
@requires("inventory.write")
def transfer_sheet_new(transfer_id: UUID) -> ResponseReturnValue:
    """Ask for a table of what travels."""
    sheet = _of_transfer(transfer_id)
    return ask(sheet) if sheet.is_open else go_to_url(sheet.leads)


@bp.post("/inventory/transfers/<uuid:transfer_id>/file")
@requires("inventory.write")
def transfer_sheet_review(transfer_id: UUID) -> ResponseReturnValue:
    """Show what a table comes to in a draft; nothing is added."""
    return review(_of_transfer(transfer_id))


@bp.post("/inventory/transfers/<uuid:transfer_id>/file/post")
@requires("inventory.write")
def transfer_sheet_post(transfer_id: UUID) -> ResponseReturnValue:
    """Fill a draft from a table as it was shown; when it changed meanwhile, show it again."""
    return post(_of_transfer(transfer_id))


@bp.get("/inventory/counts/<uuid:count_id>/lines.csv")
@requires("inventory.read", "catalog.export")
def count_file(count_id: UUID) -> ResponseReturnValue:
    """Send the lines of a count; what was on hand only to who may compare, or when it is over."""
    actor = current_actor()
    with reading(actor) as session:
        found = queries.count_detail(session, count_id)
        state = found.count.state
        is_blind = state == CountState.COUNTING or (
            state == CountState.REVIEW and not actor.can("inventory.approve")
        )
        rows = [
            _count_line(found, row, is_blind=is_blind)
            for row in queries.every_count_line(session, count_id)
        ]
    compared = () if is_blind else ("On hand then", "Difference", "Approved", "Moved meanwhile")
    head = ("Product", "SKU", "Barcode", "Location", "Quantity", *compared, "By", "At")
    return csv_file(today(f"count-{found.count.number}"), [head, *rows])


def _count_line(
    found: queries.CountDetail, row: queries.CountLineRow, *, is_blind: bool
) -> Sequence[object]:
    line = row.line
    moved = "yes" if line.has_moved else "no"
    compared = () if is_blind else (line.expected, line.variance, line.posted, moved)
    at = line.counted_at.isoformat(timespec="seconds") if line.counted_at else None
    known = (row.name, row.sku, row.gtin, found.location)
    return (*known, line.counted, *compared, row.person if at else None, at)


@bp.get("/inventory/transfers/<uuid:transfer_id>/lines.csv")
@requires("inventory.read", "catalog.export")
def transfer_file(transfer_id: UUID) -> ResponseReturnValue:
    """Send the lines of a transfer; once it was sent, with what became of them."""
    with reading(current_actor()) as session:
        found = queries.transfer_detail(session, transfer_id)
    is_draft = found.transfer.state == TransferState.DRAFT
    ends = ("Received", "Missing", "Damaged", "Turned back", "On the way", "Reason")
    head = ("Product", "SKU", "Barcode", "Quantity", *(() if is_draft else ends))
    return csv_file(
        today(f"{'transfer' if found.transfer.origin_id else 'delivery'}-{found.transfer.number}"),
        [head, *_transfer_lines(found, is_draft=is_draft)],
    )


def _transfer_lines(found: queries.TransferDetail, *, is_draft: bool) -> Iterable[Sequence[object]]:
    is_sent = found.transfer.sent_at is not None
    for row in found.lines:
        line = row.line
        ends = (line.arrived, line.missing, line.damaged, line.turned_back,
                line.rest if is_sent else 0, line.reason)  # fmt: skip
        yield (row.name, row.sku, row.gtin, line.quantity, *(() if is_draft else ends))
