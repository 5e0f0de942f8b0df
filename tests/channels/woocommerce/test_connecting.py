"""Connecting: finding a shop by its address, checking it, and keeping its webhooks alive."""

import httpx
import pytest

from app.adapters.errors import AdapterError, Refused, Unavailable
from app.adapters.types import DeliveryKind
from app.adapters.woocommerce import finding, schema
from app.core.transport import Transport
from app.simulators.woocommerce import TwinSettings
from tests.channels.woocommerce.stage import HOOK_URL, WooStage

INDEX = {"name": "Shop", "namespaces": ["wp/v2", "wc/v3"]}


def _web(pages: dict[str, httpx.Response]) -> Transport:
    def answer(request: httpx.Request) -> httpx.Response:
        url = str(request.url)
        if url not in pages and request.url.host == "down.test":
            raise httpx.ConnectError("refused")
        return pages.get(url, httpx.Response(404, text="<html>Not found</html>"))

    return Transport(inner=httpx.MockTransport(answer))


def _moved(to: str) -> httpx.Response:
    return httpx.Response(301, headers={"location": to})


FRONT = httpx.Response(200, text="<html>Welcome</html>")
API = httpx.Response(200, json=INDEX)


@pytest.mark.parametrize(
    ("address", "pages", "expected"),
    [
        (
            "shop.test",
            {"https://shop.test/": FRONT, "https://shop.test/wp-json/": API},
            "https://shop.test",
        ),
        (
            "https://Shop.test/wp-admin/admin.php?page=x",
            {"https://shop.test/": FRONT, "https://shop.test/wp-json/": API},
            "https://shop.test",
        ),
        (
            "http://shop.test/store/",
            {
                "http://shop.test/store/": _moved("https://www.shop.test/store/"),
                "https://www.shop.test/store/": FRONT,
                "https://www.shop.test/store/wp-json/": API,
            },
            "https://www.shop.test/store",
        ),
        (
            "shop.test",
            {
                "https://shop.test/": _moved("/en/"),
                "https://shop.test/en/": FRONT,
                "https://shop.test/wp-json/": API,
            },
            "https://shop.test",
        ),
        (
            "shop.test",
            {
                "https://shop.test/": FRONT,
                "https://shop.test/wp-json/": httpx.Response(
                    401, json={"code": "rest_not_logged_in", "message": "No."}
                ),
            },
            "https://shop.test",
        ),
        (
            "shop.test",
            {
                "https://shop.test/": _moved("/de/"),
                "https://shop.test/de/": FRONT,
                "https://shop.test/de/wp-json/": API,
                "https://shop.test/wp-json/": API,
            },
            "https://shop.test",
        ),
        (
            "shop.test",
            {
                "https://shop.test/": _moved("/store/"),
                "https://shop.test/store/": FRONT,
                "https://shop.test/store/wp-json/": API,
                "https://shop.test/wp-json/": httpx.Response(200, json={"namespaces": ["wp/v2"]}),
            },
            "https://shop.test/store",
        ),
        (
            "http://shop.test/store",
            {
                "http://shop.test/store/": FRONT,
                "http://shop.test/store/wp-json/": httpx.Response(
                    200, json={**INDEX, "home": "http://www.shop.test/store"}
                ),
            },
            "http://www.shop.test/store",
        ),
        (
            "http://127.0.0.1:8080",
            {"http://127.0.0.1:8080/": FRONT, "http://127.0.0.1:8080/wp-json/": API},
            "http://127.0.0.1:8080",
        ),
        (
            "https://shop.test/store/product/mug/?ref=mail",
            {
                "https://shop.test/store/product/mug/": FRONT,
                "https://shop.test/store/product/mug/?rest_route=%2F": API,
                "https://shop.test/store/wp-json/": API,
                "https://shop.test/wp-json/": httpx.Response(200, json={"namespaces": ["wp/v2"]}),
            },
            "https://shop.test/store",
        ),
    ],
    ids=[
        "plain",
        "admin page",
        "moved",
        "language page",
        "closed index",
        "language with an API of its own",
        "shop beside a blog",
        "signed with another host",
        "rehearsal",
        "page of a product",
    ],
)
def test_a_shop_is_found_where_it_really_is(
    address: str, pages: dict[str, httpx.Response], expected: str
) -> None:
    assert finding.probe(address, _web(pages)) == expected


@pytest.mark.parametrize(
    ("address", "pages", "code"),
    [
        ("not a shop", {}, "bad_address"),
        ("", {}, "bad_address"),
        ("ftp://shop.test", {}, "bad_address"),
        ("https://shop.test:99999", {}, "bad_address"),
        ("https://down.test", {}, "no_answer"),
        ("down.test", {}, "no_answer"),
        ("https://shop.test", {"https://shop.test/": FRONT}, "no_shop"),
        ("https://shop.test", {"https://shop.test/": _moved("/")}, "redirects"),
        (
            "https://shop.test",
            {
                "https://shop.test/": FRONT,
                "https://shop.test/wp-json/": httpx.Response(200, json={"namespaces": ["wp/v2"]}),
            },
            "no_woocommerce",
        ),
        (
            "https://shop.test",
            {
                "https://shop.test/": FRONT,
                "https://shop.test/?rest_route=%2F": httpx.Response(200, json=INDEX),
            },
            "plain_permalinks",
        ),
    ],
)
def test_each_way_to_miss_a_shop_has_its_sentence(
    address: str, pages: dict[str, httpx.Response], code: str
) -> None:
    with pytest.raises((Refused, Unavailable)) as caught:
        finding.probe(address, _web(pages))

    assert isinstance(caught.value, AdapterError)
    assert caught.value.code == code


