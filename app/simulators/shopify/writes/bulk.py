"""Bulk operations: what may start, and stopping it. What they do is in `bulk_run`."""

from collections.abc import Iterator, Mapping
from typing import Any, Final

from graphql import (
    FieldNode,
    FragmentSpreadNode,
    GraphQLError,
    InlineFragmentNode,
    OperationDefinitionNode,
    OperationType,
    SelectionSetNode,
    parse,
    validate,
)

from app.simulators.shopify import texts
from app.simulators.shopify.call import Call
from app.simulators.shopify.core import StoreCore
from app.simulators.shopify.errors import user_error
from app.simulators.shopify.schema_text import load_schema
from app.simulators.storage import Row

MOST_AT_ONCE: Final = 5
_MOST_CONNECTIONS: Final = 5
_DEEPEST: Final = 2
_LARGEST: Final = 100 * 1024 * 1024
_OPEN: Final = {"CREATED", "RUNNING", "CANCELING"}


def run_query(call: Call, args: dict[str, Any]) -> Mapping[str, Any]:
    """Start reading in bulk."""
    problem = _query_problem(args["query"])
    if problem is None and _is_full(call.store, "QUERY"):
        problem = _full("QUERY")
    if problem is not None:
        return {"bulkOperation": None, "userErrors": [problem]}
    row = _start(call, "QUERY", args["query"], grouped=args["groupObjects"])
    return {"bulkOperation": call.show("BulkOperation", row), "userErrors": []}


def run_mutation(call: Call, args: dict[str, Any]) -> Mapping[str, Any]:
    """Start writing in bulk, one line of the uploaded file after the other."""
    problem = _mutation_problem(args["mutation"]) or _file_problem(
        call.store, args["stagedUploadPath"]
    )
    if problem is None and _is_full(call.store, "MUTATION"):
        problem = _full("MUTATION")
    if problem is not None:
        return {"bulkOperation": None, "userErrors": [problem]}
    row = _start(call, "MUTATION", args["mutation"], upload=args["stagedUploadPath"])
    return {"bulkOperation": call.show("BulkOperation", row), "userErrors": []}


def _start(
    call: Call, kind: str, document: str, *, grouped: bool = False, upload: str | None = None
) -> Row:
    store = call.store
    return store.bulks.put(
        {
            "id": store.take_id(),
            "type": kind,
            "query": document,
            "status": "CREATED",
            "error_code": None,
            "path": None,
            "object_count": "0",
            "root_object_count": "0",
            "file_size": None,
            "grouped": grouped,
            "upload": upload,
            "scopes": sorted(call.scopes),
            "created": store.now(),
            "completed": None,
            "due": store.now() + store.settings.bulk_seconds,
        }
    )


def _is_full(store: StoreCore, kind: str) -> bool:
    is_open = [row for row in store.bulks.rows.values() if row["status"] in _OPEN]
    return len([row for row in is_open if row["type"] == kind]) >= MOST_AT_ONCE


def _full(kind: str) -> dict[str, Any]:
    message = f"Bulk {kind.lower()} operations limit reached. Please try again later."
    return user_error(None, message, "LIMIT_REACHED")


def _query_problem(text: str) -> dict[str, Any] | None:
    sentence = _unreadable(text) or _unfit(text)
    return None if sentence is None else user_error(["query"], sentence, "INVALID")


def _unreadable(text: str) -> str | None:
    try:
        problems = validate(load_schema(), parse(text))
    except GraphQLError as error:
        problems = [error]
    return f"Invalid document: {problems[0].message}" if problems else None


