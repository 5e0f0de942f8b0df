"""No row is lost, whatever stands in it; memory does not grow with the file."""

import csv
import tracemalloc
from concurrent.futures import ProcessPoolExecutor
from io import StringIO
from multiprocessing import get_context
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.catalog.files import read_products, sniff
from tests.unit.catalog.files.bench_reading import shopify_lines, woo_lines
from tests.unit.catalog.files.reading import read

HEADERS = [
    "Handle,Title,Option1 Name,Option1 Value,Variant SKU,Variant Price,Variant Grams,Image Src",
    "ID,Type,SKU,Name,Parent,Regular price,Stock,Published,In stock?,Categories,Images,"
    "Attribute 1 name,Attribute 1 value(s)",
    "item_sku,item_name,parent_child,parent_sku,standard_price,quantity,color_name,product-id-type",
    "SyncStore record,Handle,Title,SKU,Price USD,Stock,Option 1 name,Option 1 value,Image URL",
    "Group,Name,SKU,Price,Stock,Color,Image,Sale starts",
]
CONTROLS = "".join(set(map(chr, range(1, 32))) - set("\t\n\r")) + "\x7f"  # of no table
cells = st.one_of(
    st.sampled_from(
        ["", "a", "b", "id:1", "1", "variable", "variation", "simple", "parent", "child"]
    ),
    st.sampled_from(
        ["product", "variant", "image", "https://a.example/1.jpg", "-1", "x,y", "#", "'=1", "\x1f"]
    ),
    st.text(st.characters(codec="utf-8", exclude_characters=CONTROLS), max_size=6),
)


def test_a_product_row_without_variants_is_refused_by_name() -> None:
    products, refusals, accounting = read(
        "SyncStore record,Handle,Title,SKU\r\nproduct,mug,Mug\r\n"
    )

    assert products == []
    assert [str(each.sentence) for each in refusals] == ["The product “mug” has no variant row."]
    assert accounting.refused_rows == 1


@given(st.sampled_from(HEADERS), st.lists(st.lists(cells, min_size=1, max_size=14), max_size=12))
@settings(deadline=None, max_examples=150)
def test_rows_in_are_rows_out(header: str, rows: list[list[str]]) -> None:
    text = StringIO()
    csv.writer(text).writerows([header.split(","), *rows])

    products, refusals, accounting = read(text.getvalue())

    refused = {refusal.row for refusal in refusals}
    kept = [row for product in products for row in product.row_kinds]
    assert accounting.rows == len(rows)
    assert accounting.refused_rows == len(refused)
    assert len(kept) == len(set(kept))
    assert refused.isdisjoint(kept)


@pytest.mark.parametrize("lines", [shopify_lines, woo_lines])
def test_ten_times_the_rows_take_no_more_memory(lines: object, tmp_path: Path) -> None:
    assert callable(lines)
    peaks = []

    # In a process of its own: what threads of other tests take meanwhile is not counted.
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as apart:
        for rows in (2_000, 20_000):
            path = tmp_path / f"{rows}.csv"
            path.write_text("".join(lines(rows)))
            count, peak = apart.submit(_read_apart, path).result()
            peaks.append(peak)
            assert count >= rows // 5

    assert peaks[1] < 1.5 * peaks[0] + 300_000


def _read_apart(path: Path) -> tuple[int, int]:
    """Return how many products a file has, and the most bytes reading them took at once."""
    facts = sniff(path)
    tracemalloc.start()
    count = sum(1 for _ in read_products(path, facts))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    return count, peak
