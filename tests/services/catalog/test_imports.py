"""Real files into a real catalog: no row lost, and the second time nothing to do."""

import zipfile
from datetime import timedelta
from io import BytesIO
from pathlib import Path
from uuid import UUID

import openpyxl
import pytest
from sqlalchemy import func, select

from app.catalog import bulk, cli, exports, imports, service
from app.catalog.files import Dialect, FileKind
from app.catalog.imports import running
from app.catalog.models import Import, ImportIssue, ImportState, Product, Variant
from app.core import clock, db
from app.core.actor import Actor
from app.core.work import unit_of_work
from app.gateways.storage import storage

SAMPLES = Path(__file__).parents[4] / "shared" / "samples"
FILES = sorted(
    [
        *SAMPLES.glob("shopify/product-csvs/*.csv"),
        *SAMPLES.glob("woocommerce/sample-data/*.csv"),
    ]
)


def run(actor: Actor, path: Path, *, apply: bool = True) -> Import:
    with path.open("rb") as stream, unit_of_work(actor) as work:
        import_id = imports.start_import(work, path.name, stream).id
        imports.request_check(work, import_id)
    imports.run_import(actor, import_id)
    if apply:
        with unit_of_work(actor) as work:
            imports.request_apply(work, import_id)
        imports.run_import(actor, import_id)
    return read(actor, import_id)


def read(actor: Actor, import_id: UUID) -> Import:
    with db.reading(actor) as session:
        return session.get_one(Import, import_id)


def count(actor: Actor, model: type[Product] | type[Variant] | type[ImportIssue]) -> int:
    with db.reading(actor) as session:
        return session.scalar(select(func.count()).select_from(model)) or 0


@pytest.mark.skipif(not FILES, reason="the sample files lie beside the project and are not here")
@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_every_row_is_accounted_for_and_a_second_import_plans_nothing(
    actor: Actor, path: Path
) -> None:
    first = run(actor, path)
    again = run(actor, path, apply=False)

    rows = first.counts["rows"]
    assert first.state == ImportState.DONE
    assert rows["rows"] == (
        rows["product_rows"]
        + rows["variant_rows"]
        + rows["image_rows"]
        + rows["refused_rows"]
        + rows["blank_rows"]
        + rows["comment_rows"]
    )
    assert first.counts["new"] == count(actor, Product) > 0
    assert first.counts["new_variants"] == count(actor, Variant)
    assert again.state == ImportState.READY
    assert (again.counts["new"], again.counts["changed"]) == (0, 0)
    assert again.counts["unchanged"] == first.counts["new"]


def test_a_dry_run_leaves_nothing_behind(actor: Actor, tmp_path: Path) -> None:
    path = tmp_path / "products.csv"
    path.write_text("Handle,Title,Variant SKU,Variant Price\nmug,Mug,MUG-1,10.00\n")

    checked = run(actor, path, apply=False)

    assert checked.counts["new"] == 1
    assert count(actor, Product) == 0


def test_a_refused_product_hinders_no_other(actor: Actor, tmp_path: Path) -> None:
    path = tmp_path / "products.csv"
    path.write_text(
        "Handle,Title,Variant SKU,Variant Price\n"
        "mug,Mug,MUG-1,10.00\ncup,Cup,CUP-1,cheap\nbowl,Bowl,BOWL-1,12.00\n"
    )

    done = run(actor, path)

    assert count(actor, Product) == 2
    assert done.counts["rows"]["refused_rows"] == 1
    with db.reading(actor) as session:
        (issue,) = session.scalars(select(ImportIssue))
    assert (issue.row, issue.column, issue.severity) == (3, "Variant Price", "refused")
    assert "cheap" in issue.sentence


def test_an_import_keeps_manual_edits_unless_told_to_overwrite(
    actor: Actor, tmp_path: Path
) -> None:
    path = tmp_path / "products.csv"
    path.write_text("Handle,Title,Variant SKU,Variant Price\nmug,Mug,MUG-1,10.00\n")
    run(actor, path)
    with db.reading(actor) as session:
        product_id = session.scalars(select(Product.id)).one()
    with unit_of_work(actor) as work:
        service.change_product(
            work, service.ProductChange(product_id, {"title": "My mug"}), origin="web"
        )
    path.write_text("Handle,Title,Variant SKU,Variant Price\nmug,Their mug,MUG-1,10.00\n")

    run(actor, path)

    with db.reading(actor) as session:
        assert session.scalars(select(Product.title)).one() == "My mug"


