"""@idempotent: the same key does the same thing once, and answers it again."""

import hashlib
import json
from collections.abc import Callable, Mapping
from itertools import islice
from typing import Any, Final

from app.simulators.shopify.call import Call
from app.simulators.shopify.core import Quirk, StoreCore
from app.simulators.shopify.errors import TopError, user_error

LIFE: Final = 86400  # seconds a key is remembered
_CODED: Final = {"inventorySetQuantities", "inventoryAdjustQuantities"}
_SENTENCES: Final = {
    "IDEMPOTENCY_CONCURRENT_REQUEST": "This request is currently in progress, please try again.",
    "IDEMPOTENCY_KEY_PARAMETER_MISMATCH": (
        "The same idempotency key cannot be used with different operation parameters."
    ),
    "IDEMPOTENCY_PREVIOUS_ATTEMPT_FAILED": (
        "A previous request with this idempotency key failed. Retry with a new idempotency key."
    ),
}

Done = dict[str, Any]


def once(
    call: Call,
    args: Mapping[str, Any],
    do: Callable[[], Done],
    show: Callable[[Done], Mapping[str, Any]],
) -> Mapping[str, Any]:
    """Do a thing under the key of the call, or show again what the key did before."""
    store, key, mutation = call.store, call.key, call.root_field
    if not key:
        raise TopError(
            "The @idempotent directive is required for this mutation but was not provided.",
            "BAD_REQUEST",
        )
    code = _refusal(call)
    held = next(iter(store.idempotency.where("key", key)), None)
    if held is not None and held["at"] + LIFE <= store.now():
        store.idempotency.drop(held["id"])
        held = None
    print_ = _fingerprint(mutation, args)
    if held is not None and held["print"] != print_:
        code = "IDEMPOTENCY_KEY_PARAMETER_MISMATCH"
    if code is not None:
        return show({"group_id": None, "level_id": None, "errors": [_error(mutation, code)]})
    if held is not None:
        return show(held["done"])
    done = do()
    row = {"id": store.take_id(), "key": key, "print": print_, "done": done, "at": store.now()}
    store.idempotency.put(row)
    _forget_old(store)
    return show(done)


def _forget_old(store: StoreCore) -> None:
    """Drop a few keys that nobody can use again; each new one pays for this."""
    for row in list(islice(store.idempotency.rows.values(), 2)):
        if row["at"] + LIFE <= store.now():
            store.idempotency.drop(row["id"])


def _refusal(call: Call) -> str | None:
    quirk = call.store.takes(Quirk.KEY_IN_USE, Quirk.KEY_FAILED)
    if quirk is None:
        return None
    in_use = quirk is Quirk.KEY_IN_USE
    return "IDEMPOTENCY_CONCURRENT_REQUEST" if in_use else "IDEMPOTENCY_PREVIOUS_ATTEMPT_FAILED"


def _error(mutation: str, code: str) -> dict[str, Any]:
    return user_error(None, _SENTENCES[code], code if mutation in _CODED else None)


def _fingerprint(mutation: str, args: Mapping[str, Any]) -> str:
    told = json.dumps([mutation, args], sort_keys=True, default=str)
    return hashlib.sha256(told.encode()).hexdigest()
