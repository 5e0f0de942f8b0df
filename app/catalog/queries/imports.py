"""Reads of imports, of what they refused, and of bulk edits."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.catalog.errors import ImportNotFound
from app.catalog.models import BulkEdit, Import, ImportIssue
from app.catalog.queries.values import organization_of
from app.core.errors import NotFound
from app.core.paging import (
    KeysetPage,
    decode_cursor,
    decode_number,
    encode_cursor,
    id_in,
    number_in,
)
from app.team.models import User

PAGE: Final = 50


@dataclass(frozen=True, slots=True)
class ImportLine:
    """An import with the name of whoever began it."""

    row: Import
    person: str | None


def import_page(session: Session, *, after: str | None = None) -> KeysetPage[ImportLine]:
    """Return imports, newest first."""
    mine = Import.organization_id == organization_of(session)
    wanted = select(Import, User.name).outerjoin(User, User.id == Import.user_id).where(mine)
    first = 1
    if after is not None:
        number, last = decode_cursor(after, length=2)
        first = number_in(number)
        wanted = wanted.where(Import.id < id_in(last))
    found = session.execute(wanted.order_by(Import.id.desc()).limit(PAGE + 1)).all()
    rows = [ImportLine(row, person) for row, person in found[:PAGE]]
    more = encode_cursor(first + PAGE, str(rows[-1].row.id)) if len(found) > PAGE else None
    total = session.scalar(select(func.count()).select_from(Import).where(mine)) or 0
    return KeysetPage(rows, None, more, total, first=first)


def get_import(session: Session, import_id: UUID) -> Import:
    """Return an import of this organization; raises ImportNotFound."""
    found = session.scalar(
        select(Import).where(
            Import.id == import_id, Import.organization_id == organization_of(session)
        )
    )
    if found is None:
        raise ImportNotFound
    return found


@dataclass(frozen=True, slots=True)
class IssueCounts:
    """How much of a file needs a look."""

    refused: int = 0
    refused_rows: int = 0
    warnings: int = 0


def issue_counts(session: Session, import_id: UUID) -> IssueCounts:
    """Return how many refusals and warnings an import has, and how many rows it refused."""
    found = session.execute(
        select(ImportIssue.severity, func.count(), func.count(ImportIssue.row.distinct()))
        .where(
            ImportIssue.import_id == import_id,
            ImportIssue.organization_id == organization_of(session),
        )
        .group_by(ImportIssue.severity)
    )
    counts = {severity: (issues, rows) for severity, issues, rows in found}
    refused, rows = counts.get("refused", (0, 0))
    return IssueCounts(refused, rows, counts.get("warning", (0, 0))[0])


def import_issues(
    session: Session, import_id: UUID, severity: str, *, total: int, after: str | None = None
) -> KeysetPage[ImportIssue]:
    """Return refusals or warnings in the order they were found; `total` is known already."""
    wanted = select(ImportIssue).where(
        ImportIssue.import_id == import_id,
        ImportIssue.organization_id == organization_of(session),
        ImportIssue.severity == severity,
    )
    first = 1
    if after is not None:
        first, last = (number_in(each) for each in decode_cursor(after, length=2))
        wanted = wanted.where(ImportIssue.id > last)
    found = session.scalars(wanted.order_by(ImportIssue.id).limit(PAGE + 1)).all()
    rows = found[:PAGE]
    more = encode_cursor(first + PAGE, rows[-1].id) if len(found) > PAGE else None
    return KeysetPage(rows, None, more, total, first=first)


def get_bulk_edit(session: Session, bulk_edit_id: UUID) -> BulkEdit:
    """Return a bulk edit of this organization; raises NotFound."""
    found = session.scalar(
        select(BulkEdit).where(
            BulkEdit.id == bulk_edit_id, BulkEdit.organization_id == organization_of(session)
        )
    )
    if found is None:
        raise NotFound
    return found


def page_of_ids(ids: Sequence[Any], after: str | None, *, size: int) -> KeysetPage[UUID]:
    """Return one page of a kept selection, in the order it was kept."""
    at = max(0, decode_number(after)) if after else 0
    rows = [UUID(str(each)) for each in ids[at : at + size]]
    before = encode_cursor(max(0, at - size)) if at else None
    more = encode_cursor(at + size) if at + size < len(ids) else None
    return KeysetPage(rows, before, more, len(ids), first=at + 1)
