"""What migrations stand on: the owner's connection, and the rights of the app role.

The app role owns nothing and cannot bypass row-level security. It gets reading and writing on
every table after each upgrade, but tables whose `info` says `append_only` take no update or delete
from it.
"""

from dataclasses import dataclass

from sqlalchemy import Connection, Engine, MetaData, create_engine, inspect, make_url, text

from app.core.outbox import OutboxMessage
from app.core.schedule import Schedule

# Tables of the ground floor, which no feature's models.py brings along.
CORE_TABLES = (OutboxMessage.__table__, Schedule.__table__)


@dataclass(frozen=True, slots=True)
class MigrationHandle:
    """The plain handle Flask-Migrate works on: no global session."""

    metadata: MetaData
    owner_url: str
    app_url: str

    def get_engine(self) -> Engine:
        """Open an engine as the role that owns the tables."""
        return create_engine(self.owner_url)

    @property
    def app_role(self) -> str | None:
        """The role web and workers connect as, unless it is the owner itself."""
        role = make_url(self.app_url).username
        return None if role == make_url(self.owner_url).username else role


def grant_app_role(connection: Connection, handle: MigrationHandle) -> None:
    """Give the app role what it needs on the tables as they are now, and no more."""
    if handle.app_role is None:
        return
    role = connection.dialect.identifier_preparer.quote(handle.app_role)
    for statement in (
        f"GRANT USAGE ON SCHEMA public TO {role}",
        f"GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO {role}",
        f"GRANT USAGE, SELECT ON ALL SEQUENCES IN SCHEMA public TO {role}",
    ):
        connection.execute(text(statement))
    existing = set(inspect(connection).get_table_names())
    append_only = {t.name for t in handle.metadata.tables.values() if t.info.get("append_only")}
    for name in sorted(append_only & existing):
        connection.execute(text(f"REVOKE UPDATE, DELETE, TRUNCATE ON {name} FROM {role}"))
    if "alembic_version" in existing:
        connection.execute(text(f"REVOKE INSERT, UPDATE, DELETE ON alembic_version FROM {role}"))
