"""Whom a request comes from, behind as many proxies as the operator vouches for."""

from pathlib import Path

import pytest

from app.web.guards import public
from app.web.security import client_address
from tests.pages.web.conftest import build_app

PROXIED = {"X-Forwarded-For": "198.51.100.9, 203.0.113.7", "X-Forwarded-Proto": "https"}


@pytest.mark.parametrize(
    ("trusted", "address"), [("0", "127.0.0.1"), ("1", "203.0.113.7"), ("2", "198.51.100.9")]
)
def test_only_trusted_proxies_say_whom_a_request_comes_from(
    tmp_path: Path, trusted: str, address: str
) -> None:
    app = build_app(tmp_path, TRUSTED_PROXIES=trusted)
    app.add_url_rule("/address", view_func=public(lambda: client_address()))

    answer = app.test_client().get("/address", headers=PROXIED)

    assert answer.text == address


def test_production_answers_only_to_its_own_name(tmp_path: Path) -> None:
    app = build_app(
        tmp_path,
        ENVIRONMENT="production",
        PUBLIC_URL="https://sync.example.com",
    )

    answers = {
        name: app.test_client().get("/sign-in", headers={"Host": name}).status_code
        for name in ("sync.example.com", "sync.example.com:8443", "evil.test", "127.0.0.1")
    }

    assert answers == {
        "sync.example.com": 200,
        "sync.example.com:8443": 200,
        "evil.test": 400,
        "127.0.0.1": 400,
    }
