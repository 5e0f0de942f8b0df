"""Pictures by address: fetched once, in the background, from hosts that may be asked."""

import io
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from uuid import UUID

import pytest
from PIL import Image
from sqlalchemy import select

from app.catalog import addresses, queries, service
from app.catalog.models import Media, MediaState
from app.core import clock, db
from app.core.actor import Actor
from app.core.outbox import OutboxMessage
from app.core.work import unit_of_work
from app.gateways.storage import storage
from tests.factories.catalog import product, values_of


def png(colour: str = "navy") -> bytes:
    target = io.BytesIO()
    Image.new("RGB", (64, 48), colour).save(target, "PNG")
    return target.getvalue()


class Shop(ThreadingHTTPServer):
    """A host with pictures; remembers what it was asked for."""

    asked: list[str]

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}"


class Answers(BaseHTTPRequestHandler):
    """A picture, a way to it, a page, nothing, or trouble."""

    server: Shop

    def do_GET(self) -> None:
        self.server.asked.append(self.path)
        status, kind, body = {
            "/mug.png": (200, "image/png", png()),
            "/page": (200, "text/html", b"<html>"),
            "/moved": (302, "", b""),
            "/inside": (302, "", b""),
            "/trouble": (503, "", b""),
        }.get(self.path, (404, "", b""))
        self.send_response(status)
        if status == 302:
            self.send_header("Location", "/mug.png" if self.path == "/moved" else "file:///etc")
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        return


@pytest.fixture
def shop() -> Iterator[Shop]:
    host = Shop(("127.0.0.1", 0), Answers)
    host.asked = []
    thread = threading.Thread(target=host.serve_forever, daemon=True)
    thread.start()
    yield host
    host.shutdown()
    host.server_close()
    thread.join()


def with_picture(actor: Actor, url: str) -> tuple[UUID, UUID]:
    key = product(actor, images=[{"key": f"ext:{url}", "alt": None, "url": url}])
    (image,) = values_of(actor, key).values["images"]
    return key, UUID(image["key"])


def media(actor: Actor, media_id: UUID) -> Media:
    with db.reading(actor) as session:
        return session.get_one(Media, media_id)


def test_a_picture_is_fetched_once_and_kept(actor: Actor, shop: Shop) -> None:
    _, key = with_picture(actor, f"{shop.url}/moved")

    service.fetch_media(actor, key)
    service.fetch_media(actor, key)

    kept = media(actor, key)
    assert shop.asked == ["/moved", "/mug.png"]
    assert (kept.state, kept.width, kept.content_type) == (MediaState.READY, 64, "image/jpeg")
    with db.reading(actor) as session:
        file = queries.media_file(session, key, "small")
    assert storage().read(file.key)[:4] == b"RIFF"


@pytest.mark.parametrize("path", ["/page", "/nothing", "/inside"])
def test_what_is_no_picture_fails_for_good_with_a_sentence(
    actor: Actor, shop: Shop, path: str
) -> None:
    _, key = with_picture(actor, shop.url + path)

    service.fetch_media(actor, key)

    failed = media(actor, key)
    assert failed.state == MediaState.FAILED
    assert failed.error is not None
    assert failed.error.endswith(".")


def test_trouble_at_the_host_is_tried_again_later(actor: Actor, shop: Shop) -> None:
    _, key = with_picture(actor, f"{shop.url}/trouble")

    service.fetch_media(actor, key)
    service.fetch_media(actor, key)

    waiting = media(actor, key)
    assert shop.asked == ["/trouble"]
    assert waiting.state == MediaState.WAITING
    assert waiting.due_at is not None
    assert waiting.due_at > clock.now()


def test_private_hosts_are_not_asked_unless_the_operator_allows_it(
    actor: Actor, shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(addresses._Connected, "allows_private", False)
    _, key = with_picture(actor, f"{shop.url}/mug.png")

    service.fetch_media(actor, key)

    assert shop.asked == []
    assert "private address" in (media(actor, key).error or "")


def test_an_address_used_twice_is_one_picture_and_one_fact(actor: Actor) -> None:
    url = "https://shop.example/mug.png"

    _, first = with_picture(actor, url)
    _, second = with_picture(actor, url)

    with db.reading(actor) as session:
        facts = list(
            session.scalars(select(OutboxMessage).where(OutboxMessage.name == "MediaAdded"))
        )
    assert first == second
    assert len(facts) == 1


def test_the_same_upload_is_one_picture(actor: Actor) -> None:
    one, other = product(actor), product(actor)
    ids = []

    for key in (one, other):
        stored = service.store_picture(actor.organization, png())
        with unit_of_work(actor) as work:
            ids.append(service.attach_upload(work, key, stored))

    assert ids[0] == ids[1]


def test_a_picture_nobody_shows_is_forgotten_with_its_files(actor: Actor) -> None:
    key = product(actor)
    stored = service.store_picture(actor.organization, png("teal"))
    with unit_of_work(actor) as work:
        media_id = service.attach_upload(work, key, stored)

    with unit_of_work(actor) as work:
        service.remove_picture(work, key, media_id)

    with db.reading(actor) as session:
        assert session.get(Media, media_id) is None
    assert not storage().exists(stored.storage_key)
    assert not storage().exists(stored.thumb_key)
