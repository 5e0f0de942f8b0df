"""Variations of variable products: paired before anything is created, written in one batch each."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from app.adapters.errors import AdapterError
from app.adapters.types import Problem, VariantDraft
from app.adapters.woocommerce import compose, pictures, problems, schema
from app.adapters.woocommerce.batches import Batches, Lost, Result, Step
from app.adapters.woocommerce.items import Item, without
from app.adapters.woocommerce.lookup import our_key
from app.adapters.woocommerce.mapper import inward, outward, sameness
from app.adapters.woocommerce.mapper.outward import Body
from app.adapters.woocommerce.mapper.reader import as_list
from app.adapters.woocommerce.problems import ItemError
from app.adapters.woocommerce.reads import Reads
from app.adapters.woocommerce.shop import Shop

Row = Mapping[str, Any]


@dataclass(slots=True)
class _Pair:
    """A variant draft and the variation it is, if it is one already."""

    draft: VariantDraft
    row: Row | None
    refused: str | None = None  # the one field the shop refused

    @property
    def id(self) -> int:
        """The shop's id of the variation."""
        return int((self.row or {})["id"])


class Variations:
    """Writes the variations of one product after the other."""

    def __init__(self, shop: Shop, reads: Reads, batches: Batches) -> None:
        self._shop = shop
        self._reads = reads
        self._batches = batches

    def write(self, item: Item) -> None:
        """Create, change and remove variations; problems and ids go to the item."""
        pairs = _paired(item)
        # A batch deletes last; a variant that takes over the SKU of a removed one needs it first.
        is_lost = self._send(item, list(_removals(pairs)))
        is_lost |= self._send(item, list(self._changes(item, pairs)))
        is_lost |= self._send(item, self._changes_left(item, pairs))
        if is_lost and not self._reads_back(item):
            item.lose()
            return
        pairs = _paired(item) if is_lost else pairs
        self._write_new_pictures(item, pairs)
        for pair in pairs:
            if pair.row is not None and not pair.draft.is_removed:
                item.variant_ids[pair.draft.key] = str(pair.row["id"])

    def _send(self, item: Item, steps: Sequence[tuple[_Pair, Step]]) -> bool:
        """Send steps and settle their results; tells whether an answer was lost."""
        results = self._batches.send(_path(item), [step for _, step in steps])
        for (pair, step), result in zip(steps, results, strict=True):
            self._settle(item, pair, step, result)
        return any(isinstance(result, Lost) for result in results)

    def _changes(self, item: Item, pairs: list[_Pair]) -> Iterator[tuple[_Pair, Step]]:
        for pair in pairs:
            if pair.draft.is_removed:
                continue
            if pair.row is None and pair.draft.external_id is not None:
                item.problems.append(
                    Problem(_GONE, code="variant_gone", variant_key=pair.draft.key)
                )
            elif body := self._body(item, pair):
                yield pair, Step("create" if pair.row is None else "update", body)

    def _changes_left(self, item: Item, pairs: list[_Pair]) -> list[tuple[_Pair, Step]]:
        """Return what remains of variations whose SKU or barcode was refused, without it."""
        told = list(item.problems)
        held_up = [pair for pair in pairs if pair.row is not None and pair.refused]
        for pair in held_up:
            pair.draft = without(pair.draft, pair.refused)
        steps = list(self._changes(item, held_up))
        item.problems[:] = told
        return steps

    def _body(self, item: Item, pair: _Pair) -> Body:
        draft, dialect = pair.draft, self._shop.dialect
        present = inward.variant(pair.row, dialect) if pair.row is not None else None
        body, problems = compose.sellable_body(draft, present, dialect)
        item.problems.extend(problems)
        choice = draft.values.get("choice")
        if choice is not None and (
            present is None
            or not sameness.is_same("choice", choice, present.values["choice"], dialect)
        ):
            attributes = as_list((item.row or {}).get("attributes")) or ()
            body.update(outward.choice_body(choice, attributes))
        _add_known_picture(item, pair, body)
        if present is None or present.our_key != draft.key:
            body.update(outward.meta(draft.key))
        if pair.row is None:
            return body
        return {"id": pair.id, **body} if body else {}

    def _settle(self, item: Item, pair: _Pair, step: Step, result: Result) -> None:
        if isinstance(result, Lost):
            return
        if isinstance(result, ItemError):
            if step.verb == "delete" and result.is_gone:
                _replace(item, pair, None)
            else:
                item.problems.append(result.problem(pair.draft.key))
                if result.code in problems.LEAVES_THE_REST:
                    pair.refused = result.field
            return
        _replace(item, pair, None if step.verb == "delete" else result)

    def _reads_back(self, item: Item) -> bool:
        """Read the variations again; tells whether the shop shows everything that was sent."""
        try:
            item.variations = self._reads.variations([item.external_id], fresh=True)[
                item.external_id
            ]
        except AdapterError:
            return False
        kept = list(item.problems)
        pairs = _paired(item)
        left = [*_removals(pairs), *self._changes(item, pairs)]
        item.problems[:] = kept
        return not left

    def _write_new_pictures(self, item: Item, pairs: list[_Pair]) -> None:
        """Let the shop fetch pictures only variations show, a few per request, each once."""
        waiting = [pair for pair in pairs if _needs_picture(item, pair)]
        first: dict[str, _Pair] = {}
        for pair in waiting:
            first.setdefault(_picture_key(pair), pair)
        keys = list(first)
        for start in range(0, len(keys), schema.NEW_IMAGES_PER_REQUEST):
            few = keys[start : start + schema.NEW_IMAGES_PER_REQUEST]
            steps = [
                Step("update", {"id": first[key].id, "image": {"src": _source(item, key)}})
                for key in few
            ]
            results = self._batches.send(_path(item), steps)
            for key, result in zip(few, results, strict=True):
                self._learn_picture(item, key, first[key], result)
        self._share_pictures(item, [pair for pair in waiting if pair not in first.values()])

    def _share_pictures(self, item: Item, pairs: list[_Pair]) -> None:
        """Show a picture on more variations than the one that brought it into the shop."""
        self._send(
            item,
            [
                (pair, Step("update", {"id": pair.id, "image": {"id": picture}}))
                for pair in pairs
                if (picture := _picture_id(item, pair)) is not None
            ],
        )

    def _learn_picture(self, item: Item, key: str, pair: _Pair, result: Result) -> None:
        if isinstance(result, ItemError):
            item.problems.append(result.problem(pair.draft.key))
        elif isinstance(result, Lost):
            item.problems.append(
                Problem(_PICTURE_LOST, "image", "picture_unanswered", pair.draft.key)
            )
        else:
            _replace(item, pair, result)
            image = result.get("image")
            if isinstance(image, Mapping) and image.get("id"):
                item.image_ids[key] = str(image["id"])


