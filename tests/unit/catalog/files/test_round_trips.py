"""What a dialect can carry comes back the same, whatever it is."""

from datetime import datetime
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from app.catalog.files import Dialect, ExportOptions, ExportProduct, ExportVariant, FileKind
from app.catalog.files.cells import guarded, unguarded
from app.catalog.files.own import packed, packed_map, unpacked, unpacked_map
from tests.unit.catalog.files.reading import read, usd, written

PLAIN = st.characters(
    codec="utf-8", exclude_categories=("Cc", "Cs", "Zl", "Zp", "Zs"), exclude_characters="\\,;_"
)
TRICKY = st.sampled_from(["=1+1", "@SUM(A1)", "+a", "-b", "'=x", "''-y", "'plain", "-5", "a  b"])
words = st.one_of(st.text(PLAIN, min_size=1, max_size=12), TRICKY)
lines = st.one_of(words, st.builds(lambda a, b: f"{a} {b}", words, words))
html = st.one_of(
    st.none(),
    st.builds(lambda a, b: f'<p class="x, y">{a}</p>\n<ul><li>{b}; 5"</li></ul>', words, words),
)
amounts = st.integers(0, 10**9)
skus = st.one_of(st.none(), words)
units = st.sampled_from(["kg", "g", "lb", "oz"])
figures = st.builds(
    lambda whole, part: f"{whole}.{part}" if part else str(whole),
    st.integers(1, 5000),
    st.sampled_from(["", "5", "25", "125"]),
)
names = st.sampled_from([["Color"], ["Size", "Color"], ["Größe", "Farbe", "Stoff"]])
urls = st.integers(0, 10**6).map(lambda number: f"https://cdn.example.com/{number},a.jpg")
moments = st.datetimes(
    datetime(1970, 1, 1)  # noqa: DTZ001 (the zone is said in the text)
).map(lambda at: f"{at:%Y-%m-%dT%H:%M:%S}+00:00")


def picture(url: str, alt: str | None) -> dict[str, Any]:
    return {"key": f"ext:{url}", "alt": alt, "url": url}


@st.composite
def variants(draw: st.DrawFn, options: list[str], images: list[dict[str, Any]]) -> dict[str, Any]:
    price = draw(amounts)
    sale = draw(st.one_of(st.none(), st.integers(0, price - 1))) if price else None
    image = draw(st.sampled_from(images))["key"] if images and options else None
    weight = draw(st.one_of(st.none(), st.fixed_dictionaries({"value": figures, "unit": units})))
    return {
        "sku": None,
        "gtin": draw(st.one_of(st.none(), st.from_regex(r"[0-9]{8,14}", fullmatch=True))),
        "mpn": draw(skus),
        "price": usd(price),
        "sale_price": None if sale is None else usd(sale),
        "cost": draw(st.one_of(st.none(), amounts.map(usd))),
        "quantity": draw(st.one_of(st.none(), st.integers(0, 10**6))),
        "backorders": draw(st.sampled_from(["no", "yes"])),
        "weight": weight,
        "image": image,
    }


@st.composite
def products(draw: st.DrawFn) -> list[ExportProduct]:
    return [draw(product(number)) for number in range(draw(st.integers(1, 4)))]


@st.composite
def product(draw: st.DrawFn, number: int) -> ExportProduct:
    options = draw(st.one_of(st.just([]), names))
    pairs = draw(st.lists(st.tuples(urls, st.one_of(st.none(), lines)), max_size=4))
    images = [picture(url, alt) for url, alt in dict(pairs).items()]
    count = draw(st.integers(1, 4)) if options else 1
    found = []
    for place in range(count):
        values = draw(variants(options, images))
        # choices and SKUs differ: the law is about values, not about refusals
        values["choice"] = {name: f"{draw(words)}{place}" for name in options}
        sku = draw(skus)
        values["sku"] = sku and f"{sku}-{number}-{place}"
        found.append(values)
    offered = [
        {"name": name, "values": list(dict.fromkeys(each["choice"][name] for each in found))}
        for name in options
    ]
    values = {
        "title": f"{draw(lines)} {number}",
        "description": draw(html),
        "short_description": draw(html),
        "status": draw(st.sampled_from(["active", "draft", "inactive", "archived"])),
        "brand": draw(skus),
        "condition": draw(st.sampled_from([None, "new", "used", "refurbished"])),
        "categories": sorted(draw(st.sets(st.sampled_from(["Mugs", "Home > Mugs"]), max_size=2))),
        "tags": sorted(draw(st.sets(words, max_size=3))),
        "attributes": draw(
            st.dictionaries(
                st.sampled_from(["Material", "Gender"]),
                st.lists(words, min_size=1, max_size=3, unique=True),
            )
        ),
        "options": offered,
        "images": images,
    }
    kind = "variable" if options else "simple"
    return ExportProduct(f"handle-{number}", values, tuple(map(ExportVariant, found)), kind)


def compare(
    before: list[ExportProduct], raw: bytes, fields: frozenset[str], **options: Any
) -> None:
    after, refusals, _ = read(raw, **options)
    assert refusals == []
    assert len(after) == len(before)
    for one, other in zip(before, after, strict=True):
        assert only(one.values, fields) == only(other.values, fields)
        for mine, theirs in zip(one.variants, other.variants, strict=True):
            assert only(mine.values, fields) == only(theirs.values, fields)


