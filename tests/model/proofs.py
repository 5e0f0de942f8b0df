"""Every proof there is, by name, and the bugs each of them has to find when they are put in."""

import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import partial
from typing import Any, Final

from app.simulators.shopify import TwinSettings
from tests.channels.conformance import Stage
from tests.channels.memory.test_conformance import MemoryStage
from tests.channels.shopify.stage import ShopifyStage
from tests.channels.woocommerce.stage import WooStage
from tests.model import effect, merge_world
from tests.model.explorer import Result, Violation, explore
from tests.model.merge_world import Lost, Needless, Rules, Unequal, World

TITLE: Final = Rules("title", False, "Mug", ("Cup", "Jar"), ("Jug", "Pot"), third="Vase")
BROKEN: Final = (Lost, Unequal, Needless)
CHANNELS: Final[tuple[tuple[str, Callable[[], Stage], int], ...]] = (
    ("memory", MemoryStage, 7_000),
    ("woocommerce", WooStage, 3_000),
    ("shopify", partial(ShopifyStage, TwinSettings(bucket_size=10**9)), 1_000),
)
SCALE: Final = float(os.environ.get("PROVE_SCALE", "1"))  # share of the random cases to play
ENOUGH: Final = 60  # steps; every search ends before, because nothing is left to try


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


def _effect(stage: Callable[[], Stage], count: int) -> Result[World]:
    """Play random cases on a channel's twin; `states` are cases."""
    try:
        tally = effect.play(effect.cases(stage().open(), seed=1), count)
    except effect.Broken as error:
        return Result(count, 0, Violation(str(error), ()), is_whole=False)
    return Result(tally.cases, tally.writes, None, is_whole=True)


def proofs() -> Iterator[Proof]:
    """Yield every proof."""
    for name, stage, count in CHANNELS:
        few = max(20, round(count * SCALE))
        yield Proof(
            f"plan-is-effect {name}", partial(_effect, stage, few), words=("cases", "writes")
        )
    for rules in (TITLE, TAGS, STOCK):
        calm, name = replace(rules, is_calm=True), f"merge-explorer {rules.field}"
        yield Proof(f"{name} calm", partial(_merge, calm, edits=2))
        yield Proof(f"{name} faults=1", partial(_merge, rules, edits=2, faults=1))
    yield Proof(
        "merge-explorer title faults=2 decisions=1",
        partial(_merge, TITLE, edits=2, faults=2, decisions=1),
    )


def bugs() -> Iterator[Proof]:
    """Yield the same searches with a bug put in, each of which has to be found."""
    calm = replace(TITLE, is_calm=True)
    for name, rules in {
        "base-not-stored": replace(calm, stores_base=False),
        "echo-not-recognised": replace(calm, knows_late_echoes=False),
        "conflict-ignored": replace(calm, keeps_conflicts=False),
    }.items():
        yield Proof(f"merge-explorer bug={name}", partial(_merge, rules, edits=2), has_bug=True)
