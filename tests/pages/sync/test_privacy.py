"""What people want done with their data: signed by the shop's platform, followed, told, written."""

from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select

from app.connections import connecting, installing, wire
from app.connections.models import Connection, ConnectionState, ExchangeLog
from app.core.actor import job_actor
from app.core.db import reading
from app.core.settings import current
from app.notices.models import Notice
from app.simulators.shopify.deliveries import signature
from app.sync.models import DeliveryState, InboundDelivery
from app.sync.privacy import ERASED
from app.team.models import AuditEntry
from tests.cast import Cast, enter
from tests.engine.shopify import ShopifyShop, connected_shopify
from tests.engine.world import Shop, world


@dataclass
class Acme:
    """Acme, its Shopify shop, and the platform that passes requests on to Acme's app."""

    shop: Shop
    store: ShopifyShop
    address: str

    def order(self, sku: str) -> int:
        """Let somebody new buy a product; returns the customer's number."""
        if self.store.state.find_sku(sku) is None:
            self.store.list_here(self.shop.add_product(sku.title(), sku))
        [variant] = self.store.state.variant_ids(self.store.id_of(sku))
        orders = self.store.state.orders.rows
        email = f"buyer-{len(orders)}@acme.example"
        number = self.store.state.place_order((variant, 1), email=email)
        self.shop.settle()
        return int(orders[number]["customer_id"])

    def ask(self, topic: str, customer: int | None = None) -> None:
        """Let the platform pass on a wish, and everybody do their part."""
        bought = self.store.state.orders.rows.values()
        person = next(
            (
                {"id": customer, "email": each["email"]}
                for each in bought
                if each["customer_id"] == customer
            ),
            None,
        )
        self.store.state.ask_privacy(topic, person)
        self.shop.settle()

    def row(self) -> Connection:
        """Return our connection as it is now."""
        return wire.load(self.shop.actor, self.store.connection_id)

    def deliveries(self, topic: str = "") -> Sequence[InboundDelivery]:
        """Return the kept webhooks of a topic."""
        wanted = select(InboundDelivery).where(InboundDelivery.topic.startswith(topic))
        with reading(self.shop.actor) as session:
            return session.scalars(wanted.order_by(InboundDelivery.id)).all()

    def naming(self, customer: int) -> int:
        """Count the kept webhooks in whose text a customer appears."""
        return sum(str(customer).encode() in each.body for each in self.deliveries())

    def calls(self) -> int:
        """Count the recorded calls."""
        with reading(self.shop.actor) as session:
            return session.scalar(select(func.count()).select_from(ExchangeLog)) or 0

    def audit(self) -> Sequence[AuditEntry]:
        """Return what the audit log says about privacy."""
        wanted = select(AuditEntry).where(AuditEntry.action.startswith("privacy."))
        with reading(self.shop.actor) as session:
            return session.scalars(wanted.order_by(AuditEntry.id)).all()

    def notices(self) -> Sequence[Notice]:
        """Return the notices that went to single people."""
        wanted = select(Notice).where(Notice.user_id.is_not(None), Notice.kind == "connection")
        with reading(self.shop.actor) as session:
            return session.scalars(wanted.order_by(Notice.id)).all()


@pytest.fixture
def acme(app: Flask, people: Cast) -> Iterator[Acme]:
    actor = job_actor(people.alice.place)
    address = f"{current().public_url}/hooks/shopify/{people.alice.place}"
    with ExitStack() as stack:
        shop = stack.enter_context(world(app, actor))
        store = stack.enter_context(connected_shopify(shop, compliance_url=address))
        keys = store.state.settings
        installing.keep_app(actor, "shopify", keys.client_id, keys.client_secret)
        shop.settle()
        yield Acme(shop, store, address)


