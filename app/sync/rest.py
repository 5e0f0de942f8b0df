"""Listings at rest: both sides were compared and nothing moved since. PostgreSQL tells, by digests.

A mark stands for everything our side of a comparison is made from: the product's version, what was
agreed on, overrides, offers, the listing's price switch, and the rules of the connection. While it
is the same, and the channel shows what it last showed, comparing again would find the same nothing:
a full comparison of a large shop loads only the listings that have no mark or another one.
"""

import json
from collections.abc import Sequence
from typing import Any, Final, NamedTuple
from uuid import UUID

from sqlalchemy import ColumnElement, String, cast, func, literal, select, update
from sqlalchemy.dialects.postgresql import aggregate_order_by

from app.adapters.types import Sealed
from app.catalog.models import Product
from app.catalog.service.writing import among
from app.core.work import Work
from app.listings.models import Listing, ListingState, Offer
from app.sync import answers, compare, records
from app.sync.models import BaseValue

_EDITION: Final = 1  # another one compares everything again: for when comparing itself changes
# When and how fast a shop is asked says nothing about what agrees.
_PACES: Final = frozenset(
    (
        "poll_minutes",
        "reconcile_hours",
        "poll_cron",
        "reconcile_cron",
        "check_cron",
        "requests_per_second",
        "order_days",
        "order_prefix",
    )
)
_RESTLESS: Final = (ListingState.GONE, ListingState.NEEDS_YOU)


class Known(NamedTuple):
    """A listing as a page of the channel meets it, without what it holds."""

    id: UUID
    external_id: str
    state: ListingState
    is_paired: bool
    read_order: int
    fingerprint: str | None
    answer_mark: str | None
    is_marked: bool

    def shows(self, fingerprint: str) -> bool:
        """Tell whether the channel shows what it last showed, and nobody waits for an answer."""
        return self.state not in _RESTLESS and self.fingerprint == fingerprint

    def spells(self, answer: Sealed) -> bool:
        """Tell whether a sealed answer would show what the channel last showed, if opened."""
        is_known = self.answer_mark == answers.mark(answer, self.fingerprint)
        return self.fingerprint is not None and is_known and self.state not in _RESTLESS

    @property
    def is_at_rest(self) -> bool:
        """Tell whether our side, too, is as it was when both were compared."""
        return not self.is_paired or (self.is_marked and self.state == ListingState.SYNCED)


def known(work: Work, terms: records.Terms, external_ids: Sequence[str]) -> dict[str, Known]:
    """Return listings by the channel's id, locked in the order of their ids."""
    rows = work.session.execute(
        select(
            Listing.id,
            cast(Listing.external_id, String),  # one that was asked for is never empty
            Listing.state,
            Listing.product_id.is_not(None),
            Listing.read_order,
            Listing.remote_fingerprint,
            Listing.answer_mark,
            func.coalesce(Listing.rest_mark == _mark(terms), False),
        )
        .outerjoin(Product, Product.id == Listing.product_id)
        .outerjoin(BaseValue, BaseValue.listing_id == Listing.id)
        .where(
            Listing.connection_id == terms.connection.id, among(Listing.external_id, external_ids)
        )
        .order_by(Listing.id)
        .with_for_update(of=Listing)
    )
    found = (Known(*row) for row in rows)
    return {each.external_id: each for each in found}


def mark(work: Work, terms: records.Terms, listing_ids: Sequence[UUID]) -> None:
    """Remember that both sides of these paired listings were compared and agree."""
    if not listing_ids:
        return
    work.session.flush()
    work.session.execute(
        update(Listing)
        .where(
            among(Listing.id, listing_ids),
            Listing.state == ListingState.SYNCED,
            Product.id == Listing.product_id,
            BaseValue.listing_id == Listing.id,
        )
        .values(rest_mark=_mark(terms))
        .execution_options(synchronize_session=False)
    )


def _mark(terms: records.Terms) -> ColumnElement[str]:
    text = func.concat(Offer.external_id, "=", Offer.variant_id, cast(Offer.overrides, String))
    offers = (
        select(func.string_agg(text, aggregate_order_by(literal(","), Offer.external_id)))
        .where(Offer.listing_id == Listing.id)
        .correlate(Listing)
        .scalar_subquery()
    )
    parts = (
        literal(_digest(terms)),
        Product.id,
        Product.version,
        BaseValue.agreed_at,
        Listing.is_ours,
        Listing.is_writable,
        func.coalesce(cast(Listing.sends_prices, String), "rules"),
        cast(Listing.overrides, String),
        offers,
    )
    return func.md5(func.concat_ws("|", *parts), type_=String())


def _digest(terms: records.Terms) -> str:
    """Return a digest of what a whole connection is compared by."""
    can = terms.capabilities
    told: list[Any] = [
        _EDITION,
        sorted(can.product_fields),
        sorted(can.variant_fields),
        {name: kept for name, kept in terms.connection.settings.items() if name not in _PACES},
        terms.connection.facts.get("currency"),
    ]
    return compare.digest(json.loads(json.dumps(told, default=str)))
