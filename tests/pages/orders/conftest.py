"""Acme with a shop that sold something, and who works there."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from app.catalog.models import Variant
from app.connections import service as connections
from app.core import db
from app.core.work import unit_of_work
from app.orders import queries
from app.orders.queries import OrderDetail
from app.team.permissions import Role
from tests.cast import Cast, Person, cast, csrf, enter, person
from tests.factories import orders
from tests.factories.catalog import product


@dataclass
class Place:
    """Acme, its one shop, and a browser with a manager in it."""

    people: Cast
    manager: Person
    client: FlaskClient
    connection_id: UUID

    def stock(self, sku: str, quantity: int = 5, title: str = "Mug") -> UUID:
        """Put a product on the shelf; returns its variant."""
        key = product(
            self.manager.actor, {"sku": sku, "quantity": quantity}, title=title, status="active"
        )
        with db.reading(self.manager.actor) as session:
            return session.scalars(select(Variant.id).where(Variant.product_id == key)).one()

    def sell(self, *lines: Any, number: str = "1001", **values: Any) -> UUID:
        """Let the shop tell of an order; returns its id."""
        return orders.order(self.manager.actor, self.connection_id, *lines, number=number, **values)

    def order(self, order_id: UUID) -> OrderDetail:
        """Return an order as a manager sees it."""
        with db.reading(self.manager.actor) as session:
            return queries.order_detail(session, order_id, sees_buyers=True)

    def form(self, order_id: UUID, **values: Any) -> dict[str, Any]:
        """Return what a form about an order carries, and more."""
        order = self.order(order_id)
        carried = {"version": order.order.version, "seen": order.last_event}
        return {"csrf_token": csrf(self.client), **carried, **values}

    def units(self, order_id: UUID, *units: Any) -> dict[str, str]:
        """Return the boxes of the lines of an order, filled."""
        rows = self.order(order_id).lines
        return {f"units-{row.id}": str(n) for row, n in zip(rows, units, strict=True)}


@pytest.fixture
def people(app: Flask, clean: None) -> Cast:
    return cast()


@pytest.fixture
def place(people: Cast, client: FlaskClient) -> Place:
    manager = person("Dave", Role.MANAGER, organization_id=people.alice.place)
    with unit_of_work(people.alice.actor) as work:
        row = connections.add_connection(
            work,
            channel="woocommerce",
            name="Web shop",
            address=f"https://{db.new_id().hex[-8:]}.test",
            credentials={"key": "ck_" + "0" * 40, "secret": "cs_" + "0" * 40},
            wire={},
        )
        connection_id = row.id
    enter(client, manager)
    return Place(people, manager, client, connection_id)
