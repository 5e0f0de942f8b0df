"""How alike two products read: words weighed by how rare they are among our products."""

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
_POSTINGS: Final = 1500  # products looked at per item, rarest words first
_WEIGHED: Final = 30  # … and of these, how many are weighed exactly


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
        for product_id, wording in products.items():
            for word in wording.title:
                self._holders[word].append(product_id)

    def likest(self, wording: Wording) -> list[tuple[float, str]]:
        """Return (likeness 0..1, product id), the likest first, ties by id."""
        overlap: dict[str, float] = defaultdict(float)
        looked = 0
        for word in sorted(wording.title, key=lambda word: (len(self._holding(word)), word)):
            holders = self._holding(word)
            if overlap and looked + len(holders) > _POSTINGS:
                break
            looked += len(holders)
            for product_id in holders[:_POSTINGS]:
                overlap[product_id] += self._weight(word)
        nearest = sorted(overlap, key=lambda product_id: (-overlap[product_id], product_id))
        scores = ((self._likeness(wording, key), key) for key in nearest[:_WEIGHED])
        return sorted(scores, key=lambda scored: (-scored[0], scored[1]))

    def _holding(self, word: str) -> list[str]:
        return self._holders.get(word, [])

    def _weight(self, word: str) -> float:
        return math.log1p(len(self._products) / max(1, len(self._holding(word))))

    def _likeness(self, wording: Wording, product_id: str) -> float:
        other = self._products[product_id]
        by_title = self._overlap(wording.title, other.title)
        if wording.details and other.details:
            by_details = self._overlap(wording.details, other.details)
        else:
            by_details = by_title
        factor = 1.0 if _numbers(wording) == _numbers(other) else _OTHER_NUMBERS
        return factor * (_TITLE_SHARE * by_title + (1 - _TITLE_SHARE) * by_details)

    def _overlap(self, a: frozenset[str], b: frozenset[str]) -> float:
        total = sum(map(self._weight, a)) + sum(map(self._weight, b))
        return 2 * sum(map(self._weight, a & b)) / total if total else 0.0


def _numbers(wording: Wording) -> frozenset[str]:
    return frozenset(word for word in wording.title if any(map(str.isdigit, word)))


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