def test_what_a_file_changed_is_taken_back_together(actor: Actor, tmp_path: Path) -> None:
    path = tmp_path / "products.csv"
    head = "Handle,Title,Variant SKU,Variant Price\n"
    path.write_text(f"{head}mug,Mug,MUG-1,10.00\ncup,Cup,CUP-1,8.00\n")
    run(actor, path)
    path.write_text(f"{head}mug,Blue mug,MUG-1,11.00\ncup,Blue cup,CUP-1,9.00\n")
    second = run(actor, path)

    with unit_of_work(actor) as work:
        draft = bulk.undo_cause(work, second.id, words="the import")
        bulk.request_bulk_edit(work, draft.id)
    bulk.run_bulk_edit(actor, draft.id)

    with db.reading(actor) as session:
        assert sorted(session.scalars(select(Product.title))) == ["Cup", "Mug"]
    path.write_text(f"{head}mug,Mug,MUG-1,10.00\ncup,Cup,CUP-1,8.00\n")
    assert run(actor, path, apply=False).counts["changed"] == 0


def test_a_sku_of_another_product_is_refused_by_name(actor: Actor, tmp_path: Path) -> None:
    path = tmp_path / "products.csv"
    path.write_text(
        "Handle,Title,Variant SKU,Variant Price\nmug,Mug,MUG-1,10.00\ncup,Cup,CUP-1,9.00\n"
    )
    run(actor, path)
    path.write_text("Handle,Title,Variant SKU,Variant Price\nmug,Mug,CUP-1,10.00\n")

    done = run(actor, path)

    assert done.counts["refused"] == 1
    with db.reading(actor) as session:
        sentence = session.scalars(select(ImportIssue.sentence)).one()
    assert "CUP-1" in sentence
    assert "Cup" in sentence


def issues(actor: Actor, row: Import) -> list[tuple[int, str | None]]:
    with db.reading(actor) as session:
        found = session.scalars(
            select(ImportIssue)
            .where(ImportIssue.import_id == row.id)
            .order_by(ImportIssue.row, ImportIssue.id)
        )
        return [(each.row, each.column) for each in found if each.severity == "refused"]


def test_what_the_catalog_refuses_is_accounted_for_row_by_row(actor: Actor, tmp_path: Path) -> None:
    path = tmp_path / "products.csv"
    header = "Handle,Title,Option1 Name,Option1 Value,Variant SKU,Variant Price,Variant Grams\n"
    path.write_text(
        header
        + "mug,Mug,Size,S,MUG-S,10,1\nmug,,,M,MUG-M,12,99999999\n"
        + "mug,,,L,MUG-L,12,1\ncup,Cup,,,CUP,5,\n"
    )

    done = run(actor, path)

    rows = done.counts["rows"]
    assert (rows["product_rows"], rows["variant_rows"], rows["refused_rows"]) == (1, 0, 3)
    assert (rows["products"], rows["variants"], done.counts["refused"]) == (1, 1, 1)
    assert issues(actor, done) == [(2, None), (3, "Variant Grams"), (4, None)]
    assert count(actor, Product) == 1


def test_a_price_list_tells_of_variants_one_by_one(actor: Actor, tmp_path: Path) -> None:
    path = tmp_path / "products.csv"
    path.write_text(
        "Handle,Title,Option1 Name,Option1 Value,Variant SKU,Variant Price\n"
        "mug,Mug,Size,S,MUG-S,10\nmug,,,L,MUG-L,12\n"
    )
    run(actor, path)
    path.write_text("SKU,Name,Price\nMUG-S,Mug small,11\nMUG-L,Mug large,13\nNEW,Jug,1\n")

    done = run(actor, path)
    again = run(actor, path, apply=False)

    assert (done.counts["changed"], done.counts["new"]) == (1, 1)
    assert issues(actor, done) == []
    assert (again.counts["changed"], again.counts["unchanged"]) == (0, 2)
    with db.reading(actor) as session:
        prices = session.execute(select(Variant.sku, Variant.price_minor).order_by(Variant.sku))
        assert {row.sku: row.price_minor for row in prices} == {
            "MUG-L": 1300,
            "MUG-S": 1100,
            "NEW": 100,
        }
        assert set(session.scalars(select(Product.title))) == {"Mug", "Jug"}


