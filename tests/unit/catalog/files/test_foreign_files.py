"""Files that other programs and other people made, with what goes wrong in them."""

import zipfile
from io import BytesIO

import openpyxl
import pytest
import xlsxwriter

from app.catalog.files import Dialect, UnreadableFile, sniff, titles_of
from app.catalog.files.columns import FURTHER_CATEGORIES, HANDLE_META
from app.catalog.files.languages import english
from app.catalog.files.types import Notice
from tests.unit.catalog.files.reading import read, usd

GERMAN = (
    "ID,Typ,Artikelnummer,Name,Veröffentlicht,Ist hervorgehoben?,Vorrätig?,Bestand,Gewicht (kg),"
    "Angebotspreis,Regulärer Preis,Kategorien,Bilder,Übergeordnetes Produkt,Attribut 1 Name,"
    "Attribut 1 Wert(e)\n"
)
SPANISH = (
    "ID,Tipo,SKU,Nombre,Publicado,¿Está destacado?,¿En inventario?,Inventario,Peso (kg),"
    "Precio rebajado,Precio normal,Categorías,Imágenes,Superior,Nombre del atributo 1,"
    "Valor(es) del atributo 1\n"
)
FRENCH = (
    "ID,Type,UGS,Nom,Publié,Mis en avant ?,En stock ?,Stock,Poids (kg),Tarif promo,Tarif régulier,"
    "Catégories,Images,Parent,Nom de l'attribut 1,Valeur(s) de l'attribut 1\n"
)
WOO_ROWS = (
    '1,variable,TEE,Tee,1,0,1,,,,,A > B,,,Size,"S, M"\n'
    '2,variation,TEE-S,Tee S,1,0,1,4,"0,5",,"12,50",,,TEE,Size,S\n'
)


@pytest.mark.parametrize("header", [GERMAN, SPANISH, FRENCH])
def test_a_woocommerce_export_is_read_in_the_language_of_its_shop(header: str) -> None:
    products, refusals, accounting = read(header + WOO_ROWS)

    (tee,) = products
    (small,) = tee.variants
    assert sniff((header + WOO_ROWS).encode()).dialect is Dialect.WOOCOMMERCE
    assert refusals == []
    assert (accounting.product_rows, accounting.variant_rows) == (1, 1)
    assert tee.values["categories"] == ["A > B"]
    assert (small.values["price"], small.values["quantity"]) == (usd(1250), 4)
    assert small.values["weight"] == {"value": "0.5", "unit": "kg"}
    assert small.values["choice"] == {"Size": "S"}


def test_a_bad_cell_is_named_by_the_title_the_file_has() -> None:
    _, refusals, _ = read(GERMAN + "1,simple,A,Uhr,1,0,1,,,,viel,,,,,\n")

    assert [str(each) for each in refusals] == ["Row 2, Regulärer Preis: “viel” is not an amount."]


@pytest.mark.parametrize(
    ("title", "name"),
    [
        ("Attribut 2 Wert(e)", "attribute 2 value(s)"),
        ("Valeur(s) de l'attribut 3", "attribute 3 value(s)"),
        ("Attribut 1 Sichtbar", "Attribut 1 Sichtbar"),
        ("Länge (cm)", "length (cm)"),
        ("Farbe", "Farbe"),
    ],
)
def test_only_woocommerces_names_are_translated(title: str, name: str) -> None:
    assert english(title) == name


def test_a_hand_made_table_is_not_taken_for_a_shops() -> None:
    header = b"SKU,Name,Short description,Categories,Images,Stock,Price\nA,Mug,,,,1,5\n"

    assert sniff(header).dialect is Dialect.GENERIC
    assert sniff(b"Token,Item Name,SKU,Price\nT,Mug,M,5\n").dialect is Dialect.GENERIC


def test_titles_and_notes_may_stand_above_the_header() -> None:
    products, refusals, accounting = read(
        "Price list 2026;;\n;;\nArt.-Nr.;Bezeichnung;VK brutto\n1001;Tasse;12,90 €\n",
        currency="EUR",
    )

    assert refusals == []
    assert (products[0].key, products[0].rows, accounting.rows) == ("1001", (4,), 1)
    assert products[0].variants[0].values["price"] == {"minor": 1290, "currency": "EUR"}


