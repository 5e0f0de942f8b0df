"""Reports of orders: SQL says what adding the orders up by hand says, in days of a zone."""

import random
import re
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from statistics import median, quantiles
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest
from flask import Flask
from sqlalchemy import insert, select, text

from app.adapters.orders import Payment
from app.catalog.models import Variant
from app.core import db
from app.core.actor import Actor
from app.core.db import new_id
from app.core.periods import Period
from app.core.settings import Settings
from app.core.work import unit_of_work
from app.orders import queries
from app.orders.models import Order, OrderLine, Shipment
from app.orders.queries.report import placed
from app.orders.reporting import Cell, Sums, added_up
from app.orders.rules import OrderState
from tests.cast import Cast, cast
from tests.conftest import analyze
from tests.factories.catalog import product

BERLIN = ZoneInfo("Europe/Berlin")
AROUND = datetime(2026, 10, 25, 0, 30, tzinfo=UTC)  # clocks go back that night in Berlin
SPANS = [
    (date(2026, 10, 25), date(2026, 10, 25)),
    (date(2026, 10, 20), date(2026, 10, 30)),
    (date(2026, 11, 1), date(2026, 11, 1)),
]


@pytest.fixture
def people(app: Flask, clean: None) -> Cast:
    """Alice of Acme and Mallory of another shop, each with orders of an autumn."""
    people = cast()
    chance = random.Random(18)  # noqa: S311 (no secret)
    for somebody in (people.alice, people.mallory):
        _strew(somebody.actor, chance)
    return people


def _strew(actor: Actor, chance: random.Random) -> None:
    keys = [product(actor, {"sku": f"MUG-{at}"}, title=f"Mug {at}") for at in range(3)]
    with unit_of_work(actor) as work:
        found = select(Variant.id).where(Variant.product_id.in_(keys))
        variants = [*work.session.scalars(found), None]
        orders = [_order(actor.organization, at, chance) for at in range(120)]
        work.session.execute(insert(Order), orders)
        lines = [
            _line(each, at, chance.choice(variants), chance) for each in orders for at in (0, 1)
        ]
        work.session.execute(insert(OrderLine), lines)
        work.session.execute(
            insert(Shipment),
            [
                {
                    "organization_id": actor.organization,
                    "order_id": each["id"],
                    "shipped_at": each["placed_at"] + timedelta(hours=chance.randint(1, 200)),
                    "is_cancelled": chance.random() < 0.2,
                }
                for each in chance.sample(orders, 80)
                for _ in range(chance.randint(1, 2))
            ],
        )


def _order(organization_id: UUID, at: int, chance: random.Random) -> dict[str, Any]:
    amounts = {
        name: chance.randint(0, 5000)
        for name in ("items_minor", "discount_minor", "shipping_minor", "fees_minor", "tax_minor",
                     "total_minor")
    }  # fmt: skip
    return amounts | {
        "id": new_id(),
        "organization_id": organization_id,
        "number": f"M-{at}",
        "source": chance.choice(("manual", "woocommerce")),
        "state": chance.choice(list(OrderState)),
        "payment": chance.choice(list(Payment)),
        "placed_at": AROUND + timedelta(minutes=chance.randint(-15_000, 15_000)),
        "currency": chance.choice(("EUR", "EUR", "JPY")),
        "refunded_minor": chance.choice((0, 0, 700)),
        "is_test": chance.random() < 0.1,
        "units": chance.randint(0, 5),
    }


def _line(
    order: dict[str, Any], at: int, variant_id: UUID | None, chance: random.Random
) -> dict[str, Any]:
    units = chance.randint(0, 4)
    return {
        "organization_id": order["organization_id"],
        "order_id": order["id"],
        "position": at,
        "variant_id": variant_id,
        "quantity": units,
        "ordered": units,
        "total_minor": chance.randint(0, 900),
    }


def _by_hand(actor: Actor, period: Period) -> list[Order]:
    with db.reading(actor) as session:
        return [
            each
            for each in session.scalars(select(Order)).unique()
            if period.first <= each.placed_at.astimezone(period.zone).date() <= period.last
            and not each.is_test
        ]


