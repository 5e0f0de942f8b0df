"""How Shopify writes ids, times, money and handles."""

import html
import re
import unicodedata
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from typing import Final

_GID: Final = re.compile(r"\Agid://shopify/([A-Za-z]+)/(\d+)(?:\?.*)?\Z")
_TAGS: Final = re.compile(r"<[^>]*>")
_NOT_IN_HANDLES: Final = re.compile(r"[^\w]+", re.UNICODE)


def gid(kind: str, number: int) -> str:
    """Return the global id of a thing."""
    return f"gid://shopify/{kind}/{number}"


def level_gid(level_id: int, item_id: int) -> str:
    """Return the id of an inventory level, which names its item as well."""
    return f"gid://shopify/InventoryLevel/{level_id}?inventory_item_id={item_id}"


def parse_gid(text: str) -> tuple[str, int]:
    """Split a global id; what is none gives an empty kind."""
    found = _GID.match(text)
    return (found[1], int(found[2])) if found else ("", 0)


def number(text: str | None, kind: str) -> int | None:
    """Return the number in a global id of this kind, or None for anything else."""
    if text is None:
        return None
    found, value = parse_gid(text)
    return value if found == kind else None


def written(moment: int | None) -> str | None:
    """Write a time as answers do."""
    if moment is None:
        return None
    return datetime.fromtimestamp(moment, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def rest_written(moment: int) -> str:
    """Write a time as webhook bodies do."""
    return datetime.fromtimestamp(moment, UTC).strftime("%Y-%m-%dT%H:%M:%S+00:00")


def moment_of(text: str) -> int | None:
    """Read a time of a search term or of an input; None when it is none."""
    try:
        found = datetime.fromisoformat(text.strip())
    except ValueError:
        return None
    return int((found if found.tzinfo else found.replace(tzinfo=UTC)).timestamp())


def decimal_of(value: object) -> Decimal | None:
    """Read an amount; None when it is none."""
    try:
        found = Decimal(str(value))
    except InvalidOperation:
        return None
    return found if found.is_finite() else None


def money(value: object) -> str:
    """Write an amount with two places, as variants show prices."""
    return f"{decimal_of(value) or Decimal(0):.2f}"


def amount(value: object) -> str:
    """Write an amount as MoneyV2 does: at least one place, no more zeros than needed."""
    text = f"{(decimal_of(value) or Decimal(0)).normalize():f}"
    return text if "." in text else f"{text}.0"


def plain(markup: str) -> str:
    """Strip HTML down to its text."""
    return html.unescape(_TAGS.sub(" ", markup)).strip()


def handle(title: str) -> str:
    """Make a handle of a title."""
    text = unicodedata.normalize("NFKD", title).encode("ascii", "ignore").decode() or title
    return _NOT_IN_HANDLES.sub("-", text.lower()).replace("_", "-").strip("-")
