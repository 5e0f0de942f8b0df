"""What open orders want is neither deleted nor removed under them."""

from uuid import UUID

import pytest

from app.catalog import service as catalog
from app.catalog.errors import InvalidProducts, StillWanted
from app.catalog.models import Variant
from app.core import db
from app.core.work import unit_of_work
from app.inventory import service as inventory
from tests.cast import csrf
from tests.factories.orders import sold
from tests.pages.orders.conftest import Place


def product_of(place: Place, variant_id: UUID) -> UUID:
    with db.reading(place.manager.actor) as session:
        return session.get_one(Variant, variant_id).product_id


def archived(place: Place, variant_id: UUID) -> UUID:
    product_id = product_of(place, variant_id)
    with unit_of_work(place.manager.actor) as work:
        catalog.archive_products(work, [product_id])
    return product_id


@pytest.mark.parametrize("stock", [5, 0], ids=["promised", "waiting"])
def test_a_product_that_orders_want_is_kept_until_they_are_over(place: Place, stock: int) -> None:
    product_id = archived(place, place.stock("MUG-1", stock))
    order_id = place.sell(sold("MUG-1", 2))

    refused = place.client.post(
        f"/products/{product_id}/delete", data={"csrf_token": csrf(place.client)}
    )

    assert refused.status_code == 409
    assert "Open orders want 2 units of it. Ship or cancel those first." in refused.text
    assert place.order(order_id).lines[0].product_id == product_id

    data = place.form(order_id) | place.units(order_id, 2)
    place.client.post(f"/orders/{order_id}/cancel", data=data)
    with unit_of_work(place.manager.actor) as work:
        catalog.delete_product(work, product_id)


def test_a_component_of_a_sold_kit_is_kept(place: Place) -> None:
    cup, kit = place.stock("CUP", 5), place.stock("SET", 0)
    with unit_of_work(place.manager.actor) as work:
        inventory.set_components(work, kit, {cup: 2})
    place.sell(sold("SET", 1))
    product_id = archived(place, cup)

    with (
        pytest.raises(StillWanted, match="2 units"),
        unit_of_work(place.manager.actor) as work,
    ):
        catalog.delete_product(work, product_id)


def test_a_variant_that_orders_want_is_not_removed(place: Place) -> None:
    small = place.stock("S", 3)
    product_id = product_of(place, small)
    with unit_of_work(place.manager.actor) as work:
        large = catalog.VariantDraft({"sku": "L", "choice": {"Size": "L"}})
        change = catalog.ProductChange(product_id, new_variants=(large,))
        catalog.change_product(work, change, origin="web")
    gone = catalog.ProductChange(product_id, removed_variants=(small,))
    place.sell(sold("S", 1))

    with (
        pytest.raises(InvalidProducts) as refusal,
        unit_of_work(place.manager.actor) as work,
    ):
        catalog.change_product(work, gone, origin="sync")

    assert refusal.value.fields == {
        f"variants.{small}.sku": "Open orders want 1 unit of it. Ship or cancel those first."
    }
