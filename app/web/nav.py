"""The side menu: features register entries, the layout draws those that exist and are allowed."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import groupby
from typing import Final

from flask import current_app, g, request, url_for

from app.core.actor import Actor
from app.web.identity import Identity, current_actor, current_identity


class Section(StrEnum):
    """The groups of the side menu, in order; the first and the last two have no headline."""

    SELL = "sell"
    CHANNELS = "Channels"
    SYNC = "Sync"
    INSIGHT = "insight"
    SETTINGS = "settings"
    SYSTEM = "System"

    @property
    def headline(self) -> str:
        """The words above the group, or nothing."""
        return self.value if self.value[0].isupper() else ""


@dataclass(frozen=True, slots=True)
class NavItem:
    """One entry; `counter` names a number of register_counters, `order` sorts in the group."""

    section: Section
    label: str
    endpoint: str
    icon: str
    permission: str | None = None
    counter: str | None = None
    order: int = 50
    is_on_phone: bool = False
    also: tuple[str, ...] = ()  # endpoints of pages that belong to it and lie elsewhere


@dataclass(frozen=True, slots=True)
class NavLine:
    """A line that depends on data, such as a connection with its health and what waits."""

    label: str
    url: str
    state: str = "idle"
    count: int | None = None
    key: str = ""  # names it on the page, for its live number


@dataclass(frozen=True, slots=True)
class Shown:
    """An entry ready to be drawn."""

    label: str
    url: str
    icon: str = ""
    state: str = ""
    count: int | None = None
    is_here: bool = False
    is_on_phone: bool = False
    is_calm: bool = True
    dom_id: str = ""
    owns: bool = False  # the page lies elsewhere and belongs here


Counters = Callable[[Actor], Mapping[str, int]]
Lines = Callable[[Actor], Sequence[NavLine]]

_items: Final[dict[str, NavItem]] = {}
_counters: Final[dict[str, Counters]] = {}
_lines: Final[dict[Section, Lines]] = {}


def register_nav(*items: NavItem) -> None:
    """Add entries to the side menu."""
    _items.update({item.endpoint: item for item in items})


def register_counters(counters: Counters) -> Counters:
    """Add a source of numbers for `NavItem.counter`; asked once per page, so one query."""
    _counters[f"{counters.__module__}.{counters.__qualname__}"] = counters
    return counters


def register_nav_lines(section: Section, lines: Lines) -> None:
    """Add lines that come from data to a group, below its entries."""
    _lines[section] = lines


def _numbers(actor: Actor) -> Mapping[str, int]:
    if "nav_numbers" not in g:
        found: dict[str, int] = {}
        for counters in _counters.values():
            found.update(counters(actor))
        g.nav_numbers = found
    numbers: Mapping[str, int] = g.nav_numbers
    return numbers


def _is_here(url: str) -> bool:
    return request.path == url or (url != "/" and request.path.startswith(url.rstrip("/") + "/"))


def _allowed(actor: Actor) -> Iterator[NavItem]:
    for item in _items.values():
        known = item.endpoint in current_app.view_functions
        if known and (item.permission is None or actor.can(item.permission)):
            yield item


def _shown(item: NavItem, numbers: Mapping[str, int]) -> Shown:
    url = url_for(item.endpoint)
    owns = request.endpoint in item.also
    return Shown(
        item.label,
        url,
        item.icon,
        count=numbers.get(item.counter) if item.counter else None,
        is_here=owns or _is_here(url),
        is_on_phone=item.is_on_phone,
        dom_id=f"nav-{item.counter}" if item.counter else "",
        owns=owns,
    )


def _shown_lines(section: Section, actor: Actor) -> list[Shown]:
    lines = _lines[section](actor) if section in _lines else ()
    return [
        Shown(
            line.label,
            line.url,
            state=line.state,
            count=line.count,
            is_here=_is_here(line.url),
            dom_id=f"nav-{line.key}" if line.key else "",
        )
        for line in lines
    ]


def _only_nearest(groups: list[tuple[Section, list[Shown]]]) -> list[tuple[Section, list[Shown]]]:
    """Keep one entry marked as here: the page's own, or the longest matching address."""
    here = [each for _, entries in groups for each in entries if each.is_here]
    nearest = max(here, key=lambda each: (each.owns, len(each.url)), default=None)
    return [
        (section, [e if e is nearest or not e.is_here else _elsewhere(e) for e in entries])
        for section, entries in groups
    ]


def _elsewhere(entry: Shown) -> Shown:
    return Shown(
        entry.label, entry.url, entry.icon, entry.state, entry.count,
        is_on_phone=entry.is_on_phone, dom_id=entry.dom_id,
    )  # fmt: skip


def menu() -> list[tuple[Section, list[Shown]]]:
    """Return the groups of the side menu for the caller of this request, made once in it."""
    identity = current_identity()
    if identity is None:
        return []
    if g.get("nav_menu_of") is not identity:
        g.nav_menu, g.nav_menu_of = _menu(identity), identity
    groups: list[tuple[Section, list[Shown]]] = g.nav_menu
    return groups


def _menu(identity: Identity) -> list[tuple[Section, list[Shown]]]:
    actor = current_actor()
    numbers = _numbers(actor) if identity.organization_id else {}
    order = list(Section)
    items = sorted(_allowed(actor), key=lambda item: (order.index(item.section), item.order))
    by_section = {
        section: [_shown(item, numbers) for item in group]
        for section, group in groupby(items, key=lambda item: item.section)
    }
    for section in _lines:
        if identity.organization_id:
            by_section.setdefault(section, []).extend(_shown_lines(section, actor))
    return _only_nearest([(s, by_section[s]) for s in order if by_section.get(s)])
