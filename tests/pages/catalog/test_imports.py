"""Files in and out through the pages: wizard, report, export, and who may not."""

import io
from uuid import UUID

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select

from app.catalog import imports
from app.catalog.models import Import, ImportState, Product
from app.core import db
from tests.cast import Cast, Person, csrf, enter
from tests.factories import catalog as make

SHOPIFY = (
    "Handle,Title,Variant SKU,Variant Price\nmug,Mug,MUG-1,10.00\ncup,Cup,CUP-1,cheap\n"
    "bowl,Bowl,BOWL-1,12.00\n"
)
OTHER = "Naam der Ware,Preis,Anmerkung\nBecher,10.00,blau\nTasse,12.00,rot\n"
CHOICES = {
    "currency": "USD",
    "weight_unit": "kg",
    "length_unit": "cm",
    "decimal": "",
    "day_first": "yes",
}
PARTIAL = {"HX-Request": "true", "HX-Request-Type": "partial", "HX-Target": "div#step"}


@pytest.fixture
def bob(client: FlaskClient, cast: Cast) -> FlaskClient:
    """An editor's browser."""
    return enter(client, cast.bob)


def post(browser: FlaskClient, path: str, **data: object) -> str:
    """Send a form and follow where it leads; returns the page."""
    answer = browser.post(path, data={"csrf_token": csrf(browser), **data}, follow_redirects=True)
    return answer.get_data(as_text=True)


def upload(browser: FlaskClient, text: str, somebody: Person) -> UUID:
    """Upload a file; returns the id of its import."""
    post(browser, "/products/imports", file=(io.BytesIO(text.encode()), "products.csv"))
    with db.reading(somebody.actor) as session:
        return session.scalars(select(Import.id).order_by(Import.id.desc()).limit(1)).one()


def state_of(somebody: Person, import_id: UUID) -> ImportState:
    with db.reading(somebody.actor) as session:
        return session.get_one(Import, import_id).state


def count(somebody: Person) -> int:
    with db.reading(somebody.actor) as session:
        return session.scalar(select(func.count()).select_from(Product)) or 0


def test_a_recognised_file_goes_from_upload_to_report(bob: FlaskClient, cast: Cast) -> None:
    import_id = upload(bob, SHOPIFY, cast.bob)
    address = f"/products/imports/{import_id}"
    first = bob.get(address).get_data(as_text=True)

    checking = post(bob, f"{address}/check", **CHOICES)
    imports.run_import(cast.bob.actor, import_id)
    review = bob.get(address).get_data(as_text=True)
    post(bob, f"{address}/apply")
    imports.run_import(cast.bob.actor, import_id)
    done = bob.get(address).get_data(as_text=True)
    report = bob.get(f"{address}/report", buffered=True)

    assert '<option value="shopify" selected>' in first
    assert "Checking the file" in checking
    assert "2 new, 1 row refused" in review
    assert "Import 2 products" in review
    assert "cheap" in review
    assert "Imported: 2 new, 1 row refused" in done
    assert "cheap" in report.get_data(as_text=True)
    assert report.headers["Content-Disposition"].startswith("attachment")
    assert count(cast.bob) == 2
    assert "products.csv" in bob.get("/products/imports").get_data(as_text=True)


def test_an_unknown_file_asks_for_its_columns_and_keeps_the_answer(
    bob: FlaskClient, cast: Cast
) -> None:
    import_id = upload(bob, OTHER, cast.bob)
    address = f"/products/imports/{import_id}/check"

    untitled = bob.post(address, data={"csrf_token": csrf(bob), **CHOICES, "column-1": "price"})
    twice = bob.post(
        address,
        data={"csrf_token": csrf(bob), **CHOICES, "column-0": "title", "column-2": "title"},
    )
    columns = {"column-0": "title", "column-1": "price", "column-2": "attribute:Anmerkung"}
    checking = post(bob, address, **CHOICES, **columns)
    again = upload(bob, OTHER, cast.bob)
    prefilled = bob.get(f"/products/imports/{again}").get_data(as_text=True)

    assert untitled.status_code == 422
    assert "Choose which column holds the title." in untitled.get_data(as_text=True)
    assert twice.status_code == 422
    assert "“Naam der Ware” holds this already." in twice.get_data(as_text=True)
    assert "Checking the file" in checking
    assert '<option value="attribute:Anmerkung" selected>' in prefilled


