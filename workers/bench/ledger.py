"""The ledger under load: postings a second from eight connections, against bare updates.

Each hand is a process of its own with one connection (`python -m workers.bench.ledger ORGANIZATION
SEED`), told what to do by a line on its input, and answering by a line. It remembers what it was
promised, so that it ships, frees and puts back only what it holds, as orders do.
"""

import json
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from random import Random
from typing import IO, Any, Final
from uuid import UUID

import psycopg
from sqlalchemy import func, select, text

from app.catalog.models import Variant
from app.core import db
from app.core.actor import Actor, job_actor
from app.core.settings import current
from app.core.work import unit_of_work
from app.inventory import service
from app.inventory.errors import ImpossibleStock, NotEnoughStock
from app.inventory.ledger import PROMISES, Move, Posting, PostingKind
from app.inventory.models import Level
from app.inventory.models import Posting as Written
from workers.bench.listing import seed
from workers.bench.report import Row, against, told
from workers.bench.stage import Stage
from workers.bench.wire import median
from workers.start import start

OPERATIONS: Final = 100_000
HANDS: Final = 8
TURNS: Final = 5
LEVELS: Final = 1_000
EACH: Final = 200  # units on a level before the first operation
HOT: Final = 20  # levels of goods that everybody wants at once: half of all operations
_TENANCY: Final = "SELECT set_config('app.organization_id', %s, true)"
_BARE: Final = "UPDATE inventory_levels SET on_hand = on_hand + %s WHERE id = %s"
# A level's postings are numbered while it is locked, so their sums are what each of them left. What
# is a fact (a count, a person's word) may leave promises short; a promise may not.
_BROKEN: Final = text(
    """
    SELECT count(*) FROM (
        SELECT kind, sum(quantity - committed - reserved - locked)
            OVER (PARTITION BY level_id ORDER BY id) AS available
        FROM inventory_postings
    ) AS posted WHERE available < 0 AND kind = ANY(:promises)
    """
)
# What happens, and how often; what there is nothing to do for becomes a promise.
_CHANCES: Final[Mapping[PostingKind, int]] = {
    PostingKind.COMMIT: 32,
    PostingKind.SHIP: 22,
    PostingKind.RELEASE: 6,
    PostingKind.RESERVE: 10,
    PostingKind.FREE: 6,
    PostingKind.GONE: 2,
    PostingKind.RETURN: 4,
    PostingKind.RECEIVE: 6,
    PostingKind.ADJUST: 6,
    PostingKind.COUNT: 6,
}
_UNDOES: Final[Mapping[PostingKind, PostingKind]] = {
    PostingKind.SHIP: PostingKind.COMMIT,
    PostingKind.RELEASE: PostingKind.COMMIT,
    PostingKind.FREE: PostingKind.RESERVE,
    PostingKind.GONE: PostingKind.RESERVE,
}


