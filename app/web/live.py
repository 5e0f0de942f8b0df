"""Which things are live: features say how rows of a kind are drawn for a given actor.

@live("listing")         draws rows: (actor, ids) → {id: html}; one query for all ids; the answer
                         holds only what the actor may see
announce("sync_run", …)  sends only the name, as a DOM event that a heavy panel waits for
"""

import logging
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from app.core.actor import Actor

log = logging.getLogger(__name__)

Renderer = Callable[[Actor, Sequence[str]], Mapping[str, str]]
_renderers: Final[dict[str, Renderer]] = {}
_announced: Final[dict[str, str]] = {}
MAX_WATCHED: Final = 500


def live(kind: str) -> Callable[[Renderer], Renderer]:
    """Register how changed rows of a kind are drawn."""

    def register(renderer: Renderer) -> Renderer:
        _renderers[kind] = renderer
        return renderer

    return register


def announce(kind: str, *, permission: str) -> None:
    """Let holders of a permission hear that a thing of this kind changed, without its content."""
    _announced[kind] = permission


def split_name(name: str) -> tuple[str, str]:
    """Split `listing-41` into its kind and its id; ids may contain dashes, kinds may not."""
    kind, _, key = name.partition("-")
    return kind, key


@dataclass(frozen=True, slots=True)
class Watch:
    """What one page listens to: exact names, and kinds of which it wants to hear everything."""

    names: frozenset[str]
    kinds: frozenset[str]

    @classmethod
    def parse(cls, text: str) -> "Watch":
        """Read `listing-41,sync_run-7,order-*`; what nobody registered is dropped."""
        wanted = [name for name in text.split(",") if name][:MAX_WATCHED]
        known = [
            n for n in wanted if (kind := split_name(n)[0]) in _renderers or kind in _announced
        ]
        kinds = {split_name(name)[0] for name in known if name.endswith("-*")}
        return cls(frozenset(n for n in known if not n.endswith("-*")), frozenset(kinds))

    def hears(self, name: str) -> bool:
        """Tell whether this page cares about a name."""
        return name in self.names or split_name(name)[0] in self.kinds


def draw(actor: Actor, names: Iterable[str]) -> dict[str, str]:
    """Draw the rows behind these names, one call per kind; names → HTML."""
    by_kind: dict[str, list[str]] = {}
    for name in names:
        kind, key = split_name(name)
        if kind in _renderers:
            by_kind.setdefault(kind, []).append(key)
    drawn: dict[str, str] = {}
    for kind, keys in by_kind.items():
        try:
            found = _renderers[kind](actor, keys)
        except Exception:  # rows of one kind that cannot be drawn must not hold up the others
            log.exception("Live rows of %s could not be drawn: %s", kind, ", ".join(keys[:10]))
            continue
        drawn.update({f"{kind}-{key}": html for key, html in found.items()})
    return drawn


def announced(actor: Actor, names: Iterable[str]) -> Iterator[str]:
    """Yield the names that are sent as events and that the actor may hear of."""
    for name in names:
        permission = _announced.get(split_name(name)[0])
        if permission is not None and actor.can(permission):
            yield name
