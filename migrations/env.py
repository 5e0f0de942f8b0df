"""Runs migrations as the owner role, one process at a time."""

from alembic import context
from flask import current_app
from sqlalchemy import text

from app.core.db import Locks
from app.core.migrations import grant_app_role

handle = current_app.extensions["migrate"].db


def run() -> None:
    """Apply or draft migrations over one connection, under an advisory lock."""
    engine = handle.get_engine()
    with engine.connect() as connection:
        context.configure(
            connection=connection,
            target_metadata=handle.metadata,
            compare_type=True,
        )
        with context.begin_transaction():
            connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": Locks.MIGRATION})
            context.run_migrations()
        with connection.begin():
            grant_app_role(connection, handle)
    engine.dispose()


run()
