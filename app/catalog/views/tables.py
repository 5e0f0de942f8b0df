"""Rows sent as a file."""

import tempfile
from collections.abc import Iterable, Sequence
from contextlib import ExitStack
from typing import BinaryIO, cast

from flask import send_file
from flask.typing import ResponseReturnValue

from app.catalog.files.sinks import CsvSink
from app.core import clock


def csv_file(name: str, rows: Iterable[Sequence[object]]) -> ResponseReturnValue:
    """Send rows as CSV, the names of the columns first; formulas are disarmed.

    Memory stays flat, the disk holds the file for as long as it is sent.
    """
    with ExitStack() as held:
        # A temporary file has no name: closed by the response, it leaves nothing behind.
        file = tempfile.TemporaryFile()  # noqa: SIM115 (the response closes it)
        stream = held.enter_context(cast("BinaryIO", file))
        sink = CsvSink(stream)
        for row in rows:
            sink.write(["" if cell is None else str(cell) for cell in row])
        sink.close()
        held.pop_all()
    stream.seek(0)
    return send_file(stream, mimetype="text/csv", as_attachment=True, download_name=f"{name}.csv")


def today(name: str) -> str:
    """Return the name of a file with the day it was made."""
    return f"{name}-{clock.now():%Y-%m-%d}"
