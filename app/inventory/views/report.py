"""What moved in a period: figures, a chart by day, and a table of variants; as a file, too."""

from collections.abc import Mapping, Sequence
from itertools import chain
from typing import Any, Final

from flask import request
from flask.typing import ResponseReturnValue

from app.catalog.views.tables import csv_file
from app.core.db import reading
from app.core.money import MAX_MINOR, Money
from app.inventory import queries
from app.inventory.filters import REPORT_SHOWS, ReportFilter
from app.inventory.queries import FlowDay, VariantFlow
from app.inventory.reporting import Flow
from app.inventory.views.blueprint import bp
from app.inventory.views.variant import signed
from app.team import queries as team
from app.web.fragments import page
from app.web.guards import requires
from app.web.identity import current_actor
from app.web.reports import asked_period, period_of
from app.web.ui import with_args
from app.web.wishes import cursors

FLOWS: Final[Mapping[Flow, str]] = {
    Flow.SOLD: "Sold",
    Flow.RECEIVED: "Received",
    Flow.RETURNED: "Returned",
    Flow.ADJUSTED: "Adjusted",
    Flow.COUNTED: "Counted",
    Flow.MOVED: "Transferred",
}
_SCOPE: Final = ("days", "from", "to", "location")
_TONES: Final[Mapping[Flow, str]] = {
    Flow.SOLD: "1",
    Flow.RECEIVED: "good",
    Flow.RETURNED: "2",
    Flow.ADJUSTED: "3",
    Flow.COUNTED: "4",
    Flow.MOVED: "5",
}


@bp.get("/inventory/report")
@requires("inventory.read")
def stock_report() -> ResponseReturnValue:
    """Show what moved in a period, by day and by variant."""
    actor = current_actor()
    wanted = ReportFilter.from_args(request.args)
    with reading(actor) as session:
        home = team.get_organization(session, actor.organization)
        asked = asked_period(request.args, home.timezone)
        places = queries.locations(session)
        report = queries.stock_report(
            session, wanted, asked.period, currency=home.currency, **cursors()
        )
        days = queries.flow_days(session, asked.period, wanted.location)
    flows = [
        flow for flow in Flow if any(each.came.get(flow) or each.went.get(flow) for each in days)
    ]
    return page(
        "inventory/report.html",
        blocks=("results",),
        status=asked.status,
        asked=asked,
        period=asked.period,
        scope={key: each for key, each in request.args.items() if key in _SCOPE},
        wanted=wanted,
        sort=wanted.sort,
        narrowing=(
            "location",
            "Location",
            [("", "All locations"), *((str(each.id), each.name) for each in places)],
            wanted.location,
        ),
        page=report.page,
        totals=report.totals,
        days=days,
        flows=flows,
        words=FLOWS,
        signed=signed,
        chart=_chart(days, flows),
        value=money_or_none(report.totals.value_minor, home.currency),
        money_or_none=money_or_none,
        shows=[
            (word, with_args(show=key or None, sort=None), wanted.show == key, None)
            for key, word in REPORT_SHOWS.items()
        ],
    )


def money_or_none(minor: int | None, currency: str) -> Money | None:
    """Return an amount; None when nobody knows it, or it is beyond all money."""
    return None if minor is None or abs(minor) > MAX_MINOR else Money(minor, currency)


def _chart(days: Sequence[FlowDay], flows: Sequence[Flow]) -> dict[str, Any]:
    """Return bars of what came, upwards, and of what went, downwards."""
    datasets = []
    for flow in flows:
        came = [each.came.get(flow, 0) for each in days]
        went = [-each.went.get(flow, 0) for each in days]
        sides = [side for side in (came, went) if any(side)]
        for side in sides:
            more = (" in" if side is came else " out") if len(sides) > 1 else ""
            datasets.append({"label": f"{FLOWS[flow]}{more}", "tone": _TONES[flow], "data": side})
    return {
        "type": "bar",
        "data": {"labels": [each.at.strftime("%d %b") for each in days], "datasets": datasets},
        "options": {
            "scales": {
                "x": {"stacked": True},
                "y": {"stacked": True, "title": {"text": "Units"}, "ticks": {"precision": 0}},
            }
        },
    }


@bp.get("/inventory/report.csv")
@requires("inventory.read", "catalog.export")
def stock_report_file() -> ResponseReturnValue:
    """Send all variants of a report as a file."""
    actor = current_actor()
    wanted = ReportFilter.from_args(request.args)
    with reading(actor) as session:
        zone = team.get_organization(session, actor.organization).timezone
        period = period_of(request.args, zone)
        head = ["SKU", "Product", "Opening", *FLOWS.values(), "Closing", "Sold per day",
                "Days left", "Currency", "Cost", "Value at cost"]  # fmt: skip
        rows = map(_line, queries.every_variant(session, wanted, period))
        name = f"stock-{period.first:%Y-%m-%d}-{period.last:%Y-%m-%d}"
        return csv_file(name, chain([head], rows))


def _line(row: VariantFlow) -> list[str]:
    amounts = [money_or_none(each, row.currency) for each in (row.cost_minor, row.value_minor)]
    return [
        row.sku or "",
        row.name,
        str(row.opening),
        *(str(row.moved[flow]) for flow in FLOWS),
        str(row.closing),
        f"{row.sold / row.days:.2f}",
        "" if row.days_left is None else str(row.days_left),
        row.currency if row.cost_minor is not None else "",
        *(f"{each.amount:f}" if each else "" for each in amounts),
    ]
