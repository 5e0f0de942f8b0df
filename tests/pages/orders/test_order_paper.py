"""On paper and as a file: what to take, what goes into the parcel, the list as CSV."""

import csv
import io

import pytest
from sqlalchemy import select

from app.core import db
from app.orders import queries
from app.team.models import AuditEntry
from tests.cast import Cast, enter
from tests.factories.orders import sold
from tests.pages.orders.conftest import Place


def table(place: Place, query: str = "") -> list[dict[str, str]]:
    """Return the rows of the exported file."""
    with place.client.get(f"/orders/export/file{query}") as answer:
        assert answer.status_code == 200
        assert answer.mimetype == "text/csv"
        return list(csv.DictReader(io.StringIO(answer.get_data().decode("utf-8-sig"))))


def test_a_pick_list_adds_up_what_several_orders_want(place: Place) -> None:
    place.stock("A", 9)
    place.stock("B", 9, title="Bowl")
    first = place.sell(sold("A", 2), sold("B"), number="1")
    second = place.sell(sold("A", 3), sold("NOBODY"), number="2")

    page = place.client.get(f"/orders/pick-list?ids={first},{second}").text

    with db.reading(place.manager.actor) as session:
        orders = queries.slips(session, [first, second], sees_buyers=False)
        picks = queries.pick_list(session, orders)
    assert [(p.sku, p.units, p.orders) for p in picks] == [
        ("A", 5, {"WC-1": 2, "WC-2": 3}),
        ("B", 1, {"WC-1": 1}),
    ]
    assert all(pick.location for pick in picks)
    assert "WC-1 × 2, WC-2 × 3" in page
    assert "Dora" not in page


def test_a_selection_leads_to_its_paper(place: Place) -> None:
    place.stock("A", 9)
    ids = [place.sell(sold("A"), number=str(n)) for n in (1, 2, 3)]
    token = place.form(ids[0])["csrf_token"]

    some = place.client.post(
        "/orders/packing-slips",
        data={"csrf_token": token, "ids": [str(key) for key in ids[:2]]},
        follow_redirects=True,
    )
    everything = place.client.post(
        "/orders/pick-list?tab=ship",
        data={"csrf_token": token, "ids": str(ids[0]), "everything": "1"},
        follow_redirects=True,
    )
    nothing = place.client.post("/orders/pick-list", data={"csrf_token": token})

    assert some.text.count('class="card slip"') == 2
    assert "3 orders" in everything.text
    assert nothing.status_code == 422


def test_a_packing_slip_has_the_address_and_what_to_pack(place: Place) -> None:
    place.stock("A", 1)
    order_id = place.sell(sold("A", 3), note="Ring twice")

    page = place.client.get(f"/orders/packing-slips?ids={order_id}").text

    assert all(words in page for words in ("Acme", "WC-1001", "1 Main Street", "Ring twice"))
    assert "$" not in page.split('class="card slip"')[1].split("</article>")[0]


def test_the_file_has_a_row_per_line_and_disarms_formulas(place: Place) -> None:
    place.stock("A", 9)
    place.sell(sold("A", 2, each=1250, title="=1+1"), sold("B"), number="1")

    rows = table(place)

    assert [(row["Order"], row["SKU"], row["Unit price"]) for row in rows] == [
        ("WC-1", "A", "12.50"),
        ("WC-1", "B", "10.00"),
    ]
    assert rows[0]["Item"] == "'=1+1"
    assert rows[0]["Name"] == "Dora Diaz"
    with db.reading(place.people.alice.actor) as session:
        assert "orders.exported" in session.scalars(select(AuditEntry.action)).all()


def test_a_file_holds_what_the_list_or_the_selection_shows(place: Place) -> None:
    place.stock("A", 9)
    first = place.sell(sold("A"), number="1")
    place.sell(sold("NOBODY"), number="2")

    assert {row["Order"] for row in table(place, "?tab=mapping")} == {"WC-2"}
    assert {row["Order"] for row in table(place, f"?ids={first}")} == {"WC-1"}


def test_a_file_goes_through_slices_without_leaving_any_out(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(5):
        place.sell(sold("A"), number=str(number))

    monkeypatch.setattr(queries.printing, "SLICE", 2)
    rows = table(place)

    assert [row["Order"] for row in rows] == [f"WC-{n}" for n in range(5)]


def test_only_those_who_may_export_get_a_file(place: Place, people: Cast) -> None:
    place.sell(sold("A"))
    for person in (people.bob, people.carol):
        enter(place.client, person)
        assert place.client.get("/orders/export/file").status_code == 403
        assert place.client.get("/orders/pick-list").status_code == 403
