"""Reading one page ahead: the shop answers the next page while we take in the one before.

Each page has the number of the moment its reading began, so what is written meanwhile is newer than
the page that is on its way. At most one page is under way, and one nobody asks for is thrown away.
"""

from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field

from app.adapters.types import ChannelProduct, Cursor, Page
from app.connections.wire import OpenConnection, refuse_if_outdated
from app.core.actor import Actor
from app.core.work import unit_of_work
from app.sync import answers, tasks


@dataclass(frozen=True, slots=True)
class Answer:
    """A page of the channel, and the number of its reading (tasks.read_order)."""

    page: Page[ChannelProduct]
    order: int


@dataclass(slots=True)
class Pages:
    """The pages of one channel, one of them read ahead."""

    actor: Actor
    opened: OpenConnection
    _reader: ThreadPoolExecutor
    _begun: "tuple[Cursor, int, Future[Page[ChannelProduct]]] | None" = field(default=None)

    @property
    def has_begun(self) -> bool:
        """Tell whether a page is on its way already."""
        return self._begun is not None

    def begin(self, cursor: Cursor) -> None:
        """Let a page be read; raises NotOpen when somebody paused or disconnected."""
        with unit_of_work(self.actor) as work:
            refuse_if_outdated(work, self.opened)
            order = tasks.read_order(work)
        asked = self._reader.submit(self._read, cursor)
        self._begun = (cursor, order, asked)

    def _read(self, cursor: Cursor) -> Page[ChannelProduct]:
        page = self.opened.adapter.pull_products(cursor)
        answers.open_unknown(self.actor, self.opened.id, page.sealed)
        return page

    def take(self, cursor: Cursor) -> Answer:
        """Return the page a cursor stands for, begun already or not."""
        if self._begun is None or self._begun[0] != cursor:
            self.begin(cursor)
        assert self._begun is not None  # noqa: S101 (it was begun in the line above)
        _, order, asked = self._begun
        self._begun = None
        return Answer(asked.result(), order)


@contextmanager
def reading(actor: Actor, opened: OpenConnection) -> Iterator[Pages]:
    """Read pages of an open connection; leaving waits for a page that is still on its way."""
    with ThreadPoolExecutor(1, thread_name_prefix="pages") as reader:
        yield Pages(actor, opened, reader)
