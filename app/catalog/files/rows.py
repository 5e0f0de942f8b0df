"""Rows out of files: bytes of any encoding, or a workbook, to numbered lists of cells."""

import codecs
import csv
import re
import shutil
import struct
import tempfile
import zipfile
import zlib
from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing, contextmanager
from datetime import date, datetime, time
from decimal import Decimal
from io import BytesIO, TextIOWrapper
from itertools import chain
from pathlib import Path
from typing import IO, Any, BinaryIO, Final
from xml.etree.ElementTree import ParseError

import openpyxl
from openpyxl.utils.exceptions import InvalidFileException

from app.catalog.files.cells import excel_number, plain, unforced
from app.catalog.files.types import FileFacts, FileKind, Row, Rows, UnreadableFile

Source = str | Path | bytes | BinaryIO
FIELD_LIMIT: Final = 16 * 1024 * 1024
UNPACKED_LIMIT: Final = 2 * 1024**3
_HELD_LIMIT: Final = 256 * 1024**2  # parts that the reader of workbooks keeps in memory
_RATIO: Final = 200  # a sheet shrinks to a tenth; to a five-hundredth only to do harm
_RATIO_FROM: Final = 64 * 1024**2
_DAMAGED: Final = (
    *(zipfile.BadZipFile, InvalidFileException, ParseError, zlib.error, EOFError),
    *(LookupError, ValueError, TypeError, AttributeError, OSError, RuntimeError),
    *(ArithmeticError, SyntaxError, struct.error),
)
_NO_TABLES: Final = (
    b"%PDF", b"\x1f\x8b", b"\x89PNG", b"\xff\xd8\xff", b"GIF8", b"RIFF", b"BZh", b"\xfd7zXZ",
    b"7z\xbc\xaf", b"Rar!", b"\x7fELF", b"SQLite format 3", b"PAR1", b"ID3", b"OggS",
)  # fmt: skip
NO_TABLE: Final = "This is not a table. Upload a CSV or XLSX file."
END: Final = "\x1eend"  # stands behind the last line: swallowed, if a quote never closes
_ESCAPED: Final = re.compile("_x(00[01][0-9A-Fa-f])_")  # what XML has no sign for
csv.field_size_limit(FIELD_LIMIT)


@contextmanager
def opened(source: Source) -> Iterator[BinaryIO]:
    """Open a source for reading from its start, any number of times; a stream stays open."""
    if isinstance(source, str | Path):
        with Path(source).open("rb") as stream:
            yield stream
    elif isinstance(source, bytes):
        yield BytesIO(source)
    else:
        source.seek(0)
        yield source


@contextmanager
def seekable(source: Source) -> Iterator[Source]:
    """Give back a source that can be read twice; a pipe is copied to a temporary file."""
    if isinstance(source, str | Path | bytes) or source.seekable():
        yield source
        return
    with tempfile.TemporaryFile() as copy:
        shutil.copyfileobj(source, copy)
        yield copy


def is_workbook(head: bytes) -> bool:
    """Tell a workbook from text; formats we cannot read are named."""
    if head.startswith(b"\xd0\xcf\x11\xe0"):
        raise UnreadableFile(
            "This is an old .xls workbook or one with a password. Save it as .xlsx or CSV."
        )
    if head.startswith(_NO_TABLES):
        raise UnreadableFile(NO_TABLE)
    return head.startswith(b"PK\x03\x04")


@contextmanager
def csv_of(source: Source, facts: FileFacts) -> Iterator[tuple[Source, FileFacts]]:
    """Turn a workbook into a temporary CSV, so that it may be read twice; leave a CSV alone."""
    if facts.kind is FileKind.CSV:
        with seekable(source) as again:
            yield again, facts
        return
    with tempfile.TemporaryFile() as stream:
        text = TextIOWrapper(stream, encoding="utf-8", errors="replace", newline="")
        csv.writer(text).writerows(cells for _, cells in workbook_rows(source, facts.sheet))
        text.flush()
        text.detach()
        yield stream, _as_csv(facts)


def _as_csv(facts: FileFacts) -> FileFacts:
    return FileFacts(
        kind=FileKind.CSV,
        dialect=facts.dialect,
        confidence=facts.confidence,
        header=facts.header,
        header_row=facts.header_row,
    )


def csv_rows(stream: BinaryIO, facts: FileFacts) -> Rows:
    """Yield every record with its number, counted as a spreadsheet counts; blank ones too."""
    encoding = "utf-8-sig" if facts.has_bom and facts.encoding == "utf-8" else facts.encoding
    text = TextIOWrapper(stream, encoding=encoding, errors=_STRAY, newline="")
    try:
        yield from numbered(
            text, facts.delimiter, has_quotes=facts.has_quotes, has_nul=facts.has_nul
        )
    finally:
        text.detach()


def _western(error: UnicodeError) -> tuple[str, int]:
    """Read bytes that have strayed into a file as Western European, as pasted rows often are."""
    if not isinstance(error, UnicodeDecodeError):
        raise error
    stray = error.object[error.start : error.end]
    return stray.decode("cp1252", errors="replace"), error.end