def test_a_customer_who_asks_is_told_of_to_those_who_manage_channels(
    acme: Acme, people: Cast
) -> None:
    customer, other = acme.order("MUG-1"), acme.order("MUG-1")
    found = acme.naming(customer)

    acme.ask("customers/data_request", customer)

    [notice] = acme.notices()
    assert notice.user_id == people.alice.user_id
    assert notice.title == "A customer of Sandbox asks for their data"
    assert found > 0
    assert f"keeps of customer {customer}: {found} webhooks" in notice.body
    assert "the buyer of 1 order." in notice.body
    assert "@" not in notice.body
    [entry] = acme.audit()
    assert entry.action == "privacy.asked"
    assert (entry.details["customer"], entry.details["webhooks"]) == (str(customer), found)
    [request] = acme.deliveries("customers/data_request")
    assert request.state == DeliveryState.PROCESSED
    assert b"buyer-0@acme.example" in request.body
    assert all(each.body for each in acme.deliveries("orders/create"))
    assert str(other) not in notice.body


def test_a_customer_is_erased_from_everything_kept_and_nobody_else_is(
    acme: Acme, client: FlaskClient, people: Cast
) -> None:
    customer, other = acme.order("MUG-1"), acme.order("MUG-1")
    acme.ask("customers/data_request", customer)
    found, everything = acme.naming(customer), len(acme.deliveries())
    of_other = acme.naming(other)

    acme.ask("customers/redact", customer)

    kept = acme.deliveries()
    assert (acme.naming(customer), acme.naming(other)) == (0, of_other)
    assert not any(b"buyer-0@acme.example" in each.body for each in kept)
    emptied = [each for each in kept if not each.body]
    assert len(emptied) == found + 1  # the request itself, too
    assert len(kept) == everything + 1
    assert {(each.error, str(each.headers)) for each in emptied} == {(ERASED, "{}")}
    assert [each.details["webhooks"] for each in acme.audit()] == [found - 1, found]
    enter(client, people.alice)
    page = client.get(f"/connections/{acme.store.connection_id}/webhooks").text
    assert ERASED in page


def test_the_same_request_twice_is_followed_once(acme: Acme) -> None:
    customer = acme.order("MUG-1")
    acme.ask("customers/redact", customer)
    [request] = acme.deliveries("customers/redact")

    acme.ask("customers/redact", customer)

    first, second = (each.details["webhooks"] for each in acme.audit())
    assert (first > 0, second) == (True, 0)
    assert request.id in {each.id for each in acme.deliveries("customers/redact")}
    assert len(acme.deliveries("customers/redact")) == 2


def test_a_delivery_that_is_repeated_changes_nothing(
    acme: Acme, client: FlaskClient, people: Cast
) -> None:
    body = b'{"shop_domain":"%s","customer":{"id":7}}' % acme.store.state.settings.shop.encode()
    headers = signed(acme, "customers/redact", body)

    answers = [client.post(acme.address, data=body, headers=headers) for _ in range(2)]
    acme.shop.settle()

    assert [each.status_code for each in answers] == [200, 200]
    [request] = acme.deliveries("customers/redact")
    assert request.duplicates == 1
    assert len(acme.audit()) == 1


def signed(acme: Acme, topic: str, body: bytes, secret: str | None = None) -> dict[str, str]:
    """Return the headers of a delivery as the platform signs it."""
    settings = acme.store.state.settings
    return {
        "Content-Type": "application/json",
        "X-Shopify-Topic": topic,
        "X-Shopify-Shop-Domain": settings.shop,
        "X-Shopify-Webhook-Id": "a-single-one",
        "X-Shopify-Hmac-Sha256": signature(secret or settings.client_secret, body),
    }


def test_a_shop_that_was_left_is_forgotten(acme: Acme) -> None:
    acme.order("MUG-1")
    acme.store.state.uninstall()
    for _ in range(5):  # it rests only when the platform has nothing more to tell, in two days
        acme.shop.turn()
    assert acme.row().state == ConnectionState.ERROR
    assert acme.calls() > 0

    acme.store.state.pass_time(timedelta(hours=49))
    acme.shop.settle()

    row = acme.row()
    assert row.state == ConnectionState.DISCONNECTED
    assert (row.credentials, row.hook_secret, row.next_credentials) == (None, None, None)
    assert [each.topic for each in acme.deliveries()] == ["shop/redact"]
    assert acme.calls() == 0
    assert [each.title for each in acme.shop.listings()] == ["Mug-1"]
    [entry] = acme.audit()
    assert entry.action == "privacy.shop_erased"
    assert entry.details["webhooks"] > 0
    assert "Its keys are forgotten" in acme.notices()[-1].body


