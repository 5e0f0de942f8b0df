"""Causes of errors and parked work: what is shown, and what one decision does to all of it."""

from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select

from app.catalog import service as catalog
from app.catalog.models import BulkEdit
from app.connections import service as connections
from app.core import db
from app.core.actor import Actor, job_actor
from app.core.work import unit_of_work
from app.listings.models import Listing, ListingState
from app.sync import service
from app.sync.models import ChangeState, Direction, SyncChange, SyncRun, SyncTask, TaskState
from tests.cast import Cast, cast, csrf, enter

TAKEN = "Another product uses the SKU “{sku}”."


@dataclass
class Place:
    """Acme with one shop."""

    actor: Actor
    connection_id: UUID

    def fail(self, title: str, **values: object) -> UUID:
        """Add a product whose listing fails; returns the listing's id."""
        draft = catalog.ProductDraft(
            {"title": title, "status": "active"}, (catalog.VariantDraft({}),)
        )
        with unit_of_work(self.actor) as work:
            product_id = catalog.create_product(work, draft, origin="web")
            row = Listing(
                organization_id=work.organization_id,
                connection_id=self.connection_id,
                product_id=product_id,
                external_id=title,
                title=title,
                **{"state": ListingState.FAILED, "error_count": 3, **values},
            )
            work.session.add(row)
            work.session.flush()
            return row.id

    def taken(self, *skus: str) -> list[UUID]:
        """Let listings fail because of their SKUs."""
        return [
            self.fail(sku, error=TAKEN.format(sku=sku), error_field="sku", error_code="sku_taken")
            for sku in skus
        ]

    def park(self, listing_id: UUID, error: str = "The shop refused this.") -> UUID:
        """Park the push of a listing; returns the task's id."""
        with unit_of_work(self.actor) as work:
            task = SyncTask(
                organization_id=work.organization_id,
                connection_id=self.connection_id,
                direction=Direction.PUSH,
                subject=str(listing_id),
                listing_id=listing_id,
                state=TaskState.PARKED,
                attempts=3,
                error=error,
                finished_at=work.now - timedelta(hours=2),
            )
            work.session.add(task)
            work.session.flush()
            work.session.add(
                SyncChange(
                    organization_id=work.organization_id,
                    task_id=task.id,
                    connection_id=self.connection_id,
                    listing_id=listing_id,
                    direction=Direction.PUSH,
                    field="title",
                    old="Mug",
                    new="Blue mug",
                    state=ChangeState.REJECTED,
                )
            )
            return task.id

    def causes(self) -> list[tuple[str, int]]:
        """Return the causes and how many listings each has."""
        with db.reading(self.actor) as session:
            rows = session.execute(
                select(Listing.error_group, func.count())
                .where(Listing.state.in_((ListingState.FAILED, ListingState.GONE)))
                .group_by(Listing.error_group)
            )
            return [(str(row[0]), int(row[1])) for row in rows]

    def states(self) -> set[str]:
        """Return the states of all listings."""
        with db.reading(self.actor) as session:
            return set(session.scalars(select(Listing.state)))

    def tasks(self) -> list[str]:
        """Return the states of all tasks."""
        with db.reading(self.actor) as session:
            return sorted(session.scalars(select(SyncTask.state)))


@pytest.fixture
def people(app: Flask, clean: None) -> Cast:
    return cast()


@pytest.fixture
def place(people: Cast) -> Place:
    actor = job_actor(people.alice.place)
    with unit_of_work(actor) as work:
        row = connections.add_connection(
            work,
            channel="woocommerce",
            name="Acme outlet",
            address=f"https://{db.new_id().hex[-8:]}.test",
            credentials={"key": "ck_" + "0" * 40, "secret": "cs_" + "0" * 40},
            wire={},
        )
        connections.activate(work, row.id)
        return Place(actor, row.id)


def test_parked_work_shows_its_reason_and_what_it_carried(
    client: FlaskClient, people: Cast, place: Place
) -> None:
    task_id = place.park(place.taken("MUG-1")[0], "The shop refused the title.")
    enter(client, people.alice)

    listed = client.get("/sync/parked").text
    detail = client.get(f"/sync/parked/{task_id}").text

    assert "The shop refused the title." in listed
    assert "2 hours ago" in listed
    assert "Blue mug" in detail
    assert "it is sent again by itself when you save" in detail


