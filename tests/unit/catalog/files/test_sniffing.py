"""What a first look at a file tells."""

import zipfile
from contextlib import suppress
from datetime import datetime
from io import BytesIO

import openpyxl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.catalog.files import Dialect, FileFacts, FileKind, UnreadableFile, sniff, with_ignored
from app.catalog.files.rows import workbook_rows
from tests.unit.catalog.files.reading import read, usd

OLD = "Handle,Title,Vendor,Option1 Name,Option1 Value,Variant SKU,Variant Price\n"
NEW = (
    "Title,URL handle,Description,Vendor,Product category,Type,Tags,Published on online store,"
    "Status,SKU,Barcode,Option1 name,Option1 value,Price,Compare-at price,Cost per item,"
    "Inventory tracker,Inventory quantity,Continue selling when out of stock,"
    "Weight value (grams),Weight unit for display,Product image URL,Image position,"
    "Image alt text,Variant image URL\n"
)
WOO = "ID,Type,SKU,Name,Published,In stock?,Regular price,Categories,Images,Parent\n"
REPORT = "item-name\titem-description\tlisting-id\tseller-sku\tprice\tquantity\tasin1\tstatus\n"


@pytest.mark.parametrize(
    ("text", "dialect"),
    [
        (OLD, Dialect.SHOPIFY),
        (NEW, Dialect.SHOPIFY),
        (WOO, Dialect.WOOCOMMERCE),
        (REPORT, Dialect.AMAZON),
        ("sku\tprice\tquantity\thandling-time\n", Dialect.AMAZON),
        ("SyncStore record,Handle,Title\n", Dialect.OWN),
        ("Artikelnummer;Bezeichnung;Preis\n", Dialect.GENERIC),
        ("name,price,type\n", Dialect.GENERIC),
    ],
)
def test_the_header_tells_the_dialect(text: str, dialect: Dialect) -> None:
    assert sniff(text.encode()).dialect is dialect


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_the_delimiter_is_found(delimiter: str) -> None:
    text = 'Name;Preis;Text\nTasse;"1,50";"a, b, c"\nTeller;"2,50";"d, e, f"\n'

    facts = sniff(text.replace(";", delimiter).encode())

    assert (facts.delimiter, facts.header) == (delimiter, ("Name", "Preis", "Text"))


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
@pytest.mark.parametrize("title", ["Price list 2026", "Exported on Nov 29, 2026"])
def test_the_delimiter_is_found_below_a_title(title: str, delimiter: str) -> None:
    text = title + "\n\nSKU;Name;Price\nMUG;Mug;12\nCUP;Cup;9\n"

    products, refusals, _ = read(text.replace(";", delimiter))

    assert [product.values["title"] for product in products] == ["Mug", "Cup"]
    assert refusals == []


def test_quotes_in_a_table_with_tabs_hold_lines_together_or_are_inch_marks() -> None:
    saved = 'SKU\tName\tPrice\r\nMUG\t"Mug\r\nof clay"\t12\r\nTV\tTV 55"\t399\r\n'
    plain = 'SKU\tName\tPrice\nTV\tTV 55"\t399\nBOX\t"Box\t3\n'

    products, refusals, _ = read(saved.encode("utf-16"))
    others, _, _ = read(plain)

    titles = [each.values["title"].split() for each in products]
    assert titles == [["Mug", "of", "clay"], ["TV", '55"']]
    assert refusals == []
    assert [each.values["title"] for each in others] == ['TV 55"', '"Box']


def test_a_line_may_name_the_delimiter() -> None:
    products, _, accounting = read("sep=;\nName;Preis\nTasse;1,50\n", currency="EUR")

    assert products[0].rows == (3,)
    assert accounting.rows == 1


@pytest.mark.parametrize(
    ("encoding", "named"),
    [
        ("utf-8", "utf-8"),
        ("utf-8-sig", "utf-8"),
        ("utf-16", "utf-16"),
        ("utf-16-le", "utf-16-le"),
        ("cp1252", "cp1252"),
    ],
)
def test_encodings_are_told_apart(encoding: str, named: str) -> None:
    text = "Name;Preis;Beschreibung\n" + "Größe für Bücher – schön;1,50;Äpfel, Öl und Übermut\n" * 9

    facts = sniff(text.encode(encoding))
    products, _, _ = read(text.encode(encoding), currency="EUR")

    assert facts.encoding == named
    assert products[0].values["title"] == "Größe für Bücher – schön"


def test_an_old_encoding_deep_in_the_file_is_noticed() -> None:
    text = "Name,Price\n" + "Mug,1\n" * 50_000 + "Caf\u00e9 cr\u00e8me,2\n"

    facts = sniff(text.encode("cp1252"))

    assert facts.encoding != "utf-8"


