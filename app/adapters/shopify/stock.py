"""Stock: absolute quantities at our locations, compared with what we saw, each sent once.

Of several locations the sum is what we keep in step; how the units lie is the shop's own business.
What is added is put at the main one, what is gone is taken from it first, and only the levels that
change are written: a sale at another one meanwhile stays a sale.

The idempotency key is made from the errand, the input and the moment the shop's figure was last
changed. So the same write after a lost answer is answered with its first result, and the same
figures on another errand are a write of their own, although Shopify remembers keys for a day. The
moment alone would not tell them apart: figures may come and go within the second Shopify tells.
"""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final
from uuid import NAMESPACE_URL, uuid5

from app.adapters.errors import Unknown
from app.adapters.shopify import ids, schema
from app.adapters.shopify.client import Client
from app.adapters.shopify.documents import reading, writing
from app.adapters.shopify.mapper.inward import levels, sellable
from app.adapters.shopify.mapper.reader import Reader
from app.adapters.shopify.problems import UserError, user_errors
from app.adapters.shopify.shop import located

STALE: Final = "CHANGE_FROM_QUANTITY_STALE"
_TRIES: Final = 3
_RESENDS: Final = 2  # of a call without an answer: its key tells what became of the first one
_PER_READ: Final = 100


@dataclass(frozen=True, slots=True)
class Level:
    """Stock of one variant as the shop shows it."""

    item: str  # global id of the inventory item
    is_tracked: bool
    there: tuple[int, ...]  # units that can be sold at each location, the main one first
    version: str  # moves with the figure, from one second to the next

    @property
    def available(self) -> int:
        """The units that can be sold, wherever they lie."""
        return sum(self.there)

    @property
    def quantity(self) -> int | None:
        """What we call the stock: None where it is not counted."""
        return self.available if self.is_tracked else None


@dataclass(frozen=True, slots=True)
class Wish:
    """Quantities to set, all or none. `seen` None: whatever is there is overwritten."""

    item: str
    counts: tuple[tuple[str, int, int | None], ...]  # (location's global id, quantity, seen)
    version: str

    def rows(self) -> list[dict[str, Any]]:
        """Return the rows of the mutation; a comparison has to be named, even when it is none."""
        return [
            {
                "inventoryItemId": self.item,
                "locationId": location,
                "quantity": quantity,
                "changeFromQuantity": seen,
            }
            for location, quantity, seen in self.counts
        ]


def wish(level: Level, quantity: int, locations: Sequence[str], *, compares: bool = True) -> Wish:
    """Return what brings a level to a quantity; only one location may go without comparing."""
    compares = compares or len(locations) > 1
    counts = [
        (ids.gid("Location", location), wanted, seen if compares else None)
        for location, wanted, seen in zip(
            locations, spread(level.there, quantity), level.there, strict=True
        )
        if wanted != seen or not compares
    ]
    return Wish(level.item, tuple(counts), level.version)


def spread(there: Sequence[int], quantity: int) -> list[int]:
    """Return the units at each location that add up to a quantity, moving as few as can be.

    Where a location owes units, others make up for it: no figure below nothing can be written.
    """
    wanted = list(there)
    more = quantity - sum(there)
    if more > 0:
        at = next((at for at, units in enumerate(there) if units + more >= 0), 0)
        wanted[at] += more
        return wanted
    for at, units in enumerate(there):
        less = min(-more, max(units, 0))
        wanted[at] -= less
        more += less
    return wanted


def level_of(variant: Mapping[str, Any]) -> Level:
    """Read the stock of a variant's row."""
    item = Reader(variant, "variant").inner("inventoryItem")
    if item is None:
        raise Reader(variant, "variant").bad("inventoryItem", "an object")
    found = levels(item)
    moments: list[str] = []
    for level in (each for each in found if each is not None):
        parts = (level, *level.objects("quantities"))
        moments.extend(each.text("updatedAt") or "" for each in parts)
    return Level(
        item=str(item.raw.get("id")),
        is_tracked=bool(item.raw.get("tracked")),
        there=tuple(sellable(each) for each in found),
        version="/".join(moments),
    )


