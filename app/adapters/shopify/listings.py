"""Pushing listings: find, compose, send, read back, and once more where an answer was lost.

Every draft may be pushed again: what the shop shows already is not written, what exists is not
created. So a call that raises half way (throttled, key revoked) has done no harm.
"""

import time
from collections.abc import Callable, Mapping, Sequence
from datetime import timedelta
from typing import Any, Final

from app.adapters.errors import (
    AdapterError,
    BadPayload,
    Gone,
    NeedsPerson,
    Refused,
    Retryable,
    Unknown,
)
from app.adapters.shopify import compose, ids, pairing, pictures
from app.adapters.shopify.compose import Plan
from app.adapters.shopify.items import UNANSWERED, Item, still_open
from app.adapters.shopify.lookup import Lookup, Taken, taken
from app.adapters.shopify.problems import Busy
from app.adapters.shopify.reads import Reads
from app.adapters.shopify.shop import Shop
from app.adapters.shopify.steps import Steps
from app.adapters.types import (
    Applied,
    ListingDraft,
    Outcome,
    Pending,
    Problem,
    Ticket,
    VariantDraft,
)

SOON: Final = timedelta(seconds=5)
FRESH: Final = 1.0  # seconds; products are written one by one, and somebody may edit the next …
AHEAD: Final = 5  # … so that so many are looked at again at once