def test_a_note_above_a_shopify_header_is_no_header() -> None:
    text = "Our shop\nHandle,Title,Variant SKU,Variant Price\nmug,Mug,M,5\n"

    assert sniff(text.encode()).dialect is Dialect.SHOPIFY
    assert [product.key for product in read(text)[0]] == ["mug"]


def test_the_first_row_may_name_a_tab() -> None:
    products, _, _ = read("sep=\t\r\nName\tPrice\r\nMug\t1.50\r\n")

    assert products[0].variants[0].values["price"] == usd(150)


def test_nul_bytes_deep_in_a_marked_file_are_dropped() -> None:
    rows = "".join(f"p{number},{'x' * 900}\n" for number in range(100))

    products, _, _ = read(
        b"\xef\xbb\xbf"
        + f"Handle,Title\n{rows}nu\0l,N\0ul\n".replace("x" * 900, "x" * 200).encode()
    )

    assert (products[-1].key, products[-1].values["title"]) == ("nul", "Nul")


def test_rows_pasted_in_another_encoding_do_not_spoil_the_rest() -> None:
    raw = b"Name,Price\n" + "Größe für Bücher,1\n".encode() * 20 + "Café,2\n".encode("cp1252")

    products, _, _ = read(raw)

    assert products[0].values["title"] == "Größe für Bücher"
    assert products[-1].values["title"] == "Café"


@pytest.mark.parametrize(
    "raw",
    [
        b"\x89PNG\r\n\x1a\n\0\0",
        b"<!DOCTYPE html><html></html>",
        b'[{"title": "Mug"}]',
        bytes(range(1, 32)) * 20,
    ],
)
def test_what_is_no_table_is_not_guessed_at(raw: bytes) -> None:
    with pytest.raises(UnreadableFile, match="This is not a table"):
        sniff(raw)


def workbook(rows: list[list[object]], **replaced: tuple[bytes, bytes]) -> bytes:
    book = openpyxl.Workbook()
    for row in rows:
        book.worksheets[0].append(row)
    stream, patched = BytesIO(), BytesIO()
    book.save(stream)
    with zipfile.ZipFile(stream) as old, zipfile.ZipFile(patched, "w", zipfile.ZIP_DEFLATED) as new:
        for entry in old.infolist():
            content = old.read(entry)
            for part, (before, after) in replaced.items():
                if part in entry.filename:
                    content = content.replace(before, after)
            new.writestr(entry.filename, content)
    return patched.getvalue()


@pytest.mark.parametrize("harm", [b"<sheetData>&#xD800;", b"<sheetData><row"])
def test_a_damaged_sheet_is_said_to_be_damaged(harm: bytes) -> None:
    with pytest.raises(UnreadableFile, match="This workbook is damaged"):
        sniff(workbook([["Name"], ["Mug"]], sheet1=(b"<sheetData>", harm)))


def test_a_workbook_that_swells_is_refused_before_it_is_unpacked() -> None:
    swollen = b"<sheetData>" + b" " * (80 * 1024**2)

    with pytest.raises(UnreadableFile, match="too large once unpacked"):
        sniff(workbook([["Name"], ["Mug"]], sheet1=(b"<sheetData>", swollen)))


def test_the_sheet_with_products_is_found() -> None:
    book = openpyxl.Workbook()
    book.worksheets[0].append(["How to fill in this file"])
    book.create_sheet("Products").append(["SKU", "Name", "Price"])
    stream = BytesIO()
    book.save(stream)

    assert sniff(stream.getvalue()).sheet == "Products"


def test_a_note_beside_the_table_is_a_column_nobody_reads() -> None:
    products, refusals, _ = read(
        workbook([["SKU", "Name", "Price"], ["A", "Mug", 0.1 + 0.2, None, "call Bob"]])
    )

    assert refusals == []
    assert products[0].variants[0].values["price"] == usd(30)


def test_a_cell_of_many_megabytes_refuses_its_row_alone() -> None:
    products, refusals, _ = read(f"Name,Description\nMug,{'x' * 5_000_000}\nCup,\n")

    assert [product.values["title"] for product in products] == ["Cup"]
    assert refusals[0].sentence == "This is longer than 200,000 characters."


