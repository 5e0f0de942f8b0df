"""Files we keep: each lies under the hash of its content, in the folder of its owner.

A key is `<folder>/<first two of the hash>/<sha256>.<suffix>`; the same content kept twice is one
file. Names given by people never reach the disk.
"""

import hashlib
import os
import re
import tempfile
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path
from typing import BinaryIO, Final, Protocol

from app.core.errors import NotFound, TooLarge, Unavailable
from app.core.settings import current

_CHUNK: Final = 1024 * 1024
_NO_ROOM: Final = (
    "SyncStore could not keep this file: its disk is full or cannot be written to. Nothing was"
    " saved. Make room on the server, then try again."
)
_FOLDER: Final = re.compile(r"[a-z0-9][a-z0-9_-]{0,63}")
_SUFFIX: Final = re.compile(r"[a-z0-9]{1,8}")
_KEY: Final = re.compile(r"[a-z0-9][a-z0-9_-]{0,63}/[0-9a-f]{2}/[0-9a-f]{64}(\.[a-z0-9]{1,8})?")


class Storage(Protocol):
    """A place for files; every method raises NotFound for a key that names none."""

    def keep(
        self,
        content: bytes | BinaryIO,
        *,
        folder: str,
        suffix: str = "",
        max_bytes: int | None = None,
    ) -> str:
        """Keep bytes or a stream and return its key.

        Raises TooLarge, or Unavailable where the disk takes no more, and keeps nothing then.
        """

    def open(self, key: str) -> BinaryIO:
        """Open a file for reading; the caller closes it."""

    def read(self, key: str) -> bytes:
        """Return a whole file."""

    def size(self, key: str) -> int:
        """Return the bytes of a file."""

    def exists(self, key: str) -> bool:
        """Tell whether a key names a file."""

    def remove(self, key: str) -> None:
        """Forget a file; forgetting it twice is fine."""


def safe_suffix(name: str) -> str:
    """Return the suffix of a file name somebody gave, or an empty text when it is odd."""
    suffix = name.rpartition(".")[2].lower()
    return suffix if _SUFFIX.fullmatch(suffix) and "." in name else ""


def _chunks(content: BinaryIO) -> Iterator[bytes]:
    while chunk := content.read(_CHUNK):
        yield chunk


class LocalStorage:
    """Files on this machine's disk."""

    def __init__(self, root: Path) -> None:
        self._root = root

    def keep(
        self,
        content: bytes | BinaryIO,
        *,
        folder: str,
        suffix: str = "",
        max_bytes: int | None = None,
    ) -> str:
        """Keep bytes or a stream and return its key.

        Raises TooLarge, or Unavailable where the disk takes no more, and keeps nothing then.
        """
        if not _FOLDER.fullmatch(folder) or (suffix and not _SUFFIX.fullmatch(suffix)):
            raise ValueError(f"{folder!r} or {suffix!r} is no safe name.")
        source = BytesIO(content) if isinstance(content, bytes) else content
        try:
            return self._kept(source, folder, suffix, max_bytes)
        except OSError as error:
            raise Unavailable(_NO_ROOM) from error

    def _kept(self, source: BinaryIO, folder: str, suffix: str, max_bytes: int | None) -> str:
        home = self._root / folder
        home.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(prefix=".incoming-", dir=home)
        draft = Path(name)
        try:
            with os.fdopen(handle, "wb") as target:
                digest = self._copy(source, target, max_bytes)
            ending = f".{suffix}" if suffix else ""
            key = f"{folder}/{digest[:2]}/{digest}{ending}"
            place = self._root / key
            place.parent.mkdir(exist_ok=True)
            draft.replace(place)
        finally:
            draft.unlink(missing_ok=True)
        return key

    @staticmethod
    def _copy(source: BinaryIO, target: BinaryIO, max_bytes: int | None) -> str:
        digest, taken = hashlib.sha256(), 0
        for chunk in _chunks(source):
            taken += len(chunk)
            if max_bytes is not None and taken > max_bytes:
                raise TooLarge(f"This file is larger than {max_bytes // (1024 * 1024)} MB.")
            digest.update(chunk)
            target.write(chunk)
        return digest.hexdigest()

    def _place(self, key: str) -> Path:
        if not _KEY.fullmatch(key):
            raise NotFound
        return self._root / key

    def open(self, key: str) -> BinaryIO:
        """Open a file for reading; the caller closes it."""
        try:
            return self._place(key).open("rb")
        except FileNotFoundError as error:
            raise NotFound from error

    def read(self, key: str) -> bytes:
        """Return a whole file."""
        with self.open(key) as file:
            return file.read()

    def size(self, key: str) -> int:
        """Return the bytes of a file."""
        try:
            return self._place(key).stat().st_size
        except FileNotFoundError as error:
            raise NotFound from error

    def exists(self, key: str) -> bool:
        """Tell whether a key names a file."""
        return bool(_KEY.fullmatch(key)) and (self._root / key).is_file()

    def remove(self, key: str) -> None:
        """Forget a file; forgetting it twice is fine."""
        self._place(key).unlink(missing_ok=True)


def storage() -> Storage:
    """Return this process's place for files."""
    return LocalStorage(current().media_dir)
