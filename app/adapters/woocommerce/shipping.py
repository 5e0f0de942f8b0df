"""Making parcels known: where the shop keeps them, else as a note to the buyer and our meta data.

No way of the shop is idempotent, so each order is asked first what it knows. The last parcel ends
the order; the shop then writes its own mail to the buyer.
"""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from app.adapters.errors import AdapterError, Gone, Unknown, Unsupported
from app.adapters.orders import ShipmentDraft
from app.adapters.types import Applied, Outcome, Problem, Rejected, Unanswered
from app.adapters.woocommerce.batches import Batches, Lost, Step
from app.adapters.woocommerce.client import Client
from app.adapters.woocommerce.items import UNANSWERED
from app.adapters.woocommerce.mapper import parcels
from app.adapters.woocommerce.mapper.names import TRACKING_KEY
from app.adapters.woocommerce.orders import OrderReads
from app.adapters.woocommerce.problems import ORDER_GONE, CallRefused, ItemError
from app.adapters.woocommerce.tracking import Way, ways
from app.core import clock

Row = Mapping[str, Any]
_FIELDS: Final = "id,status,meta_data"
_CLOSED: Final[Mapping[str, str]] = {
    "cancelled": "This order is cancelled in the shop, so nothing is shipped any more.",
    "refunded": "The money of this order was given back in the shop, so nothing is shipped.",
    "trash": "This order lies in the trash of the shop. Restore it there first.",
}


