"""Set aside: everything of one cause, or parked work, kept off its channel and put back."""

import html
import re
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import select, update

from app.core.db import reading
from app.core.work import unit_of_work
from app.listings.models import Listing, ListingState
from app.sync.models import Direction, SyncTask, TaskState
from app.team.models import AuditEntry
from tests.cast import Cast, csrf, enter
from tests.pages.sync.place import Place

TAKEN = "Another product uses this SKU."


@pytest.fixture
def mug(acme: Place) -> UUID:
    """A mug in the shop, whose listing failed."""
    product = acme.shop.add_product("Mug", "MUG-1")
    acme.store.list_here(product)
    with unit_of_work(acme.shop.actor) as work:
        failed = {"error": TAKEN, "error_field": "sku", "error_code": "sku_taken"}
        work.session.execute(update(Listing).values(state=ListingState.FAILED, **failed))
    return product


def park(place: Place, direction: Direction, subject: str, listing_id: UUID | None = None) -> None:
    """Leave a task that failed in the same way too often."""
    with unit_of_work(place.shop.actor) as work:
        work.session.add(
            SyncTask(
                organization_id=work.organization_id,
                connection_id=place.store.connection_id,
                direction=direction,
                subject=subject,
                listing_id=listing_id,
                state=TaskState.PARKED,
                error="The shop refused this.",
            )
        )


def cause(place: Place) -> str:
    """Return the address of the only cause."""
    with reading(place.shop.actor) as session:
        key = session.scalars(
            select(Listing.error_group).where(Listing.error.is_not(None)).distinct()
        ).one()
    return f"/sync/errors/{place.store.connection_id}/{key}"


def send(place: Place, path: str, **data: Any) -> Any:
    token = {"csrf_token": csrf(place.client)}
    return place.client.post(path, data={**token, **data}, follow_redirects=True)


def undo_of(page: str) -> str:
    """Return where the toast's Undo leads."""
    return html.unescape(re.findall(r'action="(/sync/aside/undo[^"]+)"', page)[0])


def states(place: Place) -> list[str]:
    return [str(each.state) for each in place.shop.listings()]


def parked(place: Place) -> list[str]:
    """Return what is parked, by what it is about."""
    with reading(place.shop.actor) as session:
        found = select(SyncTask.subject).where(SyncTask.state == TaskState.PARKED)
        return sorted(session.scalars(found))


def audit(place: Place) -> list[str]:
    with reading(place.shop.actor) as session:
        found = select(AuditEntry.summary).where(AuditEntry.action.like("listings.%"))
        return list(session.scalars(found.order_by(AuditEntry.id)))


def test_a_whole_cause_is_kept_off_and_put_back(acme: Place, mug: UUID) -> None:
    shown = acme.client.get(cause(acme)).text
    kept = send(acme, f"{cause(acme)}/aside")
    acme.shop.change(mug, title="Blue mug")
    acme.shop.settle()
    titles = acme.store.state.titles()

    send(acme, undo_of(kept.text))
    acme.shop.settle()

    assert "1 listing stops being sent to Sandbox and leaves the errors." in html.unescape(shown)
    assert "1 listing is kept off the channel." in kept.text
    assert titles == ["Mug"]
    assert acme.store.state.titles() == ["Blue mug"]
    assert states(acme) == ["synced"]
    assert audit(acme) == ["Kept 1 listing off Sandbox", "Put 1 listing back on Sandbox"]


def test_what_is_kept_off_is_no_error_any_more(acme: Place, mug: UUID) -> None:
    address = cause(acme)

    listed = send(acme, f"{address}/aside").text

    assert TAKEN not in listed
    assert "Nothing fails for this reason any more." in acme.client.get(address).text
    assert states(acme) == ["paused"]


def test_an_edit_in_the_shop_waits_until_the_listing_is_back(acme: Place, mug: UUID) -> None:
    kept = send(acme, f"{cause(acme)}/aside")
    acme.store.state.edit_product(acme.row(), name="Their mug")
    acme.shop.settle()
    acme.store.read(everything=True)
    title = acme.shop.values(mug).values["title"]

    send(acme, undo_of(kept.text))
    acme.shop.settle()

    assert title == "Mug"
    assert acme.shop.values(mug).values["title"] == "Their mug"
    assert states(acme) == ["synced"]


