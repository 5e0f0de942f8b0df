"""Passwords as argon2id hashes; the cost is a value: it may grow, and tests may shrink it."""

from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError


@dataclass(frozen=True, slots=True)
class Cost:
    """What one hash costs; memory in KiB."""

    passes: int
    memory_kib: int
    lanes: int


# RFC 9106, second recommended option: 64 MiB, three passes, four lanes.
STANDARD: Final = Cost(passes=3, memory_kib=64 * 1024, lanes=4)


@lru_cache(maxsize=4)
def _hasher(cost: Cost) -> PasswordHasher:
    return PasswordHasher(
        time_cost=cost.passes, memory_cost=cost.memory_kib, parallelism=cost.lanes
    )


@lru_cache(maxsize=4)
def _nobodys_hash(cost: Cost) -> str:
    return _hasher(cost).hash("the password of nobody")


def hash_password(password: str, *, cost: Cost = STANDARD) -> str:
    """Return the argon2id hash of a password."""
    return _hasher(cost).hash(password)


def fits(password: str, hashed: str | None, *, cost: Cost = STANDARD) -> bool:
    """Tell whether a password fits a hash; without a hash it takes as long and says no."""
    try:
        _hasher(cost).verify(hashed or _nobodys_hash(cost), password)
    except (VerificationError, InvalidHashError):
        return False
    return hashed is not None


def wants_rehash(hashed: str, *, cost: Cost = STANDARD) -> bool:
    """Tell whether a hash was made at another cost than today's."""
    return _hasher(cost).check_needs_rehash(hashed)
