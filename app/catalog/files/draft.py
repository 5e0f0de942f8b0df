"""A product while its rows are being read: what was found, what is wrong, what comes of it."""

import re
import unicodedata
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any, Final
from urllib.parse import urlsplit

from app.catalog import identifiers, rules
from app.catalog.files.cells import BadCell, digits, shown, unguarded
from app.catalog.files.types import (
    Notice,
    Parsed,
    ParsedProduct,
    ParsedVariant,
    Refusal,
    Row,
    RowKind,
)

Parser = Callable[[str], Any]
Plan = Sequence[tuple[int, str, Parser]]  # column, field, how to read it
Claim = Callable[[str, int], int | None]

LIMITS: Final = {
    "title": 255,
    "sku": 100,
    "brand": 100,
    "condition": 16,
    "mpn": 70,
    "description": rules.DESCRIPTION_LENGTH,
    "short_description": rules.DESCRIPTION_LENGTH,
}
KEY_LIMIT: Final = 255
ALT_LIMIT: Final = 500
URL_LIMIT: Final = 2000
WORD_LIMIT: Final = 255
ATTRIBUTE_LIMIT: Final = 65_535  # as long as a metafield of Shopify, which comes without a limit
CATEGORY_LIMIT: Final = 100
OPTION_LIMIT: Final = 3
VARIANT_LIMIT: Final = 2048
IMAGE_LIMIT: Final = 250
LIST_LIMIT: Final = 250
_PLAIN_ADDRESS: Final = re.compile(r"https?://[a-zA-Z0-9][a-zA-Z0-9.-]*(?:[/?]\S*)?")
_BLANK_PAGE: Final = re.compile(r"[^a-z0-9]+")
CONDITIONS: Final = {"new": "new", "refurbished": "refurbished", "used": "used"}


