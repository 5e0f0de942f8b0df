"""Pure: what a sample of listings says about all of them, as an exact bound and in words."""

import math
from typing import Final

CONFIDENCE: Final = 0.95
_STEPS: Final = 60  # halvings: beyond what a float tells apart


def at_most(differing: int, sampled: int, *, confidence: float = CONFIDENCE) -> float:
    """Return the share of all listings that differ at most, with this confidence.

    The upper end of Clopper and Pearson's one-sided interval: the share at which so few or fewer
    of the sample would differ with the remaining probability only. For none of n it is the exact
    form of the rule of three.
    """
    if sampled <= 0 or differing >= sampled:
        return 1.0
    low, high = differing / sampled, 1.0
    for _ in range(_STEPS):
        middle = (low + high) / 2
        if _so_few(differing, sampled, middle) > 1 - confidence:
            low = middle
        else:
            high = middle
    return high


def _so_few(most: int, sampled: int, share: float) -> float:
    """Return how probable it is that at most so many of a sample differ, at a share of all."""
    yes, no = math.log(share), math.log1p(-share) if share < 1 else -math.inf
    terms = (
        math.lgamma(sampled + 1)
        - math.lgamma(count + 1)
        - math.lgamma(sampled - count + 1)
        + (count * yes if count else 0.0)
        + (sampled - count) * no
        for count in range(most + 1)
    )
    return math.fsum(math.exp(each) for each in terms)


def sentence(differing: int, sampled: int) -> str:
    """Say it: 0 of 400 sampled differ: with 95 % certainty fewer than 0.75 % do."""
    share = at_most(differing, sampled) * 100
    digits = 2 if share < 1 else 1
    rounded = math.ceil(share * 10**digits) / 10**digits  # never less than what was found
    verb = "differs" if differing == 1 else "differ"
    return (
        f"{differing:,} of {sampled:,} sampled {verb}: with {CONFIDENCE * 100:.0f}\u00a0%"
        f" certainty fewer than {rounded:g}\u00a0% do."
    )
