"""/events: names come from Redis, HTML goes out, drawn with the rights of whoever listens.

A message without a name holds <hx-partial>s that htmx swaps in. A named message is a DOM event: the
name of an announced thing (`sync_run-7`), or `listing-feed` with the names that changed, for pages
that watch `listing-*` and show "3 new". The stream ends with its session and when its person's
rights change (`news.show_out`), and after LIFE seconds, should that news be lost; htmx comes back
with Last-Event-ID. No database connection is held between two messages.
"""

import re
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from flask import Flask, Response, current_app, g, request, url_for

from app.core.actor import Actor
from app.core.errors import SignInNeeded
from app.web.fragments import partial
from app.web.guards import requires
from app.web.hub import Listener, hub
from app.web.identity import Identity, current_actor, current_identity, load_identity_anew
from app.web.live import Watch, announced, draw, split_name
from app.web.moments import noted_moment

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIEnvironment

HEARTBEAT: Final = 20.0
LIFE: Final = 300.0
_ID: Final = re.compile(r"\d{1,16}(-\d{1,10})?")


def stream_url(names: Sequence[str]) -> str:
    """Return the address a page listens at, beginning with the news since it began to read."""
    return url_for("web.events", watch=",".join(names), since=noted_moment())


def _message(*, data: str, event: str = "", entry_id: str = "") -> str:
    lines = [f"id: {entry_id}"] if entry_id else []
    if event:
        lines.append(f"event: {event}")
    lines.extend(f"data: {line}" for line in data.splitlines() or [""])
    return "\n".join(lines) + "\n\n"


def _messages(actor: Actor, listener: Listener, names: Sequence[str]) -> Iterator[str]:
    exact = [name for name in names if name in listener.watch.names]
    # While something still waits, the id stays behind, so that a drop now cannot lose it.
    entry_id = "" if listener.pending else listener.last_id
    drawn = draw(actor, exact)
    html = "".join(partial(f"#{name}", drawn[name]) for name in drawn)
    for name in announced(actor, exact):
        yield _message(data=name, event=name)
    feeds: dict[str, list[str]] = {}
    for name in names:
        kind = split_name(name)[0]
        if kind in listener.watch.kinds:
            feeds.setdefault(kind, []).append(name)
    for kind, changed in feeds.items():
        yield _message(data=" ".join(changed), event=f"{kind}-feed")
    if html or entry_id:
        yield _message(data=html, entry_id=entry_id)


@dataclass(frozen=True, slots=True)
class _Viewer:
    """What is kept of the request that opened a stream, to draw as it would."""

    app: Flask
    environ: "WSGIEnvironment"
    identity: Identity | None
    actor: Actor

    def messages(self, listener: Listener, names: Sequence[str]) -> list[str]:
        """Draw inside a short context of its own, so that nothing is held between messages."""
        with self.app.request_context(self.environ):
            g.identity = self.identity
            return list(_messages(self.actor, listener, names))


def _listen(viewer: _Viewer, listener: Listener) -> Iterator[str]:
    ends = time.monotonic() + LIFE
    try:
        yield "retry: 1000\n: open\n\n"
        while time.monotonic() < ends and not listener.is_shown_out:
            names = listener.take(wait=HEARTBEAT)
            if not names:
                yield ": still here\n\n"
                continue
            yield from viewer.messages(listener, names)
    finally:
        hub.leave(listener)


def _since() -> str:
    wanted = request.headers.get("Last-Event-ID") or request.args.get("since", "")
    return wanted if _ID.fullmatch(wanted) else ""


def _still_in(actor: Actor) -> Identity:
    identity = load_identity_anew()
    if identity is None or identity.organization_id != actor.organization_id:
        raise SignInNeeded
    return identity


@requires()
def events() -> Response:
    """Stream what changes among the watched things."""
    actor, identity = current_actor(), current_identity()
    listener = Listener(
        actor.organization,
        Watch.parse(request.args.get("watch", "")),
        actor.user_id,
        identity.session_id if identity else None,
    )
    hub.join(listener, since=_since())
    # From here on a loss of rights is heard; one between the guard's look and now was not.
    try:
        identity = _still_in(actor)
    except Exception:
        hub.leave(listener)
        raise
    viewer = _Viewer(
        current_app.app_context().app,  # the app itself: the proxy ends with the request
        request.environ,
        identity,
        current_actor(),
    )
    response = Response(_listen(viewer, listener), mimetype="text/event-stream")
    response.call_on_close(lambda: hub.leave(listener))  # also when nobody read a word of it
    response.headers["Cache-Control"] = "no-cache, no-transform"
    response.headers["X-Accel-Buffering"] = "no"
    return response
