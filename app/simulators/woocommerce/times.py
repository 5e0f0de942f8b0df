"""Times as WordPress keeps them: whole seconds, a local and a GMT column, no zone in the text."""

import re
from datetime import UTC, datetime, timedelta
from functools import lru_cache

_ISO = re.compile(
    r"^\d{4}-\d{2}-\d{2}[Tt ]\d{2}:\d{2}:\d{2}(?:\.\d+)?(?:[Zz]|[+-]\d{2}(?::?\d{2})?)?$"
)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@lru_cache(maxsize=65536)
def written(epoch: int, offset: int = 0) -> str:
    """Write seconds since 1970 as `2026-11-21T08:15:00`, `offset` seconds ahead of UTC."""
    return (_EPOCH + timedelta(seconds=epoch + offset)).strftime("%Y-%m-%dT%H:%M:%S")


def maybe_written(epoch: int | None, offset: int = 0) -> str | None:
    """Write a time that may be missing."""
    return None if epoch is None else written(epoch, offset)


def is_iso(value: str) -> bool:
    """Say whether WordPress accepts this as a date-time (a bare date it does not)."""
    return bool(_ISO.match(value))


def read(value: str, offset: int) -> int | None:
    """Read a field's time: without a zone it is in the zone `offset` seconds ahead of UTC."""
    try:
        moment = datetime.fromisoformat(value.replace("z", "Z"))
    except ValueError:
        return None
    if moment.tzinfo is None:
        return int(moment.replace(tzinfo=UTC).timestamp()) - offset
    return int(moment.timestamp())


def read_bound(value: str, offset: int, *, is_gmt: bool) -> int:
    """Read the bound of a date query as a WordPress date query does.

    WordPress first turns the text into the *site's* wall clock: a text with a zone is converted,
    one without is taken as it stands. Then it compares with the GMT or the local column. So a bound
    ending in `Z`, sent with dates_are_gmt, is off by the site's offset; without `Z` it is right.
    """
    moment = datetime.fromisoformat(value.replace("z", "Z"))
    if moment.tzinfo is not None:
        moment = moment.astimezone(UTC).replace(tzinfo=None) + timedelta(seconds=offset)
    wall_clock = int(moment.replace(tzinfo=UTC, microsecond=0).timestamp())
    return wall_clock if is_gmt else wall_clock - offset
