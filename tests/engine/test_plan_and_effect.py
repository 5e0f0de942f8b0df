"""Random cases on both twins: what a plan says is what happens, and taking it back undoes it.

A case is a listing both sides agree on, edits here, edits there, and sometimes one more edit there
while the plan is carried out. Many listings are played at once, as a connection works them off.
EFFECT_CASES plays more of them on each channel, EFFECT_SEED others.
"""

import os
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack, suppress
from dataclasses import dataclass, field
from datetime import timedelta
from random import Random
from typing import Any, Final
from uuid import UUID

import pytest
from sqlalchemy import func, select

from app.adapters.values import Group
from app.catalog import bulk
from app.catalog import service as catalog
from app.catalog.bulk.steps import RESTORABLE
from app.catalog.models import FieldChange
from app.core import db, faults
from app.core.errors import Conflicting
from app.core.work import unit_of_work
from app.simulators.chaos import Profile
from app.sync import compare, deciding, service, undoing
from app.sync.models import ChangeState, SyncChange
from tests.engine.goods import Cell, Goods, ShopifyGoods, WooGoods
from tests.engine.shopify import ShopifyShop, connected_shopify
from tests.engine.values import value_of
from tests.engine.world import Shop, Store, connected_store

CASES: Final = int(os.environ.get("EFFECT_CASES", "24"))
SEED: Final = int(os.environ.get("EFFECT_SEED", "3"))
LISTINGS: Final = min(CASES // 2, 250)  # a quarter of them has two variants
JOINED: Final = frozenset(("tags", "categories", "attributes", "quantity"))  # both edits count
OPEN: Final[dict[str, Any]] = {
    "groups": {each.value: {"direction": "both", "on_both": "ask"} for each in Group},
    "price_move_limit_percent": 1000,
    "mass_limit": 1_000_000,
    "mass_percent": 100,
}
Spot = tuple[int, Cell]  # (which listing, which of its cells)
Wishes = dict[Spot, Any]


class Meanwhile:
    """Lets people edit in the moments between two steps of a flow, once each."""

    def __init__(self) -> None:
        self.edits: dict[str, Callable[[], None]] = {}

    def __call__(self, name: str) -> None:
        self.edits.pop(name, _nothing)()


def _nothing() -> None:
    return


@dataclass
class Bench:
    """One connection with its listings, each known on both sides by position."""

    shop: Shop
    store: Store
    meanwhile: Meanwhile
    ids: list[UUID]
    variant_ids: list[list[UUID]]
    goods: list[Goods]
    random: Random = field(default_factory=lambda: Random(SEED))  # noqa: S311 (cases, always the same)
    tally: Counter[str] = field(default_factory=Counter)

    def here(self) -> Wishes:
        """Return every cell of ours."""
        found: Wishes = {}
        for at, (key, variants) in enumerate(zip(self.ids, self.variant_ids, strict=True)):
            has = self.shop.values(key)
            for cell in self.there_of(at):
                place, name = cell
                held = has.values if place is None else has.variants[variants[place]]
                found[at, cell] = held.get(name)
        return found

    def there_of(self, at: int) -> dict[Cell, Any]:
        """Return every cell of a listing in the shop."""
        return self.goods[at].look()

    def there(self) -> Wishes:
        """Return every cell of the shop."""
        return {
            (at, cell): value
            for at in range(len(self.goods))
            for cell, value in self.there_of(at).items()
        }

    def edit_here(self, wishes: Wishes) -> None:
        """Edit as a person does who edits many products at once."""
        changes = []
        for at, cells in _by_listing(wishes).items():
            of_variants: dict[UUID, dict[str, Any]] = {}
            for (place, name), value in cells.items():
                if place is not None:
                    of_variants.setdefault(self.variant_ids[at][place], {})[name] = value
            of_product = {name: value for (place, name), value in cells.items() if place is None}
            changes.append(catalog.ProductChange(self.ids[at], of_product, variants=of_variants))
        with unit_of_work(self.shop.actor) as work:
            catalog.change_products(work, changes, origin="bulk")

    def edit_there(self, wishes: Wishes) -> None:
        """Edit as the people of the shop do."""
        for at, cells in _by_listing(wishes).items():
            self.goods[at].edit(cells)

    def drawn(self, before: Wishes, chance: float, *, most: int = 3) -> Wishes:
        """Draw edits of some listings, each to another value than there was before."""
        found: Wishes = {}
        for at in range(len(self.goods)):
            if self.random.random() >= chance:
                continue
            cells = [cell for place, cell in before if place == at]
            for cell in self.random.sample(cells, self.random.randint(1, most)):
                value = value_of(self.random, cell[1])
                if not compare.equal(cell[1], value, before[at, cell]):
                    found[at, cell] = value
        return found

    def held(self) -> dict[Spot, SyncChange]:
        """Return the plan: what waits to be sent, by where it would be written."""
        places = {key: at for at, key in enumerate(self.ids)}
        with db.reading(self.shop.actor) as session:
            rows = session.scalars(select(SyncChange).where(SyncChange.state == ChangeState.HELD))
            found: dict[Spot, SyncChange] = {}
            for row in rows:
                assert row.product_id
                at = places[row.product_id]
                variants = self.variant_ids[at]
                place = variants.index(row.variant_id) if row.variant_id else None
                found[at, (place, row.field)] = row
            return found

    def last_line(self) -> int:
        """Return the newest line of history."""
        with db.reading(self.shop.actor) as session:
            return session.scalar(select(func.max(FieldChange.id))) or 0

    def met_without_run(self, began: int) -> set[int]:
        """Return the listings that took something in by itself: it is taken back line by line."""
        lone = (FieldChange.id > began, FieldChange.origin == "sync", FieldChange.run_id.is_(None))
        with db.reading(self.shop.actor) as session:
            found = session.scalars(select(FieldChange.product_id).where(*lone).distinct())
            return {self.ids.index(key) for key in found}

    def approve(self, rows: list[SyncChange]) -> None:
        """Let a part of the plan pass."""
        with unit_of_work(self.shop.actor) as work:
            deciding.approve(work, deciding.held(work, [row.id for row in rows]))
        self.shop.settle()

    def send_all(self) -> None:
        """Let everything pass from now on, and look at everything again."""
        self.store.rules(**OPEN, auto_push=True)
        self.store.read()
        with unit_of_work(self.shop.actor) as work:
            service.push_connection(work, self.store.connection_id)
        self.shop.settle()

    def take_back(self, known: set[UUID]) -> None:
        """Take every run back that is not among these, the latest first."""
        for run in reversed([each for each in self.shop.runs() if each.id not in known]):
            with suppress(Conflicting):  # it did nothing that could be taken back
                with unit_of_work(self.shop.actor) as work:
                    draft = undoing.undo_run(work, run.id)
                    bulk.request_bulk_edit(work, draft.id)
                bulk.run_bulk_edit(self.shop.actor, draft.id)
                self.shop.settle()


def _by_listing(wishes: Wishes) -> dict[int, dict[Cell, Any]]:
    found: dict[int, dict[Cell, Any]] = {}
    for (at, cell), value in wishes.items():
        found.setdefault(at, {})[cell] = value
    return found


@dataclass
class Round:
    """One case of each listing, from agreement to agreement."""

    bench: Bench
    began: int  # last line of history before it
    start: Wishes  # what both sides show, as the shop spells it
    whole: list[Any]  # everything the shop keeps
    mine: Wishes
    theirs: Wishes
    later: Wishes  # edits there while the plan is carried out

    def torn(self) -> set[Spot]:
        """Return the cells both sides edited, each to a value of its own."""
        there = {**self.theirs, **self.later}
        return {
            spot
            for spot, value in self.mine.items()
            if spot in there and not compare.equal(spot[1][1], value, there[spot])
        }

    def expect(self, wanted: Wishes, found: Wishes, words: str) -> None:
        """Insist that cells show what is wanted."""
        wrong = {
            spot: (value, found[spot])
            for spot, value in wanted.items()
            if not compare.equal(spot[1][1], value, found[spot])
        }
        assert not wrong, f"{words}: {wrong}"


def begin(bench: Bench) -> Round:
    """Draw the edits of a round; edits that would be joined are made on one side only."""
    start = bench.there()
    mine = bench.drawn(start, 0.8)
    theirs = _apart(bench.drawn(start, 0.5), mine)
    later = _apart(bench.drawn({**start, **theirs}, 0.3), {**mine, **theirs}, of=theirs)
    later = {spot: v for spot, v in later.items() if not _is_same(spot, v, {**start, **mine})}
    whole = [each.whole() for each in bench.goods]
    found = Round(bench, bench.last_line(), start, whole, mine, theirs, later)
    found.expect(start, bench.here(), "Not agreed to begin with")
    return found


def _is_same(spot: Spot, value: Any, others: Wishes) -> bool:
    return spot in others and compare.equal(spot[1][1], value, others[spot])


def _apart(drawn: Wishes, others: Wishes, *, of: Wishes | None = None) -> Wishes:
    return {
        spot: value
        for spot, value in drawn.items()
        if not (spot in others and spot[1][1] in JOINED) and not (of and spot in of)
    }


def play(bench: Bench) -> None:
    """Edit on both sides, look at the plan, let most of it pass, let the rest pass, undo it all."""
    known = {each.id for each in bench.shop.runs()}
    bench.store.rules(**OPEN, auto_push=False)
    case = begin(bench)
    bench.edit_there(case.theirs)
    # here it is edited when the shop was read already, and the answer not yet taken in
    bench.meanwhile.edits["read.answered"] = lambda: bench.edit_here(case.mine)
    bench.store.read()

    plan = bench.held()
    _is_planned(case, plan)
    passed = _is_effected(case, plan)
    _comes_to_rest(case)
    _is_taken_back(case, known)
    bench.tally.update(
        cases=len(bench.goods), planned=len(plan), passed=passed, torn=len(case.torn())
    )
    bench.shop.advance(timedelta(hours=2))


def _is_planned(case: Round, plan: dict[Spot, SyncChange]) -> None:
    """What was edited here and not there is planned, value by value, and nothing else is."""
    torn_now = {spot for spot in case.mine if spot in case.theirs}
    alone = {spot: value for spot, value in case.mine.items() if spot not in torn_now}
    assert plan.keys() == alone.keys()
    there = case.bench.there()
    case.expect({spot: row.new for spot, row in plan.items()}, alone, "Another value is planned")
    case.expect({spot: row.old for spot, row in plan.items()}, there, "Planned from another value")
    case.expect({**case.start, **case.theirs}, there, "Written before it was allowed")
    here = {**case.start, **case.theirs, **case.mine}
    case.expect(here, case.bench.here(), "Taken in otherwise")


def _is_effected(case: Round, plan: dict[Spot, SyncChange]) -> int:
    """What passes is written as planned, what does not is not, and nothing edited meanwhile is."""
    bench = case.bench
    left = set(bench.random.sample(sorted(plan, key=str), len(plan) // 5))
    listings = sorted({at for at, _ in case.later})
    early = set(bench.random.sample(listings, len(listings) // 2))
    bench.edit_there({spot: v for spot, v in case.later.items() if spot[0] in early})
    late = {spot: v for spot, v in case.later.items() if spot[0] not in early}
    bench.meanwhile.edits["push.sent"] = lambda: bench.edit_there(late)
    before = bench.there()

    bench.approve([row for spot, row in plan.items() if spot not in left])
    bench.meanwhile("push.sent")  # where nothing was left to send

    found = bench.there()
    case.expect(case.later, found, "Overwritten, though it was edited meanwhile")
    calm = {spot: value for spot, value in before.items() if spot[0] not in listings}
    passed = {spot: row.new for spot, row in plan.items() if spot not in left}
    wanted = {spot: passed.get(spot, value) for spot, value in calm.items()}
    case.expect(wanted, found, "Not what was planned")
    for spot in passed.keys() - wanted.keys() - case.later.keys():
        is_due = compare.equal(spot[1][1], found[spot], before[spot])
        assert is_due or compare.equal(spot[1][1], found[spot], passed[spot])
    return len(passed)


def _comes_to_rest(case: Round) -> None:
    """Once everything may go, both sides show every edit; what both edited is asked about."""
    bench, torn = case.bench, case.torn()
    bench.send_all()
    there = {**case.start, **case.mine, **case.theirs, **case.later}
    case.expect(there, bench.there(), "Lost there")
    case.expect({**there, **{spot: case.mine[spot] for spot in torn}}, bench.here(), "Lost here")
    assert len(bench.shop.conflicts()) == len(torn)
    bench.edit_here({spot: there[spot] for spot in torn})
    bench.shop.settle()
    assert bench.shop.conflicts() == []


def _is_taken_back(case: Round, known: set[UUID]) -> None:
    """Both sides are again as they were, but for stock and for what was decided by hand."""
    bench = case.bench
    bench.take_back(known)
    bench.store.read()
    by_hand = case.mine.keys() & case.theirs.keys()  # on both sides, alike or not
    stay = {at for at, _ in (*by_hand, *case.later)} | bench.met_without_run(case.began)
    back = {
        spot: value
        for spot, value in case.start.items()
        if spot[0] not in stay and spot[1][1] in RESTORABLE
    }
    case.expect(back, bench.there(), "Not taken back there")
    case.expect(back, bench.here(), "Not taken back here")
    for at in {at for at, _ in back}:
        assert bench.goods[at].whole() == case.whole[at]
        bench.tally["undone"] += 1


@pytest.fixture
def meanwhile(monkeypatch: pytest.MonkeyPatch) -> Meanwhile:
    found = Meanwhile()
    monkeypatch.setattr(faults, "point", found)
    return found


@pytest.fixture(params=["woocommerce", "shopify"])
def bench(shop: Shop, meanwhile: Meanwhile, request: pytest.FixtureRequest) -> Iterator[Bench]:
    ids = []
    for at in range(LISTINGS):
        skus = [f"MUG-{at}-S", f"MUG-{at}-L"] if at % 4 == 3 else [f"MUG-{at}"]
        ids.append(shop.add_product(f"Mug {at}", *skus, brand="Potter", price=1200))
    connected = {"woocommerce": connected_store, "shopify": connected_shopify}[request.param]
    with ExitStack() as stack:
        store: Store = stack.enter_context(connected(shop))
        store.list_here(*ids)
        store.state.chaos.use(Profile(drop_delivery=1.0))
        goods, variant_ids = [], []
        for key in ids:
            variants = shop.values(key).variants
            variant_ids.append(list(variants))
            goods.append(_goods_of(store, [str(each["sku"]) for each in variants.values()]))
        yield Bench(shop, store, meanwhile, ids, variant_ids, goods)


def _goods_of(store: Store, skus: list[str]) -> Goods:
    keys = tuple(int(store.state.find_sku(each) or 0) for each in skus)
    if isinstance(store, ShopifyShop):
        return ShopifyGoods(store.state, store.id_of(skus[0]), keys)
    parent = store.state.goods.rows[keys[0]]["parent_id"]
    return WooGoods(store.state, parent or keys[0], keys)


@pytest.mark.timeout(7200)
def test_what_a_plan_says_is_what_happens_and_can_be_taken_back(bench: Bench) -> None:
    while bench.tally["cases"] < CASES:
        play(bench)

    print(f"\n{type(bench.store).__name__}: {dict(bench.tally)}")
    assert all(bench.tally[name] for name in ("planned", "passed", "torn", "undone"))
