"""An order from the shop to the buyer and back, in a browser, with every process real."""

import os
from pathlib import Path
from typing import Any

import httpx
import pytest
from playwright.sync_api import Page, expect

from tests.e2e.conftest import Visits
from tests.e2e.merchant import choose, confirm_address, connect, import_file, row, sign_up
from tests.e2e.stack import Twin

OWN_FILE = Path(__file__).parent / "files" / "lamps.csv"
pytestmark = [pytest.mark.e2e, pytest.mark.xdist_group("e2e"), pytest.mark.timeout(500)]


def fill_shop(twin: Twin) -> None:
    """Let the shop sell the lamp everybody knows, and gift wrapping that nobody here does."""
    kept = {"type": "simple", "status": "publish", "manage_stock": True}
    lamp = {"name": "Copper lamp", "sku": "LAMP-1", "regular_price": "59.99", "stock_quantity": 7}
    wrap = {"name": "Gift wrap", "sku": "WRAP-1", "regular_price": "3.50", "stock_quantity": 90}
    twin.ask("seed", {"items": [{**kept, **each} for each in (lamp, wrap)]})


def buy(twin: Twin, sku: str, units: int = 1) -> int:
    """Let a shopper buy; returns the order's number in the shop."""
    return int(twin.ask("sell", {"lines": [[sku, units]]})["id"])


def there(twin: Twin, number: int) -> Any:
    """Return an order as the shop keeps it."""
    return httpx.get(f"{twin.address}/_twin/orders/{number}", timeout=60).json()


def act(page: Page, name: str) -> None:
    """Open the menu of the order and choose."""
    page.locator("main").get_by_role("button", name="More actions").click()
    page.locator("#order-menu").get_by_text(name, exact=True).click()


def open_order(page: Page, number: int) -> None:
    page.goto(f"/orders?q=WC-{number}")
    page.get_by_role("link", name=f"WC-{number}").click()
    expect(page.get_by_role("heading", name=f"WC-{number}")).to_be_visible()


def test_from_the_shop_to_the_buyer_and_back(visit: Visits, twin: Twin) -> None:
    fill_shop(twin)
    page = visit()
    email = f"alice-orders-{os.getpid()}@acme.example"
    sign_up(page, email)
    confirm_address(page, email)
    import_file(page, OWN_FILE, outcome="4 new")
    connect(page, twin)
    choose(page, "Mapping")
    choose(page, "Paired")
    expect(row(page, "Copper lamp")).to_contain_text("Synced")

    first = appears_live(page, visit, twin)
    picked_packed_and_shipped(page, twin, first)
    refunded_here(page, twin, first)
    refunded_there(page, twin, first)
    sent_back_and_unpacked(page, first)
    cancelled_here(page, twin)
    cancelled_there(page, twin)
    an_unknown_item_is_mapped(page, twin)


def appears_live(page: Page, visit: Visits, twin: Twin) -> int:
    old = buy(twin, "LAMP-1")
    open_when_there(page, old)
    beside = visit(storage_state=page.context.storage_state())
    beside.goto("/orders")
    expect(row(beside, f"WC-{old}")).to_contain_text("Ready to ship")

    number = buy(twin, "LAMP-1", 3)

    news = beside.locator(".feed-bar")
    expect(news).to_be_visible()
    news.click()
    expect(row(beside, f"WC-{number}")).to_contain_text("Ready to ship")
    return number


def open_when_there(page: Page, number: int) -> None:
    """The first order ever makes an empty page a list; that page is opened again."""
    for _ in range(45):
        page.goto(f"/orders?q=WC-{number}")
        try:
            expect(page.get_by_role("link", name=f"WC-{number}")).to_be_visible(timeout=1000)
        except AssertionError:
            continue
        return
    raise AssertionError("The order did not come in.")


