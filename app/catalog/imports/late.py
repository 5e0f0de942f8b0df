"""Pure: products that were read well and refused by the catalog, accounted for row by row."""

from collections.abc import Mapping, Sequence

from app.catalog.files import ParsedProduct, Refusal, RowKind

Late = list[tuple[ParsedProduct, list[Refusal]]]
_TAKEN = (RowKind.PRODUCT, RowKind.VARIANT, RowKind.IMAGE)


def refused_late(refused: Sequence[tuple[ParsedProduct, Refusal]]) -> Late:
    """Gather refusals by product, with one for each of its rows that has none of its own."""
    by_product: dict[int, tuple[ParsedProduct, list[Refusal]]] = {}
    for item, refusal in refused:
        by_product.setdefault(id(item), (item, []))[1].append(refusal)
    for item, refusals in by_product.values():
        first = refusals[0]
        where = f"at row {first.row}" + (f", {first.column}" if first.column else "")
        named = {each.row for each in refusals}
        refusals += [
            Refusal(row, None, f"Its product “{item.key}” was refused {where}.", item.key)
            for row, kind in item.row_kinds.items()
            if row not in named and kind in _TAKEN
        ]
    return list(by_product.values())


def moved_rows(before: Mapping[str, int], refused: Late) -> dict[str, int]:
    """Return by how much the accounts of the reader change, count → difference."""
    moved = dict(before)

    def add(name: str, count: int) -> None:
        moved[name] = moved.get(name, 0) + count

    for item, refusals in refused:
        for kind in item.row_kinds.values():
            if kind in _TAKEN:
                add(f"{kind.value}_rows", -1)
                add("refused_rows", 1)
        add("products", -1)
        add("variants", -len(item.variants))
        add("images", -len(item.images))
        add("refusals", len(refusals))
    return moved
