"""Stock on its way to the shop: compared with what we believe, and set by compare-and-set."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from app.adapters.errors import AdapterError, Gone, Unknown
from app.adapters.shopify import stock
from app.adapters.shopify.documents import writing
from app.adapters.shopify.items import UNANSWERED
from app.adapters.shopify.problems import ItemRefused, UserError
from app.adapters.shopify.shop import Shop
from app.adapters.shopify.stock import Level, Wish
from app.adapters.types import Applied, LevelDraft, Outcome, Problem, Rejected, Unanswered

Locations = tuple[str, ...]  # numbers, the main one first
_TRIES: Final = 3  # rounds of looking again where stock moved and nothing was expected of it


@dataclass(slots=True)
class _Turn:
    """One level draft in a push."""

    draft: LevelDraft
    outcome: Outcome | None = None


class Levels:
    """The half of an adapter that writes stock."""

    def __init__(self, shop: Shop) -> None:
        self._shop = shop
        self._client = shop.client

    def push(self, levels: Sequence[LevelDraft]) -> list[Outcome]:
        """Set absolute stock; one outcome per level, in order."""
        turns = [_Turn(level) for level in levels]
        for locations, group in _by_location(turns, self._shop).items():
            for _ in range(_TRIES):
                left = [turn for turn in group if turn.outcome is None]
                if not left:
                    break
                self._round(left, locations)
        return [turn.outcome or _changed(turn.draft, None) for turn in turns]

    def _round(self, turns: Sequence[_Turn], locations: Locations) -> None:
        numbers = [each.draft.external_id for each in turns]
        seen = stock.read_levels(self._client, numbers, locations)
        wishes: list[tuple[_Turn, Wish]] = []
        for turn in turns:
            level = seen.get(turn.draft.external_id)
            turn.outcome = _decided(turn.draft, level)
            if turn.outcome is None and level is not None and self._is_counted(turn, level):
                wishes.append((turn, _wish(turn.draft, level, locations)))
        try:
            errand = "/".join(turn.draft.errand for turn, _ in wishes)
            refused = stock.set_quantities(
                self._client, [wish for _, wish in wishes], errand=errand
            )
        except Unknown:
            self._settle_lost([turn for turn, _ in wishes], locations)
            return
        for at, (turn, _) in enumerate(wishes):
            turn.outcome = _outcome(turn.draft, refused.get(at))

    def _is_counted(self, turn: _Turn, level: Level) -> bool:
        """Let Shopify count an item it did not count so far; without that a figure says nothing."""
        if level.is_tracked:
            return True
        try:
            self._client.write(writing.ITEM_UPDATE, id=level.item, input={"tracked": True})
        except ItemRefused as error:
            turn.outcome = _refused(turn.draft, error.errors[0])
            return False
        return True

    def _settle_lost(self, turns: Sequence[_Turn], locations: Locations) -> None:
        numbers = [turn.draft.external_id for turn in turns]
        try:
            seen = stock.read_levels(self._client, numbers, locations)
        except AdapterError:
            seen = {}
        for turn in turns:
            level = seen.get(turn.draft.external_id)
            is_there = level is not None and level.quantity == turn.draft.quantity
            turn.outcome = _applied(turn.draft) if is_there else _lost(turn.draft)


def _by_location(turns: Sequence[_Turn], shop: Shop) -> Mapping[Locations, list[_Turn]]:
    groups: dict[Locations, list[_Turn]] = {}
    for turn in turns:
        named = turn.draft.location
        groups.setdefault((named,) if named else shop.locations, []).append(turn)
    return groups


def _decided(draft: LevelDraft, level: Level | None) -> Outcome | None:
    if level is None:
        problem = Problem(Gone.sentence, "quantity", "gone")
        return Rejected(draft.key, (problem,), is_gone=True)
    if level.quantity == draft.quantity:
        return _applied(draft)
    if draft.expected is not None and level.quantity != draft.expected:
        return _changed(draft, level)
    return None


def _wish(draft: LevelDraft, level: Level, locations: Locations) -> Wish:
    """Compare where somebody expects something; a figure nobody expects is overwritten."""
    return stock.wish(level, draft.quantity, locations, compares=draft.expected is not None)


def _outcome(draft: LevelDraft, error: UserError | None) -> Outcome | None:
    if error is None:
        return _applied(draft)
    if error.code == stock.STALE:
        return None  # look again: it may be what we want by now, or no longer what we expected
    return _refused(draft, error)


def _applied(draft: LevelDraft) -> Applied:
    return Applied(draft.key, draft.external_id)


def _lost(draft: LevelDraft) -> Unanswered:
    return Unanswered(draft.key, UNANSWERED)


def _refused(draft: LevelDraft, error: UserError) -> Rejected:
    problem = Problem(error.sentence, "quantity", error.code)
    is_variant = error.code == "INVALID_INVENTORY_ITEM"
    return Rejected(draft.key, (problem,), is_gone=is_variant)


def _changed(draft: LevelDraft, level: Level | None) -> Rejected:
    if level is None:
        shown = "moving"
    elif level.quantity is None:
        shown = "not counted"
    else:
        shown = str(level.quantity)
    expected = "" if draft.expected is None else f", and {draft.expected} was expected"
    sentence = f"The shop's stock changed meanwhile: it is {shown}{expected}."
    return Rejected(draft.key, (Problem(sentence, "quantity", "changed_meanwhile"),))
