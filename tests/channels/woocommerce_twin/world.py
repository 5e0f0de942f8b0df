"""The world around a twin in tests: a clock moved by hand, an internet that is written down."""

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import httpx

from app.simulators.woocommerce import StoreState, TwinSettings, create_twin
from app.simulators.woocommerce.media import placeholder_png

HOME = "https://store.test"
HOOK = "https://sync.test/hooks/1"
PICTURE = "https://pics.test/mug.png"


class Clock:
    """Stands still until it is moved."""

    def __init__(self) -> None:
        self.at = datetime(2026, 11, 21, 8, 0, 0, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.at

    def pass_seconds(self, seconds: int) -> None:
        self.at += timedelta(seconds=seconds)


@dataclass
class Internet:
    """Answers every outgoing call of the store and remembers it."""

    calls: list[httpx.Request] = field(default_factory=list)
    hook_status: int = 200
    ping_status: int = 200
    callback_status: int = 200

    def __call__(self, request: httpx.Request) -> httpx.Response:
        self.calls.append(request)
        if request.url.host == "pics.test":
            return self._picture(request)
        if request.url.path.startswith("/keys"):
            return httpx.Response(self.callback_status)
        is_ping = request.headers["Content-Type"] == "application/x-www-form-urlencoded"
        return httpx.Response(self.ping_status if is_ping else self.hook_status)

    def _picture(self, request: httpx.Request) -> httpx.Response:
        if "missing" in request.url.path:
            return httpx.Response(404)
        return httpx.Response(200, content=placeholder_png(request.url.path, side=4))

    def sent_to(self, host: str) -> list[httpx.Request]:
        return [call for call in self.calls if call.url.host == host]

    def pings(self) -> list[httpx.Request]:
        return [call for call in self.sent_to("sync.test") if b"webhook_id=" in call.content]

    def deliveries(self, topic: str | None = None) -> list[httpx.Request]:
        return [
            call
            for call in self.sent_to("sync.test")
            if "X-WC-Webhook-Topic" in call.headers
            and topic in {None, call.headers["X-WC-Webhook-Topic"]}
        ]


@dataclass
class World:
    """One store, its keys, and everything around it."""

    settings: TwinSettings = field(default_factory=TwinSettings)

    def __post_init__(self) -> None:
        self.clock = Clock()
        self.internet = Internet()
        self.store = StoreState(
            settings=self.settings,
            clock=self.clock,
            http=httpx.Client(transport=httpx.MockTransport(self.internet)),
        )
        self.app = create_twin(self.store)
        self.key = self.store.add_key()
        self.pair = (self.key.consumer_key, self.key.consumer_secret)
        self.api = self.client(auth=self.pair)

    def client(
        self, *, auth: tuple[str, str] | None = None, base: str = HOME, path: str = "/wp-json/wc/v3"
    ) -> httpx.Client:
        transport = httpx.WSGITransport(app=self.app)
        return httpx.Client(transport=transport, base_url=base + path, auth=auth)

    def add_webhook(self, topic: str, **body: str) -> int:
        answer = self.api.post(
            "/webhooks",
            json={"topic": topic, "delivery_url": HOOK, "secret": "s3cret", "name": topic, **body},
        )
        assert answer.status_code == 201
        return int(answer.json()["id"])

    def add_shirt(self) -> tuple[int, list[int]]:
        """Add a variable product with two variations."""
        color = {"name": "Color", "visible": True, "variation": True, "options": ["Red", "Blue"]}
        shirt = self.store.add_product(
            name="Shirt",
            type="variable",
            sku="SHIRT",
            attributes=[color],
            parts=[
                {
                    "sku": f"SHIRT-{option.upper()}",
                    "regular_price": price,
                    "manage_stock": True,
                    "stock_quantity": 5,
                    "attributes": [{"name": "Color", "option": option}],
                }
                for option, price in (("Red", "20.00"), ("Blue", "18.00"))
            ],
        )
        self.clock.pass_seconds(60)
        return shirt, self.store.variation_ids(shirt)


def code(answer: httpx.Response) -> tuple[int, str]:
    """Return status and code of an error answer."""
    return answer.status_code, answer.json()["code"]
