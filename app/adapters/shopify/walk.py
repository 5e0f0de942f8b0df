"""Walking through what changed, oldest change first, and where the next walk begins.

The search lags behind the writes, so a walk begins a little before the newest change seen, and
remembers which states it has shown already. Moments are texts as Shopify writes them: they compare
as they are.
"""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from app.core import clock

OVERLAP: Final = timedelta(minutes=5)
_SETTLED: Final = timedelta(minutes=1)  # dates have whole seconds: within them, more may happen
_REMEMBERED: Final = 1000
_LONGEST: Final = 10_000  # changes read with one search; it shows 25,000 objects


def spelled(moment: datetime) -> str:
    """Write an aware moment as Shopify does."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def earlier(moment: str | None, by: timedelta = OVERLAP) -> str | None:
    """Return a moment a little before another."""
    return spelled(datetime.fromisoformat(moment) - by) if moment else None


def settled(known: Mapping[str, str]) -> dict[str, str]:
    """Return the states that can no longer change within the second they are dated by."""
    latest = spelled(clock.now() - _SETTLED)
    return {key: moment for key, moment in known.items() if moment <= latest}


def newest(known: Mapping[str, str]) -> dict[str, str]:
    """Return the states seen last, so that a mark stays small."""
    ordered = sorted(known.items(), key=lambda pair: pair[1], reverse=True)
    return dict(ordered[:_REMEMBERED])


def step(walk: dict[str, Any], after: str, seen: int) -> dict[str, Any]:
    """Go on in a long list of changes; the search begins anew before it shows no more.

    Where a single second holds more than that, only going on helps.
    """
    anew = earlier(walk["newest"], timedelta(seconds=1))
    if seen < _LONGEST or not anew or anew <= (walk.get("since") or ""):
        return {**walk, "after": after, "seen": seen}
    return {**walk, "since": anew, "after": None, "seen": 0}


def mark_after(since: str | None, last: str, known: Mapping[str, str]) -> dict[str, Any]:
    """Return where the next read of changes begins: a little before the newest change seen."""
    begin = max(earlier(last) or "", since or "")
    kept = {key: moment for key, moment in known.items() if moment >= begin}
    return {"since": begin or None, "known": newest(kept)}
