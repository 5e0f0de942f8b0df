"""Who bought: sealed at rest, found by digests, shown only to those who may see it."""

import hashlib
import hmac
import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import asdict
from typing import Any, Final
from uuid import UUID

from app.adapters.orders import Address, ChannelOrder
from app.core.crypto import CannotOpen
from app.core.settings import current

_WORD: Final = re.compile(r"\w+")
_LONGEST: Final = 120


def owner(organization_id: UUID, order_id: UUID) -> str:
    """Name what a sealed value of an order belongs to."""
    return f"{organization_id}:order:{order_id}"


def seal(organization_id: UUID, order_id: UUID, value: Mapping[str, Any]) -> bytes:
    """Seal what an order tells of a person."""
    return current().key_ring.seal(value, owner=owner(organization_id, order_id))


def resealed(
    organization_id: UUID, order_id: UUID, kept: bytes | None, value: Mapping[str, Any]
) -> bytes:
    """Seal anew only what is another value: a repeat leaves the order and its forms valid."""
    try:
        is_the_same = unseal(organization_id, order_id, kept) == json.loads(json.dumps(value))
    except CannotOpen:
        is_the_same = False
    if kept is not None and is_the_same:
        return kept
    return seal(organization_id, order_id, value)


def unseal(organization_id: UUID, order_id: UUID, sealed: bytes | None) -> dict[str, Any]:
    """Open it again; nothing was kept, or it was erased: an empty mapping."""
    if sealed is None:
        return {}
    return current().key_ring.open(sealed, owner=owner(organization_id, order_id))


def of_channel(order: ChannelOrder) -> dict[str, Any]:
    """Return what a channel's order tells of the buyer."""
    return {
        "email": order.email,
        "phone": order.phone,
        "note": order.note,
        "ship_to": asdict(order.ship_to) if order.ship_to else None,
        "bill_to": asdict(order.bill_to) if order.bill_to else None,
    }


def name_of(personal: Mapping[str, Any]) -> str:
    """Return who bought, by the best name there is."""
    for key in ("ship_to", "bill_to"):
        address = personal.get(key) or {}
        if name := address.get("name") or address.get("company"):
            return str(name)
    return str(personal.get("email") or "")


def address_of(value: Mapping[str, Any] | None) -> Address | None:
    """Return a kept address."""
    return Address(**value) if value else None


def digest(organization_id: UUID, word: str) -> str:
    """Return by what a personal word is found: the same word of the same organization only."""
    key = current().secret_key.encode()
    said = f"orders:{organization_id}:{word.casefold().strip()}".encode()
    return "~" + hmac.new(key, said, hashlib.sha256).hexdigest()[:32]


def words_of(personal: Mapping[str, Any]) -> set[str]:
    """Return the personal words an order is found by: the mail, and each word of a name."""
    words = {str(personal.get("email") or "").strip()}
    for key in ("ship_to", "bill_to"):
        address = personal.get(key) or {}
        for name in ("name", "company"):
            words.update(_WORD.findall(str(address.get(name) or "")))
    return {word.casefold() for word in words if len(word) > 1}


def plain_term(text: str) -> str:
    """Return how a number or a SKU is kept for the search: folded, without outer marks."""
    return text.strip().lstrip("#").casefold()[:_LONGEST]


def terms(
    organization_id: UUID, plain: Iterable[str | None], personal: Mapping[str, Any]
) -> set[str]:
    """Return every term of an order."""
    found = {plain_term(each) for each in plain if each}
    found.update(digest(organization_id, word) for word in words_of(personal))
    return {term for term in found if term}
