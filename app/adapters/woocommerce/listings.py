"""Pushing listings: find, compose, send in batches, read back what was lost, pictures, variations.

Every draft may be pushed again: what the shop shows already is not written, what exists is not
created. So a call that raises half way (throttled, keys revoked) has done no harm.
"""

import time
from collections.abc import Callable, Container, Mapping, Sequence
from typing import Final

from app.adapters.errors import AdapterError, Gone, NeedsPerson, Refused, Retryable, Unknown
from app.adapters.types import Applied, ListingDraft, Outcome, Problem, Rejected
from app.adapters.woocommerce import compose, pictures, problems
from app.adapters.woocommerce.batches import Batches, Lost, Result, Step
from app.adapters.woocommerce.items import Item, still_open
from app.adapters.woocommerce.lookup import Lookup, Taken, our_key
from app.adapters.woocommerce.mapper.names import WRITABLE_KINDS
from app.adapters.woocommerce.problems import CallRefused, ItemError
from app.adapters.woocommerce.reads import Reads
from app.adapters.woocommerce.shop import Shop
from app.adapters.woocommerce.variations import Variations

_FRESH_SECONDS: Final = 5.0


class Listings:
    """The half of an adapter that writes products."""

    def __init__(
        self,
        shop: Shop,
        reads: Reads,
        batches: Batches,
        *,
        tick: Callable[[], float] = time.monotonic,
    ) -> None:
        self._tick = tick
        self._shop = shop
        self._reads = reads
        self._batches = batches
        self._lookup = Lookup(shop.client, reads)
        self._variations = Variations(shop, reads, batches)

    def push(self, drafts: Sequence[ListingDraft]) -> list[Outcome]:
        """Create, change or remove listings; one outcome per draft, in order."""
        items = [Item(draft) for draft in drafts]
        for item in items:
            if item.draft.is_removed:
                item.outcome = self._remove(item.draft)
        self._find(still_open(items))
        self._read_variations(still_open(items))
        self._meet(items)
        self._write(still_open(items), is_last_try=False)
        self._finish(items)
        return [item.outcome or item.applied(self._shop) for item in items]

    def _finish(self, items: Sequence[Item]) -> None:
        """Bring pictures and variations; when the shop stops us, what is finished stays told."""
        unfinished = still_open(items)
        while unfinished:
            try:
                self._write_pictures(unfinished[0])
                if unfinished[0].is_open:
                    self._look_again(unfinished[0])
                if unfinished[0].is_open:
                    self._write_variants(unfinished[0])
            except (Retryable, NeedsPerson) as error:
                if len(unfinished) == len(items):
                    raise
                for item in unfinished:
                    item.lose(error.sentence)
                return
            unfinished.pop(0)

    def _remove(self, draft: ListingDraft) -> Outcome:
        if draft.external_id is not None:
            try:
                self._shop.client.delete(f"/products/{draft.external_id}")
            except Gone:
                pass  # already in the trash, or deleted for good
            except CallRefused as error:
                return Rejected(draft.key, (error.error.problem(),))
            except Unknown:
                if self._reads.rows([draft.external_id]):
                    item = Item(draft)
                    item.lose()
                    return item.outcome or Applied(draft.key, draft.external_id)
        return Applied(draft.key, draft.external_id or "")

    def _find(self, items: Sequence[Item]) -> None:
        known = [item for item in items if item.draft.external_id is not None]
        rows = {
            str(row["id"]): row
            for row in self._reads.rows([item.draft.external_id or "" for item in known])
        }
        for item in known:
            item.row = rows.get(item.draft.external_id or "")
            if item.row is None:
                item.reject(Problem(Gone.sentence, code="gone"), is_gone=True)
        self._look_up([item for item in items if item.draft.external_id is None])
        for item in still_open(items):
            _refuse_unwritable(item)

    def _look_up(self, items: Sequence[Item]) -> None:
        found = self._lookup.find([item.draft for item in items])
        for item, product in zip(items, found, strict=True):
            if isinstance(product, Taken):
                item.reject(product.problem, owner=product.owner)
            elif product is not None:
                item.row = product
                item.is_foreign = our_key(product) != item.draft.key and not _is_trashed(product)

    def _meet(self, items: Sequence[Item]) -> None:
        for item in still_open(items):
            item.meet(self._shop)

    def _read_variations(self, items: Sequence[Item]) -> None:
        """Read what variable products have; only when needed where that is a request each."""
        variable = [item for item in items if item.is_variable and item.row is not None]
        if len(variable) > 1 and not self._shop.lists_variations:
            variable = [item for item in variable if item.draft.variants]
        found = self._reads.variations([item.external_id for item in variable], fresh=True)
        for item in variable:
            item.variations, item.seen_at = found[item.external_id], self._tick()

    def _write(self, items: Sequence[Item], *, is_last_try: bool) -> None:
        """Create and change the products themselves, each once more when looking again may help."""
        composed = [(item, compose.product_body(self._shop, item)) for item in items]
        sent = [(item, body) for item, body in composed if body]
        steps = [Step("create" if item.row is None else "update", body) for item, body in sent]
        results = self._batches.send("/products", steps)
        here = {item.external_id for item, _ in sent}
        lost, again = [], []
        for (item, _), result in zip(sent, results, strict=True):
            if isinstance(result, Lost):
                lost.append(item)
            elif not is_last_try and self._goes_again(item, result, here):
                again.append(item)
            else:
                _settle(item, result)
        self._read_back(lost)
        if again:
            self._shop.taxonomies.forget()
            self._look_up([item for item in again if item.row is None])
            self._read_variations([item for item in still_open(again) if item.variations is None])
            self._meet(again)
            self._write(still_open(again), is_last_try=True)

    def _goes_again(self, item: Item, result: Result, here: Container[str]) -> bool:
        """Prepare an item for its second try; False: what the shop said is final."""
        if not isinstance(result, ItemError):
            return False
        if item.row is not None and result.owner in here:
            return True  # its holder may have given it up in this very push
        return _leaves_one_field_out(item, result) or self._is_worth_another_look(item, result)

    def _is_worth_another_look(self, item: Item, result: ItemError) -> bool:
        if result.code == "product_invalid_sku" and result.owner and item.row is None:
            # Created by ourselves a moment ago, in a request whose answer was lost.
            item.row = self._lookup.owner_with_key(result.owner, item.draft.key)
            return item.row is not None
        return result.code in problems.WORTH_ANOTHER_LOOK

    def _read_back(self, items: Sequence[Item]) -> None:
        """Find out what became of products whose answer was lost; in doubt they stay unanswered.

        One that shows something else now may have taken ours and moved on since.
        """
        try:
            created = [item for item in items if item.row is None]
            self._look_up(created)
            updated = [item for item in items if item not in created]
            rows = {str(r["id"]): r for r in self._reads.rows([i.external_id for i in updated])}
            for item in updated:
                item.row = rows.get(item.external_id)
            self._read_variations([item for item in created if item.row is not None])
            self._meet(created)
            for item in still_open(items):
                if self._is_in_doubt(item):
                    item.lose()
        except AdapterError:
            for item in items:
                item.lose()

    def _is_in_doubt(self, item: Item) -> bool:
        shown = item.shown(self._shop)
        if shown is None or compose.product_body(self._shop, item):
            return True
        return item.draft.is_outdated(shown)

    def _write_pictures(self, item: Item) -> None:
        if "images" not in item.draft.values:
            return
        wanted = pictures.gallery(item.draft, item.row)
        item.problems.extend(wanted.problems)
        try:
            answer = pictures.upload(self._shop.client, item.external_id, wanted)
        except (Refused, Gone, Unknown) as error:
            answer = self._after_trouble(item, wanted, error)
        if answer is not None:
            item.row = answer
        item.image_ids.update(wanted.ids)

    def _after_trouble(
        self, item: Item, wanted: pictures.Gallery, error: AdapterError
    ) -> dict[str, object] | None:
        if pictures.is_lost_picture(error) and pictures.replaced(wanted, item.draft):
            try:
                return pictures.upload(self._shop.client, item.external_id, wanted)
            except (Refused, Gone, Unknown) as second:
                error = second
        if isinstance(error, Unknown):
            rows = self._reads.rows([item.external_id])
            seen = pictures.gallery(item.draft, rows[0] if rows else None)
            item.image_ids.update(seen.ids)
            if rows and seen.is_shown:
                return rows[0]
            item.lose()
            return None
        item.problems.append(pictures.problem_of(error))
        return None

    def _look_again(self, item: Item) -> None:
        """Read variants anew whose stock may have been sold while others were written."""
        if self._tick() - item.seen_at > _FRESH_SECONDS and _counts(item):
            self._read_variations([item])
            item.meet(self._shop)

    def _write_variants(self, item: Item) -> None:
        if item.is_variable:
            if item.draft.variants:
                item.variations = item.variations or []
                self._variations.write(item)
            elif item.variations is None and item.draft.external_id is None:
                item.variations = []
        elif item.draft.variants:
            item.variant_ids[item.draft.variants[0].key] = item.external_id


