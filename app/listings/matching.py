"""Which item of a shop is which product of ours: candidate pairs with scores.

Evidence, strongest first: an SKU that is unique on both sides, a barcode that is unique on both
sides, words of the title together with brand, options and attributes. Only the SKU may pair by
itself (`is_certain`); the rest is proposed to a person. Blank and repeated SKUs are no evidence.
Contradicting or ambiguous evidence pairs nothing and says why: abstaining is an answer.

Nothing here compares every item with every product; words are looked up in an inverted index, the
rarest first, with a bound on how many products are weighed per item.
"""

from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from app.catalog.identifiers import gtin_key
from app.listings.likeness import LikenessIndex, Wording, word_item

CERTAIN: Final = 1.0
SAME_GTIN: Final = 0.95
DOUBTFUL_SKU: Final = 0.9
ALIKE: Final = 0.9  # equal wording scores this: less than an identifier
LINE: Final = 0.7  # wording less alike than this is not proposed
MARGIN: Final = 0.05  # the likest must be this much likelier than the next


@dataclass(frozen=True, slots=True)
class ItemVariant:
    """A variant of either side, with what identifies it."""

    id: str
    sku: str | None = None
    gtin: str | None = None
    choice: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Item:
    """An item of the shop (`id` is their id) or a product of ours (`id` is our id)."""

    id: str
    title: str
    variants: tuple[ItemVariant, ...] = ()
    brand: str | None = None
    attributes: Mapping[str, Sequence[str]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Proposal:
    """What an external item may be; `product_id` None: nothing fits, and `reason` says why."""

    external_id: str
    product_id: str | None
    score: float
    reason: str
    variant_pairs: Mapping[str, str] = field(default_factory=dict)  # their variant → our variant
    is_certain: bool = False


def propose(
    external: Sequence[Item],
    ours: Sequence[Item],
    *,
    taken_external: Collection[str] = (),
    taken_ours: Collection[str] = (),
) -> list[Proposal]:
    """Propose a pair for every external item that is not taken, in the order given.

    Give both sides whole: whether an SKU is unique can only be seen then. `taken_*` are the ids of
    what is paired already.
    """
    board = _Board(
        external={item.id: item for item in external},
        ours={item.id: item for item in ours},
        taken=frozenset(taken_ours),
        open={item.id: None for item in external if item.id not in frozenset(taken_external)},
    )
    board.pair_by(_SKU)
    board.pair_by(_GTIN)
    board.pair_by_likeness()
    return [board.found.get(key) or _abstain(key, _NOTHING) for key in board.open]


def sku_key(sku: str | None) -> str | None:
    """Return what SKUs are compared by: trimmed and case-folded; None for a blank (DEC-05)."""
    return (sku or "").strip().casefold() or None


def pair_variants(theirs: Item, ours: Item) -> dict[str, str]:
    """Pair the variants of two items that belong together: their id → our id, one to one.

    By SKU, then barcode, then equal option values; two lone variants belong together anyway.
    """
    pairs: dict[str, str] = {}
    for key_of in (_sku_of, _gtin_of, _choice_of):
        left = _unique((v for v in theirs.variants if v.id not in pairs), key_of)
        right = _unique((v for v in ours.variants if v.id not in pairs.values()), key_of)
        pairs |= {left[key].id: right[key].id for key in left if key in right}
    if not pairs and len(theirs.variants) == len(ours.variants) == 1:
        pairs[theirs.variants[0].id] = ours.variants[0].id
    return pairs


Key = str | tuple[tuple[str, str], ...]
KeyOf = Callable[[ItemVariant], Key | None]


def _sku_of(variant: ItemVariant) -> Key | None:
    return sku_key(variant.sku)


def _gtin_of(variant: ItemVariant) -> Key | None:
    return gtin_key(variant.gtin)


def _choice_of(variant: ItemVariant) -> Key | None:
    folded = ((k.strip().casefold(), v.strip().casefold()) for k, v in variant.choice.items())
    return tuple(sorted(folded)) or None


def _unique(variants: Iterable[ItemVariant], key_of: KeyOf) -> dict[Key, ItemVariant]:
    keyed = [(key, variant) for variant in variants if (key := key_of(variant)) is not None]
    counts = Counter(key for key, _ in keyed)
    return {key: variant for key, variant in keyed if counts[key] == 1}


def _owners(items: Iterable[Item], key_of: KeyOf) -> dict[Key, str]:
    """Return who has each key that exactly one variant of all items has."""
    keyed = [
        (key, item.id)
        for item in items
        for variant in item.variants
        if (key := key_of(variant)) is not None
    ]
    counts = Counter(key for key, _ in keyed)
    return {key: item_id for key, item_id in keyed if counts[key] == 1}


@dataclass(frozen=True, slots=True)
class _Identifier:
    """An identifier of variants, and how a merchant calls it."""

    name: str
    key_of: KeyOf
    is_enough: bool  # may pair by itself


_SKU: Final = _Identifier("SKU", _sku_of, is_enough=True)
_GTIN: Final = _Identifier("barcode", _gtin_of, is_enough=False)
_NOTHING: Final = "No product of yours looks like it."
_CLOSE: Final = "Several products look equally like it."


def _abstain(external_id: str, reason: str) -> Proposal:
    return Proposal(external_id, None, 0.0, reason)


@dataclass(slots=True)
class _Board:
    """Both sides, what is paired already, and what was found so far."""

    external: Mapping[str, Item]
    ours: Mapping[str, Item]
    taken: frozenset[str]
    open: Mapping[str, None]  # ids of external items to pair, in order
    found: dict[str, Proposal] = field(default_factory=dict)

    def pair_by(self, identifier: _Identifier) -> None:
        """Pair what shares a unique identifier; contradictions are abstained from for good."""
        left = _owners(self.external.values(), identifier.key_of)
        right = _owners(self.ours.values(), identifier.key_of)
        links: dict[str, set[str]] = defaultdict(set)
        back: dict[str, set[str]] = defaultdict(set)
        for key in left.keys() & right.keys():
            links[left[key]].add(right[key])
            back[right[key]].add(left[key])
        used = self._used()
        for external_id in self.open:
            if external_id in links and external_id not in self.found:
                linked = links[external_id]
                doubt = self._objection(identifier, linked, back, used)
                self.found[external_id] = (
                    _abstain(external_id, doubt)
                    if doubt
                    else self._identified(identifier, external_id, next(iter(linked)))
                )

    def pair_by_likeness(self) -> None:
        """Propose what reads alike, where each is the other's clear favourite."""
        used = self._used()
        free = {key: _wording(item) for key, item in self.ours.items() if key not in used}
        index = LikenessIndex(free)
        rivals: dict[str, list[tuple[float, str]]] = defaultdict(list)
        favourites: dict[str, tuple[float, str]] = {}
        for external_id in self.open:
            if external_id in self.found:
                continue
            ranked = self._ranked(external_id, index)
            for score, product_id in ranked:
                rivals[product_id].append((score, external_id))
            if _is_clear(ranked):
                favourites[external_id] = ranked[0]
            elif ranked:
                self.found[external_id] = _abstain(external_id, _CLOSE)
        for external_id, (score, product_id) in favourites.items():
            ranked = sorted(rivals[product_id], reverse=True)
            if ranked[0][1] == external_id and _is_clear(ranked):
                self.found[external_id] = self._alike(external_id, product_id, score)
            else:
                self.found[external_id] = _abstain(external_id, _RIVAL)

    def _used(self) -> set[str]:
        found = (proposal.product_id for proposal in self.found.values())
        return {*self.taken, *(key for key in found if key is not None)}

    def _objection(
        self,
        identifier: _Identifier,
        linked: set[str],
        back: Mapping[str, set[str]],
        used: set[str],
    ) -> str | None:
        if len(linked) > 1:
            return f"Its {identifier.name}s belong to {len(linked)} different products of yours."
        product_id = next(iter(linked))
        if product_id in used:
            return f"Its {identifier.name} belongs to a product that is paired already."
        if len(back[product_id]) > 1:
            return f"Other items of the shop share {identifier.name}s with the same product."
        return None

    def _identified(self, identifier: _Identifier, external_id: str, product_id: str) -> Proposal:
        theirs, ours = self.external[external_id], self.ours[product_id]
        pairs = pair_variants(theirs, ours)
        if not identifier.is_enough:
            return Proposal(external_id, product_id, SAME_GTIN, "Same barcode.", pairs)
        doubt = _doubt(theirs, ours, pairs)
        if doubt:
            return Proposal(external_id, product_id, DOUBTFUL_SKU, doubt, pairs)
        return Proposal(external_id, product_id, CERTAIN, "Same SKU.", pairs, is_certain=True)

    def _ranked(self, external_id: str, index: LikenessIndex) -> list[tuple[float, str]]:
        item = self.external[external_id]
        return [
            (score, product_id)
            for score, product_id in index.likest(_wording(item), line=LINE)
            if not _has_other_gtins(item, self.ours[product_id])
        ]

    def _alike(self, external_id: str, product_id: str, score: float) -> Proposal:
        pairs = pair_variants(self.external[external_id], self.ours[product_id])
        reason = f"Title and details are {score:.0%} alike."
        return Proposal(external_id, product_id, round(ALIKE * score, 4), reason, pairs)


_RIVAL: Final = "Several items of the shop look equally like the same product."


def _is_clear(ranked: Sequence[tuple[float, str]]) -> bool:
    return bool(ranked) and (len(ranked) == 1 or ranked[0][0] - ranked[1][0] >= MARGIN)


def _wording(item: Item) -> Wording:
    chosen = (value for variant in item.variants for value in variant.choice.values())
    described = (value for values in item.attributes.values() for value in values)
    return word_item(item.title, (item.brand or "", *chosen, *described))


def _gtins(item: Item) -> set[str]:
    return {key for variant in item.variants if (key := gtin_key(variant.gtin))}


def _has_other_gtins(a: Item, b: Item) -> bool:
    left, right = _gtins(a), _gtins(b)
    return bool(left and right) and left.isdisjoint(right)


def _doubt(theirs: Item, ours: Item, pairs: Mapping[str, str]) -> str | None:
    by_id = {variant.id: variant for variant in ours.variants}
    same = 0
    for variant in theirs.variants:
        twin = by_id.get(pairs.get(variant.id, ""))
        if twin is None or _sku_of(variant) is None or _sku_of(variant) != _sku_of(twin):
            continue
        same += 1
        codes = {gtin_key(variant.gtin), gtin_key(twin.gtin)} - {None}
        if len(codes) > 1:
            return f"Same SKU “{(variant.sku or '').strip()}”, but the barcodes differ."
    most = min(_count_skus(theirs), _count_skus(ours))
    if same * 2 < most:
        return f"Only {same} of {most} SKUs are the same."
    return None


def _count_skus(item: Item) -> int:
    return sum(1 for variant in item.variants if _sku_of(variant) is not None)
