"""Stock adjusted by a table: shown first, posted as shown, or shown again."""

import html
import io
import re
from uuid import UUID

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select

from app.core import db
from app.core.work import unit_of_work
from app.inventory import service
from app.inventory.models import Level, Posting
from app.team.permissions import Role
from tests.cast import Cast, csrf, enter, person
from tests.factories.catalog import product, values_of


def levels(cast: Cast) -> list[int]:
    with db.reading(cast.alice.actor) as session:
        return list(session.scalars(select(Level.on_hand).order_by(Level.created_at, Level.id)))


def count_postings(cast: Cast) -> int:
    with db.reading(cast.alice.actor) as session:
        return len(session.scalars(select(Posting.id)).all())


def hidden(shown: str) -> dict[str, str]:
    """Return what the form of a review sends."""
    mark = re.search(r'name="mark" value="([^"]*)"', shown)
    text = re.search(r'<textarea name="text"[^>]*>\n(.*?)</textarea>', shown, re.DOTALL)
    assert mark is not None
    assert text is not None
    return {"mark": mark[1], "text": html.unescape(text[1])}


def test_a_table_is_shown_then_posted(client: FlaskClient, cast: Cast, mug: UUID) -> None:
    pot = product(cast.alice.actor, {"sku": "POT", "quantity": 1}, title="Pot")
    page = enter(client, cast.bob)
    token = csrf(client)
    table = "SKU;Quantity;Mode\nmug-1;7;\nPOT;1;take away\nPAN;3;set\nMUG-1;1;add\n"

    review = page.post("/inventory/adjust", data={"text": table, "csrf_token": token})
    before = levels(cast)
    sent = {**hidden(review.get_data(as_text=True)), "csrf_token": token}
    done = page.post("/inventory/adjust/post", data=sent)

    shown = review.get_data(as_text=True)
    assert review.status_code == 200
    assert "2 stock levels change, 2 rows cannot be followed." in shown
    assert "No variant has this SKU." in shown
    assert "An earlier row is about the same stock." in shown
    assert before == [5, 1]
    assert done.status_code == 303
    assert levels(cast) == [7, 0]
    assert next(iter(values_of(cast.alice.actor, pot).variants.values()))["quantity"] == 0


def test_a_file_names_locations_and_tells_where_it_came_from(
    client: FlaskClient, cast: Cast, mug: UUID
) -> None:
    with unit_of_work(cast.alice.actor) as work:
        service.create_location(work, service.LocationDraft("Shop"))
    page = enter(client, cast.bob)
    token = csrf(client)
    file = io.BytesIO("\ufeffSKU,Location,Quantity\nMUG-1,shop,4\n".encode())

    review = page.post(
        "/inventory/adjust", data={"file": (file, "count.csv"), "csrf_token": token}
    ).get_data(as_text=True)
    page.post(
        "/inventory/adjust/post",
        data={**hidden(review), "name": "count.csv", "csrf_token": token},
    )

    assert levels(cast) == [5, 4]
    assert "count.csv" in page.get(f"/inventory/{mug}").get_data(as_text=True)


def test_what_moved_since_it_was_shown_is_shown_again(
    client: FlaskClient, cast: Cast, mug: UUID, main: str
) -> None:
    page = enter(client, cast.bob)
    token = csrf(client)
    first = page.post(
        "/inventory/adjust", data={"text": "SKU,Quantity\nMUG-1,7", "csrf_token": token}
    )
    with unit_of_work(cast.alice.actor) as work:
        sold = service.Adjustment(service.Mode.TAKE, 1, service.Reason.LOST)
        service.adjust(work, mug, UUID(main), sold)
    before = count_postings(cast)

    stale = page.post(
        "/inventory/adjust/post",
        data={**hidden(first.get_data(as_text=True)), "csrf_token": token},
    )
    agreed = page.post(
        "/inventory/adjust/post",
        data={**hidden(stale.get_data(as_text=True)), "csrf_token": token},
    )

    assert stale.status_code == 409
    assert "Stock moved since this was shown." in stale.get_data(as_text=True)
    assert agreed.status_code == 303
    assert count_postings(cast) == before + 1
    assert levels(cast) == [7]


@pytest.mark.parametrize(
    ("row", "sentence"),
    [
        ("MUG-1,,6,take", "Only 5 on hand at Main location."),
        ("MUG-1,Moon,6,set", "“Moon” is no location of yours that is in use."),
        ("MUG-1,,-6,set", "The quantity has to be a whole number from 0."),
        ("MUG-1,,0,add", "The quantity has to be a whole number from 1."),
        ("MUG-1,,99999999999999999999999,set", "The quantity has to be a whole number from 0."),
        ("MUG-1,,000000000000999999999999,set", "The quantity has to be a whole number from 0."),
        ("MUG-1,,6,halve", "The mode is add, take or set."),
        (",,6,set", "This row names no SKU."),
    ],
)
def test_a_row_that_cannot_be_followed_says_why(
    client: FlaskClient, cast: Cast, mug: UUID, row: str, sentence: str
) -> None:
    page = enter(client, cast.bob)
    table = f"SKU,Location,Quantity,Mode\n{row}\n"

    answer = page.post("/inventory/adjust", data={"text": table, "csrf_token": csrf(client)})

    assert answer.status_code == 200
    assert sentence in answer.get_data(as_text=True)
    assert "Nothing changes" in answer.get_data(as_text=True)


