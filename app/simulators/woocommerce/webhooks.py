"""Webhooks as things one creates, reads and deletes."""

import re
import secrets
from collections.abc import Mapping
from typing import Any, Final

from app.simulators.woocommerce import listing, php, times
from app.simulators.woocommerce.core import TOPIC_HOOKS, hooks_of
from app.simulators.woocommerce.errors import ApiError, invalid_id
from app.simulators.woocommerce.media import Fetched
from app.simulators.woocommerce.resource import Asking, Page, Shown
from app.simulators.woocommerce.schema import WEBHOOK, WEBHOOK_LIST
from app.simulators.woocommerce.storage import Row

STATUSES: Final = ("active", "paused", "disabled")
_ACTION = re.compile(r"^action\.(?:woocommerce|wc)_\w+$")


class Webhooks:
    """The collection /webhooks; duplicates are allowed, secrets never come back."""

    noun = "shop_webhook"
    schema = WEBHOOK
    list_schema = WEBHOOK_LIST
    required: tuple[str, ...] = ("topic", "delivery_url")

    def __init__(self, asking: Asking) -> None:
        self._asking = asking
        self._store = asking.store

    def list(self, query: Mapping[str, Any]) -> Page:
        """Return the page a query asks for."""
        rows = self._store.webhooks.rows
        found = sorted(
            (
                row_id
                for row_id, row in rows.items()
                if query["status"] in {"all", row["status"]} and _is_named(row, query)
            ),
            reverse=query["order"] == "desc",
        )
        return Page([self._shown(rows[row_id]) for row_id in listing.cut(found, query)], len(found))

    def get(self, row_id: int) -> Shown:
        """Return one webhook."""
        return self._shown(self._own(row_id, status=404))

    def create(self, params: Mapping[str, Any], _fetched: Fetched) -> Shown:
        """Make a webhook; a ping follows once the request is done."""
        topic = _topic(php.text(params.get("topic")))
        url = _delivery_url(php.text(params.get("delivery_url")))
        now = self._store.now()
        row: Row = {
            "id": self._store.take_id("webhooks"),
            "name": php.text(params.get("name")) or f"Webhook created on {times.written(now)}",
            "status": params.get("status") if params.get("status") in STATUSES else "active",
            "topic": topic,
            "delivery_url": url,
            "secret": php.text(params.get("secret")) or secrets.token_hex(25),
            "user_id": self._asking.user_id,
            "failures": 0,
            "is_pending": True,
            "created": now,
            "modified": now,
        }
        self._store.webhooks.put(row)
        self._store.due_pings.append(row["id"])
        return self._shown(row)

    def update(self, row_id: int, params: Mapping[str, Any], _fetched: Fetched) -> Shown:
        """Change a webhook; `active` wakes a disabled one but keeps its count of failures."""
        row = dict(self._own(row_id, status=400))
        moved = False
        if params.get("status") is not None:
            if params["status"] not in STATUSES:
                code = "woocommerce_rest_shop_webhook_invalid_status"
                raise ApiError(code, 400, "Webhook status must be valid.")
            row["status"] = params["status"]
        if params.get("topic") is not None:
            row["topic"] = _topic(php.text(params["topic"]))
        if params.get("delivery_url") is not None:
            url = _delivery_url(php.text(params["delivery_url"]))
            moved, row["delivery_url"] = url != row["delivery_url"], url
        for name in ("name", "secret"):
            if params.get(name) is not None:
                row[name] = php.text(params[name])
        row["modified"] = self._store.now()
        self._store.webhooks.put(row)
        if row["status"] == "active" and (moved or row["is_pending"]):
            self._store.due_pings.append(row_id)
        return self._shown(row)

    def delete(self, row_id: int, *, force: bool) -> Shown:
        """Remove a webhook for good."""
        row = self._own(row_id, status=404)
        if not force:
            raise ApiError("woocommerce_rest_trash_not_supported", 501, "Webhooks have no trash.")
        self._store.webhooks.drop(row_id)
        return self._shown(row)

    def _own(self, row_id: int, *, status: int) -> Row:
        row = self._store.webhooks.get(row_id)
        if row is None:
            raise invalid_id(self.noun, status=status)
        return row

    def _shown(self, row: Row) -> Shown:
        view, offset = self._asking.reading, self._store.settings.utc_offset
        resource, _, event = row["topic"].partition(".")
        shown = {
            "id": row["id"],
            "name": row["name"],
            "status": row["status"],
            "topic": row["topic"],
            "resource": resource,
            "event": event,
            "hooks": sorted(hooks_of(row["topic"])),
            "delivery_url": row["delivery_url"],
            "date_created": times.written(row["created"], offset),
            "date_created_gmt": times.written(row["created"]),
            "date_modified": times.written(row["modified"], offset),
            "date_modified_gmt": times.written(row["modified"]),
            "_links": {
                "self": view.link(f"/webhooks/{row['id']}"),
                "collection": view.link("/webhooks"),
            },
        }
        return {field: value for field, value in shown.items() if view.wants(field)}


def _is_named(row: Row, query: Mapping[str, Any]) -> bool:
    wanted = query.get("search")
    return not wanted or wanted.casefold() in row["name"].casefold()


def _topic(topic: str) -> str:
    if topic in TOPIC_HOOKS or _ACTION.match(topic):
        return topic
    code = "woocommerce_rest_shop_webhook_invalid_topic"
    raise ApiError(code, 400, "Webhook topic is required and must be valid.")


def _delivery_url(url: str) -> str:
    if url.startswith(("http://", "https://")):
        return url
    code = "woocommerce_rest_shop_webhook_invalid_delivery_url"
    raise ApiError(code, 400, "Webhook delivery URL must be a valid URL.")
