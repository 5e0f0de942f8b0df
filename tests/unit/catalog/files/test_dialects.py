"""How each dialect's rows become products, and which of them are refused."""

from typing import Any

import pytest

from app.catalog.files import ColumnMapping, Dialect, ParsedProduct, suggest
from app.catalog.files.types import Notice
from tests.unit.catalog.files.reading import read, usd

SHOPIFY = (
    "Handle,Title,Vendor,Tags,Published,Option1 Name,Option1 Value,Variant SKU,Variant Price,"
    "Variant Compare At Price,Variant Barcode,Variant Inventory Qty,Image Src,Image Position,"
    "Image Alt Text\n"
)
WOO = (
    "ID,Type,SKU,Name,Published,In stock?,Stock,Backorders allowed?,Sale price,Regular price,"
    "Categories,Images,Parent,Attribute 1 name,Attribute 1 value(s),Description\n"
)


def sentences(refusals: list[Any]) -> list[str]:
    return [str(refusal) for refusal in refusals]


def values_of(product: ParsedProduct) -> list[Any]:
    return [variant.values for variant in product.variants]


def test_rows_of_a_handle_join_though_they_lie_apart() -> None:
    products, refusals, accounting = read(
        SHOPIFY
        + "mug,Mug,Acme,,TRUE,Size,S,M-S,5,,,1,,,\n"
        + "cup,Cup,Acme,,TRUE,Title,Default Title,C,4,,,1,,,\n"
        + "mug,,,,,,L,M-L,6,,,1,,,\n"
    )

    assert refusals == []
    assert [(product.key, product.rows) for product in products] == [
        ("cup", (3,)),
        ("mug", (2, 4)),
    ]
    assert products[1].values["options"] == [{"name": "Size", "values": ["S", "L"]}]
    assert (accounting.product_rows, accounting.variant_rows) == (2, 1)


def test_the_new_shopify_template_reads_like_the_old_one() -> None:
    products, refusals, _ = read(
        "Title,URL handle,Vendor,Product category,Status,SKU,Price,Compare-at price,"
        "Inventory tracker,Inventory quantity,Continue selling when out of stock,"
        "Weight value (grams),Weight unit for display,Product image URL,Option1 name,"
        "Option1 value,Published on online store\n"
        "Mug,mug,Acme,Home & Garden > Kitchen,Active,M-1,5,7,shopify,3,TRUE,500,kg,"
        "https://cdn.example.com/m.jpg,Size,S,FALSE\n"
    )

    (product,), (values,) = products, values_of(products[0])
    assert refusals == []
    assert product.values["categories"] == ["Home & Garden > Kitchen"]
    assert product.values["status"] == "inactive"
    assert (values["price"], values["sale_price"]) == (usd(700), usd(500))
    assert (values["quantity"], values["backorders"]) == (3, "yes")
    assert values["weight"] == {"value": "0.5", "unit": "kg"}


def test_a_bad_price_refuses_its_row_and_names_the_place() -> None:
    products, refusals, accounting = read(
        SHOPIFY
        + "mug,Mug,,,TRUE,Size,S,M-S,5,,,1,,,\n"
        + "mug,,,,,,L,M-L,abc,,,x,,,\n"
        + "mug,,,,,,XL,M-XL,-4,,,1,,,\n"
    )

    assert sentences(refusals) == [
        "Row 3, Variant Price: “abc” is not an amount.",
        "Row 3, Variant Inventory Qty: “x” is not a whole number.",
        "Row 4, Variant Price: “-4” is below zero.",
    ]
    assert len(products[0].variants) == 1
    assert (accounting.refused_rows, accounting.refusals) == (2, 3)


def test_a_product_without_a_title_is_refused_with_all_its_rows() -> None:
    _, refusals, accounting = read(
        SHOPIFY + "mug,,,,TRUE,Size,S,M-S,5,,,1,,,\nmug,,,,,,L,M-L,5,,,1,,,\n"
    )

    assert sentences(refusals) == [
        "Row 2, Title: A product needs a title.",
        "Row 3: Its product “mug” was refused at row 2, Title.",
    ]
    assert accounting.products == 0


