"""appUninstall: the app leaves by itself."""

from collections.abc import Mapping
from typing import Any

from app.simulators.shopify import installs
from app.simulators.shopify.call import Call


def uninstall(call: Call, args: dict[str, Any]) -> Mapping[str, Any]:
    """Remove the app; its token is dead when the answer arrives."""
    del args
    shown = call.show("App", {"id": call.store.settings.app_id})
    installs.uninstall(call.store)
    return {"app": shown, "userErrors": []}
