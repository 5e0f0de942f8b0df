"""What a bench says: verdicts, table, JSON, document; and the file it imports."""

import json
from pathlib import Path

from app.catalog.files import Accounting, Dialect, ParsedProduct, read_products, sniff
from workers.bench import importing, report
from workers.bench.wire import median, share

ROWS = [
    report.against("Intake", 700, "requests/s", 1_000, at_least=0.6),
    report.below("Edit", 1.5, "s", 1),
    report.at_least("Import", 12_000, "variants/s", 10_000),
    report.told("Dry run", 3.14159, "variants/s"),
]


def test_a_figure_holds_when_it_reaches_its_goal() -> None:
    assert [row.holds for row in ROWS] == [True, False, True, None]
    assert ROWS[0].ratio == 0.7


def test_a_limit_of_nothing_is_never_reached() -> None:
    assert report.against("Intake", 700, "requests/s", 0, at_least=0.6).holds is False


def test_json_names_what_every_row_is_about() -> None:
    rows = json.loads(report.to_json(ROWS))

    assert set(rows[0]) == {"name", "value", "unit", "limit", "ratio", "goal", "holds"}
    assert rows[1] == {
        "name": "Edit",
        "value": 1.5,
        "unit": "s",
        "limit": None,
        "ratio": None,
        "goal": "< 1 s",
        "holds": False,
    }


def test_the_table_says_it_in_words() -> None:
    lines = report.table(ROWS).splitlines()

    assert lines[1].split("  ")[0] == "Intake"
    assert "700 requests/s" in lines[1]
    assert lines[1].endswith("holds")
    assert lines[2].endswith("below")
    assert lines[4].endswith("3.14 variants/s")


def test_the_document_holds_the_table_and_says_how_to_repeat_it() -> None:
    text = report.document(ROWS, machine="2 cores", day="2026-11-21")

    assert (
        "| Intake | 700 requests/s | 1,000 requests/s | 0.70 | ≥ 0.6 of the limit | holds |" in text
    )
    assert "make bench" in text
    assert "2026-11-21, on 2 cores" in text


def test_the_bench_imports_a_file_whose_every_row_is_a_variant(tmp_path: Path) -> None:
    path = tmp_path / "products.csv"
    with path.open("w", newline="") as stream:
        stream.writelines(importing.lines(40))

    facts, accounting = sniff(path), Accounting()
    found = list(read_products(path, facts, accounting=accounting))

    assert facts.dialect is Dialect.SHOPIFY
    assert all(isinstance(each, ParsedProduct) for each in found)
    assert (len(found), accounting.rows) == (10, 40)


def test_shares_of_values_are_values() -> None:
    assert share([3, 1, 2, 4], 0.95) == 4
    assert median([3, 1, 2]) == 2
    assert share([], 0.5) == 0
