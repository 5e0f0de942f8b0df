"""What a scripted fault makes of a batch."""

from collections.abc import Iterable

from app.adapters.errors import Unknown
from app.adapters.memory.shop import Fault, FaultKind
from app.adapters.types import Outcome, Problem, Rejected, Unanswered


def spoiled(fault: Fault | None, key: str, number: int, count: int) -> Outcome | None:
    """Return what a fault makes of one item, if anything."""
    if fault is None or (fault.keys and key not in fault.keys):
        return None
    if fault.kind is FaultKind.REJECT:
        return Rejected(key, (Problem(fault.sentence, code=fault.code),))
    if fault.kind is FaultKind.CUT and number >= count // 2:
        return Unanswered(key, Unknown.sentence)
    return None


def answered(fault: Fault | None, outcomes: Iterable[Outcome]) -> list[Outcome]:
    """Return what of the outcomes reaches the caller; raises Unknown when nothing does."""
    if fault is not None and fault.kind is FaultKind.LOST:
        raise Unknown
    if fault is not None and fault.kind is FaultKind.UNANSWERED:
        return [
            Unanswered(each.key, Unknown.sentence)
            if not fault.keys or each.key in fault.keys
            else each
            for each in outcomes
        ]
    return list(outcomes)
