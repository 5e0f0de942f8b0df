"""/events on a real Redis: nothing lost, nothing leaked, nothing twice as often as it should be."""

import time
from collections.abc import Iterator, Sequence
from dataclasses import replace
from html import unescape
from typing import Any
from uuid import UUID

import pytest
import redis
from flask import Flask
from flask.testing import FlaskClient
from flask.typing import ResponseReturnValue
from werkzeug.test import TestResponse

from app.core import kv, news
from app.core.actor import Actor
from app.core.embedded import Urls
from app.web import live, stream
from app.web.fragments import page
from app.web.guards import requires
from app.web.hub import Hub, Listener
from app.web.live import Watch
from tests.conftest import redis_database
from tests.pages.web.conftest import ACME, ALICE, OTHER_SHOP

Messages = Iterator[bytes]
GADGETS_OF_ACME = {"1": "Mug", "2": "Plate"}


@pytest.fixture
def drawn() -> list[tuple[UUID | None, list[str]]]:
    """What the renderer was asked, call by call."""
    return []


@pytest.fixture(autouse=True)
def gadgets(
    monkeypatch: pytest.MonkeyPatch,
    servers: Urls,
    drawn: list[tuple[UUID | None, list[str]]],
) -> Iterator[None]:
    """A live kind `gadget` of Acme, and Redis without older news."""
    monkeypatch.setattr(kv._Connected, "client", kv._Connected.client)
    client = kv.connect(redis_database(servers, 1))
    client.flushdb()
    monkeypatch.setattr(live, "_renderers", {})
    monkeypatch.setattr(live, "_announced", {})
    own = Hub()
    monkeypatch.setattr(stream, "hub", own)

    @live.live("gadget")
    def rows(actor: Actor, ids: Sequence[str]) -> dict[str, str]:
        drawn.append((actor.organization_id, list(ids)))
        if actor.organization_id != ACME:
            return {}
        return {
            i: f'<p id="gadget-{i}">{GADGETS_OF_ACME[i]}</p>' for i in ids if i in GADGETS_OF_ACME
        }

    live.announce("run", permission="sync.read")
    yield
    while _opened:
        _opened.pop().close()
    reader = own._thread
    own._listeners.clear()
    own._wake()
    if reader is not None:
        reader.join(timeout=20)
    client.close()


def _next(messages: Messages) -> str:
    """Return the next message that says something."""
    while True:
        text = next(messages).decode()
        if not text.startswith((":", "retry")):
            return text


_opened: list[TestResponse] = []


def _open(client: FlaskClient, watch: str, **headers: str) -> Messages:
    answer = client.get(f"/events?watch={watch}", headers=headers, buffered=False)
    _opened.append(answer)
    assert answer.status_code == 200
    assert answer.mimetype == "text/event-stream"
    messages: Messages = iter(answer.response)  # type: ignore[arg-type]  # bytes, one per message
    assert next(messages).decode().startswith("retry")
    return messages


def test_a_changed_row_arrives_drawn(alice: FlaskClient) -> None:
    messages = _open(alice, "gadget-1,gadget-9")

    news.publish(ACME, ["gadget-1"])

    message = _next(messages)
    assert '<hx-partial hx-target="#gadget-1" hx-swap="outerMorph">' in message
    assert "Mug" in message
    assert message.startswith("id: ")


def test_what_changes_while_a_page_is_made_reaches_it(app: Flask, alice: FlaskClient) -> None:
    def changing() -> ResponseReturnValue:
        news.publish(ACME, ["gadget-1"])
        return page("thing.html", word="as read before", watch=["gadget-1"])

    app.add_url_rule("/changing", view_func=requires("catalog.read")(changing))

    html = unescape(alice.get("/changing").text)
    messages = _open(alice, html.split("/events?watch=", 1)[1].split('"', 1)[0])

    assert "Mug" in _next(messages)


