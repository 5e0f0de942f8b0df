"""Mapping: what the shop has and we do not know yet; pair, create, ignore."""

from collections import Counter
from collections.abc import Callable, Collection, Mapping, Sequence
from functools import partial
from typing import Any, Final
from uuid import UUID

from flask import request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from app.catalog import queries as catalog
from app.catalog.filters import ProductFilter, is_id
from app.catalog.queries.index import ProductRow
from app.connections import queries as connections
from app.connections.models import Connection
from app.core.db import reading
from app.core.errors import AppError, Invalid, NotFound, TooLarge
from app.core.money import Money
from app.core.paging import KeysetPage
from app.core.work import Work, unit_of_work
from app.listings import service as listings
from app.listings.models import Listing, ListingState
from app.listings.readiness import Gap
from app.sync import aside, parting, queries, ready
from app.sync.views.base import bp
from app.sync.views.errors import tell_kept_off
from app.web.filters import plural
from app.web.fragments import go_to_url, page, then, toast
from app.web.guards import requires
from app.web.identity import current_actor
from app.web.wishes import cursors

MOST_AT_ONCE: Final = 500
_Prices = tuple[bool, Money | None, Money | None]  # are they sent, the lowest, the highest there
_VIEWS = {
    "unmapped": (ListingState.UNMAPPED,),
    "paired": (
        ListingState.SYNCED,
        ListingState.WAITING,
        ListingState.RUNNING,
        ListingState.NEEDS_YOU,
        ListingState.FAILED,
        ListingState.PAUSED,
        ListingState.GONE,
    ),
    "ignored": (ListingState.IGNORED,),
    "off": (),  # of any state: kept off by a person
}


@bp.get("/connections/<uuid:connection_id>/mapping")
@requires("sync.read")
def mapping(connection_id: UUID) -> ResponseReturnValue:
    """Show the shop's items with what they may be, or our products that the shop lacks."""
    actor = current_actor()
    view = request.args.get("view", "unmapped")
    text = request.args.get("q", "")
    found: KeysetPage[Any]
    gaps: dict[UUID, list[Gap]] = {}
    prices: dict[UUID, _Prices] = {}
    with reading(actor) as session:
        row = connections.get_connection(session, actor.organization, connection_id)
        if view == "ours":
            lacking = ProductFilter(
                q=text, channel=str(connection_id), listing="none", excluded="no"
            )
            found = catalog.product_list(session, lacking, **cursors())
            gaps = ready.gaps_of(session, row, [product.id for product in found.rows])
        else:
            found = queries.listing_page(
                session,
                connection_id=connection_id,
                states=_VIEWS.get(view, _VIEWS["unmapped"]),
                text=text,
                is_kept_off=view == "off",
                **cursors(),
            )
            prices = {each.id: _prices_of(row, each.listing) for each in found.rows}
        counts = queries.state_counts(session, connection_id)
        kept_off = queries.kept_off_count(session, connection_id)
    return page(
        "sync/mapping.html",
        blocks=("results",),
        watch=["listings", f"connection-{connection_id}"],
        row=row,
        page=found,
        gaps=gaps,
        prices=prices,
        counts=counts,
        kept_off=kept_off,
        view=view,
        q=text,
    )


def _prices_of(connection: Connection, listing: Listing) -> _Prices:
    """Return whether prices are sent to a listing, and the lowest and highest it has."""
    known = queries.shop_prices(listing).values()
    sent = queries.sends_prices(connection, listing)
    return sent, min(known, default=None), max(known, default=None)


def _find(connection_id: UUID) -> None:
    """Raise NotFound for what is no connection of this organization."""
    actor = current_actor()
    with reading(actor) as session:
        connections.get_connection(session, actor.organization, connection_id)


