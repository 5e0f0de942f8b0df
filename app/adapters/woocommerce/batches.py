"""Batches whose size follows the host: they grow while it is quick and shrink when it stumbles.

HTTP 200 says nothing about the items: each carries its own error. A lost answer leaves the items of
that batch open; after two in a row nothing more is sent, so that a drowning host is left alone.
"""

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from app.adapters.errors import Unknown
from app.adapters.woocommerce import problems, schema
from app.adapters.woocommerce.client import Client
from app.adapters.woocommerce.problems import CallRefused, ItemError

Verb = Literal["create", "update", "delete"]
_TOO_LARGE = "woocommerce_rest_request_entity_too_large"
_PATIENCE = 2


@dataclass(frozen=True, slots=True)
class Step:
    """One item of a batch; for a deletion the body is only the id."""

    verb: Verb
    body: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Lost:
    """What became of an item is not known; `was_sent` False: it never left."""

    was_sent: bool = True


Result = Mapping[str, Any] | ItemError | Lost


class Batches:
    """Sends steps to a /batch path; the size is kept for the life of the adapter."""

    def __init__(self, client: Client, *, tick: Callable[[], float] = time.monotonic) -> None:
        self._client = client
        self._tick = tick
        self.size = schema.FIRST_BATCH

    def send(self, path: str, steps: Sequence[Step]) -> list[Result]:
        """Send all steps in order; one result per step."""
        results: list[Result] = []
        lost = 0
        while len(results) < len(steps):
            part = steps[len(results) : len(results) + self.size]
            if lost >= _PATIENCE:
                results.extend(Lost(was_sent=False) for _ in steps[len(results) :])
                break
            answer = self._send(path, part)
            if answer is None:
                continue
            lost = 0 if any(not isinstance(each, Lost) for each in answer) else lost + 1
            results.extend(answer)
        return results

    def _send(self, path: str, part: Sequence[Step]) -> list[Result] | None:
        """Send one batch; None means it was refused whole, as too large for this host."""
        body: dict[str, list[Any]] = {}
        for step in part:
            body.setdefault(step.verb, []).append(
                step.body["id"] if step.verb == "delete" else step.body
            )
        started = self._tick()
        try:
            answer = self._client.post(f"{path}/batch", body)
        except Unknown:
            self.size = max(1, len(part) // 2)
            return [Lost() for _ in part]
        except CallRefused as error:
            if error.code != _TOO_LARGE or len(part) == 1:
                raise
            self.size = max(1, len(part) // 2)
            return None
        if self._tick() - started < schema.QUICK_BATCH_SECONDS:
            self.size = min(schema.MAX_BATCH, max(self.size, self.size * 2))
        return _results(part, answer)


def _results(part: Sequence[Step], answer: Any) -> list[Result]:
    lists = answer if isinstance(answer, Mapping) else {}
    waiting = {
        verb: list(listed) if isinstance(listed := lists.get(verb), list) else []
        for verb in ("create", "update", "delete")
    }
    for verb, listed in waiting.items():
        if len(listed) != sum(1 for step in part if step.verb == verb):
            return [Lost() for _ in part]  # items and answers cannot be matched
    return [_result(waiting[step.verb].pop(0)) for step in part]


def _result(item: Any) -> Result:
    if not isinstance(item, Mapping):
        return Lost()
    return problems.item_error(item["error"]) if "error" in item else item
