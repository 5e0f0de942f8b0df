"""The wire of a shop: what each kind of answer means, and what a lost one does not mean."""

import json
import logging
from typing import Any

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.adapters.errors import (
    AdapterError,
    BadPayload,
    NeedsPerson,
    NeedsReauth,
    Refused,
    Throttled,
    Unavailable,
    Unknown,
)
from app.adapters.shopify import problems
from app.adapters.shopify.client import _lines, row_of
from app.adapters.shopify.documents import reading, shop, writing
from app.core.rate_limit import RateLimited
from app.core.remembered import Remembered
from tests.channels.shopify.scripted import (
    BASE,
    Answer,
    Far,
    answers,
    cost,
    fails,
    lost,
    says,
    unreached,
)

GOOD: dict[str, Any] = {"productByIdentifier": {"id": "gid://shopify/Product/7"}}


def _ask(far: Far) -> Any:
    return far.client.ask(reading.PRODUCT_BY_KEY, value="k")


def _write(far: Far) -> Any:
    return far.client.write(writing.PRODUCT_DELETE, id="gid://shopify/Product/7")


def test_a_request_carries_the_key_the_pinned_version_and_nothing_else_of_ours() -> None:
    far = Far(says(GOOD))

    found = _ask(far)

    [request] = far.requests
    assert found == GOOD["productByIdentifier"]
    assert str(request.url) == f"{BASE}/admin/api/2026-10/graphql.json"
    assert request.headers["x-shopify-access-token"] == "shpat_secret"
    assert request.headers["accept"] == "application/json"
    assert request.headers["user-agent"].startswith("SyncStore/")
    assert far.asked == [{"value": "k"}]


@pytest.mark.parametrize(
    ("answer", "kind", "code"),
    [
        (answers({"errors": "[API] Invalid API key"}, status=401), NeedsReauth, "401"),
        (answers({"errors": "Unavailable Shop"}, status=402), NeedsPerson, "402"),
        (answers({"errors": "no longer accepted"}, status=403), NeedsReauth, "403"),
        (answers({"errors": "Not Found"}, status=404), NeedsPerson, "404"),
        (answers({"errors": "Locked"}, status=423), NeedsPerson, "423"),
        (answers({}, status=430), Unavailable, "430"),
        (answers({}, status=301, location="https://other.myshopify.com/"), NeedsPerson, "moved"),
        (fails("ACCESS_DENIED"), NeedsReauth, "ACCESS_DENIED"),
        (fails("MAX_COST_EXCEEDED"), problems.TooCostly, "MAX_COST_EXCEEDED"),
        (fails("undefinedField"), Refused, "undefinedField"),
        (answers({"errors": [{"message": "odd"}]}), Refused, "unknown"),
        (answers({"data": None}), BadPayload, None),
        (answers({"data": [1]}), BadPayload, None),
    ],
)
def test_each_answer_that_is_none_has_its_error(
    answer: Answer, kind: type[AdapterError], code: str | None
) -> None:
    far = Far(answer)

    with pytest.raises(kind) as caught:
        _ask(far)

    assert caught.value.code == code
    assert len(far.requests) == 1


def test_a_bucket_of_nothing_is_not_believed() -> None:
    heard: list[tuple[float, ...]] = []
    empty = {"maximumAvailable": 0, "currentlyAvailable": 0, "restoreRate": 0}
    figures = {"requestedQueryCost": 0, "actualQueryCost": 0, "throttleStatus": empty}
    far = Far(
        answers({"data": GOOD, "extensions": {"cost": figures}}),
        on_budget=lambda *figures: heard.append(figures),
    )

    _ask(far)

    assert heard == []


@pytest.mark.parametrize("more", [{}, {"extensions": None}, {"extensions": {}}])
def test_throttling_is_known_by_its_word_where_it_has_no_code(more: dict[str, Any]) -> None:
    far = Far(answers({"errors": [{"message": "Throttled", **more}]}))

    with pytest.raises(Throttled) as caught:
        _write(far)

    assert (caught.value.code, caught.value.retry_after) == ("THROTTLED", 1.0)


def test_what_the_whole_bucket_cannot_hold_is_too_costly_and_not_waited_for() -> None:
    waits: list[float] = []
    small = cost(90, 40)
    small["extensions"]["cost"]["throttleStatus"]["maximumAvailable"] = 40
    far = Far(fails("THROTTLED", "Throttled", **small), on_throttled=waits.append)

    with pytest.raises(problems.TooCostly):
        _ask(far)

    assert waits == []


