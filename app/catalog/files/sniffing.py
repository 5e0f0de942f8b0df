"""A first look at a file: packing, encoding, delimiter, header, and whose dialect it speaks."""

import codecs
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import partial
from itertools import islice
from typing import Final

from charset_normalizer import from_bytes

from app.catalog.files.cells import fold
from app.catalog.files.columns import amazon_header, is_amazon_name, unique_header
from app.catalog.files.languages import english
from app.catalog.files.rows import (
    NO_TABLE,
    NeverClosed,
    Source,
    is_utf8,
    is_workbook,
    numbered,
    opened,
    seekable,
    sheet_names,
    workbook_rows,
)
from app.catalog.files.suggestions import suggest
from app.catalog.files.types import Dialect, FileFacts, FileKind, Row, UnreadableFile

_SAMPLE: Final = 64 * 1024
_LINES: Final = 60
SHOWN_ROWS: Final = 10
_SHEETS: Final = 20  # more are not looked at
_HEADER_WITHIN: Final = 15
_WIDEST: Final = 256
_FEW: Final = 32
_CONTROLS: Final = bytes({*range(1, 9), *range(14, 27), 28, 29, 31, 127})
_DOCUMENTS: Final = (b"<!doctype", b"<html", b"<?xml", b"[{", b'{"', b"\x89png")
_DELIMITERS: Final = (",", ";", "\t", "|")
_ENCODINGS: Final = [
    *("cp1252", "cp1250", "cp1251", "cp1253", "cp1254", "iso8859_15", "mac_roman"),
    *("cp932", "euc_jp", "gb18030", "big5", "cp949", "tis_620"),
]
_BOMS: Final = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
# Shopify's file of stock has a row for each location, and nothing to make products of.
_STOCK_BY_PLACE: Final = frozenset(("handle", "option1 value", "sku", "location", "committed"))
BY_PLACE: Final = (
    "This table tells of stock by location, not of products. Keep its columns SKU and Location,"
    " call the one that counts Quantity, and take it in under Inventory, Adjust by file."
)
OWN_MARK: Final = "syncstore record"
_MARKS: Final = {  # folded header names → how much they speak for a dialect
    Dialect.SHOPIFY: {
        **dict.fromkeys(("handle", "url handle"), 2),
        **dict.fromkeys(("variant price", "variant sku", "option1 value", "image src"), 2),
        **dict.fromkeys(("body (html)", "product image url", "variant grams", "vendor"), 2),
        **dict.fromkeys(("continue selling when out of stock", "compare-at price"), 2),
        **dict.fromkeys(("title", "published", "option1 name", "weight value (grams)"), 1),
        **dict.fromkeys(("variant compare at price", "variant inventory qty", "cost per item"), 1),
        **dict.fromkeys(("inventory quantity", "published on online store", "seo title"), 1),
    },
    Dialect.WOOCOMMERCE: {
        **dict.fromkeys(("regular price", "attribute 1 name", "attribute 1 value(s)"), 2),
        **dict.fromkeys(("is featured?", "visibility in catalog", "in stock?"), 2),
        **dict.fromkeys(("date sale price starts", "backorders allowed?", "tax status"), 2),
        **dict.fromkeys(("type", "sku", "name", "published", "parent", "categories", "stock"), 1),
        **dict.fromkeys(("sale price", "short description", "images"), 1),
    },
}
_SURE: Final = 2
_ENOUGH: Final = {Dialect.SHOPIFY: 5, Dialect.WOOCOMMERCE: 6}


@dataclass(frozen=True, slots=True)
class _Text:
    encoding: str
    has_bom: bool = False
    has_nul: bool = False


def sniff(source: Source, *, sheet: str | None = None) -> FileFacts:
    """Look at a file and say how to read it; `UnreadableFile` says why it cannot be."""
    with seekable(source) as again:
        with opened(again) as stream:
            head = stream.read(_SAMPLE)
        if not head.strip(b"\xef\xbb\xbf\r\n\t ;,"):
            raise UnreadableFile("This file is empty.")
        if head.lstrip(b"\xef\xbb\xbf\r\n\t ").lower().startswith(_DOCUMENTS):
            raise UnreadableFile(NO_TABLE)
        facts = _workbook(again, sheet) if is_workbook(head) else _text(again, head)
    return facts


def _workbook(source: Source, sheet: str | None) -> FileFacts:
    names = sheet_names(source)
    if sheet is not None and sheet not in names:
        raise UnreadableFile(f"This workbook has no sheet “{sheet}”.")
    wanted = [sheet] if sheet else names[:_SHEETS]
    tables = {name: list(islice(workbook_rows(source, name), _LINES)) for name in wanted}
    best = max(wanted, key=lambda name: _promise(name, tables[name]))
    facts = _recognised(tables[best], FileKind.XLSX)
    return replace(facts, sheet=best, sheets=tuple(names))


