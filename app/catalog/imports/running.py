"""The worker's part of an import: reads the file in batches, plans or applies, reports.

A batch is one unit. An import that lost its worker begins its dry run anew; an apply goes on behind
the last batch that was committed, which its `counts["batches"]` remembers in the same unit.
"""

import csv
import io
import logging
import tempfile
from collections.abc import Sequence
from contextlib import closing
from datetime import timedelta
from itertools import islice
from typing import Any, BinaryIO, Final, cast
from uuid import UUID

from sqlalchemy import delete, func, or_, select, update

from app.catalog.files import (
    Accounting,
    ColumnMapping,
    ImportOptions,
    Refusal,
    UnreadableFile,
    read_products,
    titles_of,
)
from app.catalog.files.cells import guarded
from app.catalog.identifiers import gtin_problem
from app.catalog.imports.batches import BatchResult, write_batch
from app.catalog.imports.late import moved_rows, refused_late
from app.catalog.imports.matching import Terms
from app.catalog.imports.pace import Batch, batches_ahead, calm_collector
from app.catalog.imports.service import facts_of
from app.catalog.models import Import, ImportIssue, ImportState
from app.catalog.rules import Layer
from app.catalog.service.writing import insert_rows
from app.catalog.values import plain
from app.core import clock, db
from app.core.actor import Actor
from app.core.db import affected
from app.core.work import Work, rehearsal, unit_of_work
from app.gateways.storage import storage
from app.notices import service as notices

log = logging.getLogger(__name__)

LEASE: Final = timedelta(seconds=60)
MAX_TRIES: Final = 3
_STUCK: Final = (
    "This import stopped {} times at the same place, behind row {:,}. What was applied stays."
    " Divide the file, and try the parts."
)
MAX_ISSUES: Final = 250_000
_NO_MORE: Final = f"More than {MAX_ISSUES:,} remarks. Those on later rows are counted, not listed."
_AT_WORK: Final = (ImportState.CHECKING, ImportState.APPLYING)
_TALLY: Final = ("new", "changed", "unchanged", "new_variants")


def run_import(actor: Actor, import_id: UUID) -> None:
    """Check or apply an import, whichever it waits for; called twice, it runs once."""
    row = _claim(actor, import_id)
    if row is None:
        return
    if row.counts["tries"] > MAX_TRIES:
        _end(actor, row, ImportState.FAILED, error=_STUCK.format(MAX_TRIES, row.rows_done))
        return
    try:
        with storage().open(row.storage_key) as source:
            _Run(actor, row, source).all()
    except UnreadableFile as refusal:
        _end(actor, row, ImportState.FAILED, error=refusal.sentence)
    except _Lost:
        log.info("Import %s was cancelled, or another worker goes on with it.", import_id)


def _claim(actor: Actor, import_id: UUID) -> Import | None:
    now = clock.now()
    with unit_of_work(actor) as work:
        taken = affected(
            work.session,
            update(Import)
            .where(
                Import.id == import_id,
                Import.organization_id == work.organization_id,
                Import.state.in_(_AT_WORK),
                or_(Import.lease_until.is_(None), Import.lease_until < now),
            )
            .values(lease_until=now + LEASE),
        )
        if taken != 1:
            return None
        row = work.session.get_one(Import, import_id)
        tries = _tries(row)
        if row.state == ImportState.CHECKING or not row.counts.get("is_applying"):
            work.session.execute(delete(ImportIssue).where(ImportIssue.import_id == row.id))
            row.counts = {"is_applying": row.state == ImportState.APPLYING}
            row.rows_done = 0
        row.counts = {**row.counts, **tries}
        return row


def _tries(row: Import) -> dict[str, int]:
    """Count how often a worker began at the same place: what kills it there kills the next one."""
    place = row.counts.get("batches", 0) if row.state == ImportState.APPLYING else 0
    is_same = row.counts.get("tried_at") == place
    return {"tried_at": place, "tries": row.counts.get("tries", 0) + 1 if is_same else 1}


def options_of(row: Import) -> ImportOptions:
    """Return what a person chose about what the file leaves unsaid."""
    chosen = row.choices
    return ImportOptions(
        currency=chosen.get("currency", "USD"),
        weight_unit=chosen.get("weight_unit", "kg"),
        length_unit=chosen.get("length_unit", "cm"),
        timezone=chosen.get("timezone", "UTC"),
        decimal=chosen.get("decimal") or None,
        is_day_first=chosen.get("is_day_first", True),
        check_gtin=lambda code: gtin_problem(code) is None,
    )


class _Lost(Exception):
    """It was cancelled meanwhile, or its lease ran out and another worker went on with it."""