def test_throttling_is_found_inside_a_good_status() -> None:
    waits: list[float] = []
    far = Far(fails("THROTTLED", "Throttled", **cost(900, 100)), on_throttled=waits.append)

    with pytest.raises(Throttled) as caught:
        _ask(far)

    assert caught.value.retry_after == 8.0
    assert waits == [8.0]


def test_throttling_without_figures_waits_a_second() -> None:
    with pytest.raises(Throttled) as caught:
        _ask(Far(fails("THROTTLED")))

    assert caught.value.retry_after == 1.0


def test_throttling_by_status_says_for_how_long() -> None:
    waits: list[float] = []
    far = Far(httpx.Response(429, headers={"retry-after": "2.0"}), on_throttled=waits.append)

    with pytest.raises(Throttled) as caught:
        _ask(far)

    assert caught.value.retry_after == 2.0
    assert waits == [2.0]


def test_a_throttled_write_is_not_taken_for_one_that_happened() -> None:
    with pytest.raises(Throttled):
        _write(Far(fails("THROTTLED", **cost(20, 0))))


@pytest.mark.parametrize(
    "answer",
    [
        unreached,
        lost,
        answers({}, status=502),
        fails("INTERNAL_SERVER_ERROR"),
        httpx.Response(200, content=b'{"data": {'),
        httpx.Response(200, content=b"<html>"),
    ],
)
def test_a_query_that_fails_quickly_is_asked_again(answer: Answer) -> None:
    far = Far(answer, answer, says(GOOD))

    assert _ask(far) == GOOD["productByIdentifier"]
    assert len(far.requests) == 3


def test_a_query_is_given_up_after_three_tries() -> None:
    far = Far(lost, lost, lost, says(GOOD))

    with pytest.raises(Unavailable):
        _ask(far)

    assert len(far.requests) == 3


@pytest.mark.parametrize(
    "answer",
    [
        lost,
        answers({}, status=500),
        fails("INTERNAL_SERVER_ERROR"),
        httpx.Response(200, content=b"<html>"),
        answers({"data": None}),
        says({"productDelete": None}),
    ],
)
def test_after_a_write_a_lost_answer_leaves_open_what_happened(answer: Answer) -> None:
    far = Far(answer)

    with pytest.raises(Unknown):
        _write(far)

    assert len(far.requests) == 1


def test_a_write_that_never_left_is_no_riddle() -> None:
    with pytest.raises(Unavailable):
        _write(Far(unreached))


def test_a_product_somebody_else_is_changing_is_busy() -> None:
    with pytest.raises(problems.Busy):
        _write(Far(fails("TOO_MANY_PARALLEL_REQUESTS_FOR_THIS_PRODUCT")))


def test_user_errors_are_raised_with_all_they_say() -> None:
    errors = [{"field": ["id"], "message": "Product does not exist"}]

    with pytest.raises(problems.ItemRefused) as caught:
        _write(Far(says({"productDelete": {"userErrors": errors}})))

    assert caught.value.errors[0].is_gone


def test_every_failure_is_logged_with_the_id_shopify_gave_it(
    caplog: pytest.LogCaptureFixture,
) -> None:
    with caplog.at_level(logging.WARNING), pytest.raises(NeedsReauth):
        _ask(Far(answers({}, status=401, x_request_id="req-1")))

    assert "req-1" in caplog.text
    assert "shpat_secret" not in caplog.text


def test_points_are_asked_for_before_a_request_and_told_after_it() -> None:
    spent: list[float] = []
    told: list[tuple[float, float, float]] = []
    far = Far(
        answers({"data": GOOD, **cost(3, 1990)}),
        spend=spent.append,
        on_budget=lambda *figures: told.append(figures),
    )

    _ask(far)

    assert spent == [1.0]
    assert told == [(1990.0, 2000.0, 100.0)]
    assert far.client.budget is not None
    assert far.client.budget.requested == 3.0


def test_what_shopify_charges_corrects_what_is_planned() -> None:
    spent: list[float] = []
    far = Far(answers({"data": GOOD, **cost(4, 1990)}), says(GOOD), spend=spent.append)

    _ask(far)
    _ask(far)

    assert spent == [1.0, 4.0]


def test_what_a_request_really_costs_is_known_in_the_next_conversation() -> None:
    spent: list[float] = []
    remembered = Remembered()
    for _ in range(2):
        told = answers({"data": GOOD, **cost(4, 1990)})
        _ask(Far(told, spend=spent.append, remembered=remembered))

    assert spent == [1.0, 4.0]


