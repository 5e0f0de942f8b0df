"""The media library: pictures come by URL, and every send makes a new item."""

from collections.abc import Iterator, Mapping
from pathlib import PurePosixPath
from typing import Any, Final
from urllib.parse import unquote, urlsplit

import httpx

from app.simulators.pictures import placeholder_png as placeholder_png
from app.simulators.woocommerce import outside, php, times
from app.simulators.woocommerce.core import StoreCore
from app.simulators.woocommerce.errors import ApiError
from app.simulators.woocommerce.storage import Row

Fetched = Mapping[str, bytes | None]

_ENDINGS: Final = {".jpg", ".jpeg", ".png", ".gif", ".webp", ".bmp", ".tiff", ".ico"}
_LARGEST: Final = 20 * 1024 * 1024


def sources(params: Mapping[str, Any]) -> Iterator[str]:
    """Yield the addresses a body asks the store to fetch."""
    listed = params.get("images")
    pictures = [*(listed if isinstance(listed, list) else []), params.get("image")]
    for picture in pictures:
        if isinstance(picture, dict) and not picture.get("id"):
            src = picture.get("src")
            if isinstance(src, str) and src:
                yield src


def fetch(store: StoreCore, bodies: list[Mapping[str, Any]]) -> Fetched:
    """Download every picture named in the bodies, None where it failed; not under the lock."""
    return {src: _download(store, src) for body in bodies for src in sources(body)}


def _download(store: StoreCore, src: str) -> bytes | None:
    if file_name(src) is None or outside.is_refused(src, store.settings):
        return None
    try:
        answer = store.http.get(src, follow_redirects=True)
    except httpx.HTTPError:
        return None
    if answer.status_code != 200 or not 0 < len(answer.content) <= _LARGEST:
        return None
    return answer.content


def file_name(src: str) -> str | None:
    """Return the last part of the path, if it ends like a picture."""
    name = PurePosixPath(unquote(urlsplit(src).path)).name
    return name if PurePosixPath(name).suffix.lower() in _ENDINGS else None


def upload(store: StoreCore, src: str, fetched: Fetched, *, noun: str = "product") -> int:
    """Make a media item out of a fetched picture; returns its id."""
    body, name = fetched.get(src), file_name(src)
    if body is None or name is None:
        code = f"woocommerce_{noun}_image_upload_error"
        raise ApiError(code, 400, "Error getting remote image.")
    return int(keep(store, name, body)["id"])


def keep(store: StoreCore, name: str, body: bytes, *, alt: str = "") -> Row:
    """Put bytes into the library under this month's folder, numbered when the name is taken."""
    folder = times.written(store.now(), store.settings.utc_offset)[:7].replace("-", "/")
    stem, ending = PurePosixPath(name).stem, PurePosixPath(name).suffix.lower()
    stem = php.slug(stem) or "image"
    path, count = f"{folder}/{stem}{ending}", 0
    while path in store.files:
        count += 1
        path = f"{folder}/{stem}-{count}{ending}"
    store.files[path] = body
    store.shelf.note_file(path, body)
    now = store.now()
    return store.media.put(
        {
            "id": store.take_id("posts"),
            "created": now,
            "modified": now,
            "path": path,
            "name": PurePosixPath(path).stem,
            "alt": alt,
        }
    )


def choose(
    store: StoreCore, picture: Mapping[str, Any], fetched: Fetched, *, noun: str, new: list[int]
) -> int:
    """Return the media id a picture of a body stands for; freshly made items are added to `new`."""
    media_id = php.integer(picture.get("id") or 0)
    src = picture.get("src")
    if media_id == 0 and src:
        media_id = upload(store, php.text(src), fetched, noun=noun)
        new.append(media_id)
    item = store.media.get(media_id)
    if item is None:
        code = f"woocommerce_{noun}_invalid_image_id"
        raise ApiError(code, 400, f"#{media_id} is an invalid image ID.")
    described = {key: php.text(picture[key]) for key in ("name", "alt") if picture.get(key)}
    if described:
        store.media.put(item | described)
    return media_id


def picture_of(store: StoreCore, media_id: int) -> dict[str, Any] | None:
    """Return a media item as answers show it."""
    item = store.media.get(media_id)
    if item is None:
        return None
    offset = store.settings.utc_offset
    return {
        "id": item["id"],
        "date_created": times.written(item["created"], offset),
        "date_created_gmt": times.written(item["created"]),
        "date_modified": times.written(item["modified"], offset),
        "date_modified_gmt": times.written(item["modified"]),
        "src": f"{store.settings.home_url}/wp-content/uploads/{item['path']}",
        "name": item["name"],
        "alt": item["alt"],
    }
