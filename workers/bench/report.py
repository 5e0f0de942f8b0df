"""Pure: the rows of a bench, and how they are written: for the terminal, as JSON, as a document."""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Final

DOCUMENT: Final = """\
# Benchmarks

Written by `python -m workers.bench --docs` on {day}, on {machine}.

`make bench` repeats it: it starts PostgreSQL, Redis and the programs of `make run` in a folder of
their own below `var/`, with the durable settings of production (`fsync`, `synchronous_commit` and
`full_page_writes` on), and ends them. It prints each figure as it comes and writes them all to
`var/bench.json`. `python -m workers.bench push list` measures some; `BENCH_SCALE=0.1 make bench` is
a quick look that proves nothing. Groups: intake, push, points, reconcile, streams, import, list,
ledger, orders, selling.

A figure stands beside a limit of the same machine in the same run where there is one; both are
taken in turns, and medians count. It is a benchmark, never a test: nothing fails when it is slow.

{table}

## What the limits are

- **Webhook intake**: a Flask route in the same gunicorn that verifies an HMAC, inserts one row by
  psycopg and commits; nothing else.
- **Push under a limit**: what the twin lets in, which answers 429 beyond it. Our side is told by
  the connection's setting “Requests per second, at most”. Listings go out in batches, so 2 requests
  a second are more than 2 listings a second.
- **Push by points**: the points of query cost that the bucket of Shopify's twin gave (100 a second,
  as on its smallest plan), beside those a push of new titles spent. What still lies in the bucket
  at the end is not lost, and stands in a row of its own: a fifth is kept for stock and prices, and
  a read asks for more points than it uses.
- **Reconcile**: products with four variants; stock of one variant in a hundred was sold while no
  webhook came. Everything was compared once before, as every night; that first time stands in a row
  of its own. The limit is the same shop read whole by the same client in the same run, its
  answers parsed and thrown away: page by page at the 10 requests a second that the host of
  WooCommerce's twin lets in and our side was told of, and by one bulk export of Shopify's twin, at
  the speed that twin exports with. Memory is how far a worker grew beyond what it holds at rest.
- **Edit to channel**: a price or a title changed as the product page does it, until the twin shows
  it, looked at every 20 ms: outbox, relay, queue, worker, read, plan, batch.
- **Catalog import**: a Shopify file of products with four variants, one picture, tags and stock
  each; from the order to apply until done, in a process of its own. COPY writes the very rows the
  import made into tables with the same columns and indexes, but without foreign keys, row-level
  security, matching and validation. Memory is the process's peak, beside that of a smaller file.
- **Product list and search**: whole pages through the web process as a signed-in person, with
  row-level security: nine orders and filters, eleven searches from rare to most frequent words.
- **Live streams**: 20 organizations with 100 open pages each in one web process; each piece of news
  is one row that the 100 pages of an organization draw with their own rights. The bare fan-out has
  one Redis reader and a queue per stream, and draws nothing.
- **Ledger**: eight processes with one connection each post one movement at a time, each in a unit
  of work of its own as the app's role behind row-level security: promises, parcels, releases,
  units kept back, freed or gone, returns, receipts, adjustments and counts, half of them on the 20
  of 1,000 levels that everybody wants at once. The limit is `UPDATE inventory_levels SET on_hand =
  on_hand + x WHERE id = y` and a commit by psycopg, from as many processes over the same levels
  with the same preference, the same durability, as the owner of the tables: without a ledger,
  tenancy, checks of what is available, or anything else. The same as the app's role, which has to
  say for whom it works in each transaction, stands below it. All take turns. Afterwards each level
  holds what was accepted for it and what its postings add up to, none of its figures is below zero,
  and no promise was of more than there was; otherwise there is no figure but an error. A count or
  a person may still leave promises short.
- **Orders**: whole pages through the web process as a signed-in person who may see buyers, who are
  sealed order by order. Two lines an order, three postings, up to seven words to find it by. The
  list: all, each tab, both directions, channels, states, payments and needs. The search: numbers,
  beginnings of numbers, SKUs, a mail, a first name that every twentieth buyer has, parcels, nothing
  found. The list of stock: titles, SKUs, states, two searches; apart from it by figures and what is
  out, when the task that writes down totals ran. The slowest page of each kind stands beside it by
  name.
- **Selling**: stock set as the product page does it, until the twin shows it, looked at every
  20 ms; an order placed at the twin's checkout, until the order list of the web process shows its
  number, asked for every 100 ms: webhook, intake, read, ledger, list. First idle, then while every
  listing is pushed with another title, at Shopify's twin within 100 points a second.
"""
HEADER: Final = ("What", "Value", "Limit", "Ratio", "Goal", "")


@dataclass(frozen=True, slots=True)
class Row:
    """One figure; `limit` is in the same unit, `holds` is None where there is no goal."""

    name: str
    value: float
    unit: str
    limit: float | None = None
    ratio: float | None = None
    goal: str = ""
    holds: bool | None = None


def against(name: str, value: float, unit: str, limit: float, *, at_least: float) -> Row:
    """Return a figure that shall reach a share of its limit."""
    ratio = value / limit if limit else 0.0
    goal = f"≥ {at_least:g} of the limit"
    return Row(name, value, unit, limit, ratio, goal, ratio >= at_least)


def at_least(name: str, value: float, unit: str, least: float) -> Row:
    """Return a figure that shall not be smaller."""
    return Row(name, value, unit, goal=f"≥ {least:,g} {unit}", holds=value >= least)


def below(name: str, value: float, unit: str, most: float, *, limit: float | None = None) -> Row:
    """Return a figure that shall be smaller; a limit of the machine stands beside it if known."""
    ratio = value / limit if limit else None
    return Row(name, value, unit, limit, ratio, f"< {most:,g} {unit}", value < most)


def told(name: str, value: float, unit: str) -> Row:
    """Return a figure without a goal of its own."""
    return Row(name, value, unit)


def to_json(rows: Sequence[Row]) -> str:
    """Return the rows as a JSON list."""
    return json.dumps([asdict(row) for row in rows], indent=1, ensure_ascii=False) + "\n"


def table(rows: Sequence[Row]) -> str:
    """Return the rows for a terminal."""
    lines = [HEADER, *(cells(row) for row in rows)]
    widths = [max(len(line[at]) for line in lines) for at in range(len(HEADER))]
    return "\n".join(
        "  ".join(
            cell.rjust(width) if 0 < at < 4 else cell.ljust(width)
            for at, (cell, width) in enumerate(zip(line, widths, strict=True))
        ).rstrip()
        for line in lines
    )


def markdown(rows: Sequence[Row]) -> str:
    """Return the rows as a table of a document."""
    lines = [HEADER, ("---", "---:", "---:", "---:", "---", "---"), *(cells(row) for row in rows)]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def document(rows: Sequence[Row], *, machine: str, day: str) -> str:
    """Return docs/benchmarks.md."""
    return DOCUMENT.format(machine=machine, day=day, table=markdown(rows))


def cells(row: Row) -> tuple[str, ...]:
    """Return what stands in the columns of a row."""
    verdict = {True: "holds", False: "below", None: ""}[row.holds]
    limit = "" if row.limit is None else f"{number(row.limit)} {row.unit}"
    ratio = "" if row.ratio is None else f"{row.ratio:.2f}"
    return (row.name, f"{number(row.value)} {row.unit}", limit, ratio, row.goal, verdict)


def number(value: float) -> str:
    """Write a figure with about three digits that say something."""
    if abs(value) >= 100:
        return f"{value:,.0f}"
    return f"{value:.3g}"
