"""Real files into a real catalog: no row lost, and the second time nothing to do."""

from pathlib import Path
from uuid import UUID

import pytest
from sqlalchemy import func, select

from app.catalog import imports, service
from app.catalog.models import Import, ImportIssue, ImportState, Product, Variant
from app.core import db
from app.core.actor import Actor
from app.core.work import unit_of_work

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
