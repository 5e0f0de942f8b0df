"""What a query costs, before and after it ran.

Scalars are free, an object is one point, a mutation ten. A connection is two points and as many
times its node as its size weighs. The weight grows with the logarithm of the size: chosen so that
the recorded answers of the real thing come out right (see the tests), as Shopify names no formula.
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
_FREE: Final = {"MoneyV2", "MoneyBag", "SelectedOption", "Weight", "Count", "StagedUploadParameter"}
_PER_VARIANT, _PER_FILE, _PER_VARIANT_FILE, _PER_METAFIELD = 0.2, 1.9, 0.6, 0.4


def weight(size: int) -> int:
    """Return how many nodes a page of this size counts as."""
    return max(1, round(1.25 * math.log2(size))) if size > 1 else size


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
                inner = _named(root, field)
                held = None if data is None else data.get(_key(field)) or {}
                total += self._selection(field.selection_set, inner, held)
            else:
                total += self._field(field, root, data)
        return max(total, 0)

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
        if data is not None and held is None:
            return 1
        if kind.name.endswith("Connection"):
            return self._connection(field, kind, held)
        own = 0 if kind.name in _FREE else 1
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
        if field.name.value != "productSet":
            return 0
        for argument in field.arguments or ():
            if argument.name.value == "input":
                given = value_from_ast_untyped(argument.value, dict(self._variables))
                return _product_set(given) if isinstance(given, Mapping) else 0
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
