"""The reference channel: a shop in a dict behind the port, for rehearsals and engine tests."""

from typing import Final

from app.adapters.memory.adapter import CAPABILITIES, MemoryAdapter
from app.adapters.memory.channel import memory_channel
from app.adapters.memory.shop import Call, Fault, FaultKind, MemoryShop
from app.adapters.port import Channel

# Shops of this process by address; whoever rehearses puts one in and takes it out.
SHOPS: Final[dict[str, MemoryShop]] = {}
MEMORY: Final[Channel] = memory_channel(SHOPS)

__all__ = [
    "CAPABILITIES",
    "MEMORY",
    "SHOPS",
    "Call",
    "Fault",
    "FaultKind",
    "MemoryAdapter",
    "MemoryShop",
    "memory_channel",
]
