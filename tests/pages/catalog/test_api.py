"""Products for programs: pages of a list, one product whole, nobody else's."""

from decimal import Decimal
from uuid import UUID

import pytest
from flask import Flask
from flask.testing import FlaskClient

from app.catalog import service
from app.core.db import new_id
from app.core.work import unit_of_work
from app.team import service as team
from tests.cast import Cast, Person, cast

FIELDS = {
    "price": {"minor": 1250, "currency": "USD"},
    "prices": {"JPY": {"price": {"minor": 1800, "currency": "JPY"}, "sale_price": None}},
    "weight": {"value": "0.5", "unit": "kg"},
}


@pytest.fixture
def people(app: Flask, clean: None) -> Cast:
    return cast()


@pytest.fixture
def program(app: Flask) -> FlaskClient:
    return app.test_client(use_cookies=False)


def _bearer(somebody: Person) -> dict[str, str]:
    with unit_of_work(somebody.actor) as work:
        token = team.create_api_token(work, name="Books", days=30, scopes=["catalog.read"])
    return {"Authorization": f"Bearer {token}"}


def _mugs(somebody: Person, count: int) -> list[UUID]:
    with unit_of_work(somebody.actor) as work:
        return [
            service.create_product(
                work,
                service.ProductDraft(
                    {"title": f"Mug {number:02}", "status": "active", "tags": ["blue"]},
                    (service.VariantDraft({"sku": f"MUG-{number}-{new_id().hex[-6:]}", **FIELDS}),),
                ),
                origin="web",
            )
            for number in range(count)
        ]


def test_pages_follow_each_other_without_gap_or_repeat(program: FlaskClient, people: Cast) -> None:
    _mugs(people.alice, 7)
    token = _bearer(people.alice)
    url: str | None = "/api/v1/products?sort=title&limit=3"
    titles, numbers = [], []

    while url:
        page = program.get(url, headers=token).get_json()
        titles += [item["title"] for item in page["items"]]
        numbers.append((page["page"], page["total"], page["total_pages"]))
        url = page["next"]

    assert titles == [f"Mug {number:02}" for number in range(7)]
    assert numbers == [(1, 7, 3), (2, 7, 3), (3, 7, 3)]


def test_a_list_is_narrowed_as_the_page_narrows_it(program: FlaskClient, people: Cast) -> None:
    _mugs(people.alice, 3)

    found = program.get("/api/v1/products?q=Mug+01", headers=_bearer(people.alice)).get_json()

    assert [item["title"] for item in found["items"]] == ["Mug 01"]
    assert found["items"][0]["price_min"] == {"amount": "12.50", "currency": "USD"}


@pytest.mark.parametrize("limit", ["0", "201", "many", "-1"])
def test_a_page_has_a_size_we_give(program: FlaskClient, people: Cast, limit: str) -> None:
    answer = program.get(f"/api/v1/products?limit={limit}", headers=_bearer(people.alice))

    assert answer.status_code == 422
    assert list(answer.get_json()["fields"]) == ["limit"]


def test_a_damaged_cursor_is_a_problem(program: FlaskClient, people: Cast) -> None:
    answer = program.get("/api/v1/products?after=xyz", headers=_bearer(people.alice))

    assert answer.status_code == 422
    assert answer.mimetype == "application/problem+json"


def test_a_product_comes_whole_with_amounts_as_decimals(program: FlaskClient, people: Cast) -> None:
    (product_id,) = _mugs(people.alice, 1)

    found = program.get(f"/api/v1/products/{product_id}", headers=_bearer(people.alice)).get_json()

    variant = found["variants"][0]
    assert (found["title"], found["tags"], found["version"]) == ("Mug 00", ["blue"], 1)
    assert variant["price"] == {"amount": "12.50", "currency": "USD"}
    assert variant["prices"]["JPY"]["price"] == {"amount": "1800", "currency": "JPY"}
    assert Decimal(variant["weight"]["value"]) == Decimal("0.5")


def test_another_organization_gets_404_and_an_empty_list(
    program: FlaskClient, people: Cast
) -> None:
    (product_id,) = _mugs(people.alice, 1)
    mallory = _bearer(people.mallory)

    assert program.get(f"/api/v1/products/{product_id}", headers=mallory).status_code == 404
    assert program.get("/api/v1/products", headers=mallory).get_json()["total"] == 0
