"""What happened to an order, and the words it is found by."""

from collections.abc import Iterable, Mapping
from typing import Any

from sqlalchemy.dialects.postgresql import insert

from app.core.work import Work
from app.orders.models import Order, OrderEvent, OrderTerm
from app.orders.service import personal


def note(work: Work, order: Order, kind: str, sentence: str) -> None:
    """Add a line to an order's timeline."""
    work.session.add(
        OrderEvent(
            organization_id=work.organization_id,
            order_id=order.id,
            kind=kind,
            sentence=sentence[:500],
            user_id=work.actor.user_id,
            at=work.now,
        )
    )


def write_terms(
    work: Work, order: Order, plain: Iterable[str | None], told: Mapping[str, Any]
) -> None:
    """Let an order be found by these words, too."""
    rows = [
        {"order_id": order.id, "organization_id": work.organization_id, "term": term}
        for term in sorted(personal.terms(work.organization_id, plain, told))
    ]
    if rows:
        work.session.execute(insert(OrderTerm).on_conflict_do_nothing(), rows)
