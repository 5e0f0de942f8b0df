"""The small proofs run with the tests; `make prove` runs all of them."""

from collections.abc import Callable

import pytest

from tests.channels.conformance import Stage
from tests.model import effect
from tests.model.proofs import CHANNELS, Proof, bugs, proofs

SMALL = [each for each in proofs() if "calm" in each.name]
FEW = {"memory": 300, "woocommerce": 60, "shopify": 20}


@pytest.mark.parametrize("proof", SMALL, ids=lambda proof: proof.name)
def test_no_interleaving_breaks_a_promise(proof: Proof) -> None:
    result = proof.search()

    assert result.violation is None
    assert result.is_whole


@pytest.mark.parametrize("proof", list(bugs()), ids=lambda proof: proof.name)
def test_the_search_finds_a_bug_put_in(proof: Proof) -> None:
    assert proof.holds(proof.search())


@pytest.mark.parametrize(("name", "stage"), [each[:2] for each in CHANNELS], ids=list(FEW))
def test_what_a_plan_says_is_what_happens(name: str, stage: Callable[[], Stage]) -> None:
    tally = effect.play(effect.cases(stage().open(), seed=7), FEW[name])

    assert tally.writes
    assert tally.moved
