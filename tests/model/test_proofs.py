"""The small proofs run with the tests; `make prove` runs all of them."""

from collections.abc import Callable

import pytest

from tests.channels.conformance import Stage
from tests.channels.memory.test_conformance import MemoryStage
from tests.channels.shopify.stage import ShopifyStage
from tests.channels.woocommerce.stage import WooStage
from tests.model import effect
from tests.model.proofs import Proof, bugs, proofs

SMALL = [each for each in proofs() if "calm" in each.name]
CHANNELS = [(MemoryStage, 300), (WooStage, 60), (ShopifyStage, 20)]


@pytest.mark.parametrize("proof", SMALL, ids=lambda proof: proof.name)
def test_no_interleaving_breaks_a_promise(proof: Proof) -> None:
    result = proof.search()

    assert result.violation is None
    assert result.is_whole


@pytest.mark.parametrize("proof", list(bugs()), ids=lambda proof: proof.name)
def test_the_search_finds_a_bug_put_in(proof: Proof) -> None:
    assert proof.holds(proof.search())


@pytest.mark.parametrize(("stage", "count"), CHANNELS, ids=["memory", "woo", "shopify"])
def test_what_a_plan_says_is_what_happens(stage: Callable[[], Stage], count: int) -> None:
    tally = effect.play(effect.cases(stage().open(), seed=7), count)

    assert tally.writes
    assert tally.moved
