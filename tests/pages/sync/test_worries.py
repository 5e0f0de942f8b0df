"""What needs a person: errors and held changes, decided one by one or all at once."""

from dataclasses import dataclass
from uuid import UUID, uuid4

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from app.catalog import service as catalog
from app.connections import service as connections
from app.connections.models import Connection, ConnectionState
from app.core.actor import Actor, job_actor
from app.core.db import reading
from app.core.work import Work, unit_of_work
from app.listings.models import Listing, ListingSnapshot, ListingState
from app.sync.models import ChangeState, Direction, SyncChange, SyncRun, SyncTask
from tests.cast import Cast, cast, csrf, enter

USD = "USD"


@dataclass(frozen=True)
class Stall:
    """A shop of Acme and who acts in it."""

    actor: Actor
    connection_id: UUID

    def listing(self, work: Work, title: str, state: ListingState = ListingState.SYNCED) -> Listing:
        """Add a listing of a product of this title."""
        draft = catalog.ProductDraft(
            {"title": title, "status": "active"}, (catalog.VariantDraft({}),)
        )
        row = Listing(
            organization_id=work.organization_id,
            connection_id=self.connection_id,
            product_id=catalog.create_product(work, draft, origin="web"),
            external_id=uuid4().hex,
            state=state,
            title=title,
            error="The shop refused it." if state == ListingState.FAILED else None,
        )
        work.session.add(row)
        work.session.flush()
        return row

    def hold(self, work: Work, title: str) -> None:
        """Hold a price that halves."""
        row = self.listing(work, title)
        work.session.add(
            SyncChange(
                organization_id=work.organization_id,
                connection_id=self.connection_id,
                listing_id=row.id,
                product_id=row.product_id,
                direction=Direction.PUSH,
                field="price",
                old={"minor": 2000, "currency": USD},
                new={"minor": 1000, "currency": USD},
                state=ChangeState.HELD,
                sentence="The price moves by more than 30 %.",
            )
        )

    def changes(self) -> list[ChangeState]:
        """Return the states of all changes."""
        with reading(self.actor) as session:
            return list(session.scalars(select(SyncChange.state)))

    def tried(self) -> list[str]:
        """Return the causes of all runs, and how many tasks wait."""
        with reading(self.actor) as session:
            causes = session.scalars(select(SyncRun.cause)).all()
            return [*sorted(causes), str(len(session.scalars(select(SyncTask.id)).all()))]


@pytest.fixture
def people(app: Flask, clean: None) -> Cast:
    return cast()


@pytest.fixture
def stall(people: Cast) -> Stall:
    actor = job_actor(people.alice.place)
    with unit_of_work(actor) as work:
        row = connections.add_connection(
            work,
            channel="woocommerce",
            name="Acme outlet",
            address=f"https://{uuid4().hex[:8]}.test",
            credentials={"key": "ck_" + "0" * 40, "secret": "cs_" + "0" * 40},
            wire={},
        )
        return Stall(actor, row.id)


@pytest.mark.parametrize(("field", "tasks"), [("ids", 2), ("everything", 3), ("only", 1)])
def test_failed_listings_are_tried_again(
    client: FlaskClient, people: Cast, stall: Stall, field: str, tasks: int
) -> None:
    with unit_of_work(stall.actor) as work:
        ids = [
            str(stall.listing(work, title, ListingState.FAILED).id)
            for title in ("Bowl", "Mug", "Vase")
        ]
    given = {"ids": ids[:2], "everything": "1", "only": ids[0]}
    enter(client, people.alice)

    answer = client.post(
        "/sync/errors/retry",
        data={"csrf_token": csrf(client), field: given[field]},
        follow_redirects=True,
    )

    assert f"Trying {tasks} listing{'' if tasks == 1 else 's'} again." in answer.text
    (cause, waiting) = stall.tried()
    assert cause.startswith("Retry of ")
    assert waiting == str(tasks)


def test_trying_nothing_says_what_to_do(client: FlaskClient, people: Cast, stall: Stall) -> None:
    enter(client, people.alice)

    answer = client.post(
        "/sync/errors/retry", data={"csrf_token": csrf(client)}, follow_redirects=True
    )

    assert "Select the listings to try." in answer.text
    assert stall.tried() == ["0"]


def test_a_held_price_shows_its_move_and_all_go_at_once(
    client: FlaskClient, people: Cast, stall: Stall
) -> None:
    with unit_of_work(stall.actor) as work:
        for title in ("Mug", "Bowl"):
            stall.hold(work, title)
    enter(client, people.alice)
    page = client.get("/sync/plans").text

    answer = client.post(
        "/sync/plans/approve",
        data={"csrf_token": csrf(client), "everything": "1"},
        follow_redirects=True,
    )

    assert "2 changes of 2 listings on 1 channel" in page
    assert "<del>$20.00</del>" in page
    assert "(-50.0%)" in page
    assert "2 changes on their way." in answer.text
    assert stall.changes() == [ChangeState.PLANNED, ChangeState.PLANNED]


