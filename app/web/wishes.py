"""What the caller wants back: a page, a fragment or JSON."""

from typing import TypedDict

from flask import request


def wants_fragment() -> bool:
    """Tell whether htmx asks for a part; boosted visits and history restores want it whole."""
    headers = request.headers
    return (
        headers.get("HX-Request-Type") == "partial"
        and headers.get("HX-History-Restore-Request") != "true"
    )


def is_api() -> bool:
    """Tell whether the caller speaks JSON: the API, or a script that accepts nothing else."""
    return request.path.startswith("/api/")


class Cursors(TypedDict):
    """Where a page of a list begins, for `newest_page`."""

    after: str | None
    before: str | None


def cursors() -> Cursors:
    """Return where the page of a list that is asked for begins."""
    return Cursors(after=request.args.get("after"), before=request.args.get("before"))
