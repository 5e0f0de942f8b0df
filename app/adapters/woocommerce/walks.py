"""Pure: how a read of what changed moves through a list that changes while it is read.

Pages shift when objects are saved meanwhile. So after each page the list is asked again from a
second before the last change seen, instead of for the next page; only when a page brings nothing
newer (a bulk edit gave more than a page the same second) is the next page asked for.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any, Final

from app.adapters.errors import BadPayload

OVERLAP: Final = timedelta(minutes=2)  # a save may become visible later than its own date says
_RECENT: Final = timedelta(seconds=5)  # a second save in the same second would look like the first
_REMEMBERED: Final = 500


def minus(moment: str | None, by: timedelta) -> str | None:
    """Return a moment of the shop (a text without zone) moved back."""
    return (datetime.fromisoformat(moment) - by).isoformat() if moment else None


def stamp(row: Mapping[str, Any]) -> tuple[str, str]:
    """Return who was changed and when; "" where the shop names no moment: that comes first."""
    moment = row.get("date_modified_gmt") or ""
    if not isinstance(moment, str) or not row.get("id"):
        raise BadPayload("date_modified_gmt", "a date and time")
    return str(row["id"]), moment


@dataclass(frozen=True, slots=True)
class Walk:
    """One read of one list: where it began, where it is, and what it has seen."""

    since: str | None = None
    after: str | None = None
    page: int = 1
    newest: str | None = None
    edge: tuple[str, ...] = ()  # ids already seen at the newest second
    known: Mapping[str, str] = field(default_factory=dict)  # id → moment, from the read before
    seen: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def begin(cls, mark: Mapping[str, Any]) -> "Walk":
        """Start from a watermark."""
        since = mark.get("since")
        return cls(since=since, after=since, known=dict(mark.get("known") or {}))

    def step(self, rows: Sequence[tuple[str, str]]) -> tuple["Walk", list[str]]:
        """Take a page of (id, moment), oldest first; returns the walk after it and what is new."""
        if not rows:  # the keys may see nothing of it: the next one may hold something
            return replace(self, page=self.page + 1), []
        last = rows[-1][1]
        fresh = [
            (key, moment)
            for key, moment in rows
            if not (moment == self.newest and key in self.edge) and self.known.get(key) != moment
        ]
        edge = tuple(key for key, moment in rows if moment == last)
        seen = {**self.seen, **dict(rows)}
        if self.newest is None or last > self.newest:
            after = minus(last, timedelta(seconds=1))
            moved = replace(self, after=after, page=1, newest=last, edge=edge, seen=_pruned(seen))
        else:
            moved = replace(self, page=self.page + 1, edge=self.edge + edge, seen=_pruned(seen))
        return moved, [key for key, _ in fresh]

    def watermark(self) -> dict[str, Any]:
        """Return where the next read begins: a little before the newest change seen."""
        if self.newest is None:
            return {"since": self.since, "known": dict(self.known)}
        floor, recent = minus(self.newest, OVERLAP) or "", minus(self.newest, _RECENT) or ""
        since = max(floor, self.since or "")
        known = {**self.known, **self.seen}
        kept = {key: moment for key, moment in known.items() if floor <= moment < recent}
        return {"since": since or None, "known": _newest(kept)}

    def to_json(self) -> dict[str, Any]:
        """Return plain JSON for a cursor."""
        return {
            "since": self.since,
            "after": self.after,
            "page": self.page,
            "newest": self.newest,
            "edge": list(self.edge),
            "known": dict(self.known),
            "seen": dict(self.seen),
        }

    @classmethod
    def from_json(cls, stored: Mapping[str, Any]) -> "Walk":
        """Read what `to_json` wrote."""
        return cls(**{**stored, "edge": tuple(stored["edge"])})


def _newest(moments: Mapping[str, str]) -> dict[str, str]:
    ordered = sorted(moments.items(), key=lambda pair: pair[1], reverse=True)
    return dict(ordered[:_REMEMBERED])


def _pruned(seen: Mapping[str, str]) -> dict[str, str]:
    return _newest(seen) if len(seen) > _REMEMBERED else dict(seen)
