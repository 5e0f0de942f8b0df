"""What a settings file may hold: whoever knows a passphrase can write one."""

import copy
import json
from typing import Any, Final

import pytest

from app.connections.rules import DEFAULT_SETTINGS
from app.core.errors import Invalid
from app.sync.kept_settings import effective, read_kept
from app.sync.policy import DEFAULTS, Policy

CONTENT: Final[Any] = {
    "kind": "settings",
    "made_at": "2026-11-28T04:00:00+00:00",
    "organization": {
        "slug": "acme",
        "name": "Acme",
        "currency": "USD",
        "timezone": "UTC",
        "locale": "en_US",
        "weight_unit": "kg",
        "length_unit": "cm",
    },
    "connections": [
        {
            "channel": "woocommerce",
            "name": "Acme outlet",
            "address": "https://acme.test",
            "settings": effective({"poll_minutes": 30}),
            "wire": {"allows_http": False},
            "credentials": {"key": "ck_1", "secret": "cs_1"},
        }
    ],
    "mappings": [
        {"header_key": "a1", "name": "prices.csv", "mapping": {"columns": {"Preis": "price"}}}
    ],
    "apps": {"shopify": {"key": "id", "secrets": ["secret"]}},
}


def test_what_was_written_is_read() -> None:
    kept = read_kept(json.dumps(CONTENT).encode())

    (shop,) = kept.connections
    assert (kept.slug, kept.own["currency"]) == ("acme", "USD")
    assert shop.settings["poll_minutes"] == 30
    assert shop.credentials == {"key": "ck_1", "secret": "cs_1"}
    assert kept.mappings["a1"].mapping == {"columns": {"Preis": "price"}}
    assert kept.apps["shopify"].secret == "secret"


def test_settings_nobody_changed_are_written_out_with_their_defaults() -> None:
    whole = effective({})

    assert Policy.from_settings(whole) == DEFAULTS
    assert {name: whole[name] for name in DEFAULT_SETTINGS} == DEFAULT_SETTINGS


@pytest.mark.parametrize(
    ("path", "value"),
    [
        (("kind",), "products"),
        (("organization", "timezone"), None),
        (("connections",), {"a": 1}),
        (("connections",), None),
        (("connections", 0), "Acme outlet"),
        (("connections", 0, "name"), "x\x00y"),
        (("connections", 0, "name"), "x" * 101),
        (("connections", 0, "settings"), []),
        (("connections", 0, "settings", "poll_cron"), "never"),
        (("connections", 0, "settings", "poll_cron"), 6),
        (("connections", 0, "settings", "poll_minutes"), True),
        (("connections", 0, "settings", "buffer"), -1),
        (("connections", 0, "settings", "is_sandbox"), "yes"),
        (("connections", 0, "credentials"), "ck_1"),
        (("connections", 0, "wire"), {"ca": "no certificate"}),
        (("mappings", 0, "mapping"), {"columns": {"a": 1}}),
        (("mappings", 0, "mapping"), {}),
        (("apps", "shopify", "key"), ""),
    ],
    ids=str,
)
def test_what_a_form_would_refuse_is_refused(path: tuple[Any, ...], value: Any) -> None:
    content = copy.deepcopy(CONTENT)
    inner = content
    for name in path[:-1]:
        inner = inner[name]
    inner[path[-1]] = value

    with pytest.raises(Invalid) as refused:
        read_kept(json.dumps(content).encode())

    assert "settings that SyncStore does not know" in refused.value.fields["file"]


@pytest.mark.parametrize("plain", [b"", b"[]", b"1", b"\xff", b"[" * 100_000])
def test_what_is_no_content_at_all_is_refused(plain: bytes) -> None:
    with pytest.raises(Invalid):
        read_kept(plain)