def test_a_sku_is_used_once_whatever_its_case() -> None:
    products, refusals, _ = read(
        SHOPIFY
        + "mug,Mug,,,TRUE,Title,Default Title,SKU-1,5,,,1,,,\n"
        + "cup,Cup,,,TRUE,Title,Default Title,sku-1,4,,,1,,,\n"
        + "jug,Jug,,,TRUE,Title,Default Title,,4,,,1,,,\n"
        + "pot,Pot,,,TRUE,Title,Default Title,,4,,,1,,,\n"
    )

    assert sentences(refusals) == ["Row 3, Variant SKU: The SKU “sku-1” is already used in row 2."]
    assert [product.key for product in products] == ["mug", "jug", "pot"]


def test_a_variant_stands_once() -> None:
    _, refusals, _ = read(SHOPIFY + "mug,Mug,,,TRUE,Size,S,A,5,,,1,,,\nmug,,,,,,S,B,5,,,1,,,\n")

    assert sentences(refusals) == ["Row 3: The variant “Size S” already stands in row 2."]


def test_pictures_stand_in_their_order_with_alt_texts() -> None:
    products, refusals, accounting = read(
        SHOPIFY
        + "mug,Mug,,,TRUE,Title,Default Title,M,5,,,1,https://a.example/2.jpg,2,Back\n"
        + "mug,,,,,,,,,,,,https://a.example/1.jpg,1,Front\n"
        + "mug,,,,,,,,,,,,not a link,3,\n"
    )

    assert [(image["url"], image["alt"]) for image in products[0].images] == [
        ("https://a.example/1.jpg", "Front"),
        ("https://a.example/2.jpg", "Back"),
    ]
    assert sentences(refusals) == ["Row 4, Image Src: “not a link” is not a web address."]
    assert accounting.image_rows == 1


def test_a_barcode_that_is_no_gtin_is_left_out_with_a_notice() -> None:
    products, refusals, _ = read(
        SHOPIFY + "mug,Mug,,,TRUE,Title,Default Title,M,5,,ABC-1,1,,,\n",
    )
    checked, _, _ = read(
        SHOPIFY + "mug,Mug,,,TRUE,Title,Default Title,M,5,,4006381333931,1,,,\n",
        check_gtin=lambda _: False,
    )

    sentence = "“ABC-1” is not a GTIN of 8 to 14 digits. The barcode is left out."
    assert refusals == []
    assert products[0].warnings == (Notice(2, "Variant Barcode", sentence),)
    assert "gtin" not in products[0].variants[0].values
    assert "gtin" not in checked[0].variants[0].values


def test_a_column_that_is_absent_is_a_field_that_is_absent() -> None:
    (product,), _, _ = read("Handle,Title,Vendor,Variant Price,Variant SKU\nmug,Mug,,,\n")

    assert product.values["brand"] is None
    assert "description" not in product.values
    assert product.variants[0].values["price"] is None
    assert "quantity" not in product.variants[0].values


@pytest.mark.parametrize(
    ("column", "cell", "sentence"),
    [
        ("Title", "x" * 256, "This is longer than 255 characters."),
        ("Variant SKU", "x" * 101, "This is longer than 100 characters."),
        ("Vendor", "x" * 101, "This is longer than 100 characters."),
    ],
)
def test_what_is_too_long_is_refused(column: str, cell: str, sentence: str) -> None:
    header = ["Handle", "Title", "Vendor", "Variant SKU", "Variant Price"]
    row = {"Handle": "mug", "Title": "Mug", column: cell}

    _, refusals, _ = read(
        ",".join(header) + "\n" + ",".join(row.get(name, "") for name in header) + "\n"
    )

    assert [(refusal.column, refusal.sentence) for refusal in refusals] == [(column, sentence)]


def test_four_options_are_one_too_many() -> None:
    header = "Type,SKU,Name,Regular price,Parent,In stock?,Categories," + ",".join(
        f"Attribute {slot} name,Attribute {slot} value(s)" for slot in (1, 2, 3, 4)
    )
    told = ",".join(f"{name},1" for name in "ABCD")

    _, refusals, accounting = read(
        f"{header}\nvariable,mug,Mug,,,1,,{told}\nvariation,mug-1,,5,mug,1,,{told}\n"
    )

    assert refusals[0].sentence == "A product has at most 3 options."
    assert accounting.refused_rows == 2


