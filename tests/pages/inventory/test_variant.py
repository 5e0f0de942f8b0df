"""The stock of one variant: seen, adjusted, exported; who may not, and what is refused."""

import csv
import io
import re
from datetime import timedelta
from uuid import UUID

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select

from app.core import clock, db
from app.core.actor import Actor
from app.core.outbox import OutboxMessage
from app.core.work import unit_of_work
from app.inventory import service
from app.inventory.ledger import Posting as Posted
from app.inventory.ledger import PostingKind
from app.inventory.models import Level, Posting, Reservation
from app.team.permissions import Role
from tests.cast import Cast, csrf, enter, person
from tests.factories.catalog import product

PARTIAL = {"HX-Request": "true", "HX-Request-Type": "partial", "HX-Target": "div#movements"}


def level_of(actor: Actor, variant_id: UUID) -> Level:
    with db.reading(actor) as session:
        return session.scalars(select(Level).where(Level.variant_id == variant_id)).one()


def posted(actor: Actor) -> list[tuple[str, int, str | None, str | None]]:
    with db.reading(actor) as session:
        rows = session.scalars(select(Posting).order_by(Posting.id))
        return [(str(row.kind), row.quantity, row.reference, row.note) for row in rows]


def form(main: str, **fields: str) -> dict[str, str]:
    return {"location": main, "mode": "add", "quantity": "1", "reason": "found", **fields}


@pytest.mark.parametrize(
    ("fields", "left", "kind"),
    [
        ({"mode": "add", "quantity": "7", "reason": "received"}, 12, "receive"),
        ({"mode": "take", "quantity": "2", "reason": "damaged"}, 3, "adjust"),
        ({"mode": "set", "quantity": "0", "reason": "correction"}, 0, "adjust"),
    ],
)
def test_stock_is_adjusted_with_one_posting_that_the_channels_hear_of(
    client: FlaskClient, cast: Cast, mug: UUID, main: str, fields: dict[str, str], left: int,
    kind: str,
) -> None:  # fmt: skip
    page = enter(client, cast.bob)
    sent = form(main, note="Shelf 3", csrf_token=csrf(client), **fields)

    answer = page.post(f"/inventory/{mug}", data=sent)

    assert answer.status_code == 303
    assert level_of(cast.alice.actor, mug).on_hand == left
    assert posted(cast.alice.actor)[1:] == [
        (kind, left - 5, f"reason:{fields['reason']}", "Shelf 3")
    ]
    with db.reading(cast.alice.actor) as session:
        facts = session.scalars(
            select(OutboxMessage.payload).where(
                OutboxMessage.name == "ProductChanged",
                OutboxMessage.organization_id == cast.alice.place,
            )
        )
        assert [str(mug)] in [fact["variant_ids"] for fact in facts]
    html = page.get(f"/inventory/{mug}").get_data(as_text=True)
    assert "Shelf 3" in html
    assert "Bob" in html


@pytest.mark.parametrize(
    ("fields", "sentence"),
    [
        ({"mode": "take", "quantity": "6"}, "Only 5 on hand there. Take away 5 or less."),
        ({"quantity": "many"}, "Enter a whole number"),
        ({"quantity": ""}, "Enter a whole number."),
        ({"quantity": "-1"}, "Enter a whole number from 0."),
        ({"quantity": "0"}, "Enter a whole number from 1 to 10,000,000."),
        ({"quantity": "99999999"}, "Enter a whole number from 1 to 10,000,000."),
        ({"quantity": "1" * 40}, "Enter a whole number"),
        ({"location": "nowhere"}, "Not a valid choice"),
        ({"reason": "greed"}, "Not a valid choice"),
        ({"mode": "halve"}, "Not a valid choice"),
        ({"note": "x" * 201}, "longer than 200"),
    ],
)
def test_what_cannot_be_followed_is_said_at_the_field_and_moves_nothing(
    client: FlaskClient, cast: Cast, mug: UUID, main: str, fields: dict[str, str], sentence: str
) -> None:
    page = enter(client, cast.bob)
    before = posted(cast.alice.actor)

    answer = page.post(
        f"/inventory/{mug}", data={**form(main), **fields, "csrf_token": csrf(client)}
    )

    assert answer.status_code == 422
    assert sentence in answer.get_data(as_text=True)
    assert posted(cast.alice.actor) == before


