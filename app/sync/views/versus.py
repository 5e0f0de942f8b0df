"""The values of a conflict side by side: marks against what both sides agreed on before."""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any, Final
from uuid import UUID

from flask import url_for
from markupsafe import Markup

from app.adapters.values import Kind, Value
from app.catalog.keys import is_id
from app.sync import compare
from app.sync.conflicts import ConflictRow
from app.sync.sides import MISSING, Missing
from app.sync.views.values import value_of
from app.web.diff import Piece, word_diff
from app.web.filters import number, percent

_BLOCK_END: Final = re.compile(r"</(?:p|div|li|ul|ol|h[1-6]|tr|table)>|<br[^>]*>", re.IGNORECASE)
_ITEM: Final = re.compile(r"<li[^>]*>", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Word:
    """One element of a collection; mark is same, gone or new."""

    text: str
    mark: str = "same"


@dataclass(frozen=True, slots=True)
class Line:
    """A named part of a value: an attribute, an option."""

    name: Word
    words: Sequence[Word]


@dataclass(frozen=True, slots=True)
class Picture:
    """A picture in its place; mark is same, gone, new or moved."""

    place: int
    url: str | None
    alt: str | None
    mark: str = "same"


@dataclass(frozen=True, slots=True)
class Shown:
    """One side of a conflict: only what its kind of value needs is filled."""

    label: str
    is_known: bool = True  # False: the sides never agreed, so there is no value before
    pieces: Sequence[Piece] = ()
    source: Sequence[Piece] = ()  # of HTML
    words: Sequence[Word] = ()
    lines: Sequence[Line] = ()
    pictures: Sequence[Picture] = ()
    note: str = ""  # how far a figure moved


def sides_of(row: ConflictRow) -> list[Shown]:
    """Return before, ours and theirs; without a before, theirs is marked against ours."""
    conflict = row.conflict
    base: Value | Missing = conflict.base if conflict.has_base else MISSING
    draw = _DRAW.get(compare.kind_of(conflict.field), _text)
    if conflict.field == "image":
        draw = _one_picture
    before = draw(conflict.field, base, base) if base is not MISSING else Shown("", is_known=False)
    ours = draw(conflict.field, row.ours if base is MISSING else base, row.ours)
    theirs = draw(conflict.field, row.ours if base is MISSING else base, conflict.theirs)
    named = (("Before", before), ("Yours", ours), ("The shop’s", theirs))
    return [replace(shown, label=label) for label, shown in named]


def decided_words(row: ConflictRow) -> str:
    """Return the value a conflict was decided for, in words."""
    name, value = row.conflict.field, row.conflict.decided
    is_html = compare.kind_of(name) is Kind.HTML
    return value_of(name, plain_text(value) if is_html else value)


def picture_url(key: str | None) -> str | None:
    """Return where our copy of a picture is shown, if we have one."""
    if not key or not is_id(key):
        return None
    return url_for("catalog.media_file", media_id=UUID(key), size="thumb")


def plain_text(html: str | None) -> str:
    """Return the words of HTML, a line per paragraph or list item."""
    marked = _ITEM.sub("• ", _BLOCK_END.sub("\n", html or ""))
    lines = [Markup(line).striptags() for line in marked.split("\n")]  # noqa: S704 (tags are removed)
    return "\n".join(line for line in lines if line)


def _text(name: str, base: Any, value: Any) -> Shown:
    return Shown("", pieces=word_diff(_written(name, base), _written(name, value)))


def _written(name: str, value: Any) -> str:
    if value in (None, ""):
        return ""
    return value if isinstance(value, str) else value_of(name, value)


def _html(_: str, base: Any, value: Any) -> Shown:
    pieces = word_diff(plain_text(base), plain_text(value))
    return Shown("", pieces=pieces, source=word_diff(base, value))


def _money(name: str, base: Any, value: Any) -> Shown:
    note = ""
    if base and value and base["currency"] == value["currency"] and base["minor"]:
        share = Decimal(value["minor"] - base["minor"]) / base["minor"]
        note = f"{'+' if share > 0 else ''}{percent(share, 1)}" if share else ""
    return Shown("", pieces=_figure(name, base, value), note=note)


def _quantity(name: str, base: Any, value: Any) -> Shown:
    moved = 0 if base is None or value is None else value - base
    note = f"{'+' if moved > 0 else ''}{number(moved)}" if moved else ""
    return Shown("", pieces=_figure(name, base, value), note=note)


def _figure(name: str, base: Any, value: Any) -> list[Piece]:
    is_same = compare.equal(name, base, value)
    words = "not counted" if name == "quantity" and value is None else value_of(name, value)
    return [Piece("same" if is_same else "new", words)]


def _words(base: Sequence[Any], value: Sequence[Any]) -> list[Word]:
    """Mark elements in the order of the value; what left follows at the end."""
    known = {str(each).casefold() for each in base}
    here = {str(each).casefold() for each in value}
    kept = [Word(str(x), "same" if str(x).casefold() in known else "new") for x in value]
    return kept + [Word(str(x), "gone") for x in base if str(x).casefold() not in here]


def _set(_: str, base: Any, value: Any) -> Shown:
    return Shown("", words=_words(base or (), value or ()))


def _lines(base: Mapping[str, Any], value: Mapping[str, Any]) -> list[Line]:
    names = _words(tuple(base), tuple(value))
    return [
        Line(each, _words(base.get(each.text) or (), value.get(each.text) or ())) for each in names
    ]


def _map(_: str, base: Any, value: Any) -> Shown:
    return Shown("", lines=_lines(base or {}, value or {}))


def _choice(_: str, base: Any, value: Any) -> Shown:
    listed = [{name: (chosen,) for name, chosen in (side or {}).items()} for side in (base, value)]
    return Shown("", lines=_lines(*listed))


def _options(_: str, base: Any, value: Any) -> Shown:
    listed = [{each["name"]: each["values"] for each in side or ()} for side in (base, value)]
    return Shown("", lines=_lines(*listed))


def _images(_: str, base: Any, value: Any) -> Shown:
    base, value = _once(base), _once(value)
    before = [each["key"] for each in base]
    here = [each["key"] for each in value]
    order = [key for key in before if key in here]
    stayed = [key for key in here if key in before]
    moved = {key for key, other in zip(stayed, order, strict=True) if key != other}
    pictures = [
        Picture(at, picture_url(each["key"]), each.get("alt"), _mark(each["key"], before, moved))
        for at, each in enumerate(value, 1)
    ]
    gone = [
        Picture(0, picture_url(each["key"]), each.get("alt"), "gone")
        for each in base
        if each["key"] not in here
    ]
    return Shown("", pictures=pictures + gone)


def _once(side: Sequence[Mapping[str, Any]] | None) -> list[Mapping[str, Any]]:
    """Return pictures in their order; a shop may show its main one again among the others."""
    first: dict[str, Mapping[str, Any]] = {}
    for each in side or ():
        first.setdefault(each["key"], each)
    return list(first.values())


def _mark(key: str, before: Sequence[str], moved: set[str]) -> str:
    if key not in before:
        return "new"
    return "moved" if key in moved else "same"


def _one_picture(_: str, base: Any, value: Any) -> Shown:
    if not value:
        return Shown("")
    return Shown(
        "", pictures=[Picture(1, picture_url(value), None, "same" if value == base else "new")]
    )


_DRAW: Final[Mapping[Kind, Callable[[str, Any, Any], Shown]]] = {
    Kind.HTML: _html,
    Kind.MONEY: _money,
    Kind.QUANTITY: _quantity,
    Kind.SET: _set,
    Kind.MAP: _map,
    Kind.CHOICE: _choice,
    Kind.OPTIONS: _options,
    Kind.IMAGES: _images,
}
