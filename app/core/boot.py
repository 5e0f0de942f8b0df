"""Settings for a process about to start: the environment, completed by embedded servers."""

import os
from collections.abc import Mapping
from pathlib import Path

from app.core.embedded import join_servers
from app.core.settings import Settings, development_secrets, read_settings


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
        urls = join_servers(var_dir)
        if not known.get("DATABASE_URL"):
            known["DATABASE_URL"] = urls.database_url
            known["DATABASE_OWNER_URL"] = urls.database_owner_url
        known["REDIS_URL"] = known.get("REDIS_URL") or urls.redis_url
    return read_settings(known)
