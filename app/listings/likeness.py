"""How alike two products read: words weighed by how rare they are among our products."""

import heapq
import math
import re
import unicodedata
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

_WORD: Final = re.compile(r"\w+")
# Scripts without spaces (Thai, Lao, Khmer, Chinese, Japanese): pairs of signs are the words.
_UNSPACED: Final = re.compile(r"[\u0e00-\u0eff\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff]+")
_TITLE_SHARE: Final = 0.85
_OTHER_NUMBERS: Final = 0.5  # “Case for phone 12” is not “Case for phone 13”
_POSTINGS: Final = 300  # products looked at per item, rarest words first
_WEIGHED: Final = 10  # … and of these, how many are weighed exactly


@dataclass(frozen=True, slots=True)
class Wording:
    """The words of a product: those of its title, and those that describe it besides."""

    title: frozenset[str]
    details: frozenset[str] = frozenset()


def word_item(title: str, details: Iterable[str]) -> Wording:
    """Return the words of a title and of brand, option and attribute values."""
    return Wording(words(title), frozenset().union(*(words(text) for text in details)))


@lru_cache(maxsize=65536)
def words(text: str) -> frozenset[str]:
    """Return the words of a text without case and accents."""
    plain = unicodedata.normalize("NFKD", text.casefold())
    bare = "".join(sign for sign in plain if unicodedata.category(sign) != "Mn")
    return frozenset(word for run in _WORD.findall(bare) for word in _split(run))


class LikenessIndex:
    """Products by their words, to find the likest ones without comparing with all."""

    def __init__(self, products: Mapping[str, Wording]) -> None:
        self._products = products
        self._holders: dict[str, list[str]] = defaultdict(list)
        self._same: dict[frozenset[str], list[str]] = defaultdict(list)
        for product_id, wording in products.items():
            self._same[wording.title].append(product_id)
            for word in wording.title:
                self._holders[word].append(product_id)
        self._rarest = math.log1p(len(products))
        self._weights = {
            word: math.log1p(len(products) / len(held)) for word, held in self._holders.items()
        }

    def likest(self, wording: Wording, *, line: float) -> list[tuple[float, str]]:
        """Return (likeness, product id) from `line` up to 1, the likest first, ties by id."""
        overlap = self._overlapping(wording.title, line)
        nearest = (
            key for _, key in heapq.nlargest(_WEIGHED, zip(overlap.values(), overlap, strict=True))
        )
        same = self._same.get(wording.title, ())[:_WEIGHED]
        scores = ((self._likeness(wording, key), key) for key in {*nearest, *same})
        return sorted(
            (s for s in scores if s[0] >= line), key=lambda scored: (-scored[0], scored[1])
        )

    def _overlapping(self, title: frozenset[str], line: float) -> dict[str, float]:
        """Return products that share rare words, and the weight of these words.

        Whoever is to reach the line shares at least `due` of the title's weight. So once the words
        not looked up weigh less than that, nobody new can reach it: common words cost nothing.
        """
        overlap: dict[str, float] = defaultdict(float)
        ordered = sorted(title, key=lambda word: (-self._weight(word), word))
        rest = sum(map(self._weight, ordered))
        by_title = max(0.0, (line - 1 + _TITLE_SHARE) / _TITLE_SHARE)
        due = rest * by_title / (2 - by_title)
        looked = 0
        for word in ordered:
            holders = self._holders.get(word, ())
            looked += len(holders)
            if rest < due or (looked > _POSTINGS and overlap):
                break
            rest -= self._weight(word)
            for product_id in holders[:_POSTINGS]:
                overlap[product_id] += self._weights[word]
        return overlap

    def _weight(self, word: str) -> float:
        return self._weights.get(word, self._rarest)

    def _likeness(self, wording: Wording, product_id: str) -> float:
        other = self._products[product_id]
        by_title = self._shared(wording.title, other.title)
        both = bool(wording.details and other.details)
        by_details = self._shared(wording.details, other.details) if both else by_title
        factor = 1.0 if _numbers(wording.title) == _numbers(other.title) else _OTHER_NUMBERS
        return factor * (_TITLE_SHARE * by_title + (1 - _TITLE_SHARE) * by_details)

    def _shared(self, a: frozenset[str], b: frozenset[str]) -> float:
        if a == b:
            return 1.0 if a else 0.0
        total = sum(map(self._weight, a)) + sum(map(self._weight, b))
        return 2 * sum(map(self._weight, a & b)) / total if total else 0.0


@lru_cache(maxsize=65536)
def _numbers(title: frozenset[str]) -> frozenset[str]:
    return frozenset(word for word in title if any(map(str.isdigit, word)))


def _split(run: str) -> Iterator[str]:
    rest = 0
    for found in _UNSPACED.finditer(run):
        if found.start() > rest:
            yield run[rest : found.start()]
        yield from _pairs(found.group())
        rest = found.end()
    if rest < len(run):
        yield run[rest:]


def _pairs(signs: str) -> Iterator[str]:
    if len(signs) == 1:
        yield signs
    for i in range(len(signs) - 1):
        yield signs[i : i + 2]
