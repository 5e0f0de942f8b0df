"""The twin's schema is a part of the official one: same names, types, nullability, defaults."""

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
from graphql import (
    DocumentNode,
    FragmentDefinitionNode,
    GraphQLEnumType,
    GraphQLInputObjectType,
    GraphQLInterfaceType,
    GraphQLObjectType,
    GraphQLSchema,
    OperationDefinitionNode,
    Undefined,
    ast_from_value,
    build_schema,
    parse,
    print_ast,
    validate,
    validate_schema,
)

from app.simulators.shopify.schema_text import load_schema

CONTRACT = Path(__file__).parents[4] / "shared" / "channels" / "shopify.md"


def test_the_schema_is_sound() -> None:
    assert validate_schema(load_schema()) == []


def test_every_name_type_and_default_is_the_official_one(official: GraphQLSchema) -> None:
    assert list(_strangers(load_schema(), official)) == []


def test_the_check_notices_a_stranger(official: GraphQLSchema) -> None:
    wrong = build_schema("type QueryRoot { shop(first: Int): Shop } type Shop { id: ID nome: Int }")

    found = list(_strangers(wrong, official))

    assert sorted(found) == [
        "QueryRoot.shop is Shop, officially Shop!",
        "QueryRoot.shop(first) is unknown",
        "Shop.id is ID, officially ID!",
        "Shop.nome is unknown",
    ]


@pytest.mark.skipif(not CONTRACT.exists(), reason="the contract is not on this machine")
def test_every_document_of_the_contract_can_be_asked() -> None:
    text = CONTRACT.read_text(encoding="utf-8")
    blocks = [parse(found) for found in re.findall(r"```graphql\n(.*?)```", text, re.DOTALL)]

    wrong = [
        f"{name}: {problem.message}"
        for block in blocks
        for name, document in _alone(block)
        for problem in validate(load_schema(), document)
    ]

    assert wrong == []
    assert len(blocks) > 5


def _alone(block: DocumentNode) -> Iterator[tuple[str, DocumentNode]]:
    """Yield each operation with the fragments it names."""
    fragments = [node for node in block.definitions if isinstance(node, FragmentDefinitionNode)]
    for node in block.definitions:
        if isinstance(node, OperationDefinitionNode):
            used = [each for each in fragments if f"...{each.name.value}" in print_ast(node)]
            yield node.name.value if node.name else "", DocumentNode(definitions=(node, *used))


def _strangers(ours: GraphQLSchema, official: GraphQLSchema) -> Iterator[str]:
    for name, kind in ours.type_map.items():
        theirs = official.type_map.get(name)
        if name.startswith("__"):
            continue
        if theirs is None or type(theirs) is not type(kind):
            yield f"{name} is unknown"
        else:
            yield from _in_type(name, kind, theirs)


def _in_type(name: str, ours: Any, theirs: Any) -> Iterator[str]:
    if isinstance(ours, GraphQLEnumType):
        extra = set(ours.values) - set(theirs.values)
        yield from (f"{name}.{value} is unknown" for value in extra)
    elif isinstance(ours, GraphQLInputObjectType):
        yield from _in_fields(name, ours.fields, theirs.fields)
        if ours.is_one_of != theirs.is_one_of:
            yield f"{name} differs in @oneOf"
    elif isinstance(ours, (GraphQLObjectType, GraphQLInterfaceType)):
        yield from _in_fields(name, ours.fields, theirs.fields)
        extra = {face.name for face in ours.interfaces} - {face.name for face in theirs.interfaces}
        yield from (f"{name} implements {face}" for face in extra)


def _in_fields(owner: str, ours: Mapping[str, Any], theirs: Mapping[str, Any]) -> Iterator[str]:
    for name, field in ours.items():
        at = f"{owner}.{name}"
        if name not in theirs:
            yield f"{at} is unknown"
            continue
        yield from _in_place(at, field, theirs[name])
        known = getattr(theirs[name], "args", {})
        for argument, value in getattr(field, "args", {}).items():
            if argument not in known:
                yield f"{at}({argument}) is unknown"
            else:
                yield from _in_place(f"{at}({argument})", value, known[argument])


def _in_place(at: str, ours: Any, theirs: Any) -> Iterator[str]:
    if str(ours.type) != str(theirs.type):
        yield f"{at} is {ours.type}, officially {theirs.type}"
    if _default(ours) != _default(theirs):
        yield f"{at} defaults to {_default(ours)}, officially {_default(theirs)}"


def _default(place: Any) -> str:
    value = getattr(place, "default_value", Undefined)
    node = None if value is Undefined else ast_from_value(value, place.type)
    return "" if node is None else print_ast(node)
