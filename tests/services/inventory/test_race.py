"""Many at once on the same few levels: nothing lost, nothing promised twice, nothing below zero.

LEDGER_OPERATIONS makes it larger; the eight workers are the same.
"""

import os
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from random import Random
from uuid import UUID

import pytest
from sqlalchemy import func, select

from app.core import db
from app.core.actor import Actor
from app.core.work import unit_of_work
from app.inventory import service
from app.inventory.errors import ImpossibleStock, NotEnoughStock
from app.inventory.ledger import Move, Posting, PostingKind, total
from app.inventory.models import Level
from app.inventory.models import Posting as Row
from tests.factories.catalog import product

OPERATIONS = int(os.environ.get("LEDGER_OPERATIONS", "800"))
WORKERS = 8
KINDS = tuple(kind for kind in PostingKind if kind not in (PostingKind.IMPORT, PostingKind.SYNC))


def some_levels(actor: Actor, count: int) -> list[UUID]:
    for at in range(count):
        product(actor, {"sku": f"R-{at}", "quantity": 20})
    with db.reading(actor) as session:
        return list(session.scalars(select(Level.id).order_by(Level.id)))


def work_through(actor: Actor, levels: list[UUID], seed: int, count: int) -> Counter[str]:
    """Post at random, to one or two levels at a time; returns what it came to."""
    random = Random(seed)  # noqa: S311 (operations, always the same)
    came_to: Counter[str] = Counter()
    for _ in range(count):
        kind, units = random.choice(KINDS), random.randrange(1, 4)
        chosen = random.sample(levels, random.choice((1, 1, 2)))
        try:
            with unit_of_work(actor) as work:
                service.post(work, {each: [Posting(kind, units)] for each in chosen})
        except (NotEnoughStock, ImpossibleStock):
            came_to["refused"] += 1
        else:
            came_to[f"{kind}:{units}"] += len(chosen)
    return came_to


@pytest.mark.race
@pytest.mark.timeout(900)
def test_whatever_eight_do_at_once_the_ledger_is_what_the_levels_hold(actor: Actor) -> None:
    levels = some_levels(actor, 5)

    with ThreadPoolExecutor(WORKERS) as pool:
        share = OPERATIONS // WORKERS
        done = pool.map(lambda seed: work_through(actor, levels, seed, share), range(WORKERS))
        came_to = sum(done, Counter[str]())

    with db.reading(actor) as session:
        rows = session.scalars(select(Level)).all()
        held = Move(*(sum(getattr(row, name) for row in rows) for name in Move._fields))
        posted = session.scalar(select(func.count()).select_from(Row)) or 0
        assert service.unequal_levels(session) == []
    asked = total(
        Posting(PostingKind(name), int(units) * times)
        for key, times in came_to.items()
        if key != "refused"
        for name, units in [key.split(":")]
    )
    assert held == asked.plus(Move(on_hand=20 * len(levels)))
    assert posted == len(levels) + sum(came_to.values()) - came_to["refused"]
    assert min(min(row.on_hand, row.committed, row.reserved, row.locked) for row in rows) >= 0
    assert came_to["refused"]
