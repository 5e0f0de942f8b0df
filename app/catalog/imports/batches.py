"""One batch of a file: planned, and applied or rolled back."""

from collections.abc import Iterable, Mapping, Sequence
from copy import deepcopy
from dataclasses import dataclass, field

from app.catalog import service as catalog
from app.catalog.errors import HandleTaken, InvalidProducts, SkuTaken
from app.catalog.files import ParsedProduct, Refusal
from app.catalog.imports.matching import Wish, wishes
from app.catalog.rules import Layer
from app.catalog.service.applying import apply_change
from app.catalog.service.drafts import Cause
from app.catalog.service.loading import organization_currency
from app.catalog.service.pictures import resolve_pictures
from app.core.errors import Invalid
from app.core.work import Work


@dataclass(slots=True)
class BatchResult:
    """What a batch came to, counted in products; `changes` names fields and how often."""

    new: int = 0
    changed: int = 0
    unchanged: int = 0
    new_variants: int = 0
    refused: list[tuple[ParsedProduct, Refusal]] = field(default_factory=list)
    changes: dict[str, int] = field(default_factory=dict)

    def note(self, names: Iterable[str]) -> None:
        """Count fields that change."""
        for name in names:
            self.changes[name] = self.changes.get(name, 0) + 1


def write_batch(work: Work, items: Sequence[ParsedProduct], *, layer: Layer) -> BatchResult:
    """Create and change what a batch asks for; a product that is refused hinders no other."""
    result = BatchResult()
    made, refused = wishes(work, items)
    result.refused.extend(refused)
    _create(work, result, [each for each in made if each.draft], layer)
    _change(work, result, [each for each in made if each.change], layer)
    return result


def _create(work: Work, result: BatchResult, made: Sequence[Wish], layer: Layer) -> None:
    left = list(made)
    while left:
        drafts = [each.draft for each in left if each.draft]
        try:
            with work.session.begin_nested():
                catalog.create_products(work, drafts, origin="import", layer=layer)
        except (InvalidProducts, SkuTaken, HandleTaken) as error:
            left = _without_refused(result, left, error)
            continue
        result.new += len(left)
        result.new_variants += sum(len(each.parsed.variants) for each in left)
        return


def _change(work: Work, result: BatchResult, made: Sequence[Wish], layer: Layer) -> None:
    left = _really_changed(work, result, made, layer)
    while left:
        changes = [each.change for each in left if each.change]
        try:
            with work.session.begin_nested():
                done = catalog.change_products(work, changes, origin="import", layer=layer)
        except (InvalidProducts, SkuTaken) as error:
            left = _without_refused(result, left, error)
            continue
        for each in done:
            names = dict.fromkeys(each.fields)
            names.update(dict.fromkeys(n for ns in each.variant_fields.values() for n in ns))
            result.note(names)
            result.new_variants += len(each.new_variant_ids)
            if each.is_changed:
                result.changed += 1
            else:
                result.unchanged += 1
        return


def _really_changed(
    work: Work, result: BatchResult, made: Sequence[Wish], layer: Layer
) -> list[Wish]:
    """Leave out what the catalog has already, in memory, before anything is written."""
    if not made:
        return []
    currency = organization_currency(work.session, work.organization_id)
    resolved = resolve_pictures(work, [each.change for each in made if each.change])
    left = []
    for each, change in zip(made, resolved, strict=True):
        if each.state is None:
            continue
        applied = apply_change(
            deepcopy(each.state), change, Cause("import", layer), currency=currency
        )
        if applied.is_written or applied.problems:
            left.append(each)
        else:
            result.unchanged += 1
    return left


def _without_refused(result: BatchResult, made: Sequence[Wish], error: Invalid) -> list[Wish]:
    """Take out what was refused, with a sentence per field at its row."""
    by_item = _by_item(error)
    for at, problems in by_item.items():
        parsed = made[at].parsed
        for name, sentence in problems.items():
            result.refused.append((parsed, _refusal(parsed, name, sentence)))
    return [each for at, each in enumerate(made) if at not in by_item]


def _by_item(error: Invalid) -> Mapping[int, Mapping[str, str]]:
    if isinstance(error, InvalidProducts):
        return error.by_item
    at = error.item if isinstance(error, SkuTaken | HandleTaken) else 0
    return {at: error.fields or {"": error.sentence}}


def _refusal(parsed: ParsedProduct, name: str, sentence: str) -> Refusal:
    kind, _, rest = name.partition(".")
    row, column = parsed.rows[0], name or None
    if kind in ("variants", "new") and rest:
        at, _, column = rest.partition(".")
        if at.isdigit() and int(at) < len(parsed.variants):
            row = parsed.variants[int(at)].row
    return Refusal(row, column, sentence, parsed.key)
