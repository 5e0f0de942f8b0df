"""What lacks something is not shown to shoppers; it says what, and goes once that is there."""

from tests.engine.world import Shop, connected_store


def test_a_product_without_a_price_waits_with_the_sentence_and_goes_with_one(shop: Shop) -> None:
    product = shop.add_product("Mug", "MUG-1")
    shop.change_variant(product, price=None)
    with connected_store(shop) as store:
        shop.settle()
        store.list_here(product)

        [listing] = shop.listings()
        assert (str(listing.state), listing.error_field) == ("failed", "price")
        assert listing.error == "Give every variant a price in USD."
        assert store.state.product_ids() == []

        shop.change_variant(product, price={"minor": 900, "currency": "USD"})
        shop.settle()

        assert store.state.titles() == ["Mug"]
        assert [str(each.state) for each in shop.listings()] == ["synced"]


def test_a_draft_may_be_made_in_the_shop_before_it_is_whole(shop: Shop) -> None:
    product = shop.add_product("Mug", "MUG-1")
    shop.change_variant(product, price=None)
    shop.change(product, status="draft")
    with connected_store(shop) as store:
        shop.settle()
        store.list_here(product)

        assert store.state.titles() == ["Mug"]


def test_one_that_is_not_ready_holds_up_no_other(shop: Shop) -> None:
    lacking, whole = shop.add_product("Mug", "MUG-1"), shop.add_product("Cup", "CUP-1")
    shop.change_variant(lacking, price=None)
    with connected_store(shop) as store:
        shop.settle()
        store.list_here(lacking, whole)

        assert store.state.titles() == ["Cup"]
        errors = [each.error for each in shop.listings() if each.error]
        assert errors == ["Give every variant a price in USD."]
