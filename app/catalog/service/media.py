"""Pictures: uploaded or fetched by address, kept once per content, shown in order on products."""

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from typing import Final
from urllib.parse import urljoin, urlsplit
from uuid import UUID

from sqlalchemy import delete, exists, select

from app.catalog import addresses
from app.catalog.errors import MediaRefused
from app.catalog.events import MediaAdded
from app.catalog.models import Media, MediaState, ProductMedia, Variant
from app.catalog.pictures import MAX_BYTES, Picture, read_picture
from app.catalog.service.writing import among, insert_rows
from app.core.actor import Actor
from app.core.db import new_id
from app.core.errors import NotFound
from app.core.transport import ForbiddenHost, Transport, TransportError
from app.core.work import Work, in_unit, unit_of_work
from app.gateways.storage import storage

URL_LENGTH: Final = 2000
MAX_ATTEMPTS: Final = 5
_REDIRECTS: Final = 4
_LEASE: Final = timedelta(minutes=5)
_ACCEPT: Final = {"accept": "image/webp,image/png,image/jpeg,image/gif;q=0.9,*/*;q=0.1"}


@dataclass(frozen=True, slots=True)
class StoredPicture:
    """A picture whose files are kept; what `attach_upload` and `fetch_media` put into a row."""

    sha256: str
    storage_key: str
    thumb_key: str
    small_key: str
    content_type: str
    width: int
    height: int
    bytes: int


def store_picture(organization_id: UUID, content: bytes) -> StoredPicture:
    """Check, re-encode and keep a picture's files; raises MediaRefused. Call it outside a unit."""
    picture: Picture = read_picture(content)
    folder = str(organization_id)
    keep = storage().keep
    return StoredPicture(
        sha256=hashlib.sha256(picture.content).hexdigest(),
        storage_key=keep(picture.content, folder=folder, suffix=picture.suffix),
        thumb_key=keep(picture.thumb, folder=folder, suffix="webp"),
        small_key=keep(picture.small, folder=folder, suffix="webp"),
        content_type=picture.content_type,
        width=picture.width,
        height=picture.height,
        bytes=len(picture.content),
    )


def keep_media(work: Work, stored: StoredPicture) -> UUID:
    """Return the id of a stored picture; the same content is one picture. Flushes."""
    known = work.session.scalar(
        select(Media.id)
        .where(
            Media.organization_id == work.organization_id,
            Media.sha256 == stored.sha256,
            Media.source_url.is_(None),
        )
        .limit(1)
    )
    if known is not None:
        return known
    media = Media(
        id=new_id(),
        organization_id=work.organization_id,
        state=MediaState.READY,
        created_at=work.now,
    )
    _fill(media, stored)
    work.session.add(media)
    work.session.flush()
    return media.id


def _fill(media: Media, stored: StoredPicture) -> None:
    media.sha256 = stored.sha256
    media.storage_key = stored.storage_key
    media.thumb_key, media.small_key = stored.thumb_key, stored.small_key
    media.content_type = stored.content_type
    media.width, media.height, media.bytes = stored.width, stored.height, stored.bytes


def url_key(url: str) -> str:
    """Return what an address is found by."""
    return hashlib.sha256(url.encode()).hexdigest()


