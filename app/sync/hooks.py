"""Inbound webhooks: verify over the raw bytes, store raw, answer. All thinking happens later."""

import time
from dataclasses import dataclass
from typing import Final
from uuid import UUID

from flask import Blueprint, Response, request
from sqlalchemy import select

from app.adapters.errors import AdapterError, NeedsReauth
from app.adapters.port import ChannelAdapter
from app.adapters.types import DeliveryKind
from app.connections import breaker, installing, wire
from app.connections.models import Connection, ConnectionState
from app.connections.rules import CallOutcome
from app.core import db, news
from app.core.actor import Actor, job_actor
from app.core.errors import NotFound
from app.core.work import Work, unit_of_work
from app.sync import inbox
from app.web.guards import hook, takes_up_to

bp = Blueprint("hooks", __name__, url_prefix="/hooks")

REMEMBERED: Final = 5.0  # seconds a process knows a shop's secret without asking the database
_MOST: Final = 1_000


@dataclass(frozen=True, slots=True)
class _Door:
    """A connection that webhooks come in by, and the adapter that knows its secret."""

    connection_id: UUID
    adapter: ChannelAdapter
    until: float


_doors: Final[dict[tuple[UUID, str, str], _Door]] = {}


def _door(actor: Actor, channel: str, token: str) -> _Door:
    """Return the connection behind an address; raises NotFound."""
    key = (actor.organization, channel, token)
    known = _doors.get(key)
    if known is not None and known.until > time.monotonic():
        return known
    with db.reading(actor) as session:
        row = session.scalar(
            select(Connection).where(
                Connection.hook_token == token,
                Connection.channel == channel,
                Connection.organization_id == actor.organization_id,
                Connection.state != ConnectionState.DISCONNECTED,
            )
        )
    if row is None:
        raise NotFound
    adapter, transport = wire.build(row)
    transport.close()  # a webhook is read; nobody is called
    return _remember(key, _Door(row.id, adapter, time.monotonic() + REMEMBERED))


def _remember(key: tuple[UUID, str, str], door: _Door) -> _Door:
    if len(_doors) >= _MOST:
        _doors.clear()
    _doors[key] = door
    return door


@bp.post("/<channel>/<uuid:organization_id>")
@hook
@takes_up_to(20)
def receive_for_app(channel: str, organization_id: UUID) -> Response:
    """Keep what a channel posts to the organization's app: what people want done with their data.

    A shop that nobody ever connected has left nothing here, and its requests are answered 200, too.
    """
    actor = job_actor(organization_id, via="hook")
    oauth, keys = installing.oauth_of(channel), installing.app_of(actor, channel)
    if oauth.read_delivery is None or keys is None:
        raise NotFound
    body = request.get_data(cache=False)
    try:
        address, delivery = oauth.read_delivery(keys, dict(request.headers), body)
    except AdapterError as error:
        return Response(error.sentence, 401, mimetype="text/plain")
    with unit_of_work(actor) as work:
        kept = inbox.store_for_shop(work, channel, address, delivery, _headers(), body)
        if kept is not None:
            _ring(work, kept)
    return Response("Stored.", 200, mimetype="text/plain")


def _headers() -> dict[str, str]:
    return {name: value for name, value in request.headers if name.lower() != "cookie"}


def _ring(work: Work, connection_id: UUID) -> None:
    words = f"deliveries {work.organization_id} {connection_id}"
    work.after_commit(lambda: news.ring(words))


@bp.post("/<channel>/<uuid:organization_id>/<token>")
@hook
@takes_up_to(20)
def receive(channel: str, organization_id: UUID, token: str) -> Response:
    """Keep a genuine webhook and answer 200; a forged one gets 401 and leaves no trace."""
    actor = job_actor(organization_id, via="hook")
    door = _door(actor, channel, token)
    body = request.get_data(cache=False)
    try:
        delivery = door.adapter.read_delivery(dict(request.headers), body)
    except NeedsReauth as error:
        # Genuine, but its sender lost rights at the shop: nothing to read, a person to tell.
        with unit_of_work(actor) as work:
            outcome = CallOutcome(is_ok=False, needs_person=True, sentence=error.sentence)
            breaker.note(work, door.connection_id, outcome)
        return Response("Stored.", 200, mimetype="text/plain")
    except AdapterError as error:
        return Response(error.sentence, 401, mimetype="text/plain")
    if delivery.kind is not DeliveryKind.PING:
        with unit_of_work(actor) as work:
            inbox.store_delivery(work, door.connection_id, delivery, _headers(), body)
            _ring(work, door.connection_id)
    return Response("Stored.", 200, mimetype="text/plain")
