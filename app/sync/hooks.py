"""Inbound webhooks: verify over the raw bytes, store raw, answer. All thinking happens later."""

from uuid import UUID

from flask import Blueprint, Response, request
from sqlalchemy import select

from app.adapters.errors import AdapterError, NeedsReauth
from app.adapters.types import DeliveryKind
from app.connections import wire
from app.connections.models import Connection, ConnectionState
from app.connections.rules import CallOutcome
from app.core import db, news
from app.core.actor import Actor, job_actor
from app.core.errors import NotFound
from app.core.work import unit_of_work
from app.sync import inbox
from app.web.guards import hook, takes_up_to

bp = Blueprint("hooks", __name__, url_prefix="/hooks")


def _connection(actor: Actor, channel: str, token: str) -> Connection:
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
        session.expunge(row)
        return row


@bp.post("/<channel>/<uuid:organization_id>/<token>")
@hook
@takes_up_to(20)
def receive(channel: str, organization_id: UUID, token: str) -> Response:
    """Keep a genuine webhook and answer 200; a forged one gets 401 and leaves no trace."""
    actor = job_actor(organization_id, via="hook")
    row = _connection(actor, channel, token)
    body = request.get_data(cache=False)
    adapter, transport = wire.build(row)
    try:
        delivery = adapter.read_delivery(dict(request.headers), body)
    except NeedsReauth as error:
        # Genuine, but its sender lost rights at the shop: nothing to read, a person to tell.
        with unit_of_work(actor) as work:
            outcome = CallOutcome(is_ok=False, needs_person=True, sentence=error.sentence)
            wire.record_outcome(work, row.id, outcome)
        return Response("Stored.", 200, mimetype="text/plain")
    except AdapterError as error:
        return Response(error.sentence, 401, mimetype="text/plain")
    finally:
        transport.close()
    if delivery.kind is not DeliveryKind.PING:
        headers = {name: value for name, value in request.headers if name.lower() != "cookie"}
        with unit_of_work(actor) as work:
            inbox.store_delivery(work, row.id, delivery, headers, body)
            work.after_commit(lambda: news.ring(f"deliveries {organization_id} {row.id}"))
    return Response("Stored.", 200, mimetype="text/plain")
