"""Reading: pages that fit, products larger than a page, and changes that are seen once."""

from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest

from app.adapters.shopify import schema
from app.adapters.shopify.problems import TooCostly
from app.adapters.shopify.reads import Reads
from app.adapters.shopify.shop import Shop
from app.adapters.types import Cursor
from app.core import clock
from tests.channels.shopify.scripted import Answer, Far, fails, says

SETTINGS = {"location_id": "1", "publication_ids": ["2"]}


def _reads(*script: Answer) -> tuple[Reads, Far]:
    far = Far(*script)
    return Reads(Shop(far.client, {"currency": "USD"}, SETTINGS)), far


def _variant(number: int) -> dict[str, Any]:
    return {"id": f"gid://shopify/ProductVariant/{number}", "sku": f"S-{number}", "price": "1.00"}


def _product(
    number: int, updated_at: str = "2026-11-22T10:00:00Z", **fields: Any
) -> dict[str, Any]:
    return {
        "id": f"gid://shopify/Product/{number}",
        "title": f"Mug {number}",
        "updatedAt": updated_at,
        "variants": {"nodes": [_variant(number * 10)]},
        "media": {"nodes": []},
        **fields,
    }


def _connection(rows: list[dict[str, Any]], after: str | None = None) -> dict[str, Any]:
    return {"nodes": rows, "pageInfo": {"hasNextPage": after is not None, "endCursor": after}}


def _page(*rows: dict[str, Any], after: str | None = None) -> httpx.Response:
    return says({"products": _connection(list(rows), after)})


def _variants(*numbers: int, after: str | None = None) -> httpx.Response:
    rows = [_variant(number) for number in numbers]
    return says({"product": {"variants": _connection(rows, after)}})


def test_a_full_read_goes_by_id_and_begins_changes_before_it_began() -> None:
    reads, far = _reads(
        _page(_product(5)), _page(_product(1), _product(2), after="c"), _page(_product(5))
    )

    first = reads.pull(Cursor("full"))
    assert first.next is not None
    second = reads.pull(first.next)

    assert [item.external_id for item in first.items] == ["1", "2"]
    assert [item.external_id for item in second.items] == ["5"]
    assert far.asked[1]["query"] == schema.EVERY_STATUS
    assert far.asked[2]["query"] == f"id:>2 {schema.EVERY_STATUS}"
    assert {each["sort"] for each in far.asked[1:]} == {"ID"}
    assert second.next is None
    assert second.watermark == Cursor("changes", {"since": "2026-11-22T09:55:00Z", "known": {}})


def test_an_empty_shop_is_read_in_one_go() -> None:
    reads, _ = _reads(_page(), _page())

    page = reads.pull(Cursor("full"))

    assert (page.items, page.next) == ([], None)
    assert page.watermark == Cursor("changes", {"since": None, "known": {}})


def test_a_product_that_moves_in_the_second_it_was_read_in_is_read_again() -> None:
    reads, _ = _reads(_page(_product(7)), _page(_product(7, title="Cup")), _page(_product(7)))
    with clock.frozen(datetime(2026, 11, 22, 10, 0, 0, 500_000, tzinfo=UTC)) as advance:
        first = reads.pull(Cursor("changes"))
        assert first.watermark is not None
        advance(timedelta(minutes=2))
        second = reads.pull(first.watermark)
        assert second.watermark is not None

        third = reads.pull(second.watermark)

    assert [item.values["title"] for item in second.items] == ["Cup"]
    assert third.items == []


def test_a_large_shop_goes_over_to_an_export() -> None:
    started = {"bulkOperation": {"id": "gid://shopify/BulkOperation/1"}, "userErrors": []}
    reads, far = _reads(says({"bulkOperationRunQuery": started}))

    page = reads.pull(Cursor("full", {"mark": {"since": None}, "last": "99", "seen": 250}))

    assert page.next is not None
    assert page.next.state["bulk"] == "gid://shopify/BulkOperation/1"
    assert "id:>99 " in far.asked[0]["query"]


