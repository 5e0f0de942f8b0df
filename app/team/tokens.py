"""Pure: the signed texts a program carries (JWT, HS256). Only SECRET_KEY can write one.

The two kinds are signed with keys of their own, so that neither is ever taken for the other.
"""

import hashlib
import hmac
import json
from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum
from typing import Any, Final

from itsdangerous import BadData, Signer
from itsdangerous.encoding import base64_decode, base64_encode

_HEADER: Final = base64_encode(b'{"alg":"HS256","typ":"JWT"}')


class TokenKind(StrEnum):
    """What a signed text is for; stands in its claim `type`."""

    ACCESS = "access"
    REFRESH = "refresh"


def _signer(kind: TokenKind, secret: str) -> Signer:
    key = hmac.digest(secret.encode(), f"syncstore api {kind}".encode(), "sha256")
    # The key is derived above, the way JWT leaves it to us; so itsdangerous takes it as it is.
    return Signer(key, sep=".", key_derivation="none", digest_method=hashlib.sha256)


def write_token(kind: TokenKind, claims: Mapping[str, Any], *, secret: str) -> str:
    """Return claims as a signed text; `exp` has to be among them, in seconds."""
    body = json.dumps({**claims, "type": kind}, separators=(",", ":")).encode()
    return _signer(kind, secret).sign(_HEADER + b"." + base64_encode(body)).decode()


def read_token(kind: TokenKind, token: str, *, secret: str, now: datetime) -> dict[str, Any] | None:
    """Return the claims of a token of this kind; None when it is forged, damaged or too old."""
    try:
        header, _, body = _signer(kind, secret).unsign(token.encode()).partition(b".")
        claims: dict[str, Any] = json.loads(base64_decode(body))
    except (BadData, ValueError):
        return None
    is_ours = header == _HEADER and claims.get("type") == kind
    return claims if is_ours and claims["exp"] > now.timestamp() else None
