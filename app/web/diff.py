"""What changed between two texts, word by word, for showing old → new."""

import re
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import Final, Literal

_WORD: Final = re.compile(r"\s+|\w+|[^\w\s]")
MAX_WORDS: Final = 2_000


@dataclass(frozen=True, slots=True)
class Piece:
    """A stretch of text that stayed, left or came."""

    kind: Literal["same", "gone", "new"]
    text: str


def word_diff(old: object, new: object) -> list[Piece]:
    """Return the pieces that lead from old to new; very long texts are compared as a whole."""
    before, after = ("" if value is None else str(value) for value in (old, new))
    if before == after:
        return [Piece("same", after)] if after else []
    left, right = _WORD.findall(before), _WORD.findall(after)
    matcher = SequenceMatcher(None, left, right, autojunk=False)
    if max(len(left), len(right)) > MAX_WORDS or matcher.ratio() < 0.3:
        return [piece for piece in (Piece("gone", before), Piece("new", after)) if piece.text]
    pieces: list[Piece] = []
    for tag, i, j, k, m in matcher.get_opcodes():
        if tag == "equal":
            pieces.append(Piece("same", "".join(left[i:j])))
            continue
        if i < j:
            pieces.append(Piece("gone", "".join(left[i:j])))
        if k < m:
            pieces.append(Piece("new", "".join(right[k:m])))
    return pieces