def test_set_to_what_lies_there_posts_nothing(
    client: FlaskClient, cast: Cast, mug: UUID, main: str
) -> None:
    page = enter(client, cast.bob)
    before = posted(cast.alice.actor)

    page.post(
        f"/inventory/{mug}",
        data=form(main, mode="set", quantity="5", csrf_token=csrf(client)),
    )

    assert posted(cast.alice.actor) == before


@pytest.mark.parametrize("role", list(Role))
def test_editors_and_up_adjust(
    client: FlaskClient, cast: Cast, mug: UUID, main: str, role: Role
) -> None:
    page = enter(client, person("Sam", role, organization_id=cast.alice.organization_id))
    token = csrf(client)

    statuses = [
        page.post(f"/inventory/{mug}", data=form(main, csrf_token=token)).status_code,
        page.post(
            f"/inventory/{mug}",
            data={"action": "reorder", "location": main, "point": "1", "csrf_token": token},
        ).status_code,
    ]

    assert statuses == ([403, 403] if role is Role.VIEWER else [303, 303])
    assert level_of(cast.alice.actor, mug).on_hand == (5 if role is Role.VIEWER else 6)


def test_another_organization_adjusts_nothing(
    client: FlaskClient, cast: Cast, mug: UUID, main: str
) -> None:
    page = enter(client, cast.mallory)
    token = csrf(client)
    before = posted(cast.alice.actor)

    adjusted = page.post(f"/inventory/{mug}", data=form(main, csrf_token=token))
    reordered = page.post(
        f"/inventory/{mug}",
        data={"action": "reorder", "location": main, "point": "1", "csrf_token": token},
    )

    assert (adjusted.status_code, reordered.status_code) == (404, 404)
    assert posted(cast.alice.actor) == before
    assert level_of(cast.alice.actor, mug).reorder_point is None


def test_a_refused_form_leaves_the_pages_of_movements_where_they_are(
    client: FlaskClient, cast: Cast, mug: UUID, main: str
) -> None:
    with unit_of_work(cast.alice.actor) as work:
        for _ in range(51):
            found = service.Adjustment(service.Mode.ADD, 1, service.Reason.FOUND)
            service.adjust(work, mug, UUID(main), found)
    page = enter(client, cast.bob)

    refused = page.post(f"/inventory/{mug}", data=form(main, quantity="", csrf_token=csrf(client)))
    older = re.search(r'rel="next" href="([^"]+)"', refused.get_data(as_text=True))

    assert refused.status_code == 422
    assert older is not None
    second = page.get(older[1].replace("&amp;", "&")).get_data(as_text=True)
    assert second.count('id="movement-') == 2


def test_no_stock_is_put_to_a_location_of_another_organization(
    client: FlaskClient, cast: Cast, mug: UUID, main: str
) -> None:
    product(cast.mallory.actor, {"sku": "POT", "quantity": 1}, title="Pot")
    with db.reading(cast.mallory.actor) as session:
        pot = session.scalars(select(Level.variant_id)).one()
    page = enter(client, cast.mallory)

    refused = page.post(f"/inventory/{pot}", data=form(main, csrf_token=csrf(client)))

    assert refused.status_code == 422
    assert level_of(cast.mallory.actor, pot).on_hand == 1
    assert len(posted(cast.alice.actor)) == 1


def test_a_reorder_point_is_kept_and_a_wrong_one_refused_at_its_field(
    client: FlaskClient, cast: Cast, mug: UUID, main: str
) -> None:
    page = enter(client, cast.bob)
    token = csrf(client)
    url = f"/inventory/{mug}"

    kept = page.post(
        url,
        data={
            "action": "reorder",
            "location": main,
            "point": "2",
            "usual": "24",
            "csrf_token": token,
        },
    )
    refused = page.post(
        url, data={"action": "reorder", "location": main, "point": "-2", "csrf_token": token}
    )

    level = level_of(cast.alice.actor, mug)
    assert kept.status_code == 303
    assert (level.reorder_point, level.reorder_quantity) == (2, 24)
    assert refused.status_code == 422
    assert "Enter a whole number from 0." in refused.get_data(as_text=True)


