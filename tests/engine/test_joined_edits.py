"""Edits of one field on both sides that fit together: both arrive, none counts twice."""

from tests.engine.world import Shop, connected_store


def test_a_sale_in_the_shop_and_a_delivery_here_add_up(shop: Shop) -> None:
    product = shop.add_product("Mug", "MUG-1", quantity=10)
    with connected_store(shop) as store:
        shop.settle()
        store.list_here(product)
        (row,) = store.state.product_ids()

        shop.change_variant(product, quantity=14)
        store.state.edit_product(row, stock_quantity=9)
        shop.settle()

        (variant,) = shop.values(product).variants.values()
        assert variant["quantity"] == 13
        assert store.state.product(row)["stock_quantity"] == 13
        assert shop.conflicts() == []


def test_tags_added_on_both_sides_are_on_both_sides(shop: Shop) -> None:
    product = shop.add_product("Mug", "MUG-1", tags=["new"])
    with connected_store(shop) as store:
        shop.settle()
        store.list_here(product)
        (row,) = store.state.product_ids()

        shop.change(product, tags=["gift", "new"])
        tags = [{"name": name} for name in ("new", "sale")]
        store.state.edit_product(row, tags=tags)
        shop.settle()

        assert shop.values(product).values["tags"] == ["gift", "new", "sale"]
        shown = {tag["name"] for tag in store.state.product(row)["tags"]}
        assert shown == {"gift", "new", "sale"}


def test_what_was_joined_and_waits_to_be_sent_is_not_undone_by_the_next_read(shop: Shop) -> None:
    product = shop.add_product("Mug", "MUG-1", quantity=10)
    with connected_store(shop) as store:
        shop.settle()
        store.list_here(product)
        (row,) = store.state.product_ids()
        store.rules(auto_push=False)

        shop.change_variant(product, quantity=14)
        store.state.edit_product(row, stock_quantity=9)
        shop.settle()
        store.read(everything=True)

        (variant,) = shop.values(product).variants.values()
        assert variant["quantity"] == 13
        assert store.state.product(row)["stock_quantity"] == 9
