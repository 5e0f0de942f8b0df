"""Parts of product pages: live rows, search hits, places, blocks that stand alone."""

from typing import Any
from uuid import UUID

import pytest
from flask import Flask
from flask.testing import FlaskClient

from app.catalog import service
from app.catalog.queries import offer_overrides
from app.catalog.service import ProductChange
from app.connections.models import Connection, ConnectionState
from app.core import db
from app.core.db import new_id
from app.core.work import unit_of_work
from app.listings.models import Listing, ListingState
from app.web.live import draw
from app.web.search import find_hits
from tests.cast import Cast, Person, csrf, enter
from tests.factories.catalog import product, usd

PARTIAL = {"HX-Request": "true", "HX-Request-Type": "partial"}


def listed(person: Person, product_id: UUID, state: ListingState, error: str = "") -> UUID:
    """Commit a connection with this product on it; returns the listing."""
    with unit_of_work(person.actor) as work:
        connection = Connection(
            organization_id=person.place,
            channel="woocommerce",
            name="Acme Woo",
            address=f"https://{new_id().hex}.example",
            hook_token=new_id().hex,
            state=ConnectionState.ACTIVE,
        )
        work.session.add(connection)
        work.session.flush()
        listing = Listing(
            organization_id=person.place,
            connection_id=connection.id,
            product_id=product_id,
            external_id="41",
            state=state,
            error=error or None,
        )
        work.session.add(listing)
        work.session.flush()
        return listing.id


def test_a_changed_row_is_drawn_for_who_may_see_it(app: Flask, cast: Cast) -> None:
    key = product(cast.alice.actor, title="Blue mug")
    listed(cast.alice, key, ListingState.FAILED, "Refused: the price is missing.")

    with app.test_request_context():
        seen = draw(cast.carol.actor, [f"product-{key}"])
        hidden = draw(cast.mallory.actor, [f"product-{key}"])

    row = seen[f"product-{key}"]
    assert f'id="product-{key}"' in row
    assert "Acme Woo" in row
    assert "Refused: the price is missing." in row
    assert hidden == {}


def test_the_command_search_finds_titles_and_skus(app: Flask, cast: Cast) -> None:
    product(cast.alice.actor, {"sku": "MUG-BLUE"}, title="Blue mug")

    with app.test_request_context():
        by_title = find_hits(cast.carol.actor, "blu")
        by_sku = find_hits(cast.carol.actor, "mug-b")
        foreign = find_hits(cast.mallory.actor, "blu")

    assert [hit.label for hit in by_title["Products"]] == ["Blue mug"]
    assert [hit.detail for hit in by_sku["Products"]] == ["MUG-BLUE"]
    assert "Products" not in foreign


@pytest.mark.parametrize(("query", "count"), [("listing=failed", 1), ("listing=none", 1)])
def test_the_list_is_narrowed_by_where_products_sell(
    client: FlaskClient, cast: Cast, query: str, count: int
) -> None:
    listed(cast.alice, product(cast.alice.actor, title="On Woo"), ListingState.FAILED)
    product(cast.alice.actor, title="Nowhere")

    html = enter(client, cast.alice).get(f"/products?{query}").get_data(as_text=True)

    assert html.count("data-row-link") == count
    assert (">On Woo<" in html) == (query == "listing=failed")


def test_a_field_differs_on_one_channel_and_back(client: FlaskClient, cast: Cast) -> None:
    key = product(cast.alice.actor, title="Mug")
    listing = listed(cast.alice, key, ListingState.SYNCED)
    browser = enter(client, cast.bob)
    path = f"/products/{key}/listings/{listing}/override"
    send = {"csrf_token": csrf(browser), "field": "title"}

    browser.post(path, data={**send, "value": "Outlet mug"})
    with db.reading(cast.alice.actor) as session:
        set_to = dict(session.get_one(Listing, listing).overrides)
    shown = browser.get(f"/products/{key}").get_data(as_text=True)
    wrong = browser.post(path, data={**send, "field": "sku", "value": "X"})
    browser.post(path, data={**send, "clear": "yes"})
    with db.reading(cast.alice.actor) as session:
        cleared = dict(session.get_one(Listing, listing).overrides)

    assert (set_to, cleared) == ({"title": "Outlet mug"}, {})
    assert "Outlet mug" in shown
    assert wrong.status_code == 422


