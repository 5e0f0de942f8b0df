"""What a shop may sell, set on its settings page and told on the page of the variant."""

from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import text
from werkzeug.test import TestResponse

from app.connections import wire
from app.core import db
from app.core.actor import job_actor
from app.core.work import unit_of_work
from app.inventory import service as inventory
from app.inventory.models import LocationKind
from app.inventory.service import Adjustment, LocationDraft, Mode, Reason
from app.listings.service import list_products
from tests.cast import Cast, csrf, enter
from tests.engine.world import Shop, Store, connected_store, world
from tests.pages.sync.test_locations import Sent


@dataclass
class Acme:
    """Acme with two stores that sell one mug, and somebody before the settings page."""

    shop: Shop
    stores: list[Store]
    client: FlaskClient
    product: UUID

    def save(self, store: Store, **changed: str) -> TestResponse:
        """Send the form of the settings page as it stands, with some fields changed."""
        url = f"/connections/{store.connection_id}/settings"
        page = self.client.get(url).text
        form = Sent(page.split('id="editor"', 1)[1].split("</form>", 1)[0])
        answer = self.client.post(url, data={**form.fields, **changed})
        self.shop.settle()
        return answer

    @property
    def shown(self) -> list[int]:
        """What each store shows."""
        return [store.shown("MUG-1")["quantity"] for store in self.stores]

    @property
    def variant(self) -> UUID:
        """The mug's variant."""
        return next(iter(self.shop.values(self.product).variants))

    def settings(self, store: Store) -> dict[str, Any]:
        """Return the stored rules of a store."""
        return dict(wire.load(self.shop.actor, store.connection_id).settings)


@pytest.fixture
def acme(app: Flask, people: Cast, client: FlaskClient) -> Iterator[Acme]:
    with ExitStack() as stack:
        shop = stack.enter_context(world(app, job_actor(people.alice.place)))
        product = shop.add_product("Mug", "MUG-1", quantity=10)
        stores = [stack.enter_context(connected_store(shop)) for _ in range(2)]
        shop.settle()
        with unit_of_work(shop.actor) as work:
            for store in stores:
                list_products(work, store.connection_id, [product])
        shop.settle()
        enter(client, people.alice)
        yield Acme(shop, stores, client, product)


def test_what_a_shop_is_shown_follows_its_settings_at_once(acme: Acme) -> None:
    first, second = acme.stores
    assert acme.shown == [10, 10]

    assert acme.save(first, buffer="3", stock_cap="5").status_code == 303
    assert acme.shown == [5, 10]
    assert acme.save(first, buffer="0", buffer_percent="25", stock_cap="").status_code == 303
    assert acme.shown == [7, 10]

    told = acme.client.get(f"/inventory/{acme.variant}").text
    assert "Shares all 10 that count for it, less 25 % held back." in told
    assert "that it sells out, a unit is sold twice" in told or "No unit can be sold twice" in told
    assert acme.settings(second).get("buffer_percent") is None
    with db.reading(acme.shop.actor) as session:
        noted = session.scalars(
            text("SELECT details FROM audit_entries ORDER BY id DESC LIMIT 1")
        ).one()
    assert "buffer_percent" in str(noted)


def test_shops_with_parts_of_their_own_never_show_more_than_there_is(acme: Acme) -> None:
    first, second = acme.stores

    acme.save(first, stock_mode="strict")
    acme.save(second, stock_mode="strict")

    assert sum(acme.shown) == 10
    assert min(acme.shown) > 0
    told = acme.client.get(f"/inventory/{acme.variant}").text
    assert told.count("A part of its own, weight 1.") == 2
    assert "sold twice" not in told


def test_a_kit_and_what_is_in_it_are_told_to_share_the_shelf(acme: Acme) -> None:
    first, second = acme.stores
    pair = acme.shop.add_product("Pair of mugs", "PAIR", quantity=0)
    kit = next(iter(acme.shop.values(pair).variants))
    with unit_of_work(acme.shop.actor) as work:
        inventory.set_components(work, kit, {acme.variant: 2})
    second.list_here(pair)
    said = "a unit shown alone is never shown in a kit, too."
    assert said not in acme.client.get(f"/inventory/{kit}").text

    acme.save(first, stock_mode="strict")

    told = acme.client.get(f"/inventory/{kit}").text
    assert "Shares 1 that no other shop has as its own part." in told
    assert said in told
    assert said in acme.client.get(f"/inventory/{acme.variant}").text
    assert acme.shown == [5, 3]
    assert second.shown("PAIR")["quantity"] == 1


def test_a_mirrored_shop_keeps_its_own_count(acme: Acme) -> None:
    first = acme.stores[0]
    acme.save(first, stock_mode="mirror")

    first.edit("MUG-1", "quantity", 20)
    first.read()
    acme.shop.edit(acme.product, "quantity", 4)
    acme.shop.settle()

    assert acme.shown == [20, 4]
    told = acme.client.get(f"/inventory/{acme.variant}").text
    assert "It keeps its own count. Yours is not sent." in told


def test_only_the_locations_that_count_are_shown(acme: Acme) -> None:
    with unit_of_work(acme.shop.actor) as work:
        place = inventory.create_location(work, LocationDraft("Corner", LocationKind.SHOP))
        corner = getattr(place, "id", place)
    with unit_of_work(acme.shop.actor) as work:
        inventory.adjust(work, acme.variant, corner, Adjustment(Mode.SET, 4, Reason.FOUND))
    acme.shop.settle()
    assert acme.shown == [14, 14]

    acme.save(acme.stores[0], stock_places=str(corner))

    assert acme.shown == [4, 14]
    assert acme.settings(acme.stores[0])["stock_places"] == [str(corner)]


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("stock_mode", "gone"),
        ("stock_cap", "-1"),
        ("buffer_percent", "101"),
        ("stock_weight", "0"),
        ("buffer", "many"),
    ],
)
def test_what_makes_no_sense_is_refused_at_its_field(acme: Acme, field: str, value: str) -> None:
    store = acme.stores[0]
    before = acme.settings(store)

    answer = acme.save(store, **{field: value})

    assert answer.status_code == 422
    assert f'id="{field}-error"' in answer.text
    assert acme.settings(store) == before
    assert csrf(acme.client)
