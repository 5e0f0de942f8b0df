"""What the install itself may forget: facts that were told. (Of each shop: app.sync.upkeep.)

Run as the install, outside any tenant: the statements name no organization and read no content.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import Engine, text

KEPT: Final[Mapping[str, timedelta]] = {
    "outbox_messages": timedelta(days=7),
}


def clean(engine: Engine, *, now: datetime) -> int:
    """Forget sent facts older than a week; returns how many rows went."""
    with engine.begin() as connection:
        gone = connection.execute(
            text("DELETE FROM outbox_messages WHERE sent_at < :before"),
            {"before": now - KEPT["outbox_messages"]},
        )
    return gone.rowcount
