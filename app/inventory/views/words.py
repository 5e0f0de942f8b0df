"""How transfers and counts are spoken of on all pages, and the choices pages share."""

from collections.abc import Mapping
from typing import Final

from flask import Response, make_response
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from app.inventory import queries
from app.inventory.counting import CountState
from app.inventory.models import LocationKind
from app.inventory.transit import TransferState
from app.inventory.warehouse_forms import ScanForm
from app.web.states import State, Tone
from app.web.wishes import wants_fragment

STATES: Final[Mapping[str, State]] = {
    TransferState.DRAFT: State("Draft", Tone.GREY, "pencil"),
    TransferState.SENT: State("On the way", Tone.BLUE, "truck"),
    TransferState.PARTLY: State("Partly received", Tone.AMBER, "package-open"),
    TransferState.RECEIVED: State("Received", Tone.GREEN, "package-check"),
    TransferState.CANCELLED: State("Cancelled", Tone.OUTLINE, "circle-slash"),
    CountState.COUNTING: State("Counting", Tone.BLUE, "scan-barcode"),
    CountState.REVIEW: State("To approve", Tone.AMBER, "triangle-alert"),
    CountState.CLOSED: State("Closed", Tone.GREEN, "circle-check"),
}


def places_of(session: Session) -> list[tuple[str, str]]:
    """Return where stock of ours may lie, the default location first."""
    ours = [
        each
        for each in queries.locations(session)
        if each.is_active and each.kind != LocationKind.CHANNEL
    ]
    ours.sort(key=lambda each: not each.is_default)
    return [(str(each.id), each.name) for each in ours]


def typed_code(scan: ScanForm | None) -> str:
    """Return what stays in the box after a refusal: nothing where a scanner goes on at once."""
    return "" if scan is None or wants_fragment() else str(scan.code.data or "")


def scanned(answer: ResponseReturnValue) -> Response:
    """Let the page draw its lines anew, once, when nobody has scanned for a moment."""
    response = make_response(answer)
    response.headers["HX-Trigger"] = "scanned"
    return response
