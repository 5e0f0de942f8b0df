"""Pushing listings: what is sent, what is left out, and what is never sent twice."""

from collections.abc import Sequence
from typing import Any

import httpx
import pytest

from app.adapters.errors import Throttled
from app.adapters.shopify.adapter import build
from app.adapters.shopify.listings import Listings
from app.adapters.shopify.reads import Reads
from app.adapters.shopify.shop import Shop
from app.adapters.types import (
    Applied,
    Batch,
    ChannelProduct,
    Found,
    ListingDraft,
    Outcome,
    Pending,
    Rejected,
    Unanswered,
    VariantDraft,
)
from tests.channels.shopify.scripted import Answer, Desk, fails, lost, says

FACTS = {"currency": "USD", "details": {"defines_keys": True}}
SETTINGS = {"location_id": "1", "publication_ids": ["2"]}
NOBODY = says({"productByIdentifier": None})
NO_SKU = says({"productVariants": {"nodes": []}})
PUBLISHED = says({"publishablePublish": {"userErrors": []}})


def _listings(desk: Desk, *, deletes: bool = False) -> Listings:
    shop = Shop(desk.client, FACTS, SETTINGS)
    return Listings(shop, Reads(shop), deletes=deletes)


def _push(desk: Desk, *drafts: ListingDraft) -> list[Outcome]:
    return _listings(desk).push(drafts)


def _usd(minor: int) -> dict[str, Any]:
    return {"minor": minor, "currency": "USD"}


def _variant(number: int, choice: str | None = None, **fields: Any) -> dict[str, Any]:
    chosen = {"name": "Size", "value": choice}
    only = {"name": "Title", "value": "Default Title"}
    return {
        "id": f"gid://shopify/ProductVariant/{number}",
        "sku": f"S-{number}",
        "price": "10.00",
        "selectedOptions": [chosen if choice else only],
        "ourKey": {"value": f"v-{number}"},
        "media": {"nodes": []},
        "inventoryItem": {
            "id": f"gid://shopify/InventoryItem/{number}1",
            "tracked": True,
            "inventoryLevel": {
                "updatedAt": "2026-11-22T10:00:00Z",
                "quantities": [{"name": "available", "quantity": 5}],
            },
        },
        **fields,
    }


def _options(*names: str) -> list[dict[str, Any]]:
    values = [{"name": name} for name in names]
    return [{"name": "Size", "position": 1, "optionValues": values}]


ONLY = [{"name": "Title", "position": 1, "optionValues": [{"name": "Default Title"}]}]


def _product(number: int, *variants: dict[str, Any], **fields: Any) -> dict[str, Any]:
    return {
        "id": f"gid://shopify/Product/{number}",
        "title": "Mug",
        "status": "ACTIVE",
        "isPublished": True,
        "options": ONLY,
        "updatedAt": "2026-11-22T10:00:00Z",
        "ourKey": {"value": f"k-{number}"},
        "variants": {"nodes": list(variants) or [_variant(number * 10)]},
        "media": {"nodes": []},
        **fields,
    }


def _shows(*rows: dict[str, Any]) -> httpx.Response:
    return says({"nodes": list(rows)})


def _done(root: str, **fields: Any) -> httpx.Response:
    return says({root: {**fields, "userErrors": []}})


def _refused(root: str, *errors: tuple[str, Sequence[str]], **fields: Any) -> httpx.Response:
    listed = [{"code": code, "field": list(path), "message": "No."} for code, path in errors]
    return says({root: {**fields, "userErrors": listed}})


def _made(number: int) -> httpx.Response:
    return _done("productSet", product={"id": f"gid://shopify/Product/{number}"})


def _draft(number: int, **values: Any) -> ListingDraft:
    return ListingDraft(f"k-{number}", str(number), values)


def _new(key: str = "k-7", **values: Any) -> ListingDraft:
    sold = {"sku": "S-70", "price": _usd(1000), "quantity": 5, **values}
    return ListingDraft(
        key, None, {"title": "Mug", "status": "active"}, (VariantDraft("v-70", None, sold),)
    )