def test_headers_get_names_of_their_own() -> None:
    facts = sniff(b"Name,,Price,Price,\nMug,,1,2,\n")

    assert facts.header == ("Name", "Column 2", "Price", "Price (2)", "Column 5")


def test_columns_nobody_reads_are_named() -> None:
    facts = with_ignored(sniff((OLD.strip() + ",Gift Card,SEO Title\n").encode()))

    assert facts.ignored == ("Gift Card", "SEO Title")


def test_facts_survive_as_json() -> None:
    facts = sniff(OLD.encode())

    assert FileFacts.from_json(facts.to_json()) == facts


@pytest.mark.parametrize(
    ("raw", "sentence"),
    [
        (b"", "This file is empty."),
        (b"\xef\xbb\xbf\r\n", "This file is empty."),
        (b"\xd0\xcf\x11\xe0old", "This is an old .xls workbook"),
        (b"PK\x03\x04broken", "This workbook is damaged."),
        (b"%PDF-1.7", "This is not a table."),
        (b"\x89PNG\r\n\x1a\n" + bytes(200), "This is not a table."),
        (b"\xff\xd8\xff\xe0" + bytes(200), "This is not a table."),
    ],
)
def test_a_file_that_cannot_be_read_says_why(raw: bytes, sentence: str) -> None:
    with pytest.raises(UnreadableFile, match=sentence):
        sniff(raw)


def workbook(rows: list[list[object]], **formats: str) -> bytes:
    book = openpyxl.Workbook()
    sheet = book.worksheets[0]
    for row in rows:
        sheet.append(row)
    for place, form in formats.items():
        sheet[place].number_format = form
    stream = BytesIO()
    book.save(stream)
    return stream.getvalue()


def test_a_workbook_is_read_as_people_see_it() -> None:
    raw = workbook(
        [
            ["Name", "EAN", "Price", "Sale price", "Sale starts", "Stock", "Discount", "Published"],
            ["Mug", 1234567890123.0, 12.5, 9, datetime(2026, 11, 20), 5.0, 0.19, True],  # noqa: DTZ001
            [],
            ["Cup", 96385074, 3, None, None, 0, 0.5, False],
        ],
        B4="0000000000000",
        G2="0%",
    )

    facts = sniff(raw)
    products, refusals, accounting = read(raw)

    mug, cup = (product.variants[0].values for product in products)
    assert (facts.kind, facts.sheets) == (FileKind.XLSX, ("Sheet",))
    assert facts.sample_rows[0][6] == "19%"
    assert refusals == []
    assert (accounting.rows, accounting.blank_rows) == (3, 1)
    assert (mug["gtin"], mug["price"], mug["quantity"]) == ("1234567890123", usd(1250), 5)
    assert mug["sale_from"] == "2026-11-20T00:00:00+00:00"
    assert cup["gtin"] == "0000096385074"
    assert [product.values["status"] for product in products] == ["active", "inactive"]
    assert products[1].rows == (4,)


@settings(max_examples=80, deadline=None)
@given(at=st.integers(0, 6000), junk=st.binary(min_size=1, max_size=40))
def test_a_damaged_workbook_is_read_or_refused_and_nothing_else(at: int, junk: bytes) -> None:
    sound = workbook([["Handle", "Title"], ["mug", "Mug"], ["cup", "Cup"]])
    at %= len(sound)

    rows = []
    with suppress(UnreadableFile):
        rows = list(workbook_rows(sound[:at] + junk + sound[at + len(junk) :]))

    assert len(rows) <= 3


def packed(**parts: str) -> bytes:
    """Return a workbook whose inner files say what is given."""
    target, whole = BytesIO(), BytesIO(workbook([["a"]]))
    with zipfile.ZipFile(whole) as sound, zipfile.ZipFile(target, "w") as odd:
        for name in sound.namelist():
            part = name.rpartition("/")[2].partition(".")[0]
            odd.writestr(name, parts.get(part, sound.read(name)), zipfile.ZIP_DEFLATED)
    return target.getvalue()


def test_a_workbook_that_swells_in_memory_is_refused_before_it_does() -> None:
    swollen = packed(styles="<styleSheet>" + " " * (257 * 1024 * 1024) + "</styleSheet>")

    with pytest.raises(UnreadableFile, match="too large once unpacked"):
        sniff(swollen)


def test_words_that_stand_for_words_that_stand_for_words_are_refused() -> None:
    stands = '<!ENTITY a0 "lol">' + "".join(
        f'<!ENTITY a{n} "' + f"&a{n - 1};" * 10 + '">' for n in range(1, 12)
    )
    laughs = f'<?xml version="1.0"?><!DOCTYPE a [{stands}]><styleSheet>&a11;</styleSheet>'

    with pytest.raises(UnreadableFile, match="damaged"):
        sniff(packed(styles=laughs))
