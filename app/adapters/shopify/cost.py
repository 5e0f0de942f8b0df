"""What a request will cost, reckoned before it is sent, and what Shopify said it did cost.

Shopify's rule: scalars are free, an object costs 1, a connection what one node costs times `first`,
a mutation 10. `productSet` adds a little per variant, file and metafield. Shopify's own figures are
often lower, so the client compares both and learns the share.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final

from graphql import (
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    InlineFragmentNode,
    OperationDefinitionNode,
    SelectionSetNode,
    parse,
)
from graphql.language.ast import IntValueNode, VariableNode

MUTATION: Final = 10.0
_PER_VARIANT: Final = 0.2
_PER_FILE: Final = 1.9
_PER_VARIANT_FILE: Final = 0.6
_PER_METAFIELD: Final = 0.4
_WRAPPERS: Final = ("nodes", "edges", "node")


@dataclass(frozen=True, slots=True)
class Budget:
    """The bucket of points as an answer showed it."""

    requested: float
    actual: float | None
    available: float
    capacity: float
    per_second: float

    @property
    def wait(self) -> float:
        """Seconds until the same request may pass; at least one."""
        return max(1.0, (self.requested - self.available) / self.per_second)


def read_budget(answer: Mapping[str, Any]) -> Budget | None:
    """Read the `extensions` of an answer; None where they are missing or make no sense."""
    extensions = answer.get("extensions")
    cost = extensions.get("cost") if isinstance(extensions, Mapping) else None
    status = cost.get("throttleStatus") if isinstance(cost, Mapping) else None
    if not isinstance(cost, Mapping) or not isinstance(status, Mapping):
        return None
    requested, available = _float(cost.get("requestedQueryCost")), status.get("currentlyAvailable")
    capacity, rate = _float(status.get("maximumAvailable")), _float(status.get("restoreRate"))
    if requested is None or not capacity or not rate:
        return None  # a bucket of nothing, or one that never fills, would be waited for for ever
    return Budget(
        requested=requested,
        actual=_float(cost.get("actualQueryCost")),
        available=_float(available) or 0.0,
        capacity=capacity,
        per_second=rate,
    )


def _float(found: Any) -> float | None:
    is_number = isinstance(found, int | float) and not isinstance(found, bool)
    return float(found) if is_number else None


@lru_cache(maxsize=256)
def _parsed(text: str) -> DocumentNode:
    return parse(text, no_location=True)


def planned(text: str, variables: Mapping[str, Any]) -> float:
    """Return the points one operation asks for."""
    document = _parsed(text)
    fragments = {
        each.name.value: each
        for each in document.definitions
        if isinstance(each, FragmentDefinitionNode)
    }
    reckoner = _Reckoner(fragments, variables)
    total = 0.0
    for definition in document.definitions:
        if isinstance(definition, OperationDefinitionNode):
            is_mutation = definition.operation.value == "mutation"
            total += reckoner.operation(definition.selection_set, is_mutation=is_mutation)
    return total + _surcharge(variables.get("input"))


def _surcharge(sent: Any) -> float:
    """Return what productSet adds for the parts of its input."""
    if not isinstance(sent, Mapping):
        return 0.0
    variants = _listed(sent.get("variants"))
    return (
        _PER_VARIANT * len(variants)
        + _PER_FILE * len(_listed(sent.get("files")))
        + _PER_VARIANT_FILE * sum(1 for each in variants if each.get("file"))
        + _PER_METAFIELD * len(_listed(sent.get("metafields")))
        + _PER_METAFIELD * sum(len(_listed(each.get("metafields"))) for each in variants)
    )


def _listed(found: Any) -> Sequence[Any]:
    return found if isinstance(found, list | tuple) else ()


class _Reckoner:
    """Walks one document with one set of variables."""

    def __init__(
        self, fragments: Mapping[str, FragmentDefinitionNode], variables: Mapping[str, Any]
    ) -> None:
        self._fragments = fragments
        self._variables = variables

    def operation(self, selection: SelectionSetNode, *, is_mutation: bool) -> float:
        """Return what the fields of an operation cost."""
        if not is_mutation:
            return self._of(selection)
        roots = [each for each in selection.selections if isinstance(each, FieldNode)]
        inner = sum(self._of(root.selection_set) for root in roots if root.selection_set)
        return MUTATION * len(roots) + inner

    def _of(self, selection: SelectionSetNode) -> float:
        total = 0.0
        for each in selection.selections:
            if isinstance(each, FieldNode):
                total += self._field(each)
            elif isinstance(each, InlineFragmentNode):
                total += self._of(each.selection_set)
            elif isinstance(each, FragmentSpreadNode):
                total += self._of(self._fragments[each.name.value].selection_set)
        return total

    def _field(self, field: FieldNode) -> float:
        if field.selection_set is None or not self._is_asked(field):
            return 0.0
        inner = self._of(field.selection_set)
        if (times := self._times(field)) is not None:
            return times * max(1.0, inner)
        return inner + 1.0 if field.name.value != "edges" else inner

    def _is_asked(self, field: FieldNode) -> bool:
        """Tell whether `@include(if: $variable)` lets a field be asked for."""
        for directive in field.directives or ():
            for argument in directive.arguments or ():
                value = argument.value
                if directive.name.value == "include" and isinstance(value, VariableNode):
                    return bool(self._variables.get(value.name.value))
        return True

    def _times(self, field: FieldNode) -> int | None:
        """Return how many nodes a field may bring; None for a single object."""
        for argument in field.arguments or ():
            if argument.name.value in ("first", "last"):
                if isinstance(argument.value, IntValueNode):
                    return int(argument.value.value)
                if isinstance(argument.value, VariableNode):
                    return int(self._variables.get(argument.value.name.value) or 0)
            if argument.name.value == "ids" and isinstance(argument.value, VariableNode):
                return len(_listed(self._variables.get(argument.value.name.value)))
        return None