def test_a_listing_that_goes_while_kept_off_is_gone_when_it_is_back(acme: Place, mug: UUID) -> None:
    kept = send(acme, f"{cause(acme)}/aside")
    acme.store.state.erase(acme.row())
    acme.store.read(everything=True)
    before = states(acme)

    send(acme, undo_of(kept.text))
    acme.shop.settle()

    assert before == ["paused"]
    assert states(acme) == ["gone"]


def test_parked_work_is_set_aside_and_what_has_no_listing_stays(acme: Place, mug: UUID) -> None:
    (listing,) = acme.shop.listings()
    park(acme, Direction.PUSH, str(listing.id), listing.id)
    park(acme, Direction.PULL, str(listing.external_id))
    park(acme, Direction.PULL, "999999")

    shown = acme.client.get("/sync/parked").text
    kept = send(acme, "/sync/parked/aside", everything="1")

    assert "Set all 3 aside" in shown
    assert "1 listing is kept off the channel." in kept.text
    assert parked(acme) == ["999999"]
    assert states(acme) == ["paused"]
    assert audit(acme) == ["Kept 1 listing off Sandbox"]


def test_the_filters_of_the_list_bound_what_is_set_aside(acme: Place, mug: UUID) -> None:
    (listing,) = acme.shop.listings()
    park(acme, Direction.PUSH, str(listing.id), listing.id)

    answer = send(acme, "/sync/parked/aside?way=pull", everything="1")

    assert "None of these tasks is about a paired listing." in answer.text
    assert parked(acme) == [str(listing.id)]
    assert states(acme) == ["failed"]


def test_the_mapping_and_the_product_show_what_is_kept_off(acme: Place, mug: UUID) -> None:
    (listing,) = acme.shop.listings()
    path = f"/connections/{acme.store.connection_id}/mapping"

    send(acme, f"{path}/off", ids=str(listing.id))
    tab = acme.client.get(f"{path}?view=off").text
    product = acme.client.get(f"/products/{mug}").text
    back = send(acme, f"{path}/back", ids=str(listing.id), stay=str(mug))

    assert f'id="listing-{listing.id}"' in tab
    assert "Kept off this channel since" in product
    assert "Put back: 1 item." in back.text
    assert "Where it sells" in back.text
    assert "Kept off this channel" not in back.text
    assert "Nothing is kept off" in acme.client.get(f"{path}?view=off").text


def test_syncing_now_sends_nothing_that_is_kept_off(acme: Place, mug: UUID) -> None:
    send(acme, f"{cause(acme)}/aside")
    acme.shop.change(mug, title="Blue mug")

    send(acme, "/sync/products", ids=str(mug))
    acme.shop.settle()

    assert acme.store.state.titles() == ["Mug"]
    assert states(acme) == ["paused"]


def test_who_may_not_run_a_sync_sets_nothing_aside(acme: Place, people: Cast, mug: UUID) -> None:
    (listing,) = acme.shop.listings()
    park(acme, Direction.PUSH, str(listing.id), listing.id)
    address = cause(acme)
    enter(acme.client, people.bob)

    shown = acme.client.get(address).text + acme.client.get("/sync/parked").text
    answers = [
        send(acme, path, everything="1").status_code
        for path in (f"{address}/aside", "/sync/parked/aside", "/sync/aside/undo?at=2026-01-01")
    ]

    assert "Keep all off" not in shown
    assert "Set all" not in shown
    assert answers == [403, 403, 403]
    assert states(acme) == ["failed"]


def test_another_organization_neither_sets_aside_nor_puts_back(
    acme: Place, people: Cast, mug: UUID
) -> None:
    address = cause(acme)
    kept = send(acme, f"{address}/aside")
    enter(acme.client, people.mallory)

    hidden = send(acme, f"{address}/aside").status_code
    undone = send(acme, undo_of(kept.text))

    assert hidden == 404
    assert "They were put back already." in undone.text
    assert states(acme) == ["paused"]


def test_a_damaged_undo_is_a_sentence(acme: Place) -> None:
    answer = send(acme, "/sync/aside/undo?at=yesterday")

    assert answer.status_code == 422
    assert "This address is damaged." in answer.text
