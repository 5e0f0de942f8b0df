"""The database: engine, base class, tenancy settings and read-only sessions.

Every transaction tells PostgreSQL who it works for (`app.organization_id`, `app.user_id`, local to
the transaction); row-level security compares them with each row. Advisory lock keys live here, so
that no two features choose the same one.
"""

import secrets
import select
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from enum import IntEnum
from typing import Any, ClassVar, Final, LiteralString, cast
from uuid import UUID

import psycopg
from psycopg import generators
from psycopg.pq import ExecStatus, TransactionStatus
from sqlalchemy import (
    Connection,
    CursorResult,
    DateTime,
    Engine,
    Executable,
    ForeignKey,
    MetaData,
    create_engine,
    event,
    func,
    text,
)
from sqlalchemy.dialects import postgresql
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.exc import DBAPIError, InvalidatePoolError
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column
from sqlalchemy.pool import ConnectionPoolEntry

from app.core import clock
from app.core.actor import Actor

_NAMES: Final = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s",
    "pk": "pk_%(table_name)s",
}

_RESTS_SECONDS: Final = 5.0  # a connection that rested longer is asked whether it lives
_TENANCY: Final = "SET LOCAL app.organization_id = '{}'; SET LOCAL app.user_id = '{}'"
# Lists are planned for the values they are asked with: a tenth of an average organization is no
# guess for the first page of a large one.
_READ_ONLY: Final = (
    "; SET LOCAL transaction_read_only = on; SET LOCAL plan_cache_mode = force_custom_plan"
)

Json = dict[str, Any]


class Locks(IntEnum):
    """First keys of transaction-scoped advisory locks; the second key is hashed from an id."""

    CONNECTION = 1
    SCHEDULER = 2
    IMPORT = 3
    CATEGORY_TREE = 4
    MIGRATION = 5
    AUDIT_CHAIN = 6  # taken by the database, at commit (migration 0005)
    KITS = 26  # what an organization's kits are made of
    TOTALS = 27  # who adds up an organization's stock


class Base(DeclarativeBase):
    """Base of every table."""

    metadata = MetaData(naming_convention=_NAMES)
    type_annotation_map: ClassVar[dict[Any, Any]] = {
        datetime: DateTime(timezone=True),
        UUID: postgresql.UUID(as_uuid=True),
        Json: JSONB,
        dict[str, Any]: JSONB,
        list[Any]: JSONB,
    }


def new_id() -> UUID:
    """Return a version 7 UUID: ordered by time, so that indexes grow at one end."""
    milliseconds = time.time_ns() // 1_000_000
    chance = secrets.randbits(74)  # asked for once: imports make ids by the hundred thousand
    value = milliseconds << 80 | 0x7 << 76 | (chance >> 62) << 64
    return UUID(int=value | 0b10 << 62 | chance & (1 << 62) - 1)


def first_id_of(moment: datetime) -> UUID:
    """Return the lowest id a row of this moment may have: older rows have lower ones."""
    return UUID(int=int(moment.timestamp() * 1000) << 80 | 0x7 << 76 | 0b10 << 62)


class Identified:
    """A row with an id of its own and its moment of birth."""

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id, server_default=func.uuidv7())
    created_at: Mapped[datetime] = mapped_column(default=clock.now, server_default=func.now())


class Owned:
    """A row of one organization; row-level security guards it."""

    organization_id: Mapped[UUID] = mapped_column(
        ForeignKey("organizations.id", ondelete="CASCADE"), index=True
    )


class _Connected:
    engine: Engine | None = None


def connect(url: str, *, pool_size: int = 10) -> Engine:
    """Open the process's engine (again, after a fork or for a test)."""
    dispose()
    _Connected.engine = create_engine(
        url,
        pool_size=pool_size,
        max_overflow=20,
        pool_recycle=1800,
        pool_use_lifo=True,  # what was used last has the most prepared
        connect_args={
            "options": "-c statement_timeout=60000 -c lock_timeout=10000"
            " -c idle_in_transaction_session_timeout=60000 -c timezone=UTC",
            "application_name": "syncstore",
        },
    )
    event.listen(_Connected.engine, "do_connect", _connected)
    event.listen(_Connected.engine, "checkin", _note_rest)
    event.listen(_Connected.engine, "checkout", _look_after)
    return _Connected.engine


class _Driver(psycopg.Connection[Any]):
    """A connection that keeps what the server has prepared when a transaction is rolled back.

    The driver would have it forgotten, for what a transaction changed of tables is undone with it.
    Ours change none, and each read ends by a rollback: nothing would be prepared for long.
    """

    def rollback(self) -> None:
        """End the transaction, if there is one."""
        if self.pgconn.transaction_status != TransactionStatus.IDLE:
            _say(self, "ROLLBACK")


def _connected(_dialect: Any, _record: Any, args: tuple[Any, ...], named: Any) -> _Driver:
    return _Driver.connect(*args, **named)


def _say(driver: psycopg.Connection[Any], words: str) -> None:
    """Send statements without parameters as one message; the driver's own way takes five times as
    long for it.
    """
    driver.pgconn.send_query(words.encode())
    for result in driver.wait(generators.execute(driver.pgconn)):
        if result.status != ExecStatus.COMMAND_OK:
            raise psycopg.errors.error_from_result(result)