def _promise(name: str, rows: list[Row]) -> tuple[bool, bool, int]:
    """Say how much a sheet looks like products; of equals the first one is taken."""
    filled = _filled(rows)
    if not filled:
        return False, False, -1
    cells = _header_row(filled)[1]
    is_known = _dialect(cells)[0] is not Dialect.GENERIC
    return fold(name) == "template", is_known, len(suggest(cells).columns)


def _filled(rows: list[Row]) -> list[Row]:
    return [(number, cells) for number, cells in rows if any(cell.strip() for cell in cells)]


def _text(source: Source, head: bytes) -> FileFacts:
    text = _encoding(source, head)
    lines = _first_lines(source, text)
    first = 1
    delimiter = _named_delimiter(lines[0])
    if delimiter is not None:
        first = 2
    else:
        delimiter = _delimiter(lines)
    has_quotes = _is_quoted(lines, delimiter)
    rows = _rows(lines, delimiter, has_quotes=has_quotes)
    facts = _recognised(rows[first - 1 :], FileKind.CSV)
    if facts.dialect is Dialect.AMAZON and delimiter == "\t":
        has_quotes = False  # its reports never quote, and titles hold lone marks
        facts = _recognised(
            _rows(lines, delimiter, has_quotes=has_quotes)[first - 1 :], FileKind.CSV
        )
    return replace(
        facts,
        encoding=text.encoding,
        has_bom=text.has_bom,
        has_nul=text.has_nul,
        delimiter=delimiter,
        has_quotes=has_quotes,
    )