class Listings:
    """The half of an adapter that writes products."""

    def __init__(
        self,
        shop: Shop,
        reads: Reads,
        *,
        deletes: bool,
        tick: Callable[[], float] = time.monotonic,
    ) -> None:
        self._tick = tick
        self._shop = shop
        self._reads = reads
        self._deletes = deletes
        self._lookup = Lookup(shop.client)
        self._steps = Steps(shop)

    def push(self, drafts: Sequence[ListingDraft]) -> list[Outcome]:
        """Create, change or remove listings; one outcome per draft, in order."""
        items = [Item(draft) for draft in drafts]
        for item in items:
            if item.draft.is_removed:
                item.outcome = self._remove(item.draft)
        self._find(still_open(items))
        self._meet(still_open(items))
        self._write(items, still_open(items))
        self._read_back(items)
        again = [item for item in still_open(items) if item.lost or self._can_go_on(item)]
        self._write(items, again, is_late=True)
        self._read_back(again)
        return [self._outcome(item) for item in items]

    def collect(self, ticket: Ticket) -> list[Outcome]:
        """Go on where pictures were not ready; the draft was kept in the ticket."""
        draft = _draft_from(ticket)
        return self.push([draft])

    def _remove(self, draft: ListingDraft) -> Outcome:
        external_id = draft.external_id
        rows = self._reads.rows([external_id]) if external_id else []
        if not rows or (rows[0].get("status") == "ARCHIVED" and not self._deletes):
            return Applied(draft.key, external_id or "")
        gid = str(rows[0]["id"])
        item = Item(draft, row=rows[0])
        try:
            errors = self._steps.delete(gid) if self._deletes else self._steps.archive(gid)
        except Unknown:
            left = self._reads.rows([str(external_id)])
            if left and (self._deletes or left[0].get("status") != "ARCHIVED"):
                item.lose()
            errors = []
        if errors and not errors[0].is_gone:
            item.reject(*(each.problem() for each in errors))
        return item.outcome or Applied(draft.key, external_id or "")

    def _find(self, items: Sequence[Item]) -> None:
        self._look_up_all([item for item in items if item.draft.external_id is None])
        items = still_open(items)
        wanted = {id(item): item.draft.external_id or item.external_id for item in items}
        rows = self._rows_of([each for each in wanted.values() if each])
        for item in items:
            number = wanted[id(item)]
            if not number:
                continue
            item.row, item.seen_at = rows.get(number), self._tick()
            if item.row is None and item.draft.external_id is None:
                item.is_foreign = False  # the search still shows what was deleted: make it anew
            elif item.row is None:
                item.reject(Problem(Gone.sentence, code="gone"), is_gone=True)
            elif item.row.get("isGiftCard"):
                item.reject(
                    Problem("This is a gift card, which SyncStore only reads.", code="not_writable")
                )

    def _look_up_all(self, items: Sequence[Item]) -> None:
        """Look for products that may be there; when the shop stops us, go on with those we know."""
        for position, item in enumerate(items):
            try:
                self._look_up(item)
            except Retryable as error:
                if position == 0:
                    raise
                for left in items[position:]:
                    left.lose(error.sentence)
                return

    def _look_up(self, item: Item) -> None:
        found = self._lookup.find(item.draft)
        if isinstance(found, Taken):
            item.reject(found.problem, owner=found.owner)
        elif found is not None:
            item.row = {"id": ids.gid("Product", found.external_id)}
            item.is_foreign = not found.is_ours

    def _meet(self, items: Sequence[Item]) -> None:
        for item in items:
            try:
                item.meet(self._shop.dialect)
            except BadPayload as error:
                item.reject(Problem(error.sentence, code=error.code))

    def _rows_of(self, external_ids: Sequence[str]) -> dict[str, Mapping[str, Any]]:
        return {ids.number(row["id"]) or "": row for row in self._reads.rows(external_ids)}

    def _write(
        self, everything: Sequence[Item], items: Sequence[Item], *, is_late: bool = False
    ) -> None:
        """Write one product after the other; when the shop stops us, what is done stays told."""
        for position, item in enumerate(items):
            try:
                if not is_late:
                    self._look_again(items[position : position + AHEAD])
                if item.is_open:
                    self._attempt(item, is_late=is_late)
            except (Retryable, NeedsPerson) as error:
                others = [each for each in everything if each is not item]
                if not any(each.outcome or each.is_written for each in others):
                    raise
                for left in items[position:]:
                    left.lose(error.sentence)
                return

    def _look_again(self, items: Sequence[Item]) -> None:
        """Read products anew that may have moved while others were written; such are left alone."""
        if items[0].row is None or self._tick() - items[0].seen_at <= FRESH:
            return
        known = [item for item in still_open(items) if item.row is not None]
        rows = self._rows_of([item.external_id for item in known])
        for item in known:
            row = rows.get(item.external_id)
            if row is None:
                item.reject(Problem(Gone.sentence, code="gone"), is_gone=True)
            else:
                item.row, item.seen_at = row, self._tick()
        self._meet(still_open(known))

    def _attempt(self, item: Item, *, is_late: bool) -> None:
        """Write one product; what concerns it alone stays with it."""
        was_lost, item.lost = item.lost is not None, None
        try:
            self._write_one(item, is_late=is_late and not was_lost)
        except Busy as error:
            item.lost = error.sentence
        except Unknown:
            item.lost = UNANSWERED
        except Gone as error:
            item.reject(Problem(error.sentence, code=error.code), is_gone=True)
        except (Refused, BadPayload) as error:
            item.reject(Problem(error.sentence, code=error.code))

    def _write_one(self, item: Item, *, is_late: bool) -> None:
        if item.row is None:
            self._create(item)
            return
        plan = compose.changes(self._shop, item)
        plan = plan.late() if is_late else plan
        if not plan.is_empty and not self._is_sku_taken(item, compose.new_skus(plan)):
            self._steps.carry_out(item, plan)

    def _create(self, item: Item) -> None:
        body, pairs = compose.creation(self._shop, item)
        if any(problem.field == "price" for problem in item.problems):
            item.reject(*item.problems)  # Shopify would sell it for nothing
            return
        self._steps.create(item, body, pairs)

    def _is_sku_taken(self, item: Item, skus: Sequence[str]) -> bool:
        """Refuse an SKU another product has: Shopify would take it, and nobody tell them apart."""
        owners = self._lookup.owners(skus) if skus else {}
        owners.pop(item.external_id, None)
        for owner, product in owners.items():
            item.reject(taken(product), owner=owner)
            return True
        return False

    def _read_back(self, items: Sequence[Item]) -> None:
        """Read what was written; a creation whose answer was lost is found by its key."""
        open_ones = [item for item in items if item.is_open and item.is_written]
        try:
            for item in open_ones:
                if item.row is None and (number := self._lookup.by_key(item.draft.key)):
                    item.row = {"id": ids.gid("Product", number)}
            rows = self._rows_of([item.external_id for item in open_ones if item.row is not None])
        except AdapterError:
            for item in open_ones:
                item.lose()
            return
        for item in open_ones:
            row = rows.get(item.external_id)
            if row is not None:
                item.row = row
                pictures.learn(item)
            elif item.lost is None:
                item.lose()

    def _can_go_on(self, item: Item) -> bool:
        """Tell whether a second round can bring what the first could not."""
        if not item.is_written or item.problems or item.row is None:
            return False
        return not self._left(item).late().is_empty

    def _left(self, item: Item) -> Plan:
        """Return what the shop does not show yet; of an answer we cannot read, nothing is said."""
        try:
            return compose.changes(self._shop, item)
        except BadPayload:
            return Plan()

    def _outcome(self, item: Item) -> Outcome:
        if item.outcome is None:
            self._settle(item)
        return self._applied(item) if item.outcome is None else item.outcome

    def _applied(self, item: Item) -> Applied:
        pictures.learn(item)
        return item.applied(self._shop.dialect, pairing.variant_ids(item))

    def _settle(self, item: Item) -> None:
        """Decide over what was sent: lost, or waiting for Shopify to fetch pictures."""
        if item.row is None or len(item.row) == 1:  # nobody has seen it since
            item.lose(item.lost or UNANSWERED)
            return
        plan = self._left(item)
        if item.lost is not None and not plan.is_empty:
            item.lose(item.lost)
        elif plan.waiting and not item.problems:
            ticket = Ticket(item.external_id, _ticket_state(item))
            item.outcome = Pending(item.draft.key, ticket, SOON)


def _ticket_state(item: Item) -> dict[str, Any]:
    """Keep what is left to do: which picture each variant shall show."""
    draft = item.draft
    return {
        "key": draft.key,
        "external_id": item.external_id,
        "image_ids": {**draft.image_ids, **item.image_ids},
        "variants": [
            [key, number, draft_values["image"]]
            for key, number in pairing.variant_ids(item).items()
            if "image" in (draft_values := _values_of(draft, key))
        ],
    }


def _values_of(draft: ListingDraft, key: str) -> Mapping[str, Any]:
    return next((each.values for each in draft.variants if each.key == key), {})


def _draft_from(ticket: Ticket) -> ListingDraft:
    state = ticket.state
    return ListingDraft(
        key=str(state["key"]),
        external_id=str(state["external_id"]),
        values={},
        variants=tuple(
            VariantDraft(key, number, {"image": image}) for key, number, image in state["variants"]
        ),
        image_ids=dict(state["image_ids"]),
    )
