"""Writes on imports: a file kept and recognised, choices, the wish to check or apply."""

from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha256
from typing import Any, BinaryIO, Final
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert

from app.catalog.errors import ImportNotFound, ImportNotReady
from app.catalog.files import ColumnMapping, Dialect, FileFacts, sniff, suggest, with_ignored
from app.catalog.models import Import, ImportMapping, ImportState
from app.core.errors import Invalid
from app.core.work import Work
from app.gateways.storage import storage
from app.team.models import Organization

MAX_BYTES: Final = 200 * 1024 * 1024
_OPEN: Final = (ImportState.UPLOADED, ImportState.READY, ImportState.FAILED)


@dataclass(frozen=True, slots=True)
class ImportRequested:
    """A worker shall check or apply an import."""

    import_id: UUID


def start_import(work: Work, file_name: str, content: BinaryIO) -> Import:
    """Keep a file and recognise what it is; raises Invalid at `file` when it cannot be read."""
    suffix = _suffix(file_name)
    key = storage().keep(content, folder="imports", suffix=suffix, max_bytes=MAX_BYTES)
    with storage().open(key) as stream:
        facts = sniff(stream)
    row = Import(
        organization_id=work.organization_id,
        user_id=work.actor.user_id,
        file_name=file_name[:255],
        storage_key=key,
        bytes=storage().size(key),
        facts=facts.to_json(),
        dialect=facts.dialect.value,
        mapping=_mapping_for(work, facts),
        choices=_first_choices(work),
        state=ImportState.UPLOADED,
    )
    work.session.add(row)
    work.session.flush()
    return row


def _suffix(file_name: str) -> str:
    ending = file_name.rpartition(".")[2].lower()
    return ending if ending in ("csv", "tsv", "txt", "xlsx") else "csv"


def _first_choices(work: Work) -> dict[str, Any]:
    home = work.session.get_one(Organization, work.organization_id)
    return {
        "currency": home.currency,
        "weight_unit": home.weight_unit,
        "length_unit": home.length_unit,
        "timezone": home.timezone,
        "overwrites": False,
    }


def header_key(facts: FileFacts) -> str:
    """Return under what a mapping for files with this header is kept."""
    return sha256("\x1f".join(facts.header).encode()).hexdigest()


def _mapping_for(work: Work, facts: FileFacts) -> dict[str, Any] | None:
    """Return the kept mapping for this header, else a suggestion; known dialects need none."""
    if facts.dialect is not Dialect.GENERIC:
        return None
    kept = work.session.scalar(
        select(ImportMapping.mapping).where(
            ImportMapping.organization_id == work.organization_id,
            ImportMapping.header_key == header_key(facts),
        )
    )
    return kept or suggest(facts.header).to_json()


def get_import(work: Work, import_id: UUID) -> Import:
    """Return an import of this organization, locked; raises ImportNotFound."""
    found = work.session.scalar(
        select(Import)
        .where(Import.id == import_id, Import.organization_id == work.organization_id)
        .with_for_update()
    )
    if found is None:
        raise ImportNotFound
    return found


def set_choices(
    work: Work,
    import_id: UUID,
    *,
    choices: Mapping[str, Any],
    columns: Mapping[str, str] | None = None,
    dialect: Dialect | None = None,
) -> Import:
    """Save what a person chose for a file; a mapping is kept for the next file like it."""
    row = get_import(work, import_id)
    _refuse_unless(row, *_OPEN)
    row.choices = {**row.choices, **choices}
    row.state = ImportState.UPLOADED  # an earlier dry run says nothing about other choices
    if dialect is not None:
        row.dialect = dialect.value
    if columns is not None and row.dialect == Dialect.GENERIC:
        if "title" not in columns.values():
            raise Invalid(fields={"mapping": "Choose which column holds the title."})
        facts = with_ignored(facts_of(row), ColumnMapping(columns))
        row.mapping, row.facts = ColumnMapping(columns).to_json(), facts.to_json()
        _keep_mapping(work, row, facts)
    return row


def _keep_mapping(work: Work, row: Import, facts: FileFacts) -> None:
    kept = insert(ImportMapping).values(
        organization_id=work.organization_id,
        header_key=header_key(facts),
        name=row.file_name[:100],
        mapping=row.mapping,
    )
    work.session.execute(
        kept.on_conflict_do_update(
            index_elements=[ImportMapping.organization_id, ImportMapping.header_key],
            set_={"mapping": kept.excluded.mapping, "name": kept.excluded.name},
        )
    )


def facts_of(row: Import) -> FileFacts:
    """Return what is known of an import's file, with the dialect a person may have chosen."""
    return FileFacts.from_json({**row.facts, "dialect": row.dialect})


def request_check(work: Work, import_id: UUID) -> Import:
    """Ask for the dry run."""
    row = get_import(work, import_id)
    _refuse_unless(row, *_OPEN)
    return _ask(work, row, ImportState.CHECKING)


def request_apply(work: Work, import_id: UUID) -> Import:
    """Ask for what the dry run showed to be done."""
    row = get_import(work, import_id)
    _refuse_unless(row, ImportState.READY)
    return _ask(work, row, ImportState.APPLYING)


def _ask(work: Work, row: Import, state: ImportState) -> Import:
    row.state, row.rows_done, row.error, row.lease_until = state, 0, None, None
    row.started_at, row.finished_at = work.now, None
    row.counts = {name: told for name, told in row.counts.items() if name != "tries"}
    row.version += 1
    work.emit(ImportRequested(row.id))
    work.touch(f"import-{row.id}", "imports")
    return row


def cancel_import(work: Work, import_id: UUID) -> Import:
    """Stop an import; what was applied stays, and can be seen in the report."""
    row = get_import(work, import_id)
    if row.state in (ImportState.DONE, ImportState.CANCELLED):
        raise ImportNotReady("This import is over already.")
    row.state, row.finished_at = ImportState.CANCELLED, work.now
    work.touch(f"import-{row.id}", "imports")
    return row


def _refuse_unless(row: Import, *states: ImportState) -> None:
    if row.state not in states:
        raise ImportNotReady