@pytest.mark.parametrize(
    ("table", "sentence"),
    [
        ("", "needs the columns SKU and Quantity"),
        ("Name,Price\nMug,3", "needs the columns SKU and Quantity"),
        ("SKU,Quantity\n", "There is no row below the names of the columns."),
        ("SKU,Quantity\n" + "A,1\n" * 2001, "At most 2,000 rows at once; this table has 2,001."),
    ],
)
def test_what_is_no_table_is_refused_at_its_field(
    client: FlaskClient, cast: Cast, mug: UUID, table: str, sentence: str
) -> None:
    page = enter(client, cast.bob)

    answer = page.post("/inventory/adjust", data={"text": table, "csrf_token": csrf(client)})

    assert answer.status_code == 422
    assert sentence in answer.get_data(as_text=True)


def test_a_file_that_is_no_text_is_refused_at_its_field(
    client: FlaskClient, cast: Cast, mug: UUID
) -> None:
    page = enter(client, cast.bob)
    sent = {"file": (io.BytesIO(b"\x89PNG\xff\x00"), "a.png"), "csrf_token": csrf(client)}

    answer = page.post("/inventory/adjust", data=sent)

    assert answer.status_code == 422
    assert "This is not a CSV file in UTF-8." in answer.get_data(as_text=True)


def test_the_sku_of_another_organization_is_nobodys(
    client: FlaskClient, cast: Cast, mug: UUID
) -> None:
    page = enter(client, cast.mallory)

    answer = page.post(
        "/inventory/adjust", data={"text": "SKU,Quantity\nMUG-1,9", "csrf_token": csrf(client)}
    )

    assert "No variant has this SKU." in answer.get_data(as_text=True)
    assert "Blue mug" not in answer.get_data(as_text=True)


@pytest.mark.parametrize("role", list(Role))
def test_editors_and_up_adjust_by_table(
    client: FlaskClient, cast: Cast, mug: UUID, role: Role
) -> None:
    page = enter(client, person("Sam", role, organization_id=cast.alice.organization_id))
    sent = {"text": "SKU,Quantity\nMUG-1,9", "csrf_token": csrf(client)}

    statuses = [
        page.get("/inventory/adjust").status_code,
        page.post("/inventory/adjust", data=sent).status_code,
        page.post("/inventory/adjust/post", data=sent).status_code,
    ]

    assert statuses == ([403, 403, 403] if role is Role.VIEWER else [200, 200, 409])
    assert levels(cast) == [5]


def test_a_sku_that_a_program_wrote_as_a_formula_is_found(
    client: FlaskClient, cast: Cast, mug: UUID
) -> None:
    page = enter(client, cast.bob)
    sent = {"text": 'SKU,Quantity\n="MUG-1",7\n', "csrf_token": csrf(client)}

    shown = page.post("/inventory/adjust", data=sent).get_data(as_text=True)

    assert "1 stock level changes." in shown


def test_a_long_table_in_any_script_is_posted_as_shown_or_refused_whole(
    client: FlaskClient, cast: Cast, mug: UUID
) -> None:
    page = enter(client, cast.bob)
    token = csrf(client)
    wide = "Product,SKU,Quantity\n青,MUG-1,7\n" + f"{'青' * 100},PAN,1\n" * 1000
    cut = f"Product,SKU,Quantity\n{'青' * 133_316}{'a' * 24},MUG-1,12\n"

    def sent(table: str) -> dict[str, object]:
        return {"file": (io.BytesIO(table.encode()), "stock.csv"), "csrf_token": token}

    longer = page.post("/inventory/adjust", data=sent(cut))
    shown = page.post("/inventory/adjust", data=sent(wide)).get_data(as_text=True)
    form = re.search(
        r'<form method="post" action="/inventory/adjust/post"( enctype="(.*?)")?', shown
    )
    assert form is not None
    done = page.post(
        "/inventory/adjust/post",
        data={**hidden(shown), "csrf_token": token},
        content_type=form[2] or "application/x-www-form-urlencoded",
    )

    assert (len(cut.encode()), longer.status_code) == (400_003, 422)
    assert "larger one than fits" in longer.get_data(as_text=True)
    assert done.status_code == 303
    assert levels(cast) == [7]