class Shipping:
    """The half of an adapter that tells of parcels."""

    def __init__(self, client: Client, reads: OrderReads, batches: Batches) -> None:
        self._client = client
        self._reads = reads
        self._batches = batches
        self._ways: list[Way] = list(ways(client))  # those not known to be missing here

    def ship(self, drafts: Sequence[ShipmentDraft]) -> list[Outcome]:
        """Make parcels known; one outcome per draft, in order."""
        rows = self._reads.rows([draft.order_external_id for draft in drafts], _fields=_FIELDS)
        bodies: dict[str, dict[str, Any]] = {}  # what is to be written on the orders themselves
        outcomes = [
            self._tell(draft, rows.get(draft.order_external_id), bodies) for draft in drafts
        ]
        return self._write(drafts, outcomes, bodies)

    def _tell(
        self, draft: ShipmentDraft, row: Row | None, bodies: dict[str, dict[str, Any]]
    ) -> Outcome:
        if row is None:
            return _rejected(draft, ORDER_GONE, "gone", is_gone=True)
        if (why := _CLOSED.get(str(row.get("status")))) is not None:
            return _rejected(draft, why, "order_closed", field="status")
        if not draft.lines:
            return _rejected(draft, "Say what is in the parcel.", "no_lines", field="lines")
        try:
            external_id = self._known_or_added(draft) or self._noted(draft, row, bodies)
        except Unknown:
            return Unanswered(draft.key, UNANSWERED)
        except CallRefused as error:
            return Rejected(draft.key, (error.error.problem(),), is_gone=error.error.is_gone)
        except Gone:
            return _rejected(draft, ORDER_GONE, "gone", is_gone=True)
        if draft.is_last and row.get("status") != "completed":
            bodies.setdefault(draft.order_external_id, {})["status"] = "completed"
        return Applied(draft.key, external_id)

    def _known_or_added(self, draft: ShipmentDraft) -> str | None:
        """Tell the first way that the shop has; None: it has none for this parcel."""
        for way in list(self._ways):
            if way.needs_number and not draft.number:
                continue
            try:
                known = _of(way, draft)
                return known if known is not None else self._added(way, draft)
            except Unsupported:
                self._ways.remove(way)
        return None

    def _added(self, way: Way, draft: ShipmentDraft) -> str:
        try:
            return way.add(draft)
        except Unknown:
            found = _after_loss(way, draft)
            if found is None:
                raise
            return found

    def _noted(self, draft: ShipmentDraft, row: Row, bodies: dict[str, dict[str, Any]]) -> str:
        """Write a note, and remember the parcel in our meta data of the order."""
        body = bodies.setdefault(draft.order_external_id, {})
        metas = body.get("meta_data") or [{"value": [dict(each) for each in parcels.ours(row)]}]
        kept: list[dict[str, Any]] = metas[0]["value"]
        for each in kept:
            if each.get("id") == draft.key or (draft.number and each.get("number") == draft.number):
                return str(each.get("id") or draft.key)
        notes = f"/orders/{draft.order_external_id}/notes"
        listed = self._client.get(notes, fresh=True, type="any")
        texts = [str(note.get("note")) for note in listed if isinstance(note, Mapping)]
        if not (draft.number and any(_numbered(draft) in text for text in texts)):
            note = {"note": _words(draft), "customer_note": draft.notifies, "added_by_user": False}
            self._client.post(notes, note)
        kept.append(
            {
                "id": draft.key,
                "number": draft.number,
                "carrier": draft.carrier,
                "url": draft.url,
                "lines": dict(draft.lines),
                "at": clock.now().date().isoformat(),
            }
        )
        body["meta_data"] = [{"key": TRACKING_KEY, "value": kept}]
        return draft.key

    def _write(
        self,
        drafts: Sequence[ShipmentDraft],
        outcomes: Sequence[Outcome],
        bodies: Mapping[str, dict[str, Any]],
    ) -> list[Outcome]:
        """Write what is due on the orders; a parcel whose order did not take it is not done."""
        due = {order_id: body for order_id, body in bodies.items() if body}
        steps = [Step("update", {"id": int(order_id), **body}) for order_id, body in due.items()]
        results = dict(zip(due, self._batches.send("/orders", steps), strict=True))
        lost = [order_id for order_id, result in results.items() if isinstance(result, Lost)]
        shown = self._shown(lost)
        found: list[Outcome] = []
        for draft, outcome in zip(drafts, outcomes, strict=True):
            order_id = draft.order_external_id
            result = results.get(order_id)
            if isinstance(outcome, Applied) and isinstance(result, ItemError):
                outcome = Applied(draft.key, outcome.external_id, problems=(result.problem(),))
            is_lost = isinstance(result, Lost) and not _stands(due[order_id], shown.get(order_id))
            if isinstance(outcome, Applied) and is_lost:
                outcome = Unanswered(draft.key, UNANSWERED)
            found.append(outcome)
        return found

    def _shown(self, order_ids: Sequence[str]) -> dict[str, dict[str, Any]]:
        try:
            return self._reads.rows(order_ids, _fields=_FIELDS)
        except AdapterError:
            return {}


def _of(way: Way, draft: ShipmentDraft) -> str | None:
    known = way.known(draft.order_external_id)
    return known.get(draft.number) if draft.number else known.get(draft.key)


def _after_loss(way: Way, draft: ShipmentDraft) -> str | None:
    try:
        return _of(way, draft)
    except AdapterError:
        return None


def _stands(body: Mapping[str, Any], row: Row | None) -> bool:
    """Tell whether an order shows what was to be written on it."""
    if row is None or row.get("status") != body.get("status", row.get("status")):
        return False
    wanted = {each["id"] for entry in body.get("meta_data", ()) for each in entry["value"]}
    return wanted <= {each.get("id") for each in parcels.ours(row)}


def _words(draft: ShipmentDraft) -> str:
    words = ["Your parcel is on its way"]
    words += [f" with {draft.carrier}"] if draft.carrier else []
    words += [f". {_numbered(draft)[:-1]}"] if draft.number else []
    words += [f". Follow it at {draft.url}"] if draft.url else ["."]
    return "".join(words)


def _numbered(draft: ShipmentDraft) -> str:
    return f"Tracking number: {draft.number}."


def _rejected(
    draft: ShipmentDraft,
    sentence: str,
    code: str,
    *,
    field: str | None = None,
    is_gone: bool = False,
) -> Rejected:
    return Rejected(draft.key, (Problem(sentence, field, code),), is_gone=is_gone)
