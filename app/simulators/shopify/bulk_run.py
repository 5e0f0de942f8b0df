"""What bulk operations do once they run: every object a line, every line a mutation."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from graphql import ExecutionResult, parse

from app.simulators.shopify import gql, payloads
from app.simulators.shopify.call import Call
from app.simulators.shopify.core import Quirk, StoreCore
from app.simulators.storage import Row

LIFE: Final = 7 * 86400  # seconds a result can be downloaded
_BUSY: Final = "This product is currently being modified. Please try again later."


def finish_due(store: StoreCore) -> None:
    """Bring every bulk operation a step further."""
    with store.lock:
        now = store.now()
        waiting = [
            row["id"]
            for row in store.bulks.all()
            if row["status"] in {"CREATED", "RUNNING", "CANCELING"} and row["due"] <= now
        ]
    for row_id in waiting:
        with store.claim(row_id) as is_mine:
            if is_mine:
                _step(store, row_id)


def _step(store: StoreCore, row_id: int) -> None:
    with store.change():
        row = store.bulks.rows[row_id]
        if row["status"] == "CANCELING":
            _end(store, row, "CANCELED", Done())
        if row["status"] not in {"CREATED", "RUNNING"}:
            return
        if row["status"] == "CREATED" and store.settings.bulk_seconds > 0:
            due = row["due"] + store.settings.bulk_seconds
            store.bulks.put(row | {"status": "RUNNING", "due": due})
            return
        fails = store.takes(Quirk.BULK_FAILS) is not None
    done = _read(store, row) if row["type"] == "QUERY" else _write(store, row)
    with store.change():
        _close(store, row, done, fails=fails)


@dataclass
class Done:
    """What a bulk operation has made so far."""

    lines: list[str] = field(default_factory=list)
    roots: int = 0
    error_code: str | None = None


def _read(store: StoreCore, row: Row) -> Done:
    """Read part after part; in between others get at the store, as they do at Shopify."""
    call = Call(store, frozenset(row["scopes"]), is_bulk=True)
    document, done, is_first = parse(row["query"]), Done(), True
    while True:
        with store.change():
            _count(store, row, done)
            result = gql.run(call, document, {})
        if result.errors:
            code = (result.errors[0].extensions or {}).get("code")
            is_denied = code == "ACCESS_DENIED"
            return Done(error_code="ACCESS_DENIED" if is_denied else "INTERNAL_SERVER_ERROR")
        for value in (result.data or {}).values():
            if is_first or _is_list(value):
                _note(done, value)
        if not any(call.rests.values()):
            return done
        is_first = False


def _count(store: StoreCore, row: Row, done: Done) -> None:
    """Tell who looks how far it is; somebody may have cancelled it meanwhile."""
    counts = {"object_count": str(len(done.lines)), "root_object_count": str(done.roots)}
    store.bulks.put(store.bulks.rows[row["id"]] | counts)


def _note(done: Done, value: Any) -> None:
    for line in _lines(value, None):
        done.lines.append(json.dumps(line, separators=(",", ":")))
        done.roots += "__parentId" not in line


def _is_list(value: Any) -> bool:
    return isinstance(value, Mapping) and ("edges" in value or "nodes" in value)


def _lines(value: Any, parent: str | None) -> Iterator[dict[str, Any]]:
    for node in _nodes(value):
        own, nested = _split(node)
        if parent is not None:
            own["__parentId"] = parent
        yield own
        for connection in nested:
            yield from _lines(connection, str(own.get("id")))


def _nodes(value: Any) -> list[Mapping[str, Any]]:
    if not isinstance(value, Mapping):
        return []
    if "edges" in value:
        return [edge["node"] for edge in value["edges"]]
    return list(value["nodes"]) if isinstance(value.get("nodes"), list) else [value]


def _split(node: Mapping[str, Any]) -> tuple[dict[str, Any], list[Any]]:
    """Take the connections out of an object, also those of objects within it."""
    own: dict[str, Any] = {}
    nested: list[Any] = []
    for name, value in node.items():
        if _is_list(value):
            nested.append(value)
        elif isinstance(value, Mapping):
            own[name], inner = _split(value)
            nested += inner
        else:
            own[name] = value
    return own, nested


def _write(store: StoreCore, row: Row) -> Done:
    body = store.files.get(f"uploads/{row['upload']}", b"")
    done = Done()
    for number, line in enumerate(body.decode("utf-8").splitlines()):
        with store.change():
            answer = _write_one(store, row, line)
        done.lines.append(json.dumps({**answer, "__lineNumber": number}, separators=(",", ":")))
        done.roots += 1
    return done


def _write_one(store: StoreCore, row: Row, line: str) -> dict[str, Any]:
    if store.takes(Quirk.PARALLEL):
        code = "TOO_MANY_PARALLEL_REQUESTS_FOR_THIS_PRODUCT"
        return {"errors": [{"message": _BUSY, "extensions": {"code": code}}], "data": None}
    try:
        variables = json.loads(line)
    except ValueError:
        variables = None
    if not isinstance(variables, dict):
        message = "The line is not a JSON object."
        return {"errors": [{"message": message, "extensions": {"code": "BAD_REQUEST"}}]}
    call = Call(store, frozenset(row["scopes"]), is_bulk=True)
    result: ExecutionResult = gql.run(call, parse(row["query"]), variables)
    if result.errors:
        return {"errors": gql.told(result.errors), "data": result.data}
    return {"data": result.data}


def _close(store: StoreCore, row: Row, done: Done, *, fails: bool) -> None:
    row = store.bulks.rows[row["id"]]
    if row["status"] == "CANCELING":
        _end(store, row, "CANCELED", done)
    elif fails:
        part = done.lines[: len(done.lines) // 2]
        _end(store, row, "FAILED", Done(part, error_code="INTERNAL_SERVER_ERROR"))
    else:
        _end(store, row, "FAILED" if done.error_code else "COMPLETED", done)


def _end(store: StoreCore, row: Row, status: str, done: Done) -> None:
    body = "".join(f"{line}\n" for line in done.lines).encode()
    path = f"bulk/{row['id']}.jsonl" if body else None
    if path is not None:
        store.keep_file(path, body)
    _forget_old(store, row)
    ended = {
        "status": status,
        "path": path,
        "file_size": str(len(body)) if body else None,
        "object_count": str(len(done.lines)),
        "root_object_count": str(done.roots),
        "error_code": done.error_code,
        "completed": store.now(),
    }
    row = store.bulks.put(row | ended)
    store.fire("BULK_OPERATIONS_FINISH", row["id"], lambda: payloads.bulk(row))


def _forget_old(store: StoreCore, row: Row) -> None:
    """Drop what was uploaded for this operation, and results that nobody can download any more."""
    if row["upload"]:
        store.drop_file(f"uploads/{row['upload']}")
    for old in store.bulks.all():
        if old["path"] and (old["completed"] or 0) + LIFE < store.now():
            store.drop_file(old["path"])
