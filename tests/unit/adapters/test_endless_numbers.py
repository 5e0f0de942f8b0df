"""Numbers nobody can write out, as plugins send them, are refused and never reckoned with."""

import pytest

from app.adapters.errors import BadPayload
from app.adapters.shopify.mapper.reader import Reader as ShopifyReader
from app.adapters.woocommerce.mapper.amounts import units
from app.adapters.woocommerce.mapper.reader import Reader as WooCommerceReader


@pytest.mark.parametrize("reader", [ShopifyReader, WooCommerceReader])
@pytest.mark.parametrize("text", ["1e99999999", "-1e31", "9" * 40])
def test_a_number_of_too_many_digits_is_none(
    reader: type[ShopifyReader | WooCommerceReader], text: str
) -> None:
    with pytest.raises(BadPayload, match="not a number"):
        reader({"amount": text}, "order 7").number("amount")


def test_a_count_without_end_is_more_than_any_count() -> None:
    assert units("1e99999999") == 10**18
    assert units("-1e99999999") == -(10**18)
    assert units("2.5") == 3
    assert units("nan") is None
