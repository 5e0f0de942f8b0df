"""Other locations of a shop become those whose stock counts."""

from typing import Final
from uuid import UUID

from sqlalchemy import text

from app.core.work import Work
from app.sync import tasks

_FORGET: Final = tuple(
    text(statement)
    for statement in (
        """
        UPDATE listings SET remote_fingerprint = NULL, remote = jsonb_set(remote, '{variants}', (
            SELECT jsonb_object_agg(each.key, each.value - 'quantity')
            FROM jsonb_each(remote -> 'variants') AS each
        ))
        WHERE connection_id = :connection AND remote -> 'variants' <> '{}'::jsonb
        """,
        "UPDATE listings SET read_order = :order WHERE connection_id = :connection",
        """
        UPDATE base_values SET variants = (
            SELECT jsonb_object_agg(each.key, each.value - 'quantity')
            FROM jsonb_each(variants) AS each
        )
        WHERE variants <> '{}'::jsonb
          AND listing_id IN (SELECT id FROM listings WHERE connection_id = :connection)
        """,
    )
)


def forget_levels(work: Work, connection_id: UUID) -> None:
    """Forget the stock a shop showed and agreed on: its figures were of other places.

    What the new ones have then meets ours as at the first pairing, instead of looking like a sale
    of everything that lies elsewhere. What is being read of the old ones just now comes too late.
    """
    told = {"connection": connection_id, "order": tasks.read_order(work)}
    for statement in _FORGET:
        work.session.execute(statement, told)
