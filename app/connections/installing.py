"""Connecting by OAuth: off to the shop with a one-time state, and back with a code.

The state is kept here and in the browser's session; the way back must bring both. It is used up by
the first look, so a link that is opened twice, or in another browser, connects nothing.
"""

import hmac
from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Final
from uuid import UUID

from app.adapters.errors import AdapterError
from app.adapters.port import AppKeys, Install, OAuth, Query
from app.connections import apps, building, connecting, service, wire
from app.connections.errors import KeysLost, NotOpen
from app.connections.models import Connection, ConnectionState
from app.core import clock, db
from app.core.actor import Actor
from app.core.errors import Invalid, NotFound
from app.core.settings import current
from app.core.work import unit_of_work

_REHEARSAL: Final = ("http://127.0.0.1:", "http://localhost:")


def oauth_of(channel: str) -> OAuth:
    """Return how a channel lets our app in; raises NotFound when it does not."""
    found = wire.channel(channel).oauth
    if found is None:
        raise NotFound
    return found


def app_of(actor: Actor, channel: str) -> AppKeys | None:
    """Return the organization's app at a channel, if it was set."""
    with db.reading(actor) as session:
        return apps.find_app(session, actor.organization, channel)


def read_address(channel: str, typed: str) -> str:
    """Return the base address of the shop that was typed; a rehearsal store's where allowed."""
    text = typed.strip().rstrip("/")
    if current().allow_private_hosts and text.startswith(_REHEARSAL):
        return text
    try:
        return oauth_of(channel).read_address(text)
    except AdapterError as refusal:
        raise Invalid(fields={"base_url": refusal.sentence}) from refusal


def begin(actor: Actor, channel: str, address: str, name: str, callback: str) -> tuple[str, str]:
    """Remember an install; returns where the merchant goes, and the state for their session."""
    keys = _app(actor, channel)
    with unit_of_work(actor) as work:
        state = service.open_request(work, channel, name, address)
    return oauth_of(channel).authorize_url(keys, Install(address, state, callback)), state


def begin_again(actor: Actor, connection_id: UUID, callback: str) -> tuple[str, str] | None:
    """Have a connected shop approve our app once more; returns what `begin` does.

    None: it is one of the app's own organization, and has its new keys already.
    """
    row = wire.load(actor, connection_id)
    oauth, keys = oauth_of(row.channel), _app(actor, row.channel)
    if row.state == ConnectionState.DISCONNECTED:
        raise NotOpen
    if _is_own(row):
        granted = {**_granted(oauth, keys, row.address, None), "is_own": True}
        connecting.refresh_keys(actor, row.id, _with_app(granted, keys))
        return None
    with unit_of_work(actor) as work:
        state = service.open_request(work, row.channel, row.name, row.address, connection_id=row.id)
    return oauth.authorize_url(keys, Install(row.address, state, callback)), state


def _is_own(row: Connection) -> bool:
    try:
        return bool(building.credentials_of(row).get("is_own"))
    except KeysLost:
        return False  # an approval gives new ones in either case


def _app(actor: Actor, channel: str) -> AppKeys:
    keys = app_of(actor, channel)
    if keys is None:
        raise Invalid(fields={"client_id": "Enter the client id and secret of your app first."})
    return keys


def finish(actor: Actor, channel: str, query: Query, kept: str, callback: str) -> Connection:
    """Prove the way back, take the keys, check them at the shop; raises Invalid or Refused.

    A shop that approved once more stays the connection it was.
    """
    oauth, keys = oauth_of(channel), _app(actor, channel)
    state = dict(query).get("state", "")
    install, name, again = None, "", None
    if kept and hmac.compare_digest(kept.encode(), state.encode()):
        try:
            with unit_of_work(actor) as work:
                request = service.take_request(work, state)
                install, name = Install(request.address, state, callback), request.name
                again = request.connection_id
        except Invalid:
            install = None  # used before, or too old: told below as an unknown state
    code = oauth.read_callback(keys, query, install, clock.now())
    address = install.address if install else ""
    granted = _granted(oauth, keys, address, code)
    if again is not None:
        connecting.refresh_keys(actor, again, _with_app(granted, keys))
        return wire.load(actor, again)
    return _connect(actor, connecting.Wish(channel, name, address, granted, {}), keys)


def _granted(oauth: OAuth, keys: AppKeys, address: str, code: str | None) -> dict[str, Any]:
    """Take keys for a code, or without one as the app of the shop's own organization."""
    transport = wire.open_transport(address, {})  # unrecorded: its bodies are keys
    try:
        if code is not None:
            return oauth.exchange(keys, address, code, transport)
        if oauth.client_credentials is None:
            raise NotFound
        return oauth.client_credentials(keys, address, transport)
    finally:
        transport.close()


def _connect(actor: Actor, wish: connecting.Wish, keys: AppKeys) -> Connection:
    credentials = _with_app(wish.credentials, keys)
    return connecting.connect(actor, replace(wish, credentials=credentials))


def _with_app(granted: Mapping[str, Any], keys: AppKeys) -> dict[str, Any]:
    return {**granted, "key": keys.key, "client_secret": keys.secret}


def take_own(
    actor: Actor, channel: str, address: str, name: str, keys: AppKeys | None = None
) -> Connection:
    """Connect a shop of the app's own organization, which needs no visit.

    Other `keys` than those kept replace them once the shop has accepted them.
    """
    app = keys or _app(actor, channel)
    granted = {**_granted(oauth_of(channel), app, address, None), "is_own": True}
    row = _connect(actor, connecting.Wish(channel, name, address, granted, {}), app)
    if keys is not None:
        keep_app(actor, channel, keys.key, keys.secret)
    return row


def keep_app(actor: Actor, channel: str, key: str, secret: str) -> UUID:
    """Keep the keys of an app."""
    oauth_of(channel)
    with unit_of_work(actor) as work:
        apps.keep_app(work, channel, AppKeys(key, (secret,)))
        return work.organization_id
