"""Who reacts to which fact: one table. Each subscriber takes a caller and facts of one kind."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

from app.connections import service as connections
from app.core.actor import Actor
from app.sync import service as sync

Subscriber = Callable[[Actor, Sequence[Mapping[str, Any]]], None]

SUBSCRIBERS: Final[Mapping[str, Subscriber]] = {
    "sync.product_changed": sync.product_changed,
    "sync.listing_mapped": sync.listing_mapped,
    "sync.listing_wanted": sync.listing_wanted,
    "sync.connection_activated": sync.connection_activated,
    "connections.schedule": connections.schedule,
    "connections.tell_state": connections.tell_state,
}

# Fact → subscribers. A fact that only rings a bell is in workers.relay.BELLS.
SUBSCRIPTIONS: Final[Mapping[str, Sequence[str]]] = {
    "ProductChanged": ("sync.product_changed",),
    "ListingMapped": ("sync.listing_mapped",),
    "ListingWanted": ("sync.listing_wanted",),
    "ConnectionActivated": ("connections.schedule", "sync.connection_activated"),
    "ConnectionSettingsChanged": ("connections.schedule",),
    "ConnectionStateChanged": ("connections.tell_state",),
}
