"""Attributes of the organization: typed, so that values can be checked and picked."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import select

from app.catalog.models import AttributeDefinition, AttributeKind
from app.core.errors import Invalid, NotFound
from app.core.work import Work

MAX_CHOICES = 500


@dataclass(frozen=True, slots=True)
class AttributeDraft:
    """What an attribute takes; choices only for the kind of that name."""

    name: str
    kind: AttributeKind = AttributeKind.TEXT
    unit: str | None = None
    choices: tuple[str, ...] = ()
    is_multiple: bool = False


def _checked(draft: AttributeDraft) -> AttributeDraft:
    problems: dict[str, str] = {}
    name = " ".join(draft.name.split())
    if not name or len(name) > 100:
        problems["name"] = "An attribute needs a name of up to 100 characters."
    choices = tuple(dict.fromkeys(c for each in draft.choices if (c := " ".join(each.split()))))
    if draft.kind is AttributeKind.CHOICE and not choices:
        problems["choices"] = "List the values to choose from, one per line."
    if len(choices) > MAX_CHOICES:
        problems["choices"] = f"An attribute takes up to {MAX_CHOICES} values to choose from."
    if problems:
        raise Invalid(fields=problems)
    return AttributeDraft(
        name,
        draft.kind,
        (draft.unit or "").strip()[:20] or None if draft.kind is AttributeKind.NUMBER else None,
        choices if draft.kind is AttributeKind.CHOICE else (),
        draft.is_multiple and draft.kind in (AttributeKind.CHOICE, AttributeKind.TEXT),
    )


def define_attribute(work: Work, draft: AttributeDraft) -> UUID:
    """Define an attribute; raises Invalid when its name is taken. Flushes."""
    checked = _checked(draft)
    _refuse_taken(work, checked.name, except_id=None)
    made = AttributeDefinition(organization_id=work.organization_id, created_at=work.now)
    _fill(made, checked)
    work.session.add(made)
    work.session.flush()
    return made.id


def change_attribute(work: Work, attribute_id: UUID, draft: AttributeDraft) -> None:
    """Change what an attribute takes; values that products carry stay as they are."""
    found = get_attribute(work, attribute_id)
    checked = _checked(draft)
    _refuse_taken(work, checked.name, except_id=attribute_id)
    _fill(found, checked)


def delete_attribute(work: Work, attribute_id: UUID) -> None:
    """Forget a definition; values that products carry stay, as plain text."""
    work.session.delete(get_attribute(work, attribute_id))


def get_attribute(work: Work, attribute_id: UUID) -> AttributeDefinition:
    """Return an attribute for a change; raises NotFound."""
    found = work.session.scalar(
        select(AttributeDefinition).where(
            AttributeDefinition.id == attribute_id,
            AttributeDefinition.organization_id == work.organization_id,
        )
    )
    if found is None:
        raise NotFound
    return found


def _fill(made: AttributeDefinition, draft: AttributeDraft) -> None:
    made.name, made.kind, made.unit = draft.name, draft.kind, draft.unit
    made.choices, made.is_multiple = list(draft.choices), draft.is_multiple


def _refuse_taken(work: Work, name: str, *, except_id: UUID | None) -> None:
    for known in work.session.scalars(
        select(AttributeDefinition).where(
            AttributeDefinition.organization_id == work.organization_id
        )
    ):
        if known.name.casefold() == name.casefold() and known.id != except_id:
            raise Invalid(fields={"name": f"There is an attribute {known.name} already."})


def check_attributes(
    definitions: Sequence[AttributeDefinition], given: Mapping[str, Sequence[Any]]
) -> dict[str, str]:
    """Return which attribute values do not fit their definition, name → sentence."""
    problems: dict[str, str] = {}
    for known in definitions:
        for value in given.get(known.name, ()):
            if sentence := _misfit(known, str(value)):
                problems[known.name] = sentence
        if len(given.get(known.name, ())) > 1 and not known.is_multiple:
            problems[known.name] = f"{known.name} takes one value."
    return problems


def _misfit(known: AttributeDefinition, value: str) -> str | None:
    if known.kind == AttributeKind.NUMBER:
        try:
            float(value.replace(",", "."))
        except ValueError:
            return f"{known.name} must be a number."
    if known.kind == AttributeKind.BOOLEAN and value.casefold() not in ("yes", "no"):
        return f"{known.name} must be yes or no."
    if known.kind == AttributeKind.CHOICE and value not in known.choices:
        return f"{known.name} must be one of {', '.join(known.choices[:8])}."
    return None
