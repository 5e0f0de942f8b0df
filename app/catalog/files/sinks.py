"""Rows into files: CSV or XLSX, streaming, with formulas disarmed."""

import csv
import re
from collections.abc import Sequence
from io import TextIOWrapper
from typing import BinaryIO, Final, Protocol

import xlsxwriter

from app.catalog.files.cells import guarded
from app.catalog.files.types import FileKind, UnreadableFile

_BREAKS: Final = re.compile(r"[\t\r\n]+")
_SHEET_ROWS: Final = 1_048_576
_CELL_LIMIT: Final = 32_767


class Sink(Protocol):
    """A table being written."""

    def write(self, cells: Sequence[str]) -> None:
        """Add a row."""
        ...

    def close(self) -> None:
        """Finish the file; the stream stays open."""
        ...


class CsvSink:
    """UTF-8 with a byte order mark, so that Excel reads it; lines end as RFC 4180 says."""

    def __init__(self, stream: BinaryIO, delimiter: str = ",") -> None:
        encoding = "utf-8-sig" if delimiter == "," else "utf-8"
        self._text = TextIOWrapper(stream, encoding=encoding, newline="", write_through=False)
        self._has_quotes = delimiter == ","
        self._writer = csv.writer(self._text, delimiter=delimiter, lineterminator="\r\n")

    def write(self, cells: Sequence[str]) -> None:
        """Add a row."""
        if self._has_quotes:
            self._writer.writerow([guarded(cell) for cell in cells])
        else:  # tab-separated files of Amazon know no quotes
            flat = (_BREAKS.sub(" ", guarded(cell)) for cell in cells)
            self._text.write("\t".join(flat) + "\r\n")

    def close(self) -> None:
        """Finish the file; the stream stays open."""
        self._text.flush()
        self._text.detach()


class XlsxSink:
    """One sheet of text cells, which no spreadsheet runs as formulas."""

    def __init__(self, stream: BinaryIO) -> None:
        options = {"constant_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
        self._book = xlsxwriter.Workbook(stream, options)
        self._sheet = self._book.add_worksheet("Products")
        self._row = 0

    def write(self, cells: Sequence[str]) -> None:
        """Add a row."""
        if self._row >= _SHEET_ROWS:
            raise UnreadableFile("A sheet holds 1,048,576 rows. Export as CSV.")
        for column, cell in enumerate(cells):
            if len(cell) > _CELL_LIMIT:
                raise UnreadableFile(
                    f"A cell of a workbook holds {_CELL_LIMIT:,} characters. Export as CSV."
                )
            if cell:
                # Disarmed all the same: a sheet may be saved as CSV later.
                self._sheet.write_string(self._row, column, guarded(cell))
        self._row += 1

    def close(self) -> None:
        """Finish the file; the stream stays open."""
        self._book.close()


def sink_of(stream: BinaryIO, kind: FileKind, delimiter: str = ",") -> Sink:
    """Open a table in a stream."""
    return XlsxSink(stream) if kind is FileKind.XLSX else CsvSink(stream, delimiter)
