"""Error codes become our errors and sentences; messages are never matched."""

import json
from pathlib import Path
from typing import Any

import httpx
import pytest

from app.adapters import errors
from app.adapters.woocommerce import problems

SAMPLES = Path(__file__).parents[4] / "shared/samples/woocommerce"


def _error(code: Any, status: Any = 400, **details: Any) -> dict[str, Any]:
    return {
        "code": code,
        "message": "Irgendwas ging schief.",
        "data": {"status": status, **details},
    }


@pytest.mark.parametrize(
    ("status", "code", "kind"),
    [
        (401, "woocommerce_rest_authentication_error", errors.NeedsReauth),
        (401, "woocommerce_rest_authentication_missing_parameter", errors.NeedsReauth),
        (401, "woocommerce_rest_cannot_view", errors.NeedsReauth),
        (403, "woocommerce_rest_cannot_create", errors.NeedsReauth),
        (403, "woocommerce_rest_cannot_edit", errors.NeedsReauth),
        (403, "woocommerce_rest_cannot_batch", errors.NeedsReauth),
        (403, "rest_forbidden", errors.NeedsReauth),
        (403, "rest_cookie_invalid_nonce", errors.NeedsReauth),
        (403, "woocommerce_rest_user_cannot_delete_product", errors.NeedsReauth),
        (403, "some_security_plugin", errors.NeedsReauth),
        (404, "rest_no_route", errors.Unsupported),
        (404, "woocommerce_rest_product_invalid_id", errors.Gone),
        (400, "woocommerce_rest_product_invalid_id", errors.Gone),
        (404, "woocommerce_rest_invalid_product_id", errors.Refused),
        (404, "woocommerce_rest_product_variation_invalid_id", errors.Gone),
        (404, "woocommerce_rest_product_variation_invalid_parent", errors.Gone),
        (404, "woocommerce_rest_shop_order_invalid_id", errors.Gone),
        (404, "woocommerce_rest_term_invalid", errors.Gone),
        (410, "woocommerce_rest_already_trashed", errors.Gone),
        (400, "rest_invalid_param", errors.Refused),
        (400, "product_invalid_sku", errors.Refused),
        (400, "product_invalid_global_unique_id", errors.Refused),
        (400, "woocommerce_rest_product_not_created", errors.Refused),
        (400, "term_exists", errors.Refused),
        (400, "woocommerce_product_image_upload_error", errors.Refused),
        (400, "woocommerce_product_invalid_image_id", errors.Gone),
        (413, "woocommerce_rest_request_entity_too_large", errors.Refused),
        (501, "woocommerce_rest_trash_not_supported", errors.Refused),
        (400, "a_code_of_next_year", errors.Refused),
    ],
)
def test_each_code_has_its_error(status: int, code: str, kind: type[Exception]) -> None:
    error = problems.error_of(status, _error(code, status), is_write=True)

    assert isinstance(error, kind)
    assert error.code == code
    assert error.sentence


@pytest.mark.parametrize("code", ["internal_server_error", "woocommerce_rest_cannot_delete", "odd"])
def test_a_server_error_leaves_a_write_open_and_a_read_to_repeat(code: str) -> None:
    assert isinstance(problems.error_of(500, _error(code, 500), is_write=True), errors.Unknown)
    assert isinstance(problems.error_of(500, _error(code, 500), is_write=False), errors.Unavailable)


def test_the_owner_of_a_sku_is_named() -> None:
    body = _error("product_invalid_sku", resource_id=812, unique_sku="PQ-1-1")

    error = problems.item_error(body)

    assert (error.owner, error.field, error.is_gone) == ("812", "sku", False)


def test_a_stale_id_is_gone_and_a_lost_picture_is_not() -> None:
    assert problems.item_error(_error("woocommerce_rest_product_invalid_id")).is_gone
    assert not problems.item_error(_error("woocommerce_product_invalid_image_id")).is_gone