def test_parked_work_is_tried_anew(client: FlaskClient, people: Cast, place: Place) -> None:
    ids = [place.park(each) for each in place.taken("MUG-1", "MUG-2")]
    enter(client, people.alice)

    answer = client.post(
        "/sync/parked/retry",
        data={"csrf_token": csrf(client), "ids": [str(each) for each in ids]},
        follow_redirects=True,
    )

    assert "Trying 2 tasks again." in answer.text
    assert place.tasks() == ["waiting", "waiting"]
    assert place.states() == {"waiting"}


def test_all_parked_work_of_the_filters_is_discarded_at_once(
    client: FlaskClient, people: Cast, place: Place
) -> None:
    for each in place.taken(*(f"MUG-{at}" for at in range(60))):
        place.park(each)
    enter(client, people.alice)

    client.post("/sync/parked/discard", data={"csrf_token": csrf(client), "everything": "1"})

    assert set(place.tasks()) == {"done"}


def test_saving_the_product_sends_it_again_and_takes_it_off_the_list(place: Place) -> None:
    listing_id = place.taken("MUG-1")[0]
    place.park(listing_id)
    with db.reading(place.actor) as session:
        product_id = session.get_one(Listing, listing_id).product_id

    service.product_changed(place.actor, [{"product_id": str(product_id), "fields": ["title"]}])

    assert place.tasks() == ["done", "waiting"]


def test_somebody_elses_parked_work_is_not_found(
    client: FlaskClient, people: Cast, place: Place
) -> None:
    task_id = place.park(place.taken("MUG-1")[0])
    enter(client, people.mallory)
    token = {"csrf_token": csrf(client), "ids": str(task_id)}

    assert client.get(f"/sync/parked/{task_id}").status_code == 404
    client.post("/sync/parked/discard", data=token)

    assert place.tasks() == ["parked"]
    assert place.states() == {"failed"}


def test_who_may_only_look_sees_parked_work_and_changes_nothing(
    client: FlaskClient, people: Cast, place: Place
) -> None:
    task_id = place.park(place.taken("MUG-1")[0])
    enter(client, people.carol)
    token = {"csrf_token": csrf(client), "ids": str(task_id)}

    shown = client.get("/sync/parked").text
    answers = [
        client.post(f"/sync/parked/{act}", data=token).status_code for act in ("retry", "discard")
    ]

    assert "The shop refused this." in shown
    assert "Try again" not in shown
    assert answers == [403, 403]
    assert place.tasks() == ["parked"]


def test_one_of_many_is_tried_anew_and_an_older_one_of_the_same_item_ends(
    client: FlaskClient, people: Cast, place: Place
) -> None:
    mug, cup = place.taken("MUG-1", "CUP-1")
    place.park(mug)
    newest = place.park(mug)
    place.park(cup)
    enter(client, people.alice)

    client.post("/sync/parked/retry", data={"csrf_token": csrf(client), "only": str(newest)})
    assert place.tasks() == ["parked", "parked", "waiting"]
    client.post("/sync/parked/retry", data={"csrf_token": csrf(client), "everything": "1"})

    assert place.tasks() == ["done", "waiting", "waiting"]


def test_the_menu_counts_parked_work(client: FlaskClient, people: Cast, place: Place) -> None:
    for listing_id in place.taken("MUG-1", "MUG-2"):
        place.park(listing_id)
    enter(client, people.alice)

    text = client.get("/").text

    assert 'id="nav-parked">2<' in text.replace(" hidden", "")
    assert "<b>2 parked tasks</b>" in text


def test_failures_are_of_one_cause_whatever_the_names_in_them(place: Place) -> None:
    place.taken("MUG-1", "MUG-BLUE", "kettle")
    place.fail("Vase", error="The price 12.00 is too low.", error_field="price")
    place.fail("Lamp", error="The price 0.50 is too low.", error_field="price")
    place.fail("Cup", error="The price 0.50 is too low.", error_field="sale_price")

    assert sorted(count for _, count in place.causes()) == [1, 2, 3]


def test_one_click_tries_a_whole_cause_again_and_it_is_gone(
    client: FlaskClient, people: Cast, place: Place
) -> None:
    place.taken("MUG-1", "MUG-2")
    [(key, _)] = place.causes()
    enter(client, people.alice)

    answer = client.post(
        f"/sync/errors/{place.connection_id}/{key}/retry",
        data={"csrf_token": csrf(client)},
        follow_redirects=True,
    )

    assert "Trying 2 listings again." in answer.text
    assert place.causes() == []
    assert place.tasks() == ["waiting", "waiting"]


