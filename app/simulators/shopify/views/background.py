"""What happens later: bulk operations, product operations, webhook subscriptions."""

from typing import Any

from app.simulators.shopify import texts
from app.simulators.shopify.call import View
from app.simulators.shopify.settings import SUPPORTED_VERSIONS
from app.simulators.shopify.views.shop import api_version


class BulkView(View):
    """A bulk operation."""

    typename = "BulkOperation"

    def completed_at(self) -> str | None:
        """When it ended."""
        return texts.written(self.row["completed"])

    def _address(self, path: str | None) -> str | None:
        return f"{self.store.settings.storage_url}/{path}?signature=twin" if path else None

    def url(self) -> str | None:
        """Where the result is; nothing when it is empty."""
        return self._address(self.row["path"] if self.row["status"] == "COMPLETED" else None)

    def partial_data_url(self) -> str | None:
        """Where a part of the result is after a failure."""
        is_part = self.row["status"] in {"FAILED", "CANCELED", "EXPIRED"}
        return self._address(self.row["path"] if is_part else None)


class OperationView(View):
    """What productSet and productDelete do after they have answered."""

    def product(self) -> View | None:
        """The product, once it is there."""
        return self.call.show("Product", self.store.products.get(self.row["product_id"]))


class ProductSetOperationView(OperationView):
    """A product being set."""

    typename = "ProductSetOperation"


class ProductDeleteOperationView(OperationView):
    """A product being deleted."""

    typename = "ProductDeleteOperation"

    def deleted_product_id(self) -> str | None:
        """The product that is gone."""
        is_done = self.row["status"] == "COMPLETE"
        return texts.gid("Product", self.row["product_id"]) if is_done else None


class HookView(View):
    """A webhook subscription."""

    typename = "WebhookSubscription"

    def api_version(self) -> dict[str, Any]:
        """The version it speaks."""
        return api_version(SUPPORTED_VERSIONS[-1])

    def callback_url(self) -> str:
        """The address, as old versions called it."""
        return str(self.row["uri"])