def test_movements_are_narrowed_by_kind_and_htmx_gets_them_alone(
    client: FlaskClient, cast: Cast, mug: UUID, main: str
) -> None:
    with unit_of_work(cast.alice.actor) as work:
        level = work.session.scalars(select(Level)).one()
        service.post(work, {level.id: [Posted(PostingKind.COMMIT, 2)]}, reference="order:gone")
    page = enter(client, cast.carol)

    html = page.get(f"/inventory/{mug}?kind=commit", headers=PARTIAL).get_data(as_text=True)

    assert html.count('id="movement-') == 1
    assert "+2 promised" in html
    assert "<h1" not in html


def test_the_file_of_movements_runs_no_formula_and_stays_with_editors(
    client: FlaskClient, cast: Cast, mug: UUID, main: str
) -> None:
    page = enter(client, cast.bob)
    note = "=HYPERLINK(1)"
    page.post(f"/inventory/{mug}", data=form(main, note=note, csrf_token=csrf(client)))

    with page.get(f"/inventory/{mug}/movements.csv") as answer:
        rows = list(csv.DictReader(io.StringIO(answer.get_data().decode("utf-8-sig"))))

    assert [row["On hand"] for row in rows] == ["1", "5"]
    assert rows[0]["Note"] == "'=HYPERLINK(1)"
    assert rows[0]["Because of"] == "Found"
    assert rows[0]["By"] == "Bob"
    assert enter(client, cast.carol).get(f"/inventory/{mug}/movements.csv").status_code == 403


def test_more_movements_ask_no_more_questions(
    client: FlaskClient, cast: Cast, mug: UUID, main: str, questions: list[str]
) -> None:
    page = enter(client, cast.bob)
    page.get(f"/inventory/{mug}")
    questions.clear()
    page.get(f"/inventory/{mug}")
    few = len(questions)
    with unit_of_work(cast.alice.actor) as work:
        for reason in service.Reason:
            for _ in range(3):
                came = service.Adjustment(service.Mode.ADD, 1, reason)
                service.adjust(work, mug, UUID(main), came)
    questions.clear()

    html = page.get(f"/inventory/{mug}").get_data(as_text=True)

    assert html.count('id="movement-') == 19
    assert len(questions) == few


def test_units_are_kept_back_and_freed_on_the_page(
    client: FlaskClient, cast: Cast, mug: UUID, main: str
) -> None:
    page = enter(client, cast.bob)
    token = csrf(client)
    wish = {"action": "keep", "place": main, "until": "2199-01-01", "csrf_token": token}
    soon = f"{clock.now() + timedelta(days=5):%Y-%m-%d}"

    far = page.post(f"/inventory/{mug}", data={**wish, "units": "2"})
    many = page.post(f"/inventory/{mug}", data={**wish, "units": "9", "until": soon})
    sent = {**wish, "units": "2", "until": soon, "note": "For the fair"}
    kept = page.post(f"/inventory/{mug}", data=sent, follow_redirects=True)
    with db.reading(cast.alice.actor) as session:
        key = str(session.scalars(select(Reservation.id)).one())
    before = level_of(cast.alice.actor, mug).available
    free = {"action": "free", "reservation": key, "csrf_token": token}
    answers = [page.post(f"/inventory/{mug}", data=free).status_code for _ in range(2)]

    assert (far.status_code, many.status_code, kept.status_code) == (422, 422, 200)
    assert "Choose a day from today to a year from now." in far.text
    assert "Enter a whole number from 1 to 5." in many.text
    assert "For the fair" in kept.text
    assert (before, level_of(cast.alice.actor, mug).available) == (3, 5)
    assert answers == [303, 303]
