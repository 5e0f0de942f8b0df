"""What people asked a channel to have done with their data: followed once, told and written down.

What we keep of a shop's customers is what its webhooks said, what recorded calls contain, and who
bought in its orders. Who asks for their data is named to those who manage channels, with how much
was found; erasing empties it and leaves the row, so that a repeat of the webhook is still known and
the books stay whole. When the app has left a shop for good, all of it goes, and the keys with it.
"""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Final
from uuid import UUID

from sqlalchemy import delete, func, literal, or_, select, update

from app.adapters.errors import BadPayload
from app.adapters.port import Privacy
from app.adapters.types import DeliveryKind, PrivacyRequest, PrivacyWish
from app.connections import connecting, service, wire
from app.connections.errors import NotOpen
from app.connections.models import Connection, ConnectionState, ExchangeLog
from app.core import db
from app.core.actor import Actor
from app.core.db import affected
from app.core.work import Work, unit_of_work
from app.notices import service as notices
from app.notices.models import Severity
from app.orders import service as orders
from app.sync.models import DeliveryState, InboundDelivery
from app.team.models import Membership
from app.team.permissions import Role, permissions_of
from app.team.service import record_audit

ERASED: Final = "Its content was erased, because a customer of the shop asked for it."


@dataclass(frozen=True, slots=True)
class _Story:
    """What is written down and told of a request; words of ours in braces."""

    action: str
    title: str
    body: str


_STORIES: Final = {
    PrivacyWish.SHOW: _Story(
        "privacy.asked",
        "A customer of {name} asks for their data",
        "{label} passes it on. What SyncStore keeps of customer {customer}: {found}. The request,"
        " with how to reach them, is under Webhooks. Answer it within 30 days.",
    ),
    PrivacyWish.ERASE: _Story(
        "privacy.erased",
        "The data of a customer of {name} was erased",
        "{label} asked for it. Emptied of customer {customer}: {found}. Nothing else was kept.",
    ),
    PrivacyWish.ERASE_SHOP: _Story(
        "privacy.shop_erased",
        "What was kept of {name} was erased",
        "{label} asked for it, because SyncStore was removed from the shop. Deleted: {found}."
        " {keys} Products, listings, history and what was sold stay.",
    ),
}


@dataclass(frozen=True, slots=True)
class _Found:
    """How much there was."""

    webhooks: int
    calls: int
    orders: int

    def __str__(self) -> str:
        webhooks, calls = _many(self.webhooks, "webhook"), _many(self.calls, "recorded call")
        return f"{webhooks}, {calls} and the buyer of {_many(self.orders, 'order')}"


def _many(count: int, word: str) -> str:
    return f"{count} {word}{'' if count == 1 else 's'}"


@dataclass(frozen=True, slots=True)
class _Case:
    """A request with the connection it came for, and every connection there was to that shop."""

    connection: Connection
    delivery_id: UUID
    request: PrivacyRequest
    privacy: Privacy
    connection_ids: Sequence[UUID]


def follow(actor: Actor, connection_id: UUID) -> None:
    """Do what the kept requests for privacy of a connection ask for."""
    connection = wire.load(actor, connection_id)
    privacy = wire.channel(connection.channel).privacy
    if privacy is None:
        return
    for row in _waiting(actor, connection_id):
        try:
            request = privacy.read(row.topic, row.body)
        except BadPayload as error:
            _settle(actor, row.id, error)
            continue
        ids = _same_shop(actor, connection)
        case = _Case(connection, row.id, request, privacy, ids)
        kept = _accepted(actor, ids) if request.wish is PrivacyWish.ERASE_SHOP else frozenset()
        with unit_of_work(actor) as work:
            if _claimed(work, row.id, DeliveryState.PROCESSED):
                _carry_out(work, case, kept)


def _waiting(actor: Actor, connection_id: UUID) -> Sequence[InboundDelivery]:
    with db.reading(actor) as session:
        return session.scalars(
            select(InboundDelivery)
            .where(
                InboundDelivery.connection_id == connection_id,
                InboundDelivery.state == DeliveryState.RECEIVED,
                InboundDelivery.kind == DeliveryKind.PRIVACY,
            )
            .order_by(InboundDelivery.id)
        ).all()


def _same_shop(actor: Actor, connection: Connection) -> Sequence[UUID]:
    """Return every connection to the same shop, those long closed included."""
    with db.reading(actor) as session:
        return session.scalars(
            select(Connection.id)
            .where(
                Connection.organization_id == actor.organization,
                Connection.channel == connection.channel,
                Connection.address == connection.address,
            )
            .order_by(Connection.id)
        ).all()


def _accepted(actor: Actor, connection_ids: Sequence[UUID]) -> frozenset[UUID]:
    """Return the connections whose keys open the shop: the app was put back meanwhile."""
    found = set()
    for connection_id in connection_ids:
        try:
            if connecting.check_connection(actor, connection_id).facts is not None:
                found.add(connection_id)
        except NotOpen:
            continue  # closed before; its keys are gone already
    return frozenset(found)


