"""What a process looks at before it serves anybody."""

from dataclasses import replace

import pytest
from flask import Flask

from app.core.boot import refuse_open_database
from app.core.settings import BadSettings, Settings


def test_the_role_of_the_app_sees_one_organization_at_a_time(
    app: Flask, settings: Settings
) -> None:
    refuse_open_database(settings)


def test_the_owner_of_the_tables_is_refused(app: Flask, settings: Settings) -> None:
    with pytest.raises(BadSettings, match="DATABASE_URL must name a role that owns no table"):
        refuse_open_database(replace(settings, database_url=settings.database_owner_url))


def test_a_database_that_is_away_is_waited_for_later(settings: Settings) -> None:
    away = "postgresql+psycopg://app:word@127.0.0.1:9/none"

    refuse_open_database(replace(settings, database_url=away))
