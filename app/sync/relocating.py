"""Another location of a shop becomes the one whose stock counts."""

from typing import Final
from uuid import UUID

from sqlalchemy import text

from app.core.work import Work

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
    """Forget the stock a shop showed and agreed on: its figures were of another place.

    What the new place has then meets ours as at the first pairing, instead of looking like a sale
    of everything that lies elsewhere.
    """
    for statement in _FORGET:
        work.session.execute(statement, {"connection": connection_id})