def _claimed(work: Work, delivery_id: UUID, state: DeliveryState, error: str | None = None) -> bool:
    """Settle a request; False: somebody else has it."""
    taken = affected(
        work.session,
        update(InboundDelivery)
        .where(InboundDelivery.id == delivery_id, InboundDelivery.state == DeliveryState.RECEIVED)
        .values(
            state=state,
            error=error,
            processed_at=work.now,
            attempts=InboundDelivery.attempts + 1,
        ),
    )
    work.touch(f"delivery-{delivery_id}")
    return taken == 1


def _settle(actor: Actor, delivery_id: UUID, error: BadPayload) -> None:
    with unit_of_work(actor) as work:
        _claimed(work, delivery_id, DeliveryState.FAILED, error.sentence)


def _carry_out(work: Work, case: _Case, kept: frozenset[UUID]) -> None:
    if case.request.wish is PrivacyWish.ERASE_SHOP:
        _forget_shop(work, case, kept)
        return
    webhooks = _naming(work, case)
    is_erased = case.request.wish is PrivacyWish.ERASE
    if is_erased:
        _empty(work, [*webhooks, case.delivery_id])
    calls = _calls(work, case, is_erased=is_erased)
    act = orders.erase_buyer if is_erased else orders.count_orders_of
    found = act(
        work,
        case.connection_ids,
        external_ids=case.request.orders,
        traces=case.request.traces,
    )
    _tell(work, case, _Found(len(webhooks), calls, found))


def _naming(work: Work, case: _Case) -> list[UUID]:
    """Return the kept webhooks that name the person: found by what betrays them, then read."""
    request = case.request
    needles = {each for each in (request.customer, *request.orders, *request.traces) if each}
    if not needles:
        return []
    contains = [
        func.position(literal(needle.encode()).op("IN")(InboundDelivery.body)) > 0
        for needle in sorted(needles)
    ]
    rows = work.session.execute(
        select(InboundDelivery.id, InboundDelivery.topic, InboundDelivery.body)
        .where(InboundDelivery.connection_id.in_(case.connection_ids), or_(*contains))
        .where(InboundDelivery.id != case.delivery_id)
        .execution_options(yield_per=200)
    )
    return [key for key, topic, body in rows if case.privacy.names(request, topic, body)]


def _empty(work: Work, delivery_ids: Sequence[UUID]) -> None:
    work.session.execute(
        update(InboundDelivery)
        .where(InboundDelivery.id.in_(delivery_ids))
        .values(body=b"", headers={}, error=ERASED)
        .execution_options(synchronize_session=False)
    )


def _calls(work: Work, case: _Case, *, is_erased: bool) -> int:
    """Count the recorded calls that name the person, or empty them."""
    if not case.request.traces:
        return 0
    named = or_(
        *(
            column.contains(trace, autoescape=True)
            for trace in case.request.traces
            for column in (ExchangeLog.request, ExchangeLog.response)
        )
    )
    mine = (ExchangeLog.connection_id.in_(case.connection_ids), named)
    if not is_erased:
        return work.session.scalar(select(func.count()).select_from(ExchangeLog).where(*mine)) or 0
    emptied = update(ExchangeLog).where(*mine).values(request="", response=ERASED)
    return affected(work.session, emptied)


def _forget_shop(work: Work, case: _Case, kept: frozenset[UUID]) -> None:
    """Delete every webhook and call of a shop we left, and forget its keys.

    Where the app was put back meanwhile, the connection and what waits for it stay.
    """
    keys = "It was connected again, so its keys stay." if kept else "Its keys are forgotten."
    closed = [each for each in case.connection_ids if each not in kept]
    for connection_id in closed:
        row = service.get_connection(work, connection_id)
        if row.state != ConnectionState.DISCONNECTED:
            service.close_connection(work, connection_id)
    webhooks = affected(
        work.session,
        delete(InboundDelivery).where(
            InboundDelivery.connection_id.in_(case.connection_ids),
            InboundDelivery.id != case.delivery_id,
            or_(
                InboundDelivery.state != DeliveryState.RECEIVED,
                InboundDelivery.connection_id.in_(closed),
            ),
        ),
    )
    calls = affected(
        work.session, delete(ExchangeLog).where(ExchangeLog.connection_id.in_(case.connection_ids))
    )
    bought = orders.erase_buyers_of(work, closed)
    _tell(work, case, _Found(webhooks, calls, bought), keys=keys)


def _tell(work: Work, case: _Case, found: _Found, **more: str) -> None:
    """Write it down, and tell those who manage channels; a person is named by number only."""
    row, request = case.connection, case.request
    story = _STORIES[request.wish]
    words = {
        "label": wire.channel(row.channel).label,
        "name": row.name,
        "customer": request.customer or "without a number",
        "found": found,
        **more,
    }
    title = story.title.format(**words)
    details = {"customer": request.customer, "orders": list(request.orders), **asdict(found)}
    record_audit(work, story.action, "connection", row.id, title, details)
    notices.notify(
        work,
        "connection",
        title,
        story.body.format(**words),
        f"/connections/{row.id}/webhooks",
        user_ids=_managers(work),
        severity=Severity.WARNING if request.wish is PrivacyWish.SHOW else Severity.INFO,
    )


def _managers(work: Work) -> Sequence[UUID]:
    roles = [role for role in Role if "connections.manage" in permissions_of(role)]
    return work.session.scalars(
        select(Membership.user_id).where(
            Membership.organization_id == work.organization_id, Membership.role.in_(roles)
        )
    ).all()