_GONE: Final = "This variant no longer exists in the shop."
_PICTURE_LOST: Final = "The shop did not say what became of this variant's picture."


def _path(item: Item) -> str:
    return f"/products/{item.external_id}/variations"


def _paired(item: Item) -> list[_Pair]:
    """Pair drafts with variations: by id, by our key, by SKU, by what they stand for."""
    rows = list(item.variations or ())
    by_id = {str(row["id"]): row for row in rows}
    by_key = {key: row for row in rows if (key := our_key(row)) is not None}
    by_sku = {str(row["sku"]).casefold(): row for row in rows if row.get("sku")}
    by_choice = {_choice_of(row): row for row in rows}
    claimed = {variant.external_id for variant in item.draft.variants if variant.external_id}
    pairs = []
    for draft in item.draft.variants:
        if draft.external_id is not None:
            pairs.append(_Pair(draft, by_id.get(draft.external_id)))
            continue
        sku, choice = str(draft.values.get("sku") or "").casefold(), draft.values.get("choice")
        row = by_key.get(draft.key) or by_sku.get(sku)
        if row is None and choice:
            row = by_choice.get(_folded(choice))
        if row is not None and str(row["id"]) in claimed:
            row = None
        if row is not None:
            claimed.add(str(row["id"]))
        pairs.append(_Pair(draft, row))
    return pairs


def _folded(choice: Mapping[str, str]) -> frozenset[tuple[str, str]]:
    return frozenset(
        (outward.folded(name), outward.folded(value)) for name, value in choice.items()
    )


def _choice_of(row: Row) -> frozenset[tuple[str, str]]:
    return _folded(
        {
            str(entry.get("name")): str(entry.get("option"))
            for entry in as_list(row.get("attributes")) or ()
            if entry.get("option")
        }
    )


def _replace(item: Item, pair: _Pair, row: Row | None) -> None:
    rows = [each for each in item.variations or () if pair.row is None or each["id"] != pair.id]
    if row is not None:
        rows.append(dict(row))
    item.variations = rows
    pair.row = row


def _removals(pairs: list[_Pair]) -> Iterator[tuple[_Pair, Step]]:
    for pair in pairs:
        if pair.draft.is_removed and pair.row is not None:
            yield pair, Step("delete", {"id": pair.id})


def _picture_key(pair: _Pair) -> str:
    return str(pair.draft.values["image"])


def _picture_id(item: Item, pair: _Pair) -> int | None:
    key = _picture_key(pair)
    known = item.image_ids.get(key, "")
    return int(known) if known.isdigit() else pictures.known_id(key, item.draft)


def _shown_picture(pair: _Pair) -> int | None:
    image = (pair.row or {}).get("image")
    return int(image["id"]) if isinstance(image, Mapping) and image.get("id") else None


def _main_picture(item: Item) -> int | None:
    images = as_list((item.row or {}).get("images")) or ()
    return int(images[0]["id"]) if images else None


def _add_known_picture(item: Item, pair: _Pair, body: Body) -> None:
    if "image" not in pair.draft.values:
        return
    shown = _shown_picture(pair)
    if pair.draft.values["image"] is None:
        # A variation without a picture shows the product's main one; that needs no clearing.
        if shown is not None and shown != _main_picture(item):
            body["image"] = ""
        return
    wanted = _picture_id(item, pair)
    if wanted is not None and wanted != shown:
        body["image"] = {"id": wanted}


def _needs_picture(item: Item, pair: _Pair) -> bool:
    """Tell whether the shop has to fetch a picture; one it fetched before is recognised."""
    if pair.row is None or pair.draft.is_removed or pair.draft.values.get("image") is None:
        return False
    key = _picture_key(pair)
    source = _source(item, key)
    if source is None or _picture_id(item, pair) is not None:
        return False
    image = pair.row.get("image")
    stored = str(image.get("src") or "") if isinstance(image, Mapping) else ""
    if pictures.is_same_file(source, stored):
        item.image_ids[key] = str(_shown_picture(pair))
        return False
    return True


def _source(item: Item, key: str) -> str | None:
    return item.draft.image_sources.get(key)
