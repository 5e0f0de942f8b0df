"""Exports: lines back into products, page by page, without holding the file."""

import json
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import httpx
import pytest

from app.adapters.errors import BadPayload, Refused, Throttled, Unavailable
from app.adapters.shopify import bulk
from app.adapters.shopify.bulk import Bulk
from app.adapters.shopify.shop import Shop
from app.adapters.types import ChannelProduct, Cursor, Page, Sealed
from tests.channels.shopify.scripted import Answer, Far, says

URL = "https://storage.test/result.jsonl"
MARK = {"since": "2026-11-22T00:00:00Z", "known": {}}


def _product(number: int, **fields: Any) -> list[dict[str, Any]]:
    product = f"gid://shopify/Product/{number}"
    variant = f"gid://shopify/ProductVariant/{number}1"
    return [
        {
            "id": product,
            "title": f"Mug {number}",
            "status": "ACTIVE",
            "options": [
                {"name": "Title", "position": 1, "optionValues": [{"name": "Default Title"}]}
            ],
            **fields,
        },
        {"id": variant, "sku": f"M-{number}", "price": "1.00", "__parentId": product},
        {"id": "gid://shopify/MediaImage/9", "__parentId": variant},
        {
            "id": "gid://shopify/MediaImage/9",
            "mediaContentType": "IMAGE",
            "status": "READY",
            "__parentId": product,
        },
    ]


def _numbered(rows: list[dict[str, Any]]) -> Iterator[tuple[int, bytes]]:
    yield from enumerate((json.dumps(row).encode() for row in rows), start=1)


def test_children_find_their_parents() -> None:
    rows = [*_product(1), *_product(2)]

    groups = list(bulk.grouped(_numbered(rows)))
    first, second = (bulk.assembled(each.lines) for each in groups)

    assert [each.end for each in groups] == [4, 8]
    assert [first["id"], second["id"]] == ["gid://shopify/Product/1", "gid://shopify/Product/2"]
    [variant] = first["variants"]["nodes"]
    assert variant["media"]["nodes"] == [{"id": "gid://shopify/MediaImage/9"}]
    assert "__parentId" not in variant
    assert len(first["media"]["nodes"]) == 1


@pytest.mark.parametrize("title", ["__parentId", '"__parentId":', '","__parentId":"', "\\"])
def test_a_title_cannot_make_a_product_a_child(title: str) -> None:
    rows = [*_product(1), *_product(2, title=title)]

    assert [each.end for each in bulk.grouped(_numbered(rows))] == [4, 8]


def test_an_empty_export_holds_nothing() -> None:
    assert list(bulk.grouped(_numbered([]))) == []


def _sealed(rows: list[dict[str, Any]], **facts: str) -> Sealed:
    shop = Far(_state("COMPLETED", url=URL), _storage(_lines(rows)))
    known = {"currency": "USD", **facts}
    places = {"location_id": "7", "publication_ids": ["3"]}
    [sealed] = Bulk(Shop(shop.client, known, places)).page({"bulk": "x", "mark": MARK}).sealed
    return sealed


def _lines(rows: list[dict[str, Any]]) -> bytes:
    return b"\n".join(json.dumps(row).encode() for row in rows)


def _changed(line: int, **fields: Any) -> list[dict[str, Any]]:
    return [{**row, **fields} if at == line else row for at, row in enumerate(_product(1))]


_LEVEL = {"tracked": True, "inventoryLevel": {"quantities": [{"name": "available", "quantity": 3}]}}


@pytest.mark.parametrize(
    "rows",
    [
        pytest.param(_changed(0, title="Cup"), id="title"),
        pytest.param(_changed(0, updatedAt="2026-11-22T00:00:01Z"), id="moment"),
        pytest.param(_changed(0, attributes={"value": '{"Colour": ["Blue"]}'}), id="metafield"),
        pytest.param(_changed(1, price="1.01"), id="price"),
        pytest.param(_changed(1, inventoryItem=_LEVEL), id="level"),
        pytest.param(_changed(2, id="gid://shopify/MediaImage/8"), id="picture of a variant"),
        pytest.param(_changed(3, alt="Front"), id="picture"),
        pytest.param(_product(1)[:-1], id="a line less"),
        pytest.param([*_product(1), _product(1)[-1]], id="a line more"),
        pytest.param([*_product(1)[:1], *reversed(_product(1)[1:])], id="another order"),
    ],
)
def test_whatever_is_spelled_otherwise_has_another_digest(rows: list[dict[str, Any]]) -> None:
    assert _sealed(rows).digest != _sealed(_product(1)).digest


