"""Acme with two locations, and a mug that lies at the first."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

import pytest
from flask import Flask
from sqlalchemy import select

from app.core import db
from app.core.actor import Actor
from app.core.work import unit_of_work
from app.inventory import service
from app.inventory.models import Level, Posting
from tests.cast import Cast, cast
from tests.factories.catalog import product, values_of


@dataclass
class Warehouse:
    """Two locations of Acme, and whoever works there."""

    people: Cast
    main: UUID
    shop: UUID

    @property
    def actor(self) -> Actor:
        """Alice, who may do everything."""
        return self.people.alice.actor

    def mug(self, sku: str = "MUG-1", quantity: int | None = 10, **values: Any) -> UUID:
        """Put a variant on the shelf of the first location."""
        key = product(self.actor, {"sku": sku, "quantity": quantity, **values}, title=f"Mug {sku}")
        return next(iter(values_of(self.actor, key).variants))

    def level(self, variant_id: UUID, place: UUID) -> tuple[int, int, int]:
        """Return what is on hand, incoming and available of a variant at a location."""
        with db.reading(self.actor) as session:
            found = session.scalar(
                select(Level).where(Level.variant_id == variant_id, Level.location_id == place)
            )
            return (found.on_hand, found.incoming, found.available) if found else (0, 0, 0)

    def posted(self, reference: str) -> list[tuple[str, int, int, str | None]]:
        """Return kind, on hand, incoming and note of what was posted because of something."""
        with db.reading(self.actor) as session:
            rows = session.scalars(
                select(Posting).where(Posting.reference == reference).order_by(Posting.id)
            )
            return [(str(row.kind), row.quantity, row.incoming, row.note) for row in rows]

    def fits(self) -> bool:
        """Tell whether all levels are what their postings add up to."""
        with db.reading(self.actor) as session:
            return service.unequal_levels(session) == []


@pytest.fixture
def place(app: Flask, clean: None) -> Warehouse:
    """Acme's two locations."""
    people = cast()
    with unit_of_work(people.alice.actor) as work:
        main = service.default_location(work)
        shop = service.create_location(work, service.LocationDraft("Shop"))
    return Warehouse(people, main, shop)
