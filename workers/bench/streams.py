"""Live pages: 2,000 open streams in one web process, their memory, and how soon they hear.

The pages belong to 20 organizations; each piece of news is one product row, which the 100 pages of
its organization draw anew. The limit is the bare fan-out: one reader of Redis, a queue per stream,
no drawing.
"""

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from pathlib import Path
from typing import Final
from uuid import UUID

from app.core import kv, news
from workers.bench import bare, listing
from workers.bench.ears import Ears
from workers.bench.report import Row, at_least, below
from workers.bench.stage import Stage, any_port, web
from workers.bench.wire import get, share
from workers.supervisor import Child

GROUPS: Final = 20
PAGES: Final = 100  # of each group
WATCHED: Final = 50  # rows on each page
NEWS: Final = 60
PAUSE: Final = 0.55  # seconds; a name is drawn at most every half second

Say = Callable[[int, int], None]  # (group, number) → news is out


def measure(stage: Stage) -> Iterator[Row]:
    """Yield streams held, memory each, and the time to the slowest twentieth of listeners."""
    pages = stage.scaled(PAGES, least=2)
    limit, _, _ = _bare(stage, pages)
    took, memory, count = _ours(stage, pages)
    yield at_least("Live streams in one web process", count, "streams", GROUPS * pages)
    yield below("Live streams, memory", memory, "KB each", 40)
    yield below("News to a drawn row, p95", took, "ms", 300, limit=limit)


def _bare(stage: Stage, pages: int) -> tuple[float, float, int]:
    port = any_port()
    program = web(port, app="workers.bench.bare:app", processes=1)
    asked = [[get(f"/stream/{group}")] * pages for group in range(GROUPS)]
    with stage.running(program) as children:
        return _heard(port, children[0], asked, _say_bare)


def _say_bare(group: int, number: int) -> None:
    kv.client().xadd(bare.STREAM, {"group": group, "number": number}, maxlen=1000)


def _ours(stage: Stage, pages: int) -> tuple[float, float, int]:
    port = any_port()
    organizations: list[UUID] = []
    shown: list[list[UUID]] = []
    asked: list[list[bytes]] = []
    for group in range(GROUPS):
        actor = stage.organization(f"Streams {group}")
        listing.seed(stage, actor.organization, 4 * WATCHED)
        cookie = stage.cookie(actor, f"streams-{group}-reader")
        ids = _products(stage, actor.organization)
        watched = ",".join(f"product-{key}" for key in ids)
        organizations.append(actor.organization)
        shown.append(ids)
        asked.append([get(f"/events?watch={watched}", cookie=cookie)] * pages)

    def say(group: int, number: int) -> None:
        news.publish(organizations[group], [f"product-{shown[group][number % WATCHED]}"])

    with stage.running(web(port, processes=1)) as children:
        return _heard(port, children[0], asked, say)


def _products(stage: Stage, organization_id: UUID) -> list[UUID]:
    with stage.owning() as connection:
        rows = connection.execute(
            "SELECT id FROM products WHERE organization_id = %s ORDER BY id", (organization_id,)
        )
        return [row[0] for row in rows]


def _heard(
    port: int, server: Child, asked: Sequence[Sequence[bytes]], say: Say
) -> tuple[float, float, int]:
    """Return p95 in milliseconds, kilobytes per stream, and how many streams were open."""
    with closing(Ears(port)) as ears:
        ears.open(0, asked[0][:1])  # what the first stream loads is not the others' price
        before = _memory(server.pid)
        for group, requests in enumerate(asked):
            ears.open(group, requests[1:] if group == 0 else requests)
        memory = (_memory(server.pid) - before) / (ears.count - 1)
        took: list[float] = []
        for number in range(-3, NEWS):
            group = number % len(asked)
            began = time.monotonic()
            say(group, number)
            heard = ears.hear(group, len(asked[group]))
            if number >= 0:  # the first ones only warm up
                took += [(at - began) * 1000 for at in heard]
            time.sleep(max(0.0, PAUSE - (time.monotonic() - began)))
        return share(took, 0.95), memory, ears.count


def _memory(master: int) -> float:
    """Return the resident memory of a server's only process, in KB."""
    children = Path(f"/proc/{master}/task/{master}/children").read_text().split()
    lines = Path(f"/proc/{children[0]}/status").read_text().splitlines()
    return next(float(line.split()[1]) for line in lines if line.startswith("VmRSS"))
