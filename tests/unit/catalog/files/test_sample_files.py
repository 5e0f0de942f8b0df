"""Files of real shops: every row is accounted for, and writing them changes nothing."""

from io import BytesIO
from pathlib import Path

import pytest

from app.catalog.files import (
    Accounting,
    Dialect,
    ExportOptions,
    ExportProduct,
    FileKind,
    ParsedProduct,
    read_products,
    sniff,
    write_products,
)
from tests.unit.catalog.files.reading import told, usd

SAMPLES = Path(__file__).parents[4].parent / "shared" / "samples"
SHOPIFY = SAMPLES / "shopify" / "product-csvs"
WOOCOMMERCE = SAMPLES / "woocommerce" / "sample-data"
pytestmark = pytest.mark.skipif(
    not SAMPLES.is_dir(), reason="the sample files lie beside the project, not in it"
)

# file → rows; rows that begin a product, add a variant, add a picture; products, variants,
# pictures, notices. Counted by hand from the files.
EXPECTED = {
    SHOPIFY / "apparel.csv": (22, (20, 2, 0), (20, 22, 20, 0)),
    SHOPIFY / "home-and-garden.csv": (21, (20, 1, 0), (20, 21, 21, 0)),
    SHOPIFY / "jewelery.csv": (41, (20, 3, 18), (20, 23, 41, 0)),
    WOOCOMMERCE / "sample_products.csv": (25, (18, 7, 0), (18, 23, 26, 4)),
    WOOCOMMERCE / "experimental_sample_9_products.csv": (9, (9, 0, 0), (9, 9, 17, 3)),
    WOOCOMMERCE / "experimental_fashion_sample_9_products.csv": (9, (9, 0, 0), (9, 9, 10, 2)),
}
each_file = pytest.mark.parametrize("path", EXPECTED, ids=lambda path: path.stem)


def products_of(path: Path) -> list[ParsedProduct]:
    found = list(read_products(path, sniff(path)))
    products = [item for item in found if isinstance(item, ParsedProduct)]
    assert len(products) == len(found)
    return products


@each_file
def test_every_row_of_a_sample_is_accounted_for(path: Path) -> None:
    accounting = Accounting()

    list(read_products(path, sniff(path), accounting=accounting))

    rows, kinds, totals = EXPECTED[path]
    assert accounting.is_balanced
    assert accounting.rows == rows
    assert (accounting.product_rows, accounting.variant_rows, accounting.image_rows) == kinds
    assert (accounting.refused_rows, accounting.blank_rows, accounting.comment_rows) == (0, 0, 0)
    counted = (accounting.products, accounting.variants, accounting.images, accounting.warnings)
    assert counted == totals


@each_file
@pytest.mark.parametrize("kind", FileKind)
def test_a_sample_written_again_says_the_same(path: Path, kind: FileKind) -> None:
    products = products_of(path)
    first = products[0]
    fields = frozenset(first.values) | frozenset(first.variants[0].values)
    is_shopify = path.parent == SHOPIFY
    options = ExportOptions(kind=kind, weight_unit="lb", length_unit="in", fields=fields)
    stream = BytesIO()

    written = write_products(
        map(ExportProduct.of, products),
        stream,
        Dialect.SHOPIFY if is_shopify else Dialect.WOOCOMMERCE,
        options,
    )

    again = [
        item for item in read_products(stream, sniff(stream)) if isinstance(item, ParsedProduct)
    ]
    assert written.left_out == {}
    assert list(map(told, again)) == list(map(told, products))


@each_file
def test_a_sample_goes_through_our_own_format(path: Path) -> None:
    products = products_of(path)
    stream = BytesIO()

    write_products(map(ExportProduct.of, products), stream, Dialect.OWN)

    again = [
        item for item in read_products(stream, sniff(stream)) if isinstance(item, ParsedProduct)
    ]
    for before, after in zip(products, again, strict=True):
        assert dict(before.values).items() <= dict(after.values).items()
        assert len(before.variants) == len(after.variants)
        for one, other in zip(before.variants, after.variants, strict=True):
            assert dict(one.values).items() <= dict(other.values).items()


def test_a_bracelet_has_its_pictures_and_its_sale() -> None:
    bracelet = products_of(SHOPIFY / "jewelery.csv")[1]

    gold, silver = bracelet.variants

    assert bracelet.key == "leather-anchor"
    assert bracelet.rows == (4, 5, 6)
    assert bracelet.values["options"] == [{"name": "Color", "values": ["Gold", "Silver"]}]
    assert (gold.values["price"], gold.values["sale_price"]) == (usd(8500), usd(6999))
    assert (silver.values["price"], silver.values["sale_price"]) == (usd(8500), usd(5500))
    assert silver.values["quantity"] is None  # the shop does not track it
    assert [image["url"].rpartition("/")[2] for image in bracelet.images] == [
        "anchor-bracelet-mens_925x.jpg",
        "anchor-bracelet-for-men_925x.jpg",
        "leather-anchor-bracelet-for-men_925x.jpg",
    ]


def test_earrings_of_28_grams_stay_28_grams() -> None:
    earrings = next(
        product
        for product in products_of(SHOPIFY / "jewelery.csv")
        if product.key == "boho-earrings"
    )

    assert earrings.variants[0].values["weight"] == {"value": "28", "unit": "g"}


def test_a_hoodie_gathers_variations_from_all_over_the_file() -> None:
    products = {item.key: item for item in products_of(WOOCOMMERCE / "sample_products.csv")}
    hoodie, tee = products["woo-hoodie"], products["woo-vneck-tee"]

    assert hoodie.rows == (3, 19, 20, 21, 26)
    assert [variant.values["choice"] for variant in hoodie.variants] == [
        {"Color": "Red", "Logo": "No"},
        {"Color": "Green", "Logo": "No"},
        {"Color": "Blue", "Logo": "No"},
        {"Color": "Blue", "Logo": "Yes"},
    ]
    assert hoodie.values["options"] == [
        {"name": "Color", "values": ["Blue", "Green", "Red"]},
        {"name": "Logo", "values": ["Yes", "No"]},
    ]
    assert hoodie.variants[0].values["sale_price"] == usd(4200)
    # "any size": the size tells the tee's variants apart no more than its cloth does
    assert tee.values["options"] == [{"name": "Color", "values": ["Blue", "Green", "Red"]}]
    assert tee.values["attributes"] == {"Size": ["Large", "Medium", "Small"]}
    assert tee.values["categories"] == ["Clothing > Tshirts"]


def test_stock_and_measures_come_with_their_units() -> None:
    products = {
        item.key: item
        for item in products_of(WOOCOMMERCE / "experimental_fashion_sample_9_products.csv")
    }
    shirt = products["woo-fashion-shirt"].variants[0].values
    blouse = products["woo-fashion-blouse"].variants[0].values

    assert shirt["quantity"] == 10
    assert shirt["weight"] == {"value": "1.2", "unit": "lb"}
    assert shirt["height"] == {"value": "2", "unit": "in"}
    assert (blouse["price"], blouse["quantity"]) == (None, None)
