"""What plugins and merchants put into a shop, and nobody thought of, keeps nothing else away."""

from app.simulators.woocommerce import StoreState
from tests.engine.world import Shop, connected_store


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


def test_what_could_not_be_taken_in_is_said_until_it_is(shop: Shop) -> None:
    product = shop.add_product("Mug", "MUG")
    with connected_store(shop) as store:
        store.list_here(product)
        [key] = store.state.product_ids()

        store.state.edit_product(key, sku="S" * 120)
        shop.settle()
        state, refused = state_of(shop)
        assert (state, "SKU takes up to 100 characters" in str(refused)) == ("failed", True)

        shop.change(product, title="Cup")
        shop.settle()
        assert (store.state.titles(), state_of(shop)) == (["Cup"], ("failed", refused))

        store.state.edit_product(key, sku="CUP")
        shop.settle()
        assert state_of(shop) == ("synced", None)


def test_a_count_no_column_holds_keeps_no_other_count_away(shop: Shop) -> None:
    mug, cup = shop.add_product("Mug", "MUG", quantity=5), shop.add_product("Cup", "CUP")
    with connected_store(shop) as store, connected_store(shop) as other:
        store.list_here(mug, cup)
        other.list_here(mug, cup)

        store.edit("MUG", "quantity", 10**10)
        other.edit("CUP", "quantity", 3)
        shop.settle()
        shop.change_variant(mug, quantity=4)
        shop.settle()

        assert (store.shown("CUP")["quantity"], other.shown("MUG")["quantity"]) == (3, 4)