@pytest.mark.parametrize(
    ("after", "done", "pause"),
    [
        (0, 0, 1),  # nothing says how fast it is
        (10, 250, 18),  # thirty seconds to go
        (10, 10, 30),  # many minutes to go
        (39, 990, 1),
        (60, 1001, 1),  # more than we knew of
    ],
)
def test_an_export_is_looked_at_as_its_speed_promises(after: int, done: int, pause: int) -> None:
    started = {"bulkOperation": {"id": "gid://shopify/BulkOperation/1"}, "userErrors": []}
    running = {"status": "RUNNING", "rootObjectCount": str(done)}
    reads, _ = _reads(says({"bulkOperationRunQuery": started}), says({"bulkOperation": running}))
    with clock.frozen(clock.now()) as advance:
        begun = reads.pull(Cursor("full", {"mark": {"since": None}}, expected=1000))
        advance(timedelta(seconds=after))

        assert begun.next is not None
        looked = reads.pull(begun.next)

    assert looked.check_after == timedelta(seconds=pause)


def test_more_variants_than_a_page_brings_are_read_product_by_product() -> None:
    large = _product(1, variants=_connection([_variant(10)], "v1"))
    reads, far = _reads(
        says({"nodes": [large, None]}), _variants(11, 12, after="v2"), _variants(13)
    )

    [product, missing] = reads.products(["1", "2"])

    assert [each.external_id for each in product.variants] == ["10", "11", "12", "13"]
    assert [each.get("after") for each in far.asked] == [None, "v1", "v2"]
    assert (missing.external_id, missing.is_deleted) == ("2", True)


def test_what_can_be_no_id_is_not_asked_for() -> None:
    reads, far = _reads()

    [product] = reads.products(["not-a-number"])

    assert product.is_deleted
    assert far.requests == []


def test_a_query_that_is_too_costly_is_asked_with_smaller_pages() -> None:
    reads, far = _reads(fails("MAX_COST_EXCEEDED"), fails("MAX_COST_EXCEEDED"), says({"nodes": []}))

    reads.products(["1"])

    assert [each["variants"] for each in far.asked] == [10, 5, 2]


def test_when_inner_pages_are_as_small_as_can_be_fewer_products_are_asked_for() -> None:
    dear: list[Answer] = [fails("MAX_COST_EXCEEDED")] * 4
    reads, far = _reads(*dear, says({"nodes": [_product(1)]}), says({"nodes": [_product(2)]}))

    found = reads.products(["1", "2"])

    assert [each.external_id for each in found] == ["1", "2"]
    assert [len(each["ids"]) for each in far.asked] == [2, 2, 2, 2, 1, 1]


def test_a_page_that_is_too_costly_gets_shorter() -> None:
    dear: list[Answer] = [fails("MAX_COST_EXCEEDED")] * 4
    reads, far = _reads(*dear, _page(_product(1)))

    page = reads.pull(Cursor("changes", {"since": None}))

    assert [item.external_id for item in page.items] == ["1"]
    firsts = [each["first"] for each in far.asked]
    assert firsts[4] == firsts[3] // 2


def test_a_query_that_cannot_get_smaller_is_given_up() -> None:
    reads, far = _reads(*[fails("MAX_COST_EXCEEDED")] * 9)

    with pytest.raises(TooCostly):
        reads.products(["1"])

    assert [each["variants"] for each in far.asked] == [10, 5, 2, 1]


def test_changes_are_looked_for_a_little_before_the_newest_one_seen() -> None:
    first, second = "2026-11-22T10:00:00Z", "2026-11-22T10:03:00Z"
    reads, far = _reads(
        _page(_product(1, first), _product(2, second)),
        _page(_product(1, first), _product(2, second)),
        _page(_product(1, first), _product(2, "2026-11-22T10:04:00Z")),
    )

    begun = reads.pull(Cursor("changes", {"since": "2026-11-22T09:00:00Z", "known": {}}))
    assert begun.watermark is not None
    again = reads.pull(begun.watermark)
    assert again.watermark is not None
    moved = reads.pull(again.watermark)

    assert [item.external_id for item in begun.items] == ["1", "2"]
    assert again.items == []
    assert [item.external_id for item in moved.items] == ["2"]
    assert far.asked[0]["query"] == f"updated_at:>'2026-11-22T09:00:00Z' {schema.EVERY_STATUS}"
    assert far.asked[1]["query"] == f"updated_at:>'2026-11-22T09:58:00Z' {schema.EVERY_STATUS}"
    assert {each["sort"] for each in far.asked} == {"UPDATED_AT"}