@dataclass(slots=True)
class Draft:
    """What the rows of one product amount to so far."""

    key: str
    rows: list[int]
    kind: str = "simple"
    values: dict[str, Any] = field(default_factory=dict)
    variants: list[ParsedVariant] = field(default_factory=list)
    images: list[dict[str, Any]] = field(default_factory=list)
    warnings: list[Notice] = field(default_factory=list)
    kinds: dict[int, RowKind] = field(default_factory=dict)
    refusals: dict[int, list[Refusal]] = field(default_factory=dict)
    whole: Refusal | None = None  # refuses the product with all its rows
    is_key_free: bool = False  # nothing kept rows of one key together: it may be taken

    def refuse(self, row: int, column: str | None, sentence: str, value: str | None = None) -> None:
        """Refuse one row; the product lives on without it."""
        self.refusals.setdefault(row, []).append(Refusal(row, column, sentence, value))

    def refuse_all(
        self, row: int, column: str | None, sentence: str, value: str | None = None
    ) -> None:
        """Refuse the product for what stands in one of its rows."""
        refusal = Refusal(row, column, sentence, value)
        self.whole = self.whole or refusal
        self.refusals.setdefault(row, []).append(refusal)

    def warn(self, row: int, column: str | None, sentence: str) -> None:
        """Say something about a row that is taken."""
        self.warnings.append(Notice(row, column, sentence))

    def read(self, row: Row, plan: Plan, titles: Sequence[str]) -> dict[str, Any] | None:
        """Read the planned cells of a row; None when one of them is bad, each of which is named."""
        number, cells = row
        try:
            return {name: parse(cells[at]) for at, name, parse in plan}
        except BadCell:
            for at, _, parse in plan:
                try:
                    parse(cells[at])
                except BadCell as error:
                    self.refuse(number, titles[at], str(error), cells[at][:200])
            return None

    def read_product(self, row: Row, plan: Plan, titles: Sequence[str]) -> None:
        """Read product fields; a bad cell refuses the product."""
        found = self.read(row, plan, titles)
        if found is None:
            self.whole = self.whole or self.refusals[row[0]][0]
        else:
            self.values.update(found)

    def add_image(self, url: str, alt: str | None = None) -> str:
        """Add a picture unless it is there; return its key."""
        key = f"ext:{url}"
        for image in self.images:
            if image["key"] == key:
                image["alt"] = image["alt"] or alt
                return key
        self.images.append({"key": key, "alt": alt, "url": url})
        return key

    def settle(self, claim: Claim, sku_title: str) -> Iterable[Parsed]:
        """Return the product, and a refusal for every row that is not part of it."""
        if self.whole is None:
            self._check_whole()
        if self.whole is None:
            self._check_variants(claim, sku_title)
        if self.whole is None and self.is_key_free and self.variants:
            self._check_key(claim)
        if self.whole is None and not self.variants:
            self._refuse_childless()
        return self._outcome()

    def _refuse_childless(self) -> None:
        if self.refusals:
            self.whole = next(iter(self.refusals.values()))[0]
        else:
            sentence = f"The product {shown(self.key)} has no variant row."
            self.refuse_all(self.rows[0], None, sentence, self.key)

    def _check_whole(self) -> None:
        first = self.rows[0]
        if len(self.key) > KEY_LIMIT:
            self.refuse_all(
                first, None, f"The key of a product has at most {KEY_LIMIT} characters."
            )
        if len(self.values.get("options", ())) > OPTION_LIMIT:
            self.refuse_all(first, None, f"A product has at most {OPTION_LIMIT} options.")
        if len(self.variants) > VARIANT_LIMIT:
            self.refuse_all(first, None, f"A product has at most {VARIANT_LIMIT} variants.")
        if len(self.images) > IMAGE_LIMIT:
            self.refuse_all(first, None, f"A product has at most {IMAGE_LIMIT} images.")

    def _check_variants(self, claim: Claim, sku_title: str) -> None:
        kept = []
        choices: dict[tuple[tuple[str, str], ...], int] = {}
        for variant in self.variants:
            choice = variant.values.get("choice")
            if choice is not None and len(self.variants) > 1:
                same = choices.setdefault(tuple(sorted(choice.items())), variant.row)
                if same != variant.row:
                    self._refuse_twin(variant, same)
                    continue
            sku = variant.values.get("sku")
            if sku and (taken := claim(_sku_key(sku), variant.row)) is not None:
                sentence = f"The SKU {shown(sku)} is already used in row {taken}."
                self.refuse(variant.row, sku_title, sentence, sku)
                continue
            kept.append(variant)
        self.variants = kept

    def _check_key(self, claim: Claim) -> None:
        taken = claim(f"\0{self.key}", self.rows[0])
        if taken is not None:
            sentence = f"The product {shown(self.key)} already stands in row {taken}."
            self.refuse_all(self.rows[0], None, sentence, self.key)

    def _refuse_twin(self, variant: ParsedVariant, same: int) -> None:
        choice = variant.values["choice"]
        words = ", ".join(f"{name} {value}" for name, value in choice.items())
        what = f"The variant {shown(words)}" if choice else "A variant without option values"
        self.refuse(variant.row, None, f"{what} already stands in row {same}.")

    def _outcome(self) -> Iterable[Parsed]:
        if self.whole is not None:
            where = f"at row {self.whole.row}" + (
                f", {self.whole.column}" if self.whole.column else ""
            )
            for row in self.rows:
                if row not in self.refusals:
                    self.refuse(row, None, f"Its product {shown(self.key)} was refused {where}.")
        for row in sorted(self.refusals):
            yield from self.refusals[row]
        if self.whole is None:
            yield ParsedProduct(
                self.key,
                tuple(self.rows),
                self.values,
                tuple(self.variants),
                tuple(self.warnings),
                self._kept_kinds(),
                self.kind,
            )

    def _kept_kinds(self) -> dict[int, RowKind]:
        """Return what the rows became; where the first one was refused, the next one begins."""
        kept = {row: kind for row, kind in self.kinds.items() if row not in self.refusals}
        if kept and RowKind.PRODUCT not in kept.values():
            begins = next((r for r, kind in kept.items() if kind is RowKind.VARIANT), None)
            kept.update({begins: RowKind.PRODUCT} if begins is not None else {})
        return kept


def _sku_key(sku: str) -> str:
    return unicodedata.normalize("NFC", sku).casefold()


def _too_long(limit: int) -> str:
    return f"This is longer than {limit:,} characters."


def text(limit: int = WORD_LIMIT) -> Parser:
    """Make a reader of one line of text; blank is None."""

    def parse(cell: str) -> str | None:
        word = cell.strip()
        if not word:
            return None
        if len(word) > limit:
            raise BadCell(_too_long(limit))
        return unguarded(word) if word[0] == "'" else word

    return parse


def body(limit: int, clean: Callable[[str], str] | None = None) -> Parser:
    """Make a reader of long text, kept as it stands; blank is None."""

    def parse(cell: str) -> str | None:
        if not cell or cell.isspace():
            return None
        if len(cell) > limit:
            raise BadCell(_too_long(limit))
        if "\r" in cell:
            cell = cell.replace("\r\n", "\n").replace("\r", "\n")
        cell = unguarded(cell)
        return clean(cell) if clean else cell

    return parse