def test_a_file_without_titles_makes_no_products(actor: Actor, tmp_path: Path) -> None:
    path = tmp_path / "loader.txt"
    path.write_text("sku\tprice\tquantity\thandling-time\nMUG\t5\t1\t\n")

    done = run(actor, path)

    assert count(actor, Product) == 0
    assert (done.counts["rows"]["refused_rows"], issues(actor, done)) == (1, [(2, None)])


@pytest.mark.parametrize("dialect", [each for each in Dialect if each is not Dialect.GENERIC])
@pytest.mark.parametrize("kind", FileKind)
def test_export_then_import_changes_nothing(
    actor: Actor, tmp_path: Path, dialect: Dialect, kind: FileKind
) -> None:
    amount = {"minor": 900, "currency": "USD"}
    sale = {"minor": 500, "currency": "USD"}
    mug = service.ProductDraft(
        {
            "title": "A mug of many words",
            "description": "<p>Two\nlines</p>",
            "status": "active",
            "tags": ["a, b", "c;d"],
            "categories": ["Home > Mugs", "Sale", "Home & Garden"],
            "attributes": {"Material": ["Clay; red", "Glaze"]},
            "options": [{"name": "Size", "values": ["XL", "S", "M"]}],
            "images": [
                {"key": "ext:https://a.example/1,2.jpg", "alt": "Front", "url": None},
                {"key": "ext:https://a.example/3.jpg", "alt": None, "url": None},
            ],
        },
        (
            service.VariantDraft(
                {
                    "sku": "=MUG  S",
                    "choice": {"Size": "S"},
                    "price": amount,
                    "sale_price": sale,
                    "sale_from": "2031-01-01T00:00:00+00:00",
                    "backorders": "notify",
                    "weight": {"value": "12", "unit": "oz"},
                    "length": {"value": "1", "unit": "in"},
                    "quantity": 3,
                    "gtin": "4006381333931",
                    "image": "ext:https://a.example/3.jpg",
                }
            ),
            service.VariantDraft({"choice": {"Size": "M"}, "price": amount, "quantity": None}),
        ),
        handle="mug-with-a-handle",
    )
    plain = service.ProductDraft({"title": "Ünnamed"}, handle="another-word")
    with unit_of_work(actor) as work:
        service.create_products(work, [mug, plain], origin="web")
    path = tmp_path / f"export.{kind.value}"
    with path.open("wb") as stream:
        exports.export_products(actor, stream, dialect=dialect, kind=kind)

    again = run(actor, path, apply=False)

    assert issues(actor, again) == []
    assert (again.counts["new"], again.counts["changed"]) == (0, 0), again.counts["fields"]
    assert again.counts["unchanged"] == (1 if dialect is Dialect.AMAZON else 2)


def test_a_damaged_sheet_fails_the_import_with_a_sentence(actor: Actor, tmp_path: Path) -> None:
    book, whole = openpyxl.Workbook(), BytesIO()
    for number in range(200):
        book.worksheets[0].append(["SKU", "Name"] if number == 0 else [f"S{number}", "Mug"])
    book.save(whole)
    path = tmp_path / "products.xlsx"
    with zipfile.ZipFile(whole) as old, zipfile.ZipFile(path, "w") as new:
        for entry in old.infolist():
            content = old.read(entry)
            new.writestr(entry.filename, content[:-400] if "sheet1" in entry.filename else content)

    failed = run(actor, path, apply=False)

    assert failed.state == ImportState.FAILED
    assert failed.error == "This workbook is damaged. Save it again as .xlsx."
    assert count(actor, Product) == 0


def test_thousands_of_refused_rows_are_all_named(actor: Actor, tmp_path: Path) -> None:
    path = tmp_path / "products.csv"
    path.write_text("SKU,Name,Price\n" + "".join(f"S{n},Mug {n},cheap\n" for n in range(21_000)))

    checked = run(actor, path, apply=False)

    assert checked.state == ImportState.READY
    assert count(actor, ImportIssue) == checked.counts["rows"]["refused_rows"] == 21_000


def test_an_import_that_lost_its_worker_goes_on_behind_its_last_batch(
    actor: Actor, tmp_path: Path
) -> None:
    path = tmp_path / "products.csv"
    path.write_text("SKU,Name,Price\n" + "".join(f"S{n},Mug {n},{n}\n" for n in range(1_200)))
    checked = run(actor, path, apply=False)
    with unit_of_work(actor) as work:
        row = imports.request_apply(work, checked.id)
        row.counts = {"is_applying": True, "batches": 1, "new": 500}

    imports.run_import(actor, checked.id)

    done = read(actor, checked.id)
    assert count(actor, Product) == 700
    assert (done.counts["new"], done.counts["rows"]["rows"]) == (1_200, 1_200)