def test_an_answer_without_figures_is_as_good() -> None:
    far = Far(answers({"data": GOOD}))

    assert _ask(far) == GOOD["productByIdentifier"]
    assert far.client.budget is None


def test_our_own_limit_is_told_as_throttling() -> None:
    def refuse(_: float) -> None:
        raise RateLimited(4.0)

    far = Far(says(GOOD), spend=refuse)

    with pytest.raises(Throttled) as caught:
        _ask(far)

    assert caught.value.retry_after == 4.0
    assert far.requests == []


def test_another_version_than_the_pinned_one_is_noticed() -> None:
    far = Far(says(GOOD, x_shopify_api_version="2027-01", x_shopify_api_deprecated_reason="x.y"))

    _ask(far)

    assert far.client.version == "2027-01"
    assert far.client.deprecations == {"x.y"}


def test_a_connection_is_read_to_its_end() -> None:
    def page(name: str, after: str | None) -> httpx.Response:
        info = {"hasNextPage": after is not None, "endCursor": after}
        return says({"locations": {"nodes": [{"id": name}], "pageInfo": info}})

    far = Far(page("a", "c1"), page("b", None))

    assert [each["id"] for each in far.client.pages(shop.LOCATIONS)] == ["a", "b"]
    assert [each["after"] for each in far.asked] == [None, "c1"]


def test_a_request_asks_for_no_more_than_it_may_cost() -> None:
    far = Far()
    places = {"location": "l", "publication": "p", "publishes": True}

    few = far.client.fitting(reading.PRODUCTS_BY_ID, 250, variants=10, media=10, **places)
    many = far.client.fitting(reading.PRODUCTS_BY_ID, 250, variants=1, media=1, **places)

    assert 1 <= few < many <= 250


FILE = b'{"id":1}\n{"id":2}\n\n{"id":3}'


def _file(request: httpx.Request) -> httpx.Response:
    assert "x-shopify-access-token" not in request.headers
    begin = int(request.headers.get("range", "bytes=0-")[6:-1])
    return httpx.Response(206 if begin else 200, content=FILE[begin:])


def _whole_file(_: httpx.Request) -> httpx.Response:
    return httpx.Response(200, content=FILE)


@pytest.mark.parametrize("answer", [_file, _whole_file])
def test_a_result_is_streamed_from_where_the_last_page_ended(answer: Answer) -> None:
    far = Far(answer, answer)

    with far.client.lines_of("https://storage.test/result.jsonl") as lines:
        at, first = next(lines)
    with far.client.lines_of("https://storage.test/result.jsonl", offset=at) as lines:
        rest = list(lines)

    assert first == b'{"id":1}'
    assert [json.loads(row)["id"] for _, row in rest] == [2, 3]
    assert rest[-1][0] == len(FILE)


@given(
    rows=st.lists(
        st.dictionaries(st.text(max_size=3), st.text(max_size=5), max_size=3), max_size=9
    ),
    size=st.integers(1, 40),
    split=st.integers(0, 9),
)
def test_wherever_a_stream_is_cut_its_lines_are_whole(
    rows: list[dict[str, str]], size: int, split: int
) -> None:
    content = b"".join(json.dumps(row).encode() + b"\n" for row in rows)
    ends = [at for at, _ in _cut(content, size)]

    resumed_at = ends[split] if split < len(ends) else 0
    resumed = [row for _, row in _cut(content, size, wanted=resumed_at)]

    assert [row for _, row in _cut(content, size)] == rows
    assert resumed == (rows[split + 1 :] if split < len(ends) else rows)


def _cut(content: bytes, size: int, *, wanted: int = 0) -> list[tuple[int, Any]]:
    chunks = (content[start : start + size] for start in range(0, len(content), size))
    return [(at, json.loads(line)) for at, line in _lines(chunks, 0, wanted)]


@pytest.mark.parametrize(
    "answer",
    [lost, httpx.Response(403), httpx.Response(200, content=b'{"id":1}\n{"id":')],
)
def test_a_result_that_breaks_off_is_read_again_later(answer: Answer) -> None:
    far = Far(answer)

    def read() -> None:
        with far.client.lines_of("https://storage.test/result.jsonl") as lines:
            for _, line in lines:
                row_of(line)

    with pytest.raises(Unavailable):
        read()