def bounded(words: list[str], limit: int = WORD_LIMIT, *, most: int = LIST_LIMIT) -> list[str]:
    """Return words as a SET; too many or too long ones are refused."""
    if len(words) > most:
        raise BadCell(f"This list has more than {most:,} entries.")
    for word in words:
        if len(word) > limit:
            raise BadCell(f"{shown(word)} is longer than {limit} characters.")
    return sorted(set(words))


def bounded_attribute(name: str, words: list[str]) -> None:
    """Refuse an attribute that is longer than any shop has them."""
    bounded([name])
    bounded(words, ATTRIBUTE_LIMIT, most=VARIANT_LIMIT)


def category_set(paths: list[str]) -> list[str]:
    """Return category paths as a SET."""
    for path in paths:
        for name in path.split(" > "):
            if len(name) > CATEGORY_LIMIT:
                raise BadCell(f"{shown(name)} is longer than {CATEGORY_LIMIT} characters.")
    return bounded(paths, 1000)


def address(cell: str) -> str:
    """Read the address of a picture."""
    if _PLAIN_ADDRESS.fullmatch(cell) and len(cell) <= URL_LIMIT:
        return cell
    scheme, mark, rest = unguarded(cell.strip()).partition("//")
    scheme = scheme.casefold() or "https:"  # //cdn.example.com/a.jpg
    url = f"{scheme}//{rest.replace(' ', '%20')}"
    try:
        has_host = bool(urlsplit(url).hostname)
    except ValueError:
        has_host = False
    if not mark or scheme not in ("http:", "https:") or not has_host or any(map(str.isspace, url)):
        raise BadCell(f"{shown(cell.strip())} is not a web address.")
    if len(url) > URL_LIMIT:
        raise BadCell(_too_long(URL_LIMIT))
    return url


def condition(cell: str) -> str | None:
    """Read new, refurbished or used."""
    word = cell.strip().casefold()
    if not word:
        return None
    for name, ours in CONDITIONS.items():
        if word.startswith(name):
            return ours
    raise BadCell(f"{shown(cell)} is none of new, refurbished, used.")


def slug(title: str) -> str:
    """Return a key made of a title, the same for the same title."""
    folded = unicodedata.normalize("NFKD", title).encode("ascii", "ignore").decode().lower()
    return _BLANK_PAGE.sub("-", folded).strip("-")[:KEY_LIMIT] or title.strip()[:KEY_LIMIT]


def option_list(names: Sequence[str], variants: Iterable[ParsedVariant]) -> list[dict[str, Any]]:
    """Return OPTIONS: names in order, values in the order of the variants."""
    values: dict[str, dict[str, None]] = {name: {} for name in names}
    for variant in variants:
        for name, value in variant.values.get("choice", {}).items():
            values[name][value] = None
    return [{"name": name, "values": list(found)} for name, found in values.items()]


_NO_GTIN: Final[dict[str, Any]] = {"gtin": None}


def read_gtin(
    draft: Draft, row: Row, at: int, title: str, check: Callable[[str], bool] | None
) -> dict[str, Any]:
    """Return the GTIN of a row; what is none is left out with a notice, the row is taken."""
    cell = row[1][at]
    if not cell or cell.isspace():
        return _NO_GTIN
    try:
        gtin = digits(cell if cell.isdecimal() else identifiers.normalise_gtin(cell) or "")
    except BadCell as error:
        draft.warn(row[0], title, f"{error} The barcode is left out.")
        return {}
    if check is not None and not check(gtin):
        draft.warn(row[0], title, f"The check digit of {gtin} is wrong. The barcode is left out.")
        return {}
    return {"gtin": gtin}


def read_stock(draft: Draft, row: Row, title: str, count: int) -> int:
    """Return a stock that can be: below zero is zero, with a notice."""
    if count >= 0:
        return count
    draft.warn(row[0], title, f"A stock of {count} is below zero; 0 is taken.")
    return 0


def read_picture(draft: Draft, row: Row, at: int, title: str) -> str | None:
    """Return a picture's address; a bad one is left out with a notice, the row is taken."""
    try:
        return address(row[1][at])
    except BadCell as error:
        draft.warn(row[0], title, f"{error} The image is left out.")
        return None


def alt_text(draft: Draft, row: Row, cell: str, title: str) -> str | None:
    """Return a picture's alt text, cut where it is too long."""
    alt = unguarded(cell.strip())
    if len(alt) > ALT_LIMIT:
        draft.warn(row[0], title, f"The alt text is cut to {ALT_LIMIT} characters.")
    return alt[:ALT_LIMIT].rstrip() or None
