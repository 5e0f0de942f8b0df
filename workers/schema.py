"""Whether the database has every migration: asked in a moment, without loading the application."""

import re
from pathlib import Path

import psycopg

REVISION = re.compile(r'^(revision|down_revision)\b[^=\n]*= *"([^"]+)"', re.MULTILINE)


def is_migrated(database_url: str, versions: Path) -> bool:
    """Whether the newest migration in `versions` is the database's; False when it cannot tell."""
    try:
        with psycopg.connect(database_url.replace("+psycopg", ""), connect_timeout=5) as connection:
            rows = connection.execute("SELECT version_num FROM alembic_version").fetchall()
    except psycopg.Error:
        return False
    return {row[0] for row in rows} == newest_revisions(versions)


def newest_revisions(versions: Path) -> set[str]:
    """Revisions that no other one follows; more than one means that two people added at once."""
    named: dict[str, set[str]] = {"revision": set(), "down_revision": set()}
    for path in versions.glob("*.py"):
        for kind, revision in REVISION.findall(path.read_text()):
            named[kind].add(revision)
    return named["revision"] - named["down_revision"]
