"""What plugins and merchants put into a shop, and nobody thought of, keeps nothing else away."""

from app.simulators.woocommerce import StoreState
from tests.engine.world import Shop, connected_store


def goods(store: StoreState) -> None:
    """A mug like any other, beside what plugins sell."""
    store.add_product(name="Mug", type="simple", status="publish", sku="MUG", regular_price="9.00")
    store.add_product(
        name="Box of the month",
        type="simple",
        status="publish",
        sku="B" * 300,
    )


def test_a_kind_of_product_with_a_long_name_comes_in_beside_the_others(shop: Shop) -> None:
    def seed(store: StoreState) -> None:
        goods(store)
        box = next(row for row in store.goods.rows.values() if row["name"] != "Mug")
        box["type"] = "variable-subscription"

    with connected_store(shop, seed=seed):
        shop.settle()

        assert [(each.title, each.kind) for each in shop.listings()] == [
            ("Box of the month", "variable-subscriptio"),
            ("Mug", "simple"),
        ]