def test_the_twin_is_found_and_plain_permalinks_are_told() -> None:
    stage, plain = WooStage(), WooStage(TwinSettings(pretty_permalinks=False))

    assert finding.probe("store.test", stage.transport()) == "https://store.test"
    with pytest.raises(Refused, match="Permalinks"):
        finding.probe("store.test", plain.transport())
    assert not plain.open().check().is_ok


def test_the_check_brings_the_facts_of_the_shop() -> None:
    stage = WooStage(
        TwinSettings(name="Alice & co", currency="JPY", weight_unit="lbs", dimension_unit="in")
    )

    facts = stage.open(facts={}).check().facts

    assert facts is not None
    assert (facts.name, facts.currency) == ("Alice & co", "JPY")
    assert (facts.weight_unit, facts.length_unit) == ("lbs", "in")
    assert facts.version == "10.5.2"
    assert facts.details["lists_variations"]
    assert facts.details["has_brands"]


def test_an_old_shop_is_warned_about() -> None:
    health = WooStage(TwinSettings(version="7.9.1")).open(facts={}).check()

    assert any("7.9.1" in warning for warning in health.warnings)


class _Closed(httpx.BaseTransport):
    """A wire to a shop whose settings these keys may not see."""

    def __init__(self, inner: httpx.BaseTransport) -> None:
        self._inner = inner

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        if "/settings/" in request.url.path or request.url.path.endswith("/system_status"):
            error = {"code": "woocommerce_rest_cannot_view", "data": {"status": 403}}
            return httpx.Response(403, json=error)
        return self._inner.handle_request(request)


def test_keys_that_see_no_settings_work_with_the_facts_of_the_last_check() -> None:
    stage = WooStage()
    wire = Transport(inner=_Closed(httpx.WSGITransport(app=stage.twin)))

    known = stage.open(transport=wire).check()
    unknown = stage.open(transport=wire, facts={}).check()

    assert known.is_ok
    assert known.facts is not None
    assert known.facts.currency == "USD"
    assert any("may not see" in warning for warning in known.warnings)
    assert not unknown.is_ok
    assert "currency" in unknown.problems[0].sentence


def test_webhooks_cover_the_topics_and_answer_pings() -> None:
    stage = WooStage()
    adapter = stage.open()

    hooks = adapter.arm_hooks()
    pings = [adapter.read_delivery(*each) for each in stage.pings()]

    assert [hook.topic for hook in hooks] == list(schema.TOPICS)
    assert {hook.url for hook in hooks} == {HOOK_URL}
    assert {ping.kind for ping in pings} == {DeliveryKind.PING}
    assert len({ping.event_key for ping in pings}) == len(hooks)


def test_a_disabled_webhook_is_made_anew_and_doubles_go() -> None:
    stage = WooStage()
    adapter = stage.open()
    armed = adapter.arm_hooks()
    row = stage.store.webhooks.rows[int(armed[0].external_id)]
    stage.store.webhooks.put(row | {"status": "disabled"})
    double = stage.store.webhooks.rows[int(armed[1].external_id)]
    stage.store.webhooks.put(double | {"id": 9999})

    again = adapter.arm_hooks()

    assert all(hook.is_active for hook in again)
    assert again[0].external_id != armed[0].external_id
    assert len(stage.store.webhooks.rows) == len(schema.TOPICS)


def test_webhooks_of_others_are_left_alone() -> None:
    stage = WooStage()
    other = stage.open(hook_url="https://other.test/hooks")
    other.arm_hooks()
    adapter = stage.open()
    adapter.arm_hooks()

    gone = adapter.disarm_hooks()

    assert gone == len(schema.TOPICS)
    assert len(other.list_hooks()) == len(schema.TOPICS)


def test_without_an_address_no_webhook_is_made() -> None:
    stage = WooStage()

    with pytest.raises(Refused):
        stage.open(hook_url="").arm_hooks()
    assert not stage.store.webhooks.rows


def test_a_variation_delivery_names_its_product() -> None:
    stage = WooStage()
    parent, sizes = stage.add_variable("Shirt", {"S": "S-1"})
    adapter = stage.open()
    adapter.arm_hooks()
    stage.deliveries()
    stage.reprice_variant(parent, sizes["S"], 1234)

    read = [adapter.read_delivery(*each) for each in stage.deliveries()]

    assert (sizes["S"], parent) in {(each.external_id, each.parent_external_id) for each in read}
