"""Stock whose movements are sales, pure: what both sides moved by adds up, also where they agree.

Where a shop's orders come in, its count moves because it sold. Two sides that both came down to the
same count sold twice, and taking that for agreement would lose one of the sales.
"""

from app.adapters.values import Value
from app.sync.plans import Intent, Way, Why
from app.sync.sides import Missing


def add_up(
    key: str | None, ours: Value | Missing, theirs: Value | Missing, base: Value | Missing
) -> tuple[list[Intent], int] | None:
    """Return what is to be written where, and the count both sides then have.

    None: somebody does not count, or nothing was ever agreed; the rules of every field hold.
    """
    if not (isinstance(ours, int) and isinstance(theirs, int) and isinstance(base, int)):
        return None
    joined = ours + theirs - base
    shown = max(0, joined)
    is_joined = ours != base and theirs != base
    intents = []
    if theirs != base:
        why = Why.JOINED if is_joined else Why.CHANGED_THERE
        intents.append(Intent(Way.PULL, "quantity", key, ours, joined, why, base_after=theirs))
    if shown != theirs:
        why = Why.JOINED if is_joined else Why.CHANGED_HERE
        intents.append(Intent(Way.PUSH, "quantity", key, theirs, shown, why, base_after=shown))
    return intents, shown