def _unfit(text: str) -> str | None:
    operations = _operations(text)
    if len(operations) != 1 or operations[0].operation is not OperationType.QUERY:
        return "Bulk queries must hold exactly one query."
    selection = operations[0].selection_set
    if {"node", "nodes"} & {field.name.value for field in _fields(selection)}:
        return "Bulk queries cannot contain the top-level node or nodes fields."
    depths = list(_connections(selection, 1))
    if not depths:
        return "Bulk queries must contain at least one connection."
    if len(depths) > _MOST_CONNECTIONS:
        return "Bulk queries cannot contain more than 5 connections."
    if max(depths) > _DEEPEST + 1:
        return "Bulk queries cannot contain connections with a nesting depth of more than 2."
    if not _parents_have_ids(selection):
        message = "The parent 'node' field for a nested connection must select the 'id' field "
        return f"{message}without an alias and must be of 'ID' return type."
    return None


def _operations(text: str) -> list[OperationDefinitionNode]:
    nodes = parse(text).definitions
    return [node for node in nodes if isinstance(node, OperationDefinitionNode)]


def _fields(selection: SelectionSetNode | None) -> Iterator[FieldNode]:
    for node in selection.selections if selection else ():
        if isinstance(node, FieldNode):
            yield node
        elif isinstance(node, InlineFragmentNode):
            yield from _fields(node.selection_set)
        elif isinstance(node, FragmentSpreadNode):
            continue  # connections inside named fragments are rare enough to go uncounted


def _is_connection(field: FieldNode) -> bool:
    return any(inner.name.value in {"edges", "nodes"} for inner in _fields(field.selection_set))


def _connections(selection: SelectionSetNode | None, depth: int) -> Iterator[int]:
    for field in _fields(selection):
        deeper = depth
        if _is_connection(field):
            yield depth
            deeper = depth + 1
        yield from _connections(field.selection_set, deeper)


def _parents_have_ids(selection: SelectionSetNode | None) -> bool:
    for field in _fields(selection):
        inner = list(_fields(field.selection_set))
        is_node = field.name.value in {"node", "nodes"}
        has_nested = is_node and any(_is_connection(each) for each in inner)
        has_id = any(each.name.value == "id" and each.alias is None for each in inner)
        if (has_nested and not has_id) or not _parents_have_ids(field.selection_set):
            return False
    return True


def _mutation_problem(text: str) -> dict[str, Any] | None:
    sentence = _unreadable(text)
    if sentence is not None:
        return user_error(["mutation"], sentence, "INVALID_MUTATION")
    operations = _operations(text)
    is_one = len(operations) == 1 and operations[0].operation is OperationType.MUTATION
    if not is_one or len(list(_fields(operations[0].selection_set))) != 1:
        message = "Bulk mutations must hold exactly one mutation."
        return user_error(["mutation"], message, "INVALID_MUTATION")
    return None


def _file_problem(store: StoreCore, path: str) -> dict[str, Any] | None:
    body = store.files.get(f"uploads/{path}")
    if body is None:
        message = "The JSONL file could not be found. Try uploading the file again, and check that "
        message += "you've entered the URL correctly for the stagedUploadPath mutation argument."
        return user_error(["stagedUploadPath"], message, "NO_SUCH_FILE")
    if not body.strip() or len(body) > _LARGEST:
        message = "The JSONL file submitted via the stagedUploadsCreate mutation is invalid."
        return user_error(["stagedUploadPath"], message, "INVALID_STAGED_UPLOAD_FILE")
    return None


def cancel(call: Call, args: dict[str, Any]) -> Mapping[str, Any]:
    """Stop a bulk operation; it stops a little later."""
    store = call.store
    row = store.bulks.get(texts.number(args["id"], "BulkOperation"))
    if row is None:
        error = user_error(["id"], "Bulk operation does not exist")
        return {"bulkOperation": None, "userErrors": [error]}
    if row["status"] not in _OPEN:
        message = f"A bulk operation cannot be canceled when it is {row['status'].lower()}"
        shown = call.show("BulkOperation", row)
        return {"bulkOperation": shown, "userErrors": [user_error(None, message)]}
    row = store.bulks.put(row | {"status": "CANCELING"})
    return {"bulkOperation": call.show("BulkOperation", row), "userErrors": []}
