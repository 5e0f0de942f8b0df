"""How many rows a question would find, by the planner's word: cheap, and fit for "about"."""

from typing import Any

from sqlalchemy import ClauseElement, Executable, Select
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.orm import Session


class _Explain(Executable, ClauseElement):
    inherit_cache = False

    def __init__(self, question: Select[Any]) -> None:
        self.question = question


@compiles(_Explain, "postgresql")
def _explain(element: _Explain, compiler: Any, **options: Any) -> str:
    return f"EXPLAIN (FORMAT JSON) {compiler.process(element.question, **options)}"


def planned_rows(session: Session, question: Select[Any]) -> int:
    """Return how many rows the planner expects."""
    plan: list[dict[str, Any]] = session.execute(_Explain(question)).scalar_one()
    return int(plan[0]["Plan"]["Plan Rows"])
