"""Running a document: parse, validate, resolve, and write errors the way Shopify does."""

import re
from collections.abc import Callable, Mapping, Sequence
from functools import cache
from typing import Any, Final

from graphql import (
    DocumentNode,
    ExecutionResult,
    FieldNode,
    GraphQLError,
    GraphQLResolveInfo,
    OperationDefinitionNode,
    OperationType,
    execute_sync,
    parse,
    validate,
    value_from_ast_untyped,
)

from app.simulators.shopify import access, journal
from app.simulators.shopify.call import Call
from app.simulators.shopify.errors import TopError
from app.simulators.shopify.queries import QueryRoot
from app.simulators.shopify.schema_text import load_schema
from app.simulators.shopify.writes import MUTATIONS

_LONGEST_LIST: Final = 250
# What the contract names another limit for; it is checked where the list is read.
_LONG_LISTS: Final = {("productSet", "variants"), ("productSet", "files"), ("fileCreate", "files")}
_UPPER: Final = re.compile(r"(?<!^)(?=[A-Z])")
_LINTS: Final = (
    (re.compile(r"Cannot query field '(?P<field>\w+)' on type '(?P<type>\w+)'"), "undefinedField"),
    (re.compile(r"Unknown argument '(?P<argument>\w+)'"), "argumentNotAccepted"),
    (re.compile(r"not to include unknown field '(?P<argument>\w+)'"), "argumentNotAccepted"),
    (re.compile(r"is required, but it was not provided"), "missingRequiredArguments"),
    (re.compile(r"to include required field"), "missingRequiredInputObjectAttribute"),
    (re.compile(r"must (?:not )?have a selection"), "selectionMismatch"),
    (re.compile(r"Unknown fragment"), "undefinedFragment"),
    (re.compile(r"Variable .* is not defined"), "variableNotDefined"),
    (re.compile(r"Variable .* is never used"), "variableNotUsed"),
    (re.compile(r"used in position expecting"), "variableMismatch"),
    (re.compile(r"cannot represent|does not exist in '\w+' enum"), "argumentLiteralsIncompatible"),
)


def read(text: str) -> DocumentNode:
    """Parse and validate a document; the first problems are raised as GraphQLErrors do."""
    document = parse(text)
    problems = validate(load_schema(), document)
    if problems:
        raise Invalid(problems)
    return document


class Invalid(Exception):
    """A document that does not fit the schema, with every reason."""

    def __init__(self, problems: Sequence[GraphQLError]) -> None:
        super().__init__(str(problems[0]))
        self.errors = [_lint(problem) for problem in problems]


def _lint(problem: GraphQLError) -> dict[str, Any]:
    told: dict[str, Any] = {**problem.formatted, "extensions": {"code": "invalidDocument"}}
    for pattern, code in _LINTS:
        if found := pattern.search(problem.message):
            told["extensions"] = {"code": code, **_names(found.groupdict())}
            break
    told["path"] = ["query"]
    return told


def _names(found: Mapping[str, Any]) -> dict[str, str]:
    names = {"field": "fieldName", "type": "typeName", "argument": "argumentName"}
    return {names[name]: value for name, value in found.items() if value}


def operation_of(document: DocumentNode, name: str | None) -> OperationDefinitionNode:
    """Return the operation that shall run."""
    found = [node for node in document.definitions if isinstance(node, OperationDefinitionNode)]
    if name:
        found = [node for node in found if node.name and node.name.value == name]
    if len(found) != 1:
        raise TopError("An operation name is required", "BAD_REQUEST")
    return found[0]


def is_mutation(operation: OperationDefinitionNode) -> bool:
    """Say whether an operation writes."""
    return operation.operation is OperationType.MUTATION


def run(
    call: Call, document: DocumentNode, variables: Mapping[str, Any], name: str | None = None
) -> ExecutionResult:
    """Execute one operation against the store of the call, which the caller holds."""
    result = execute_sync(
        load_schema(),
        document,
        root_value=QueryRoot(call),
        context_value=call,
        variable_values=dict(variables),
        operation_name=name,
        field_resolver=_resolve,
        type_resolver=_kind,
    )
    return result


def told(errors: Sequence[GraphQLError] | None) -> list[dict[str, Any]]:
    """Write the errors of an execution."""
    return [_told(error) for error in errors or ()]


def _told(error: GraphQLError) -> dict[str, Any]:
    shown: dict[str, Any] = dict(error.formatted)
    if isinstance(error.original_error, GraphQLError) and not shown.get("extensions"):
        shown["extensions"] = error.original_error.extensions
    if error.message.startswith("Variable '$"):
        shown["message"] = error.message
        shown["extensions"] = {"code": "INVALID_VARIABLE"}
    elif not shown.get("extensions"):
        shown["extensions"] = {"code": "INTERNAL_SERVER_ERROR"}
    return shown


@cache
def snake(name: str) -> str:
    """Turn the schema's spelling into Python's."""
    return _UPPER.sub("_", name).lower()


def _resolve(source: Any, info: GraphQLResolveInfo[Call], **args: Any) -> Any:
    call: Call = info.context
    parent, name = info.parent_type.name, info.field_name
    access.permit(parent, name, info.return_type, call.scopes)
    if info.path.prev is None:
        call.root_field, call.root_key = name, str(info.path.key)
    if parent == "Mutation":
        return _write(call, info, args)
    if isinstance(source, Mapping):
        return source.get(name)
    value = getattr(source, snake(name))
    if callable(value):
        return _called(value, args)
    return value


def _write(call: Call, info: GraphQLResolveInfo[Call], args: dict[str, Any]) -> Mapping[str, Any]:
    name = info.field_name
    call.key = _idempotency_key(info.field_nodes[0], info.variable_values)
    _check_sizes(name, args)
    try:
        payload = MUTATIONS[name](call, args)
    except TopError:
        journal.note(call, name, args, None)
        raise
    journal.note(call, name, args, payload)
    return payload


def _check_sizes(name: str, args: Mapping[str, Any]) -> None:
    given = {**args, **(args["input"] if isinstance(args.get("input"), Mapping) else {})}
    for field, value in given.items():
        is_list = isinstance(value, list) and (name, field) not in _LONG_LISTS
        if is_list and len(value) > _LONGEST_LIST:
            raise TopError(
                f"The input array size of {len(value)} is greater than the maximum allowed of "
                f"{_LONGEST_LIST}.",
                "MAX_INPUT_SIZE_EXCEEDED",
            )


def _called(method: Callable[..., Any], args: Mapping[str, Any]) -> Any:
    return method(**{snake(name): value for name, value in args.items()})


def _idempotency_key(node: FieldNode, variables: Any) -> str | None:
    for directive in node.directives or ():
        if directive.name.value == "idempotent":
            for argument in directive.arguments or ():
                return str(value_from_ast_untyped(argument.value, _plain(variables)))
    return None


def _plain(variables: Any) -> dict[str, Any]:
    return dict(getattr(variables, "coerced", variables))


def _kind(source: Any, _info: GraphQLResolveInfo[Call], _abstract: Any) -> str:
    return str(source.typename)