def test_a_row_without_a_key_is_a_product_of_its_own() -> None:
    products, refusals, _ = read(
        "id\ttitle\tprice\titem_group_id\tcolor\timage_link\n"
        "M-R\tMug\t5 USD\tMUG\tRed\thttps://a.example/1.jpg\n"
        "M-B\tMug\t5 USD\tMUG\tBlue\t\nCUP\tCup\t3 USD\t\t\t\n"
    )

    assert refusals == []
    assert [(each.key, len(each.variants)) for each in products] == [("MUG", 2), ("CUP", 1)]
    assert products[0].variants[0].values["sku"] == "M-R"


def test_2048_values_of_an_option_are_no_list_too_long() -> None:
    rows = "".join(f"variant,mug,,S{number},{number}\n" for number in range(2048))

    products, refusals, _ = read(
        "SyncStore record,Handle,Title,SKU,Option 1 value,Option 1 name,Option 1 values\n"
        f"product,mug,Mug,,,No,{'; '.join(map(str, range(2048)))}\n" + rows.replace("\n", ",,\n")
    )

    assert refusals == []
    assert len(products[0].variants) == 2048


def test_kinds_of_products_we_do_not_know_are_plain_ones() -> None:
    products, refusals, _ = read(
        "Type,SKU,Name,Regular price,In stock?,Parent,Attribute 1 name,Attribute 1 value(s)\n"
        "bundle,SET,Set,5,1,,,\n"
        "variable-subscription,CLUB,Club,,1,,Term,\n"
        "subscription_variation,CLUB-1,,9,1,CLUB,Term,Month\n"
    )

    assert refusals == []
    assert [product.kind for product in products] == ["simple", "variable"]
    assert products[0].warnings == (
        Notice(2, "Type", "A product of type “bundle” is taken as a plain one."),
    )


def test_a_later_row_that_renames_an_option_is_told() -> None:
    products, _, _ = read(
        "Handle,Title,Option1 Name,Option1 Value,Variant SKU\nmug,Mug,Size,S,A\nmug,,Colour,M,B\n"
    )

    sentence = "This row calls the option “Colour”; “Size” is taken."
    assert products[0].warnings == (Notice(3, "Option1 Name", sentence),)


def test_the_next_row_begins_a_product_whose_first_row_was_refused() -> None:
    products, _, accounting = read(
        "Handle,Title,Option1 Name,Option1 Value,Variant SKU,Variant Price\n"
        "mug,Mug,Size,S,A,cheap\nmug,,,M,B,5\n"
    )

    assert len(products) == accounting.product_rows == 1
    assert (accounting.variant_rows, accounting.refused_rows) == (0, 1)


@pytest.mark.parametrize(
    ("cell", "url"),
    [
        ("//cdn.example/a.jpg", "https://cdn.example/a.jpg"),
        ("HTTPS://cdn.example/A.jpg", "https://cdn.example/A.jpg"),
        ("https://cdn.example/my mug.jpg", "https://cdn.example/my%20mug.jpg"),
    ],
)
def test_an_address_is_mended_where_it_can_be(cell: str, url: str) -> None:
    products, _, _ = read(f"Handle,Title,Variant SKU,Image Src\nmug,Mug,M,{cell}\n")

    assert [image["url"] for image in products[0].images] == [url]


@pytest.mark.parametrize("cell", ["https://", "https://[::1/a.jpg", "/m/h/mug.jpg"])
def test_an_address_without_a_host_is_left_out(cell: str) -> None:
    products, _, _ = read(f"Handle,Title,Variant SKU,Image Src\nmug,Mug,M,{cell}\n")

    assert not products[0].images
    assert len(products[0].warnings) == 1


def test_two_spellings_of_one_letter_are_one_sku() -> None:
    _, refusals, _ = read("Name,SKU\nMug,\u00e9\nCup,e\u0301\n")

    assert [refusal.row for refusal in refusals] == [3]


def test_a_barcode_may_come_as_text_or_as_an_isbn_of_old() -> None:
    products, _, _ = read("Name,SKU,EAN\nMug,A,'4006381333931\nBook,B,316148410X\n")

    assert [each.variants[0].values["gtin"] for each in products] == [
        "4006381333931",
        "9783161484100",
    ]


def test_our_own_columns_bring_handle_and_categories_back() -> None:
    woo, _, _ = read(
        f"Type,SKU,Name,Regular price,In stock?,Parent,Categories,{HANDLE_META}\n"
        "simple,,Mug,5,1,,,blue-mug\n"
    )
    shopify, _, _ = read(
        f"Handle,Title,Type,Variant SKU,{FURTHER_CATEGORIES}\nmug,Mug,A,M,A;B > C\n"
    )

    assert woo[0].key == "blue-mug"
    assert shopify[0].values["categories"] == ["A", "B > C"]


