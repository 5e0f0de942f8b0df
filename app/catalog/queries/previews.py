"""What a bulk edit would come to: the code that applies it, run on copies of real values."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

from sqlalchemy.orm import Session

from app.adapters.values import FIELDS, Group
from app.catalog.bulk import Operation, changes_for, stays
from app.catalog.queries.values import organization_of
from app.catalog.rules import Layer
from app.catalog.service.applying import Applied, apply_change
from app.catalog.service.drafts import Cause, ProductState
from app.catalog.service.loading import load_products, organization_currency
from app.core.errors import AppError

SUMMED: Final = 1000
_SLICE: Final = 500


@dataclass(frozen=True, slots=True)
class PreviewLine:
    """One field that changes; `variant` names the variant it belongs to."""

    field: str
    old: Any
    new: Any
    variant: str = ""

    @property
    def share(self) -> float | None:
        """How far a price moves, as a share of what it was; None for anything else."""
        if not (_is_money(self.old) and _is_money(self.new)) or not self.old["minor"]:
            return None
        moved: int = self.new["minor"] - self.old["minor"]
        return moved / float(self.old["minor"])


def _is_money(value: Any) -> bool:
    return isinstance(value, dict) and "minor" in value and "currency" in value


@dataclass(frozen=True, slots=True)
class PreviewRow:
    """What becomes of one product: lines that change, or why it cannot be."""

    product_id: UUID
    title: str
    lines: tuple[PreviewLine, ...] = ()
    refusal: str | None = None
    stays: tuple[str, ...] = ()  # what was asked for and is left as it is

    @property
    def move(self) -> float:
        """The largest price move of the product, as a share."""
        return max((abs(each.share or 0.0) for each in self.lines), default=0.0)


@dataclass(frozen=True, slots=True)
class PreviewSummary:
    """What a whole selection comes to; `gone` counts products that exist no more."""

    changed: int = 0
    unchanged: int = 0
    refused: int = 0
    gone: int = 0
    repriced: tuple[UUID, ...] = ()  # products of which a price changes


def preview(session: Session, operation: Operation, ids: Sequence[UUID]) -> list[PreviewRow]:
    """Return what an operation does to some products: refused first, then the largest moves."""
    home = organization_of(session)
    currency = organization_currency(session, home)
    states = load_products(session, home, ids)
    rows = [_row(operation, state, currency) for state in states.values()]
    return sorted(rows, key=lambda row: (row.refusal is None, not row.lines, -row.move, row.title))


def summarize(session: Session, operation: Operation, ids: Sequence[UUID]) -> PreviewSummary | None:
    """Count what a selection comes to; None when it is too large to be counted on a page."""
    if len(ids) > SUMMED:
        return None
    rows = [
        row
        for start in range(0, len(ids), _SLICE)
        for row in preview(session, operation, ids[start : start + _SLICE])
    ]
    refused = sum(row.refusal is not None for row in rows)
    changed = sum(bool(row.lines) for row in rows)
    unchanged = len(rows) - refused - changed
    repriced = tuple(row.product_id for row in rows if any(map(_is_price, row.lines)))
    return PreviewSummary(changed, unchanged, refused, len(ids) - len(rows), repriced)


def _is_price(line: PreviewLine) -> bool:
    return line.field in FIELDS and FIELDS[line.field].group is Group.PRICE


def _row(operation: Operation, state: ProductState, currency: str) -> PreviewRow:
    title = state.values["title"]
    try:
        product = state.snapshot()
        wished = changes_for(operation, product)
    except AppError as refusal:
        return PreviewRow(state.id, title, refusal=refusal.sentence)
    cause = Cause(operation.origin, Layer.MANUAL)
    done = apply_change(state, wished, cause, currency=currency)
    if done.problems:
        return PreviewRow(state.id, title, refusal=next(iter(done.problems.values())))
    return PreviewRow(state.id, title, _lines(done), stays=tuple(stays(operation, product)))


def _lines(done: Applied) -> tuple[PreviewLine, ...]:
    has_several = len(done.product.variants) > 1
    return tuple(
        PreviewLine(
            each.field,
            each.old,
            each.new,
            _name(done, each.variant_id) if each.variant_id and has_several else "",
        )
        for each in done.entries
    )


def _name(done: Applied, variant_id: UUID) -> str:
    values = done.product.variants[variant_id].values
    return " / ".join(values["choice"].values()) or values["sku"] or "Default"
