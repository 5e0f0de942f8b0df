"""What bulk operations do once they run: every object a line, every line a mutation."""

import json
from collections.abc import Iterator, Mapping
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
        _step(store, row_id)


def _step(store: StoreCore, row_id: int) -> None:
    with store.change():
        row = store.bulks.rows[row_id]
        if row["status"] == "CANCELING":
            _end(store, row, "CANCELED", [], root_count=0)
            return
        if row["status"] == "CREATED" and store.settings.bulk_seconds > 0:
            due = row["due"] + store.settings.bulk_seconds
            store.bulks.put(row | {"status": "RUNNING", "due": due})
            return
        fails = store.takes(Quirk.BULK_FAILS) is not None
    if row["type"] == "QUERY":
        with store.change():
            _read(store, row, fails=fails)
    else:
        lines = _write(store, row)
        with store.change():
            _close(store, row, lines, len(lines), fails=fails)


def _read(store: StoreCore, row: Row, *, fails: bool) -> None:
    call = Call(store, frozenset(row["scopes"]), is_bulk=True)
    result = gql.run(call, parse(row["query"]), {})
    if result.errors:
        code = (result.errors[0].extensions or {}).get("code")
        known = {"ACCESS_DENIED": "ACCESS_DENIED"}
        error = known.get(str(code), "INTERNAL_SERVER_ERROR")
        _end(store, row, "FAILED", [], root_count=0, error_code=error)
        return
    lines: list[str] = []
    roots = 0
    for value in (result.data or {}).values():
        for line in _lines(value, None):
            lines.append(json.dumps(line, separators=(",", ":")))
            roots += "__parentId" not in line
    _close(store, row, lines, roots, fails=fails)


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
        if isinstance(value, Mapping) and ("edges" in value or "nodes" in value):
            nested.append(value)
        elif isinstance(value, Mapping):
            own[name], inner = _split(value)
            nested += inner
        else:
            own[name] = value
    return own, nested


def _write(store: StoreCore, row: Row) -> list[str]:
    body = store.files.get(f"uploads/{row['upload']}", b"")
    told = []
    for number, line in enumerate(body.decode("utf-8").splitlines()):
        with store.change():
            answer = _write_one(store, row, line)
        told.append(json.dumps({**answer, "__lineNumber": number}, separators=(",", ":")))
    return told


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


def _close(store: StoreCore, row: Row, lines: list[str], roots: int, *, fails: bool) -> None:
    row = store.bulks.rows[row["id"]]
    if row["status"] == "CANCELING":
        _end(store, row, "CANCELED", lines, root_count=roots)
    elif fails:
        part = lines[: len(lines) // 2]
        _end(store, row, "FAILED", part, root_count=0, error_code="INTERNAL_SERVER_ERROR")
    else:
        _end(store, row, "COMPLETED", lines, root_count=roots)


def _end(
    store: StoreCore,
    row: Row,
    status: str,
    lines: list[str],
    *,
    root_count: int,
    error_code: str | None = None,
) -> None:
    body = "".join(f"{line}\n" for line in lines).encode()
    path = f"bulk/{row['id']}.jsonl" if lines else None
    if path is not None:
        store.files[path] = body
        store.shelf.note_file(path, body)
    ended = {
        "status": status,
        "path": path,
        "file_size": str(len(body)) if lines else None,
        "object_count": str(len(lines)),
        "root_object_count": str(root_count),
        "error_code": error_code,
        "completed": store.now(),
    }
    row = store.bulks.put(row | ended)
    store.fire("BULK_OPERATIONS_FINISH", row["id"], lambda: payloads.bulk(row))
