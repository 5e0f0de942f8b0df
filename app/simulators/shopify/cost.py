"""What a query costs, before and after it ran.

Scalars are free, an object is one point, a mutation ten with what it returns. A connection is two
points and as many times its node as its size weighs. Shopify names no formula for that weight: ours
is chosen so that the costs recorded from live stores come out right (see the tests).
"""

import math
from collections.abc import Mapping, Sequence
from typing import Any, Final

from graphql import (
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLInterfaceType,
    GraphQLNamedType,
    GraphQLObjectType,
    GraphQLSchema,
    InlineFragmentNode,
    OperationDefinitionNode,
    OperationType,
    SelectionSetNode,
    get_named_type,
    value_from_ast_untyped,
)

MOST: Final = 1000  # points one query may ask for, on every plan
_MUTATION: Final = 10
_CONNECTION: Final = 2
# Values without an identity; the errors of a mutation and its pages come with it.
_FREE: Final = {
    "Count",
    "MoneyBag",
    "MoneyV2",
    "PageInfo",
    "SelectedOption",
    "StagedUploadParameter",
    "Weight",
}
_PER_VARIANT, _PER_FILE, _PER_VARIANT_FILE, _PER_METAFIELD = 0.2, 1.9, 0.6, 0.4
_PER_TARGET: Final = 1


def weight(size: int) -> int:
    """Return how many nodes a page of this size counts as."""
    return min(size, round(2.34 * math.pow(size, 0.28)))


class Meter:
    """Reads the cost of one operation off its document."""

    def __init__(
        self,
        schema: GraphQLSchema,
        document: DocumentNode,
        operation: OperationDefinitionNode,
        variables: Mapping[str, Any],
    ) -> None:
        self._schema = schema
        self._operation = operation
        self._variables = variables
        self._fragments = {
            node.name.value: node
            for node in document.definitions
            if isinstance(node, FragmentDefinitionNode)
        }

    def requested(self) -> int:
        """Return the points asked for, if every page comes back full."""
        return math.ceil(self._root(None))

    def actual(self, data: Mapping[str, Any] | None) -> int:
        """Return the points used by what came back."""
        return math.ceil(self._root(data or {}))

    def _root(self, data: Mapping[str, Any] | None) -> float:
        root = self._schema.get_root_type(self._operation.operation)
        assert root is not None  # noqa: S101 (the schema has both roots)
        total = 0.0
        for field in self._fields(self._operation.selection_set, root):
            if self._operation.operation is OperationType.MUTATION:
                total += _MUTATION + self._surcharge(field)
                held = None if data is None else data.get(_key(field)) or {}
                total += self._payload(field, _named(root, field), held)
            else:
                total += self._field(field, root, data)
        return max(total, 0)

    def _payload(self, field: FieldNode, kind: GraphQLNamedType | None, held: Any) -> float:
        """Return what lies below the things a mutation returns; these themselves are paid."""
        if kind is None:
            return 0
        total = 0.0
        for each in self._fields(field.selection_set, kind):
            if each.selection_set is not None and (held is None or held.get(_key(each))):
                total += max(0, self._field(each, kind, held) - 1)
        return total

    def _selection(
        self, selection: SelectionSetNode | None, parent: GraphQLNamedType | None, held: Any
    ) -> float:
        if selection is None or parent is None:
            return 0
        return sum(self._field(field, parent, held) for field in self._fields(selection, parent))

    def _field(self, field: FieldNode, parent: GraphQLNamedType, data: Any) -> float:
        if field.selection_set is None or field.name.value == "userErrors":
            return 0
        kind = _named(parent, field)
        if kind is None:
            return 0
        held = None if data is None else data.get(_key(field))
        own = 0 if kind.name in _FREE else 1
        if data is not None and held is None:
            return own
        if kind.name.endswith("Connection"):
            return self._connection(field, kind, held)
        if isinstance(held, Sequence):
            return sum(self._selection(field.selection_set, kind, each) for each in held) + own
        return own + self._selection(field.selection_set, kind, held)

    def _connection(self, field: FieldNode, kind: GraphQLNamedType, held: Any) -> float:
        rest = [
            each
            for each in self._fields(field.selection_set, kind)
            if each.name.value not in {"edges", "nodes"}
        ]
        total = _CONNECTION + sum(self._field(each, kind, held) for each in rest)
        pages = [
            each
            for each in self._fields(field.selection_set, kind)
            if each.name.value in {"edges", "nodes"}
        ]
        return total + sum(self._page(field, each, kind, held) for each in pages[:1])

    def _page(self, field: FieldNode, page: FieldNode, kind: GraphQLNamedType, held: Any) -> float:
        inner = _named(kind, page)
        if held is None:
            own = self._node(page, inner, None)
            return weight(self._size(field)) * own
        nodes = held.get(_key(page)) or []
        if not nodes:
            return 0
        total = sum(self._node(page, inner, each) for each in nodes)
        return weight(len(nodes)) * total / len(nodes)

    def _node(self, page: FieldNode, kind: GraphQLNamedType | None, held: Any) -> float:
        if page.name.value == "edges":  # the edge itself is free, its node is an object
            return self._selection(page.selection_set, kind, held)
        return 1 + self._selection(page.selection_set, kind, held)

    def _size(self, field: FieldNode) -> int:
        for argument in field.arguments or ():
            if argument.name.value in {"first", "last"}:
                size = value_from_ast_untyped(argument.value, dict(self._variables))
                return size if isinstance(size, int) else 1
        return 1

    def _fields(
        self, selection: SelectionSetNode | None, parent: GraphQLNamedType
    ) -> list[FieldNode]:
        """Return the fields, those of fragments too; of unions only the dearest would count."""
        found: list[FieldNode] = []
        for node in selection.selections if selection else ():
            if isinstance(node, FieldNode):
                found.append(node)
            elif isinstance(node, InlineFragmentNode):
                found.extend(self._fields(node.selection_set, parent))
            elif isinstance(node, FragmentSpreadNode):
                found.extend(self._fields(self._fragments[node.name.value].selection_set, parent))
        return found

    def _surcharge(self, field: FieldNode) -> float:
        if field.name.value not in {"productSet", "stagedUploadsCreate"}:
            return 0
        for argument in field.arguments or ():
            if argument.name.value == "input":
                given = value_from_ast_untyped(argument.value, dict(self._variables))
                if isinstance(given, Mapping):
                    return _product_set(given)
                return _PER_TARGET * len(given) if isinstance(given, Sequence) else 0
        return 0


def _product_set(given: Mapping[str, Any]) -> float:
    variants = given.get("variants") or []
    metafields = len(given.get("metafields") or [])
    metafields += sum(len(each.get("metafields") or []) for each in variants)
    return (
        _PER_VARIANT * len(variants)
        + _PER_FILE * len(given.get("files") or [])
        + _PER_VARIANT_FILE * sum(bool(each.get("file")) for each in variants)
        + _PER_METAFIELD * metafields
    )


def _key(field: FieldNode) -> str:
    return field.alias.value if field.alias else field.name.value


def _named(parent: GraphQLNamedType | None, field: FieldNode) -> GraphQLNamedType | None:
    if not isinstance(parent, (GraphQLObjectType, GraphQLInterfaceType)):
        return None
    found = parent.fields.get(field.name.value)
    return None if found is None else get_named_type(found.type)
