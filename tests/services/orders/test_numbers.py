"""Orders entered by many at once: a number for each, none twice, and none left out."""

from concurrent.futures import ThreadPoolExecutor
from uuid import UUID

import pytest
from sqlalchemy import select

from app.catalog.models import Variant
from app.core import db
from app.core.actor import Actor
from app.core.errors import Invalid
from app.core.work import unit_of_work
from app.orders import service
from app.orders.models import Order
from tests.factories.catalog import product

WORKERS, EACH = 6, 5


def _enter(actor: Actor, variant_id: UUID) -> None:
    """Enter some orders; every second one is refused after its number was taken."""
    for at in range(EACH * 2):
        entry = service.Entry(variant_id, 1, 500)
        try:
            with unit_of_work(actor) as work:
                service.create_order(work, service.ManualOrder("USD", [entry]))
                if at % 2:
                    service.create_order(work, service.ManualOrder("USD", []))
        except Invalid:
            continue


@pytest.mark.race
@pytest.mark.timeout(300)
def test_numbers_have_no_gap_whoever_comes_at_once(actor: Actor) -> None:
    key = product(actor, {"sku": "MUG", "quantity": 100})
    with db.reading(actor) as session:
        variant_id = session.scalars(select(Variant.id).where(Variant.product_id == key)).one()

    with ThreadPoolExecutor(WORKERS) as pool:
        list(pool.map(lambda _: _enter(actor, variant_id), range(WORKERS)))

    with db.reading(actor) as session:
        numbers = sorted(session.scalars(select(Order.number)))
    assert numbers == [f"M-{service.FIRST_NUMBER + n}" for n in range(WORKERS * EACH)]