def test_a_read_of_changes_that_takes_several_pages_keeps_its_beginning() -> None:
    reads, far = _reads(_page(_product(1), after="c1"), _page(_product(2)))

    first = reads.pull(Cursor("changes", {"since": None, "known": {}}))
    assert first.next is not None
    second = reads.pull(first.next)

    assert first.watermark is None
    assert [each["after"] for each in far.asked] == [None, "c1"]
    assert second.watermark is not None
    assert second.watermark.state["known"] == {
        "1": "2026-11-22T10:00:00Z",
        "2": "2026-11-22T10:00:00Z",
    }


@pytest.mark.parametrize(
    ("newest", "asked"),
    [
        ("2026-11-22T12:00:00Z", {"after": None, "since": "2026-11-22T11:59:59Z", "seen": 0}),
        ("2026-11-22T09:00:01Z", {"after": "c", "since": "2026-11-22T09:00:00Z", "seen": 10_000}),
    ],
)
def test_a_long_walk_through_changes_begins_a_new_search(
    newest: str, asked: dict[str, Any]
) -> None:
    reads, _ = _reads(_page(_product(1, newest), after="c"))
    state = {"since": "2026-11-22T09:00:00Z", "after": "b", "seen": 9_999, "known": {}}

    page = reads.pull(Cursor("changes", state))

    assert page.next is not None
    assert {name: page.next.state[name] for name in asked} == asked


def test_a_watermark_never_moves_back() -> None:
    reads, _ = _reads(_page(_product(1, "2026-11-22T10:00:00Z")))

    page = reads.pull(Cursor("changes", {"since": "2026-11-22T09:59:00Z", "known": {}}))

    assert page.watermark is not None
    assert page.watermark.state["since"] == "2026-11-22T09:59:00Z"


def test_ids_are_read_with_those_of_all_variants() -> None:
    large = _product(1, variants=_connection([_variant(10)], "v1"))
    reads, _ = _reads(_page(large), _variants(11))

    page = reads.pull(Cursor("ids"))

    assert [each.external_id for each in page.items[0].variants] == ["10", "11"]
    assert page.next is None


def test_a_stock_item_stands_for_its_product() -> None:
    owner = {
        "nodes": [{"id": "gid://shopify/ProductVariant/10", "product": {"id": _product(1)["id"]}}]
    }
    items = [{"id": "gid://shopify/InventoryItem/31", "variants": owner}, None]
    reads, _ = _reads(says({"nodes": items}), says({"nodes": [_product(1)]}))

    [product, unknown] = reads.products(["item:31", "item:32"])

    assert product.external_id == "1"
    assert (unknown.external_id, unknown.is_deleted) == ("item:32", True)


def test_a_product_that_is_named_twice_comes_once() -> None:
    owner = {
        "nodes": [{"id": "gid://shopify/ProductVariant/10", "product": {"id": _product(1)["id"]}}]
    }
    items = [{"id": "gid://shopify/InventoryItem/31", "variants": owner}]
    reads, _ = _reads(says({"nodes": items}), says({"nodes": [_product(2), _product(1)]}))

    found = reads.products(["2", "item:31", "1", "3", "3"])

    assert [(each.external_id, each.is_deleted) for each in found] == [
        ("2", False),
        ("1", False),
        ("3", True),
    ]


def test_a_product_that_cannot_be_read_is_named_in_a_page() -> None:
    reads, _ = _reads(_page(_product(1, title=7), _product(2)))

    page = reads.pull(Cursor("changes", {"since": None}))

    assert [item.external_id for item in page.items] == ["2"]
    assert [problem.code for problem in page.unreadable] == ["unreadable"]
