"""A shop that sells in another currency than our catalog is priced in."""

from typing import Any

import pytest

from app.core.work import unit_of_work
from app.listings import service as listings
from app.sync import resolving
from app.sync.models import Resolution
from app.sync.resolving import Decision
from tests.engine.world import Shop, connected_store

EUR = {"minor": 1250, "currency": "EUR"}


def euros(shop: Shop, product: Any) -> Any:
    """Return what the first variant of a product costs in euros, and in our own currency."""
    first = next(iter(shop.values(product).variants.values()))
    return (first["prices"].get("EUR") or {}).get("price"), first["price"]


def test_its_prices_come_in_beside_ours(shop: Shop) -> None:
    with connected_store(shop, currency="EUR") as store:
        store.state.add_product(name="Mug", type="simple", sku="MUG-1", regular_price="12.50")
        shop.settle()
        store.read(everything=True)
        with unit_of_work(shop.actor) as work:
            [product] = listings.create_here(work, [each.id for each in shop.listings()])
        shop.settle()

        assert euros(shop, product) == (EUR, None)
        assert [str(each.state) for each in shop.listings()] == ["synced"]

        store.state.edit_product(store.state.product_ids()[0], regular_price="13.00")
        shop.settle()
        assert euros(shop, product) == ({"minor": 1300, "currency": "EUR"}, None)
        store.state.forget_writes()
        store.read(everything=True)
        assert store.state.writes() == []


def test_our_prices_for_it_go_out_and_the_others_stay(shop: Shop) -> None:
    product = shop.add_product("Mug", "MUG-1", price=900)
    shop.change_variant(product, prices={"EUR": {"price": EUR, "sale_price": None}})
    with connected_store(shop, currency="EUR") as store:
        shop.settle()
        store.list_here(product)

        [row] = store.state.goods.rows.values()
        assert row["regular_price"] == "12.50"

        shop.change_variant(product, price={"minor": 950, "currency": "USD"})
        shop.settle()
        assert row["regular_price"] == "12.50"
        assert [str(each.state) for each in shop.listings()] == ["synced"]


def test_without_a_price_in_its_currency_a_product_is_not_ready(shop: Shop) -> None:
    product = shop.add_product("Mug", "MUG-1", price=900)
    with connected_store(shop, currency="EUR") as store:
        shop.settle()
        store.list_here(product)

        [listing] = shop.listings()
        assert (str(listing.state), listing.error_field) == ("failed", "price")
        assert listing.error == "Give every variant a price in EUR."
        assert store.state.product_ids() == []


@pytest.mark.parametrize("winner", ["ours", "theirs"])
def test_a_conflict_over_its_price_is_decided_in_its_currency(shop: Shop, winner: str) -> None:
    product = shop.add_product("Mug", "MUG-1", price=900)
    shop.change_variant(product, prices={"EUR": {"price": EUR, "sale_price": None}})
    with connected_store(shop, currency="EUR") as store:
        shop.settle()
        store.rules(groups={"price": {"direction": "both", "on_both": "ask"}})
        store.list_here(product)
        ours = {"minor": 1300, "currency": "EUR"}
        shop.change_variant(product, prices={"EUR": {"price": ours, "sale_price": None}})
        store.state.edit_product(store.state.product_ids()[0], regular_price="11.00")
        shop.settle()
        [conflict] = shop.conflicts()

        with unit_of_work(shop.actor) as work:
            seen = resolving.seen_as(conflict.field, conflict.ours, conflict.theirs)
            resolving.decide(work, conflict.id, Decision(Resolution(winner), seen))
        shop.settle()

        wanted = 1300 if winner == "ours" else 1100
        assert euros(shop, product)[0] == {"minor": wanted, "currency": "EUR"}
        assert euros(shop, product)[1] == {"minor": 900, "currency": "USD"}
        [row] = store.state.goods.rows.values()
        assert row["regular_price"] == f"{wanted / 100:.2f}"
