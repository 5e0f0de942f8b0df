"""The boot is refused with one sentence for each setting that is missing or wrong."""

import pytest

from app.core.crypto import new_key
from app.core.settings import BadSettings, read_settings

GOOD = {
    "ENVIRONMENT": "production",
    "DATABASE_URL": "postgresql://app:word@db/syncstore",
    "REDIS_URL": "redis://redis/0",
    "SECRET_KEY": "x" * 40,
    "ENCRYPTION_KEYS": new_key(),
    "PUBLIC_URL": "https://sync.example.com/",
}


def test_production_starts_with_six_settings() -> None:
    settings = read_settings(GOOD)

    assert settings.is_production
    assert settings.public_url == "https://sync.example.com"
    assert not settings.allow_private_hosts


@pytest.mark.parametrize("name", [name for name in GOOD if name != "ENVIRONMENT"])
def test_a_missing_setting_is_named(name: str) -> None:
    with pytest.raises(BadSettings) as refused:
        read_settings({**GOOD, name: ""})

    assert refused.value.sentences == [f"{name} is not set."]


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("ENVIRONMENT", "staging"),
        ("DATABASE_URL", "mysql://db/x"),
        ("DATABASE_URL", "postgresql://db"),
        ("DATABASE_URL", "postgresql://[db/x"),
        ("DATABASE_OWNER_URL", "sqlite:///x"),
        ("REDIS_URL", "http://redis"),
        ("REDIS_URL", "redis://[::1"),
        ("SECRET_KEY", "short"),
        ("ENCRYPTION_KEYS", "not a key"),
        ("PUBLIC_URL", "sync.example.com"),
        ("PUBLIC_URL", "https://sync.example.com/?a=b"),
        ("PUBLIC_URL", "https://[::1"),
        ("PUBLIC_URL", "https://sync.example.com:99999"),
        ("PUBLIC_URL", "http://sync.example.com"),
        ("MAIL_URL", "https://mail"),
        ("MAIL_URL", "smtp://"),
        ("MAIL_FROM", "nobody"),
        ("ALLOW_PRIVATE_HOSTS", "maybe"),
        ("DEMO", "maybe"),
        ("DEMO", "1"),
        ("METRICS_TOKEN", "short"),
        ("LOG_LEVEL", "chatty"),
        ("TRUSTED_PROXIES", "-1"),
        ("TRUSTED_PROXIES", "all"),
        ("TRUSTED_PROXIES", "9" * 5000),
    ],
)
def test_a_wrong_setting_refuses_the_boot_with_its_sentence(name: str, value: str) -> None:
    with pytest.raises(BadSettings) as refused:
        read_settings({**GOOD, name: value})

    assert len(refused.value.sentences) == 1
    assert refused.value.sentences[0].startswith(name)


def test_all_that_is_wrong_is_said_at_once() -> None:
    with pytest.raises(BadSettings) as refused:
        read_settings({**GOOD, "SECRET_KEY": "short", "LOG_LEVEL": "chatty"})

    assert len(refused.value.sentences) == 2
