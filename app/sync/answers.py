"""Sealed answers: what a channel spells exactly as it did before is not read again.

A mark on a listing says how an answer was spelled and what reading it came to. While the channel
spells it so, and the listing still remembers that outcome as what the channel shows, reading it
again would come to the same. The mark decides nothing else: whether our side moved, and whether
anybody waits for an answer, is asked as ever (`rest`).
"""

import hashlib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final
from uuid import UUID

from sqlalchemy import ARRAY, ColumnElement, String, cast, column, func, select, update

from app.adapters import units, values
from app.adapters.errors import BadPayload
from app.adapters.types import Sealed
from app.catalog.service.writing import among
from app.core import db
from app.core.actor import Actor
from app.core.edition import edition_of
from app.core.work import Work
from app.listings.models import Listing
from app.sync import compare, markup, project

_EDITION: Final = edition_of(
    *(Path(str(each.__file__)) for each in (compare, markup, project, units, values))
)


def mark(sealed: Sealed, fingerprint: str | None) -> str | None:
    """Return the mark of an answer that comes to a fingerprint; None: there is none of nothing."""
    if fingerprint is None:
        return None
    spelled = f"{_EDITION}|{sealed.digest}|{fingerprint}"
    return hashlib.sha256(spelled.encode()).hexdigest()


def open_unknown(actor: Actor, connection_id: UUID, answers: Sequence[Sealed]) -> None:
    """Open what will have to be read, before anything is locked for it."""
    if not answers:
        return
    with db.reading(actor) as session:
        rows = session.execute(
            select(Listing.external_id, Listing.remote_fingerprint, Listing.answer_mark).where(
                Listing.connection_id == connection_id,
                among(Listing.external_id, [each.external_id for each in answers]),
            )
        )
        known = {external_id: (seen, kept) for external_id, seen, kept in rows}
    for each in answers:
        seen, kept = known.get(each.external_id, (None, None))
        if kept is None or kept != mark(each, seen):
            try:
                each.open()
            except BadPayload:
                continue  # told by whoever takes it in


def remember(work: Work, connection_id: UUID, marks: Mapping[str, str | None]) -> None:
    """Keep marks by the channel's id."""
    if not marks:
        return
    given = _table(marks)
    work.session.execute(
        update(Listing)
        .where(Listing.connection_id == connection_id, Listing.external_id == given.c.external_id)
        .values(answer_mark=given.c.mark)
        .execution_options(synchronize_session=False)
    )


def _table(marks: Mapping[str, str | None]) -> Any:
    keys, kept = (_array(list(each)) for each in (marks.keys(), marks.values()))
    return (
        func.unnest(keys, kept).table_valued(column("external_id"), column("mark")).render_derived()
    )


def _array(texts: Sequence[str | None]) -> ColumnElement[Any]:
    return cast(texts, ARRAY(String))