def _size(number: int, size: str, **values: Any) -> VariantDraft:
    return VariantDraft(f"v-{number}", str(number), {"choice": {"Size": size}, **values})


def test_a_creation_carries_everything_in_one_request() -> None:
    desk = Desk(
        ProductByKey=NOBODY,
        VariantsBySku=NO_SKU,
        ProductSet=_made(7),
        Publish=PUBLISHED,
        ProductsById=_shows(_product(7)),
    )

    [outcome] = _push(desk, _new())

    [sent] = desk.of("ProductSet")
    assert isinstance(outcome, Applied)
    assert outcome.variant_ids == {"v-70": "70"}
    assert sent["identifier"] == {"customId": {"key": "syncstore_id", "value": "k-7"}}
    assert sent["input"] == {
        "title": "Mug",
        "status": "ACTIVE",
        "metafields": [{"key": "syncstore_id", "type": "id", "value": "k-7"}],
        "productOptions": [{"name": "Title", "position": 1, "values": [{"name": "Default Title"}]}],
        "variants": [
            {
                "optionValues": [{"optionName": "Title", "name": "Default Title"}],
                "sku": "S-70",
                "price": "10.00",
                "compareAtPrice": None,
                "inventoryItem": {"tracked": True},
                "metafields": [{"key": "syncstore_id", "type": "id", "value": "v-70"}],
                "inventoryQuantities": [
                    {"locationId": "gid://shopify/Location/1", "name": "available", "quantity": 5}
                ],
            }
        ],
    }
    assert desk.names.count("Publish") == 1


@pytest.mark.parametrize(
    "values",
    [
        {"price": None},
        {"price": {"minor": 5, "currency": "EUR"}},
        {"sale_price": _usd(1000)},
    ],
)
def test_a_product_without_a_price_is_not_made(values: dict[str, Any]) -> None:
    desk = Desk(ProductByKey=NOBODY, VariantsBySku=NO_SKU)

    [outcome] = _push(desk, _new(**values))

    assert isinstance(outcome, Rejected)
    assert outcome.problems[0].field == "price"
    assert "ProductSet" not in desk.names


def test_a_refused_creation_names_fields_and_variants() -> None:
    refused = _refused(
        "productSet",
        ("TOO_LONG", ("input", "title")),
        ("INVALID_VARIANT", ("input", "variants", "0", "barcode")),
        product=None,
    )
    desk = Desk(ProductByKey=NOBODY, VariantsBySku=NO_SKU, ProductSet=refused)

    [outcome] = _push(desk, _new())

    assert isinstance(outcome, Rejected)
    assert [(each.field, each.variant_key) for each in outcome.problems] == [
        ("title", None),
        ("gtin", "v-70"),
    ]


def test_a_creation_whose_answer_was_lost_is_found_by_its_key_and_not_made_again() -> None:
    found = says({"productByIdentifier": {"id": "gid://shopify/Product/7"}})
    hidden = _product(7, isPublished=False)
    desk = Desk(
        ProductByKey=[NOBODY, found],
        VariantsBySku=NO_SKU,
        ProductSet=lost,
        Publish=PUBLISHED,
        ProductsById=[_shows(hidden), _shows(_product(7))],
    )

    [outcome] = _push(desk, _new())

    assert isinstance(outcome, Applied)
    assert outcome.external_id == "7"
    assert desk.names.count("ProductSet") == 1
    assert desk.names.count("Publish") == 1


def test_a_creation_that_never_arrived_is_made_again() -> None:
    desk = Desk(
        ProductByKey=NOBODY,
        VariantsBySku=NO_SKU,
        ProductSet=[lost, _made(7)],
        Publish=PUBLISHED,
        ProductsById=_shows(_product(7)),
    )

    [outcome] = _push(desk, _new())

    assert isinstance(outcome, Applied)
    assert desk.names.count("ProductSet") == 2


def test_a_creation_nobody_can_see_stays_unanswered() -> None:
    desk = Desk(ProductByKey=NOBODY, VariantsBySku=NO_SKU, ProductSet=[lost, lost])

    [outcome] = _push(desk, _new())

    assert isinstance(outcome, Unanswered)


