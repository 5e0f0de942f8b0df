"""The moment a page begins to read: its live stream begins there, so that nothing falls between.

Were the stream to begin when the page is drawn, news of a change committed after the reading and
before the drawing would reach nobody, and the page would stay as it was read.
"""

import logging
from typing import Final

import redis
from flask import g, request

from app.core.errors import Unavailable
from app.web.hub import last_id
from app.web.identity import current_actor
from app.web.wishes import is_api

log = logging.getLogger(__name__)

_WITHOUT_PAGE: Final = ("static", "web.events")


def note_moment() -> None:
    """Remember the newest news of the caller's organization; nothing has been read yet."""
    g.moment = None
    organization_id = current_actor().organization_id
    if organization_id is None or request.endpoint in _WITHOUT_PAGE or is_api():
        return
    try:
        g.moment = last_id(organization_id)
    except (redis.RedisError, Unavailable):
        log.warning("News is out of reach; the page starts without it.")


def noted_moment() -> str | None:
    """Return the id of the newest news when this request began to read; None: unknown."""
    moment: str | None = g.get("moment")
    return moment