def test_what_is_spelled_alike_has_one_digest_unless_it_is_read_otherwise(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    first = _sealed(_product(1)).digest

    assert _sealed(_product(1)).digest == first
    assert _sealed(_product(1), currency="EUR").digest != first
    monkeypatch.setattr(bulk, "_EDITION", "another")
    assert _sealed(_product(1)).digest != first


def test_a_line_that_broke_off_is_read_again_later() -> None:
    content = _lines(_product(1))[:-3]
    export, _ = _bulk(_state("COMPLETED", url=URL), _storage(content))

    [sealed] = export.page({"bulk": "x", "mark": MARK}).sealed

    with pytest.raises(Unavailable):
        sealed.open()


def _file(count: int) -> tuple[bytes, list[int]]:
    """Return a result file, and the offset after each product."""
    content, ends = b"", []
    for number in range(1, count + 1):
        content += b"".join(json.dumps(row).encode() + b"\n" for row in _product(number))
        ends.append(len(content))
    return content, ends


def _storage(content: bytes) -> Answer:
    def answer(request: httpx.Request) -> httpx.Response:
        begin = int(request.headers.get("range", "bytes=0-")[6:-1])
        return httpx.Response(206 if begin else 200, content=content[begin:])

    return answer


def _state(status: str, **fields: Any) -> httpx.Response:
    return says(
        {"bulkOperation": {"id": "gid://shopify/BulkOperation/1", "status": status, **fields}}
    )


def _started(*errors: dict[str, Any]) -> httpx.Response:
    operation = None if errors else {"id": "gid://shopify/BulkOperation/1", "status": "CREATED"}
    return says({"bulkOperationRunQuery": {"bulkOperation": operation, "userErrors": list(errors)}})


def _bulk(*script: Answer) -> tuple[Bulk, Far]:
    far = Far(*script)
    shop = Shop(far.client, {"currency": "USD"}, {"location_id": "7", "publication_ids": ["3"]})
    return Bulk(shop), far


def _next(page: Page[ChannelProduct]) -> Cursor:
    assert page.next is not None
    return page.next


def test_an_export_is_asked_for_waited_for_and_read_in_pages(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(bulk, "PER_PAGE", 2)
    content, ends = _file(5)
    done = _state("COMPLETED", url=URL, rootObjectCount="5")
    storage = _storage(content)
    export, far = _bulk(_started(), _state("RUNNING"), done, storage, done, storage, done, storage)

    begun = export.start({"mark": MARK, "last": "12"})
    waiting = export.page(_next(begun).state)
    pages = [export.page(_next(waiting).state)]
    while pages[-1].next is not None:
        pages.append(export.page(pages[-1].next.state))

    assert 'query: "id:>12 status:active,draft,archived,unlisted"' in far.asked[0]["query"]
    assert "gid://shopify/Location/7" in far.asked[0]["query"]
    assert begun.check_after == waiting.check_after == timedelta(seconds=1)
    assert [[item.external_id for item in page.sealed] for page in pages] == [
        ["1", "2"],
        ["3", "4"],
        ["5"],
    ]
    assert pages[0].next is not None
    assert pages[0].next.state["offset"] == ends[1]
    assert pages[0].total == 5
    assert pages[-1].watermark == Cursor("changes", MARK)


@pytest.mark.parametrize(("looks", "seconds"), [(58, 1), (59, 2), (148, 2), (149, 5)])
def test_after_a_while_the_looks_become_rarer(looks: int, seconds: int) -> None:
    export, _ = _bulk(_state("RUNNING"))

    page = export.page({"bulk": "x", "looks": looks})

    assert page.check_after == timedelta(seconds=seconds)


def test_a_shop_without_products_has_no_file() -> None:
    export, far = _bulk(_state("COMPLETED", url=None))

    page = export.page({"bulk": "x", "mark": MARK})

    assert (page.items, page.next) == ([], None)
    assert page.watermark == Cursor("changes", MARK)
    assert len(far.requests) == 1


def test_a_product_that_cannot_be_read_is_named_and_the_others_are_good() -> None:
    rows = [*_product(1, title=7), *_product(2)]
    content = _lines(rows)
    export, _ = _bulk(_state("COMPLETED", url=URL), _storage(content))

    page = export.page({"bulk": "x", "mark": MARK})

    unreadable, good = page.sealed
    assert good.open().external_id == "2"
    with pytest.raises(BadPayload) as caught:
        unreadable.open()
    assert caught.value.path == "product 1.title"


def test_a_product_that_does_not_say_which_it_is_is_named() -> None:
    content = _lines([*_product(1, id="?"), *_product(2)])
    export, _ = _bulk(_state("COMPLETED", url=URL), _storage(content))

    page = export.page({"bulk": "x", "mark": MARK})

    assert [each.external_id for each in page.sealed] == ["2"]
    assert [problem.field for problem in page.unreadable] == ["product.id"]


def test_a_failed_export_is_asked_for_once_more() -> None:
    export, _ = _bulk(
        _state("FAILED", errorCode="TIMEOUT"), _started(), _state("FAILED", errorCode="TIMEOUT")
    )

    again = export.page({"bulk": "x", "mark": MARK, "last": "12"})

    assert _next(again).state["last"] == "12"
    with pytest.raises(Refused) as caught:
        export.page(_next(again).state)
    assert caught.value.code == "TIMEOUT"


@pytest.mark.parametrize(
    "over",
    [
        [says({"bulkOperation": None})],
        [_state("COMPLETED", url=None, objectCount="9")],
        [_state("COMPLETED", url=URL), httpx.Response(403, text="Request has expired")],
        [_state("COMPLETED", url=URL), httpx.Response(404)],
    ],
)
def test_an_export_that_is_no_longer_there_is_asked_for_anew_and_never_taken_for_empty(
    over: list[Answer],
) -> None:
    export, far = _bulk(*over, _started())

    page = export.page({"bulk": "x", "mark": MARK, "last": "12", "offset": 300})

    assert (_next(page).state["last"], "offset" in _next(page).state) == ("12", False)
    assert page.watermark is None
    assert "id:>12 " in far.asked[-1]["query"]


def test_an_export_we_may_not_make_needs_a_person() -> None:
    export, _ = _bulk(_state("FAILED", errorCode="ACCESS_DENIED"))

    with pytest.raises(Refused):
        export.page({"bulk": "x"})


@pytest.mark.parametrize("code", ["OPERATION_IN_PROGRESS", "LIMIT_REACHED"])
def test_without_a_free_place_the_read_waits(code: str) -> None:
    export, _ = _bulk(_started({"field": None, "message": "Busy", "code": code}))

    with pytest.raises(Throttled) as caught:
        export.start({"mark": MARK})

    assert caught.value.retry_after == 60.0
