"""When orders of a connection are read, and how long a sale may be ahead of its order."""

from datetime import timedelta
from typing import Final

from app.adapters.orders import OrderAct
from app.adapters.port import Capabilities
from app.connections import rules
from app.connections.models import Connection

CHANGED: Final = "*"  # subject of a task: read what moved since the last time
# A shop's count may be heard before the order behind it: so long units are kept back for it.
GRACE: Final = timedelta(minutes=10)


def is_on(connection: Connection, capabilities: Capabilities) -> bool:
    """Tell whether orders of a connection come in by themselves."""
    wants = bool(rules.setting(connection.settings, "auto_import_orders"))
    return wants and OrderAct.READ in capabilities.orders
