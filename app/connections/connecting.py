"""Flows that ask the shop: connecting, checking, webhooks, disconnecting."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

from app.adapters.errors import AdapterError, NeedsPerson, NeedsReauth
from app.adapters.types import Health, Problem
from app.connections import breaker, service, telling, wire
from app.connections.errors import NotOpen
from app.connections.models import Connection, ConnectionState
from app.core.actor import Actor
from app.core.errors import Invalid
from app.core.transport import TransportError
from app.core.work import unit_of_work

# Fields of a connect form that are about the wire, not about keys.
_WIRE: frozenset[str] = frozenset(("home_url", "allows_http", "ca", "auth_style"))
# Of keys that never worked nobody can say that they no longer do.
_WRONG_KEYS: Final = (
    "The shop does not accept these keys, or they may not read and write. Copy both again, or make"
    " new ones there."
)


@dataclass(frozen=True, slots=True)
class Wish:
    """What somebody typed or a shop sent to connect it."""

    channel: str
    name: str
    address: str
    credentials: Mapping[str, Any]
    wire: Mapping[str, Any]


def probe(channel: str, address: str, wire_settings: Mapping[str, Any]) -> str:
    """Return the final address of a shop; raises Invalid with the sentence at the field."""
    kind = wire.channel(channel)
    if kind.probe is None:
        return address.rstrip("/")
    transport = wire.open_transport(address, dict(wire_settings))
    try:
        return kind.probe(address, transport)
    except AdapterError as error:
        raise Invalid(fields={"base_url": error.sentence}) from error
    except TransportError as error:
        raise Invalid(fields={"base_url": str(error)}) from error
    finally:
        transport.close()


def connect(actor: Actor, wish: Wish) -> Connection:
    """Check keys at the shop, and keep a pending connection; raises Invalid when they fail."""
    with unit_of_work(actor) as work:
        row = service.add_connection(
            work,
            channel=wish.channel,
            name=service.refuse_invalid_name(wish.name),
            address=wish.address,
            credentials=wish.credentials,
            wire={name: value for name, value in wish.wire.items() if name in _WIRE and value},
        )
    health = _asked(actor, row.id)
    with unit_of_work(actor) as work:
        if health.is_ok:
            return service.note_health(work, row.id, health)
        service.close_connection(work, row.id)
    raise Invalid(fields={_field_of(health): _sentence(health)})


def _asked(actor: Actor, connection_id: UUID) -> Health:
    """Ask the shop how it is; a failure is an answer, too."""
    health: Health | None = None
    try:
        with wire.open_connection(actor, connection_id, is_check=True) as opened:
            health = opened.adapter.check()
            _refuse_ill(health)
    except AdapterError as error:
        return health or _health_of(error)
    return health


def _health_of(error: AdapterError) -> Health:
    sentence = _WRONG_KEYS if isinstance(error, NeedsReauth) else error.sentence
    return Health(is_ok=False, problems=(Problem(sentence, code=error.code),))


def _refuse_ill(health: Health) -> None:
    """Let the connection know that a shop answered and needs a person all the same."""
    if not health.is_ok:
        raise NeedsPerson(_sentence(health))


def _sentence(health: Health) -> str:
    return health.problems[0].sentence if health.problems else "The shop did not answer as one."


def _field_of(health: Health) -> str:
    return (health.problems[0].field if health.problems else None) or "key"


def activate(actor: Actor, connection_id: UUID) -> Connection:
    """Set up webhooks and let the first read begin; without webhooks polling has to do."""
    with unit_of_work(actor) as work:
        row = service.activate(work, connection_id)
    watch_hooks(actor, connection_id)
    return row


def watch_hooks(actor: Actor, connection_id: UUID) -> None:
    """Make sure our webhooks stand at the shop and are active; says so on the connection if not."""
    try:
        with wire.open_connection(actor, connection_id, is_check=True) as opened:
            if not opened.adapter.capabilities.has_webhooks:
                return
            hooks = opened.adapter.arm_hooks()
    except AdapterError as error:
        with unit_of_work(actor) as work:
            row = service.get_connection(work, connection_id)
            telling.tell_hook_problem(work, row, error.sentence)
            service.note_hook_problem(work, connection_id, error.sentence)
        return
    with unit_of_work(actor) as work:
        telling.tell_hooks(work, service.get_connection(work, connection_id), hooks)
        service.note_hooks(work, connection_id, hooks)


def check_connection(actor: Actor, connection_id: UUID) -> Health:
    """Ask the shop how it is, and look after the webhooks."""
    health = _asked(actor, connection_id)
    with unit_of_work(actor) as work:
        row = service.note_health(work, connection_id, health)
        is_working = row.state in (ConnectionState.ACTIVE, ConnectionState.ERROR)
    if health.is_ok and is_working:
        watch_hooks(actor, connection_id)
    return health


def try_now(actor: Actor, connection_id: UUID) -> Health:
    """Ask a resting shop at once whether it answers again; if it does, work goes on."""
    with unit_of_work(actor) as work:
        is_open = breaker.hurry(work, service.get_connection(work, connection_id))
    if not is_open:
        return Health(is_ok=True)
    try:
        wire.probe(actor, connection_id)
    except NotOpen as refusal:
        return Health(is_ok=False, problems=(Problem(refusal.sentence),))
    return Health(is_ok=True)


def refresh_keys(actor: Actor, connection_id: UUID, credentials: Mapping[str, Any]) -> None:
    """Replace the keys after they were proved at the shop; the old ones stay until then."""
    row = wire.load(actor, connection_id)
    if row.state == ConnectionState.DISCONNECTED:
        raise NotOpen
    sealed = wire.sealed_for(row, credentials)
    health = _asked_with(row, sealed)
    if not health.is_ok:
        raise Invalid(fields={_field_of(health): _sentence(health)})
    with unit_of_work(actor) as work:
        service.replace_credentials(work, connection_id, credentials)
        service.note_health(work, connection_id, health)
    watch_hooks(actor, connection_id)


def _asked_with(row: Connection, sealed: bytes) -> Health:
    row.credentials = sealed
    adapter, transport = wire.build(row)
    try:
        return adapter.check()
    except AdapterError as error:
        return _health_of(error)
    finally:
        transport.close()


def disconnect(actor: Actor, connection_id: UUID) -> int:
    """Remove our webhooks from the shop and forget the keys; returns how many were removed."""
    removed = 0
    try:
        with wire.open_connection(actor, connection_id, is_check=True) as opened:
            removed = opened.adapter.disarm_hooks()
    except AdapterError:
        # The shop may be gone for good: disconnecting must work all the same.
        removed = 0
    with unit_of_work(actor) as work:
        service.close_connection(work, connection_id)
    return removed


def complete_approval(actor: Actor, token: str, credentials: Mapping[str, Any]) -> Connection:
    """Use an approval's token and keys: accept once, check at the expected shop, keep."""
    with unit_of_work(actor) as work:
        request = service.take_request(work, token)
        # Whoever asked for the approval of a shop without https had allowed that before.
        found = {"allows_http": request.address.startswith("http://")}
        wish = Wish(request.channel, request.name, request.address, credentials, found)
    try:
        row = connect(actor, wish)
    except Invalid as error:
        with unit_of_work(actor) as work:
            if (kept := service.find_request(work, token)) is not None:
                kept.error = error.sentence
        raise
    with unit_of_work(actor) as work:
        if (kept := service.find_request(work, token)) is not None:
            kept.connection_id = row.id
    return row
