"""The world around a twin in tests: a clock moved by hand, an internet that is written down."""

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
from graphql import ExecutionResult, GraphQLSchema, execute_sync, parse, validate

from app.simulators.pictures import placeholder_png
from app.simulators.shopify import StoreState, TwinSettings, create_twin, seed_products

SHOP = "sandbox-store.myshopify.com"
HOOK = "https://sync.test/hooks/1"
PICTURE = "https://pics.test/mug.png"
VERSION = "2026-10"


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

    def __call__(self, request: httpx.Request) -> httpx.Response:
        self.calls.append(request)
        if request.url.host == "pics.test":
            return self._picture(request)
        if self.hook_status == 0:
            raise httpx.ConnectError("nobody there")
        return httpx.Response(self.hook_status)

    def _picture(self, request: httpx.Request) -> httpx.Response:
        if "missing" in request.url.path:
            return httpx.Response(404)
        if "text" in request.url.path:
            return httpx.Response(200, content=b"no picture at all")
        side = 5000 if "huge" in request.url.path else 4
        if side > 4000:
            return httpx.Response(200, content=_wide_png(side))
        return httpx.Response(200, content=placeholder_png(request.url.path, side=side))

    def deliveries(self, topic: str | None = None) -> list[httpx.Request]:
        return [
            call
            for call in self.calls
            if call.url.host == "sync.test" and topic in {None, call.headers["X-Shopify-Topic"]}
        ]


def _wide_png(side: int) -> bytes:
    small = placeholder_png("wide", side=4)
    return small[:16] + side.to_bytes(4, "big") * 2 + small[24:]


class Refusal(AssertionError):
    """The store answered with errors where a test wanted data."""


@dataclass
class World:
    """One store, the app's way to it, and everything around it."""

    settings: TwinSettings = field(default_factory=TwinSettings)
    official: GraphQLSchema | None = None

    def __post_init__(self) -> None:
        self.clock = Clock()
        self.internet = Internet()
        self.store = StoreState(
            settings=self.settings,
            clock=self.clock,
            http=httpx.Client(transport=httpx.MockTransport(self.internet)),
        )
        self.app = create_twin(self.store)
        self.token = str(self.store.install()["access"])
        self.http = self.client()
        self.checked = 0

    def client(self, base: str = f"https://{SHOP}") -> httpx.Client:
        return httpx.Client(transport=httpx.WSGITransport(app=self.app), base_url=base)

    def post(
        self, query: str, variables: dict[str, Any] | None = None, **given: Any
    ) -> httpx.Response:
        """Send a document; `version`, `token` and `headers` may be given."""
        headers = {"X-Shopify-Access-Token": given.get("token", self.token)}
        answer = self.http.post(
            f"/admin/api/{given.get('version', VERSION)}/graphql.json",
            json={"query": query, "variables": variables or {}},
            headers=headers | given.get("headers", {}),
        )
        return answer

    def ask(self, query: str, /, **variables: Any) -> dict[str, Any]:
        """Return the data of a document that fits the official schema, as does its answer."""
        told = self.post(query, variables).json()
        if "errors" in told:
            raise Refusal(told["errors"])
        self._check(query, variables, told["data"])
        return told["data"]

    def errors(self, query: str, /, **variables: Any) -> list[dict[str, Any]]:
        """Return the top-level errors of a document."""
        return self.post(query, variables).json()["errors"]

    def code(self, query: str, /, **variables: Any) -> str:
        """Return the code of the first top-level error."""
        return self.errors(query, **variables)[0]["extensions"]["code"]

    def _check(self, query: str, variables: dict[str, Any], data: Any) -> None:
        if self.official is not None:
            document = parse(query)
            assert validate(self.official, document) == []
            again = replay(self.official, query, variables, data)
            assert not again.errors, again.errors
            assert again.data == data
            self.checked += 1

    def add_webhook(self, topic: str, **given: Any) -> str:
        told = self.ask(HOOK_ADD, topic=topic, hook={"uri": HOOK, **given})
        made = told["webhookSubscriptionCreate"]
        assert made["userErrors"] == []
        return str(made["webhookSubscription"]["id"])

    def add_shirt(self) -> tuple[int, list[int]]:
        """Add a product with two variants, five pieces of each."""
        (shirt,) = seed_products(
            self.store,
            [
                {
                    "title": "Shirt",
                    "options": {"Color": ["Red", "Blue"]},
                    "variants": [
                        {
                            "sku": f"SHIRT-{color.upper()}",
                            "price": price,
                            "quantity": 5,
                            "options": {"Color": color},
                        }
                        for color, price in (("Red", "20.00"), ("Blue", "18.00"))
                    ],
                }
            ],
        )
        self.clock.pass_seconds(60)
        return shirt, self.store.variant_ids(shirt)

    def add_mug(self, **given: Any) -> tuple[int, int]:
        """Add a product without options, five pieces; returns product and variant."""
        item = {"title": "Mug", "sku": "MUG", "price": "9.50", "quantity": 5, **given}
        (mug,) = seed_products(self.store, [item])
        self.clock.pass_seconds(60)
        return mug, self.store.variant_ids(mug)[0]

    def item(self, variant: int) -> str:
        return f"gid://shopify/InventoryItem/{self.store.variant(variant)['item_id']}"

    @property
    def place(self) -> str:
        return f"gid://shopify/Location/{min(self.store.locations.rows)}"

    @property
    def other_place(self) -> str:
        return f"gid://shopify/Location/{max(self.store.locations.rows)}"


def replay(
    schema: GraphQLSchema, query: str, variables: dict[str, Any], data: Any
) -> ExecutionResult:
    """Execute a document on a schema with an answer as its data: every type is checked."""
    return execute_sync(
        schema,
        parse(query),
        root_value=data,
        variable_values=variables,
        field_resolver=lambda source, info, **_args: source.get(
            info.path.key if isinstance(info.path.key, str) else info.field_name
        ),
        type_resolver=lambda source, info, abstract: _kind(source, info.schema, abstract),
    )


def _kind(source: Any, schema: GraphQLSchema, abstract: Any) -> str:
    """Name the type of an answer by its id, or any that fits where the answer has none."""
    if "__typename" in source:
        return str(source["__typename"])
    kind = str(source.get("id", "")).removeprefix("gid://shopify/").partition("/")[0]
    possible = {each.name for each in schema.get_possible_types(abstract)}
    return kind if kind in possible else min(possible)


HOOK_ADD = """
mutation Add($topic: WebhookSubscriptionTopic!, $hook: WebhookSubscriptionInput!) {
  webhookSubscriptionCreate(topic: $topic, webhookSubscription: $hook) {
    webhookSubscription { id topic uri name includeFields }
    userErrors { field message }
  }
}
"""