def measure(stage: Stage) -> Iterator[Row]:
    """Yield postings a second against bare updates, and prove that none of them was lost."""
    actor = stage.organization("Ledger")
    levels = _levels(stage, actor)
    share = max(1, stage.scaled(OPERATIONS) // TURNS // HANDS)
    ours, limits, guarded = [], [], []
    moved, counts = Counter[str](), Counter[str]()
    with _hands(actor) as hands:
        _turn(hands, "bare", share // 4)  # only warms up
        _turn(hands, "post", share // 4)
        for _ in range(TURNS):
            limits.append(_turn(hands, "bare", share))
            guarded.append(_turn(hands, "guarded", share))
            ours.append(_turn(hands, "post", share))
        for hand in hands:
            _say(hand, "tell")
            answer = _answer(hand)
            moved.update(answer["moved"])
            counts.update(answer["counts"])
    _prove(actor, levels, moved, counts)
    name = f"Ledger, {counts['operations']:,} operations from {HANDS} connections"
    yield against(name, median(ours), "operations/s", median(limits), at_least=0.5)
    yield told("Ledger, bare updates behind row-level security", median(guarded), "operations/s")
    yield told("Ledger, refused for want of stock", counts["refused"], "operations")


def _levels(stage: Stage, actor: Actor) -> list[UUID]:
    """Make variants with stock; returns their levels in the order of ids."""
    count = stage.scaled(LEVELS, least=100)
    seed(stage, actor.organization, count)
    with unit_of_work(actor) as work:
        variants = work.session.scalars(select(Variant.id)).all()
        service.set_quantities(work, dict.fromkeys(variants, EACH))
    return _known(actor)


def _known(actor: Actor) -> list[UUID]:
    with db.reading(actor) as session:
        return list(session.scalars(select(Level.id).order_by(Level.id)))


def _prove(
    actor: Actor, levels: Sequence[UUID], moved: Mapping[str, int], counts: Mapping[str, int]
) -> None:
    """Raise unless each level holds what was accepted for it, and what its postings add up to."""
    with db.reading(actor) as session:
        rows = session.scalars(select(Level)).all()
        posted = session.scalar(select(func.count()).select_from(Written)) or 0
        unequal = service.unequal_levels(session)
        broken = session.scalar(_BROKEN, {"promises": [kind.value for kind in PROMISES]}) or 0
    wrong = [
        f"{row.id} {name}"
        for row in rows
        for name in Move._fields
        if getattr(row, name)
        != moved.get(f"{row.id}:{name}", 0) + (EACH if name == "on_hand" else 0)
    ]
    below = [row.id for row in rows if min(getattr(row, name) for name in Move._fields) < 0]
    lost = counts["postings"] + len(levels) - posted
    if unequal or wrong or below or broken or lost:
        raise RuntimeError(
            f"{len(unequal)} levels differ from their postings, {len(wrong)} figures from what was"
            f" accepted, {len(below)} levels are below zero, {broken} promises were of more than"
            f" there was, {lost} postings are lost."
        )


Process = subprocess.Popen[str]


@contextmanager
def _hands(actor: Actor) -> Iterator[list[Process]]:
    """Start processes that do what a line tells them; they end with the block."""
    command = [sys.executable, "-m", "workers.bench.ledger", str(actor.organization)]
    hands = [
        subprocess.Popen([*command, str(at)], stdin=-1, stdout=-1, text=True) for at in range(HANDS)
    ]
    try:
        for hand in hands:
            _answer(hand)
        yield hands
    finally:
        for hand in hands:
            _pipe(hand.stdin).close()
        for hand in hands:
            try:
                hand.wait(10)
            except subprocess.TimeoutExpired:
                hand.kill()
                hand.wait()
            _pipe(hand.stdout).close()


def _pipe(stream: IO[str] | None) -> IO[str]:
    assert stream is not None  # noqa: S101 (each hand has both)
    return stream


def _answer(hand: Process) -> Any:
    line = _pipe(hand.stdout).readline()
    if not line:
        raise RuntimeError("A hand of the ledger's bench ended early; it said why above.")
    return json.loads(line)


def _say(hand: Process, *words: object) -> None:
    print(*words, file=_pipe(hand.stdin), flush=True)


def _turn(hands: Sequence[Process], what: str, count: int) -> float:
    """Let all hands do so much at once; returns operations a second."""
    began = time.monotonic()
    for hand in hands:
        _say(hand, what, count)
    for hand in hands:
        _answer(hand)
    return len(hands) * count / (time.monotonic() - began)


class _Hand:
    """One process: what it holds, and the levels it knows."""

    def __init__(self, organization_id: UUID, number: int) -> None:
        self.actor = job_actor(organization_id)
        self.dice = Random(number)  # noqa: S311 (operations, always the same)
        self.levels = _known(self.actor)
        self.held: dict[PostingKind, list[dict[UUID, int]]] = {
            PostingKind.COMMIT: [],
            PostingKind.RESERVE: [],
        }
        self.operations = 0
        self.accepted: list[tuple[PostingKind, dict[UUID, int]]] = []

    def chosen(self) -> UUID:
        """Return a level: each other time one that everybody wants."""
        most = HOT if self.dice.random() < 0.5 else len(self.levels)
        return self.levels[self.dice.randrange(most)]

    def bare(self, count: int, connection: psycopg.Connection[Any], *, is_guarded: bool) -> None:
        """Move as many levels and commit each, there and back, so that nothing is moved."""
        wanted = [(self.chosen(), 1 + at % 3) for at in range(count // 2)]
        for sign in (1, -1):
            for level_id, units in wanted:
                if is_guarded:
                    connection.execute(_TENANCY, (str(self.actor.organization),))
                connection.execute(_BARE, (sign * units, level_id))
                connection.commit()  # bare on purpose: the limit a unit of work is measured against

    def post(self, count: int) -> None:
        """Post at random, and remember what was accepted."""
        self.operations += count
        kinds = self.dice.choices(list(_CHANCES), list(_CHANCES.values()), k=count)
        for kind in kinds:
            kind, parts = self._wish(kind)
            try:
                with unit_of_work(self.actor) as work:
                    postings = {key: [Posting(kind, units)] for key, units in parts.items()}
                    service.post(work, postings, reference=f"order:{db.new_id()}")
            except (NotEnoughStock, ImpossibleStock):
                continue
            if kind in self.held:
                self.held[kind].append(parts)
            self.accepted.append((kind, parts))

    def told(self) -> dict[str, Any]:
        """Return what all that was accepted came to, by level and figure, and the counts."""
        moved = Counter[str]()
        for kind, parts in self.accepted:
            for level_id, units in parts.items():
                for name, by in Posting(kind, units).move._asdict().items():
                    moved[f"{level_id}:{name}"] += by
        counts = {
            "operations": self.operations,
            "postings": sum(len(parts) for _, parts in self.accepted),
            "refused": self.operations - len(self.accepted),
        }
        return {"moved": moved, "counts": counts}

    def _wish(self, kind: PostingKind) -> tuple[PostingKind, dict[UUID, int]]:
        """Return what to post where: what is undone was done before."""
        undone = _UNDOES.get(kind)
        if undone is not None and self.held[undone]:
            at = self.dice.randrange(len(self.held[undone]))
            return kind, self.held[undone].pop(at)
        if undone is not None:
            kind = undone
        units = self.dice.randrange(1, 4)
        if kind in (PostingKind.ADJUST, PostingKind.COUNT) and self.dice.random() < 0.5:
            units = -units
        return kind, {self.chosen(): units}


def main() -> None:
    """Be one hand: do what each line says until there are no more."""
    start()
    hand = _Hand(UUID(sys.argv[1]), int(sys.argv[2]))
    chosen = current()
    with _opened(chosen.database_owner_url) as owner, _opened(chosen.database_url) as ours:
        print("{}", flush=True)
        for line in sys.stdin:
            what, *count = line.split()
            if what == "tell":
                print(json.dumps(hand.told()), flush=True)
                continue
            if what == "post":
                hand.post(int(*count))
            else:
                is_guarded = what == "guarded"
                connection = ours if is_guarded else owner
                hand.bare(int(*count), connection, is_guarded=is_guarded)
            print("{}", flush=True)


def _opened(url: str) -> psycopg.Connection[Any]:
    return psycopg.connect(url.replace("+psycopg", ""))


if __name__ == "__main__":
    main()