def test_a_field_of_a_whole_cause_is_set_by_a_bulk_edit(
    client: FlaskClient, people: Cast, place: Place
) -> None:
    for title in ("Vase", "Lamp"):
        place.fail(title, error=f"The price of “{title}” is too low.", error_field="price")
    [(key, _)] = place.causes()
    enter(client, people.alice)

    answer = client.post(
        f"/sync/errors/{place.connection_id}/{key}/edit",
        data={"csrf_token": csrf(client), "kind": "price_set"},
    )

    assert answer.status_code == 303
    shown = client.get(answer.location)
    assert "Set the price" in shown.text
    assert "kind=price_set" in answer.location
    with db.reading(place.actor) as session:
        assert session.scalars(select(BulkEdit.total)).all() == [2]


def test_where_nothing_is_left_to_type_the_changes_are_shown_at_once(
    client: FlaskClient, people: Cast, place: Place
) -> None:
    place.fail("Vase", error="This barcode is taken.", error_field="gtin")
    [(key, _)] = place.causes()
    enter(client, people.alice)
    address = f"/sync/errors/{place.connection_id}/{key}"

    asked = client.get(address).text
    shown = client.post(
        f"{address}/edit",
        data={"csrf_token": csrf(client), "kind": "gtin_clear"},
        follow_redirects=True,
    ).text

    assert "Empty the barcodes of all" in asked
    assert "Every change" in shown


def test_a_cause_says_why_what_to_do_and_how_many(
    client: FlaskClient, people: Cast, place: Place
) -> None:
    place.taken("MUG-1", "MUG-2")
    place.fail("Vase", error="The price 12.00 is too low.", error_field="price")
    enter(client, people.alice)
    listed = client.get("/sync/errors").text
    key = next(key for key, count in place.causes() if count == 2)
    address = f"/sync/errors/{place.connection_id}/{key}"

    text = client.get(address).text

    assert address in listed
    assert "2 listings</h2>" in text
    assert "Another product uses the SKU" in text
    assert "Give each of these variants an SKU that nothing else in the shop uses" in text
    assert "Vase" not in text


def test_a_mended_cause_says_so_and_there_is_nothing_to_edit(
    client: FlaskClient, people: Cast, place: Place
) -> None:
    address = f"/sync/errors/{place.connection_id}/mended"
    enter(client, people.alice)

    shown = client.get(address)
    edited = client.post(
        f"{address}/edit", data={"csrf_token": csrf(client)}, follow_redirects=True
    )

    assert shown.status_code == 200
    assert "Nothing fails for this reason any more." in shown.text
    assert "Nothing fails for this reason any more." in edited.text


def test_a_cause_is_for_its_organization_and_for_who_may(
    client: FlaskClient, people: Cast, place: Place
) -> None:
    place.taken("MUG-1")
    [(key, _)] = place.causes()
    address = f"/sync/errors/{place.connection_id}/{key}"

    enter(client, people.carol)
    token = {"csrf_token": csrf(client)}
    looked = client.get(address)
    refused = [client.post(f"{address}/{act}", data=token).status_code for act in ("retry", "edit")]
    enter(client, people.mallory)
    token = {"csrf_token": csrf(client)}
    hidden = [client.post(f"{address}/{act}", data=token).status_code for act in ("retry", "edit")]

    assert "Another product uses the SKU" in looked.text
    assert "Try all again" not in looked.text
    assert refused == [403, 403]
    assert [client.get(address).status_code, *hidden] == [404, 404, 404]
    assert place.states() == {"failed"}


def test_what_failed_on_a_channel_that_was_closed_worries_nobody(
    client: FlaskClient, people: Cast, place: Place
) -> None:
    [listing_id] = place.taken("MUG-1")
    [(key, _)] = place.causes()
    with unit_of_work(place.actor) as work:
        connections.close_connection(work, place.connection_id)
    enter(client, people.alice)

    listed = client.get("/sync/errors").text
    home = client.get("/").text
    sent = {"ids": str(listing_id), "csrf_token": csrf(client)}
    for path in ("/sync/errors/retry", f"/sync/errors/{place.connection_id}/{key}/retry"):
        assert client.post(path, data=sent).status_code < 400

    assert "MUG-1" not in listed
    assert "listing error" not in home
    assert place.states() == {ListingState.FAILED}
    with db.reading(place.actor) as session:
        assert session.scalars(select(SyncRun.state)).all() == []