def test_what_the_search_still_shows_after_it_was_deleted_is_made_anew() -> None:
    ghost = {"id": "gid://shopify/Product/6", "title": "Mug", "hasOnlyDefaultVariant": True}
    desk = Desk(
        ProductByKey=NOBODY,
        VariantsBySku=says({"productVariants": {"nodes": [{"sku": "S-70", "product": ghost}]}}),
        ProductSet=_made(7),
        Publish=PUBLISHED,
        ProductsById=[says({"nodes": [None]}), _shows(_product(7))],
    )

    [outcome] = _push(desk, _new())

    assert isinstance(outcome, Applied)
    assert outcome.external_id == "7"


def test_more_variants_than_one_request_takes_follow_in_rows() -> None:
    sizes = [f"S{number}" for number in range(1000)]
    draft = ListingDraft(
        "k-7",
        None,
        {"title": "Shirt", "options": [{"name": "Size", "values": sizes}]},
        tuple(
            VariantDraft(
                f"v-{n}", None, {"sku": f"S-{n}", "price": _usd(1), "choice": {"Size": size}}
            )
            for n, size in enumerate(sizes)
        ),
        kind="variable",
    )
    desk = Desk(
        ProductByKey=NOBODY,
        VariantsBySku=NO_SKU,
        ProductSet=_made(7),
        VariantsCreate=_done("productVariantsBulkCreate"),
        ProductsById=_shows(_product(7, status="DRAFT")),
    )

    _push(desk, draft)

    first = len(desk.of("ProductSet")[0]["input"]["variants"])
    rest = [len(each["variants"]) for each in desk.of("VariantsCreate")]
    assert first < 1000
    assert first + sum(rest) == 1000
    assert max(rest) <= 250
    last = desk.of("VariantsCreate")[-1]["variants"][-1]
    assert last["inventoryItem"] == {"sku": "S-999"}
    assert last["optionValues"] == [{"optionName": "Size", "name": "S999"}]


def test_what_the_shop_shows_already_is_not_sent() -> None:
    desk = Desk(ProductsById=_shows(_product(7)))

    [outcome] = _push(desk, _draft(7, title="Mug", status="active"))

    assert isinstance(outcome, Applied)
    assert desk.names == ["ProductsById"]


def test_a_refused_field_is_told_and_the_others_are_sent_again() -> None:
    desk = Desk(
        ProductsById=[_shows(_product(7)), _shows(_product(7, vendor="Acme"))],
        ProductSet=[_refused("productSet", ("TOO_LONG", ("input", "title"))), _made(7)],
    )

    [outcome] = _push(desk, _draft(7, title="x" * 300, brand="Acme"))

    assert isinstance(outcome, Applied)
    assert [(each.field, each.code) for each in outcome.problems] == [("title", "TOO_LONG")]
    assert [set(each["input"]) for each in desk.of("ProductSet")] == [
        {"title", "vendor"},
        {"vendor"},
    ]


def test_a_price_goes_by_the_bulk_mutation_and_a_bad_row_stops_only_itself() -> None:
    rows = [_variant(1, "S"), _variant(2, "M")]
    shown = _shows(_product(7, *rows, options=_options("S", "M")))
    error = ("NEGATIVE_PRICE_VALUE", ("variants", "1", "price"))
    desk = Desk(ProductsById=shown, VariantsUpdate=_refused("productVariantsBulkUpdate", error))
    draft = ListingDraft(
        "k-7",
        "7",
        {},
        (_size(1, "S", price=_usd(1200)), _size(2, "M", price=_usd(1300))),
    )

    [outcome] = _push(desk, draft)

    [sent] = desk.of("VariantsUpdate")
    assert sent["allowPartial"] is True
    assert [(row["id"][-1], row["price"]) for row in sent["variants"]] == [
        ("1", "12.00"),
        ("2", "13.00"),
    ]
    assert isinstance(outcome, Applied)
    assert [(each.field, each.variant_key) for each in outcome.problems] == [("price", "v-2")]