def _checked() -> list[UUID]:
    given = request.form.getlist("only") or request.form.getlist("ids")  # a row's own button
    ids = [UUID(each) for each in given if is_id(each)]
    if len(ids) > MOST_AT_ONCE:
        raise TooLarge(f"This works on up to {MOST_AT_ONCE} items at once.")
    return ids


def _each(connection_id: UUID, act: Callable[[Work, UUID], Any], done: str) -> ResponseReturnValue:
    """Do something to every checked item; one that refuses hinders no other."""
    _find(connection_id)
    count, refusals = 0, []
    for listing_id in _checked():
        try:
            with unit_of_work(current_actor()) as work:
                act(work, listing_id)
            count += 1
        except AppError as refusal:
            refusals.append(refusal.sentence)
    if count:
        toast(done.format(items=plural(count, "item")), kind="info")
    for sentence, times in Counter(refusals).items():
        toast(f"{plural(times, 'item')}: {sentence}" if times > 1 else sentence, kind="error")
    return then(mapping, connection_id=connection_id)


@bp.post("/connections/<uuid:connection_id>/mapping/accept")
@requires("listings.map")
def mapping_accept(connection_id: UUID) -> ResponseReturnValue:
    """Pair the checked items with what was proposed for them."""
    with reading(current_actor()) as session:
        found = queries.listing_page(session, ids=_checked(), limit=500)
    proposed = {row.id: row.proposal for row in found.rows if row.proposal is not None}

    def accept(work: Work, listing_id: UUID) -> None:
        proposal = proposed.get(listing_id)
        if proposal is None:
            raise Invalid("Nothing was proposed for this item. Choose a product for it.")
        listings.map_listing(
            work, listing_id, proposal.product_id, variant_pairs=proposal.variant_pairs
        )

    return _each(connection_id, accept, "Paired {items}. Both sides are being compared.")


@bp.post("/connections/<uuid:connection_id>/mapping/create")
@requires("listings.map", "catalog.write")
def mapping_create(connection_id: UUID) -> ResponseReturnValue:
    """Make products here from the checked items."""

    def create(work: Work, listing_id: UUID) -> None:
        if not listings.create_here(work, [listing_id]):
            raise Invalid("This item could not be taken in; its row says why.")

    return _each(connection_id, create, "Created {items} here.")


@bp.post("/connections/<uuid:connection_id>/mapping/ignore")
@requires("listings.map")
def mapping_ignore(connection_id: UUID) -> ResponseReturnValue:
    """Leave the checked items alone."""
    return _each(connection_id, listings.ignore_listing, "Ignoring {items}.")


@bp.post("/connections/<uuid:connection_id>/mapping/unignore")
@requires("listings.map")
def mapping_unignore(connection_id: UUID) -> ResponseReturnValue:
    """Look at ignored items again."""
    return _each(connection_id, listings.unignore_listing, "Back on the list: {items}.")


@bp.post("/connections/<uuid:connection_id>/mapping/unmap")
@requires("listings.map")
def mapping_unmap(connection_id: UUID) -> ResponseReturnValue:
    """Take pairs apart."""
    return _each(connection_id, parting.take_apart, "Taken apart: {items}.")


@bp.post("/connections/<uuid:connection_id>/mapping/off")
@requires("sync.run")
def mapping_keep_off(connection_id: UUID) -> ResponseReturnValue:
    """Keep the checked items off this channel."""
    _find(connection_id)
    with unit_of_work(current_actor()) as work:
        count = aside.keep_off(work, _checked())
    tell_kept_off(count, work.now, "Select the items to keep off.")
    return then(mapping, connection_id=connection_id)


@bp.post("/connections/<uuid:connection_id>/mapping/back")
@requires("sync.run")
def mapping_put_back(connection_id: UUID) -> ResponseReturnValue:
    """Let the checked items go to this channel again."""
    _find(connection_id)
    with unit_of_work(current_actor()) as work:
        count = aside.put_back(work, listing_ids=_checked())
    said = f"Put back: {plural(count, 'item')}." if count else "Select the items to put back."
    toast(said, kind="info")
    product_id = request.form.get("stay", "")
    if is_id(product_id):
        return go_to_url(url_for("catalog.product_detail", product_id=product_id))
    return then(mapping, connection_id=connection_id)


