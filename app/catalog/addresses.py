"""Addresses under which channels may fetch pictures of ours: signed, so nobody can guess one."""

import hashlib
import hmac
from typing import Final
from uuid import UUID

_SIZE: Final = 32


class _Connected:
    secret: bytes = b""
    public_url: str = ""
    allows_private: bool = False


def connect(secret: str, public_url: str, *, allows_private: bool) -> None:
    """Remember what addresses are made of, and whether private hosts may be asked for pictures."""
    _Connected.secret = hashlib.sha256(b"media:" + secret.encode()).digest()
    _Connected.public_url = public_url
    _Connected.allows_private = allows_private


def allows_private_hosts() -> bool:
    """Tell whether pictures may be fetched from private addresses."""
    return _Connected.allows_private


def signature(organization_id: UUID, media_id: UUID) -> str:
    """Return what proves that we gave an address away."""
    message = organization_id.bytes + media_id.bytes
    return hmac.new(_Connected.secret, message, hashlib.sha256).hexdigest()[:_SIZE]


def is_signed(organization_id: UUID, media_id: UUID, given: str) -> bool:
    """Tell whether an address is one of ours."""
    return hmac.compare_digest(signature(organization_id, media_id), given)


def public_url(organization_id: UUID, media_id: UUID, content_type: str | None) -> str:
    """Return the address of a picture for channels: JPEG or PNG, no sign-in."""
    suffix = "png" if content_type == "image/png" else "jpg"
    signed = signature(organization_id, media_id)
    return f"{_Connected.public_url}/pictures/{organization_id}/{media_id}/{signed}.{suffix}"


def own_media(organization_id: UUID, url: str) -> UUID | None:
    """Return the picture of ours that one of our own addresses shows."""
    begin = f"{_Connected.public_url}/pictures/{organization_id}/"
    if not url.startswith(begin):
        return None
    name, _, signed = url.removeprefix(begin).partition("/")
    try:
        media_id = UUID(name)
    except ValueError:
        return None
    is_ours = is_signed(organization_id, media_id, signed.partition(".")[0])
    return media_id if is_ours else None
