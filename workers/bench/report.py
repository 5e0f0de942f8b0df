"""Pure: the rows of a bench, and how they are written: for the terminal, as JSON, as a document."""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Final

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
