"""Webhooks: how many genuine ones are kept in a second, against a bare route of the same server."""

import base64
import hashlib
import hmac
import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final
from urllib.parse import urlsplit

from app.adapters.types import Health
from app.connections import service, wire
from app.core.actor import Actor
from app.core.settings import current
from app.core.work import unit_of_work
from workers.bench import bare
from workers.bench.report import Row, against, below
from workers.bench.stage import Stage, any_port, web
from workers.bench.wire import Calls, calls, median, share

TURNS: Final = 3
CALLERS: Final = 16
SHOP: Final = "http://127.0.0.1:9"  # never called


@dataclass(frozen=True, slots=True)
class _Hook:
    """Where a shop delivers to, and the secret it signs with."""

    path: str
    secret: bytes

    def ask(self, number: int) -> bytes:
        """Return the bytes of one delivery."""
        body = payload(number)
        digest = hmac.new(self.secret, body, hashlib.sha256).digest()
        return _post(
            self.path,
            body,
            {
                "X-WC-Webhook-Source": f"{SHOP}/",
                "X-WC-Webhook-Topic": "product.updated",
                "X-WC-Webhook-Resource": "product",
                "X-WC-Webhook-Event": "updated",
                "X-WC-Webhook-Signature": base64.b64encode(digest).decode(),
                "X-WC-Webhook-ID": "7",
                "X-WC-Webhook-Delivery-ID": hashlib.md5(body, usedforsecurity=False).hexdigest(),
            },
        )


def payload(number: int) -> bytes:
    """Return a product as a shop sends it: some 3 KB."""
    product = {
        "id": 1000 + number,
        "name": f"Stoneware mug {number}",
        "type": "simple",
        "status": "publish",
        "description": "<p>Made in small batches, checked by hand.</p>" * 40,
        "sku": f"MUG-{number}",
        "regular_price": "14.50",
        "stock_quantity": number % 40,
        "date_modified_gmt": "2026-11-21T08:00:00",
        "meta_data": [{"id": at, "key": f"_note_{at}", "value": "kept"} for at in range(20)],
    }
    return json.dumps(product).encode()


def measure(stage: Stage) -> Iterator[Row]:
    """Yield requests a second against the bare route, then the slowest hundredth at half load."""
    hook = _hook(stage.organization("Intake"))
    with stage.owning() as connection:
        connection.execute(bare.TABLE)
    ours_port, bare_port = any_port(), any_port()
    seconds = max(1.0, 6 * stage.scale)
    ours, limits, first = [], [], 0
    with stage.running(web(ours_port), web(bare_port, app="workers.bench.bare:app")):
        for turn in range(-1, TURNS):
            limit = _counted(calls(bare_port, _bare, first=first, seconds=seconds, callers=CALLERS))
            mine = _counted(
                calls(ours_port, hook.ask, first=first, seconds=seconds, callers=CALLERS)
            )
            first += 1_000_000
            if turn >= 0:  # the first turn only warms up
                limits.append(limit.rate)
                ours.append(mine.rate)
        half = median(ours) / 2
        calm = _counted(
            calls(
                ours_port,
                hook.ask,
                first=first,
                seconds=2 * seconds,
                callers=2 * CALLERS,
                per_second=half,
            )
        )
    name = "Webhook intake"
    yield against(name, median(ours), "requests/s", median(limits), at_least=0.6)
    yield below(f"{name}, p99 at half load", share(calm.took, 0.99) * 1000, "ms", 250)


def _counted(found: Calls) -> Calls:
    if found.failed:
        raise RuntimeError(f"{found.failed} of {len(found.took)} webhooks were refused.")
    return found


def _hook(actor: Actor) -> _Hook:
    with unit_of_work(actor) as work:
        row = service.add_connection(
            work,
            channel="woocommerce",
            name="Acme web shop",
            address=SHOP,
            credentials={"key": "ck_bench", "secret": "cs_bench"},
            wire={"allows_http": True},
        )
        service.note_health(work, row.id, Health(is_ok=True))
        service.activate(work, row.id)
    owner = wire.owner_of(row.organization_id, row.id)
    secret = current().key_ring.open(row.hook_secret or b"", owner=owner)["secret"]
    return _Hook(urlsplit(wire.hook_address(row)).path, str(secret).encode())


def _bare(number: int) -> bytes:
    body = payload(number)
    signed = hmac.new(bare.SECRET, body, hashlib.sha256).hexdigest()
    return _post("/hook", body, {"X-Signature": signed})


def _post(path: str, body: bytes, headers: dict[str, str]) -> bytes:
    named = {
        "Host": "localhost",
        "Content-Type": "application/json",
        "Content-Length": str(len(body)),
        "User-Agent": "WooCommerce/10.5.2 Hookshot (WordPress/6.8)",
        **headers,
    }
    lines = [f"POST {path} HTTP/1.1", *(f"{name}: {value}" for name, value in named.items())]
    return ("\r\n".join(lines) + "\r\n\r\n").encode() + body