def _encoding(source: Source, head: bytes) -> _Text:
    for bom, name in _BOMS:
        if head.startswith(bom):
            return _Text(name, has_bom=True, has_nul=True)
    evens, odds = head[0:400:2].count(0), head[1:400:2].count(0)
    if max(evens, odds) > len(head[:400]) // 4:
        return _Text("utf-16-le" if odds > evens else "utf-16-be", has_nul=True)
    if len(head) - len(head.translate(None, _CONTROLS)) > max(_FEW, len(head) // 20):
        raise UnreadableFile(NO_TABLE)
    with opened(source) as stream:
        is_fine, at, has_nul = is_utf8(stream)
        if is_fine:
            return _Text("utf-8", has_nul=has_nul)
        stream.seek(max(0, at - _SAMPLE // 4))
        sample = stream.read(_SAMPLE // 2)
    return _Text("utf-8" if _is_mostly_utf8(sample) else _legacy(sample), has_nul=has_nul)


def _is_mostly_utf8(sample: bytes) -> bool:
    """Say whether bytes that are no UTF-8 are strays in a file that is."""
    text = sample.decode("utf-8", errors="replace")
    strays = text.count("\ufffd")
    return sum(1 for letter in text if letter > "\x7f") - strays > 3 * strays


def _legacy(sample: bytes) -> str:
    """Guess an encoding of old; where nothing is likelier, it is Western European."""
    try:
        sample.decode("cp1252")
        is_western = True
    except UnicodeDecodeError:
        is_western = False
    best = from_bytes(sample, cp_isolation=_ENCODINGS, chunk_size=512, steps=5).best()
    if best is None:
        return "cp1252" if is_western else "latin-1"
    if is_western and str(best) == sample.decode("cp1252"):
        return "cp1252"  # its siblings read these bytes alike; the rest of the file is likelier so
    return best.encoding


def _first_lines(source: Source, text: _Text) -> list[str]:
    facts = FileFacts(
        FileKind.CSV, Dialect.GENERIC, 0, (), encoding=text.encoding, has_bom=text.has_bom
    )
    with opened(source) as stream:
        raw = stream.read(4 * _SAMPLE)
    name = "utf-8-sig" if facts.has_bom and facts.encoding == "utf-8" else facts.encoding
    decoder = codecs.getincrementaldecoder(name)(errors="replace")
    lines = decoder.decode(raw).replace("\0", "").splitlines(keepends=True)
    return lines[: 20 * _LINES] or [""]


def _named_delimiter(line: str) -> str | None:
    word = line.strip('\ufeff\r\n "')
    return word[4:] if word.casefold().startswith("sep=") and len(word) == 5 else None


def _rows(lines: Sequence[str], delimiter: str, *, has_quotes: bool) -> list[Row]:
    rows: list[Row] = []
    try:
        for row in numbered(lines, delimiter, has_quotes=has_quotes):
            rows.append(row)
            if len(rows) == _LINES:
                break
    except NeverClosed:
        pass  # the sample ends within a quoted cell
    return rows


def _delimiter(lines: Sequence[str]) -> str:
    """Return the delimiter under which most rows have as many cells as the header, and many."""

    def fitness(delimiter: str, *, is_titled: bool = False) -> tuple[float, int]:
        rows = [cells for _, cells in _rows(lines, delimiter, has_quotes=True) if cells]
        if is_titled:
            rows = _below_titles(rows)
        if not rows or len(rows[0]) < 2:
            return 0.0, 0
        width = len(rows[0])
        alike = sum(1 for cells in rows if len(cells) == width) / len(rows)
        return alike * min(width, 12), width

    best = max(_DELIMITERS, key=fitness)
    titled = max(_DELIMITERS, key=partial(fitness, is_titled=True))
    if fitness(best) > (0.0, 0) and not _is_prose(lines, best, titled):
        return best
    return titled


def _is_prose(lines: Sequence[str], delimiter: str, other: str) -> bool:
    """Say whether a delimiter only parts a title: Exported on Nov 29, 2026."""
    first = next((row for _, row in _rows(lines, delimiter, has_quotes=True) if row), [])
    below = _below_titles([row for _, row in _rows(lines, other, has_quotes=True) if row])
    known = suggest(unique_header(below[0])).columns if below else ()
    return len(known) > 1 and not suggest(unique_header(first)).columns


def _below_titles(rows: list[list[str]]) -> list[list[str]]:
    """Return the rows below titles and notes that nothing parts into cells."""
    at = next((at for at, cells in enumerate(rows) if len(cells) > 1), len(rows))
    return rows[at:] if at < _HEADER_WITHIN else []


def _is_quoted(lines: Sequence[str], delimiter: str) -> bool:
    """Say whether quotes hold cells together; in tables that know none, they are inch marks."""
    if delimiter != "\t" or not _has_lone_quotes(lines):
        return True

    def misfits(*, has_quotes: bool) -> int:
        rows = [cells for _, cells in _rows(lines, delimiter, has_quotes=has_quotes) if cells]
        return sum(1 for cells in rows if len(cells) != len(rows[0]))

    # What a spreadsheet saves as Unicode text has cells of several lines within quotes.
    return misfits(has_quotes=True) < misfits(has_quotes=False)


def _has_lone_quotes(lines: Sequence[str]) -> bool:
    return any(line.count('"') % 2 for line in lines)


def _recognised(rows: list[Row], kind: FileKind) -> FileFacts:
    filled = _filled(rows)
    if not filled:
        raise UnreadableFile("This file has no rows.")
    number, cells = _header_row(filled)
    if {fold(cell) for cell in cells} >= _STOCK_BY_PLACE:
        raise UnreadableFile(BY_PLACE)
    dialect, confidence = _dialect(cells)
    below = [tuple(row) for at, row in filled if at > number]
    if kind is FileKind.XLSX:  # notes beside the table are columns without a name
        widest = max((len(row) for row in below if len(row) <= _WIDEST), default=0)
        cells = [*cells, *[""] * (widest - len(cells))]
    header = unique_header(cells)
    return FileFacts(
        kind=kind,
        dialect=dialect,
        confidence=confidence,
        header=header,
        header_row=number,
        sample_rows=tuple(below[:SHOWN_ROWS]),
    )


def _header_row(rows: list[Row]) -> Row:
    """Return the row that names the columns: the first one, or the one below titles and notes."""
    first, *below = rows[:_HEADER_WITHIN]
    dialect = _dialect(first[1])[0]
    if dialect not in (Dialect.GENERIC, Dialect.AMAZON):
        return first
    for row in below:
        if sum(map(is_amazon_name, row[1])) > max(3, sum(map(is_amazon_name, first[1]))):
            return row
        if dialect is Dialect.GENERIC and _dialect(row[1])[0] is not Dialect.GENERIC:
            return row
    if dialect is Dialect.AMAZON:
        return first
    known = [len(suggest(unique_header(cells)).columns) for _, cells in (first, *below)]
    best = known.index(max(known))
    return rows[best] if known[0] < 2 <= known[best] else first


def _dialect(cells: Sequence[str]) -> tuple[Dialect, float]:
    folded = {fold(cell) for cell in cells}
    if OWN_MARK in folded:
        return Dialect.OWN, 1.0
    best, score = Dialect.GENERIC, 0.0
    spoken = folded | {fold(english(cell)) for cell in cells}
    for dialect, marks in _MARKS.items():
        weights = [weight for name, weight in marks.items() if name in spoken]
        found = sum(weights) / _ENOUGH[dialect]
        if found >= 1 and found > score and _SURE in weights:
            best, score = dialect, found
    if best is Dialect.GENERIC and amazon_header(cells):
        return Dialect.AMAZON, 0.9
    return best, min(1.0, round(score / 2 + 0.25, 2)) if score else 0.0
