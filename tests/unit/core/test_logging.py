"""What looks like a secret never reaches a log line."""

import json
import logging

import pytest

from app.core.logging import JsonLines, mask, mask_text

SECRET = "hunter2hunter2"


@pytest.mark.parametrize(
    "text",
    [
        f"GET /a?access_token={SECRET}&x=1",
        f"refresh_token={SECRET}",
        f"client_secret={SECRET}",
        f"api_key={SECRET}",
        f"password={SECRET}",
        f"oauth_signature={SECRET}",
        f'{{"password": "{SECRET}"}}',
        f"Authorization: Bearer {SECRET}",
        f"redis://:{SECRET}@localhost/0",
        f"postgresql://app:{SECRET}@db/syncstore",
        f"ck_{SECRET}",
        f"sst_0123456789abcdef_{SECRET}",
        f"Unhandled KeyError on /reset/{SECRET}",
        f"POST /verify/{SECRET}",
        f"/invitations/019ac0de-0000-7000-8000-000000000000.{SECRET}/join",
        f"/hooks/woocommerce/019ac0de-0000-7000-8000-000000000000/{SECRET}",
    ],
)
def test_a_text_loses_what_opens_something(text: str) -> None:
    assert SECRET not in mask_text(text)


@pytest.mark.parametrize(
    "name",
    ["password", "new_pwd", "X-Auth-Token", "client_secret", "Set-Cookie", "private_key", "apiKey"],
)
def test_a_value_is_masked_by_its_name(name: str) -> None:
    assert SECRET not in str(mask({"outer": [{name: SECRET}]}))


@pytest.mark.parametrize(
    "text",
    ["https://shop.test/products?page=2&status=any", "sort_key is title", "SKU KEY-12", "a: b"],
)
def test_what_is_no_secret_stays_readable(text: str) -> None:
    assert mask_text(text) == text


def test_a_record_is_one_line_without_secrets_in_text_extras_and_trace() -> None:
    error = ValueError(f"password={SECRET}")
    record = logging.LogRecord(
        "app",
        logging.ERROR,
        __file__,
        1,
        "It broke: %s",
        (f"token={SECRET}",),
        (ValueError, error, None),
    )
    record.api_key = SECRET

    line = JsonLines().format(record)

    assert "\n" not in line
    assert SECRET not in line
    assert json.loads(line)["level"] == "error"
