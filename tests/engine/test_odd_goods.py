"""What plugins and merchants put into a shop, and nobody thought of, keeps nothing else away."""

from app.core.work import unit_of_work
from app.listings import service as listings
from app.simulators.woocommerce import StoreState
from tests.engine.world import Shop, Store, connected_store


def goods(store: StoreState) -> None:
    """A mug like any other, beside what plugins sell."""
    store.add_product(name="Mug", type="simple", status="publish", sku="MUG")
    store.add_product(name="Box", type="simple", status="publish", sku="B" * 300)
    box = next(row for row in store.goods.rows.values() if row["name"] == "Box")
    box["type"] = "variable-subscription"


def state_of(shop: Shop) -> tuple[str, str | None]:
    [listing] = shop.listings()
    return listing.state, listing.error


def test_a_kind_of_product_with_a_long_name_comes_in_beside_the_others(shop: Shop) -> None:
    with connected_store(shop, seed=goods):
        shop.settle()

        assert [(each.title, each.kind) for each in shop.listings()] == [
            ("Box", "variable-subscriptio"),
            ("Mug", "simple"),
        ]


def _with_endless_stock(shop: Shop, store: Store) -> None:
    """Pair a product of the shop, whose stock then becomes what no column holds."""
    key = store.state.add_product(name="Mug", type="simple", status="publish", sku="MUG")
    shop.settle()
    with unit_of_work(shop.actor) as work:
        listings.create_here(work, [each.id for each in shop.listings()])
    shop.settle()
    store.state.edit_product(key, manage_stock=True, stock_quantity=10**10)
    shop.settle()


def test_what_could_not_be_taken_in_is_said_until_it_is(shop: Shop) -> None:
    with connected_store(shop) as store:
        _with_endless_stock(shop, store)
        refused = ("failed", "The shop’s change could not be taken in: Stock is too large.")
        assert state_of(shop) == refused
        [product] = [each.product_id for each in shop.listings()]
        assert product is not None

        shop.change(product, title="Cup")
        shop.settle()
        assert (store.state.titles()[0], state_of(shop)) == ("Cup", refused)

        store.edit("MUG", "quantity", 7)
        shop.settle()
        assert state_of(shop) == ("synced", None)
