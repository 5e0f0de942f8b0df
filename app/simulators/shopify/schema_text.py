"""The schema the twin executes: a part of Admin API 2026-10, from the files in `schema/`."""

from functools import cache
from pathlib import Path
from typing import Final

from graphql import GraphQLSchema, build_schema

_FOLDER: Final = Path(__file__).parent / "schema"


@cache
def load_schema() -> GraphQLSchema:
    """Build the schema once per process; resolvers find their data by name, not by wiring."""
    parts = sorted(_FOLDER.glob("*.graphql"))
    return build_schema("\n".join(part.read_text(encoding="utf-8") for part in parts))
