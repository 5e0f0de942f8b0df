"""What was ordered in a period: figures, money by currency, days, channels and top items."""

from collections.abc import Mapping, Sequence
from datetime import date
from itertools import chain
from typing import Any, Final

from flask import request
from flask.typing import ResponseReturnValue

from app.catalog import queries as catalog
from app.catalog.views.tables import csv_file
from app.core.db import reading
from app.core.money import exponent
from app.core.periods import Period
from app.orders import queries, reporting
from app.orders.filters import is_id
from app.orders.reporting import AMOUNTS, Cell, Sums
from app.orders.views.blueprint import bp
from app.team import queries as team
from app.web.fragments import page
from app.web.guards import requires
from app.web.identity import current_actor
from app.web.reports import asked_period, period_of

_SCOPE: Final = ("days", "from", "to", "channel")
CHARTED: Final = 3  # currencies with a chart of their own


@bp.get("/orders/report")
@requires("orders.read")
def order_report() -> ResponseReturnValue:
    """Show what was ordered in a period, and what became of it."""
    actor = current_actor()
    channel = _channel()
    with reading(actor) as session:
        asked = asked_period(
            request.args, team.get_organization(session, actor.organization).timezone
        )
        period = asked.period
        cells = list(queries.order_cells(session, period, channel))
        before = queries.count_orders(session, period.before, channel)
        top = queries.top_items(session, period, channel)
        speed = queries.shipping_speed(session, period, channel)
        channels = [(str(key), name) for key, name in catalog.connection_names(session)]
        has_orders = bool(cells) or queries.has_orders(session)
    currencies = reporting.by_currency(cells)
    total = reporting.counted(currencies.values())
    days = _days(cells, period)
    return page(
        "orders/report.html",
        status=asked.status,
        asked=asked,
        period=period,
        narrowing=("channel", "Channel", [("", "All channels"), *channels], channel),
        scope={key: each for key, each in request.args.items() if key in _SCOPE},
        has_orders=has_orders,
        total=total,
        change=(total.orders - before) / before if before else None,
        currencies=currencies,
        amounts=AMOUNTS,
        money_of=reporting.money_of,
        days=days,
        charts=_charts(days, currencies),
        by_channel=[
            (each.name, reporting.counted(sums.values()), sums)
            for each, sums in reporting.by_channel(cells).items()
        ],
        top=top,
        speed=speed,
    )


def _channel() -> str:
    asked = request.args.get("channel", "")
    return asked if is_id(asked) else ""


def _days(cells: Sequence[Cell], period: Period) -> list[tuple[date, Sums, dict[str, Sums]]]:
    """Return each day with its orders and units, and its sums by currency."""
    sums = reporting.added_up(cells, lambda each: (each.day, each.currency))
    found: dict[date, dict[str, Sums]] = {}
    for (day, currency), each in sums.items():
        found.setdefault(day, {})[currency] = each
    return [
        (day, reporting.counted(found.get(day, {}).values()), found.get(day, {}))
        for day in period.days
    ]


def _charts(
    days: Sequence[tuple[date, Sums, dict[str, Sums]]], currencies: Mapping[str, Sums]
) -> list[tuple[str, str, dict[str, Any]]]:
    """Return a chart of orders and units, and one of money for each of the first currencies."""
    labels = [day.strftime("%d %b") for day, *_ in days]
    orders = _series("Orders", [sums.orders for _, sums, _ in days])
    units = _series("Units", [sums.units for _, sums, _ in days])
    found = [("Orders and units", "Orders and units per day", _bars(labels, [orders, units], ""))]
    for currency in list(currencies)[:CHARTED]:
        places = 10 ** exponent(currency)  # drawn only; figures are written from whole units
        sums = [some.get(currency, Sums()) for *_, some in days]
        net = _series("Net", [each.net_minor / places for each in sums])
        back = _series("Refunds", [each.refunded_minor / places for each in sums], tone="warn")
        shown = [net, back] if any(back["data"]) else [net]
        label = f"Net and refunds per day in {currency}"
        found.append((f"Money in {currency}", label, _bars(labels, shown, currency)))
    return found


def _series(label: str, values: Sequence[float], **more: str) -> dict[str, Any]:
    return {"label": label, "data": list(values), **more}


def _bars(labels: Sequence[str], datasets: Sequence[Any], currency: str) -> dict[str, Any]:
    """Return bars, those of money on top of each other."""
    is_stacked = bool(currency)
    y = {"stacked": is_stacked, "title": {"text": currency or "Number"}, "ticks": {"precision": 0}}
    return {
        "type": "bar",
        "data": {"labels": list(labels), "datasets": list(datasets)},
        "options": {"scales": {"x": {"stacked": is_stacked}, "y": y}},
    }


@bp.get("/orders/report.csv")
@requires("orders.read", "orders.export")
def order_report_file() -> ResponseReturnValue:
    """Send a row for each day, channel and currency of a report as a file."""
    actor = current_actor()
    with reading(actor) as session:
        zone = team.get_organization(session, actor.organization).timezone
        period = period_of(request.args, zone)
        head = ["Day", "Channel", "Currency", "Orders placed", "Cancelled", "With a refund",
                "Units", *AMOUNTS.values()]  # fmt: skip
        rows = map(_line, queries.order_cells(session, period, _channel()))
        name = f"orders-{period.first:%Y-%m-%d}-{period.last:%Y-%m-%d}"
        return csv_file(name, chain([head], rows))


def _line(cell: Cell) -> list[str]:
    sums = cell.sums
    amounts = [reporting.money_of(getattr(sums, name), cell.currency) for name in AMOUNTS]
    return [
        cell.day.isoformat(),
        cell.channel.name,
        cell.currency,
        *(str(each) for each in (sums.placed, sums.cancelled, sums.refunded, sums.units)),
        *(f"{each.amount:f}" if each else "" for each in amounts),
    ]
