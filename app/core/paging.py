"""Keyset pages: an opaque cursor names the last row seen, so page 1,000 costs what page 1 costs."""

import base64
import binascii
import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Generic, TypeVar
from uuid import UUID

from app.core.errors import Invalid

Row = TypeVar("Row")


@dataclass(frozen=True, slots=True)
class KeysetPage(Generic[Row]):
    """Rows of one page with the cursors of its neighbours (None: there is none)."""

    rows: Sequence[Row]
    before: str | None
    after: str | None
    total: int
    is_estimate: bool = False
    first: int = 1  # number of the first row, for "51–100 of 12,482"


def encode_cursor(*values: Any) -> str:
    """Return JSON-able sort values as an opaque URL-safe text."""
    packed = json.dumps(values, separators=(",", ":"), default=str).encode()
    return base64.urlsafe_b64encode(packed).decode().rstrip("=")


def decode_cursor(cursor: str, *, length: int) -> list[Any]:
    """Return the sort values of a cursor; raises Invalid when it was tampered with."""
    try:
        values = json.loads(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
    except (binascii.Error, ValueError) as error:
        raise Invalid("This page address is damaged. Open the list again.") from error
    if not isinstance(values, list) or len(values) != length:
        raise Invalid("This page address is damaged. Open the list again.")
    return values


def decode_moment(cursor: str) -> tuple[datetime, UUID]:
    """Return the moment and id of a cursor over (moment, id); raises Invalid."""
    moment, key = decode_cursor(cursor, length=2)
    try:
        return datetime.fromisoformat(str(moment)), UUID(str(key))
    except ValueError as error:
        raise Invalid("This page address is damaged. Open the list again.") from error
