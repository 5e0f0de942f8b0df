"""Prices that are not sent (DEC-27): said where the price is, and switched there."""

from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import select

from app.catalog import bulk
from app.catalog.bulk import Operation
from app.core.db import reading
from app.core.work import unit_of_work
from app.team.models import AuditEntry
from tests.cast import Cast, Person, csrf, enter
from tests.pages.sync.place import Place

STAYS = "Sandbox stays at $10.00: prices are not sent to this listing."


@pytest.fixture
def mug(acme: Place) -> UUID:
    """A mug that the shop had first, dearer here since."""
    product = acme.shop.add_product("Mug", "MUG-0")
    acme.store.state.add_product(
        name="Mug", sku="MUG-0", regular_price="10.00", manage_stock=True, stock_quantity=5
    )
    acme.store.read()
    dearer(acme, product, 1200)
    return product


def dearer(place: Place, product: UUID, minor: int) -> None:
    """Change the price here and let everything settle."""
    place.shop.change_variant(product, price={"minor": minor, "currency": "USD"})
    place.shop.settle()


def asked(place: Place) -> Any:
    """What the shop asks for its only product."""
    return place.store.state.product(place.row())["regular_price"]


def switch(place: Place, product: UUID, *, sent: str, headers: Any = None) -> Any:
    """Press the switch of the only listing."""
    (listing,) = place.shop.listings()
    path = f"/products/{product}/listings/{listing.id}/prices"
    token = csrf(place.client)
    return place.client.post(path, data={"csrf_token": token, "sent": sent}, headers=headers)


def test_a_price_that_is_not_sent_says_so_where_it_is(acme: Place, mug: UUID) -> None:
    page = acme.client.get(f"/products/{mug}").text

    assert asked(acme) == "10.00"
    before_places, places = page.split("Where it sells</h2>")
    assert STAYS in before_places
    assert "Prices are not sent here: it stays at $10.00." in places


def test_switched_on_the_price_goes_and_the_page_says_no_more(acme: Place, mug: UUID) -> None:
    answer = switch(acme, mug, sent="yes")
    acme.shop.settle()

    page = acme.client.get(f"/products/{mug}").text
    assert answer.status_code == 303
    assert asked(acme) == "12.00"
    assert STAYS not in page
    assert "Prices are sent here." in page
    with reading(acme.shop.actor) as session:
        told = session.scalars(
            select(AuditEntry.summary).where(AuditEntry.action == "listing.prices")
        )
        assert list(told) == ["Prices of Mug are sent to Sandbox."]


def test_switched_off_again_the_shop_keeps_its_price(acme: Place, mug: UUID) -> None:
    switch(acme, mug, sent="yes")
    acme.shop.settle()

    switch(acme, mug, sent="no")
    dearer(acme, mug, 1300)

    assert asked(acme) == "12.00"


def test_the_switch_outranks_the_rule_of_the_connection(acme: Place, mug: UUID) -> None:
    prices = {"price": {"direction": "to_channel", "on_both": "ours"}}
    switch(acme, mug, sent="yes")
    acme.shop.settle()
    switch(acme, mug, sent="no")
    acme.store.rules(groups=prices, imported=prices)

    dearer(acme, mug, 1300)

    assert asked(acme) == "12.00"


def test_a_price_changed_in_the_shop_still_comes_in(acme: Place, mug: UUID) -> None:
    dearer(acme, mug, 1000)

    acme.store.state.edit_product(acme.row(), regular_price="9.00")
    acme.shop.settle()

    (variant,) = acme.shop.values(mug).variants.values()
    assert variant["price"]["minor"] == 900


def test_a_fragment_says_it_in_place(acme: Place, mug: UUID) -> None:
    headers = {"HX-Request": "true", "HX-Request-Type": "partial", "HX-Target": "div#prices"}

    shown = switch(acme, mug, sent="yes", headers=headers)

    assert shown.status_code == 200
    assert "<html" not in shown.text
    assert "not sent to this listing" not in shown.text


def test_each_variant_with_another_price_says_so(acme: Place) -> None:
    product = acme.shop.add_product("Tile", "TILE-S", "TILE-L")
    acme.store.list_here(product)
    switch(acme, product, sent="no")
    dearer(acme, product, 1500)

    page = acme.client.get(f"/products/{product}").text

    assert STAYS in page
    assert page.count("Sandbox stays at $10.00.") == 1


def test_the_listings_row_shows_its_price_and_the_switch(acme: Place, mug: UUID) -> None:
    path = f"/connections/{acme.store.connection_id}/mapping"
    (listing,) = acme.shop.listings()

    before = acme.client.get(f"{path}?view=paired").text
    acme.client.post(
        f"{path}/prices?sent=yes", data={"csrf_token": csrf(acme.client), "only": str(listing.id)}
    )
    acme.shop.settle()

    assert "$10.00" in before
    assert "Yours is not sent" in before
    assert "Yours is not sent" not in acme.client.get(f"{path}?view=paired").text
    assert asked(acme) == "12.00"


def test_a_bulk_preview_counts_what_is_not_sent(acme: Place, mug: UUID) -> None:
    lamp = acme.shop.add_product("Lamp", "LAMP-1")
    acme.store.list_here(lamp)

    def preview(operation: Operation) -> str:
        with unit_of_work(acme.shop.actor) as work:
            edit = bulk.start_bulk_edit(work, [mug, lamp], operation)
        return acme.client.get(f"/products/bulk/{edit.id}").text

    prices, brands = preview(Operation("price_percent", "10")), preview(Operation("brand", "Kofi"))

    assert "1 listing keeps its price" in prices
    assert "Sandbox: 1" in prices
    assert "keeps its price" not in brands


def test_who_may_not_pair_sees_it_and_cannot_switch(
    acme: Place, people: Cast, manager: Person, mug: UUID
) -> None:
    enter(acme.client, people.bob)
    shown = acme.client.get(f"/products/{mug}").text
    refused = switch(acme, mug, sent="yes")
    acme.shop.settle()

    assert STAYS in shown
    assert "Send prices" not in shown
    assert refused.status_code == 403
    assert asked(acme) == "10.00"
    assert "Send prices" in enter(acme.client, manager).get(f"/products/{mug}").text


def test_another_organization_switches_nothing(acme: Place, people: Cast, mug: UUID) -> None:
    enter(acme.client, people.mallory)

    refused = switch(acme, mug, sent="yes")
    acme.shop.settle()

    assert refused.status_code == 404
    assert asked(acme) == "10.00"


def test_a_listing_of_another_product_is_not_switched(acme: Place, mug: UUID) -> None:
    other = acme.shop.add_product("Vase", "VASE-1")

    assert switch(acme, other, sent="yes").status_code == 404