def _is_trashed(row: Mapping[str, object]) -> bool:
    """Tell whether the shop threw a product away; listing it again takes it out for us."""
    return row.get("status") == "trash"


def _leaves_one_field_out(item: Item, result: ItemError) -> bool:
    """Let a product go on without the SKU or barcode that was refused, where it has one variant."""
    if item.row is None or item.is_variable or len(item.draft.variants) != 1:
        return False
    if result.code in problems.LEAVES_THE_REST:
        item.leave_out(result)
    return result.code in problems.LEAVES_THE_REST


def _counts(item: Item) -> bool:
    """Tell whether stock is to be written over stock that somebody may have sold."""
    return bool(item.variations) and any("quantity" in each.values for each in item.draft.variants)


def _settle(item: Item, result: Result) -> None:
    if isinstance(result, ItemError):
        item.refuse(result)
    elif not isinstance(result, Lost):
        item.row = result


def _refuse_unwritable(item: Item) -> None:
    kind = (item.row or {}).get("type", item.draft.kind)
    if kind not in WRITABLE_KINDS:
        item.reject(
            Problem(
                f"This product is of the type “{kind}” in the shop, which SyncStore only reads.",
                code="not_writable",
            )
        )
    elif kind == "simple" and len([v for v in item.draft.variants if not v.is_removed]) > 1:
        item.reject(
            Problem(
                "This product has variants here and none in the shop. Make it a variable product in"
                " WooCommerce, or remove it there so that SyncStore creates it anew.",
                code="kind_differs",
            )
        )
