"""The small proofs run with the tests; `make prove` runs all of them."""

import pytest

from tests.model.proofs import Proof, bugs, proofs

SMALL = [each for each in proofs() if "calm" in each.name]


@pytest.mark.parametrize("proof", SMALL, ids=lambda proof: proof.name)
def test_no_interleaving_breaks_a_promise(proof: Proof) -> None:
    result = proof.search()

    assert result.violation is None
    assert result.is_whole


@pytest.mark.parametrize("proof", list(bugs()), ids=lambda proof: proof.name)
def test_the_search_finds_a_bug_put_in(proof: Proof) -> None:
    assert proof.holds(proof.search())
