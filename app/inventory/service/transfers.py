"""Goods on their way between locations, or from outside: begun, sent, received, turned back.

Each step is taken once: the page carries the version of the transfer it showed, and a step that
finds another one, because somebody was faster or a button was pressed twice, posts nothing.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm.attributes import flag_modified

from app.catalog import service as catalog
from app.core.db import new_id
from app.core.errors import Invalid, NotFound
from app.core.work import Work
from app.inventory.errors import StaleTransfer
from app.inventory.ledger import Posting
from app.inventory.models import Level, Location, LocationKind, Transfer, TransferLine
from app.inventory.service.codes import variant_by_code
from app.inventory.service.moving import post
from app.inventory.transit import (
    FOLLOWS,
    ON_THE_WAY,
    Arrival,
    Ends,
    TransferState,
    come_in,
    set_out,
    turn_back,
)

UNITS: Final = "units-"  # boxes of a form are named by the line they are about
MOST_LINES: Final = 1_000
MOST_UNITS: Final = 1_000_000
_Here = Mapping[tuple[UUID, UUID], Level]


@dataclass(frozen=True, slots=True)
class TransferDraft:
    """Where goods go, and from where; without an origin they come from outside."""

    destination_id: UUID
    origin_id: UUID | None = None
    supplier: str = ""
    expected_on: date | None = None
    note: str = ""


def start_transfer(work: Work, draft: TransferDraft) -> UUID:
    """Begin a transfer without any lines; raises Invalid at the field."""
    _check_places(work, draft.origin_id, draft.destination_id)
    last = select(func.max(Transfer.number)).where(Transfer.organization_id == work.organization_id)
    transfer = Transfer(
        id=new_id(),
        organization_id=work.organization_id,
        number=(work.session.scalar(last) or 0) + 1,
        origin_id=draft.origin_id,
        destination_id=draft.destination_id,
        supplier=draft.supplier if draft.origin_id is None else "",
        expected_on=draft.expected_on,
        note=draft.note,
        user_id=work.actor.user_id,
    )
    work.session.add(transfer)
    work.session.flush()
    work.touch("transfers")
    return transfer.id


def _check_places(work: Work, origin_id: UUID | None, destination_id: UUID) -> None:
    ids = set(
        work.session.scalars(
            select(Location.id).where(
                Location.organization_id == work.organization_id,
                Location.is_active,
                Location.kind != LocationKind.CHANNEL,
            )
        )
    )
    if origin_id is not None and origin_id not in ids:
        raise Invalid(fields={"origin": "Choose a location of yours that is in use."})
    if destination_id not in ids:
        raise Invalid(fields={"destination": "Choose a location of yours that is in use."})
    if origin_id == destination_id:
        raise Invalid(fields={"destination": "Choose another location than the goods leave."})


def get_transfer(work: Work, transfer_id: UUID, version: int | None = None) -> Transfer:
    """Return a transfer, locked until the unit ends; raises NotFound, or StaleTransfer.

    With a version, the transfer gets another one: a form that was sent is not sent again.
    """
    found = work.session.scalar(
        select(Transfer)
        .where(Transfer.id == transfer_id, Transfer.organization_id == work.organization_id)
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    if found is None:
        raise NotFound
    if version is not None and found.version != version:
        raise StaleTransfer
    flag_modified(found, "state")
    work.touch(f"transfer-{transfer_id}", "transfers")
    return found


def _step(transfer: Transfer, to: TransferState) -> None:
    if to not in FOLLOWS[TransferState(transfer.state)]:
        raise StaleTransfer
    transfer.state = to


def draft_of(work: Work, transfer_id: UUID, version: int | None = None) -> Transfer:
    """Return a transfer that was not sent yet, as `get_transfer` does."""
    transfer = get_transfer(work, transfer_id, version)
    if transfer.state != TransferState.DRAFT:
        raise StaleTransfer
    return transfer


def lines_of(work: Work, transfer_id: UUID) -> Sequence[TransferLine]:
    """Return the lines of a transfer, the first one first."""
    return work.session.scalars(
        select(TransferLine)
        .where(TransferLine.transfer_id == transfer_id)
        .order_by(TransferLine.id)
        .execution_options(populate_existing=True)
    ).all()


def add_units(work: Work, transfer_id: UUID, code: str, quantity: int = 1) -> TransferLine:
    """Add units of a SKU or barcode to a draft; raises Invalid at the field."""
    draft_of(work, transfer_id)
    variant_id = variant_by_code(work, code)
    if not 1 <= quantity <= MOST_UNITS:
        raise Invalid(fields={"quantity": f"Enter a whole number from 1 to {MOST_UNITS:,}."})
    lines = lines_of(work, transfer_id)
    line = next((each for each in lines if each.variant_id == variant_id), None)
    if line is None and len(lines) >= MOST_LINES:
        raise Invalid(fields={"code": f"A transfer holds at most {MOST_LINES:,} lines."})
    if line is None:
        line = TransferLine(
            id=new_id(),
            organization_id=work.organization_id,
            transfer_id=transfer_id,
            variant_id=variant_id,
            quantity=0,
        )
        work.session.add(line)
    if line.quantity + quantity > MOST_UNITS:
        raise Invalid(fields={"quantity": f"A line holds at most {MOST_UNITS:,} units."})
    line.quantity += quantity
    work.session.flush()
    return line


def set_units(work: Work, transfer_id: UUID, units: Mapping[UUID, int], version: int) -> None:
    """Set how many of each line of a draft travel; a line of none is taken out."""
    draft_of(work, transfer_id, version)
    for line in lines_of(work, transfer_id):
        if line.id not in units:
            continue
        if units[line.id]:
            line.quantity = units[line.id]
        else:
            work.session.delete(line)
    work.session.flush()


def send_transfer(work: Work, transfer_id: UUID, version: int | None = None) -> None:
    """Let the goods of a draft set out; raises Invalid at the lines that cannot."""
    transfer = draft_of(work, transfer_id, version)
    _step(transfer, TransferState.SENT)
    _check_places(work, transfer.origin_id, transfer.destination_id)
    lines = lines_of(work, transfer_id)
    if not lines:
        raise Invalid(fields={"code": "Add what travels first."})
    levels = _levels(work, transfer, lines)
    _check_lines(work, transfer, lines, levels)
    transfer.sent_at = work.now
    ends = {each.id: set_out(each.quantity, is_ours=_is_ours(transfer)) for each in lines}
    _post(work, transfer, lines, levels, ends)


def _is_ours(transfer: Transfer) -> bool:
    return transfer.origin_id is not None


def _levels(work: Work, transfer: Transfer, lines: Sequence[TransferLine]) -> _Here:
    """Return the levels at both ends, locked; those of the destination are made if need be."""
    variant_ids = sorted(each.variant_id for each in lines)
    rows = [
        {
            "organization_id": work.organization_id,
            "variant_id": variant_id,
            "location_id": transfer.destination_id,
        }
        for variant_id in _counted(work, variant_ids)
    ]
    if rows:
        work.session.execute(insert(Level).values(rows).on_conflict_do_nothing())
    places = [place for place in (transfer.origin_id, transfer.destination_id) if place]
    found = work.session.scalars(
        select(Level)
        .where(Level.variant_id.in_(variant_ids), Level.location_id.in_(places))
        .order_by(Level.id)
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    return {(each.variant_id, each.location_id): each for each in found}


def _counted(work: Work, variant_ids: Sequence[UUID]) -> list[UUID]:
    """Return the variants whose stock somebody counts; all others are sold without an end."""
    found = select(Level.variant_id).where(Level.variant_id.in_(variant_ids), Level.is_counted)
    return sorted(set(work.session.scalars(found)))


def _check_lines(
    work: Work, transfer: Transfer, lines: Sequence[TransferLine], levels: _Here
) -> None:
    ends = Location.id.in_((transfer.origin_id, transfer.destination_id))
    rows = work.session.execute(select(Location.id, Location.name).where(ends))
    names = {each.id: each.name for each in rows}
    problems = {}
    for line in lines:
        there = levels.get((line.variant_id, transfer.destination_id))
        if there is None or not there.is_counted:
            problems[f"{UNITS}{line.id}"] = (
                f"Nobody counts this at {names[transfer.destination_id]}."
                " Set how many lie there first."
            )
            continue
        if transfer.origin_id is None:
            continue
        here = levels.get((line.variant_id, transfer.origin_id))
        left = max(here.available, 0) if here is not None and here.is_counted else 0
        if left < line.quantity:
            problems[f"{UNITS}{line.id}"] = (
                f"Only {left:,} available at {names[transfer.origin_id]}."
            )
    if problems:
        raise Invalid(fields=problems)


def _post(
    work: Work,
    transfer: Transfer,
    lines: Sequence[TransferLine],
    levels: _Here,
    ends: Mapping[UUID, Ends],
    note: str = "",
) -> None:
    postings: dict[UUID, list[Posting]] = {}
    for line in lines:
        places = (transfer.origin_id, transfer.destination_id)
        for place, some in zip(places, ends.get(line.id, Ends()), strict=True):
            if place is not None and some:
                level = levels[line.variant_id, place]
                postings.setdefault(level.id, []).extend(some)
    work.session.flush()
    moved = post(work, postings, reference=f"transfer:{transfer.id}", note=note or None)
    catalog.stock_moved(work, moved)


def receive_transfer(
    work: Work,
    transfer_id: UUID,
    arrivals: Mapping[UUID, Arrival],
    *,
    version: int,
    reason: str = "",
) -> TransferState:
    """Take in what came of a transfer, and what did not; returns how far it is then.

    `arrivals` are by line; a reason is needed when units are missing or damaged. Raises Invalid at
    the lines of which more came than were on their way.
    """
    transfer = get_transfer(work, transfer_id, version)
    if transfer.state not in ON_THE_WAY:
        raise StaleTransfer
    lines = lines_of(work, transfer_id)
    arrivals = {each.id: arrivals.get(each.id, Arrival()) for each in lines}
    _check_arrivals(lines, arrivals, reason)
    levels = _levels(work, transfer, lines)
    came = {key: come_in(Arrival(each.arrived)) for key, each in arrivals.items()}
    _post(work, transfer, lines, levels, came)
    lost = {key: come_in(each._replace(arrived=0)) for key, each in arrivals.items()}
    _post(work, transfer, lines, levels, lost, note=reason)
    for line in lines:
        arrival = arrivals[line.id]
        line.arrived += arrival.arrived
        line.missing += arrival.missing
        line.damaged += arrival.damaged
        if arrival.missing or arrival.damaged:
            line.reason = reason
    is_whole = not any(each.rest for each in lines)
    _step(transfer, TransferState.RECEIVED if is_whole else TransferState.PARTLY)
    if is_whole:
        transfer.closed_at = work.now
    work.session.flush()
    return TransferState(transfer.state)


def _check_arrivals(
    lines: Sequence[TransferLine], arrivals: Mapping[UUID, Arrival], reason: str
) -> None:
    problems = {
        f"{UNITS}{each.id}": f"Only {each.rest:,} on the way."
        for each in lines
        if arrivals[each.id].units > each.rest
    }
    if any(each.missing or each.damaged for each in arrivals.values()) and not reason:
        problems["reason"] = "Say what happened to the missing or damaged units."
    if not problems and not any(each.units for each in arrivals.values()):
        problems["units"] = "Enter how many came, or are missing."
    if problems:
        raise Invalid(fields=problems)


def end_transfer(work: Work, transfer_id: UUID, version: int) -> TransferState:
    """Give up a draft, or take what is still on its way back; returns what the transfer is then."""
    transfer = get_transfer(work, transfer_id, version)
    lines = lines_of(work, transfer_id)
    if transfer.state in ON_THE_WAY:
        levels = _levels(work, transfer, lines)
        is_ours = _is_ours(transfer)
        ends = {each.id: turn_back(each.rest, is_ours=is_ours) for each in lines if each.rest}
        _post(work, transfer, lines, levels, ends)
        for line in lines:
            line.turned_back += line.rest
    is_begun = any(each.arrived or each.missing or each.damaged for each in lines)
    _step(transfer, TransferState.RECEIVED if is_begun else TransferState.CANCELLED)
    transfer.closed_at = work.now
    work.session.flush()
    return TransferState(transfer.state)
