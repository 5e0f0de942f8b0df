"""A bulk edit whose lease ran out while its worker lived on: every product is changed once."""

from datetime import timedelta

from app.catalog import bulk
from app.catalog.bulk import running
from app.catalog.bulk.operations import Operation
from app.core import clock
from app.core.actor import Actor
from app.core.work import unit_of_work
from tests.factories import catalog as make


def test_two_workers_raise_a_price_once(actor: Actor) -> None:
    mug = make.product(actor, {"price": make.usd(1000)}, title="Mug")
    raised = Operation("price_percent", "10")
    with unit_of_work(actor) as work:
        edit = bulk.start_bulk_edit(work, [mug], raised)
        bulk.request_bulk_edit(work, edit.id)
    sleeper = running._claim(actor, edit.id)
    with clock.travelling(timedelta(minutes=2)):
        other = running._claim(actor, edit.id)
        assert sleeper is not None
        assert other is not None

        assert running._apply(actor, edit.id, [mug], raised, other.done)
        assert not running._apply(actor, edit.id, [mug], raised, sleeper.done)

    (variant,) = make.values_of(actor, mug).variants.values()
    assert variant["price"]["minor"] == 1100
