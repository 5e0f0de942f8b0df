"""Files: taking them in, giving them to products and variants, finishing them later."""

import struct
from collections.abc import Mapping
from ipaddress import ip_address
from pathlib import PurePosixPath
from typing import Any, Final
from urllib.parse import unquote, urlsplit

import httpx

from app.simulators.shopify import goods, texts
from app.simulators.shopify.core import Quirk, StoreCore
from app.simulators.storage import Row

MOST_MEDIA: Final = 250
_LARGEST_SIDE: Final = 4472
_LARGEST: Final = 20 * 1024 * 1024
_KINDS: Final = {
    b"\x89PNG\r\n\x1a\n": "image/png",
    b"\xff\xd8\xff": "image/jpeg",
    b"GIF8": "image/gif",
    b"RIFF": "image/webp",
}


def is_address(store: StoreCore, source: str) -> bool:
    """Say whether the store would fetch this address."""
    try:
        parts = urlsplit(source)
    except ValueError:
        return False
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        return False
    if store.settings.allows_local_urls or source.startswith(store.settings.storage_url):
        return True
    return not _is_local(parts.hostname)


def _is_local(host: str) -> bool:
    try:
        return not ip_address(host).is_global
    except ValueError:
        return host == "localhost" or host.endswith(".localhost")


def take(store: StoreCore, given: Mapping[str, Any], *, kind: str = "IMAGE") -> Row:
    """Make a file of a source; it is only uploaded, and finished later."""
    now, source = store.now(), given["originalSource"]
    name = given.get("filename") or PurePosixPath(unquote(urlsplit(source).path)).name or "file"
    return store.media.put(
        {
            "id": store.take_id(),
            "kind": kind,
            "name": name,
            "source": source,
            "alt": given.get("alt"),
            "path": f"{store.take_id()}/{name}",
            "mime_type": None,
            "width": None,
            "height": None,
            "status": "UPLOADED",
            "errors": [],
            "due": now + store.settings.media_seconds,
            "created": now,
            "updated": now,
        }
    )


def draw(store: StoreCore, name: str, body: bytes, *, alt: str | None = None) -> int:
    """Put a finished picture into the store, as a merchant's upload was once; returns its id."""
    row = take(store, {"originalSource": f"file:///{name}", "filename": name, "alt": alt})
    _finish(store, row, body)
    return int(row["id"])


def finish_due(store: StoreCore) -> None:
    """Bring files a step further; sources are fetched without holding the store."""
    with store.lock:
        now = store.now()
        waiting = [
            row
            for status in ("UPLOADED", "PROCESSING")
            for row in store.media.where("status", status)
            if row["due"] <= now
        ]
    for row in waiting:
        with store.claim(row["id"]) as is_mine:
            if is_mine:
                _step(store, row)


def _step(store: StoreCore, row: Row) -> None:
    if store.media.get(row["id"]) is not row:
        return  # somebody else has been here, or the file is gone
    if row["status"] == "UPLOADED" and store.settings.media_seconds > 0:
        with store.change():
            due = row["due"] + store.settings.media_seconds
            store.media.put(row | {"status": "PROCESSING", "due": due})
        return
    body = _fetch(store, row["source"])
    with store.change():
        if store.media.get(row["id"]) is not None:
            _finish(store, row, body)
            _tell_products(store, row["id"])


def _tell_products(store: StoreCore, file_id: int) -> None:
    for product in store.products.where("media", file_id):
        goods.touch_product(store, product["id"])


def _finish(store: StoreCore, row: Row, body: bytes | None) -> None:
    problem = _problem(store, row, body)
    if problem is not None or body is None:
        failed = {"status": "FAILED", "errors": [problem]}
        store.media.put(row | failed | {"updated": store.now()})
        return
    width, height = size_of(body)
    store.keep_file(row["path"], body)
    done = {"status": "READY", "width": width, "height": height, "mime_type": _kind(body)}
    store.media.put(row | done | {"updated": store.now()})


def _problem(store: StoreCore, row: Row, body: bytes | None) -> dict[str, str] | None:
    if body is None:
        code = (
            "IMAGE_DOWNLOAD_FAILURE" if row["kind"] == "IMAGE" else "GENERIC_FILE_DOWNLOAD_FAILURE"
        )
        return {"code": code, "message": "The file could not be downloaded."}
    if store.takes(Quirk.MEDIA_FAILS):
        message = "The image could not be processed."
        return {"code": "IMAGE_PROCESSING_FAILURE", "message": message}
    if row["kind"] != "IMAGE":
        return None
    if _kind(body) is None:
        message = "The file type is not supported."
        return {"code": "UNSUPPORTED_IMAGE_FILE_TYPE", "message": message}
    if len(body) > _LARGEST:
        return {"code": "INVALID_IMAGE_FILE_SIZE", "message": "The image is larger than 20 MB."}
    if max(size_of(body)) > _LARGEST_SIDE:
        message = "The image is larger than 4472 by 4472 pixels."
        return {"code": "INVALID_IMAGE_RESOLUTION", "message": message}
    return None


def _kind(body: bytes) -> str | None:
    return next((kind for start, kind in _KINDS.items() if body.startswith(start)), None)


def size_of(body: bytes) -> tuple[int, int]:
    """Return width and height of a PNG; other kinds count as a modest square."""
    if body.startswith(b"\x89PNG") and len(body) >= 24:
        width, height = struct.unpack(">II", body[16:24])
        return int(width), int(height)
    return 800, 800


def _fetch(store: StoreCore, source: str) -> bytes | None:
    inside = f"{store.settings.storage_url}/uploads/"
    if source.startswith(inside):
        return store.files.get(f"uploads/{source.removeprefix(inside)}")
    try:
        answer = store.http.get(source, follow_redirects=True)
    except httpx.HTTPError:
        return None
    return answer.content if answer.status_code == 200 and answer.content else None


def file_number(store: StoreCore, file_id: str | None) -> int | None:
    """Return the number of a file that exists."""
    kind, number = texts.parse_gid(file_id or "")
    known = kind in {"MediaImage", "GenericFile"} and store.media.get(number) is not None
    return number if known else None
