"""Shopify's search syntax: terms, comparators, AND, OR, NOT, brackets, lists, prefixes."""

import re
from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from typing import Any, Final, TypeAlias

from app.simulators.shopify import texts

Doc: TypeAlias = Mapping[str, Any]
Test: TypeAlias = Callable[[Doc], bool]

_TOKEN: Final = re.compile(
    r"""\s*(?:(?P<bracket>[()])
      | (?P<negated>-)?(?P<field>[A-Za-z_][\w.$-]*):(?P<compared><=|>=|<|>)?
        (?P<value>"(?:\\.|[^"\\])*"|'(?:\\.|[^'\\])*'|[^\s()]+)
      | (?P<word>"(?:\\.|[^"\\])*"|'(?:\\.|[^'\\])*'|[^\s()]+))""",
    re.VERBOSE,
)
_LISTS: Final = {"status", "product_status", "handle", "product_type", "vendor"}
_TIMES: Final = {"updated_at", "created_at", "published_at", "completed_at"}
_ESCAPED: Final = re.compile(r"\\(.)")


class Query:
    """A parsed query; `fields` are the names it filters by."""

    def __init__(self, text: str) -> None:
        self.fields: set[str] = set()
        self.lower_bound: int | None = None  # of updated_at, when every match has to be above it
        self._tokens = [found for found in _TOKEN.finditer(text) if found.group().strip()]
        self._at = 0
        self._depth = 0
        self._has_or = "OR" in {found["word"] for found in self._tokens}
        self._test = self._any_of() if self._tokens else _everything

    def __call__(self, doc: Doc) -> bool:
        """Say whether a document matches."""
        return self._test(doc)

    def _peek(self) -> re.Match[str] | None:
        return self._tokens[self._at] if self._at < len(self._tokens) else None

    def _any_of(self) -> Test:
        found = [self._all_of()]
        while (token := self._peek()) is not None and token["word"] == "OR":
            self._at += 1
            found.append(self._all_of())
        return found[0] if len(found) == 1 else lambda doc: any(test(doc) for test in found)

    def _all_of(self) -> Test:
        found: list[Test] = []
        while (token := self._peek()) is not None:
            if token["word"] == "OR" or token["bracket"] == ")":
                break
            self._at += 1
            if token["word"] != "AND":
                found.append(self._one(token))
        return lambda doc: all(test(doc) for test in found)

    def _one(self, token: re.Match[str]) -> Test:
        if token["bracket"] == "(":
            inner = self._any_of()
            self._at += 1
            return inner
        if token["word"] == "NOT":
            following = self._peek()
            if following is None:
                return _everything
            self._at += 1
            return _not(self._one(following))
        if token["field"]:
            test = self._filter(token["field"], token["compared"] or "", _bare(token["value"]))
            return _not(test) if token["negated"] else test
        return _words(_bare(token["word"] or ""))

    def _filter(self, name: str, compared: str, value: str) -> Test:
        self.fields.add(name)
        if name in _TIMES:
            return self._moment(name, compared, value)
        if compared or name in {"id", "product_id", "inventory_total", "inventory_quantity"}:
            return _number(name, compared, value)
        wanted = [part.strip() for part in value.split(",")] if name in _LISTS else [value]
        return lambda doc: any(_is_like(doc.get(name), part) for part in wanted)

    def _moment(self, name: str, compared: str, value: str) -> Test:
        moment = texts.moment_of(value)
        if moment is None:
            return lambda _doc: False
        if name == "updated_at" and compared in {">", ">="} and not self._has_or:
            self.lower_bound = moment
        return lambda doc: _holds(doc.get(name), compared, moment)


def _bare(text: str) -> str:
    if len(text) > 1 and text[0] == text[-1] and text[0] in "\"'":
        text = text[1:-1]
    return _ESCAPED.sub(r"\1", text)


def _everything(_doc: Doc) -> bool:
    return True


def _not(test: Test) -> Test:
    return lambda doc: not test(doc)


def _words(word: str) -> Test:
    return lambda doc: any(
        _contains(doc.get(name), word) for name in ("title", "sku", "vendor", "product_type", "tag")
    )


def _contains(held: Any, word: str) -> bool:
    texts_held = held if isinstance(held, Sequence) and not isinstance(held, str) else [held]
    return any(word.rstrip("*").casefold() in str(text or "").casefold() for text in texts_held)


def _is_like(held: Any, wanted: str) -> bool:
    if isinstance(held, (list, tuple)):
        return any(_is_like(part, wanted) for part in held)
    if isinstance(held, bool):
        return wanted.casefold() == str(held).casefold()
    text, sought = str(held or "").casefold(), wanted.casefold()
    if sought == "*":
        return bool(text)
    return text.startswith(sought[:-1]) if sought.endswith("*") else text == sought


def _number(name: str, compared: str, value: str) -> Test:
    wanted = texts.decimal_of(texts.parse_gid(value)[1] or value)
    if wanted is None:
        return lambda _doc: False
    return lambda doc: _holds(doc.get(name), compared, wanted)


def _holds(held: Any, compared: str, wanted: Decimal | int) -> bool:
    if isinstance(held, (list, tuple)):
        return any(_holds(part, compared, wanted) for part in held)
    value = texts.decimal_of(held)
    if value is None:
        return False
    match compared:
        case ">":
            return value > wanted
        case ">=":
            return value >= wanted
        case "<":
            return value < wanted
        case "<=":
            return value <= wanted
    return value == wanted
