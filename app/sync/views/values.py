"""Values of fields as people read them."""

from typing import Any, Final

from flask import url_for

from app.adapters.values import FIELDS, Kind
from app.catalog.rules import plain_text
from app.core.money import Money
from app.sync.models import RunKind, RunState, SyncRun
from app.sync.planner import LISTING, VARIANT
from app.sync.queries import RunRow
from app.web.filters import money, number, plural

_LONGEST: Final = 240
_LONGEST_PROSE: Final = 1_200  # prose is shown with its words marked, so its end matters
_PROSE: Final = (Kind.TEXT, Kind.HTML)
_EMPTY: Final = "empty"
_LABELS: Final = {VARIANT: "Whole variant", LISTING: "Whole listing"}


def field_label(name: str) -> str:
    """Return what a field is called."""
    known = FIELDS.get(name)
    return known.label if known else _LABELS.get(name, name.replace("_", " ").capitalize())


def run_title(run: SyncRun) -> str:
    """Return what a run is called; one that sends edits is named after the first of them."""
    others = (run.total or 0) - 1
    if run.kind == RunKind.PUSH and others > 0:
        return f"{run.cause} and {number(others)} more"
    return run.cause or "Sync"


_RUN_LINES: Final = {
    RunKind.FIRST: "First read of {}",
    RunKind.FULL: "Read of everything in {}",
    RunKind.CHANGES: "Read of changes in {}",
    RunKind.PUSH: "Sent to {}",
    RunKind.MANUAL: "Sent to {}",
    RunKind.RECONCILE: "Comparison with {}",
    RunKind.SAMPLE: "Sample of {}",
}


def run_line(kind: str, connection: str) -> str:
    """Return what a run did, and where."""
    return _RUN_LINES[RunKind(kind)].format(connection)


def run_reasons(row: RunRow) -> list[tuple[str, str]]:
    """Return why a run was only partly done, and where each reason is looked at."""
    run = row.run
    if run.state != RunState.PARTIAL:
        return []
    reasons = []
    if run.failed:
        here = url_for("sync.run_detail", run_id=run.id, show="refused" if row.refusal else None)
        parked = url_for("sync.parked_list", connection=run.connection_id)
        sentence = row.refusal or run.error
        gave_up = f"{number(run.failed)} gave up after several tries"
        reasons.append((sentence, here) if sentence else (gave_up, parked))
    if run.conflicts:
        url = url_for("sync.conflict_list", connection=run.connection_id)
        reasons.append((plural(run.conflicts, "conflict"), url))
    return reasons


def is_prose(name: str) -> bool:
    """Tell whether changes of a field are read word by word."""
    return name in FIELDS and FIELDS[name].kind in _PROSE


def share_of(name: str, old: Any, new: Any) -> float | None:
    """Return by how much of itself a price moved, such as -0.3; None where that says nothing."""
    if name not in FIELDS or FIELDS[name].kind is not Kind.MONEY:
        return None
    if not (isinstance(old, dict) and isinstance(new, dict)) or not old["minor"]:
        return None
    if old["currency"] != new["currency"]:
        return None
    return float((new["minor"] - old["minor"]) / old["minor"])


def value_of(name: str, value: Any) -> str:
    """Return a value in words, shortened."""
    if value in (None, "", [], {}):
        return _EMPTY
    if name == LISTING and isinstance(value, dict):
        return _short(str(value.get("title") or "The whole listing"), _LONGEST)
    kind = FIELDS[name].kind if name in FIELDS else None
    if kind is Kind.MONEY and isinstance(value, dict):
        return str(money(Money(value["minor"], value["currency"])))
    if kind is Kind.MEASURE and isinstance(value, dict):
        return f"{value['value']} {value['unit']}"
    if kind is Kind.HTML:
        return _short(plain_text(str(value)), _LONGEST_PROSE)
    if kind is Kind.IMAGES:
        return f"{len(value)} picture{'' if len(value) == 1 else 's'}"
    return _short(_words(value), _LONGEST_PROSE if kind in _PROSE else _LONGEST)


def _words(value: Any) -> str:
    if isinstance(value, dict):
        if set(value) == {"minor", "currency"}:
            return str(money(Money(value["minor"], value["currency"])))
        if "name" in value and "values" in value:
            return f"{value['name']}: {', '.join(map(str, value['values']))}"
        return "; ".join(f"{key}: {_words(item)}" for key, item in value.items())
    if isinstance(value, list):
        return ", ".join(_words(item) for item in value)
    if isinstance(value, bool):
        return "yes" if value else "no"
    return str(value)


def _short(text: str, longest: int) -> str:
    return text if len(text) <= longest else text[: longest - 1] + "…"
