"""One batch of a file: planned, and applied or rolled back."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from app.catalog import service as catalog
from app.catalog.errors import HandleTaken, InvalidProducts, SkuTaken
from app.catalog.files import ParsedProduct, Refusal
from app.catalog.imports.matching import Refused, Terms, Wish, wishes
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
    refused: Refused = field(default_factory=list)
    changes: dict[str, int] = field(default_factory=dict)

    def note(self, names: Iterable[str]) -> None:
        """Count fields that change."""
        for name in names:
            self.changes[name] = self.changes.get(name, 0) + 1


def write_batch(work: Work, items: Sequence[ParsedProduct], terms: Terms) -> BatchResult:
    """Create and change what a batch asks for; a product that is refused hinders no other."""
    result = BatchResult()
    made, refused = wishes(work, items, terms)
    result.refused.extend(refused)
    _create(work, result, [each for each in made if each.draft], terms)
    _change(work, result, [each for each in made if each.change], terms)
    return result


def _create(work: Work, result: BatchResult, made: Sequence[Wish], terms: Terms) -> None:
    left = list(made)
    while left:
        drafts = [each.draft for each in left if each.draft]
        try:
            with work.session.begin_nested():
                catalog.create_products(work, drafts, origin="import", layer=terms.layer)
        except (InvalidProducts, SkuTaken, HandleTaken) as error:
            left = _without_refused(result, left, error, terms)
            continue
        result.new += len(left)
        result.new_variants += sum(len(each.parsed.variants) for each in left)
        return


def _change(work: Work, result: BatchResult, made: Sequence[Wish], terms: Terms) -> None:
    left = _really_changed(work, result, made, terms)
    while left:
        changes = [each.change for each in left if each.change]
        try:
            with work.session.begin_nested():
                done = catalog.change_products(work, changes, origin="import", layer=terms.layer)
        except (InvalidProducts, SkuTaken) as error:
            left = _without_refused(result, left, error, terms)
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
    work: Work, result: BatchResult, made: Sequence[Wish], terms: Terms
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
        # The state is changed for the comparison only: what is written is read anew, and locked.
        applied = apply_change(each.state, change, Cause("import", terms.layer), currency=currency)
        if applied.is_written or applied.problems:
            left.append(each)
        else:
            result.unchanged += 1
    return left


def _without_refused(
    result: BatchResult, made: Sequence[Wish], error: Invalid, terms: Terms
) -> list[Wish]:
    """Take out what was refused, with a sentence per field at its row."""
    by_item = _by_item(error)
    for at, problems in by_item.items():
        for name, sentence in problems.items():
            refusal = _refusal(made[at], name, sentence, terms.titles)
            result.refused.append((made[at].parsed, refusal))
    return [each for at, each in enumerate(made) if at not in by_item]


def _by_item(error: Invalid) -> Mapping[int, Mapping[str, str]]:
    if isinstance(error, InvalidProducts):
        return error.by_item
    at = error.item if isinstance(error, SkuTaken | HandleTaken) else 0
    return {at: error.fields or {"": error.sentence}}


def _refusal(wish: Wish, name: str, sentence: str, titles: Mapping[str, str]) -> Refusal:
    """Say at which row and under which title of the file a field was refused."""
    kind, _, rest = name.partition(".")
    if kind not in ("variants", "new") or not rest:
        return Refusal(wish.parsed.rows[0], titles.get(name), sentence, wish.parsed.key)
    which, _, field_name = rest.partition(".")
    return Refusal(_row_of(wish, kind, which), titles.get(field_name), sentence, wish.parsed.key)


def _row_of(wish: Wish, kind: str, which: str) -> int:
    variants = wish.parsed.variants
    if kind == "new":
        rows = [each.row for at, each in enumerate(variants) if at not in wish.pairs]
    elif wish.draft is not None:
        rows = [each.row for each in variants]
    else:
        rows, which = [variants[at].row for at, key in wish.pairs.items() if str(key) == which], "0"
    at = int(which)
    return rows[at] if at < len(rows) else wish.parsed.rows[0]