def test_variations_find_their_parent_by_id_and_from_above() -> None:
    products, refusals, _ = read(
        WOO
        + "9,variation,MUG-S,,1,1,3,0,,5,,,id:7,Size,S,\n"
        + '8,simple,CUP,Cup,1,0,,notify,,4,"A > B, C\\, D",,,,,\n'
        + '7,variable,MUG,Mug,0,1,,0,,,,,,Size,"S, M",one\\ntwo\n'
        + "10,variation,MUG-M,,1,1,parent,0,4,5,,,MUG,Size,M,\n"
    )

    cup, mug = products
    assert refusals == []
    assert (mug.key, mug.rows) == ("MUG", (2, 4, 5))
    assert mug.values["status"] == "inactive"
    assert mug.values["description"] == "one\ntwo"
    assert [values["choice"] for values in values_of(mug)] == [{"Size": "S"}, {"Size": "M"}]
    assert "quantity" not in mug.variants[1].values
    assert cup.values["categories"] == ["A > B", "C, D"]
    assert (cup.variants[0].values["quantity"], cup.variants[0].values["backorders"]) == (
        0,
        "notify",
    )


def test_a_variation_without_its_product_is_refused() -> None:
    _, refusals, _ = read(
        WOO + "9,variation,A,,1,1,3,0,,5,,,gone,Size,S,\n9,variation,B,,1,1,3,0,,5,,,,Size,S,\n"
    )

    assert sentences(refusals) == [
        "Row 2, Parent: The product “gone” is not in this file.",
        "Row 3, Parent: A variation needs the SKU or id of its product.",
    ]


def test_groups_and_links_elsewhere_are_said_to_stay_behind() -> None:
    products, _, _ = read(
        WOO
        + "1,grouped,SET,Set,1,1,,0,,,,,,,,\n"
        + "2,external,LINK,Link,1,1,,0,,3,,,,,,\n"
        + '3,"simple, virtual, downloadable",SONG,Song,-1,1,,0,,3,,,,,,\n'
    )

    assert [product.kind for product in products] == ["grouped", "external", "simple"]
    assert all(len(product.warnings) == 1 for product in products)
    assert products[2].values["status"] == "draft"


def test_an_amazon_report_is_read_without_quotes() -> None:
    products, refusals, _ = read(
        "item-name\titem-description\tseller-sku\tprice\tquantity\tproduct-id-type\tproduct-id\t"
        "item-condition\tasin1\tfulfillment-channel\tstatus\n"
        'Shelf 12" wide\tWood\tSHELF\t19.90\t4\t4\t4006381333931\t11\tB000000001\tDEFAULT\tActive\n'
        '"Lamp\tWarm\tLAMP\t5\t\t1\tB000000002\t11\tB000000002\tAMAZON_NA\tInactive\n'
    )

    shelf, lamp = products
    assert refusals == []
    assert (shelf.values["title"], lamp.values["title"]) == ('Shelf 12" wide', '"Lamp')
    assert (shelf.values["status"], lamp.values["status"]) == ("active", "inactive")
    assert shelf.values["condition"] == "new"
    assert shelf.variants[0].values["gtin"] == "4006381333931"
    assert shelf.variants[0].values["quantity"] == 4
    assert "quantity" not in lamp.variants[0].values  # Amazon holds it


def test_an_amazon_template_has_three_rows_above_its_products() -> None:
    products, refusals, accounting = read(
        "TemplateType=fptcustom\tVersion=2020\tfor Amazon\t\t\t\t\t\t\n"
        "Seller SKU\tProduct Name\tPrice\tQuantity\tParentage\tParent SKU\tTheme\tColor\tImage\n"
        "item_sku\titem_name\tstandard_price\tquantity\tparent_child\tparent_sku\tvariation_theme"
        "\tcolor_name\tmain_image_url\n"
        "MUG\tMug\t\t\tparent\t\tColor\t\thttps://a.example/m.jpg\n"
        "MUG-R\tMug red\t5\t3\tchild\tMUG\tColor\tRed\thttps://a.example/r.jpg\n"
        "MUG-B\tMug blue\t6\t2\tchild\tMUG\tColor\tBlue\t\n"
    )

    (mug,) = products
    assert refusals == []
    assert mug.rows == (4, 5, 6)
    assert mug.values["options"] == [{"name": "Color", "values": ["Red", "Blue"]}]
    assert [values["price"] for values in values_of(mug)] == [usd(500), usd(600)]
    assert mug.variants[0].values["image"] == "ext:https://a.example/r.jpg"
    assert [image["url"][-5] for image in mug.images] == ["m", "r"]
    assert (accounting.product_rows, accounting.variant_rows) == (1, 2)