def test_the_shop_may_speak_for_itself_where_we_have_no_words() -> None:
    body = {"code": "x", "message": "<b>Preis</b> &amp; Menge fehlen.", "data": {"status": 400}}

    assert "“Preis & Menge fehlen.”" in problems.item_error(body).sentence


@pytest.mark.parametrize(
    "body",
    [
        {"code": 0, "message": "m", "data": 500},
        {"code": None, "data": None},
        {"error": "woocommerce_rest_product_invalid_id", "message": "m"},
        [],
        {},
    ],
)
def test_odd_error_bodies_are_read_without_a_fall(body: Any) -> None:
    assert problems.item_error(body).sentence
    assert problems.error_of(400, body, is_write=True).sentence


def test_error_bodies_renamed_by_a_proxy_keep_their_meaning() -> None:
    path = SAMPLES / "rest_responses_fluxc/wc-fetch-invalid-product-id.json"
    if not path.exists():
        pytest.skip("the captured answers are not on this machine")

    error = problems.error_of(404, json.loads(path.read_text()), is_write=False)

    assert isinstance(error, errors.Permanent)
    assert not isinstance(error, errors.NeedsReauth)


def _page(status: int, text: str = "<html>sorry</html>", **headers: str) -> httpx.Response:
    names = {name.replace("_", "-"): value for name, value in headers.items()}
    asked = httpx.Request("GET", "https://shop.test/wp-json/wc/v3/products")
    return httpx.Response(status, text=text, headers=names, request=asked)


@pytest.mark.parametrize(
    ("status", "is_write", "kind"),
    [
        (200, False, errors.Unavailable),
        (200, True, errors.Unknown),
        (202, True, errors.Unknown),
        (301, False, errors.Unavailable),
        (302, True, errors.Unknown),
        (401, False, errors.Unavailable),
        (403, True, errors.Unavailable),
        (404, False, errors.Unsupported),
        (500, True, errors.Unknown),
        (503, True, errors.Unavailable),
        (504, True, errors.Unknown),
        (524, True, errors.Unknown),
        (524, False, errors.Unavailable),
    ],
)
def test_pages_instead_of_answers(status: int, is_write: bool, kind: type[Exception]) -> None:
    assert isinstance(problems.not_an_api(_page(status), is_write=is_write), kind)


def test_a_challenge_asks_the_merchant_to_let_us_in() -> None:
    for page in (
        _page(403, cf_mitigated="challenge"),
        _page(200, "<title>Just a moment...</title>"),
    ):
        error = problems.not_an_api(page, is_write=False)

        assert error.code == "challenge"
        assert "/wp-json/wc/" in error.sentence


def test_a_move_names_the_new_address() -> None:
    error = problems.not_an_api(_page(301, location="https://www.shop.test/x"), is_write=True)

    assert "https://www.shop.test" in error.sentence


@pytest.mark.parametrize("location", ["/de/wp-json/", "https://shop.test/wp-login.php", ""])
def test_a_redirect_inside_the_shop_is_no_move(location: str) -> None:
    error = problems.not_an_api(_page(302, location=location), is_write=False)

    assert isinstance(error, errors.Unavailable)


def test_a_firewall_page_is_waited_for_because_it_passes() -> None:
    error = problems.not_an_api(_page(403), is_write=True)

    assert (type(error), error.code) == (errors.Unavailable, "blocked")


def test_throttling_is_recognised_with_and_without_a_time() -> None:
    with_time, without = _page(429, retry_after="9"), _page(429)

    assert problems.throttled(_page(503)) is None
    for page, seconds in ((with_time, 9.0), (_page(503, retry_after="4"), 4.0)):
        error = problems.throttled(page)
        assert error is not None
        assert error.retry_after == seconds
    error = problems.throttled(without)
    assert error is not None
    assert (error.retry_after or 0) > 0


def test_a_plugin_s_code_is_kept_as_far_as_rows_have_room() -> None:
    error = problems.item_error({"code": "woocommerce_" + "x" * 80, "message": "No."})

    assert (len(error.code), error.sentence) == (60, "The shop refused this: “No.”")
