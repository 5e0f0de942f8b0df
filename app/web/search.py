"""Search for everything: features register providers, the dialog and the page show their hits."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import Final

from flask import request
from flask.typing import ResponseReturnValue

from app.core.actor import Actor
from app.web.fragments import page
from app.web.guards import requires
from app.web.identity import current_actor
from app.web.nav import menu

PER_PROVIDER: Final = 6
MAX_LENGTH: Final = 200


@dataclass(frozen=True, slots=True)
class Hit:
    """One thing found; `group` is the headline it stands under."""

    group: str
    label: str
    url: str
    detail: str = ""
    icon: str = "arrow-right"


Provider = Callable[[Actor, str, int], Sequence[Hit]]
_providers: Final[dict[str, Provider]] = {}


def register_search(provider: Provider) -> Provider:
    """Add a source of hits: (actor, text, at most) → hits, best first."""
    _providers[f"{provider.__module__}.{provider.__qualname__}"] = provider
    return provider


def _pages(text: str) -> list[Hit]:
    wanted = text.casefold()
    entries = chain.from_iterable(entries for _, entries in menu())
    return [
        Hit("Pages", entry.label, entry.url, icon=entry.icon or "store")
        for entry in entries
        if wanted in entry.label.casefold()
    ]


def find_hits(actor: Actor, text: str) -> dict[str, list[Hit]]:
    """Return hits by group; without a text only the pages."""
    found = _pages(text)[: 20 if not text else PER_PROVIDER]
    if len(text) >= 2:
        for provider in _providers.values():
            found.extend(provider(actor, text, PER_PROVIDER))
    groups: dict[str, list[Hit]] = {}
    for hit in found:
        groups.setdefault(hit.group, []).append(hit)
    return groups


@requires()
def search() -> ResponseReturnValue:
    """Answer the search dialog, or the search page without script."""
    text = request.args.get("q", "").strip()[:MAX_LENGTH]
    return page(
        "web/search.html", blocks=("hits",), text=text, groups=find_hits(current_actor(), text)
    )
