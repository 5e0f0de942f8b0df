"""Which location of a Shopify shop counts: chosen on the settings page, told when it is closed."""

from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from html.parser import HTMLParser
from typing import Any
from uuid import UUID

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from app.adapters.shopify import schema
from app.connections import wire
from app.connections.errors import NotOpen
from app.connections.models import Connection, ConnectionState
from app.core.actor import job_actor
from app.core.work import unit_of_work
from app.sync import intake, records, resolving, tasks
from app.sync.models import Resolution
from tests.cast import Cast, enter
from tests.engine.shopify import ShopifyShop, connected_shopify
from tests.engine.world import Shop, connected_store, world

MAIN, CORNER = "Main warehouse", "Corner shop"


class Sent(HTMLParser):
    """What a browser would send of a form, as it stands."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.fields: dict[str, str] = {}
        self._select = ""
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        name, value = given.get("name") or "", given.get("value") or ""
        if tag == "select":
            self._select = name
        elif tag == "option" and "selected" in given:
            self.fields[self._select] = value
        elif tag == "input" and (given.get("type") != "checkbox" or "checked" in given):
            self.fields[name] = value


@dataclass
class Acme:
    """Acme, its Shopify shop with two locations, and somebody before the settings page."""

    shop: Shop
    store: ShopifyShop
    client: FlaskClient

    @property
    def url(self) -> str:
        return f"/connections/{self.store.connection_id}"

    def row(self) -> Connection:
        """Return our connection as it is now."""
        return wire.load(self.shop.actor, self.store.connection_id)

    def place(self, name: str) -> int:
        """Return the number of a location."""
        rows = self.store.state.locations.rows.values()
        return next(int(row["id"]) for row in rows if row["name"] == name)

    def save(self, **changed: str | list[str]) -> TestResponse:
        """Send the form of the settings page as it stands, with some fields changed."""
        page = self.client.get(f"{self.url}/settings").text
        form = Sent(page.split('id="editor"', 1)[1].split("</form>", 1)[0])
        return self.client.post(f"{self.url}/settings", data={**form.fields, **changed})

    def mug(self, here: int, there: int) -> tuple[UUID, int]:
        """Sell a mug; `here` of it are at the main warehouse, `there` at the corner."""
        product = self.shop.add_product("Mug", "MUG-1", quantity=here)
        self.store.list_here(product)
        [variant] = self.store.state.variant_ids(self.store.id_of("MUG-1"))
        self.store.state.set_stock(variant, there, location=self.place(CORNER))
        self.shop.settle()
        return product, variant

    def count(self, product: UUID) -> Any:
        """Return our count of the only variant."""
        (values,) = self.shop.values(product).variants.values()
        return values["quantity"]


@pytest.fixture
def acme(app: Flask, people: Cast, client: FlaskClient) -> Iterator[Acme]:
    with ExitStack() as stack:
        shop = stack.enter_context(world(app, job_actor(people.alice.place)))
        store = stack.enter_context(connected_shopify(shop))
        shop.settle()
        enter(client, people.alice)
        yield Acme(shop, store, client)


def test_the_settings_list_the_locations_of_the_shop(acme: Acme) -> None:
    page = acme.client.get(f"{acme.url}/settings").text

    assert "Main location" in page
    assert "Other locations that count" in page
    assert f'<option value="{acme.place(MAIN)}" selected>{MAIN}</option>' in page
    assert f'<option value="{acme.place(CORNER)}">{CORNER}</option>' in page
    told = acme.client.get(acme.url).text
    assert f"<dt>{MAIN}</dt><dd>Read and written</dd>" in told
    assert f"<dt>{CORNER}</dt><dd>Left alone</dd>" in told


def test_a_channel_without_locations_is_not_asked_for_one(acme: Acme) -> None:
    with connected_store(acme.shop) as woo:
        page = acme.client.get(f"/connections/{woo.connection_id}/settings").text

    assert "Who owns what" in page
    assert "Main location" not in page


def test_stock_of_another_location_is_asked_about_and_then_written_there(acme: Acme) -> None:
    product, variant = acme.mug(7, 3)
    stock = acme.store.state.stock

    answer = acme.save(location_id=str(acme.place(CORNER)))
    acme.shop.settle()

    assert answer.status_code == 303
    assert acme.row().settings["location_id"] == str(acme.place(CORNER))
    [conflict] = acme.shop.conflicts()
    assert (conflict.field, conflict.ours, conflict.theirs) == ("quantity", 7, 3)
    assert acme.count(product) == 7

    with unit_of_work(acme.shop.actor) as work:
        seen = resolving.seen_as("quantity", 7, 3)
        resolving.decide(work, conflict.id, resolving.Decision(Resolution.OURS, seen))
    acme.shop.change_variant(product, quantity=6)
    acme.shop.settle()

    assert stock(variant, location=acme.place(CORNER)) == 6
    assert stock(variant, location=acme.place(MAIN)) == 7


@pytest.mark.parametrize("pages", [schema.PAGED_MOST, 0])  # page by page, or by an export
def test_what_lies_at_several_locations_is_added_up_and_sold_from_any(
    acme: Acme, monkeypatch: pytest.MonkeyPatch, pages: int
) -> None:
    monkeypatch.setattr(schema, "PAGED_MOST", pages)
    product, variant = acme.mug(7, 3)
    stock, corner = acme.store.state.stock, acme.place(CORNER)

    answer = acme.save(more_location_ids=[str(corner)], on_first="theirs")
    acme.shop.settle()

    assert answer.status_code == 303
    assert acme.count(product) == 10
    page = acme.client.get(acme.url).text
    assert f"<dt>{MAIN}</dt><dd>Main location</dd>" in page
    assert f"<dt>{CORNER}</dt><dd>Counts, too</dd>" in page
    assert "Customers may also buy what lies at" not in page

    acme.shop.change_variant(product, quantity=2)
    acme.shop.settle()
    assert (stock(variant, location=acme.place(MAIN)), stock(variant, location=corner)) == (0, 2)

    acme.store.state.sell((variant, 1))
    acme.shop.settle()
    assert (acme.count(product), stock(variant, location=corner)) == (1, 1)

    acme.store.state.set_stock(variant, 5, location=corner)
    acme.shop.settle()
    assert acme.count(product) == 5

    acme.shop.change_variant(product, quantity=9)
    acme.shop.settle()
    assert (stock(variant, location=acme.place(MAIN)), stock(variant, location=corner)) == (4, 5)

    acme.save(more_location_ids=[], on_first="ours")
    acme.shop.settle()
    assert stock(variant, location=corner) == 5
    assert stock(variant, location=acme.place(MAIN)) == 9


def test_what_is_read_of_the_old_locations_when_others_are_chosen_comes_too_late(
    acme: Acme,
) -> None:
    product, variant = acme.mug(7, 3)
    actor, key = acme.shop.actor, str(acme.store.id_of("MUG-1"))

    with wire.open_connection(actor, acme.store.connection_id) as opened:
        with unit_of_work(actor) as work:
            order = tasks.read_order(work)
        seen = opened.adapter.read_products([key])
        acme.save(more_location_ids=[str(acme.place(CORNER))], on_first="ours")
        with unit_of_work(actor) as work:
            terms = records.Terms(opened.row, opened.adapter.capabilities, None, order=order)
            intake.take_in(work, terms, list(seen))
        with unit_of_work(actor) as work, pytest.raises(NotOpen):
            wire.refuse_if_outdated(work, opened)
    acme.shop.settle()

    assert (acme.count(product), acme.store.state.stock(variant)) == (7, 7)


def test_another_location_that_counts_and_is_closed_is_told(acme: Acme) -> None:
    product, _ = acme.mug(7, 3)
    acme.save(more_location_ids=[str(acme.place(CORNER))], on_first="theirs")
    acme.shop.settle()

    acme.store.state.close_location(acme.place(CORNER))
    acme.shop.settle()

    assert acme.row().state == ConnectionState.ERROR
    assert f"“{CORNER}”, where its stock counts, was closed" in acme.client.get(acme.url).text
    assert acme.count(product) == 10

    acme.save(on_first="theirs")
    acme.shop.settle()
    assert acme.row().state == ConnectionState.ACTIVE
    assert acme.count(product) == 7


def test_a_location_that_counts_is_refused_where_nobody_has_it(acme: Acme) -> None:
    answer = acme.save(more_location_ids=["999999"])

    assert answer.status_code == 422
    assert "more_location_ids" not in acme.row().settings


def test_what_the_new_location_has_counts_where_the_shop_wins_at_first(acme: Acme) -> None:
    product, variant = acme.mug(7, 3)

    acme.save(location_id=str(acme.place(CORNER)), on_first="theirs")
    acme.shop.settle()

    assert acme.count(product) == 3
    assert acme.store.state.stock(variant, location=acme.place(MAIN)) == 7


def test_saving_other_rules_reads_nothing_anew(acme: Acme) -> None:
    before = len(acme.shop.runs())

    answer = acme.save(buffer="2")

    assert answer.status_code == 303
    assert len(acme.shop.runs()) == before


def test_a_location_nobody_has_is_refused_at_the_field(acme: Acme) -> None:
    answer = acme.save(location_id="999999")

    assert answer.status_code == 422
    assert "Not a valid choice" in answer.text
    assert "location_id" not in acme.row().settings


@pytest.mark.parametrize("is_chosen", [True, False])
def test_a_location_closed_in_the_shop_asks_for_another(acme: Acme, is_chosen: bool) -> None:
    product, _ = acme.mug(7, 3)
    if is_chosen:
        acme.save()

    acme.store.state.close_location(acme.place(MAIN))
    acme.shop.settle()

    assert acme.row().state == ConnectionState.ERROR
    page = acme.client.get(acme.url).text
    assert f"“{MAIN}”, where its stock counts, was closed in Shopify. Choose in the" in page
    assert f"<dt>{MAIN}</dt><dd>Closed</dd>" in page
    assert acme.count(product) == 7

    kept = acme.save()
    assert kept.status_code == 422
    assert "This location is closed in the shop. Choose another one." in kept.text
    assert f"{MAIN} (closed)" in kept.text

    acme.save(location_id=str(acme.place(CORNER)), on_first="ours")
    acme.shop.settle()
    assert acme.row().state == ConnectionState.ACTIVE
    assert acme.row().error is None
    assert acme.count(product) == 7


def test_a_new_location_of_the_shop_can_be_chosen_at_once(acme: Acme) -> None:
    number = acme.store.state.add_location("Pop-up")
    acme.shop.settle()

    assert (
        f'<option value="{number}">Pop-up</option>' in acme.client.get(f"{acme.url}/settings").text
    )