def test_german_columns_are_understood() -> None:
    header = ["Artikelnummer", "Bezeichnung", "VK-Preis", "Bestand", "Hersteller", "Farbe", "Foo"]

    mapping = suggest(header)

    assert mapping.columns == {
        "Artikelnummer": "sku",
        "Bezeichnung": "title",
        "VK-Preis": "price",
        "Bestand": "quantity",
        "Hersteller": "brand",
        "Farbe": "attribute:Farbe",
    }
    assert ColumnMapping.from_json(mapping.to_json()) == mapping


def test_a_mapping_makes_variants_of_rows_with_one_key() -> None:
    mapping = ColumnMapping(
        {
            "Group": "key",
            "Name": "title",
            "No": "sku",
            "Net": "price",
            "Euro": "price:EUR",
            "Colour": "option:Color",
            "Cloth": "attribute:Material",
            "Pics": "images",
        }
    )

    products, refusals, accounting = read(
        "Group;Name;No;Net;Euro;Colour;Cloth;Pics\n"
        "tee;Tee;T-R;5;4,50;Red;Cotton, Wool;https://a.example/1,2.jpg, https://a.example/2.jpg\n"
        "tee;;T-B;6;;Blue;;\n"
        "tee;;;;;;;https://a.example/3.jpg\n"
        ";Lone;L;1;;;;\n",
        mapping,
    )

    tee, lone = products
    assert refusals == []
    assert (lone.key, lone.rows) == ("L", (5,))
    assert tee.values["attributes"] == {"Material": ["Cotton", "Wool"]}
    assert tee.values["options"] == [{"name": "Color", "values": ["Red", "Blue"]}]
    assert tee.variants[0].values["prices"] == {
        "EUR": {"price": {"minor": 450, "currency": "EUR"}, "sale_price": None}
    }
    assert [image["url"] for image in tee.images] == [
        "https://a.example/1,2.jpg",
        "https://a.example/2.jpg",
        "https://a.example/3.jpg",
    ]
    assert accounting.image_rows == 1


def test_two_products_of_one_name_need_a_key() -> None:
    products, refusals, _ = read("Name,Price\nMug,1\nMug,2\n")

    assert len(products) == 1
    assert sentences(refusals) == ["Row 3: The product “mug” already stands in row 2."]


def test_rows_that_do_not_fit_are_named() -> None:
    products, refusals, accounting = read(
        "Name,Price\nMug,1\nCup\n,\n\n# a remark,\nJug,1,2,3\nPot,4,,\n"
    )

    assert [product.values["title"] for product in products] == ["Mug", "Cup", "Pot"]
    assert sentences(refusals) == [
        "Row 7: This row has 4 cells under 2 columns. "
        "Put quotation marks around text that holds the delimiter."
    ]
    assert (accounting.blank_rows, accounting.comment_rows, accounting.rows) == (2, 1, 7)


def test_a_quote_that_never_closes_is_named() -> None:
    products, refusals, _ = read('Name,Price\nMug,1\n"Cup,2\nJug,3\n')

    assert [product.values["title"] for product in products] == ["Mug"]
    assert refusals[0].row == 3
    assert refusals[0].sentence.startswith("A quotation mark opens here and is never closed")


def test_nul_bytes_and_quoted_newlines_do_no_harm() -> None:
    products, refusals, _ = read(b'Name,Description\nM\x00ug,"one\r\ntwo ""three"""\n')

    assert refusals == []
    assert products[0].values["title"] == "Mug"
    assert products[0].values["description"] == 'one\ntwo "three"'


def test_html_is_cleaned_by_whoever_asks_for_it() -> None:
    products, _, _ = read(
        "Name,Description\nMug,<b>x</b>\n", clean_html=lambda text: text.replace("b>", "i>")
    )

    assert products[0].values["description"] == "<i>x</i>"


def test_our_own_rows_name_what_they_are() -> None:
    _, refusals, accounting = read(
        "SyncStore record,Handle,Title,SKU,Price USD\n"
        "product,mug,Mug,,\n"
        "variant,mug,,M,5\n"
        "gizmo,mug,,,\n"
        "variant,cup,,C,5\n"
    )

    assert sentences(refusals) == [
        "Row 4, SyncStore record: “gizmo” is none of product, variant, image.",
        "Row 5, SyncStore record: The product row of “cup” is missing.",
    ]
    assert (accounting.product_rows, accounting.variant_rows) == (1, 1)


def test_the_dialects_are_five() -> None:
    assert len(Dialect) == 5