def only(values: Any, fields: frozenset[str]) -> dict[str, Any]:
    return {name: value for name, value in values.items() if name in fields}


PRODUCT = frozenset(
    [
        "title",
        "description",
        "status",
        "brand",
        "condition",
        "categories",
        "tags",
        "attributes",
        "options",
        "images",
    ]
)
VARIANT = frozenset(
    [
        "sku",
        "gtin",
        "mpn",
        "choice",
        "price",
        "sale_price",
        "cost",
        "quantity",
        "backorders",
        "weight",
        "image",
    ]
)
kinds = st.sampled_from(FileKind)


@given(products(), kinds)
@settings(deadline=None, max_examples=25)
def test_our_own_format_loses_nothing(made: list[ExportProduct], kind: FileKind) -> None:
    raw = written(made, Dialect.OWN, ExportOptions(kind=kind))

    compare(made, raw, PRODUCT | VARIANT | {"short_description"})


@given(products(), kinds)
@settings(deadline=None, max_examples=25)
def test_shopify_gives_back_what_it_can_carry(made: list[ExportProduct], kind: FileKind) -> None:
    for each in made:
        each.values["categories"][1:] = []  # one type is all it has

    raw = written(made, Dialect.SHOPIFY, ExportOptions(kind=kind, attributes=("Material",)))

    compare(made, raw, PRODUCT | VARIANT)


@given(products(), kinds)
@settings(deadline=None, max_examples=25)
def test_woocommerce_gives_back_what_it_can_carry(
    made: list[ExportProduct], kind: FileKind
) -> None:
    carried = PRODUCT | VARIANT | {"short_description"}
    carried -= {"condition", "mpn", "weight", "status", "image"}
    for each in made:
        for image in each.values["images"]:
            image["alt"] = None  # the file has no place for it

    raw = written(made, Dialect.WOOCOMMERCE, ExportOptions(kind=kind))

    compare(made, raw, carried)


@given(products(), kinds)
@settings(deadline=None, max_examples=15)
def test_amazon_gives_back_prices_and_stock(made: list[ExportProduct], kind: FileKind) -> None:
    raw = written(made, Dialect.AMAZON, ExportOptions(kind=kind))

    expected = [
        (" ".join(values["sku"].split()), values["price"], values["quantity"])
        for each in made
        for values in (variant.values for variant in each.variants)
        if values["sku"]
    ]
    if expected:
        found, _, _ = read(raw)
        parsed = [variant.values for each in found for variant in each.variants]
        assert [
            (" ".join(values["sku"].split()), values["price"], values["quantity"])
            for values in parsed
        ] == expected


@settings(deadline=None)
@given(st.lists(st.tuples(moments, moments), min_size=1, max_size=3))
def test_sale_windows_survive_in_their_zone(windows: list[tuple[str, str]]) -> None:
    made = [
        ExportProduct(
            f"mug-{number}",
            {"title": "Mug"},
            (
                ExportVariant(
                    {
                        "sku": f"M{number}",
                        "price": usd(100),
                        "sale_price": usd(50),
                        "sale_from": start,
                        "sale_to": end,
                    }
                ),
            ),
        )
        for number, (start, end) in enumerate(windows)
    ]

    for dialect in (Dialect.OWN, Dialect.WOOCOMMERCE):
        raw = written(made, dialect, ExportOptions(timezone="Europe/Berlin"))
        compare(made, raw, frozenset({"sale_from", "sale_to"}), timezone="Europe/Berlin")


def test_prices_in_further_currencies_survive_in_our_own_format() -> None:
    euro = {"minor": 990, "currency": "EUR"}
    yen = {"minor": 1200, "currency": "JPY"}
    values = {
        "sku": "MUG",
        "price": usd(1000),
        "sale_price": None,
        "prices": {
            "EUR": {"price": euro, "sale_price": {"minor": 790, "currency": "EUR"}},
            "JPY": {"price": yen, "sale_price": None},
        },
    }
    made = [ExportProduct("mug", {"title": "Mug"}, (ExportVariant(values),))]

    raw = written(made, Dialect.OWN, ExportOptions(currencies=("EUR", "JPY")))

    compare(made, raw, frozenset({"price", "sale_price", "prices"}))


@settings(deadline=None)
@given(st.text())
def test_a_disarmed_formula_is_armed_again(text: str) -> None:
    assert unguarded(guarded(text)) == text


@settings(deadline=None)
@given(st.lists(st.text(min_size=1).filter(lambda word: word == word.strip())))
def test_a_packed_list_unpacks(found: list[str]) -> None:
    assert unpacked(packed(found)) == found


@settings(deadline=None)
@given(
    st.dictionaries(
        st.text(min_size=1, max_size=9).filter(lambda word: word == word.strip()),
        st.lists(st.text(min_size=1, max_size=9).filter(lambda word: word == word.strip())),
    )
)
def test_packed_attributes_unpack(found: dict[str, list[str]]) -> None:
    assert unpacked_map(packed_map(found)) == found
