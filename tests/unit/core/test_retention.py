"""How long the past is kept is a number of days, or the start is refused."""

import pytest

from app.core.settings import BadSettings, read_settings

ENOUGH = {
    "DATABASE_URL": "postgresql://app@localhost/sync",
    "REDIS_URL": "redis://localhost",
    "SECRET_KEY": "0123456789abcdef0123456789abcdef",
    "ENCRYPTION_KEYS": "A" * 43 + "=",
}


def test_without_a_wish_the_past_is_kept_for_a_month() -> None:
    assert read_settings(ENOUGH).retention_days == 30
    assert read_settings({**ENOUGH, "RETENTION_DAYS": "7"}).retention_days == 7


@pytest.mark.parametrize("days", ["0", "-3", "a week", "1.5"])
def test_what_is_no_number_of_days_refuses_the_start(days: str) -> None:
    with pytest.raises(BadSettings, match="RETENTION_DAYS"):
        read_settings({**ENOUGH, "RETENTION_DAYS": days})
