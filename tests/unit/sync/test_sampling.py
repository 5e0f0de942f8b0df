"""The bound of a sample is exact, and its words never promise more."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.sync.sampling import at_most, sentence


def test_none_of_four_hundred_is_the_rule_of_three() -> None:
    assert at_most(0, 400) == pytest.approx(1 - 0.05 ** (1 / 400))
    assert at_most(0, 400) < 3 / 400


@pytest.mark.parametrize(  # from printed tables of one-sided 95 % limits
    ("differing", "sampled", "share"), [(0, 10, 0.2589), (1, 10, 0.3942), (5, 20, 0.4556)]
)
def test_the_bound_is_that_of_clopper_and_pearson(
    differing: int, sampled: int, share: float
) -> None:
    assert at_most(differing, sampled) == pytest.approx(share, abs=5e-5)


@given(st.integers(1, 300), st.data())
def test_at_the_bound_so_few_differ_once_in_twenty_samples(
    sampled: int, data: st.DataObject
) -> None:
    differing = data.draw(st.integers(0, sampled - 1))
    share = at_most(differing, sampled)

    chance = math.fsum(
        math.comb(sampled, count) * share**count * (1 - share) ** (sampled - count)
        for count in range(differing + 1)
    )

    assert chance == pytest.approx(0.05, rel=1e-6)
    assert share > differing / sampled


@pytest.mark.parametrize(("differing", "sampled"), [(0, 0), (3, 3)])
def test_who_saw_nothing_good_promises_nothing(differing: int, sampled: int) -> None:
    assert at_most(differing, sampled) == 1.0


@pytest.mark.parametrize(
    ("differing", "words"),
    [
        (
            0,
            "0 of 400 sampled differ: with 95\u00a0% certainty fewer than 0.75\u00a0% do.",
        ),
        (
            1,
            "1 of 400 sampled differs: with 95\u00a0% certainty fewer than 1.2\u00a0% do.",
        ),
    ],
)
def test_a_bound_is_told_in_words(differing: int, words: str) -> None:
    assert sentence(differing, 400) == words