def test_fields_are_known_by_the_titles_of_the_file() -> None:
    shopify = titles_of(sniff(b"Handle,Title,Variant SKU,Variant Price,Variant Grams\n"))
    german = titles_of(sniff(GERMAN.encode()))

    assert (shopify["sku"], shopify["weight"]) == ("Variant SKU", "Variant Grams")
    assert (german["price"], german["weight"]) == ("Regulärer Preis", "Gewicht (kg)")


def test_shopifys_mark_before_figures_is_no_part_of_a_sku() -> None:
    products, _, _ = read(
        "Handle,Title,Variant SKU,Variant Price\nmug,Mug,'00123,5\ncup,Cup,'a,5\n"
    )

    assert [each.variants[0].values["sku"] for each in products] == ["00123", "'a"]


def test_an_amazon_child_without_its_parent_is_told() -> None:
    products, _, _ = read(
        "item_sku\titem_name\tparent_child\tparent_sku\tstandard_price\n"
        "TEE-S\tTee S\tchild\tTEE\t5\n"
    )

    sentence = "The parent “TEE” is not in this file; its first child stands for it."
    assert products[0].warnings == (Notice(2, "parent_sku", sentence),)


def test_a_second_brand_is_left_out_with_a_notice() -> None:
    products, _, _ = read(
        'Type,SKU,Name,Regular price,In stock?,Parent,Brands\nsimple,A,Mug,5,1,,"Acme, Other"\n'
    )

    sentence = "A product has one brand; the first one is taken."
    assert products[0].values["brand"] == "Acme"
    assert products[0].warnings == (Notice(2, "Brands", sentence),)


def test_figures_that_a_program_wrote_as_formulas_are_read_as_the_text_they_hold() -> None:
    rows = 'SKU,Name,EAN\n="00123",Mug,="4006381333931"\n"=""00124""","=1+1","=""96385074"""\n'

    mug, cup = read(rows)[0]

    assert (mug.key, mug.variants[0].values["gtin"]) == ("00123", "4006381333931")
    assert (cup.key, cup.variants[0].values["gtin"]) == ("00124", "96385074")
    assert cup.values["title"] == "=1+1"


def test_signs_that_a_workbook_spells_out_are_read_as_signs() -> None:
    stream = BytesIO()
    book = xlsxwriter.Workbook(stream)
    sheet = book.add_worksheet()
    for at, cells in enumerate(
        [("SKU", "Name", "Description"), ("MUG", "A _x0041_ mug", "Of clay.\r\nBlue.\x07")]
    ):
        sheet.write_row(at, 0, cells)
    book.close()

    (mug,), _, _ = read(stream.getvalue())

    assert mug.values["title"] == "A _x0041_ mug"
    assert mug.values["description"] == "Of clay.\nBlue.\x07"


@pytest.mark.parametrize("title", ["Price (EUR)", "Price EUR", "Verkaufspreis [EUR]"])
def test_a_price_that_names_its_currency_is_of_that_currency(title: str) -> None:
    file = f"SKU,Name,{title},Price (net)\nMUG,Mug,12.50,\n"
    euro = {"minor": 1250, "currency": "EUR"}

    (here,), _, _ = read(f"SKU,Name,{title}\nMUG,Mug,12.50\n", currency="EUR")
    (there,), _, _ = read(file, currency="USD")

    assert here.variants[0].values["price"] == euro
    assert "prices" not in here.variants[0].values
    assert there.variants[0].values["price"] is None
    assert there.variants[0].values["prices"] == {"EUR": {"price": euro, "sale_price": None}}


def test_shopifys_stock_by_location_is_sent_where_stock_is_taken_in() -> None:
    file = (
        "Handle,Title,Option1 Name,Option1 Value,Option2 Name,Option2 Value,SKU,HS Code,COO,"
        "Location,Bin name,Incoming,Unavailable,Committed,Available,On hand (current),"
        "On hand (new)\n"
        "mug,Mug,Title,Default Title,,,MUG,,,Paris,,0,0,0,5,5,\n"
        "mug,Mug,Title,Default Title,,,MUG,,,Rome,,0,0,0,7,7,\n"
    )

    with pytest.raises(UnreadableFile, match="under Inventory, Adjust by file"):
        sniff(file.encode())
