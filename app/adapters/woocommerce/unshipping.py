"""Taking parcels back: off the shop's list of them or our meta data; a done order is open again."""

from collections.abc import Mapping
from typing import Any, Final

from app.adapters.errors import Gone, Unknown, Unsupported
from app.adapters.orders import UnshipDraft
from app.adapters.types import Applied, Outcome, Problem, Rejected, Unanswered
from app.adapters.woocommerce.batches import Batches, Lost, Step
from app.adapters.woocommerce.client import Client
from app.adapters.woocommerce.items import UNANSWERED
from app.adapters.woocommerce.mapper import parcels
from app.adapters.woocommerce.mapper.names import TRACKING_KEY
from app.adapters.woocommerce.orders import OrderReads
from app.adapters.woocommerce.problems import ORDER_GONE, CallRefused, ItemError
from app.adapters.woocommerce.tracking import ways

_FIELDS: Final = "id,status,meta_data"


class Unshipping:
    """The part of an adapter that takes parcels back; saying it twice changes nothing."""

    def __init__(self, client: Client, reads: OrderReads, batches: Batches) -> None:
        self._client = client
        self._reads = reads
        self._batches = batches

    def take_back(self, draft: UnshipDraft) -> Outcome:
        """Take one parcel back."""
        rows = self._reads.rows([draft.order_external_id], _fields=_FIELDS)
        row = rows.get(draft.order_external_id)
        if row is None:
            return Rejected(draft.key, (Problem(ORDER_GONE, code="gone"),), is_gone=True)
        try:
            self._remove(draft)
        except Unknown:
            return Unanswered(draft.key, UNANSWERED)
        except CallRefused as error:
            return Rejected(draft.key, (error.error.problem(),))
        return self._reopened(draft, row)

    def _remove(self, draft: UnshipDraft) -> None:
        names = {draft.external_id, draft.key, draft.number} - {""}
        for way in ways(self._client):
            try:
                known = way.known(draft.order_external_id)
                meant = {each for name, each in known.items() if {name, each} & names}
                for external_id in meant - draft.others:
                    way.remove(draft.order_external_id, external_id)
            except (Unsupported, Gone):
                continue

    def _reopened(self, draft: UnshipDraft, row: Mapping[str, Any]) -> Outcome:
        """Write what is due on the order itself."""
        listed = parcels.ours(row)
        kept = [each for each in listed if not _is_it(each, draft)]
        body: dict[str, Any] = {}
        if len(kept) < len(listed):
            body["meta_data"] = [{"key": TRACKING_KEY, "value": [dict(each) for each in kept]}]
        if row.get("status") == "completed":
            body["status"] = "processing"
        if not body:
            return Applied(draft.key, draft.external_id)
        [result] = self._batches.send(
            "/orders", [Step("update", {"id": int(draft.order_external_id), **body})]
        )
        if isinstance(result, Lost):
            return Unanswered(draft.key, UNANSWERED)
        if isinstance(result, ItemError):
            return Rejected(draft.key, (result.problem(),), is_gone=result.is_gone)
        return Applied(draft.key, draft.external_id)


def _is_it(entry: Mapping[str, Any], draft: UnshipDraft) -> bool:
    is_numbered = bool(draft.number) and entry.get("number") == draft.number
    external_id = str(entry.get("id"))
    is_meant = is_numbered or external_id in (draft.key, draft.external_id)
    return is_meant and external_id not in draft.others
