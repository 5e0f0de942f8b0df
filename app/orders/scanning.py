"""What a scanned code means for a parcel, pure: one more of a line, or why not."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID


@dataclass(frozen=True, slots=True)
class Packable:
    """A line as far as it may be packed: by which codes it is known, and how many are promised."""

    line_id: UUID
    name: str
    codes: frozenset[str]  # SKU and barcode, as `code_key` folds them
    promised: int


@dataclass(frozen=True, slots=True)
class Scan:
    """What came of a scan: the line that got one more, or none, and a sentence about it."""

    line_id: UUID | None
    sentence: str


def code_key(code: str | None) -> str:
    """Return what codes are compared by: barcodes with and without leading zeros are the same."""
    folded = (code or "").strip().casefold()
    return folded.lstrip("0") if folded.isdigit() else folded


def scan(code: str, lines: Sequence[Packable], packed: Mapping[UUID, int]) -> Scan:
    """Say what a code adds to the parcel; a wrong item and one too many add nothing."""
    key = code_key(code)
    meant = [line for line in lines if key and key in line.codes]
    if not meant:
        return Scan(None, f"{code.strip()[:60]} is not in this order. Put it aside.")
    for line in meant:
        count = packed.get(line.line_id, 0)
        if count < line.promised:
            return Scan(line.line_id, f"{line.name}: {count + 1} of {line.promised}.")
    line = meant[0]
    if not line.promised:
        return Scan(None, f"{line.name} is not promised to this order. Put it aside.")
    whole = sum(each.promised for each in meant)
    return Scan(None, f"One too many: all {whole} of {line.name} are packed already.")
