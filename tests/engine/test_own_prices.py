"""Stories of a price that differs on one channel on purpose."""

from uuid import UUID

from app.core.work import unit_of_work
from app.listings import service as listings
from tests.engine.world import Shop, Store, connected_store
from tests.factories.catalog import usd


def differ(
    shop: Shop, store: Store, product: UUID, minor: int | None, field: str = "price"
) -> None:
    """Give the only variant a price of its own in a store, or (None) the product's again."""
    (listing,) = shop.listings(store)
    variants = list(shop.values(product).variants)
    value = None if minor is None else usd(minor)
    with unit_of_work(shop.actor) as work:
        listings.set_variant_overrides(
            work, listing.id, variants, field, value, is_cleared=minor is None
        )
    shop.settle()


def test_a_price_of_its_own_is_sent_there_only_and_stays(shop: Shop) -> None:
    with connected_store(shop) as store, connected_store(shop) as other:
        product = shop.add_product("Mug", "MUG-1", price=1000)
        for each in (store, other):
            each.list_here(product)

        differ(shop, store, product, 1250)

        assert shown(store, other) == ["12.50", "10.00"]
        (variant,) = shop.values(product).variants.values()
        assert variant["price"] == usd(1000)

        shop.change_variant(product, price=usd(1100))
        shop.settle()

        assert shown(store, other) == ["12.50", "11.00"]

        differ(shop, store, product, None)

        assert shown(store, other) == ["11.00", "11.00"]


def test_what_the_shop_makes_of_its_own_price_stays_there(shop: Shop) -> None:
    with connected_store(shop) as store, connected_store(shop) as other:
        product = shop.add_product("Mug", "MUG-1", price=1000)
        for each in (store, other):
            each.list_here(product)
        differ(shop, store, product, 1250)
        store.rules(groups={"price": {"direction": "both"}})

        store.state.edit_product(store.state.product_ids()[0], regular_price="13.00")
        shop.settle()

        assert shown(store, other) == ["13.00", "10.00"]
        (variant,) = shop.values(product).variants.values()
        assert variant["price"] == usd(1000)


def test_a_price_set_before_the_listing_is_there_is_what_it_begins_with(shop: Shop) -> None:
    with connected_store(shop) as store:
        product = shop.add_product("Mug", "MUG-1", price=1000)
        with unit_of_work(shop.actor) as work:
            (listing_id,) = listings.list_products(work, store.connection_id, [product])
            variants = list(shop.values(product).variants)
            listings.set_variant_overrides(work, listing_id, variants, "price", usd(900))
        shop.settle()

        assert shown(store) == ["9.00"]

        shop.change_variant(product, price=usd(1100))
        shop.settle()

        assert shown(store) == ["9.00"]


def shown(*stores: Store) -> list[str]:
    """Return what each store asks for its only product."""
    return [store.state.product(store.state.product_ids()[0])["regular_price"] for store in stores]