def test_a_refused_new_variant_does_not_stop_the_others() -> None:
    shown = _product(7, _variant(1, "S"), options=_options("S"))
    error = ("VARIANT_ALREADY_EXISTS", ("variants", "0", "optionValues"))
    desk = Desk(
        ProductsById=_shows(shown),
        VariantsCreate=[
            _refused("productVariantsBulkCreate", error),
            _done("productVariantsBulkCreate"),
        ],
    )
    new = [
        VariantDraft(f"n-{size}", None, {"choice": {"Size": size}, "price": _usd(100)})
        for size in ("M", "L")
    ]

    [outcome] = _push(desk, ListingDraft("k-7", "7", {}, tuple(new)))

    sent = desk.of("VariantsCreate")
    assert [len(each["variants"]) for each in sent] == [2, 1]
    assert sent[1]["variants"][0]["optionValues"][0]["name"] == "L"
    assert isinstance(outcome, Applied)
    assert [each.variant_key for each in outcome.problems] == ["n-M"]


def test_an_sku_another_product_uses_is_not_written() -> None:
    other = {"id": "gid://shopify/Product/8", "title": "Cup"}
    owner = says({"productVariants": {"nodes": [{"sku": "CUP", "product": other}]}})
    desk = Desk(ProductsById=_shows(_product(7)), VariantsBySku=owner)
    draft = ListingDraft("k-7", "7", {}, (VariantDraft("v-70", "70", {"sku": "CUP"}),))

    [outcome] = _push(desk, draft)

    assert isinstance(outcome, Rejected)
    assert outcome.owner_external_id == "8"
    assert desk.names == ["ProductsById", "VariantsBySku"]


def test_an_sku_found_behind_many_that_are_like_it_is_met_and_not_made_again() -> None:
    own = {"id": "gid://shopify/Product/7", "title": "Mug", "hasOnlyDefaultVariant": True}
    alike = [
        {"sku": f"S-70-{n}", "product": {**own, "id": f"gid://shopify/Product/{n}"}}
        for n in (1, 2, 3)
    ]
    more = {"hasNextPage": True, "endCursor": "c"}
    desk = Desk(
        ProductByKey=NOBODY,
        VariantsBySku=[
            says({"productVariants": {"nodes": alike, "pageInfo": more}}),
            says({"productVariants": {"nodes": [{"sku": "S-70", "product": own}]}}),
        ],
        ProductsById=_shows(_product(7)),
    )

    [outcome] = _push(desk, _new())

    assert isinstance(outcome, Found)
    assert outcome.product.external_id == "7"
    assert [each["after"] for each in desk.of("VariantsBySku")] == [None, "c"]


def test_renaming_an_option_sends_every_variant_with_its_id() -> None:
    rows = [_variant(1, "S"), _variant(2, "M")]
    desk = Desk(
        ProductsById=_shows(_product(7, *rows, options=_options("S", "M"))), ProductSet=_made(7)
    )

    _push(desk, _draft(7, options=[{"name": "Taille", "values": ["S", "M"]}]))

    [sent] = desk.of("ProductSet")
    assert sent["identifier"] == {"id": "gid://shopify/Product/7"}
    assert [row["id"] for row in sent["input"]["variants"]] == [row["id"] for row in rows]
    assert sent["input"]["variants"][1]["optionValues"] == [{"optionName": "Taille", "name": "M"}]
    assert "metafields" not in sent["input"]


def test_a_change_without_options_never_sends_a_list_of_variants() -> None:
    rows = [_variant(1, "S"), _variant(2, "M")]
    desk = Desk(
        ProductsById=_shows(_product(7, *rows, options=_options("S", "M"))),
        ProductSet=_made(7),
        VariantsUpdate=_done("productVariantsBulkUpdate"),
    )
    draft = ListingDraft("k-7", "7", {"title": "New"}, (_size(1, "S", price=_usd(5)),))

    _push(desk, draft)

    assert desk.of("ProductSet")[0]["input"] == {"title": "New"}