class _Run:
    """One pass over the file."""

    def __init__(self, actor: Actor, row: Import, source: BinaryIO) -> None:
        self.actor, self.row = actor, row
        self.is_dry = row.state == ImportState.CHECKING
        self.accounting = Accounting()
        mapping = ColumnMapping.from_json(row.mapping) if row.mapping else None
        facts = facts_of(row)
        items = read_products(
            source, facts, mapping, options=options_of(row), accounting=self.accounting
        )
        self.batches = batches_ahead(items, self.accounting)
        # Who asked for overwriting writes on the manual layer, above every earlier edit.
        layer = Layer.MANUAL if row.choices.get("overwrites") else Layer.SOURCE
        self.terms = Terms(layer, facts.dialect, titles_of(facts, mapping), row.id)
        self.issues = 0
        self.done = int(row.counts.get("batches", 0))  # of a dry run, which begins anew: none

    def all(self) -> None:
        """Go through the file batch by batch."""
        with closing(self.batches), calm_collector():
            for batch in islice(self.batches, self.done, None):
                self._one(batch)
                self.done += 1
        self._finish()

    def _one(self, batch: Batch) -> None:
        """Plan or apply one batch; raises _Lost, and then nothing of it was written."""
        if self.is_dry:
            result = self._planned(batch)
            with unit_of_work(self.actor) as work:
                self._note(work, batch, result)
            return
        with unit_of_work(self.actor) as work:
            result = write_batch(work, batch.products, self.terms)
            self._note(work, batch, result)

    def _planned(self, batch: Batch) -> BatchResult:
        with rehearsal(self.actor) as work:
            return write_batch(work, batch.products, self.terms)

    def _note(self, work: Work, batch: Batch, result: BatchResult) -> None:
        """Keep progress, counts and issues of a batch, in the unit that did it."""
        row = work.session.get_one(Import, self.row.id, with_for_update=True)
        if row.state not in _AT_WORK or row.counts.get("batches", 0) != self.done:
            raise _Lost
        counts = dict(row.counts)
        for name in _TALLY:
            counts[name] = counts.get(name, 0) + getattr(result, name)
        counts["batches"] = counts.get("batches", 0) + 1
        fields = dict(counts.get("fields", {}))
        for name, times in result.changes.items():
            fields[name] = fields.get(name, 0) + times
        counts["fields"] = fields
        refused = refused_late(result.refused)
        counts["refused"] = counts.get("refused", 0) + len(refused)
        counts["late"] = moved_rows(counts.get("late", {}), refused)
        row.counts = counts
        row.rows_done = batch.rows
        row.lease_until = work.now + LEASE
        told = [each for _, refusals in refused for each in refusals]
        self._keep_issues(work, [*batch.refusals, *told], "refused")
        out = {each.row for each in told}
        self._keep_issues(
            work,
            [
                Refusal(each.row, each.column, each.sentence)
                for item in batch.products
                for each in item.warnings
                if each.row not in out
            ],
            "warning",
        )
        work.touch(f"import-{row.id}")

    def _keep_issues(self, work: Work, found: Sequence[Refusal], severity: str) -> None:
        room = max(0, MAX_ISSUES - self.issues)
        rows = [
            {
                "organization_id": str(work.organization_id),
                "import_id": str(self.row.id),
                "row": each.row,
                "column": each.column,
                "severity": severity,
                "sentence": plain(each.sentence),
                "value": plain(each.value or "")[:200] or None,
            }
            for each in found[:room]
        ]
        if len(found) > room > 0:
            rows.append({**rows[-1], "column": None, "sentence": _NO_MORE, "value": None})
        self.issues += len(found)
        insert_rows(work.session, "import_issues", rows)

    def _finish(self) -> None:
        state = ImportState.READY if self.is_dry else ImportState.DONE
        report = None if self.is_dry else _report(self.actor, self.row)
        _end(self.actor, self.row, state, accounting=self.accounting.to_json(), report_key=report)


def _end(
    actor: Actor,
    import_row: Import,
    state: ImportState,
    *,
    error: str | None = None,
    accounting: dict[str, int] | None = None,
    report_key: str | None = None,
) -> None:
    with unit_of_work(actor) as work:
        row = work.session.get_one(Import, import_row.id, with_for_update=True)
        if row.state not in _AT_WORK:
            return
        row.state, row.error, row.lease_until = state, error, None
        row.report_key = report_key or row.report_key
        row.finished_at = work.now
        if accounting is not None:
            rows = {n: c + row.counts.get("late", {}).get(n, 0) for n, c in accounting.items()}
            row.counts = {**row.counts, "is_applying": False, "rows": rows}
            row.rows_total = row.rows_done = accounting["rows"]
        if state != ImportState.READY:
            notices.notify(
                work,
                "import",
                f"Import of {row.file_name} {'failed' if error else 'is done'}",
                error or _summary(row.counts),
                f"/products/imports/{row.id}",
                user_ids=[row.user_id] if row.user_id else None,
            )
        work.touch(f"import-{row.id}", "imports", "products")


def _summary(counts: dict[str, Any]) -> str:
    words = ("new", "changed", "unchanged", "refused")
    said = [f"{counts[word]:,} {word}" for word in words if counts.get(word)]
    return f"{', '.join(said)}." if said else "The file held no products."


def _report(actor: Actor, row: Import) -> str:
    """Write the report file: one line per refusal and warning; returns its storage key."""
    with tempfile.TemporaryFile() as raw:
        stream = io.TextIOWrapper(cast("BinaryIO", raw), encoding="utf-8-sig", newline="")
        lines = csv.writer(stream)
        lines.writerow(["Row", "Column", "Kind", "What", "Value"])
        with db.reading(actor) as session:
            found = session.execute(
                select(
                    ImportIssue.row,
                    ImportIssue.column,
                    ImportIssue.severity,
                    ImportIssue.sentence,
                    func.coalesce(ImportIssue.value, ""),
                )
                .where(ImportIssue.import_id == row.id)
                .order_by(ImportIssue.row, ImportIssue.id)
                .execution_options(yield_per=1000)
            )
            for issue in found:
                lines.writerow([guarded(str(cell or "")) for cell in issue])
        stream.flush()
        raw.seek(0)
        key = storage().keep(cast("BinaryIO", raw), folder="reports", suffix="csv")
        stream.detach()
    return key