def _sums(orders: list[Order]) -> Sums:
    kept = [each for each in orders if each.state != OrderState.CANCELLED]

    def over(name: str, keep: Callable[[Order], bool] = bool) -> int:
        return sum(getattr(each, name) for each in kept if keep(each))

    return Sums(
        placed=len(orders),
        cancelled=len(orders) - len(kept),
        refunded=sum(each.refunded_minor > 0 for each in kept),
        unpaid_minor=over("total_minor", lambda x: x.payment in ("pending", "voided")),
        **{
            name: over(name)
            for name in ("units", "items_minor", "discount_minor", "shipping_minor", "fees_minor",
                         "tax_minor", "total_minor", "refunded_minor")
        },
    )  # fmt: skip


@pytest.mark.parametrize("zone", ["UTC", "Europe/Berlin", "America/New_York"])
@pytest.mark.parametrize("span", SPANS)
def test_cells_say_what_adding_orders_up_by_hand_says(
    people: Cast, zone: str, span: tuple[date, date]
) -> None:
    period = Period(*span, ZoneInfo(zone))
    orders = _by_hand(people.alice.actor, period)

    with db.reading(people.alice.actor) as session:
        cells = list(queries.order_cells(session, period))

    def key(each: Cell) -> tuple[date, str, str]:
        return each.day, each.channel.name, each.currency

    words = {"manual": "Entered here", "woocommerce": "WooCommerce, no longer connected"}
    by_hand: dict[tuple[date, str, str], list[Order]] = {}
    for each in orders:
        day = each.placed_at.astimezone(period.zone).date()
        by_hand.setdefault((day, words[each.source], each.currency), []).append(each)
    assert added_up(cells, key) == {at: _sums(some) for at, some in by_hand.items()}
    assert len(cells) == len(by_hand)
    assert [each.day for each in cells] == sorted(each.day for each in cells)


def test_top_items_and_speed_say_what_adding_up_by_hand_says(people: Cast) -> None:
    period = Period(date(2026, 10, 16), date(2026, 11, 3), BERLIN)
    orders = {each.id: each for each in _by_hand(people.alice.actor, period)}

    with db.reading(people.alice.actor) as session:
        top = queries.top_items(session, period)
        speed = queries.shipping_speed(session, period)
        lines = session.scalars(select(OrderLine)).all()
        parcels = session.scalars(select(Shipment).where(~Shipment.is_cancelled)).unique().all()

    kept = {key for key, each in orders.items() if each.state != OrderState.CANCELLED}
    units: dict[UUID, int] = {}
    money: dict[tuple[UUID, str], int] = {}
    for line in lines:
        if line.order_id in kept and line.variant_id:
            code = (line.variant_id, orders[line.order_id].currency)
            units[line.variant_id] = units.get(line.variant_id, 0) + line.quantity
            money[code] = money.get(code, 0) + line.total_minor
    assert {each.variant_id: each.units for each in top} == units
    assert {(each.variant_id, k): v for each in top for k, v in each.money.items()} == money
    assert [each.units for each in top] == sorted(units.values(), reverse=True)
    last: dict[UUID, datetime] = {}
    for parcel in parcels:
        last[parcel.order_id] = max(parcel.shipped_at, last.get(parcel.order_id, parcel.shipped_at))
    hours = [
        (at - orders[key].placed_at) / timedelta(hours=1)
        for key, at in last.items()
        if key in orders and orders[key].state in ("shipped", "delivered", "returned")
    ]
    assert speed.orders == len(hours) > 5
    assert speed.median == pytest.approx(median(hours))
    assert speed.slow == pytest.approx(quantiles(hours, n=10, method="inclusive")[8])


def test_a_report_finds_orders_by_the_index_of_their_moments(
    people: Cast, settings: Settings
) -> None:
    chance, alice = random.Random(1), people.alice.actor  # noqa: S311 (no secret)
    with unit_of_work(alice) as work:
        more = [_order(alice.organization, at, chance) for at in range(1_000, 4_000)]
        work.session.execute(insert(Order), more)
    analyze(settings, "orders")
    period = Period(date(2026, 10, 25), date(2026, 10, 25), BERLIN)

    with db.reading(alice) as session:
        asked = select(Order.units).where(*placed(session, period))
        literal = asked.compile(
            dialect=session.get_bind().dialect, compile_kwargs={"literal_binds": True}
        )
        plan = "\n".join(session.scalars(text("EXPLAIN " + str(literal).replace(":", r"\:"))))

    assert re.search(r"Index Cond: .*organization_id.*placed_at >= .*placed_at <", plan), plan
