"""Breadth first through every interleaving: the shortest way to a broken promise, or none."""

from collections import deque
from collections.abc import Callable, Hashable, Iterator
from dataclasses import dataclass
from typing import Generic, Protocol, TypeVar


class Keyed(Protocol):
    """A state that knows when it is the same as another."""

    @property
    def key(self) -> Hashable:
        """What makes two states the same."""


State = TypeVar("State", bound=Keyed)


@dataclass(frozen=True, slots=True)
class Violation:
    """A broken promise, and the shortest way to it."""

    sentence: str
    trace: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Result(Generic[State]):
    """What a search saw. `depth` is the longest way; `is_whole` when nothing was left to try."""

    states: int
    depth: int
    violation: Violation | None
    is_whole: bool


def explore(
    start: State,
    steps: Callable[[State], Iterator[tuple[str, State]]],
    judge: Callable[[State], None],
    *,
    depth: int,
    broken: tuple[type[Exception], ...],
) -> Result[State]:
    """Visit every state within `depth` steps; `steps` and `judge` raise one of `broken`."""
    parents: dict[Hashable, tuple[Hashable, str] | None] = {start.key: None}
    waiting = deque([(start, 0)])
    deepest, is_whole = 0, True
    while waiting:
        state, at = waiting.popleft()
        deepest = max(deepest, at)
        name = "at rest"
        try:
            judge(state)
            if at == depth:
                is_whole = is_whole and next(iter(steps(state)), None) is None
                continue
            for name, following in steps(state):
                if following.key not in parents:
                    parents[following.key] = (state.key, name)
                    waiting.append((following, at + 1))
        except broken as error:
            trace = (*_way_to(state.key, parents), name)
            return Result(len(parents), deepest, Violation(str(error), trace), is_whole=False)
    return Result(len(parents), deepest, None, is_whole)


def _way_to(key: Hashable, parents: dict[Hashable, tuple[Hashable, str] | None]) -> tuple[str, ...]:
    way: list[str] = []
    while (step := parents[key]) is not None:
        key, name = step
        way.append(name)
    return tuple(reversed(way))
