"""Settings for a process about to start: the environment, completed by embedded servers."""

import os
from collections.abc import Mapping
from pathlib import Path

from sqlalchemy import NullPool, create_engine
from sqlalchemy.exc import SQLAlchemyError

from app.core.db import sees_everything
from app.core.embedded import ServersUnavailable, join_servers
from app.core.settings import BadSettings, Settings, development_secrets, read_settings

_OPEN_TO_ALL = (
    "DATABASE_URL must name a role that owns no table and cannot bypass row-level security; the"
    " owner belongs into DATABASE_OWNER_URL."
)


def boot_settings(environ: Mapping[str, str] | None = None) -> Settings:
    """Return the settings of this process; outside production, what is missing is provided.

    Without DATABASE_URL or REDIS_URL the embedded servers under VAR_DIR are joined and held until
    the process ends. Raises BadSettings.
    """
    known = dict(os.environ if environ is None else environ)
    if known.get("ENVIRONMENT", "development") != "development":
        return read_settings(known)
    var_dir = Path(known.get("VAR_DIR", "var")).absolute()
    for name, value in development_secrets(var_dir).items():
        known.setdefault(name, value)
    if not (known.get("DATABASE_URL") and known.get("REDIS_URL")):
        try:
            urls = join_servers(var_dir)
        except ServersUnavailable as refusal:
            raise BadSettings([str(refusal)]) from refusal
        if not known.get("DATABASE_URL"):
            known["DATABASE_URL"] = urls.database_url
            known["DATABASE_OWNER_URL"] = urls.database_owner_url
        known["REDIS_URL"] = known.get("REDIS_URL") or urls.redis_url
    return read_settings(known)


def refuse_open_database(settings: Settings) -> None:
    """Refuse a database role that sees every organization; one that is away is waited for later.

    Asked over a connection of its own, because a process may be forked after the boot. Raises
    BadSettings.
    """
    engine = create_engine(
        settings.database_url, poolclass=NullPool, connect_args={"connect_timeout": 5}
    )
    try:
        with engine.connect() as connection:
            is_open = sees_everything(connection)
    except SQLAlchemyError:
        return
    if is_open:
        raise BadSettings([_OPEN_TO_ALL])
