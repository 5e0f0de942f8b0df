"""Which refresh token of a program is the newest: Redis knows its jti, and forgets it in time.

Without Redis nothing is refreshed, and a program whose entry is lost signs in again: the safe side.
"""

from typing import Final
from uuid import UUID

import redis

from app.core import kv
from app.core.errors import Unavailable
from app.team.errors import RefreshRefused
from app.team.rules import REFRESH_LIFE

_LIFE: Final = int(REFRESH_LIFE.total_seconds())
# KEYS: the program's entry. ARGV: jti shown, jti to follow, seconds. 1 taken, 0 another is newest.
_TURN: Final = """
local newest = redis.call('GET', KEYS[1])
if not newest then return -1 end
if newest ~= ARGV[1] then return 0 end
redis.call('SET', KEYS[1], ARGV[2], 'EX', ARGV[3])
return 1
"""


def _key(grant_id: UUID) -> str:
    return f"api_refresh:{grant_id}"


def keep_newest(grant_id: UUID, jti: str) -> None:
    """Remember the first refresh token of a program; raises Unavailable without Redis."""
    try:
        kv.client().set(_key(grant_id), jti, ex=_LIFE)
    except redis.RedisError as error:
        raise Unavailable from error


def turn(grant_id: UUID, shown: str, following: str) -> bool:
    """Let the newest token be followed by another; False: the shown one was followed before."""
    try:
        answer: object = kv.client().eval(_TURN, 1, _key(grant_id), shown, following, str(_LIFE))
    except redis.RedisError as error:
        raise Unavailable from error
    if answer == -1:
        raise RefreshRefused
    return answer == 1