def test_a_price_may_differ_for_one_variant_or_all_of_them_on_a_channel(
    client: FlaskClient, cast: Cast
) -> None:
    sizes = [
        {"sku": f"SH-{size}", "choice": {"Size": size}, "price": usd(1000)} for size in ("S", "M")
    ]
    options = [{"name": "Size", "values": ["S", "M"]}]
    key = product(cast.alice.actor, *sizes, title="Shirt", options=options)
    listing = listed(cast.alice, key, ListingState.SYNCED)
    browser = enter(client, cast.bob)
    path = f"/products/{key}/listings/{listing}/override"
    send = {"csrf_token": csrf(browser), "field": "price"}

    browser.post(path, data={**send, "value": "12.50"})
    browser.post(path, data={**send, "value": "13.00", "variant": "SH-M"})
    shown = browser.get(f"/products/{key}").get_data(as_text=True)
    refused = [
        browser.post(path, data={**send, **wrong}).status_code
        for wrong in (
            {"value": ""},
            {"value": "cheap"},
            {"value": "9.00", "variant": "NOT-HERE"},
            {"field": "sale_price", "value": "12.75"},
        )
    ]

    with db.reading(cast.alice.actor) as session:
        own = offer_overrides(session, [listing])[listing]
    assert sorted(each["price"]["minor"] for each in own.values()) == [1250, 1300]
    assert "2 differences on this channel" in shown
    assert refused == [422] * 4

    browser.post(path, data={**send, "clear": "yes"})

    with db.reading(cast.alice.actor) as session:
        assert offer_overrides(session, [listing]) == {}


def test_a_listing_of_another_product_is_not_found(client: FlaskClient, cast: Cast) -> None:
    key, other = product(cast.alice.actor), product(cast.alice.actor)
    listing = listed(cast.alice, other, ListingState.SYNCED)
    browser = enter(client, cast.bob)

    answer = browser.post(
        f"/products/{key}/listings/{listing}/override",
        data={"csrf_token": csrf(browser), "field": "title", "value": "x"},
    )

    assert answer.status_code == 404


@pytest.mark.parametrize(
    ("target", "words", "absent"),
    [
        ("product", "What it is", "<html"),
        ("heading", "Duplicate", "What it is"),
        ("media", "Drop pictures here", "What it is"),
        ("sells", "Where it sells", "What it is"),
        ("history", "Created", "What it is"),
    ],
)
def test_each_part_of_the_page_stands_alone(
    client: FlaskClient, cast: Cast, target: str, words: str, absent: str
) -> None:
    key = product(cast.alice.actor)
    browser = enter(client, cast.bob)

    answer = browser.get(f"/products/{key}", headers={**PARTIAL, "HX-Target": f"div#{target}"})

    html = answer.get_data(as_text=True)
    assert words in html
    assert absent not in html


def test_the_page_says_its_title_once(client: FlaskClient, cast: Cast) -> None:
    key = product(cast.alice.actor)

    page = enter(client, cast.bob).get(f"/products/{key}").text

    assert page.count("<h1>") == 1
    assert "<h1>" not in page.split("</head>")[0]


@pytest.mark.parametrize(("held", "is_told"), [("0", True), ("1", False), ("", False)])
def test_who_holds_an_older_version_is_told(
    client: FlaskClient, cast: Cast, held: str, is_told: bool
) -> None:
    key = product(cast.alice.actor)
    browser = enter(client, cast.bob)

    head = browser.get(
        f"/products/{key}?version={held}", headers={**PARTIAL, "HX-Target": "div#heading"}
    )

    assert ("Changed since you opened this page" in head.text) is is_told


def test_a_refused_form_answers_htmx_with_the_form(client: FlaskClient, cast: Cast) -> None:
    key = product(cast.alice.actor)
    browser = enter(client, cast.bob)

    answer = browser.post(
        f"/products/{key}",
        data={"csrf_token": csrf(browser), "title": "", "status": "draft", "version": "1"},
        headers={**PARTIAL, "HX-Target": "div#product"},
    )

    html = answer.get_data(as_text=True)
    assert answer.status_code == 422
    assert "A product needs a title." in html
    assert "<html" not in html


def test_a_large_product_is_edited_in_parts(client: FlaskClient, cast: Cast) -> None:
    variants: list[dict[str, Any]] = [
        {"sku": f"V-{n}", "choice": {"Size": f"Size {n}"}} for n in range(130)
    ]
    key = product(cast.alice.actor, *variants)
    browser = enter(client, cast.bob)

    first = browser.get(f"/products/{key}").get_data(as_text=True)
    second = browser.get(f"/products/{key}?variants=100").get_data(as_text=True)

    assert "V-99" in first
    assert "V-100" not in first
    assert "V-129" in second
    assert "Later variants" in first


def test_the_picture_of_a_product_shows_in_its_row_once_it_is_there(app: Flask, cast: Cast) -> None:
    key = product(
        cast.alice.actor,
        images=[{"key": "ext:https://shop.example/a.jpg", "url": "https://shop.example/a.jpg"}],
    )

    with app.test_request_context():
        row = draw(cast.alice.actor, [f"product-{key}"])[f"product-{key}"]

    assert "<img" not in row


def test_a_viewer_sees_the_page_without_its_buttons(client: FlaskClient, cast: Cast) -> None:
    key = product(cast.alice.actor, title="Mug")
    with unit_of_work(cast.alice.actor) as work:
        service.change_product(work, ProductChange(key, {"brand": "Acme"}), origin="web")

    html = enter(client, cast.carol).get(f"/products/{key}").get_data(as_text=True)

    assert "Mug" in html
    for words in ("data-save-bar", "Add variant", "Duplicate", "Drop pictures", "Sync now"):
        assert words not in html
