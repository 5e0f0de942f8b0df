"""`python -m tests.model`: every proof, a line each; exits 1 when a promise is broken.

With `bugs`, the same searches with a bug put in: exits 1 when one is not found.
"""

import sys

from tests.model.proofs import bugs, proofs


def main() -> int:
    """Run what was asked for; returns the exit code."""
    asked = sys.argv[1:] or ["proofs", "bugs"]
    failed = 0
    for name in asked:
        for proof in bugs() if name == "bugs" else proofs():
            result = proof.search()
            print(proof.line(result), flush=True)
            failed += not proof.holds(result)
    if failed:
        print(f"{failed} of the proofs above do not hold.", file=sys.stderr)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
