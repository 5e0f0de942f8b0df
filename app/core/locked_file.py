"""A file locked with a passphrase: scrypt makes its key, AES-256-GCM seals it.

`magic | version(1) | checksum(32) | salt(16) | nonce(12) | ciphertext+tag`. The checksum needs no
passphrase, so that a damaged file is told from a wrong passphrase. How dear the key is to make is
fixed by the version and never read from the file, which may come from anybody.
"""

import hashlib
import secrets
from typing import Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.scrypt import Scrypt

from app.core.errors import Invalid

PASSPHRASE_LENGTH: Final = (12, 200)
_MAGIC: Final = b"SYNCSTORE LOCKED\n"
_VERSION: Final = 1
_HEAD: Final = len(_MAGIC) + 1
_SALT, _NONCE, _SUM, _TAG = 16, 12, 32, 16
_COST: Final = {"length": 32, "n": 2**16, "r": 8, "p": 2}  # 64 MB, some tenths of a second


def lock_up(plain: bytes, passphrase: str) -> bytes:
    """Seal bytes with a passphrase; raises Invalid when it is too short or too long."""
    least, most = PASSPHRASE_LENGTH
    if not least <= len(passphrase) <= most:
        raise Invalid(fields={"passphrase": f"Use {least} to {most} characters."})
    salt, nonce = secrets.token_bytes(_SALT), secrets.token_bytes(_NONCE)
    head = _MAGIC + bytes([_VERSION])
    sealed = salt + nonce + _cipher(passphrase, salt).encrypt(nonce, plain, head + salt)
    return head + hashlib.sha256(sealed).digest() + sealed


def unlock(file: bytes, passphrase: str) -> bytes:
    """Open a locked file; raises Invalid: none of ours, another version, damaged, wrong words."""
    if not file.startswith(_MAGIC):
        raise Invalid(fields={"file": "This is not a file that SyncStore made."})
    if (version := file[_HEAD - 1 : _HEAD]) != bytes([_VERSION]):
        raise Invalid(
            fields={
                "file": f"This file has version {int.from_bytes(version)}, and this SyncStore reads"
                f" version {_VERSION}. Use the SyncStore that made it."
            }
        )
    checksum, sealed = file[_HEAD : _HEAD + _SUM], file[_HEAD + _SUM :]
    is_whole = hashlib.sha256(sealed).digest() == checksum
    if not is_whole or len(sealed) < _SALT + _NONCE + _TAG:
        raise Invalid(fields={"file": "This file is damaged. Take another copy of it."})
    salt, nonce = sealed[:_SALT], sealed[_SALT : _SALT + _NONCE]
    head = file[:_HEAD]
    try:
        return _cipher(passphrase, salt).decrypt(nonce, sealed[_SALT + _NONCE :], head + salt)
    except InvalidTag as error:
        raise Invalid(fields={"passphrase": "This passphrase does not open the file."}) from error


def _cipher(passphrase: str, salt: bytes) -> AESGCM:
    return AESGCM(Scrypt(salt=salt, **_COST).derive(passphrase.encode()))
