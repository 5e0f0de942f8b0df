"""Parcels of an order, wherever the shop keeps them.

Core fulfilments name what is in them. The tracking extensions keep numbers in the meta data of the
order, and so do we, with what is in each parcel, where a shop has neither.
"""

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, Final

from app.adapters.orders import ChannelShipment
from app.adapters.woocommerce.mapper.amounts import meta, units
from app.adapters.woocommerce.mapper.names import TRACKING_KEY
from app.adapters.woocommerce.mapper.reader import Reader, as_list

ITEMS: Final = "_items"
NUMBER: Final = "_tracking_number"
URL: Final = "_tracking_url"
PROVIDER: Final = "_shipment_provider"
PROVIDER_NAME: Final = "_provider_name"
EXTENSION: Final = "_wc_shipment_tracking_items"


def shipments(order: Reader, fulfillments: Sequence[Any]) -> tuple[ChannelShipment, ...]:
    """Read every parcel the shop knows for an order; a number counts once."""
    found: list[ChannelShipment] = []
    told: set[str] = set()
    for each in (*_fulfilled(order, fulfillments), *_ours(order), *_tracked(order)):
        if each.number and each.number in told:
            continue
        told.add(each.number)
        found.append(each)
    return tuple(found)


def _fulfilled(order: Reader, rows: Sequence[Any]) -> Iterator[ChannelShipment]:
    for number, row in enumerate(rows):
        read = Reader(row, f"{order.at}.fulfillments[{number}]")
        if not read.flag("is_fulfilled"):
            continue  # packed in thought only
        provider = str(meta(read, PROVIDER) or "")
        yield ChannelShipment(
            external_id=read.identity("id"),
            lines=_units_in(meta(read, ITEMS)),
            carrier=str(meta(read, PROVIDER_NAME) or provider),
            number=str(meta(read, NUMBER) or ""),
            url=_link(meta(read, URL)),
            at=read.moment("date_updated"),
            is_cancelled=read.text("date_deleted") is not None,
        )


def _units_in(items: Any) -> dict[str, int]:
    found: dict[str, int] = {}
    for item in objects(items):
        if item.get("item_id"):
            key = str(item["item_id"])
            found[key] = found.get(key, 0) + (units(item.get("qty")) or 0)
    return found


def _tracked(order: Reader) -> Iterator[ChannelShipment]:
    for entry in objects(meta(order, EXTENSION)):
        yield tracking(entry)


def tracking(entry: Mapping[str, Any]) -> ChannelShipment:
    """Read one number as the tracking extensions keep or list it."""
    custom = entry.get("custom_tracking_provider")
    return ChannelShipment(
        external_id=str(entry.get("tracking_id") or entry.get("tracking_number") or ""),
        lines={},
        carrier=str(custom or entry.get("tracking_provider") or ""),
        number=str(entry.get("tracking_number") or ""),
        url=_link(entry.get("custom_tracking_link") or entry.get("tracking_link")),
        at=_shipped_at(entry.get("date_shipped")),
    )


def _shipped_at(value: Any) -> datetime | None:
    """Read a day, which the extensions keep as seconds since 1970 or as a date."""
    text = str(value or "")
    try:
        if text.isdigit():
            return datetime.fromtimestamp(int(text), UTC)
        return datetime.fromisoformat(text).replace(tzinfo=UTC)
    except (ValueError, OverflowError, OSError):
        return None


def _ours(order: Reader) -> Iterator[ChannelShipment]:
    for entry in ours(order.raw):
        lines = entry.get("lines")
        counts = lines if isinstance(lines, Mapping) else {}
        yield ChannelShipment(
            external_id=str(entry.get("id") or ""),
            lines={str(line): units(count) or 0 for line, count in counts.items()},
            carrier=str(entry.get("carrier") or ""),
            number=str(entry.get("number") or ""),
            url=_link(entry.get("url")),
            at=_shipped_at(entry.get("at")),
        )


def ours(row: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """Return what we keep of parcels on an order."""
    return objects(meta(Reader(row, "order"), TRACKING_KEY))


def objects(value: Any) -> list[Mapping[str, Any]]:
    """Return the objects of a list, as PHP spells lists; anything else holds none."""
    value = as_list(value)
    return [each for each in value if isinstance(each, Mapping)] if isinstance(value, list) else []


def _link(value: Any) -> str:
    text = str(value or "")
    return text if text.startswith(("http://", "https://")) else ""