_STRAY: Final = "syncstore-western"
codecs.register_error(_STRAY, _western)


def numbered(
    text: Iterable[str], delimiter: str, *, has_quotes: bool = True, has_nul: bool = False
) -> Rows:
    """Yield numbered records of text lines. A quote that never closes raises `NeverClosed`."""
    lines: Iterable[str] = chain(text, (END,))
    if has_nul:
        lines = (line.replace("\0", "") for line in lines)
    if has_quotes:
        reader = csv.reader(lines, delimiter=delimiter)
    else:
        reader = csv.reader(lines, delimiter=delimiter, quoting=csv.QUOTE_NONE)
    number = 0
    try:
        for number, cells in enumerate(reader, start=1):
            if cells and cells[-1].endswith(END):
                if cells[-1] != END or len(cells) > 1:
                    raise NeverClosed(number)
                return
            yield number, [unforced(cell) if cell[:1] == "=" else cell for cell in cells]
    except csv.Error as error:
        raise NeverClosed(number + 1) from error


class NeverClosed(UnreadableFile):
    """A quotation mark opens in a row and swallows the rest of the file."""

    def __init__(self, row: int) -> None:
        self.row = row
        self.reason = (
            "A quotation mark opens here and is never closed, "
            "so the rest of the file cannot be told apart."
        )
        super().__init__(f"Row {row}: {self.reason}")


def sheet_names(source: Source) -> list[str]:
    """Return the names of a workbook's sheets; hidden ones only when there are no others."""
    with _workbook(source) as book:
        shown = [sheet.title for sheet in book.worksheets if sheet.sheet_state == "visible"]
        return shown or [sheet.title for sheet in book.worksheets]


def workbook_rows(source: Source, sheet: str | None = None) -> Rows:
    """Yield the rows of a sheet as text: cached values of formulas, dates in ISO form."""
    with _workbook(source) as book:
        table = next((one for one in book.worksheets if one.title == sheet), book.worksheets[0])
        table.reset_dimensions()
        for number, cells in enumerate(table.iter_rows(), start=1):
            texts = [_cell_text(cell) for cell in cells]
            while texts and not texts[-1]:
                texts.pop()
            yield number, texts


@contextmanager
def _workbook(source: Source) -> Iterator[Any]:
    with opened(source) as stream:
        try:
            with zipfile.ZipFile(stream) as archive:
                _check_archive(archive.infolist())
            with closing(openpyxl.load_workbook(stream, read_only=True, data_only=True)) as book:
                if not book.worksheets:
                    raise UnreadableFile("This workbook has no sheet.")
                yield book
        except _DAMAGED as error:
            raise UnreadableFile("This workbook is damaged. Save it again as .xlsx.") from error


def _check_archive(entries: Sequence[zipfile.ZipInfo]) -> None:
    if not any(entry.filename.startswith("xl/") for entry in entries):
        raise UnreadableFile(NO_TABLE)
    held = sum(each.file_size for each in entries if "xl/worksheets/" not in each.filename)
    is_bomb = any(
        each.file_size > _RATIO_FROM and each.file_size > _RATIO * each.compress_size
        for each in entries
    )
    whole = sum(entry.file_size for entry in entries)
    if is_bomb or held > _HELD_LIMIT or whole > UNPACKED_LIMIT:
        raise UnreadableFile("This workbook is too large once unpacked. Use CSV.")


def _cell_text(cell: Any) -> str:
    value = cell.value
    if value is None:
        return ""
    if isinstance(value, str):
        return _ESCAPED.sub(lambda match: chr(int(match[1], 16)), value).replace("\0", "")
    if isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    if isinstance(value, datetime):
        return value.date().isoformat() if value.time() == time(0) else value.isoformat(" ")
    if isinstance(value, date | time):
        return value.isoformat()
    return _figure_text(value, cell.number_format or "")


def _figure_text(value: Any, form: str) -> str:
    if not isinstance(value, int | float):
        return str(value)
    if "%" in form:
        return plain(round(_decimal(value) * 100, 10)) + "%"
    text = excel_number(value) if isinstance(value, float) else str(value)
    is_padded = len(form) > 1 and set(form) == {"0"}  # 0000000000000 keeps leading zeros
    return text.zfill(len(form)) if is_padded else text


def _decimal(value: float) -> Decimal:
    return Decimal(repr(value))


def first_rows(rows: Rows, count: int) -> list[Row]:
    """Return the first rows of a table."""
    return [row for row, _ in zip(rows, range(count), strict=False)]


def is_utf8(stream: IO[bytes]) -> tuple[bool, int, bool]:
    """Say whether all bytes are UTF-8, where they stop to be, and whether there are NUL bytes."""
    decoder = codecs.getincrementaldecoder("utf-8")()
    at, has_nul = 0, False
    while chunk := stream.read(1 << 20):
        has_nul = has_nul or b"\0" in chunk
        try:
            decoder.decode(chunk)
        except UnicodeDecodeError as error:
            return False, max(0, at + error.start), has_nul
        at += len(chunk)
    try:
        decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        return False, at, has_nul
    return True, at, has_nul
