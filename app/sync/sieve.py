"""A batch that fails as a whole: halved until what spoils it is alone, so that the rest goes on.

Only failures that may be about an item are looked for; a shop that is down, or keys it refuses,
fail for everybody. When items fail alike one by one and none passes, it is not about the items: the
search stops before it has asked for each of thousands.
"""

from collections.abc import Callable, Sequence
from typing import Generic, TypeVar

from app.adapters.errors import AdapterError, BadPayload, NeedsPerson, Permanent
from app.sync import rules

Item = TypeVar("Item")


class AlikeForAll(Exception):
    """Items fail one after the other with one sentence; the rest waits."""


def is_about_items(error: AdapterError) -> bool:
    """Tell whether a failure of a whole call may be the fault of one of its items."""
    is_divisible = isinstance(error, Permanent | BadPayload)
    return is_divisible and not isinstance(error, NeedsPerson)


class Sieve(Generic[Item]):
    """Sends batches through `send` and hands each item that fails alone to `refuse`."""

    def __init__(
        self,
        send: Callable[[Sequence[Item]], None],
        refuse: Callable[[Item, AdapterError], None],
    ) -> None:
        self._send = send
        self._refuse = refuse
        self._has_passed = False
        self._last = ""
        self._alike = 0

    def put(self, items: Sequence[Item]) -> None:
        """Send a batch; raises what is nobody's fault, or AlikeForAll."""
        if not items:
            return
        try:
            self._send(items)
        except AdapterError as error:
            if not is_about_items(error):
                raise
            if len(items) == 1:
                self._drop(items[0], error)
                return
            half = len(items) // 2
            self.put(items[:half])
            self.put(items[half:])
        else:
            self._has_passed = True

    def _drop(self, item: Item, error: AdapterError) -> None:
        self._refuse(item, error)
        self._alike = self._alike + 1 if error.sentence == self._last else 1
        self._last = error.sentence
        if self._alike >= rules.STOP_AFTER_ALIKE and not self._has_passed:
            raise AlikeForAll(error.sentence)


def with_suspects_last(
    items: Sequence[Item], is_suspect: Callable[[Item], bool]
) -> list[list[Item]]:
    """Return batches: the innocent together, then each that spoiled a batch before by itself."""
    innocent = [item for item in items if not is_suspect(item)]
    suspects = [[item] for item in items if is_suspect(item)]
    return [innocent, *suspects] if innocent else suspects
