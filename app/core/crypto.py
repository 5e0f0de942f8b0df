"""Seals secrets: AES-256-GCM under a key ring, bound to what they belong to.

A sealed value is `version(1) | key id(4) | nonce(12) | ciphertext+tag`. The associated data names
the organization and the owner of the secret, so a sealed value copied to another row does not open.
The first key of the ring seals; every key opens, which is how keys are rotated.
"""

import base64
import hashlib
import json
import secrets
from collections.abc import Mapping, Sequence
from typing import Any, Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

_VERSION: Final = b"\x01"


class CannotOpen(Exception):
    """A sealed value that no key of the ring opens for this owner."""


def new_key() -> str:
    """Return a fresh ring key as text: 32 random bytes, base64url."""
    return base64.urlsafe_b64encode(secrets.token_bytes(32)).decode()


def _key_id(key: bytes) -> bytes:
    return hashlib.sha256(b"syncstore key id" + key).digest()[:4]


class KeyRing:
    """Keys in order of age, newest first."""

    def __init__(self, keys: Sequence[str]) -> None:
        raw = [base64.urlsafe_b64decode(key) for key in keys]
        if not raw or any(len(key) != 32 for key in raw):
            raise ValueError("Each encryption key must be 32 bytes in base64url.")
        self._ciphers = {_key_id(key): AESGCM(key) for key in raw}
        self._newest = _key_id(raw[0])

    def seal(self, value: Mapping[str, Any], *, owner: str) -> bytes:
        """Seal a JSON mapping for an owner such as `organization:connection`."""
        nonce = secrets.token_bytes(12)
        plain = json.dumps(value, separators=(",", ":"), sort_keys=True).encode()
        cipher = self._ciphers[self._newest]
        return _VERSION + self._newest + nonce + cipher.encrypt(nonce, plain, owner.encode())

    def open(self, sealed: bytes, *, owner: str) -> dict[str, Any]:
        """Open a sealed mapping; raises CannotOpen for another owner, key or a changed byte."""
        cipher = self._ciphers.get(sealed[1:5])
        if sealed[:1] != _VERSION or cipher is None:
            raise CannotOpen("No key of the ring fits this secret.")
        try:
            plain = cipher.decrypt(sealed[5:17], sealed[17:], owner.encode())
        except InvalidTag as error:
            raise CannotOpen("This secret belongs to something else, or was changed.") from error
        opened: dict[str, Any] = json.loads(plain)
        return opened

    def is_newest(self, sealed: bytes) -> bool:
        """Tell whether a value was sealed with the newest key (otherwise it wants resealing)."""
        return sealed[1:5] == self._newest