def test_whoever_hears_nothing_of_a_stream_leaves_no_listener_behind(
    alice: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    own = Hub()
    monkeypatch.setattr(stream, "hub", own)

    with alice.head("/events?watch=gadget-1") as answer:
        assert answer.status_code == 200

    assert own.count == 0


def test_many_changes_are_one_question(
    alice: FlaskClient, drawn: list[tuple[UUID | None, list[str]]]
) -> None:
    messages = _open(alice, "gadget-1,gadget-2")

    news.publish(ACME, ["gadget-1", "gadget-2"])
    _next(messages)

    assert [sorted(ids) for _, ids in drawn] == [["1", "2"]]


def test_what_nobody_watches_is_not_drawn(
    alice: FlaskClient, drawn: list[tuple[UUID | None, list[str]]]
) -> None:
    messages = _open(alice, "gadget-1")

    news.publish(ACME, ["gadget-2"])
    news.publish(ACME, ["gadget-1"])
    _next(messages)

    assert drawn == [(ACME, ["1"])]


def test_another_shop_hears_nothing_of_acme(app: Flask) -> None:
    mallory = app.test_client()
    mallory.set_cookie("who", "mallory")
    messages = _open(mallory, "gadget-1,gadget-*")

    news.publish(ACME, ["gadget-1"])
    news.publish(OTHER_SHOP, ["gadget-1"])

    first = _next(messages)
    assert "Mug" not in first
    assert first.startswith("event: gadget-feed")
    assert "Mug" not in _next(messages)


def test_a_watched_kind_brings_the_names_for_the_feed(alice: FlaskClient) -> None:
    messages = _open(alice, "gadget-*")

    news.publish(ACME, ["gadget-7", "gadget-8"])

    assert _next(messages) == "event: gadget-feed\ndata: gadget-7 gadget-8\n\n"


def test_an_announced_thing_is_an_event_for_those_who_may_hear(
    alice: FlaskClient, carol: FlaskClient
) -> None:
    hers, colleagues = _open(alice, "run-7,gadget-1"), _open(carol, "run-7,gadget-1")

    news.publish(ACME, ["run-7", "gadget-1"])

    assert _next(hers) == "event: run-7\ndata: run-7\n\n"
    assert "Mug" in _next(colleagues)


def test_a_reader_who_comes_back_gets_what_was_missed(alice: FlaskClient) -> None:
    seen: Any = kv.client().xadd(news.stream_key(ACME), {"names": "gadget-1"})
    news.publish(ACME, ["gadget-2"])

    messages = _open(alice, "gadget-1,gadget-2", **{"Last-Event-ID": seen.decode()})

    message = _next(messages)
    assert "Plate" in message
    assert "Mug" not in message


def test_a_reader_who_was_away_too_long_gets_everything_anew(alice: FlaskClient) -> None:
    news.publish(ACME, ["gadget-2"])

    messages = _open(alice, "gadget-1,gadget-2", **{"Last-Event-ID": "1-1"})

    message = _next(messages)
    assert "Mug" in message
    assert "Plate" in message


def test_a_damaged_last_event_id_is_ignored(alice: FlaskClient) -> None:
    messages = _open(alice, "gadget-1", **{"Last-Event-ID": "+ DROP"})

    news.publish(ACME, ["gadget-1"])

    assert "Mug" in _next(messages)


def test_a_kind_nobody_registered_is_not_watched() -> None:
    watch = Watch.parse("gadget-1,secret-1,secret-*,gadget-*,,run-7")

    assert watch.names == {"gadget-1", "run-7"}
    assert watch.kinds == {"gadget"}


def test_a_stream_cannot_watch_without_bound() -> None:
    watch = Watch.parse(",".join(f"gadget-{i}" for i in range(5000)))

    assert len(watch.names) == live.MAX_WATCHED


def test_one_name_is_drawn_at_most_twice_a_second() -> None:
    listener = Listener(ACME, Watch.parse("gadget-1"))
    listener.hear("1-1", ["gadget-1"])
    assert listener.take(wait=0) == ["gadget-1"]

    listener.hear("1-2", ["gadget-1"])

    assert listener.take(wait=0) == []
    started = time.monotonic()
    assert listener.take(wait=5) == ["gadget-1"]
    assert time.monotonic() - started > 0.2


def test_the_id_stays_behind_while_something_still_waits(alice: FlaskClient) -> None:
    listener = Listener(ACME, Watch.parse("gadget-1,gadget-2"))
    listener.hear("1-1", ["gadget-1"])
    listener.take(wait=0)
    listener.hear("1-2", ["gadget-1"])
    listener.hear("1-3", ["gadget-2"])

    names = listener.take(wait=0)
    actor = Actor(ACME, None, frozenset({"*"}))
    sent = list(stream._messages(actor, listener, names))

    assert names == ["gadget-2"]
    assert "id: " not in sent[0]


def test_a_listener_who_stops_reading_holds_a_bounded_set() -> None:
    listener = Listener(ACME, Watch.parse("gadget-1,gadget-*"))

    for i in range(10_000):
        listener.hear(f"{i + 1}-1", [f"gadget-{i}"])

    assert len(listener.pending) <= 600


def test_rows_that_cannot_be_drawn_do_not_hold_up_the_others(alice: FlaskClient) -> None:
    @live.live("broken")
    def fragile(actor: Actor, ids: Sequence[str]) -> dict[str, str]:
        raise RuntimeError("a defect in a template")

    messages = _open(alice, "broken-1,gadget-1")

    news.publish(ACME, ["broken-1"])
    news.publish(ACME, ["gadget-1"])

    text = _next(messages)
    assert "Mug" in (text if "Mug" in text else _next(messages))


def test_a_full_process_says_come_back(alice: FlaskClient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("app.web.hub.MAX_LISTENERS", 0)

    answer = alice.get("/events?watch=gadget-1")

    assert answer.status_code == 503
    assert answer.headers["Retry-After"] == "10"


def test_who_lost_rights_is_shown_out_and_nobody_else(app: Flask, alice: FlaskClient) -> None:
    carol = app.test_client()
    carol.set_cookie("who", "carol")
    hers, colleagues = _open(alice, "gadget-1"), _open(carol, "gadget-1")

    news.show_out(user_id=ALICE.user_id)
    rest = b"".join(hers)
    news.publish(ACME, ["gadget-1"])

    assert b"gadget" not in rest
    assert "Mug" in _next(colleagues)


def test_signing_out_elsewhere_keeps_the_stream_of_this_browser() -> None:
    here, there = UUID(int=21), UUID(int=22)
    alice = UUID(int=11)
    pages = [Listener(ACME, Watch.parse("gadget-1"), alice, each) for each in (here, there)]

    for page_ in pages:
        page_.show_out({b"user": str(alice).encode(), b"keep": str(here).encode()})

    assert [each.is_shown_out for each in pages] == [False, True]


def test_a_stream_opened_while_its_session_ends_is_none(app: Flask, alice: FlaskClient) -> None:
    source = app.extensions["syncstore_identity"]
    app.extensions["syncstore_identity"] = replace(source, load_anew=lambda: None)

    answer = alice.get("/events?watch=gadget-1", headers={"HX-Request-Type": "partial"})

    assert answer.status_code == 401
    assert vars(stream)["hub"].count == 0


def test_nobody_gets_no_stream(client: FlaskClient) -> None:
    answer = client.get("/events?watch=gadget-1", headers={"HX-Request-Type": "partial"})

    assert answer.status_code == 401


def test_a_page_starts_listening_at_the_moment_it_was_drawn(alice: FlaskClient) -> None:
    news.publish(ACME, ["gadget-2"])
    page = alice.get("/thing").text
    since = page.split("since=")[1].split('"')[0]

    news.publish(ACME, ["gadget-1"])

    message = _next(_open(alice, f"gadget-1,gadget-2&since={since}"))
    assert "Mug" in message
    assert "Plate" not in message


def test_a_dead_redis_keeps_pages_alive(
    alice: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    dead = redis.Redis(port=1, socket_connect_timeout=0.2)
    monkeypatch.setattr(kv._Connected, "client", dead)

    assert alice.get("/thing").status_code == 200
    dead.close()