def test_other_choices_ask_for_another_dry_run(bob: FlaskClient, cast: Cast) -> None:
    import_id = upload(bob, SHOPIFY, cast.bob)
    address = f"/products/imports/{import_id}"
    post(bob, f"{address}/check", **CHOICES)
    imports.run_import(cast.bob.actor, import_id)

    post(bob, f"{address}/dialect", dialect="generic")
    refused = bob.post(f"{address}/apply", data={"csrf_token": csrf(bob)})

    assert state_of(cast.bob, import_id) == ImportState.UPLOADED
    assert refused.status_code == 409
    assert "What each column holds" in bob.get(address).get_data(as_text=True)


def test_a_step_is_answered_alone_to_htmx(bob: FlaskClient, cast: Cast) -> None:
    import_id = upload(bob, SHOPIFY, cast.bob)

    part = bob.get(f"/products/imports/{import_id}", headers=PARTIAL).get_data(as_text=True)

    assert "Check file" in part
    assert "<html" not in part


@pytest.mark.parametrize("content", [None, b"", b"PK\x03\x04 broken"])
def test_a_file_that_cannot_be_read_is_refused_at_its_field(
    bob: FlaskClient, cast: Cast, content: bytes | None
) -> None:
    file = {} if content is None else {"file": (io.BytesIO(content), "products.csv")}

    answer = bob.post("/products/imports", data={"csrf_token": csrf(bob), **file})

    assert answer.status_code == 422
    assert 'id="file-error"' in answer.get_data(as_text=True)


def test_a_cancelled_import_changes_nothing(bob: FlaskClient, cast: Cast) -> None:
    import_id = upload(bob, SHOPIFY, cast.bob)

    page = post(bob, f"/products/imports/{import_id}/cancel")

    assert "This import was cancelled" in page
    assert count(cast.bob) == 0


@pytest.mark.parametrize("dialect", ["own", "shopify", "woocommerce", "amazon"])
@pytest.mark.parametrize("kind", ["csv", "xlsx"])
def test_a_file_is_sent_in_every_format(
    bob: FlaskClient, cast: Cast, dialect: str, kind: str
) -> None:
    make.product(cast.bob.actor, {"sku": "MUG-1", "price": make.usd(1000)}, title="Mug")

    answer = bob.get(f"/products/export/file?dialect={dialect}&kind={kind}", buffered=True)

    assert answer.status_code == 200
    assert f"products-{dialect}-" in answer.headers["Content-Disposition"]
    assert kind == "xlsx" or b"MUG-1" in answer.get_data()


def test_only_what_was_selected_or_filtered_is_exported(bob: FlaskClient, cast: Cast) -> None:
    mug = make.product(cast.bob.actor, {"sku": "MUG-1"}, title="Mug")
    make.product(cast.bob.actor, {"sku": "CUP-1"}, title="Cup", status="active")

    asked = post(bob, "/products/export", ids=str(mug))
    own = "/products/export/file?dialect=own&kind=csv"
    selected = bob.get(f"{own}&ids={mug}", buffered=True).get_data()
    active = bob.get(f"{own}&status=active", buffered=True).get_data()

    assert "1 selected product" in asked
    assert (b"MUG-1" in selected, b"CUP-1" in selected) == (True, False)
    assert (b"MUG-1" in active, b"CUP-1" in active) == (False, True)
    assert bob.get("/products/export/file?dialect=odd").status_code == 422


def test_carol_neither_imports_nor_exports(client: FlaskClient, cast: Cast) -> None:
    carol = enter(client, cast.carol)

    paths = ("/products/imports", "/products/export", "/products/export/file")

    assert {path: carol.get(path).status_code for path in paths} == dict.fromkeys(paths, 403)


def test_mallory_finds_no_import_of_acme(app: Flask, client: FlaskClient, cast: Cast) -> None:
    import_id = upload(enter(client, cast.bob), SHOPIFY, cast.bob)
    mallory = enter(app.test_client(), cast.mallory)
    address = f"/products/imports/{import_id}"

    seen = [mallory.get(f"{address}{tail}").status_code for tail in ("", "/report")]
    done = [
        mallory.post(
            f"{address}/{verb}",
            data={"csrf_token": csrf(mallory), "dialect": "own", **CHOICES},
        ).status_code
        for verb in ("check", "apply", "cancel", "dialect")
    ]

    assert {*seen, *done} == {404}
    assert state_of(cast.bob, import_id) == ImportState.UPLOADED
