"""The reference channel: shops of this process by address, and keys that end and are renewed."""

from collections.abc import Mapping, MutableMapping
from datetime import timedelta
from typing import Any, Final

from app.adapters.errors import NeedsReauth, Unavailable
from app.adapters.memory.adapter import CAPABILITIES, MemoryAdapter
from app.adapters.memory.shop import FaultKind, MemoryShop
from app.adapters.port import Channel, FormField
from app.core.transport import Transport

TOKEN_LIFE: Final = timedelta(hours=1)


def memory_channel(shops: MutableMapping[str, MemoryShop]) -> Channel:
    """Return the channel whose connections find their shop by `settings["base_url"]`."""

    def build(
        credentials: Mapping[str, Any], settings: Mapping[str, Any], transport: Transport
    ) -> MemoryAdapter:
        return MemoryAdapter(
            shops[str(settings["base_url"])],
            str(credentials.get("key", "")),
            hook_url=str(settings.get("hook_url") or "memory://hooks"),
            hook_secret=str(settings.get("hook_secret") or "memory-secret"),
        )

    def refresh(
        credentials: Mapping[str, Any], settings: Mapping[str, Any], _transport: Transport
    ) -> Mapping[str, Any] | None:
        shop = shops[str(settings["base_url"])]
        shop.note("refresh")
        fault = shop.take_fault("refresh")
        if fault is not None and fault.kind is FaultKind.UNAVAILABLE:
            raise Unavailable
        if shop.renewals.pop(str(credentials.get("refresh_token")), None) is None:
            raise NeedsReauth
        return shop.issue(TOKEN_LIFE)

    return Channel(
        key="memory",
        label="Memory",
        build=build,
        refresh=refresh,
        capabilities=CAPABILITIES,
        connect_fields=(
            FormField("base_url", "Shop"),
            FormField("key", "Key", is_secret=True),
        ),
        description="A shop in this process, for rehearsals.",
    )