def picked_packed_and_shipped(page: Page, twin: Twin, number: int) -> None:
    open_order(page, number)
    act(page, "Begin picking")
    expect(page.locator("#toasts")).to_contain_text("Picking began.")
    page.get_by_role("button", name="Mark packed", exact=True).click()
    page.get_by_role("link", name="Ship", exact=True).click()
    page.get_by_label("Carrier").fill("UPS")
    page.get_by_label("Tracking number").fill("1Z999")
    page.get_by_role("button", name="Ship these units").click()

    expect(page.locator("#parcels")).to_contain_text("1Z999")
    expect(page.locator("#parcels")).to_contain_text("Knows of it")
    expect(page.locator("#order")).to_contain_text("completed")  # read again since
    assert there(twin, number)["status"] == "completed"


def refunded_here(page: Page, twin: Twin, number: int) -> None:
    act(page, "Refund")
    page.get_by_label("Amount").fill("59.99")
    page.get_by_label("Reason").fill("Scratched")
    page.get_by_label("Units back: Copper lamp").fill("1")
    page.get_by_role("button", name="Refund buyer").click()

    expect(page.locator("#refunds")).to_contain_text("Scratched")
    expect(page.locator("#refunds")).to_contain_text("Knows of it")
    assert [each["total"] for each in there(twin, number)["refunds"]] == ["-59.99"]


def refunded_there(page: Page, twin: Twin, number: int) -> None:
    [line] = there(twin, number)["line_items"]
    twin.ask(f"orders/{number}/refunds", {"lines": {line["id"]: 1}, "reason": "Too late"})

    expect(page.locator("#refunds")).to_contain_text("Too late")


def sent_back_and_unpacked(page: Page, number: int) -> None:
    """Two of three went back into stock by refunds; the third is expected, and broken."""
    act(page, "Expect a return")
    page.get_by_label("Units expected: Copper lamp").fill("3")
    page.get_by_role("button", name="Expect these units").click()
    page.get_by_role("link", name="Receive return 1").click()
    expect(page.get_by_text("A refund put 2 units of this order back into stock")).to_be_visible()
    page.get_by_label("Back into stock: Copper lamp").fill("2")
    page.get_by_label("Write off: Copper lamp").fill("1")
    page.get_by_role("button", name="Receive these units").click()

    expect(page.locator("#returns")).to_contain_text("2 back into stock")
    expect(page.locator("#returns")).to_contain_text("1 written off")
    expect(page.locator("#summary")).to_contain_text("Returned")


def cancelled_here(page: Page, twin: Twin) -> None:
    number = buy(twin, "LAMP-1")
    open_when_there(page, number)
    open_order(page, number)
    act(page, "Cancel order")
    page.get_by_label("Reason").fill("Sold out")
    page.get_by_role("button", name="Cancel this order").click()

    expect(page.locator("#summary")).to_contain_text("Cancelled")
    expect(page.locator("#timeline")).to_contain_text("The channel knows of the cancellation.")
    assert there(twin, number)["status"] == "cancelled"


def cancelled_there(page: Page, twin: Twin) -> None:
    number = buy(twin, "LAMP-1")
    open_when_there(page, number)
    open_order(page, number)
    expect(page.locator("#summary")).to_contain_text("Ready to ship")

    twin.ask(f"orders/{number}/cancel")

    expect(page.locator("#summary")).to_contain_text("Cancelled")


def an_unknown_item_is_mapped(page: Page, twin: Twin) -> None:
    number = buy(twin, "WRAP-1", 2)
    open_when_there(page, number)
    expect(row(page, f"WC-{number}")).to_contain_text("Unknown item")
    open_order(page, number)
    page.locator("#summary").get_by_role("link", name="Say what the item is").click()
    page.get_by_role("searchbox", name="Search your products").fill("apron")
    row(page, "APRON-L").get_by_role("button", name="This is it").click()

    expect(page.locator("#toasts")).to_contain_text("Mapped 1 line.")
    expect(page.locator("#summary")).to_contain_text("Ready to ship")
