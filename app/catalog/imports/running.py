"""The worker's part of an import: reads the file in batches, plans or applies, reports.

A batch is one unit. An import that lost its worker begins its dry run anew; an apply goes on behind
the last product that was committed, which its `counts["items"]` remembers in the same unit.
"""

import csv
import io
import tempfile
from collections.abc import Iterator, Sequence
from datetime import timedelta
from itertools import islice
from typing import Any, BinaryIO, Final, cast
from uuid import UUID

from sqlalchemy import delete, func, or_, select, update
from sqlalchemy.dialects.postgresql import insert

from app.catalog.files import (
    Accounting,
    ColumnMapping,
    ImportOptions,
    ParsedProduct,
    Refusal,
    UnreadableFile,
    read_products,
)
from app.catalog.files.cells import guarded
from app.catalog.imports.batches import BatchResult, write_batch
from app.catalog.imports.service import facts_of
from app.catalog.models import Import, ImportIssue, ImportState
from app.catalog.rules import Layer
from app.core import clock, db
from app.core.actor import Actor
from app.core.db import affected
from app.core.work import Work, rehearsal, unit_of_work
from app.gateways.storage import storage
from app.notices import service as notices

BATCH: Final = 500
LEASE: Final = timedelta(seconds=60)
MAX_ISSUES: Final = 20_000
_AT_WORK: Final = (ImportState.CHECKING, ImportState.APPLYING)
_TALLY: Final = ("new", "changed", "unchanged", "new_variants")


def run_import(actor: Actor, import_id: UUID) -> None:
    """Check or apply an import, whichever it waits for; called twice, it runs once."""
    row = _claim(actor, import_id)
    if row is None:
        return
    try:
        with storage().open(row.storage_key) as source:
            _Run(actor, row, source).all()
    except UnreadableFile as refusal:
        _end(actor, row, ImportState.FAILED, error=refusal.sentence)


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
        if row.state == ImportState.CHECKING or not row.counts.get("is_applying"):
            work.session.execute(delete(ImportIssue).where(ImportIssue.import_id == row.id))
            row.counts = {"is_applying": row.state == ImportState.APPLYING}
            row.rows_done = 0
        return row


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
    )


class _Run:
    """One pass over the file."""

    def __init__(self, actor: Actor, row: Import, source: BinaryIO) -> None:
        self.actor, self.row = actor, row
        self.is_dry = row.state == ImportState.CHECKING
        self.accounting = Accounting()
        mapping = ColumnMapping.from_json(row.mapping) if row.mapping else None
        self.items = read_products(
            source, facts_of(row), mapping, options=options_of(row), accounting=self.accounting
        )
        # Who asked for overwriting writes on the manual layer, above every earlier edit.
        self.layer = Layer.MANUAL if row.choices.get("overwrites") else Layer.SOURCE
        self.refusals: list[Refusal] = []
        self.issues = 0

    def all(self) -> None:
        """Go through the file batch by batch."""
        done = 0 if self.is_dry else int(self.row.counts.get("items", 0))
        for batch in self._batches(skip=done):
            if not self._one(batch):
                return
        self._finish()

    def _batches(self, *, skip: int) -> Iterator[list[ParsedProduct]]:
        products = self._products()
        for _ in islice(products, skip):
            pass
        self.refusals.clear() if skip else None
        while batch := list(islice(products, BATCH)):
            yield batch

    def _products(self) -> Iterator[ParsedProduct]:
        for item in self.items:
            if isinstance(item, ParsedProduct):
                yield item
            else:
                self.refusals.append(item)

    def _one(self, batch: Sequence[ParsedProduct]) -> bool:
        """Plan or apply one batch; False: the import was cancelled meanwhile."""
        if self.is_dry:
            result = self._planned(batch)
            with unit_of_work(self.actor) as work:
                return self._note(work, batch, result)
        with unit_of_work(self.actor) as work:
            result = write_batch(work, batch, layer=self.layer)
            return self._note(work, batch, result)

    def _planned(self, batch: Sequence[ParsedProduct]) -> BatchResult:
        with rehearsal(self.actor) as work:
            return write_batch(work, batch, layer=self.layer)

    def _note(self, work: Work, batch: Sequence[ParsedProduct], result: BatchResult) -> bool:
        """Keep progress, counts and issues of a batch, in the unit that did it."""
        row = work.session.get_one(Import, self.row.id, with_for_update=True)
        if row.state not in _AT_WORK:
            return False
        counts = dict(row.counts)
        for name in _TALLY:
            counts[name] = counts.get(name, 0) + getattr(result, name)
        counts["items"] = counts.get("items", 0) + len(batch)
        fields = dict(counts.get("fields", {}))
        for name, times in result.changes.items():
            fields[name] = fields.get(name, 0) + times
        refused = [each for _, each in result.refused]
        counts["fields"] = fields
        counts["refused"] = counts.get("refused", 0) + len({id(item) for item, _ in result.refused})
        row.counts = counts
        row.rows_done = self.accounting.rows
        row.lease_until = work.now + LEASE
        self._keep_issues(work, [*self.refusals, *refused], "refused")
        self._keep_issues(
            work,
            [Refusal(w.row, w.column, w.sentence) for item in batch for w in item.warnings],
            "warning",
        )
        self.refusals.clear()
        work.touch(f"import-{row.id}")
        return True

    def _keep_issues(self, work: Work, found: Sequence[Refusal], severity: str) -> None:
        room = max(0, MAX_ISSUES - self.issues)
        rows = [
            {
                "organization_id": work.organization_id,
                "import_id": self.row.id,
                "row": each.row,
                "column": each.column,
                "severity": severity,
                "sentence": each.sentence,
                "value": (each.value or "")[:200] or None,
            }
            for each in found[:room]
        ]
        self.issues += len(found)
        if rows:
            work.session.execute(insert(ImportIssue), rows)

    def _finish(self) -> None:
        state = ImportState.READY if self.is_dry else ImportState.DONE
        with unit_of_work(self.actor) as work:
            self._keep_issues(work, self.refusals, "refused")
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
            row.counts = {**row.counts, "is_applying": False, "rows": accounting}
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
