"""Adopt first: pair what the shop has with what we have, before anything is written.

An SKU that is unique on both sides pairs by itself. Everything else is proposed to a person or left
unmapped; with auto-import on, items nothing of ours resembles become products of ours.
"""

from collections.abc import Collection, Sequence
from typing import Final
from uuid import UUID

from sqlalchemy import delete, select, update
from sqlalchemy.dialects.postgresql import insert

from app.connections.models import Connection
from app.core import db
from app.core.actor import Actor
from app.core.db import affected
from app.core.work import Work, unit_of_work
from app.listings import service as listings
from app.listings.matching import Proposal, propose
from app.listings.models import Listing, ListingState, Pairing
from app.listings.models import Proposal as ProposalRow
from app.sync.policy import Policy

_AT_ONCE: Final = 500


def adopt_new(actor: Actor, connection_id: UUID) -> int:
    """Look for pairs of every unmapped item of a connection; returns how many paired themselves."""
    with unit_of_work(actor) as work:
        if not _begin(work, connection_id):
            return 0
        waiting = _unmapped(work, connection_id)
        external = [listings.item_of(row) for row in waiting]
        ours = listings.product_items(work, None, not_on=connection_id)
    proposals = propose(external, ours)
    by_external = {row.external_id: row.id for row in waiting if row.external_id}
    by_hand = {row.external_id for row in waiting if row.pairing == Pairing.BY_HAND}
    certain = [
        each
        for each in proposals
        if each.is_certain and each.product_id and each.external_id not in by_hand
    ]
    for start in range(0, len(certain), _AT_ONCE):
        _pair(actor, by_external, certain[start : start + _AT_ONCE])
    paired = {each.external_id for each in certain}
    rest = [each for each in proposals if each.external_id not in paired]
    _keep(actor, connection_id, by_external, rest, apart=by_hand)
    _end(actor, connection_id)
    return len(certain)


def _begin(work: Work, connection_id: UUID) -> bool:
    """Say that somebody looks; False: nothing new has to look for its pair."""
    taken = update(Listing).where(
        Listing.connection_id == connection_id,
        Listing.state == ListingState.UNMAPPED,
        Listing.pairing.in_((Pairing.DUE, Pairing.LOOKING)),
    )
    return affected(work.session, taken.values(pairing=Pairing.LOOKING)) > 0


def _end(actor: Actor, connection_id: UUID) -> None:
    with unit_of_work(actor) as work:
        work.session.execute(
            update(Listing)
            .where(Listing.connection_id == connection_id, Listing.pairing == Pairing.LOOKING)
            .values(pairing=Pairing.DONE)
            .execution_options(synchronize_session=False)
        )


def _unmapped(work: Work, connection_id: UUID) -> Sequence[Listing]:
    return work.session.scalars(
        select(Listing).where(
            Listing.connection_id == connection_id,
            Listing.state == ListingState.UNMAPPED,
            Listing.external_id.is_not(None),
        )
    ).all()


def _pair(actor: Actor, ids: dict[str, UUID], certain: Sequence[Proposal]) -> None:
    with unit_of_work(actor) as work:
        wanted = [ids[each.external_id] for each in certain]
        _lock_in_order(work, wanted)
        rows = {row.id: row for row in listings.get_listings(work, wanted)}
        found = [(rows[ids[each.external_id]], each) for each in certain]
        listings.pair_all(
            work,
            [
                listings.NewPair(row, UUID(each.product_id), each.variant_pairs)
                for row, each in found
                if row.product_id is None and each.product_id
            ],
        )


def _lock_in_order(work: Work, listing_ids: Sequence[UUID]) -> None:
    """Lock listings as everybody does, by id: reads that run beside us take the same ones."""
    work.session.execute(
        select(Listing.id).where(Listing.id.in_(listing_ids)).order_by(Listing.id).with_for_update()
    )


def _keep(
    actor: Actor,
    connection_id: UUID,
    ids: dict[str, UUID],
    proposals: Sequence[Proposal],
    *,
    apart: Collection[str | None],
) -> None:
    """Keep what a person is to judge; import what nothing of ours resembles, if wished.

    What a person took apart stays apart.
    """
    likely = [each for each in proposals if each.product_id]
    unknown = [
        ids[each.external_id]
        for each in proposals
        if not each.product_id and each.external_id not in apart
    ]
    with unit_of_work(actor) as work:
        work.session.execute(
            delete(ProposalRow).where(ProposalRow.listing_id.in_(list(ids.values())))
        )
        if likely:
            rows = [_row(work, ids[each.external_id], each) for each in likely]
            work.session.execute(insert(ProposalRow).on_conflict_do_nothing(), rows)
        connection = work.session.get_one(Connection, connection_id)
        is_importing = Policy.from_settings(connection.settings).auto_import
        work.touch("listings", f"connection-{connection_id}")
    for start in range(0, len(unknown) if is_importing else 0, 100):
        with unit_of_work(actor) as work:
            _lock_in_order(work, unknown[start : start + 100])
            listings.create_here(work, unknown[start : start + 100])


def _row(work: Work, listing_id: UUID, proposal: Proposal) -> dict[str, object]:
    return {
        "id": db.new_id(),
        "created_at": work.now,
        "organization_id": work.organization_id,
        "listing_id": listing_id,
        "product_id": UUID(proposal.product_id or ""),
        "score": proposal.score,
        "reason": proposal.reason,
        "variant_pairs": dict(proposal.variant_pairs),
    }
