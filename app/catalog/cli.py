"""Commands: import-products, export-products."""

import re
import time
from pathlib import Path
from uuid import UUID

import click
from sqlalchemy import select

from app.catalog import exports, imports
from app.catalog.files import Dialect, FileKind
from app.catalog.models import Import, ImportIssue, ImportState
from app.core.actor import Actor
from app.core.db import reading
from app.core.work import unit_of_work
from app.team.cli import organization_actor, plainly
from app.team.service.organizations import CURRENCIES

_SHOWN_ISSUES = 20


def _currency(_context: click.Context, _option: click.Parameter, code: str | None) -> str | None:
    if code and code.upper() not in CURRENCIES:
        raise click.BadParameter(f"“{code}” is not a currency code such as EUR.")
    return code.upper() if code else None


@click.command("import-products")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--org", required=True, help="Short name or id of the organization.")
@click.option("--dry-run", is_flag=True, help="Plan only; nothing is changed.")
@click.option("--overwrite", is_flag=True, help="Let the file win over edits made by hand.")
@click.option(
    "--currency", callback=_currency, help="Of prices without one; else the organization's."
)
@click.option(
    "--report",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Write refusals and warnings here.",
)
@plainly
def import_products(
    file: Path,
    org: str,
    *,
    dry_run: bool,
    overwrite: bool,
    currency: str | None,
    report: Path | None,
) -> None:
    """Bring products in from a CSV or XLSX file: plan, then apply."""
    actor = organization_actor(org)
    if currency is not None and not re.fullmatch(r"[A-Za-z]{3}", currency):
        raise click.BadParameter(f"“{currency}” is not a currency code such as USD.")
    currency = currency and currency.upper()
    row = _import(actor, file, {"overwrites": overwrite, "currency": currency}, is_dry=dry_run)
    _tell(actor, row, report)
    if row.state == ImportState.FAILED:
        raise click.ClickException(row.error or "The import failed.")


def _import(actor: Actor, file: Path, choices: dict[str, object], *, is_dry: bool) -> Import:
    chosen = {name: value for name, value in choices.items() if value is not None}
    with file.open("rb") as stream, unit_of_work(actor) as work:
        import_id = imports.start_import(work, file.name, stream).id
        imports.set_choices(work, import_id, choices=chosen)
        imports.request_check(work, import_id)
    row = work_off(actor, import_id)
    if is_dry or row.state != ImportState.READY:
        return row
    with unit_of_work(actor) as work:
        imports.request_apply(work, import_id)
    return work_off(actor, import_id)


def work_off(actor: Actor, import_id: UUID) -> Import:
    """Check or apply an import here; when a worker beside us was quicker, wait for it."""
    while True:
        imports.run_import(actor, import_id)
        with reading(actor) as session:
            row = session.get_one(Import, import_id)
        if row.state not in (ImportState.CHECKING, ImportState.APPLYING):
            return row
        time.sleep(0.2)


def _tell(actor: Actor, row: Import, report: Path | None) -> None:
    counts, rows = row.counts, row.counts.get("rows", {})
    word = "Planned" if row.state == ImportState.READY else "Imported"
    click.echo(
        f"{word} from {row.file_name} ({row.dialect}): {counts.get('new', 0)} new,"
        f" {counts.get('changed', 0)} changed, {counts.get('unchanged', 0)} unchanged,"
        f" {rows.get('refused_rows', 0)} rows refused."
    )
    click.echo(
        f"Rows: {rows.get('rows', 0)} in the file = {rows.get('product_rows', 0)} products +"
        f" {rows.get('variant_rows', 0)} further variants + {rows.get('image_rows', 0)} images +"
        f" {rows.get('refused_rows', 0)} refused + {rows.get('blank_rows', 0)} blank +"
        f" {rows.get('comment_rows', 0)} comments."
    )
    with reading(actor) as session:
        found = session.scalars(
            select(ImportIssue).where(ImportIssue.import_id == row.id).order_by(ImportIssue.row)
        )
        lines = [
            f"Row {each.row}{', ' + each.column if each.column else ''}: {each.sentence}"
            f" ({each.severity})"
            for each in found
        ]
    for line in lines[:_SHOWN_ISSUES]:
        click.echo("  " + line)
    if len(lines) > _SHOWN_ISSUES:
        click.echo(f"  … and {len(lines) - _SHOWN_ISSUES} more.")
    if report is not None:
        report.write_text("\n".join(lines) + "\n", encoding="utf-8")


@click.command("export-products")
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
@click.option("--org", required=True, help="Short name or id of the organization.")
@click.option(
    "--dialect",
    type=click.Choice([d.value for d in Dialect if d is not Dialect.GENERIC]),
    default=Dialect.OWN.value,
    help="Whose columns the file has.",
)
@plainly
def export_products(file: Path, org: str, dialect: str) -> None:
    """Write the catalog to a CSV or XLSX file (by its ending)."""
    actor = organization_actor(org)
    kind = FileKind.XLSX if file.suffix.lower() == ".xlsx" else FileKind.CSV
    with file.open("wb") as stream:
        written = exports.export_products(actor, stream, dialect=Dialect(dialect), kind=kind)
    click.echo(f"Wrote {written.products} products with {written.variants} variants to {file}.")
    for name, times in sorted(written.left_out.items()):
        click.echo(f"  {dialect} has no place for {name}: {times} values left out.")


commands = (import_products, export_products)
