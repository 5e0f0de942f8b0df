"""Orders a shop edits after they were placed: what a unit cost, and how many may go back."""

from datetime import timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import select

from app.core import clock, db
from app.core.actor import Actor
from app.core.work import unit_of_work
from app.orders import service
from app.orders.models import OrderLine, Refund
from tests.factories import orders
from tests.factories.catalog import product
from tests.factories.orders import sold


def _edited(actor: Actor, connection_id: UUID, units: int, **values: Any) -> tuple[UUID, UUID]:
    """Let a shop sell two units, and then edit the line; returns the order and the line."""
    product(actor, {"sku": "MUG", "quantity": 9})
    orders.order(actor, connection_id, sold("MUG", 2))
    line = sold("MUG", units, **values)
    order_id = orders.order(
        actor, connection_id, line, modified_at=clock.now() + timedelta(minutes=1)
    )
    with db.reading(actor) as session:
        return order_id, session.scalars(
            select(OrderLine.id).where(OrderLine.order_id == order_id)
        ).one()


def _cancelled(actor: Actor, order_id: UUID, line: UUID, units: int) -> int:
    """Cancel units of a line; returns how much money goes back."""
    with unit_of_work(actor) as work:
        service.cancel_order(work, order_id, service.Cancelling(units={line: units}))
    with db.reading(actor) as session:
        asked = select(Refund.amount_minor).where(Refund.order_id == order_id)
        return session.scalars(asked).one()


def test_units_that_were_added_may_be_given_back_for_what_they_cost(
    actor: Actor, connection_id: UUID
) -> None:
    order_id, line = _edited(actor, connection_id, 5)

    assert _cancelled(actor, order_id, line, 4) == 4000


def test_what_is_left_after_an_edit_costs_what_it_did(actor: Actor, connection_id: UUID) -> None:
    kept = {"ordered": 4, "discount": 300, "total": 2700}
    order_id, line = _edited(actor, connection_id, 3, **kept)

    assert _cancelled(actor, order_id, line, 1) == 900
