"""Rows of the inventory as a file."""

import tempfile
from collections.abc import Iterable, Sequence
from typing import BinaryIO, cast

from flask import send_file
from flask.typing import ResponseReturnValue

from app.catalog.files.sinks import CsvSink
from app.core import clock


def csv_file(name: str, rows: Iterable[Sequence[object]]) -> ResponseReturnValue:
    """Send rows as CSV, the names of the columns first; formulas are disarmed."""
    stream = cast("BinaryIO", tempfile.TemporaryFile())  # noqa: SIM115 (the response closes it)
    sink = CsvSink(stream)
    for row in rows:
        sink.write(["" if cell is None else str(cell) for cell in row])
    sink.close()
    stream.seek(0)
    name = f"{name}-{clock.now():%Y-%m-%d}.csv"
    return send_file(stream, mimetype="text/csv", as_attachment=True, download_name=name)
