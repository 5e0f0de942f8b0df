"""`python -m tests.model`: every proof, a line each; exits 1 when a promise is broken.

With `bugs`, the same searches with a bug put in: exits 1 when one is not found. With other words,
only those of either whose name holds one of them: `python -m tests.model "effect shopify"`.

The random cases are the same every time, or others by the environment: PROVE_SEED (1) draws other
ones, PROVE_CASES plays so many on every channel, PROVE_SCALE (1) a share of what is usual.
"""

import sys
from collections.abc import Iterator, Sequence

from tests.model.proofs import Proof, bugs, proofs


def asked(words: Sequence[str]) -> Iterator[Proof]:
    """Yield what words ask for."""
    parts = [each for each in words if each not in ("proofs", "bugs")]
    for name, some in (("proofs", proofs), ("bugs", bugs)):
        is_whole = not words or name in words
        yield from (each for each in some() if is_whole or any(part in each.name for part in parts))


def main() -> int:
    """Run what was asked for; returns the exit code."""
    played = failed = 0
    for proof in asked(sys.argv[1:]):
        result = proof.search()
        print(proof.line(result), flush=True)
        played += 1
        failed += not proof.holds(result)
    if not played:
        print("No proof has a name like that.", file=sys.stderr)
    if failed:
        print(f"{failed} of the proofs above do not hold.", file=sys.stderr)
    return 0 if played and not failed else 1


if __name__ == "__main__":
    sys.exit(main())
