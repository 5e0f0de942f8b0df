"""Every proof there is, by name, and the bugs each of them has to find when they are put in."""

import os
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from functools import partial
from itertools import count
from typing import Any, Final

from app.inventory.ledger import Impossible
from app.simulators.shopify import TwinSettings
from tests.channels.conformance import Stage
from tests.channels.memory.test_conformance import MemoryStage
from tests.channels.shopify.stage import ShopifyStage
from tests.channels.woocommerce.stage import WooStage
from tests.model import after_sale, effect, kit_world, merge_world, stock_world
from tests.model.explorer import Result, Violation, explore
from tests.model.merge_world import Lost, Needless, Rules, Unequal, World
from tests.model.stock_world import Bugs, Oversold, Wrong

TITLE: Final = Rules("title", False, "Mug", ("Cup", "Jar"), ("Jug", "Pot"), third="Vase")
BROKEN: Final = (Lost, Unequal, Needless)
SEED: Final = int(os.environ.get("PROVE_SEED", "1"))
SCALE: Final = float(os.environ.get("PROVE_SCALE", "1"))  # share of the random cases to play
CASES: Final = int(os.environ.get("PROVE_CASES", "0"))  # as many per channel instead
NO_BUG: Final = Bugs()
NOTHING: Final = dict.fromkeys(
    (
        "sales", "cancels", "counts", "moves", "returns", "faults", "edits", "our_cancels",
        "our_refunds", "their_refunds", "their_returns", "unpacked",
    ),
    0,
)  # fmt: skip
ENOUGH: Final = 60  # steps; every search ends before, because nothing is left to try


def _clock() -> Callable[[], datetime]:
    """Return a clock that moves a little with every look: cases do not depend on the machine."""
    looks = count()
    return lambda: datetime(2026, 1, 1, tzinfo=UTC) + timedelta(milliseconds=next(looks))


def _woocommerce() -> Stage:
    stage = WooStage()
    stage.store.clock = _clock()
    return stage


def _shopify() -> Stage:
    stage = ShopifyStage(TwinSettings(bucket_size=10**9))
    stage.store.clock = _clock()
    return stage


CHANNELS: Final[tuple[tuple[str, Callable[[], Stage], int], ...]] = (
    ("memory", MemoryStage, 7_000),
    ("woocommerce", _woocommerce, 3_000),
    ("shopify", _shopify, 1_000),
)


def _with(*added: str) -> Callable[[Any], list[str]]:
    return lambda tags: sorted({*tags, *added})


def _plus(count: int) -> Callable[[Any], int]:
    return lambda stock: int(stock) + count


TAGS: Final = Rules("tags", False, ["a"], (_with("b"), _with("c")), (_with("x"), _with("y")))
STOCK: Final = Rules("quantity", True, 10, (_plus(50), _plus(-3)), (_plus(-1), _plus(-7)))


@dataclass(frozen=True, slots=True)
class Proof:
    """A search through one world; `has_bug` when it must end in a violation."""

    name: str
    search: Callable[[], Result[Any]]
    has_bug: bool = False
    words: tuple[str, str] = ("states", "depth")

    def line(self, result: Result[Any]) -> str:
        """Return what the search came to in one line."""
        found = result.violation
        line = f"{self.name} {self.words[0]}={result.states:,} {self.words[1]}={result.depth:,}"
        line += f" violations={0 if found is None else 1}"
        if found is not None:
            line += f" ({found.sentence}: {' → '.join(found.trace)})"
        return line

    def holds(self, result: Result[Any]) -> bool:
        """Tell whether the promise held, or the bug was found."""
        if self.has_bug:
            return result.violation is not None
        return result.violation is None and result.is_whole


def _merge(rules: Rules, *, edits: int, faults: int = 0, decisions: int = 0) -> Result[World]:
    def at_rest(world: World) -> None:
        if world.is_quiet:
            merge_world.judge(rules, world)

    return explore(
        merge_world.begin(rules, edits=edits, faults=faults, decisions=decisions),
        partial(merge_world.steps, rules),
        at_rest,
        depth=ENOUGH,
        broken=BROKEN,
    )


def _stock(budgets: Mapping[str, int], bugs: Bugs = NO_BUG) -> Result[stock_world.World]:
    return explore(
        stock_world.begin(**(NOTHING | dict(budgets))),
        partial(stock_world.steps, bugs),
        stock_world.judge,
        depth=ENOUGH,
        broken=(Oversold, Wrong, Impossible),
    )


def _after_sale(budgets: Mapping[str, int], bugs: Bugs = NO_BUG) -> Result[stock_world.World]:
    return explore(
        stock_world.begin(**(NOTHING | dict(budgets))),
        partial(after_sale.steps, bugs),
        stock_world.judge,
        depth=ENOUGH,
        broken=(Oversold, Wrong, Impossible),
    )


def _kits(budgets: Mapping[str, int], *, is_each_alone: bool = False) -> Result[kit_world.World]:
    return explore(
        kit_world.begin(**budgets),
        partial(kit_world.steps, is_each_alone=is_each_alone),
        kit_world.judge,
        depth=ENOUGH,
        broken=(Oversold, Wrong, Impossible),
    )


