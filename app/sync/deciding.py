"""People decide about changes that wait: let them pass, or decline them.

A decision names exactly one value of one field. Passing marks it approved and asks for the listing
to be sent: the worker plans anew, and what is approved goes only if it is still what is planned.
Whatever moved meanwhile waits again, with its new values.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Protocol

from sqlalchemy import Select, select, update

from app.core.work import Work
from app.sync import tasks, telling
from app.sync.models import ChangeState, Haste, SyncChange
from app.team.service import record_audit

MOST: Final = 20_000  # changes decided at once
_NOTE: Final = 500


@dataclass(frozen=True, slots=True)
class Decided:
    """How many changes were decided, and how many of those asked for had moved meanwhile."""

    count: int
    outdated: int


class Decide(Protocol):
    """What `approve` and `decline` have in common."""

    def __call__(
        self, work: Work, wanted: Select[int], *, asked: int | None = None, note: str = ""
    ) -> Decided:
        """Decide about the changes that `wanted` selects."""


def approve(
    work: Work, wanted: Select[int], *, asked: int | None = None, note: str = ""
) -> Decided:
    """Let waiting changes pass; `wanted` selects their ids, `asked` is how many a person saw."""
    done = _settle(work, wanted, ChangeState.PLANNED, asked=asked, note=note)
    if done.count:
        record_audit(
            work, "plan.approved", "plan", "", f"Let {done.count} waiting changes pass{_said(note)}"
        )
    return done


def decline(
    work: Work, wanted: Select[int], *, asked: int | None = None, note: str = ""
) -> Decided:
    """Say no: these values are not written, until there are other ones."""
    done = _settle(work, wanted, ChangeState.DECLINED, asked=asked, note=note)
    if done.count:
        record_audit(
            work, "plan.declined", "plan", "", f"Declined {done.count} waiting changes{_said(note)}"
        )
    return done


def held(work: Work, change_ids: Sequence[int]) -> Select[int]:
    """Select waiting changes of this organization by id."""
    return all_held(work).where(SyncChange.id.in_(change_ids))


def all_held(work: Work) -> Select[int]:
    """Select every waiting change of this organization; callers add conditions."""
    return select(SyncChange.id).where(
        SyncChange.organization_id == work.organization_id, SyncChange.state == ChangeState.HELD
    )


def _said(note: str) -> str:
    return f": “{note[:_NOTE]}”" if note else ""


def _settle(
    work: Work, wanted: Select[int], state: ChangeState, *, asked: int | None, note: str
) -> Decided:
    locked = wanted.order_by(SyncChange.id).limit(MOST).with_for_update(of=SyncChange)
    rows = work.session.execute(
        update(SyncChange)
        .where(SyncChange.id.in_(locked), SyncChange.state == ChangeState.HELD)
        .values(
            state=state,
            settled_at=work.now,
            settled_by=work.actor.user_id,
            note=note[:_NOTE] or None,
        )
        .returning(SyncChange.listing_id, SyncChange.connection_id)
        .execution_options(synchronize_session=False)
    ).all()
    pairs = {(listing_id, connection_id) for listing_id, connection_id in rows}
    haste = Haste.MASS if len(pairs) > tasks.FEW else Haste.USUAL
    tasks.request_pushes(work, pairs, haste=haste)
    telling.hush(work, {connection_id for _, connection_id in pairs})
    work.touch("plans", "sync_runs", *(f"listing-{listing_id}" for listing_id, _ in pairs))
    return Decided(len(rows), max(0, (asked or len(rows)) - len(rows)))