@pytest.mark.parametrize(
    ("shown", "wanted", "status", "steps"),
    [
        ({"isPublished": False}, "active", None, ["Publish"]),
        ({"status": "DRAFT", "isPublished": False}, "active", "ACTIVE", ["ProductSet", "Publish"]),
        ({}, "inactive", None, ["Unpublish"]),
        ({"status": "DRAFT"}, "inactive", "ACTIVE", ["Unpublish", "ProductSet"]),
        ({"status": "UNLISTED"}, "inactive", None, []),
        ({"status": "UNLISTED"}, "active", "ACTIVE", ["ProductSet"]),
        ({}, "archived", "ARCHIVED", ["ProductSet"]),
    ],
)
def test_a_status_is_written_by_status_and_by_publishing(
    shown: dict[str, Any], wanted: str, status: str | None, steps: list[str]
) -> None:
    hidden = says({"publishableUnpublish": {"userErrors": []}})
    before = _product(7, **shown)
    after = _product(7, isPublished=wanted == "active", status=status or before["status"])
    desk = Desk(
        ProductsById=[_shows(before), _shows(after)],
        ProductSet=_made(7),
        Publish=PUBLISHED,
        Unpublish=hidden,
    )

    _push(desk, _draft(7, status=wanted))

    assert [name for name in desk.names if name != "ProductsById"] == steps
    assert [each["input"] for each in desk.of("ProductSet")] == (
        [{"status": status}] if status else []
    )


def test_stock_that_moved_between_looking_and_writing_is_told() -> None:
    error = ("CHANGE_FROM_QUANTITY_STALE", ("input", "quantities", "0", "changeFromQuantity"))
    desk = Desk(
        ProductsById=_shows(_product(7)), StockSet=_refused("inventorySetQuantities", error)
    )
    draft = ListingDraft("k-7", "7", {}, (VariantDraft("v-70", "70", {"quantity": 9}),))

    [outcome] = _push(desk, draft)

    [sent] = desk.of("StockSet")
    assert sent["input"]["quantities"] == [
        {
            "inventoryItemId": "gid://shopify/InventoryItem/701",
            "locationId": "gid://shopify/Location/1",
            "quantity": 9,
            "changeFromQuantity": 5,
        }
    ]
    assert isinstance(outcome, Applied)
    assert [(each.field, each.variant_key) for each in outcome.problems] == [("quantity", "v-70")]


def _image(number: int, status: str) -> dict[str, Any]:
    return {
        "id": f"gid://shopify/MediaImage/{number}",
        "mediaContentType": "IMAGE",
        "status": status,
        "alt": "",
    }


def test_a_new_picture_of_a_variant_waits_until_shopify_has_it() -> None:
    rows = [_variant(1, "S")]
    options = _options("S")
    fetched = _product(7, *rows, options=options, media={"nodes": [_image(9, "PROCESSING")]})
    ready = _product(7, *rows, options=options, media={"nodes": [_image(9, "READY")]})
    shown = _variant(1, "S", media={"nodes": [{"id": "gid://shopify/MediaImage/9"}]})
    finished = {**ready, "variants": {"nodes": [shown]}}
    desk = Desk(
        ProductsById=[
            _shows(_product(7, *rows, options=options)),
            _shows(fetched),
            _shows(ready),
            _shows(finished),
        ],
        ProductSet=_made(7),
        VariantsUpdate=_done("productVariantsBulkUpdate"),
    )
    listings = _listings(desk)
    draft = ListingDraft(
        "k-7",
        "7",
        {},
        (_size(1, "S", image="detail"),),
        image_sources={"detail": "https://ours.test/detail-view.jpg"},
    )

    [waiting] = listings.push([draft])
    assert isinstance(waiting, Pending)
    [done] = listings.collect(waiting.ticket)

    assert isinstance(done, Applied)
    assert done.image_ids == {"detail": "9"}
    assert desk.names.count("ProductSet") == 1
    assert desk.of("VariantsUpdate")[0]["variants"] == [
        {
            "id": "gid://shopify/ProductVariant/1",
            "mediaId": "gid://shopify/MediaImage/9",
        }
    ]


