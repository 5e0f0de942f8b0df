"""Where a page of the product list begins: its cursor, read as the columns keep their values."""

from collections.abc import Callable
from datetime import datetime
from functools import partial
from typing import Any, Final
from uuid import UUID

from app.core.paging import encode_cursor, id_in, moment_in, number_in, text_in

NULLABLE: Final = frozenset({"price", "stock", "brand"})
_READ: Final[dict[str, Callable[[Any], Any]]] = {
    "updated": moment_in,
    "title": text_in,
    "price": number_in,
    "stock": partial(number_in, most=2**31 - 1),
    "brand": text_in,
}

Key = tuple[Any, UUID]


def cursor_of(key: Key, number: int) -> str:
    """Return the cursor of a row: what it is ordered by, its id, its number in the list."""
    value, product_id = key
    return encode_cursor(
        value.isoformat() if isinstance(value, datetime) else value, str(product_id), number
    )


def position_of(sort_key: str, at: list[Any] | None) -> Key | None:
    """Return the row a cursor names; raises Invalid when it does not fit the order."""
    if at is None:
        return None
    is_absent = at[0] is None and sort_key in NULLABLE
    return None if is_absent else _READ[sort_key](at[0]), id_in(at[1])


def first_number(at: list[Any] | None, count: int, *, is_back: bool) -> int:
    """Return the number of the first row of a page, for “51–100 of 12,482”."""
    if at is None:
        return 1
    number = number_in(at[2])
    return max(1, number - count) if is_back else number