@bp.post("/connections/<uuid:connection_id>/mapping/prices")
@requires("listings.map")
def mapping_prices(connection_id: UUID) -> ResponseReturnValue:
    """Send prices to the checked items from now on, or leave them to the shop."""
    is_sent = request.args.get("sent") == "yes"
    done = "Prices are sent to {items}." if is_sent else "Prices are not sent to {items} any more."
    return _each(connection_id, partial(listings.send_prices, is_sent=is_sent), done)


@bp.get("/connections/<uuid:connection_id>/mapping/<uuid:listing_id>")
@requires("sync.read")
def mapping_choose(connection_id: UUID, listing_id: UUID) -> ResponseReturnValue:
    """Choose the product an item is."""
    actor = current_actor()
    text = request.args.get("q", "").strip()
    with reading(actor) as session:
        row = connections.get_connection(session, actor.organization, connection_id)
        found = queries.listing_page(
            session, connection_id=connection_id, ids=[listing_id], limit=1
        ).rows
        if not found:
            raise NotFound
        proposed = {each.product_id: each for each in queries.proposals(session, listing_id)}
        products = _searched(session, text) if text else _likely(session, found[0], proposed)
    return page(
        "sync/mapping_choose.html",
        blocks=("results",),
        row=row,
        item=found[0],
        offer=_first_offer(found[0].listing),
        products=products,
        proposed=proposed,
        q=text,
    )


def _searched(session: Session, text: str) -> Sequence[ProductRow]:
    return catalog.product_list(session, ProductFilter(q=text), size=20, is_counting=False).rows


def _likely(
    session: Session, item: queries.ListingRow, proposed: Collection[UUID]
) -> Sequence[ProductRow]:
    """What was proposed, else what shares a word with the title: long words say most."""
    if proposed:
        return catalog.product_rows(session, list(proposed))
    for word in sorted(set(item.listing.title.split()), key=len, reverse=True)[:3]:
        if rows := _searched(session, word):
            return rows
    return []


def _first_offer(listing: Listing) -> Mapping[str, Any]:
    """What the shop sells first of an item: SKU, price, stock."""
    offers = listing.remote.get("variants") or {}
    return next(iter(offers.values()), {})


@bp.post("/connections/<uuid:connection_id>/mapping/<uuid:listing_id>")
@requires("listings.map")
def mapping_pair(connection_id: UUID, listing_id: UUID) -> ResponseReturnValue:
    """Pair an item with the chosen product."""
    _find(connection_id)
    product_id = request.form.get("product_id", "")
    if not is_id(product_id):
        raise Invalid("Choose the product that this item is.")
    actor = current_actor()
    with reading(actor) as session:
        known = {str(each.product_id): each for each in queries.proposals(session, listing_id)}
    pairs = known[product_id].variant_pairs if product_id in known else None
    with unit_of_work(actor) as work:
        listings.map_listing(work, listing_id, UUID(product_id), variant_pairs=pairs)
    toast("Paired. Both sides are being compared.", kind="info")
    return then(mapping, connection_id=connection_id)


@bp.post("/connections/<uuid:connection_id>/list")
@requires("listings.map")
def products_list_there(connection_id: UUID) -> ResponseReturnValue:
    """List the checked products of ours in this shop."""
    with unit_of_work(current_actor()) as work:
        made = listings.list_products(work, connection_id, _checked())
    toast(
        f"On the way to the shop: {plural(len(made), 'product')}."
        if made
        else "The shop has these products already.",
        kind="info",
    )
    return go_to_url(url_for("sync.mapping", connection_id=connection_id, view="paired"))
