"""What moves in the shell of every page: the live bar, and the numbers and dots of the menu."""

from collections.abc import Iterator

from flask.typing import ResponseReturnValue
from markupsafe import Markup

from app.web import nav
from app.web.filters import compact
from app.web.fragments import partial
from app.web.guards import requires
from app.web.slots import slot
from app.web.ui import macros


@requires()
def shell_news() -> ResponseReturnValue:
    """Send the moving parts as they stand now."""
    return Markup("").join([partial("#live-bar", slot("live_bar"), swap="innerHTML"), *_menu()])


def _menu() -> Iterator[Markup]:
    for _, entries in nav.menu():
        for entry in entries:
            count = compact(entry.count) if entry.count else ""
            if entry.dom_id:
                yield partial(f"#{entry.dom_id}", count, swap="innerHTML")
            if entry.dom_id and entry.is_on_phone:
                yield partial(f"#{entry.dom_id}-short", count, swap="innerHTML")
            if entry.dom_id and entry.state:
                yield partial(f"#{entry.dom_id}-dot", macros.dot(entry.state), swap="innerHTML")
