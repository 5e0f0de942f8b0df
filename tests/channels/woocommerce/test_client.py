"""The wire of a store: keys in three ways, answers that are none, reads past caches."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest

from app.adapters.errors import (
    BadPayload,
    NeedsPerson,
    NeedsReauth,
    Refused,
    Throttled,
    Unavailable,
    Unknown,
)
from app.adapters.types import Cursor, ListingDraft
from app.adapters.woocommerce.client import Client, Door
from app.core.rate_limit import RateLimited
from app.core.transport import Transport
from app.simulators.chaos import Fault
from app.simulators.woocommerce import TwinSettings
from tests.channels.conformance import simple
from tests.channels.woocommerce.stage import WooStage

HTTP = TwinSettings(home_url="http://store.test")


def _client(
    *answers: httpx.Response, base_url: str = "https://store.test", **door: Any
) -> tuple[Client, list[httpx.Request]]:
    """Return a client whose shop gives these answers in turn, the last one for ever."""
    requests: list[httpx.Request] = []
    waiting = list(answers)

    def answer(request: httpx.Request) -> httpx.Response:
        requests.append(request)
        return waiting.pop(0) if len(waiting) > 1 else waiting[0]

    transport = Transport(inner=httpx.MockTransport(answer))
    keys = {"key": "ck_test", "secret": "cs_test"}
    return Client(Door(base_url=base_url, **{**keys, **door}), transport), requests


def _json(body: Any, status: int = 200, *, pages: int | None = None) -> httpx.Response:
    headers = {} if pages is None else {"X-WP-TotalPages": str(pages)}
    return httpx.Response(status, json=body, headers=headers)


ANONYMOUS = _json({"code": "woocommerce_rest_cannot_view", "data": {"status": 401}}, 401)
HTML = httpx.Response(200, text="<html>Welcome</html>")


def test_keys_travel_as_basic_authentication() -> None:
    client, requests = _client(_json([]))

    client.page("/products")

    assert requests[0].headers["authorization"] == "Basic Y2tfdGVzdDpjc190ZXN0"
    assert "consumer" not in str(requests[0].url)


def test_a_host_that_strips_the_header_gets_keys_in_the_query_and_is_remembered() -> None:
    stage = WooStage(TwinSettings(strips_authorization=True))
    adapter = stage.open()

    health = adapter.check()
    adapter.pull_products(Cursor("full"))

    assert health.facts is not None
    assert health.facts.details["auth_style"] == "query"
    refused = [each for each in stage.exchanges if each.status == 401]
    assert len(refused) == 1
    assert all(stage.key.consumer_secret not in each.url for each in stage.exchanges)


def test_a_style_that_is_known_is_not_tried_out_again() -> None:
    stage = WooStage(TwinSettings(strips_authorization=True))

    stage.open(auth_style="query").pull_products(Cursor("full"))

    assert all(each.status == 200 for each in stage.exchanges)


def test_over_plain_http_requests_are_signed_and_the_secret_stays_here() -> None:
    stage = WooStage(HTTP)
    adapter = stage.open(allows_http=True)

    health = adapter.check()
    [outcome] = adapter.push_listings([simple("m", "A B+C/1", title="100% wool ~ café")])

    assert health.is_ok
    assert any("encryption" in warning for warning in health.warnings)
    assert stage.store.find_sku("A B+C/1") == int(getattr(outcome, "external_id", 0))


def test_signatures_use_the_name_the_shop_has_for_itself() -> None:
    client, requests = _client(
        _json([]), base_url="http://shop.test/store", home_url="http://www.shop.test/store",
        allows_http=True,
    )  # fmt: skip
    client.page("/products")

    query = parse_qs(urlsplit(str(requests[0].url)).query)

    assert requests[0].url.host == "shop.test"
    assert client.door.signing_url("/wp-json/x") == "http://www.shop.test/store/wp-json/x"
    assert query["oauth_signature_method"] == ["HMAC-SHA256"]


def test_signatures_use_the_scheme_of_the_request_and_not_of_the_settings() -> None:
    door = Door(
        "http://shop.test/de", "ck", "cs", home_url="https://www.shop.test/de", allows_http=True
    )

    assert door.signing_url("/wp-json/x") == "http://www.shop.test/de/wp-json/x"


def test_requests_say_who_asks() -> None:
    client, requests = _client(_json([]))

    client.page("/products")

    assert requests[0].headers["user-agent"] == "SyncStore"


def test_plain_http_needs_a_decision() -> None:
    with pytest.raises(Refused, match="without encryption"):
        WooStage(HTTP).open().check()


@pytest.mark.parametrize(
    "change",
    [
        lambda stage: stage.store.revoke_key(stage.key.id),
        lambda stage: setattr(stage.store, "settings", replace(stage.store.settings, is_ssl=False)),
    ],
    ids=["revoked", "shop believes it is plain http"],
)
def test_keys_the_shop_does_not_take_need_a_person(change: Callable[[WooStage], None]) -> None:
    stage = WooStage()
    change(stage)

    with pytest.raises(NeedsReauth):
        stage.open().pull_products(Cursor("full"))


def test_keys_that_may_only_read_are_found_out_by_the_check() -> None:
    stage = WooStage()
    stage.key = stage.store.add_key(permissions="read")

    health = stage.open().check()

    assert not health.is_ok
    assert "only read" in health.problems[0].sentence
    assert not stage.store.writes()


def test_a_firewall_that_blocks_delete_is_worked_around() -> None:
    stage = WooStage(TwinSettings(blocks_put_and_delete=True))
    product = stage.add_simple("Mug", "M-1")
    adapter = stage.open()

    [outcome] = adapter.push_listings([ListingDraft("m", product, {}, is_removed=True)])

    assert outcome.key == "m"
    assert stage.count() == 0


def test_reads_after_a_write_pass_every_cache() -> None:
    client, requests = _client(_json([]))

    client.page("/products")
    client.post("/products/batch", {})
    client.page("/products")
    client.page("/products")

    marks = [parse_qs(urlsplit(str(each.url)).query).get("_") for each in requests]
    assert marks[0] is None
    assert marks[2] != marks[3]
    assert all(each.headers["cache-control"] == "no-cache" for each in requests)


def test_a_list_is_read_to_its_last_page_even_past_short_ones() -> None:
    pages = [_json([{"id": n}], pages=3) for n in (1, 2, 3)]
    client, requests = _client(*pages)

    rows = list(client.rows("/products"))

    assert [row["id"] for row in rows] == [1, 2, 3]
    assert len(requests) == 3


def test_without_page_counts_a_list_ends_at_an_empty_page() -> None:
    client, _ = _client(_json([{"id": 1}]), _json([{"id": 2}]), _json([]))

    assert [row["id"] for row in client.rows("/products")] == [1, 2]


def test_long_comma_lists_are_split() -> None:
    client, requests = _client(_json([], pages=1))

    list(client.rows_of("/products", "sku", [f"SKU-{n:04}-{'x' * 30}" for n in range(100)]))

    assert len(requests) > 1
    assert max(len(str(each.url)) for each in requests) < 2500


def test_a_polluted_answer_is_read_and_reported() -> None:
    notice = b"<b>Notice</b>: something in x.php on line 3<br />\n"
    client, _ = _client(httpx.Response(200, content=notice + b'[{"id": 1}]'))

    assert client.page("/products").rows == [{"id": 1}]
    assert client.warnings == {"polluted"}


def test_a_polluted_answer_to_a_write_is_a_lost_one() -> None:
    client, _ = _client(httpx.Response(200, content=b"Notice: x\n{}"))

    with pytest.raises(Unknown):
        client.post("/products/batch", {})


def test_a_list_that_is_none_is_unreadable() -> None:
    client, _ = _client(_json({"data": []}))

    with pytest.raises(BadPayload):
        client.page("/products")


def test_a_page_of_html_is_asked_for_again_before_anybody_hears_of_it() -> None:
    client, requests = _client(HTML, HTML, _json([]))

    client.page("/products")

    assert len(requests) == 3
    with pytest.raises(Unavailable):
        _client(HTML)[0].page("/products")


def _raising(error: Exception) -> Transport:
    def fail(request: httpx.Request) -> httpx.Response:
        raise error

    return Transport(inner=httpx.MockTransport(fail))


@pytest.mark.parametrize(
    ("error", "on_read", "on_write"),
    [
        (httpx.ConnectError("refused"), Unavailable, Unavailable),
        (httpx.ReadTimeout("slow"), Unavailable, Unknown),
        (httpx.ReadError("reset"), Unavailable, Unknown),
    ],
)
def test_a_lost_answer_is_told_from_an_unsent_request(
    error: Exception, on_read: type[Exception], on_write: type[Exception]
) -> None:
    client = Client(Door("https://store.test", "ck", "cs"), _raising(error))

    with pytest.raises(on_read):
        client.get("/products")
    with pytest.raises(on_write):
        client.post("/products/batch", {})


def test_our_own_limit_counts_as_throttling() -> None:
    def limiter(costs: Mapping[str, float]) -> None:
        raise RateLimited(12.0)

    transport = Transport(inner=httpx.MockTransport(lambda _: _json([])), limiter=limiter)
    client = Client(Door("https://store.test", "ck", "cs"), transport)

    with pytest.raises(Throttled) as caught:
        client.get("/products")
    assert caught.value.retry_after == 12.0


def test_private_addresses_are_refused_with_a_sentence() -> None:
    client = Client(Door("https://127.0.0.1", "ck", "cs"), Transport())

    with pytest.raises(Refused, match="private"):
        client.get("/products")


def test_redirects_are_never_followed() -> None:
    moved = httpx.Response(301, headers={"location": "https://www.store.test/wp-json/"})
    client, requests = _client(moved)

    with pytest.raises(NeedsPerson, match=r"www\.store\.test"):
        client.post("/products/batch", {})
    assert len(requests) == 1


def _faults() -> Iterable[Fault]:
    return (Fault.FAIL_BEFORE, Fault.GARBAGE, Fault.LOST_ANSWER)


@pytest.mark.parametrize("fault", _faults())
def test_one_bad_moment_does_not_spoil_a_read(fault: Fault) -> None:
    stage = WooStage()
    stage.add_simple("Mug", "M-1")
    stage.store.chaos.next(fault)

    assert len(stage.open().pull_products(Cursor("full")).items) == 1