def is_fetchable(url: str) -> bool:
    """Tell whether an address can be one of a picture: http or https, with a host, not too long."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return False
    return parts.scheme in ("http", "https") and bool(parts.hostname) and len(url) <= URL_LENGTH


def media_by_url(work: Work, urls: Iterable[str]) -> dict[str, UUID]:
    """Return the picture behind each address; new ones wait to be fetched, odd ones are absent."""
    keys = {url_key(url): url for url in urls if is_fetchable(url)}
    if not keys:
        return {}
    rows = work.session.execute(
        select(Media.source_key, Media.id).where(
            Media.organization_id == work.organization_id, among(Media.source_key, keys)
        )
    )
    found = {keys[key]: media_id for key, media_id in rows if key is not None}
    missing = {key: url for key, url in keys.items() if url not in found}
    if missing:
        found.update(_wait_for(work, missing))
    return found


def _wait_for(work: Work, urls: dict[str, str]) -> dict[str, UUID]:
    added = {url: new_id() for url in urls.values()}
    insert_rows(
        work.session,
        "media",
        [
            {
                "id": str(added[url]),
                "organization_id": str(work.organization_id),
                "created_at": work.now.isoformat(),
                "state": MediaState.WAITING.value,
                "source_url": url,
                "source_key": key,
                "attempts": 0,
                "due_at": work.now.isoformat(),
            }
            for key, url in urls.items()
        ],
    )
    work.emit(MediaAdded(tuple(added.values())))
    return added


def fetch_media(actor: Actor, media_id: UUID) -> None:
    """Fetch a picture that waits, keep it, tell its products; called twice, it is fetched once."""
    url = _claim(actor, media_id)
    if url is None:
        return
    try:
        stored = store_picture(actor.organization, _download(url))
    except MediaRefused as refusal:
        _give_up(actor, media_id, refusal.sentence, is_final=True)
    except ForbiddenHost as refusal:
        _give_up(actor, media_id, str(refusal), is_final=True)
    except TransportError as trouble:
        _give_up(actor, media_id, str(trouble), is_final=False)
    else:
        _arrive(actor, media_id, stored)


def fetch_waiting(actor: Actor, *, most: int = 40) -> bool:
    """Fetch some of the pictures that are due; True: there were more than `most`."""
    due = _due(actor, most + 1)
    for media_id in due[:most]:
        fetch_media(actor, media_id)
    return len(due) > most


@in_unit
def _due(work: Work, most: int) -> list[UUID]:
    found = select(Media.id).where(
        Media.organization_id == work.organization_id,
        Media.state == MediaState.WAITING,
        Media.due_at <= work.now,
    )
    return list(work.session.scalars(found.order_by(Media.due_at).limit(most)))


@in_unit
def _claim(work: Work, media_id: UUID) -> str | None:
    media = work.session.scalar(
        select(Media)
        .where(
            Media.id == media_id,
            Media.organization_id == work.organization_id,
            Media.state == MediaState.WAITING,
            Media.due_at <= work.now,
        )
        .with_for_update(skip_locked=True)
    )
    if media is None:
        return None
    media.attempts += 1
    media.due_at = work.now + _LEASE * media.attempts
    return media.source_url


def _download(url: str) -> bytes:
    transport = Transport(allows_private=addresses.allows_private_hosts())
    try:
        for _ in range(_REDIRECTS):
            answer = transport.download(url, max_bytes=MAX_BYTES, headers=_ACCEPT)
            if not answer.is_redirect:
                break
            url = urljoin(url, answer.headers.get("location", ""))
            if not is_fetchable(url):
                raise MediaRefused("The address of this picture leads nowhere.")
    finally:
        transport.close()
    if answer.status_code >= 500 or answer.status_code == 429:
        raise TransportError(f"The host answered {answer.status_code}.")
    if answer.status_code != 200:
        raise MediaRefused(f"The host answered {answer.status_code} instead of a picture.")
    return answer.content


def _arrive(actor: Actor, media_id: UUID, stored: StoredPicture) -> None:
    with unit_of_work(actor) as work:
        media = get_media(work, media_id)
        if media.state != MediaState.WAITING:
            return
        _fill(media, stored)
        media.state, media.error, media.due_at = MediaState.READY, None, None
        _touch_products(work, media_id)


def _give_up(actor: Actor, media_id: UUID, sentence: str, *, is_final: bool) -> None:
    with unit_of_work(actor) as work:
        media = get_media(work, media_id)
        media.error = sentence[:500]
        if is_final or media.attempts >= MAX_ATTEMPTS:
            media.state, media.due_at = MediaState.FAILED, None
            _touch_products(work, media_id)


def _touch_products(work: Work, media_id: UUID) -> None:
    shown = work.session.scalars(
        select(ProductMedia.product_id).where(ProductMedia.media_id == media_id).limit(200)
    )
    work.touch(*(f"product-{key}" for key in shown), f"media-{media_id}")


def get_media(work: Work, media_id: UUID) -> Media:
    """Return a picture for a change; raises NotFound."""
    found = work.session.scalar(
        select(Media)
        .where(Media.id == media_id, Media.organization_id == work.organization_id)
        .with_for_update()
    )
    if found is None:
        raise NotFound
    return found


def retry_media(work: Work, media_id: UUID) -> None:
    """Fetch a picture again that could not be fetched."""
    media = get_media(work, media_id)
    if media.state == MediaState.FAILED and media.source_url:
        media.state, media.error = MediaState.WAITING, None
        media.attempts, media.due_at = 0, work.now
        work.emit(MediaAdded((media.id,)))
        _touch_products(work, media_id)


def forget_unused_media(work: Work, media_ids: Sequence[UUID]) -> None:
    """Delete pictures that no product and no variant shows, with their files after the commit."""
    unused = [key for key in media_ids if not _is_shown(work, key)]
    files = work.session.execute(
        delete(Media)
        .where(Media.organization_id == work.organization_id, among(Media.id, unused))
        .returning(Media.storage_key, Media.thumb_key, Media.small_key)
    )
    keys = {key for row in files for key in row if key}
    for shared in work.session.execute(
        select(Media.storage_key, Media.thumb_key, Media.small_key).where(
            Media.organization_id == work.organization_id, among(Media.storage_key, keys)
        )
    ):
        keys -= set(shared)
    for key in keys:
        work.after_commit(partial(storage().remove, key))


def _is_shown(work: Work, media_id: UUID) -> bool:
    question = select(
        exists().where(ProductMedia.media_id == media_id)
        | exists().where(
            Variant.organization_id == work.organization_id, Variant.media_id == media_id
        )
    )
    return bool(work.session.scalar(question))
