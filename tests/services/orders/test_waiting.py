"""Stock that comes in goes to orders that are owed it, however many others stand before them."""

from datetime import timedelta
from uuid import UUID

from sqlalchemy import select

from app.adapters.orders import Payment
from app.catalog.models import Variant
from app.core import clock, db
from app.core.actor import Actor
from app.core.work import unit_of_work
from app.inventory import service as inventory
from app.orders import service
from app.orders.models import Order
from app.orders.rules import OrderState
from tests.factories import orders
from tests.factories.catalog import product
from tests.factories.orders import sold

MOST = 5  # orders that are looked at in one unit


def test_unpaid_checkouts_do_not_stand_before_a_paid_order(
    actor: Actor, connection_id: UUID
) -> None:
    product(actor, {"sku": "MUG", "quantity": 0})
    before = {"payment": Payment.PENDING, "placed_at": clock.now() - timedelta(hours=1)}
    for number in range(MOST):
        line = sold("MUG", taken=0)
        orders.order(actor, connection_id, line, number=f"{number}", **before)
    paid = orders.order(actor, connection_id, sold("MUG"), number="99")
    with db.reading(actor) as session:
        mug = session.scalars(select(Variant.id)).one()

    with unit_of_work(actor) as work:
        inventory.set_quantity(work, mug, 3)
    with unit_of_work(actor) as work:
        service.allocate_waiting(work, [mug], most=MOST)

    with db.reading(actor) as session:
        assert session.get_one(Order, paid).state == OrderState.ALLOCATED