def _effect(stage: Callable[[], Stage], many: int) -> Result[World]:
    """Play random cases on a channel's twin; `states` are cases."""
    try:
        tally = effect.play(effect.cases(stage().open(), seed=SEED), many)
    except effect.Broken as error:
        return Result(many, 0, Violation(f"seed {SEED}, {error}", ()), is_whole=False)
    return Result(tally.cases, tally.writes, None, is_whole=True)


def proofs() -> Iterator[Proof]:
    """Yield every proof."""
    for name, stage, usual in CHANNELS:
        many = CASES or max(20, round(usual * SCALE))
        yield Proof(
            f"plan-is-effect {name}", partial(_effect, stage, many), words=("cases", "writes")
        )
    for rules in (TITLE, TAGS, STOCK):
        calm, name = replace(rules, is_calm=True), f"merge-explorer {rules.field}"
        yield Proof(f"{name} calm", partial(_merge, calm, edits=2))
        yield Proof(f"{name} faults=1", partial(_merge, rules, edits=2, faults=1))
    yield Proof(
        "merge-explorer title faults=2 decisions=1",
        partial(_merge, TITLE, edits=2, faults=2, decisions=1),
    )
    yield from _never_oversold()


def _never_oversold() -> Iterator[Proof]:
    """Yield the proofs of stock: two channels, two locations, three units; cups and sets of two."""
    for name, budgets in {
        "calm": {"sales": 2, "cancels": 1},
        "counts moves": {"sales": 2, "cancels": 1, "counts": 1, "moves": 1},
        "faults edits": {"sales": 2, "cancels": 1, "faults": 1, "edits": 1},
        "returns": {"sales": 2, "cancels": 1, "returns": 1, "faults": 1},
        "three sold": {"sales": 3, "cancels": 1, "faults": 1},
    }.items():
        yield Proof(f"stock-explorer {name}", partial(_stock, budgets))
    for name, budgets in {
        "calm": {"sales": 1, "our_cancels": 1, "their_refunds": 1, "unpacked": 1},
        "calm, returned there": {"sales": 1, "their_returns": 1, "unpacked": 1},
        "cancelled by both": {"sales": 2, "our_cancels": 1, "cancels": 1, "faults": 1},
        "refunded by both": {"sales": 2, "our_refunds": 1, "their_refunds": 1, "faults": 1},
        "refunded, unpacked": {"sales": 2, "our_refunds": 1, "their_refunds": 1, "unpacked": 1},
        "returned there, unpacked": {
            "sales": 2,
            "their_refunds": 1,
            "their_returns": 1,
            "unpacked": 1,
            "faults": 1,
        },
        "everything once": {
            "sales": 2,
            "our_cancels": 1,
            "cancels": 1,
            "our_refunds": 1,
            "their_refunds": 1,
            "unpacked": 1,
        },
    }.items():
        yield Proof(f"after-sale-explorer {name}", partial(_after_sale, budgets))
    for name, budgets in {
        "calm": {"sales": 2, "cancels": 1},
        "faults ships": {"sales": 2, "cancels": 1, "faults": 1, "ships": 1},
        "three sold": {"sales": 3, "cancels": 1},
    }.items():
        yield Proof(f"kit-explorer {name}", partial(_kits, budgets))


def bugs() -> Iterator[Proof]:
    """Yield the same searches with a bug put in, each of which has to be found."""
    calm = replace(TITLE, is_calm=True)
    for name, rules in {
        "base-not-stored": replace(calm, stores_base=False),
        "echo-not-recognised": replace(calm, knows_late_echoes=False),
        "conflict-ignored": replace(calm, keeps_conflicts=False),
    }.items():
        yield Proof(f"merge-explorer bug={name}", partial(_merge, rules, edits=2), has_bug=True)
    for name, put_in in {
        "check-then-write": Bugs(checks_then_writes=True),
        "double-release": Bugs(releases_twice=True),
        "stale-push-overtakes": Bugs(overtakes=True),
        "received-twice": Bugs(receives_twice=True),
    }.items():
        budgets = {"sales": 3, "cancels": 1, "faults": 1}
        if put_in.receives_twice:
            budgets = {"sales": 1, "moves": 2}
        search = partial(_stock, budgets, put_in)
        yield Proof(f"stock-explorer bug={name}", search, has_bug=True)
    for name, put_in in {
        "agreed-late": Bugs(agrees_late=True),
        "refund-and-return-both-add": Bugs(adds_twice=True),
        "double-release": Bugs(releases_twice=True),
    }.items():
        budgets = {"sales": 2, "our_cancels": 1, "cancels": 1, "their_refunds": 1, "unpacked": 1}
        search = partial(_after_sale, budgets, put_in)
        yield Proof(f"after-sale-explorer bug={name}", search, has_bug=True)
    twice = partial(
        _after_sale, {"sales": 2, "their_returns": 1, "unpacked": 1}, Bugs(adds_twice=True)
    )
    yield Proof("after-sale-explorer bug=both-unpacked", twice, has_bug=True)
    each_alone = partial(_kits, {"sales": 1}, is_each_alone=True)
    yield Proof("kit-explorer bug=kit-and-goods-split-each-for-itself", each_alone, has_bug=True)
