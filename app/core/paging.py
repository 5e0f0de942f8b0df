"""Keyset pages: an opaque cursor names the last row seen, so page 1,000 costs what page 1 costs."""

import base64
import binascii
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, Generic, TypeVar
from uuid import UUID

from sqlalchemy import Select, func, select, tuple_
from sqlalchemy.orm import InstrumentedAttribute, Session

from app.core.errors import Invalid
from app.core.texts import is_storable

Row = TypeVar("Row")
_DAMAGED: Final = "This page address is damaged. Open the list again."
_LONGEST: Final = 2_000
_MOST: Final = 2**63 - 1  # what a bigint holds


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
    if len(cursor) > _LONGEST:
        raise Invalid(_DAMAGED)
    try:
        values = json.loads(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
    except (binascii.Error, ValueError, RecursionError) as error:
        raise Invalid(_DAMAGED) from error
    if not isinstance(values, list) or len(values) != length:
        raise Invalid(_DAMAGED)
    return values


def decode_moment(cursor: str) -> tuple[datetime, UUID]:
    """Return the moment and id of a cursor over (moment, id); raises Invalid."""
    moment, key = decode_cursor(cursor, length=2)
    return moment_in(moment), id_in(key)


def decode_id(cursor: str) -> UUID:
    """Return the id of a cursor over one id; raises Invalid."""
    return id_in(decode_cursor(cursor, length=1)[0])


def decode_number(cursor: str) -> int:
    """Return the number of a cursor over one number; raises Invalid."""
    return number_in(decode_cursor(cursor, length=1)[0])


def id_in(value: Any) -> UUID:
    """Return a value of a cursor that has to be an id; raises Invalid."""
    try:
        return UUID(str(value))
    except ValueError as error:
        raise Invalid(_DAMAGED) from error


def moment_in(value: Any) -> datetime:
    """Return a value of a cursor that has to be a moment; raises Invalid."""
    try:
        return datetime.fromisoformat(str(value))
    except ValueError as error:
        raise Invalid(_DAMAGED) from error


def number_in(value: Any, *, most: int = _MOST) -> int:
    """Return a value of a cursor that has to be a whole number a column holds; raises Invalid."""
    if type(value) is not int or not -most <= value <= most:
        raise Invalid(_DAMAGED)
    return value


def truth_in(value: Any) -> bool:
    """Return a value of a cursor that has to be yes or no; raises Invalid."""
    if type(value) is not bool:
        raise Invalid(_DAMAGED)
    return value


def text_in(value: Any) -> str:
    """Return a value of a cursor that has to be a text a column holds; raises Invalid."""
    if not isinstance(value, str) or not is_storable(value):
        raise Invalid(_DAMAGED)
    return value


def newest_page(
    session: Session,
    wanted: Select[*tuple[Any, ...]],
    key: Sequence[InstrumentedAttribute[Any]],
    make: Callable[..., Row],
    *,
    after: str | None = None,
    before: str | None = None,
    limit: int = 50,
    counted: int | None = None,
    known: int | None = None,
    is_oldest_first: bool = False,
) -> KeysetPage[Row]:
    """Return a page of rows, newest first by `key`: unique columns whose order is that of time.

    `make` gets the columns of `wanted`. No more than `counted` rows are counted, if it is given,
    and none if it is `known` how many there are. Raises Invalid when a cursor was tampered with.
    """
    some = wanted.limit(None if counted is None else counted + 1)
    total = known
    if total is None:
        total = session.scalar(select(func.count()).select_from(some.subquery())) or 0
    is_estimate = counted is not None and total > counted
    at, number = _place(before or after, key)
    is_up = (before is None) == is_oldest_first
    if at:
        here, there = tuple_(*key), tuple_(*at)
        wanted = wanted.where(here > there if is_up else here < there)
    walk = wanted.add_columns(*key).order_by(*(key if is_up else [each.desc() for each in key]))
    found = session.execute(walk.limit(limit + 1)).all()
    has_more, rows = len(found) > limit, found[:limit]
    if before:
        rows = rows[::-1]
    first = max(1, number - len(rows)) if before else number
    has_before = has_more if before else bool(at)
    has_after = before is not None or has_more
    keys = [row[-len(key) :] for row in rows]
    return KeysetPage(
        [make(*row[: -len(key)]) for row in rows],
        encode_cursor(*keys[0], first) if rows and has_before else None,
        encode_cursor(*keys[-1], first + len(rows)) if rows and has_after else None,
        counted if is_estimate and counted else total,
        is_estimate,
        first,
    )


def itself(row: Row) -> Row:
    """Return what was selected, for pages of whole rows."""
    return row


def _place(cursor: str | None, key: Sequence[InstrumentedAttribute[Any]]) -> tuple[list[Any], int]:
    """Return the values of `key` a page begins behind, and the number of its first row."""
    if not cursor:
        return [], 1
    *values, number = decode_cursor(cursor, length=len(key) + 1)
    kinds = [column.type.python_type for column in key]
    at = [_READ[kind](value) for kind, value in zip(kinds, values, strict=True)]
    return at, number_in(number)


_READ: Final[Mapping[type, Callable[[Any], Any]]] = {
    UUID: id_in,
    datetime: moment_in,
    bool: truth_in,
    int: number_in,
    str: text_in,
}
