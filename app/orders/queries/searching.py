"""What a search for orders narrows their list to.

Row-level security lets only leakproof operators use an index; comparisons of texts under the
collation C are, so a beginning is looked for as a range. What is searched for is gathered first, as
ids: PostgreSQL cannot know whether the orders that share a word are new or years old.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final
from uuid import UUID

from sqlalchemy import ColumnElement, Select, and_, exists, false, or_, select
from sqlalchemy.orm import Session

from app.catalog.queries import organization_of
from app.catalog.service.writing import among
from app.core.actor import Actor
from app.orders.models import Order, OrderTerm
from app.orders.service import personal

WORDS: Final = 8
FOUND: Final = 1_000  # a plain search shows so many; who wants others types more
_LAST: Final = "\U0010ffff"
Condition = ColumnElement[bool]


@dataclass(frozen=True, slots=True)
class Search:
    """What a search narrows a list to."""

    conditions: Sequence[Condition] = ()
    is_gathered: bool = False  # to ids, a thousand or two at most
    known: int | None = None  # of how many orders, if nothing else narrows the list


def searched(session: Session, text: str, *, is_bounded: bool) -> Search:
    """Ask for the whole text where something begins like it, else for each of its words.

    `is_bounded`: of what thousands share, the newest are enough.
    """
    if not text:
        return Search()
    sought = [_sought(session, text)]
    words = text.split()[:WORDS]
    if len(words) > 1 and not sought[0].ids:
        sought = [_sought(session, word) for word in words]
    sought.sort(key=lambda each: len(each.ids))
    whole = [each for each in sought if not each.has_more]
    rest = [each for each in sought if each.has_more]
    if not whole and is_bounded:
        whole, rest = rest[:1], rest[1:]
    found = [among(Order.id, each.ids) for each in whole]
    shared = [exists().where(OrderTerm.order_id == Order.id, *each.asked) for each in rest]
    known = len(whole[0].ids) if len(sought) == len(whole) == 1 else None
    return Search([*found, *shared], is_gathered=bool(whole), known=known)


@dataclass(frozen=True, slots=True)
class _Sought:
    """A word with the newest orders that have it."""

    asked: tuple[Condition, Condition]
    ids: list[UUID]
    has_more: bool


def _sought(session: Session, word: str) -> _Sought:
    is_ours, asked = _known_by(session, word)
    found = [session.scalars(each).all() for each in gathering(session, word)]
    ids = list(dict.fromkeys(key for some in found for key in some))
    has_more = any(len(some) > FOUND for some in found)
    return _Sought((is_ours, or_(false(), *asked)), ids, has_more)


def gathering(session: Session, word: str) -> list[Select[UUID]]:
    """Return the questions that gather the orders of a word, backwards through the index.

    The highest numbers of a beginning come first, and the newest orders of a whole word.
    """
    is_ours, asked = _known_by(session, word)
    backwards = (OrderTerm.term.desc(), OrderTerm.order_id.desc())
    return [
        select(OrderTerm.order_id).where(is_ours, each).order_by(*backwards).limit(FOUND + 1)
        for each in asked
    ]


def _known_by(session: Session, word: str) -> tuple[Condition, list[Condition]]:
    """A number, SKU or tracking number by its beginning; a mail or a word of a name whole.

    Who may not see who bought cannot ask for it either.
    """
    organization_id = organization_of(session)
    actor: Actor = session.info["actor"]
    start = personal.plain_term(word)
    asked: list[Condition] = []
    if actor.can("orders.personal"):
        asked.append(OrderTerm.term == personal.digest(organization_id, word))
    # What begins with a tilde is a digest: nobody finds people by the beginning of one.
    if start and not start.startswith("~"):
        asked.append(and_(OrderTerm.term >= start, OrderTerm.term < start + _LAST))
    return OrderTerm.organization_id == organization_id, asked
