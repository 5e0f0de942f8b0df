"""What moved in a period, by day and by variant, from the ledger alone.

What lies there now and the postings since give what lay there at any moment before, in one
statement, so that what lay there first and what moved are always what lay there last.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, fields
from datetime import date
from typing import Any, Final
from uuid import UUID

from sqlalchemy import (
    CTE,
    BigInteger,
    ColumnElement,
    Date,
    Select,
    and_,
    case,
    cast,
    func,
    literal,
    select,
    true,
    tuple_,
)
from sqlalchemy.orm import Session

from app.catalog.models import Product, Variant
from app.catalog.queries.values import organization_of
from app.catalog.rules import ProductStatus
from app.core.paging import KeysetPage, decode_cursor, encode_cursor, id_in, number_in
from app.core.periods import Period
from app.inventory.filters import ReportFilter
from app.inventory.models import Level, Posting, Transfer
from app.inventory.reporting import FLOWS, OF_TRANSFERS, Flow, days_left

PAGE_SIZE: Final = 50
_FOR_EVER: Final = 2**31 - 1  # days that a stock lasts of which nothing is sold


@dataclass(frozen=True, slots=True)
class FlowDay:
    """Units that came and went on a day, by flow."""

    at: date
    came: Mapping[Flow, int] = field(default_factory=dict)
    went: Mapping[Flow, int] = field(default_factory=dict)

    def has(self, flow: Flow) -> bool:
        """Tell whether anything of a flow moved."""
        return bool(self.came.get(flow) or self.went.get(flow))


@dataclass(frozen=True, slots=True)
class VariantFlow:
    """A variant with what lay there first, what moved, and what lay there last."""

    id: UUID
    title: str
    options: str
    sku: str | None
    is_archived: bool
    opening: int
    moved: Mapping[Flow, int]
    closing: int
    days: int
    cost_minor: int | None
    currency: str

    @property
    def sold(self) -> int:
        """How many units left for buyers."""
        return -self.moved[Flow.SOLD]

    @property
    def days_left(self) -> int | None:
        """How many days the stock lasts at that speed; None: nothing was sold."""
        return days_left(self.closing, self.sold, self.days)

    @property
    def value_minor(self) -> int | None:
        """What lies there at cost; None: nobody said what it costs."""
        return None if self.cost_minor is None else self.cost_minor * max(self.closing, 0)

    @property
    def name(self) -> str:
        """Title and options, for files and labels."""
        return f"{self.title} / {self.options}" if self.options else self.title


@dataclass(frozen=True, slots=True)
class FlowTotals:
    """All variants of a report added up."""

    variants: int = 0
    shown: int = 0  # of them
    opening: int = 0
    moved: Mapping[Flow, int] = field(default_factory=lambda: dict.fromkeys(Flow, 0))
    closing: int = 0
    dead: int = 0  # variants with stock of which nothing was sold
    dead_units: int = 0
    value_minor: int = 0  # at cost, of those whose cost is known
    uncosted: int = 0  # variants with stock whose cost nobody knows


@dataclass(frozen=True, slots=True)
class Report:
    """A page of variants, and what all of them come to."""

    page: KeysetPage[VariantFlow]
    totals: FlowTotals


def _flow() -> ColumnElement[str]:
    ours = and_(Posting.kind.in_(sorted(OF_TRANSFERS)), Transfer.origin_id.is_not(None))
    kinds: dict[Flow, list[str]] = {}
    for kind, flow in FLOWS.items():
        kinds.setdefault(flow, []).append(kind)
    return case(
        (ours, Flow.MOVED.value),
        *((Posting.kind.in_(some), flow.value) for flow, some in kinds.items()),
    )


def _postings(session: Session, period: Period, location: str) -> CTE:
    """Return what moved since the period began, where stock is counted."""
    organization = organization_of(session)
    wanted = (
        select(
            Level.variant_id,
            Posting.at,
            Posting.quantity,
            (Posting.at >= period.ends_at).label("is_later"),
            _flow().label("flow"),
        )
        .join(Level, Level.id == Posting.level_id)
        .outerjoin(
            Transfer,
            and_(
                Posting.kind.in_(sorted(OF_TRANSFERS)),
                Posting.reference == func.concat("transfer:", Transfer.id),
                Transfer.organization_id == organization,
            ),
        )
        .where(
            Posting.organization_id == organization,
            Posting.at >= period.starts_at,
            Posting.quantity != 0,
            Level.organization_id == organization,
            *_here(location),
        )
    )
    return wanted.cte("postings")


def _here(location: str) -> list[ColumnElement[bool]]:
    there = [Level.location_id == UUID(location)] if location else []
    return [Level.is_counted.expression, *there]


def flow_days(session: Session, period: Period, location: str = "") -> Sequence[FlowDay]:
    """Return each day of a period, the first one first; none when nothing moved."""
    moved = _postings(session, period, location)
    day = cast(func.timezone(period.zone.key, moved.c.at), Date)
    rows = session.execute(
        select(
            day,
            moved.c.flow,
            func.coalesce(func.sum(moved.c.quantity).filter(moved.c.quantity > 0), 0),
            func.coalesce(func.sum(-moved.c.quantity).filter(moved.c.quantity < 0), 0),
        )
        .where(~moved.c.is_later)
        .group_by(day, moved.c.flow)
    )
    came: dict[date, dict[Flow, int]] = {}
    went: dict[date, dict[Flow, int]] = {}
    for at, flow, more, less in rows:
        came.setdefault(at, {})[Flow(flow)] = int(more)
        went.setdefault(at, {})[Flow(flow)] = int(less)
    if not came:
        return ()
    return [FlowDay(at, came.get(at, {}), went.get(at, {})) for at in period.days]


def _variants(session: Session, wanted: ReportFilter, period: Period) -> CTE:
    """Return, by variant, what lay there first, what moved by flow, and what lay there last."""
    moved = _postings(session, period, wanted.location)
    sums = [
        func.coalesce(
            func.sum(moved.c.quantity).filter(~moved.c.is_later, moved.c.flow == flow.value), 0
        ).label(flow.value)
        for flow in Flow
    ]
    later = func.coalesce(func.sum(moved.c.quantity).filter(moved.c.is_later), 0)
    flows = (
        select(moved.c.variant_id, *sums, later.label("later")).group_by(moved.c.variant_id)
    ).cte("flows")
    held = (
        select(Level.variant_id, func.sum(Level.on_hand).label("on_hand"))
        .where(Level.organization_id == organization_of(session), *_here(wanted.location))
        .group_by(Level.variant_id)
    ).cte("held")
    by_flow = {flow: func.coalesce(flows.c[flow.value], 0) for flow in Flow}
    closing: Any = held.c.on_hand - func.coalesce(flows.c.later, 0)
    opening = closing - sum(by_flow.values())
    sold = -by_flow[Flow.SOLD]
    lasts = case(
        (sold > 0, func.div(func.greatest(closing, 0) * period.length, sold)), else_=_FOR_EVER
    )
    places = {"sold": sold, "left": lasts, "stock": closing}
    return (
        select(
            held.c.variant_id,
            opening.label("opening"),
            *(each.label(flow.value) for flow, each in by_flow.items()),
            closing.label("closing"),
            cast(places[wanted.sort_key], BigInteger).label("place"),
        )
        .outerjoin(flows, flows.c.variant_id == held.c.variant_id)
        .where((closing != 0) | (opening != 0) | flows.c.variant_id.is_not(None))
    ).cte("report")


def _shown(report: CTE, show: str) -> ColumnElement[bool]:
    """Return which variants are shown; of dead ones nothing was sold, and they lie there."""
    by_show = {
        "sold": report.c.sold < 0,
        "dead": and_(report.c.sold >= 0, report.c.closing > 0),
    }
    return by_show.get(show, true())


def _totals(report: CTE, show: str, currency: str) -> Select[*tuple[Any, ...]]:
    stock = func.greatest(report.c.closing, 0)
    is_dead = _shown(report, "dead")
    sums = {
        "opening": func.sum(report.c.opening),
        **{flow.value: func.sum(report.c[flow.value]) for flow in Flow},
        "closing": func.sum(report.c.closing),
        "dead_units": func.sum(report.c.closing).filter(is_dead),
        "value_minor": func.sum(stock * Variant.cost_minor).filter(Variant.currency == currency),
    }
    is_costed = and_(Variant.cost_minor.is_not(None), Variant.currency == currency)
    return (
        select(
            func.count().label("variants"),
            func.count().filter(_shown(report, show)).label("shown"),
            func.count().filter(is_dead).label("dead"),
            func.count().filter(~is_costed, report.c.closing > 0).label("uncosted"),
            *(func.coalesce(each, 0).label(name) for name, each in sums.items()),
        )
        .select_from(report)
        .join(Variant, Variant.id == report.c.variant_id)
    )


def stock_report(
    session: Session,
    wanted: ReportFilter,
    period: Period,
    *,
    currency: str,
    after: str | None = None,
    before: str | None = None,
    size: int = PAGE_SIZE,
) -> Report:
    """Return a page of a report and what all of it comes to; the ledger is read once."""
    cursor, is_back = before or after, before is not None
    at = decode_cursor(cursor, length=3) if cursor else None
    report = _variants(session, wanted, period)
    is_down = wanted.is_descending != is_back
    key = _key(report)
    rows = select(report).where(_shown(report, wanted.show))
    if at is not None:
        place = literal(number_in(at[0]), BigInteger)
        there = tuple_(place, literal(id_in(at[1]), Variant.id.type))
        rows = rows.where(tuple_(*key) < there if is_down else tuple_(*key) > there)
    rows = rows.order_by(*(each.desc() if is_down else each.asc() for each in key))
    some = rows.limit(size + 1).cte("some")
    totals = _totals(report, wanted.show, currency).cte("totals")
    found = session.execute(
        _named(some)
        .add_columns(*(each.label(f"all_{each.name}") for each in totals.c))
        .select_from(totals)
        .outerjoin(some, true())
        .outerjoin(Variant, Variant.id == some.c.variant_id)
        .outerjoin(Product, Product.id == Variant.product_id)
        .order_by(*(each.desc() if wanted.is_descending else each.asc() for each in _key(some)))
    ).all()
    summed = _summed(found[0])
    shown = [each for each in found if each.variant_id is not None]
    return Report(_paged(shown, size, summed.shown, at, period, is_back=is_back), summed)


def _key(rows: CTE) -> tuple[ColumnElement[Any], ColumnElement[Any]]:
    return rows.c.place, rows.c.variant_id


def _named(rows: CTE) -> Select[*tuple[Any, ...]]:
    return select(
        rows,
        Product.title,
        Product.status,
        Variant.choice,
        Variant.sku,
        Variant.cost_minor,
        Variant.currency,
    )


def _paged(
    found: Sequence[Any],
    size: int,
    total: int,
    at: list[Any] | None,
    period: Period,
    *,
    is_back: bool,
) -> KeysetPage[VariantFlow]:
    """Return a page of what was asked for with one row more; going back, that one stands first."""
    has_more = len(found) > size
    rows = (found[1:] if is_back else found[:-1]) if has_more else found
    number = number_in(at[2]) if at else 1
    first = max(1, number - len(rows)) if is_back else number
    has_before, has_after = (has_more, True) if is_back else (at is not None, has_more)
    ends = [(rows[each].place, str(rows[each].variant_id)) for each in (0, -1)] if rows else []
    return KeysetPage(
        [_row(each, period) for each in rows],
        encode_cursor(*ends[0], first) if rows and has_before else None,
        encode_cursor(*ends[1], first + len(rows)) if rows and has_after else None,
        max(total, first + len(rows) - 1),
        first=first,
    )


def _row(row: Any, period: Period) -> VariantFlow:
    return VariantFlow(
        id=row.variant_id,
        title=row.title,
        options=" / ".join(map(str, row.choice.values())),
        sku=row.sku,
        is_archived=row.status == ProductStatus.ARCHIVED,
        opening=int(row.opening),
        moved={flow: int(getattr(row, flow.value)) for flow in Flow},
        closing=int(row.closing),
        days=period.length,
        cost_minor=row.cost_minor,
        currency=row.currency,
    )


def _summed(row: Any) -> FlowTotals:
    told = [each.name for each in fields(FlowTotals) if each.name != "moved"]
    return FlowTotals(
        **{name: int(getattr(row, f"all_{name}")) for name in told},
        moved={flow: int(getattr(row, f"all_{flow.value}")) for flow in Flow},
    )


def every_variant(session: Session, wanted: ReportFilter, period: Period) -> Iterator[VariantFlow]:
    """Go through all variants of a report in its order, for a file."""
    report = _variants(session, wanted, period)
    order = [each.desc() if wanted.is_descending else each.asc() for each in _key(report)]
    rows = session.execute(
        _named(report)
        .where(_shown(report, wanted.show))
        .join(Variant, Variant.id == report.c.variant_id)
        .join(Product, Product.id == Variant.product_id)
        .order_by(*order)
        .execution_options(yield_per=1_000)
    )
    for row in rows:
        yield _row(row, period)