def test_a_shop_that_stops_us_at_once_is_told_as_a_whole() -> None:
    desk = Desk(ProductsById=_shows(_product(7)), ProductSet=fails("THROTTLED"))

    with pytest.raises(Throttled):
        _push(desk, _draft(7, title="New"))


def test_what_was_finished_before_the_shop_stopped_us_stays_told() -> None:
    desk = Desk(
        ProductsById=[
            _shows(_product(7), _product(8)),
            _shows(_product(7, title="New")),
        ],
        ProductSet=[_made(7), fails("THROTTLED")],
    )

    first, second = _push(desk, _draft(7, title="New"), _draft(8, title="New"))

    assert isinstance(first, Applied)
    assert isinstance(second, Unanswered)


def test_a_product_somebody_else_is_changing_is_tried_once_more() -> None:
    busy: Answer = fails("TOO_MANY_PARALLEL_REQUESTS_FOR_THIS_PRODUCT")
    desk = Desk(
        ProductsById=[
            _shows(_product(7)),
            _shows(_product(7)),
            _shows(_product(7, title="New")),
        ],
        ProductSet=[busy, _made(7)],
    )

    [outcome] = _push(desk, _draft(7, title="New"))

    assert isinstance(outcome, Applied)
    assert desk.names.count("ProductSet") == 2


def test_a_gift_card_is_not_written() -> None:
    desk = Desk(ProductsById=_shows(_product(7, isGiftCard=True)))

    [outcome] = _push(desk, _draft(7, title="New"))

    assert isinstance(outcome, Rejected)
    assert outcome.problems[0].code == "not_writable"


def test_a_removed_listing_is_archived_and_deleted_only_where_a_person_said_so() -> None:
    archived = Desk(ProductsById=_shows(_product(7)), ProductSet=_made(7))
    deleted = Desk(
        ProductsById=_shows(_product(7)),
        ProductDelete=_done("productDelete", deletedProductId="gid://shopify/Product/7"),
    )
    removal = ListingDraft("k-7", "7", {}, is_removed=True)

    [first] = _listings(archived).push([removal])
    [second] = _listings(deleted, deletes=True).push([removal])

    assert isinstance(first, Applied)
    assert isinstance(second, Applied)
    assert archived.of("ProductSet")[0]["input"] == {"status": "ARCHIVED"}
    assert deleted.of("ProductDelete") == [{"id": "gid://shopify/Product/7"}]


def test_our_keys_are_set_beside_the_metafields_of_the_merchant() -> None:
    rows = [_variant(n, f"{n}", ourKey=None) for n in range(1, 31)]
    names = [f"{n}" for n in range(1, 31)]
    desk = Desk(
        ProductsById=_shows(_product(7, *rows, options=_options(*names), ourKey=None)),
        MetafieldsSet=_done("metafieldsSet"),
    )
    variants = tuple(_size(n, f"{n}") for n in range(1, 31))

    _push(desk, ListingDraft("k-7", "7", {}, variants))

    assert [len(each["metafields"]) for each in desk.of("MetafieldsSet")] == [25, 6]
    assert "ProductSet" not in desk.names


@pytest.mark.parametrize("before", [(), ("level1",)])
@pytest.mark.parametrize("more", [[], ["4"]])
def test_what_a_push_takes_is_said_whichever_locations_counted_when_it_was_last_seen(
    before: tuple[str, ...], more: list[str]
) -> None:
    level = {"quantities": [{"name": "available", "quantity": 3}]}
    item = {"id": "gid://shopify/InventoryItem/1", "tracked": True, "inventoryLevel": level}
    shown = _product(7, {**_variant(70), "inventoryItem": item | dict.fromkeys(before, level)})
    draft = ListingDraft("k-7", "7", {}, (VariantDraft("v-70", "70", {"quantity": 9}),))
    settings = {"base_url": "https://a.myshopify.com", "facts": FACTS, "more_location_ids": more}
    adapter = build({"access_token": "x"}, {**settings, **SETTINGS}, Desk().transport)

    price = adapter.price([Batch([ChannelProduct("7", {}, (), raw=shown)], [draft])])

    assert price.calls == 4
