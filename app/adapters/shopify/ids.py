"""Ids: Shopify's own are `gid://shopify/<Type>/<number>`; outside the wire we keep the number."""

import re
from typing import Any, Final

_GID: Final = re.compile(r"\Agid://shopify/([A-Za-z0-9]+)/([0-9]+)(?:\?.*)?\Z")
ITEM: Final = "item:"  # an inventory item, where a webhook names neither product nor variant
RETURNED: Final = "returned:"  # a return, where a webhook names not the order
ROUTED: Final = "routed:"  # what has to be sent of an order, where a webhook names not the order


def gid(kind: str, external_id: str) -> str:
    """Return Shopify's global id of a number."""
    return f"gid://shopify/{kind}/{external_id}"


def number(found: Any) -> str | None:
    """Return the number of a global id, or None when it is none."""
    match = _GID.match(found) if isinstance(found, str) else None
    return match.group(2) if match else None


def kind(found: Any) -> str | None:
    """Return the type a global id names, or None when it is none."""
    match = _GID.match(found) if isinstance(found, str) else None
    return match.group(1) if match else None


def is_number(external_id: str) -> bool:
    """Tell whether a text can be the number of a global id."""
    return external_id.isascii() and external_id.isdigit()