def test_a_shop_left_for_good_after_it_was_disconnected_is_forgotten_as_well(acme: Acme) -> None:
    acme.order("MUG-1")
    connecting.disconnect(acme.shop.actor, acme.store.connection_id)
    acme.shop.settle()
    assert len(acme.deliveries()) > 1

    for _ in range(2):
        acme.ask("shop/redact")

    assert acme.calls() == 0
    assert {each.topic for each in acme.deliveries()} == {"shop/redact"}
    assert [each.action for each in acme.audit()] == ["privacy.shop_erased"] * 2


def test_a_request_that_waits_outlives_its_connection(acme: Acme, client: FlaskClient) -> None:
    body = b'{"customer":{"id":7}}'
    client.post(acme.address, data=body, headers=signed(acme, "customers/redact", body))

    connecting.disconnect(acme.shop.actor, acme.store.connection_id)
    acme.shop.settle()

    [request] = acme.deliveries("customers/redact")
    assert (request.state, request.body) == (DeliveryState.PROCESSED, b"")


def test_an_app_that_was_put_back_keeps_its_connection(acme: Acme) -> None:
    acme.order("MUG-1")

    acme.ask("shop/redact")

    assert acme.row().state == ConnectionState.ACTIVE
    assert acme.row().credentials is not None
    assert [each.topic for each in acme.deliveries()] == ["shop/redact"]
    assert "It was connected again, so its keys stay" in acme.notices()[-1].body


def test_a_forged_request_leaves_no_trace(acme: Acme, client: FlaskClient) -> None:
    body = b'{"shop_domain":"%s"}' % acme.store.state.settings.shop.encode()
    before = len(acme.deliveries())

    answer = client.post(
        acme.address, data=body, headers=signed(acme, "shop/redact", body, secret="another")
    )

    assert answer.status_code == 401
    assert len(acme.deliveries()) == before
    assert acme.row().state == ConnectionState.ACTIVE


def test_a_shop_nobody_connected_has_left_nothing(acme: Acme, client: FlaskClient) -> None:
    body = b'{"shop_domain":"another-store.myshopify.com"}'
    headers = signed(acme, "shop/redact", body)
    before = len(acme.deliveries())

    answer = client.post(
        acme.address,
        data=body,
        headers={**headers, "X-Shopify-Shop-Domain": "another-store.myshopify.com"},
    )

    assert answer.status_code == 200
    assert len(acme.deliveries()) == before


def test_an_organization_without_an_app_is_not_asked(client: FlaskClient, people: Cast) -> None:
    places: list[tuple[str, UUID]] = [
        ("shopify", people.mallory.place),
        ("woocommerce", people.alice.place),
        ("ebay", people.alice.place),
    ]

    answers = [client.post(f"/hooks/{channel}/{place}", data=b"{}") for channel, place in places]

    assert [each.status_code for each in answers] == [404, 404, 404]


def test_a_request_nobody_can_read_is_shown_as_failed(acme: Acme, client: FlaskClient) -> None:
    body = b'{"customer":7}'

    client.post(acme.address, data=body, headers=signed(acme, "customers/redact", body))
    acme.shop.settle()

    [request] = acme.deliveries("customers/redact")
    assert request.state == DeliveryState.FAILED
    assert request.error
    assert acme.audit() == []


def test_the_page_of_the_app_says_where_requests_go(
    acme: Acme, client: FlaskClient, people: Cast
) -> None:
    enter(client, people.alice)

    assert acme.address in client.get("/connections/new/shopify").text
