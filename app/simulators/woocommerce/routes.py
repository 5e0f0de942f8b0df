"""A small route table, compiled once per kind of store: tests build stores by the hundred."""

import re
from collections.abc import Callable, Sequence

from flask import Response

View = Callable[..., Response]

_PLACE = re.compile(r"<(int:)?(\w+)>")


def _group(place: re.Match[str]) -> str:
    kind = r"\d+" if place[1] else r"[\w-]+"
    return f"(?P<{place[2]}>{kind})"


class Routes:
    """Paths such as `/wc/v3/products/<int:row_id>`, and who answers them."""

    def __init__(self) -> None:
        self._routes: list[tuple[re.Pattern[str], frozenset[str], View, frozenset[str]]] = []

    def add(self, path: str, view: View, *, methods: Sequence[str] = ("GET",)) -> None:
        """Let a view answer a path."""
        numbers = frozenset(name for kind, name in _PLACE.findall(path) if kind)
        pattern = _PLACE.sub(_group, path)
        self._routes.append((re.compile(pattern), frozenset(methods), view, numbers))

    def find(self, method: str, path: str) -> Callable[[], Response] | None:
        """Return what answers this call, or None."""
        wanted = "GET" if method == "HEAD" else method
        for pattern, methods, view, numbers in self._routes:
            if wanted in methods and (match := pattern.fullmatch(path)):
                places = {
                    name: int(value) if name in numbers else value
                    for name, value in match.groupdict().items()
                }
                return lambda view=view, places=places: view(**places)  # type: ignore[misc]  # bound at once
        return None
