"""Who bought, as far as the reader may know: whole, or only with first letters."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

from app.adapters.orders import Address
from app.core.crypto import CannotOpen
from app.orders.service import personal

_WORD: Final = re.compile(r"(\w)[\w'’.-]*")
_DOTS: Final = "•••"


@dataclass(frozen=True, slots=True)
class Buyer:
    """Who bought; masked, every word keeps its first letter and addresses are left out."""

    name: str = ""
    email: str = ""
    phone: str = ""
    note: str = ""  # what the buyer wrote
    ship_to: Address | None = None
    bill_to: Address | None = None
    is_masked: bool = False


def mask(text: str) -> str:
    """Return a personal text with the first letter of each word: D••• D•••."""
    return _WORD.sub(rf"\1{_DOTS}", text)


def buyer_of(
    organization_id: UUID, order_id: UUID, sealed: bytes | None, *, is_open: bool
) -> Buyer:
    """Open what is kept of a buyer for a reader; a key that is gone leaves nothing to show."""
    try:
        told: Mapping[str, Any] = personal.unseal(organization_id, order_id, sealed)
    except CannotOpen:
        told = {}
    name, email = personal.name_of(told), str(told.get("email") or "")
    if not is_open:
        return Buyer(name=mask(name), email=mask(email), is_masked=True)
    return Buyer(
        name=name,
        email=email,
        phone=str(told.get("phone") or ""),
        note=str(told.get("note") or ""),
        ship_to=personal.address_of(told.get("ship_to")),
        bill_to=personal.address_of(told.get("bill_to")),
    )