def _note_rest(_connection: Any, record: ConnectionPoolEntry, *_: Any) -> None:
    record.info["rests_since"] = time.monotonic()


def _look_after(connection: Any, record: ConnectionPoolEntry, *_: Any) -> None:
    """Ask whether a connection still lives, unless it was used just now and nobody ended it.

    The server ends a connection by telling so, and then there is something to read from it.
    """
    since = record.info.pop("rests_since", None)
    if since is None:  # new
        return
    if time.monotonic() - since < _RESTS_SECONDS and not _has_news(connection):
        return
    try:
        connection.autocommit = True
        connection.execute("SELECT 1")
        connection.autocommit = False
    except connection.Error as error:
        raise InvalidatePoolError from error


def _has_news(connection: Any) -> bool:
    watch = select.poll()
    watch.register(connection.fileno(), select.POLLIN)
    return bool(watch.poll(0))


def dispose() -> None:
    """Close the process's engine, if any."""
    if _Connected.engine is not None:
        _Connected.engine.dispose()
        _Connected.engine = None


def engine() -> Engine:
    """Return the process's engine."""
    if _Connected.engine is None:
        raise RuntimeError("The database is not connected; create_app connects it.")
    return _Connected.engine


def open_session(actor: Actor, connection: Connection | None = None) -> Session:
    """Return a new session whose transactions carry this caller's tenancy."""
    return Session(connection or engine(), expire_on_commit=False, info={"actor": actor})


def begin(actor: Actor) -> Connection:
    """Return a connection of the pool in a transaction that carries this caller's tenancy."""
    connection = engine().connect()
    try:
        _tell(driver_of(connection), actor, "")
    except DBAPIError:
        connection.close()
        raise
    return connection


def driver_of(connection: Connection) -> psycopg.Connection[Any]:
    """Return the driver's own connection below one of the pool."""
    return cast("psycopg.Connection[Any]", connection.connection.driver_connection)


@event.listens_for(Session, "after_begin")
def _tell_tenancy(session: Session, _transaction: Any, connection: Any) -> None:
    actor: Actor | None = session.info.get("actor")
    if actor is None:
        return
    _tell(driver_of(connection), actor, _READ_ONLY if session.info.get("is_reading") else "")


def _tell(driver: psycopg.Connection[Any], actor: Actor, more: str) -> None:
    # Ids of ours, so there is nothing to quote.
    told = _TENANCY.format(actor.organization_id or "", actor.user_id or "") + more
    if driver.pgconn.transaction_status == TransactionStatus.IDLE:
        told = f"BEGIN; {told}"
    try:
        _say(driver, told)
    except psycopg.Error as error:  # cut this moment; callers know the errors of SQLAlchemy
        raise DBAPIError.instance(told, None, error, psycopg.Error) from error


@contextmanager
def reading(actor: Actor) -> Iterator[Session]:
    """Open a read-only session for this caller; nothing in it can be written."""
    with open_session(actor) as session:
        session.info["is_reading"] = True
        yield session


# A superuser, a role with bypass, or the owner of a guarded table sees every organization.
_SEES_ALL: Final = text(
    "SELECT rolsuper OR rolbypassrls OR EXISTS (SELECT FROM pg_class WHERE relrowsecurity"
    " AND NOT relforcerowsecurity AND pg_has_role(current_user, relowner, 'USAGE'))"
    " FROM pg_roles WHERE rolname = current_user"
)


def sees_everything(connection: Connection) -> bool:
    """Tell whether row-level security does not hold the role of this connection."""
    return bool(connection.scalar(_SEES_ALL))


def lock(session: Session, kind: Locks, key: UUID | str) -> None:
    """Wait for a transaction-scoped advisory lock."""
    session.execute(_LOCK, {"kind": int(kind), "key": str(key)})


def lock_shared(session: Session, kind: Locks, key: UUID | str) -> None:
    """Wait for a lock that many may share, and whoever takes it by `lock` waits for."""
    session.execute(_LOCK_SHARED, {"kind": int(kind), "key": str(key)})


def affected(session: Session, statement: Executable) -> int:
    """Run a conditional update or delete and return how many rows it hit."""
    result = session.execute(statement, execution_options={"synchronize_session": False})
    return cast("CursorResult[Any]", result).rowcount


def rows(connection: Connection, statement: LiteralString, values: Mapping[str, Any]) -> list[Any]:
    """Run a statement by the driver alone and return its rows, as plain tuples."""
    try:
        return driver_of(connection).execute(statement, values).fetchall()
    except psycopg.Error as error:
        raise DBAPIError.instance(statement, values, error, psycopg.Error) from error


def try_lock(session: Session, kind: Locks, key: UUID | str) -> bool:
    """Take a transaction-scoped advisory lock if nobody holds it."""
    return bool(session.scalar(_TRY_LOCK, {"kind": int(kind), "key": str(key)}))


_LOCK: Final = text("SELECT pg_advisory_xact_lock(:kind, hashtext(:key))")
_LOCK_SHARED: Final = text("SELECT pg_advisory_xact_lock_shared(:kind, hashtext(:key))")
_TRY_LOCK: Final = text("SELECT pg_try_advisory_xact_lock(:kind, hashtext(:key))")
