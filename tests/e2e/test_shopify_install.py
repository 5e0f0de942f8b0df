"""A merchant lets our app into a Shopify shop, in a browser; and what comes back wrong is refused.

The shop's page of approval is the twin's, over real HTTP. What goes wrong on the way back is made
from what the twin really answered: one letter of it changed, the same once more, another shop's.
At the end a customer's wish to be forgotten comes the same way, signed, from process to process.
"""

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Final
from urllib.parse import parse_qsl, urlencode, urlsplit

import pytest
from playwright.sync_api import Page, Request, Route, expect

from tests.e2e.conftest import Visits
from tests.e2e.merchant import sign_up
from tests.e2e.stack import Twin, running_twin

NEW: Final = "/connections/new/shopify"
CLIENT_ID, CLIENT_SECRET = "a-merchants-own-app", "shpss_journey"
KEYS: Final = ("--client-id", CLIENT_ID, "--client-secret", CLIENT_SECRET)
BUYER: Final = "bob@acme.example"
OTHER: Final = "another-store.myshopify.com"
pytestmark = [pytest.mark.e2e, pytest.mark.xdist_group("e2e"), pytest.mark.timeout(300)]


@pytest.fixture
def boutique(tmp_path: Path) -> Iterator[Twin]:
    """A simulated Shopify shop with two products, which knows the merchant's app."""
    with running_twin(tmp_path, "Acme boutique", *KEYS, channel="shopify") as twin:
        for title, sku in (("Copper lamp", "LAMP-1"), ("Oak clock", "CLOCK-1")):
            twin.ask("products", {"title": title, "sku": sku, "price": "59.99", "quantity": 4})
        yield twin


@pytest.fixture
def merchant(visit: Visits, request: pytest.FixtureRequest) -> Page:
    """Somebody of a new organization who has kept the keys of an app of their own."""
    visit.refusals |= {403, 409, 410}
    page = visit()
    sign_up(page, f"{request.node.name}-{os.getpid()}@acme.example", "Boutique")
    page.goto("/connections/new")
    page.get_by_role("link", name="Shopify").click()
    page.get_by_label("Client id").fill(CLIENT_ID)
    page.get_by_label("Client secret").fill(CLIENT_SECRET)
    page.get_by_role("button", name="Save app keys").click()
    expect(page.get_by_label("Shop address")).to_be_visible()
    return page


def begin(page: Page, address: str) -> None:
    """Ask to connect a shop; the browser is sent to its page of approval."""
    page.goto(NEW)
    page.get_by_label("Shop address").fill(address)
    page.get_by_label("Name in SyncStore").fill("Acme boutique")
    page.get_by_role("button", name="Approve in Shopify").click()
    expect(page.get_by_role("heading", name="Install SyncStore?")).to_be_visible()


def approved(page: Page) -> str:
    """Agree at the shop without following; returns the way back it names."""
    wanted = dict(parse_qsl(urlsplit(page.url).query))
    nonce = page.locator("[name=nonce]").input_value()
    form: dict[str, str | float | bool] = {**wanted, "nonce": nonce, "decision": "install"}
    answer = page.request.post(page.url.partition("?")[0], form=form, max_redirects=0)
    assert answer.status == 303
    return answer.headers["location"]


def refused(page: Page, way_back: str, status: int, sentence: str) -> None:
    """Come back; the page says why nothing was connected, and nothing was."""
    answer = page.goto(way_back)

    assert answer is not None
    assert answer.status == status
    expect(page.get_by_role("alert").filter(has_text="Nothing was connected")).to_contain_text(
        sentence
    )
    expect(page.get_by_label("Shop address")).to_be_visible()


def no_store(page: Page) -> None:
    page.goto("/connections")
    expect(page.get_by_text("No store connected yet")).to_be_visible()


