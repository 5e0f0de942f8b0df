"""Where a shop keeps parcels: core fulfilments, one of two extensions, or nowhere but a note."""

from collections.abc import Mapping, Sequence
from typing import Any, Final, Protocol

from app.adapters.errors import BadPayload
from app.adapters.orders import ChannelShipment, ShipmentDraft
from app.adapters.woocommerce import carriers
from app.adapters.woocommerce.client import Client
from app.adapters.woocommerce.mapper import parcels
from app.adapters.woocommerce.mapper.amounts import meta
from app.adapters.woocommerce.mapper.names import PARCEL_KEY
from app.adapters.woocommerce.mapper.reader import Reader
from app.core import clock

Body = dict[str, Any]


class Way(Protocol):
    """One way of keeping parcels; each call raises Unsupported where the shop lacks it."""

    needs_number: bool

    def known(self, order_id: str) -> Mapping[str, str]:
        """Return what an order has: tracking numbers, and keys of ours, → the shop's id."""

    def add(self, draft: ShipmentDraft) -> str:
        """Add a parcel; returns the shop's id."""

    def remove(self, order_id: str, external_id: str) -> None:
        """Take a parcel off an order."""


class Fulfillments:
    """Core order fulfilments (10.1 and newer, where the merchant turned them on)."""

    needs_number = False

    def __init__(self, client: Client) -> None:
        self._client = client

    def known(self, order_id: str) -> Mapping[str, str]:
        """Return what an order has."""
        listed = self._client.get(f"/orders/{order_id}/fulfillments", fresh=True)
        found: dict[str, str] = {}
        for number, row in enumerate(listed if isinstance(listed, list) else ()):
            read = Reader(row, f"fulfillments[{number}]")
            if read.text("date_deleted") is None:
                names = (meta(read, parcels.NUMBER), meta(read, PARCEL_KEY))
                found.update({str(name): read.identity("id") for name in names if name})
        return found

    def add(self, draft: ShipmentDraft) -> str:
        """Add a parcel with what is in it."""
        items = [
            {"item_id": int(line), "qty": units}
            for line, units in draft.lines.items()
            if line.isdigit()
        ]
        metas: list[Body] = [
            {"key": parcels.ITEMS, "value": items},
            {"key": PARCEL_KEY, "value": draft.key},
        ]
        their_name = carriers.carrier(draft.carrier).core
        values = {
            parcels.NUMBER: draft.number,
            parcels.URL: draft.url,
            parcels.PROVIDER: their_name or ("other" if draft.carrier else ""),
            parcels.PROVIDER_NAME: "" if their_name else draft.carrier,
        }
        metas += [{"key": key, "value": value} for key, value in values.items() if value]
        body = {"status": "fulfilled", "notify_customer": draft.notifies, "meta_data": metas}
        path = f"/orders/{draft.order_external_id}/fulfillments"
        return Reader(self._client.post(path, body), "fulfillment").identity("id")

    def remove(self, order_id: str, external_id: str) -> None:
        """Delete a fulfilment; the shop keeps it as deleted."""
        self._client.delete(f"/orders/{order_id}/fulfillments/{external_id}")


class Extension:
    """The Shipment Tracking extension, and the plugin that speaks as it does."""

    needs_number = True

    def __init__(self, client: Client, namespace: str) -> None:
        self._client = client
        self._base = f"/wp-json/{namespace}/orders"

    def known(self, order_id: str) -> Mapping[str, str]:
        """Return what an order has."""
        listed = self._client.get(self._path(order_id), fresh=True)
        return {shown.number: shown.external_id for shown in _trackings(listed)}

    def add(self, draft: ShipmentDraft) -> str:
        """Add a tracking number; what is in the parcel cannot be said here."""
        body: Body = {
            "tracking_number": draft.number,
            "date_shipped": clock.now().date().isoformat(),
        }
        their_name = carriers.carrier(draft.carrier).extension
        if their_name is not None:
            body["tracking_provider"] = their_name
        else:
            body["custom_tracking_provider"] = draft.carrier or "Parcel"
            body["custom_tracking_link"] = draft.url
        made = self._client.post(self._path(draft.order_external_id), body)
        for shown in _trackings([made]):
            return shown.external_id
        raise BadPayload("shipment-trackings", "a tracking")

    def remove(self, order_id: str, external_id: str) -> None:
        """Delete a tracking number."""
        self._client.delete(f"{self._path(order_id)}/{external_id}")

    def _path(self, order_id: str) -> str:
        return f"{self._base}/{order_id}/shipment-trackings"


def _trackings(listed: Any) -> Sequence[ChannelShipment]:
    return [parcels.tracking(row) for row in parcels.objects(listed)]


_NAMESPACES: Final = ("wc-shipment-tracking/v3", "wc-ast/v3")


def ways(client: Client) -> Sequence[Way]:
    """Return every way, the best first."""
    return (Fulfillments(client), *(Extension(client, each) for each in _NAMESPACES))
