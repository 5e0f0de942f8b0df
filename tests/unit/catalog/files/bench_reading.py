"""How fast files are read, against a bare csv.reader. Run it as a module."""

import csv
import sys
import tempfile
import time
import tracemalloc
from collections.abc import Iterator
from io import StringIO
from pathlib import Path

from app.catalog.files import Accounting, Dialect, read_products, sniff

ROWS = 100_000


def shopify_lines(rows: int, *, variants: int = 4) -> Iterator[str]:
    """Yield a plausible Shopify file of so many rows."""
    header = (
        "Handle,Title,Body (HTML),Vendor,Type,Tags,Published,Option1 Name,Option1 Value,"
        "Option2 Name,Option2 Value,Variant SKU,Variant Grams,Variant Inventory Tracker,"
        "Variant Inventory Qty,Variant Inventory Policy,Variant Price,Variant Compare At Price,"
        "Variant Barcode,Image Src,Image Position,Image Alt Text,Variant Image,"
        "Variant Weight Unit,Cost per item,Status\r\n"
    )
    yield header
    sizes = ("Small", "Medium", "Large", "Extra large")
    for number in range(rows):
        product, slot = divmod(number, variants)
        told = ",,,,,,,"
        if slot == 0:
            told = (
                f'Mug number {product},"<p>A fine mug, no. {product}.</p>",Acme,Mugs,'
                '"kitchen, gift",true,Size,'
            )
        url = f"https://cdn.example.com/{product}/{slot}.jpg"
        price = f"{10 + number % 90}.{number % 100:02d}"
        yield (
            f"mug-{product},{told}{sizes[slot % 4]},,,SKU-{number},{number % 5000},shopify,"
            f"{number % 300},deny,{price},,{4006381000000 + number},{url},{slot + 1},A mug,,kg,"
            f"{number % 9}.50,active\r\n"
        )


def woo_lines(rows: int, *, variants: int = 4) -> Iterator[str]:
    """Yield a WooCommerce file whose variations all stand behind all products."""
    yield (
        "ID,Type,SKU,Name,Published,Description,In stock?,Stock,Backorders allowed?,Weight (kg),"
        "Sale price,Regular price,Categories,Tags,Images,Parent,Attribute 1 name,"
        "Attribute 1 value(s),Tax status,Is featured?,Visibility in catalog\r\n"
    )
    products = rows // (variants + 1)
    for n in range(products):
        yield (
            f'{n},variable,mug-{n},Mug {n},1,A fine mug,1,,0,,,,"Home > Kitchen, Gifts",gift,'
            f'https://cdn.example.com/{n}.jpg,,Size,"S, M, L, XL",taxable,0,visible\r\n'
        )
    for n in range(rows - products):
        product, slot = n % products, n // products
        size = ("S", "M", "L", "XL", "XXL")[slot]
        yield (
            f"{products + n},variation,mug-{product}-{size},,1,,1,{n % 50},0,0.4,,{10 + n % 90}.00,"
            f",,,id:{product},Size,{size},taxable,0,visible\r\n"
        )


def measured(path: Path) -> tuple[float, float, Accounting]:
    """Return processor seconds for a bare csv.reader and for products, and the accounts."""
    text = path.read_text()
    began = time.process_time()
    for _ in csv.reader(StringIO(text, newline="")):
        pass
    bare = time.process_time() - began
    began = time.process_time()
    accounting = Accounting()
    for _ in read_products(path, sniff(path), accounting=accounting):
        pass
    return bare, time.process_time() - began, accounting


def peak(path: Path) -> int:
    """Return the highest memory while reading, in bytes."""
    tracemalloc.start()
    for _ in read_products(path, sniff(path)):
        pass
    highest = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    return highest


def main() -> None:
    """Print a table."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "products.csv"
        for dialect, lines in ((Dialect.SHOPIFY, shopify_lines), (Dialect.WOOCOMMERCE, woo_lines)):
            with path.open("w", newline="") as stream:
                stream.writelines(lines(ROWS))
            bare, taken, accounting = measured(path)
            highest = peak(path) / 1e6
            sys.stdout.write(
                f"{dialect}: {accounting.rows / taken:,.0f} rows/s, {bare / taken:.3f} of a bare "
                f"csv.reader, {highest:.1f} MB at most, balanced: {accounting.is_balanced}\n"
            )


if __name__ == "__main__":
    main()