def test_a_shop_is_connected_and_read_before_ones_eyes(merchant: Page, boutique: Twin) -> None:
    page = merchant
    ways_back: list[str] = []

    def note(request: Request) -> None:
        if "/installed?" in request.url:
            ways_back.append(request.url)

    page.on("request", note)
    begin(page, boutique.address)
    page.get_by_role("button", name="Install").click()
    expect(page.get_by_text("The keys work")).to_be_visible()
    page.get_by_label("Create products here for new ones of the shop").check()
    page.get_by_role("button", name="Start first sync").click()

    expect(page.get_by_role("heading", name="Acme boutique")).to_be_visible()
    synced = page.locator("#overview .stat").filter(has_text="Synced")
    expect(synced).to_contain_text("2")  # by itself: nobody reloads the page
    page.goto("/products")
    for title in ("Copper lamp", "Oak clock"):
        expect(page.locator("main .rows").get_by_role("link", name=title)).to_be_visible()

    [way_back] = ways_back
    refused(page, way_back, 409, "was not begun in this browser, or was used already")
    page.goto("/connections")
    expect(page.get_by_role("heading", name="Acme boutique")).to_have_count(1)


def test_an_answer_that_was_changed_is_refused(merchant: Page, boutique: Twin) -> None:
    begin(merchant, boutique.address)
    address, _, query = approved(merchant).partition("?")
    changed = urlencode({**dict(parse_qsl(query)), "code": "another"})

    refused(merchant, f"{address}?{changed}", 403, "was changed on its way")
    no_store(merchant)


def test_another_shop_than_begun_with_is_refused(
    merchant: Page, visit: Visits, boutique: Twin
) -> None:
    visit.hosts.add(OTHER)
    page = merchant

    def lead_away(route: Route) -> None:
        """Send the merchant on to a shop they are signed in to, as an address of Shopify may."""
        asked = urlsplit(route.request.url)
        place = f"{boutique.address}{asked.path}?{asked.query}"
        route.fulfill(status=302, headers={"Location": place})

    page.route(f"https://{OTHER}/**", lead_away)
    begin(page, OTHER)

    refused(page, approved(page), 403, "You began with another shop")
    no_store(page)


def test_a_code_that_is_over_is_refused(merchant: Page, boutique: Twin) -> None:
    begin(merchant, boutique.address)
    way_back = approved(merchant)
    boutique.ask("clock", {"seconds": 601})

    refused(merchant, way_back, 410, "Shopify's approval has expired or was used already")
    no_store(merchant)


def seen(page: Page, address: str, words: str) -> None:
    """Look at a page until it says something; workers take their time."""
    for _ in range(60):
        page.goto(address)
        try:
            expect(page.locator("main")).to_contain_text(words, timeout=1500)
        except AssertionError:
            continue
        return
    raise AssertionError(f"{address} never said “{words}”.")


def test_a_customer_who_wants_to_be_forgotten_is(merchant: Page, tmp_path: Path) -> None:
    page = merchant
    page.get_by_text("Your app:").click()
    told = page.locator("code").filter(has_text="/hooks/shopify/")
    expect(told).to_be_visible()  # the detail opens in its time; before, it has no text
    goes_to = ("--compliance-url", told.inner_text())
    with running_twin(tmp_path, "Acme boutique", *KEYS, *goes_to, channel="shopify") as twin:
        lamp = twin.ask("products", {"title": "Copper lamp", "sku": "LAMP-1", "quantity": 4})
        begin(page, twin.address)
        page.get_by_role("button", name="Install").click()
        page.get_by_role("button", name="Start first sync").click()
        expect(page.get_by_role("heading", name="Acme boutique")).to_be_visible()
        connection = page.url
        seen(page, connection, "webhooks active")
        twin.ask("orders", {"lines": [[lamp["variants"][0], 1]], "email": BUYER})
        for topic in ("Orders/create", "Orders/updated"):
            seen(page, f"{connection}/webhooks", topic)
        expect(page.locator("main")).to_contain_text(BUYER)

        twin.ask("privacy", {"topic": "customers/redact", "customer": {"id": 7, "email": BUYER}})

        seen(page, "/notices", "The data of a customer of Acme boutique was erased")
        page.goto(f"{connection}/webhooks")
        expect(page.get_by_text("Its content was erased").first).to_be_visible()
        expect(page.locator("main")).not_to_contain_text(BUYER)
        page.goto("/settings/audit")
        expect(page.locator("main")).to_contain_text("The data of a customer of Acme boutique")
