"""Facts reach their subscribers, and a bad one holds nobody up for good."""

from sqlalchemy import insert, select, update

from app.core import db
from app.core.actor import Actor
from app.core.outbox import OutboxMessage
from app.core.work import unit_of_work
from app.notices import service as notices
from workers import relay
from workers.subscriptions import SUBSCRIPTIONS


def _waiting(actor: Actor) -> list[str]:
    with db.reading(actor) as session:
        return list(
            session.scalars(
                select(OutboxMessage.payload["notice_id"].astext).where(
                    OutboxMessage.organization_id == actor.organization_id,
                    OutboxMessage.name == "NoticePosted",
                    OutboxMessage.sent_at.is_(None),
                )
            )
        )


def _bad_fact_beside_a_good_one(actor: Actor, *, attempts: int) -> None:
    with unit_of_work(actor) as work:
        notices.notify(work, "sync", "Synced")
        bad = insert(OutboxMessage).values(
            organization_id=actor.organization_id,
            name="NoticePosted",
            payload={"notice_id": "nonsense"},
        )
        work.session.execute(bad)
        work.session.execute(
            update(OutboxMessage)
            .where(OutboxMessage.organization_id == actor.organization_id)
            .values(attempts=attempts)
        )


def test_facts_are_first_told_together(actor: Actor) -> None:
    _bad_fact_beside_a_good_one(actor, attempts=0)

    relay.deliver_here(actor)

    assert len(_waiting(actor)) == 2


def test_after_some_vain_tries_a_bad_fact_stands_alone(actor: Actor) -> None:
    _bad_fact_beside_a_good_one(actor, attempts=3)

    relay.deliver_here(actor)

    assert _waiting(actor) == ["nonsense"]


def test_orders_have_what_came_in_before_shops_are_shown_the_rest() -> None:
    hears = SUBSCRIPTIONS["ProductChanged"]

    assert hears.index("orders.stock_moved") < hears.index("sync.product_changed")