def read_levels(
    client: Client, variants: Sequence[str], locations: Sequence[str]
) -> dict[str, Level]:
    """Return the stock of variants at locations, by number; absent ones are gone."""
    numbers = [each for each in dict.fromkeys(variants) if ids.is_number(each)]
    document, places = reading.STOCK.at(len(locations)), located(locations)
    most = client.fitting(document, _PER_READ, **places)
    found: dict[str, Level] = {}
    for start in range(0, len(numbers), most):
        gids = [ids.gid("ProductVariant", each) for each in numbers[start : start + most]]
        for row in client.ask(document, ids=gids, **places) or ():
            if row and row.get("id"):
                found[ids.number(row["id"]) or ""] = level_of(row)
    return found


def set_quantities(client: Client, wishes: Sequence[Wish], *, errand: str) -> dict[int, UserError]:
    """Set quantities; returns what was refused, by position. Raises Unknown for a lost answer."""
    refused: dict[int, UserError] = {}
    open_ones = [at for at, each in enumerate(wishes) if each.counts]  # others lie right already
    most = schema.MOST_ROWS // max((len(wishes[at].counts) for at in open_ones), default=1)
    for start in range(0, len(open_ones), most):
        refused |= _set_part(client, wishes, open_ones[start : start + most], errand=errand)
    return refused


def _set_part(
    client: Client, wishes: Sequence[Wish], open_ones: list[int], *, errand: str
) -> dict[int, UserError]:
    """Set one call's worth: a refused row blocks all; its wish is left out, the rest sent again."""
    refused: dict[int, UserError] = {}
    attempt = 0
    while open_ones:
        errors = _send(client, [wishes[number] for number in open_ones], f"{errand}/{attempt}")
        if not errors:
            break
        if errors[0].code == "IDEMPOTENCY_CONCURRENT_REQUEST":
            raise Unknown  # the first of them still runs, and nobody knows what it comes to
        owners = [number for number in open_ones for _ in wishes[number].counts]
        named = {position: error for error in errors if (position := _position(error)) is not None}
        blamed = {owners[at]: error for at, error in named.items() if at < len(owners)}
        attempt += 1
        is_spent = errors[0].code == "IDEMPOTENCY_PREVIOUS_ATTEMPT_FAILED"
        if is_spent and not blamed and attempt < _TRIES:
            continue  # the key is used up, the write is not done: once more under a new key
        refused |= blamed or dict.fromkeys(open_ones, errors[0])
        open_ones = [number for number in open_ones if number not in refused]
    return refused


def _position(error: UserError) -> int | None:
    return error.index_in("quantities")


def _send(client: Client, wishes: Sequence[Wish], attempt: str) -> list[UserError]:
    rows = [row for wish in wishes for row in wish.rows()]
    key = idempotency_key(rows, [wish.version for wish in wishes], attempt)
    stated = {
        "name": "available",
        "reason": "correction",
        "referenceDocumentUri": f"gid://syncstore/SyncJob/{key}",
        "quantities": rows,
    }
    for _ in range(_RESENDS):
        try:
            return user_errors(client.write_whole(writing.STOCK_SET, input=stated, key=key))
        except Unknown:
            continue
    return user_errors(client.write_whole(writing.STOCK_SET, input=stated, key=key))


def idempotency_key(
    rows: Sequence[Mapping[str, Any]], versions: Sequence[str], attempt: str
) -> str:
    """Return the key of one write: the same for an attempt at the same figures over one state."""
    text = json.dumps([rows, versions, attempt], sort_keys=True, separators=(",", ":"))
    return str(uuid5(NAMESPACE_URL, hashlib.sha256(text.encode()).hexdigest()))