def test_a_worker_that_lost_an_import_meanwhile_writes_nothing_more(
    actor: Actor, tmp_path: Path
) -> None:
    path = tmp_path / "products.csv"
    path.write_text("Handle,Title,Variant SKU,Variant Price\nmug,Mug,MUG-1,10.00\n")
    row = run(actor, path, apply=False)
    with unit_of_work(actor) as work:
        imports.request_apply(work, row.id).choices = {"overwrites": True}
    sleeper = running._claim(actor, row.id)
    assert sleeper is not None
    with storage().open(row.storage_key) as source, clock.travelling(timedelta(minutes=2)):
        slept = running._Run(actor, sleeper, source)
        imports.run_import(actor, row.id)
        with unit_of_work(actor) as work:
            product_id = work.session.scalars(select(Product.id)).one()
            edit = service.ProductChange(product_id, {"title": "Edited since"})
            service.change_product(work, edit, origin="web")

        with pytest.raises(running._Lost):
            slept.all()

    with db.reading(actor) as session:
        assert session.scalars(select(Product.title)).one() == "Edited since"
    assert read(actor, row.id).counts["new"] == 1


def test_an_import_that_keeps_losing_its_worker_ends_with_a_sentence(
    actor: Actor, tmp_path: Path
) -> None:
    path = tmp_path / "products.csv"
    path.write_text("SKU,Name,Price\nMUG,Mug,5\n")
    with path.open("rb") as stream, unit_of_work(actor) as work:
        row = imports.start_import(work, path.name, stream)
        imports.request_check(work, row.id)
        row.counts = {"is_applying": False, "tried_at": 0, "tries": 3}

    imports.run_import(actor, row.id)
    failed = read(actor, row.id)
    with unit_of_work(actor) as work:
        imports.request_check(work, row.id)
    imports.run_import(actor, row.id)

    assert failed.state == ImportState.FAILED
    assert failed.error is not None
    assert failed.error.startswith("This import stopped 3 times at the same place")
    assert read(actor, row.id).state == ImportState.READY


def test_a_command_waits_for_a_worker_that_was_quicker(actor: Actor, tmp_path: Path) -> None:
    path = tmp_path / "products.csv"
    path.write_text("SKU,Name,Price\nMUG,Mug,5\n")
    with path.open("rb") as stream, unit_of_work(actor) as work:
        row = imports.start_import(work, path.name, stream)
        imports.request_check(work, row.id)
        row.lease_until = work.now + timedelta(seconds=0.5)

    done = cli.work_off(actor, row.id)

    assert (done.state, done.counts["new"]) == (ImportState.READY, 1)


def test_variants_without_a_sku_whose_values_differ_in_case_alone_are_met_again(
    actor: Actor, tmp_path: Path
) -> None:
    path = tmp_path / "products.csv"
    path.write_text(
        "Handle,Title,Option1 Name,Option1 Value,Variant SKU,Variant Price\n"
        "bolt,Bolt,Thread,m,,10.00\nbolt,,,M,,12.00\n"
    )

    first = run(actor, path)
    again = run(actor, path)

    assert first.counts["new_variants"] == count(actor, Variant) == 2
    assert (again.counts["changed"], again.counts["unchanged"]) == (0, 1)


@pytest.mark.parametrize("dialect", [Dialect.OWN, Dialect.SHOPIFY, Dialect.WOOCOMMERCE])
def test_a_long_metafield_survives_an_export_in_every_format(
    actor: Actor, tmp_path: Path, dialect: Dialect
) -> None:
    path = tmp_path / "products.csv"
    path.write_text(
        "Handle,Title,Variant SKU,Variant Price,Care (product.metafields.custom.care)\n"
        f"mug,Mug,MUG-1,10.00,{'By hand. ' * 40}\n"
    )
    run(actor, path)
    with path.open("wb") as stream:
        exports.export_products(actor, stream, dialect=dialect)

    again = run(actor, path, apply=False)

    assert again.counts["rows"]["refused_rows"] == 0
    assert (again.counts["changed"], again.counts["unchanged"]) == (0, 1)