def test_a_long_list_leads_on_and_back(client: FlaskClient, people: Cast, stall: Stall) -> None:
    with unit_of_work(stall.actor) as work:
        for number in range(52):
            stall.listing(work, f"Mug {number}", ListingState.FAILED)
    enter(client, people.alice)

    first = client.get("/sync/errors").text
    second = client.get(_link(first, "page-after")).text
    back = client.get(_link(second, "page-before")).text

    assert "1–50 of 52 listings" in first
    assert "51–52 of 52 listings" in second
    assert 'id="page-after"' not in second
    assert "1–50 of 52 listings" in back
    assert client.get("/sync/errors?after=damaged").status_code == 422


def test_errors_gather_under_their_causes(client: FlaskClient, people: Cast, stall: Stall) -> None:
    with unit_of_work(stall.actor) as work:
        for title in ("Mug", "Bowl"):
            row = stall.listing(work, title, ListingState.FAILED)
            row.error = f"The shop refused the price of “{title}”."
        stall.listing(work, "Vase", ListingState.FAILED).error = "The picture is too large."
    enter(client, people.alice)

    causes = client.get("/sync/errors").text.split('aria-label="Causes"')[1].split("</ul>")[0]

    assert [count for count in ("1", "2") if f"<b>{count}</b>" in causes] == ["1", "2"]
    assert causes.count("<li>") == 2
    assert "The shop refused the price of “Bowl”.<small>Acme outlet · Mend what" in causes
    some = client.get(_address(causes, "The shop refused the price")).text
    assert "2 listings</h2>" in some
    assert "Vase" not in some


def _address(causes: str, sentence: str) -> str:
    return causes.split(sentence)[0].rsplit('href="', 1)[1].split('"')[0]


def _link(html: str, name: str) -> str:
    return html.split(f'id="{name}"', 1)[1].split('href="', 1)[1].split('"', 1)[0]


def test_the_channels_own_answer_is_one_click_away(
    client: FlaskClient, people: Cast, stall: Stall
) -> None:
    with unit_of_work(stall.actor) as work:
        row = stall.listing(work, "Mug")
        row.remote = {"values": {"title": "Mug, glazed", "tags": []}}
        work.session.add(
            ListingSnapshot(
                organization_id=work.organization_id,
                listing_id=row.id,
                raw={"name": "Mug, glazed"},
                at=work.now,
            )
        )
        product_id, listing_id, bare_id = row.product_id, row.id, stall.listing(work, "Bowl").id
    enter(client, people.carol)

    product = client.get(f"/products/{product_id}").text
    payload = client.get(f"/sync/listings/{listing_id}/payload").text

    assert "What Acme outlet has" in product
    assert '<ins><span class="sr-only">added: </span>, glazed</ins>' in product
    assert f"/sync/listings/{listing_id}/payload" in product
    assert "Mug, glazed" in payload
    assert "No answer is kept" in client.get(f"/sync/listings/{bare_id}/payload").text
    assert client.get(f"/sync/listings/{uuid4()}/payload").status_code == 404


def test_syncing_one_product_stays_on_its_page(
    client: FlaskClient, people: Cast, stall: Stall
) -> None:
    with unit_of_work(stall.actor) as work:
        product_id = str(stall.listing(work, "Mug").product_id)
        work.session.get_one(Connection, stall.connection_id).state = ConnectionState.ACTIVE
    enter(client, people.alice)
    given = {"csrf_token": csrf(client), "ids": product_id}

    alone = client.post("/sync/products", data={**given, "stay": "1"})
    listed = client.post("/sync/products?status=active", data={**given, "everything": "1"})

    assert alone.location == f"/products/{product_id}"
    assert listed.location == "/products?status=active"
    assert stall.tried()[:-1] == ["Sync now", "Sync now"]


def test_who_may_only_look_at_a_product_finds_nothing_to_type_into(
    client: FlaskClient, people: Cast, stall: Stall
) -> None:
    with unit_of_work(stall.actor) as work:
        product_id = stall.listing(work, "Mug").product_id

    seen = enter(client, people.carol).get(f"/products/{product_id}").text
    edited = enter(client, people.alice).get(f"/products/{product_id}").text

    assert '<fieldset class="contents" disabled>' in seen
    assert "View only" in seen
    assert '<fieldset class="contents">' in edited
