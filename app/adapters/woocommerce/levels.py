"""Stock: read just before writing, because the shop sells meanwhile and cannot compare for us."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from app.adapters.errors import AdapterError, Gone
from app.adapters.types import Applied, LevelDraft, Outcome, Problem, Rejected, Unanswered
from app.adapters.woocommerce.batches import Batches, Lost, Result, Step
from app.adapters.woocommerce.compose import STOCK_OFF
from app.adapters.woocommerce.items import UNANSWERED
from app.adapters.woocommerce.mapper import inward
from app.adapters.woocommerce.problems import ItemError
from app.adapters.woocommerce.reads import Reads
from app.adapters.woocommerce.shop import Shop

Row = Mapping[str, Any]
_STOCK: Final = "id,type,manage_stock,stock_quantity,backorders,date_modified_gmt"


class Levels:
    """The half of an adapter that writes stock."""

    def __init__(self, shop: Shop, reads: Reads, batches: Batches) -> None:
        self._shop = shop
        self._reads = reads
        self._batches = batches

    def push(self, levels: Sequence[LevelDraft]) -> list[Outcome]:
        """Set absolute stock; one outcome per level, in order."""
        if not self._shop.dialect.counts_stock:
            return [_rejected(level, STOCK_OFF, "stock_not_counted") for level in levels]
        groups = _by_parent(levels)
        rows = self._rows(levels, groups)
        outcomes: dict[int, Outcome] = {}
        for parent, numbers in groups.items():
            outcomes |= self._push_group(parent, {n: levels[n] for n in numbers}, rows)
        return [outcomes[number] for number in range(len(levels))]

    def _push_group(
        self, parent: str | None, levels: Mapping[int, LevelDraft], rows: Mapping[str, Row]
    ) -> dict[int, Outcome]:
        outcomes: dict[int, Outcome] = {}
        writes: dict[int, Step] = {}
        for number, level in levels.items():
            decided = self._decide(level, rows.get(level.external_id))
            if isinstance(decided, Step):
                writes[number] = decided
            else:
                outcomes[number] = decided
        path = "/products" if parent is None else f"/products/{parent}/variations"
        results = dict(zip(writes, self._batches.send(path, list(writes.values())), strict=True))
        lost = [number for number, result in results.items() if isinstance(result, Lost)]
        seen = self._seen_after_loss(parent, [levels[number] for number in lost])
        for number, result in results.items():
            outcomes[number] = self._outcome(levels[number], result, seen)
        return outcomes

    def _rows(
        self, levels: Sequence[LevelDraft], groups: Mapping[str | None, Sequence[int]]
    ) -> dict[str, Row]:
        """Read the stock of all levels: products at once, variations too where the shop can."""
        ids = {
            parent: [levels[n].external_id for n in numbers] for parent, numbers in groups.items()
        }
        rows = self._reads.rows(ids.pop(None, []), _fields=_STOCK)
        if len(ids) > 1 and self._shop.lists_variations:
            everything = [each for listed in ids.values() for each in listed]
            rows += self._variation_rows("/variations", everything)
        else:
            for parent, listed in ids.items():
                rows += self._variation_rows(f"/products/{parent}/variations", listed)
        return {str(row["id"]): row for row in rows}

    def _variation_rows(self, path: str, ids: Sequence[str]) -> list[dict[str, Any]]:
        try:
            return list(
                self._shop.client.rows_of(
                    path, "include", ids, fresh=True, status="any", _fields=_STOCK
                )
            )
        except Gone:
            return []

    def _decide(self, level: LevelDraft, row: Row | None) -> Step | Outcome:
        if row is None:
            problem = Problem(Gone.sentence, "quantity", "gone")
            return Rejected(level.key, (problem,), is_gone=True)
        if row.get("type") == "variable":
            return _rejected(
                level, "Stock of this product is kept on its variants in the shop.", "has_variants"
            )
        present = self._quantity(row)
        if present == level.quantity:
            return _applied(level, row)
        if level.expected is not None and present != level.expected:
            shown = "not counted" if present is None else str(present)
            return _rejected(
                level,
                f"The shop's stock changed meanwhile: it is {shown}, and {level.expected} was"
                " expected.",
                "changed_meanwhile",
            )
        body = {
            "id": int(level.external_id),
            "manage_stock": True,
            "stock_quantity": level.quantity,
        }
        return Step("update", body)

    def _quantity(self, row: Row) -> int | None:
        found = inward.variant(row, self._shop.dialect).values.get("quantity")
        return found if isinstance(found, int) else None

    def _seen_after_loss(self, parent: str | None, lost: Sequence[LevelDraft]) -> dict[str, Row]:
        try:
            return self._rows(lost, {parent: range(len(lost))}) if lost else {}
        except AdapterError:
            return {}

    def _outcome(self, level: LevelDraft, result: Result, seen: Mapping[str, Row]) -> Outcome:
        if isinstance(result, ItemError):
            return Rejected(level.key, (result.problem(),), is_gone=result.is_gone)
        row = seen.get(level.external_id) if isinstance(result, Lost) else result
        if row is not None and self._quantity(row) == level.quantity:
            return _applied(level, row)
        if isinstance(result, Lost):
            return Unanswered(level.key, UNANSWERED)
        return _rejected(level, STOCK_OFF, "stock_not_counted")


def _by_parent(levels: Sequence[LevelDraft]) -> dict[str | None, list[int]]:
    groups: dict[str | None, list[int]] = {}
    for number, level in enumerate(levels):
        parent = level.parent_external_id
        is_own = parent is None or parent == level.external_id
        groups.setdefault(None if is_own else parent, []).append(number)
    return groups


def _applied(level: LevelDraft, row: Row) -> Applied:
    return Applied(level.key, level.external_id, remote_version=row.get("date_modified_gmt"))


def _rejected(level: LevelDraft, sentence: str, code: str) -> Rejected:
    return Rejected(level.key, (Problem(sentence, "quantity", code),))
