"""Three layers of errors become ours; codes are matched, words only where there is no code."""

from pathlib import Path
from typing import Any

import pytest

from app.adapters import errors
from app.adapters.shopify import problems
from tests import official

SAMPLES = Path(__file__).parents[4] / "shared" / "samples" / "shopify"


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (301, errors.NeedsPerson),
        (400, errors.Refused),
        (401, errors.NeedsReauth),
        (402, errors.NeedsPerson),
        (403, errors.NeedsReauth),
        (404, errors.NeedsPerson),
        (406, errors.Refused),
        (418, errors.Refused),
        (422, errors.Refused),
        (423, errors.NeedsPerson),
        (430, errors.Unavailable),
        (500, errors.Unavailable),
        (503, errors.Unavailable),
    ],
)
def test_each_status_has_its_error(status: int, kind: type[errors.AdapterError]) -> None:
    error = problems.of_status(status, "", is_write=False)

    assert type(error) is kind
    assert error.code


def test_a_good_status_is_no_error() -> None:
    assert problems.of_status(200, "", is_write=True) is None


def test_after_a_write_a_broken_server_leaves_open_what_happened() -> None:
    assert isinstance(problems.of_status(502, "", is_write=True), errors.Unknown)
    assert isinstance(problems.of_status(430, "", is_write=True), errors.Unavailable)


@pytest.mark.parametrize(
    ("code", "kind"),
    [
        ("THROTTLED", errors.Throttled),
        ("ACCESS_DENIED", errors.NeedsReauth),
        ("SHOP_INACTIVE", errors.NeedsPerson),
        ("MAX_COST_EXCEEDED", problems.TooCostly),
        ("INTERNAL_SERVER_ERROR", errors.Unavailable),
        ("SERVICE_UNAVAILABLE", errors.Unavailable),
        ("BAD_REQUEST", errors.Refused),
        ("INVALID_FIELD_ARGUMENTS", errors.Refused),
        ("undefinedField", errors.Refused),
        ("NOT_FOUND", errors.Gone),
        ("TOO_MANY_PARALLEL_REQUESTS_FOR_THIS_PRODUCT", problems.Busy),
        ("IDEMPOTENCY_CONCURRENT_REQUEST", problems.Busy),
        ("IDEMPOTENCY_KEY_PARAMETER_MISMATCH", errors.Refused),
        ("A_CODE_OF_NEXT_YEAR", errors.Refused),
    ],
)
def test_each_top_level_code_has_its_error(code: str, kind: type[errors.AdapterError]) -> None:
    error = problems.of_top(code, "Something", is_write=False, wait=None)

    assert type(error) is kind
    assert error.code == code


def test_a_code_we_do_not_know_is_told_in_shopifys_words() -> None:
    error = problems.of_top("NEW", "The moon is full", is_write=False, wait=None)

    assert "The moon is full" in error.sentence


def _error(code: str | None, *path: str, message: str = "No.") -> problems.UserError:
    entry: dict[str, Any] = {"field": list(path) or None, "message": message}
    if code is not None:
        entry["code"] = code
    return problems.user_errors({"userErrors": [entry]})[0]


@pytest.mark.parametrize(
    ("path", "field"),
    [
        (("input", "title"), "title"),
        (("input", "descriptionHtml"), "description"),
        (("input", "vendor"), "brand"),
        (("input", "files", "0", "originalSource"), "images"),
        (("input", "variants", "3", "price"), "price"),
        (("variants", "0", "inventoryItem", "sku"), "sku"),
        (("variants", "0", "inventoryItem", "measurement", "weight", "value"), "weight"),
        (("variants", "1", "barcode"), "gtin"),
        (("input", "quantities", "2", "quantity"), "quantity"),
        (("something", "new"), None),
        ((), None),
    ],
)
def test_the_path_of_an_error_names_our_field(path: tuple[str, ...], field: str | None) -> None:
    assert _error("INVALID_INPUT", *path).field == field


def test_a_code_that_names_a_field_beats_the_path() -> None:
    assert _error("OPTIONS_OVER_LIMIT", "input", "title").field == "options"


def test_the_path_tells_which_row_was_refused() -> None:
    error = _error("INVALID", "input", "variants", "12", "price")

    assert error.index_in("variants") == 12
    assert error.index_in("files") is None


@pytest.mark.parametrize(
    ("message", "code"),
    [
        ("Product does not exist", "NOT_FOUND"),
        ("Webhook subscription doesn't exist", "NOT_FOUND"),
        ("Address for this topic has already been taken", "TAKEN"),
        ("Title is too long (maximum is 255 characters)", "TOO_LONG"),
        ("No idea", "UNTYPED"),
    ],
)
def test_where_there_is_no_code_the_words_are_read(message: str, code: str) -> None:
    assert _error(None, message=message).code == code


def test_what_does_not_exist_is_gone_and_what_is_refused_is_not() -> None:
    assert _error("PRODUCT_DOES_NOT_EXIST").is_gone
    assert _error(None, message="Product does not exist").is_gone
    assert not _error("TOO_LONG").is_gone


def test_a_problem_says_field_why_and_code() -> None:
    problem = _error("TOO_LONG", "input", "title").problem("v")

    assert problem.field == "title"
    assert problem.code == "TOO_LONG"
    assert problem.variant_key == "v"
    assert "Shorten it" in problem.sentence


def test_a_payload_without_errors_has_none() -> None:
    assert problems.user_errors({"userErrors": []}) == []
    assert problems.user_errors({}) == []
    assert problems.user_errors(None) == []


def test_every_code_we_match_is_one_shopify_has() -> None:
    known = {
        value
        for name, found in official.schema(official.PINNED).type_map.items()
        if name.endswith("ErrorCode")
        for value in getattr(found, "values", {})
    }
    # Told in words or by other doors: a limit of media, and codes of mutations in this schema.
    assert {code for code in problems.USER if code not in known} <= {"PRODUCT_MEDIA_LIMIT_EXCEEDED"}


def test_every_code_of_an_upsert_means_something() -> None:
    codes = official.schema(official.PINNED).type_map["ProductSetUserErrorCode"]
    for code in codes.values:  # type: ignore[attr-defined]  # an enum's
        problem = _error(code).problem()
        assert problem.sentence
        assert problem.code == code


def test_top_level_errors_are_read_in_any_shape() -> None:
    assert list(problems.top_codes({"errors": "[API] Invalid API key"})) == [
        ("", "[API] Invalid API key")
    ]
    assert list(problems.top_codes({"errors": [{"message": "x"}, "y"]})) == [("", "x"), ("", "y")]
    assert list(problems.top_codes({})) == []
