"""Descriptions in HTML, reduced to what a shopper sees.

Channels rewrite markup: paragraphs around plain text, other quotes and entities, editor comments,
`<br />` for `<br>`. None of that is an edit. Words, links, emphasis, lists, pictures, line and
paragraph breaks are. The result is HTML again, so reducing it twice changes nothing.
"""

import re
import unicodedata
from collections.abc import Iterable
from functools import lru_cache
from html import escape
from html.parser import HTMLParser
from typing import Final, NamedTuple


def _tags(names: str) -> frozenset[str]:
    return frozenset(names.split())


_BLOCKS: Final = _tags(
    "address article aside blockquote body center dd details dialog div dl dt fieldset figcaption"
    " figure footer form h1 h2 h3 h4 h5 h6 header hr html li main nav ol p pre section summary"
    " table tbody td tfoot th thead tr ul"
)
_VOID: Final = _tags("area base br col embed hr img input link meta source track wbr")
_SEEN_INLINE: Final = _tags("audio canvas embed iframe img input object video")
_VERBATIM: Final = frozenset(("pre", "textarea"))
_RAW: Final = frozenset(("script", "style"))
_SAME: Final = {"b": "strong", "i": "em", "strike": "s"}
_UNSEEN: Final = frozenset(("rel",))  # sanitisers add it, nobody sees it
_SPACE: Final = re.compile(r"[ \t\n\r\f]+")


class _Part(NamedTuple):
    """A run of text, a tag, or the break between two paragraphs (`<p>` without attributes)."""

    kind: str  # text, fixed (keeps its spaces), raw (script), inline, seen, line, block, break
    text: str


_BREAK: Final = _Part("break", "<p>")
_EDGES: Final = frozenset(("block", "break", "line"))  # a space beside one is not seen
_IDLE_BESIDE: Final = frozenset(("block", "break"))  # a break beside one is not seen


@lru_cache(maxsize=4096)
def canonical(html: str) -> str:
    """Return the shopper's view of some HTML; equal results look the same in a shop."""
    if "<" not in html and "&" not in html:
        text = _SPACE.sub(" ", unicodedata.normalize("NFC", html)).strip(" ")
        return escape(text, quote=False)
    reader = _Reader()
    reader.feed(html)
    reader.close()
    parts = _without_idle_breaks(_without_edge_spaces(_joined(reader.parts)))
    return "".join(
        escape(part.text, quote=False) if part.kind in ("text", "fixed") else part.text
        for part in parts
    )


class _Reader(HTMLParser):
    """Turns markup into parts; a paragraph ends where the HTML standard ends it."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.parts: list[_Part] = []
        self._has_paragraph = False  # a <p class=…> is open
        self._verbatim = 0
        self._is_raw = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        tag = _SAME.get(tag, tag)
        spelled = _attributes(attrs)
        if tag in _BLOCKS:
            self._end_paragraph()
        if tag == "p" and not spelled:
            self.parts.append(_BREAK)
            return
        self._has_paragraph = self._has_paragraph or tag == "p"
        self.parts.append(_Part(_kind(tag), f"<{tag}{spelled}>"))
        self._verbatim += tag in _VERBATIM
        self._is_raw = tag in _RAW

    def handle_endtag(self, tag: str) -> None:
        tag = _SAME.get(tag, tag)
        self._is_raw = False
        if tag in _VOID:
            return
        if tag in _BLOCKS:
            self._end_paragraph()
        if tag in _VERBATIM:
            self._verbatim = max(0, self._verbatim - 1)
        self.parts.append(_BREAK if tag == "p" else _Part(_kind(tag), f"</{tag}>"))

    def handle_data(self, data: str) -> None:
        kind = "raw" if self._is_raw else "fixed" if self._verbatim else "text"
        self.parts.append(_Part(kind, data))

    def close(self) -> None:
        super().close()
        self._end_paragraph()

    def _end_paragraph(self) -> None:
        if self._has_paragraph:
            self.parts.append(_Part("block", "</p>"))
            self._has_paragraph = False


def _kind(tag: str) -> str:
    if tag == "br":
        return "line"
    if tag in _BLOCKS:
        return "block"
    return "seen" if tag in _SEEN_INLINE else "inline"


def _attributes(attrs: list[tuple[str, str | None]]) -> str:
    kept = {name: (value or "").strip() for name, value in reversed(attrs) if name not in _UNSEEN}
    return "".join(f' {name}="{escape(value)}"' for name, value in sorted(kept.items()))


def _joined(parts: Iterable[_Part]) -> list[_Part]:
    joined: list[_Part] = []
    for part in parts:
        if joined and part.kind == joined[-1].kind and part.kind in ("text", "fixed"):
            joined[-1] = _Part(part.kind, joined[-1].text + part.text)
        else:
            joined.append(part)
    return [_composed(part) for part in joined]


def _composed(part: _Part) -> _Part:
    if part.kind not in ("text", "fixed"):
        return part
    text = unicodedata.normalize("NFC", part.text)
    return _Part(part.kind, _SPACE.sub(" ", text) if part.kind == "text" else text)


def _without_edge_spaces(parts: list[_Part]) -> list[_Part]:
    return _stripped(_stripped(parts, "left")[::-1], "right")[::-1]


def _stripped(parts: list[_Part], side: str) -> list[_Part]:
    kept: list[_Part] = []
    at_edge = True
    for part in parts:
        text = part.text
        if part.kind == "text":
            if at_edge:
                text = text.lstrip(" ") if side == "left" else text.rstrip(" ")
            at_edge = (at_edge and not text) or (side == "left" and text.endswith(" "))
        elif part.kind != "inline":
            at_edge = part.kind in _EDGES
        if text:
            kept.append(_Part(part.kind, text))
    return kept


def _without_idle_breaks(parts: list[_Part]) -> list[_Part]:
    kept: list[_Part] = []
    for part in parts:
        if part.kind == "break" and (not kept or kept[-1].kind in _IDLE_BESIDE):
            continue
        if part.kind == "block" and kept and kept[-1].kind == "break":
            kept.pop()
        kept.append(part)
    if kept and kept[-1].kind == "break":
        kept.pop()
    return kept
