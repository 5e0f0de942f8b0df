"""The work of a warehouse in a real browser: counted by scanner, moved, told when it runs low."""

import re

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.e2e.conftest import Entered, Shop, Visits

pytestmark = [pytest.mark.e2e, pytest.mark.xdist_group("e2e"), pytest.mark.timeout(400)]
COUNTED, MOVED, LOW = "MUG-HAR-007", "MUG-HAR-008", "MUG-HAR-009"


def open_stock(page: Page, sku: str) -> None:
    """Open the page of a variant's stock."""
    page.goto(f"/inventory?q={sku}")
    page.locator("main .rows > tbody > tr").get_by_role("link").first.click()
    expect(page.get_by_role("heading", name="Where it lies")).to_be_visible()


def set_to(page: Page, sku: str, quantity: int) -> None:
    """Say how many lie at the first location, as a person does."""
    open_stock(page, sku)
    page.get_by_label("What happens").select_option("set")
    page.get_by_label("Quantity").fill(str(quantity))
    page.get_by_role("button", name="Adjust stock").click()
    expect(on_hand(page, 0)).to_have_text(str(quantity))


def on_hand(page: Page, at: int) -> Locator:
    """Return the figure of a location."""
    return page.locator("#levels td[data-label='On hand']").nth(at)


def scan(page: Page, *codes: str) -> None:
    """Enter codes as a keyboard wedge does: fast, with Enter behind each, and nothing clicked."""
    for code in codes:
        page.keyboard.type(code)
        page.keyboard.press("Enter")


def test_a_count_by_keyboard_is_approved_with_its_difference(
    visit: Visits, acme: Shop, entered: Entered
) -> None:
    counter, manager = (
        visit(storage_state=entered("editor")),
        visit(storage_state=entered("manager")),
    )
    set_to(manager, COUNTED, 5)
    counter.goto("/inventory/counts/new")
    counter.get_by_label("What", exact=True).select_option("list")
    counter.get_by_label("SKUs or barcodes").fill(f"{COUNTED}\n{MOVED}")
    counter.get_by_role("button", name="Start counting").click()
    expect(counter.get_by_label("SKU or barcode", exact=True)).to_be_focused()

    scan(counter, COUNTED, COUNTED.lower(), "NOBODY", COUNTED)

    expect(counter.locator(".scanned > b")).to_have_text("3")
    expect(counter.get_by_label("SKU or barcode", exact=True)).to_have_value("")
    expect(counter.locator("main")).not_to_contain_text("On hand")
    counter.get_by_role("button", name="Hand in for approval").click()
    expect(counter.locator("main")).to_contain_text("Somebody who may approve counts")
    manager.goto("/inventory/counts")
    manager.get_by_role("row").filter(has_text="To approve").get_by_role("link").first.click()
    row = manager.get_by_role("row").filter(has_text=COUNTED)
    expect(row.locator("[data-label='Difference']")).to_have_text("−2")
    manager.get_by_role("button", name="Approve checked lines").click()
    expect(manager.locator("main")).to_contain_text("Closed")
    open_stock(manager, COUNTED)
    expect(on_hand(manager, 0)).to_have_text("3")
    expect(manager.locator("#movements")).to_contain_text("Counted")


def test_a_transfer_is_sent_here_and_received_there(
    visit: Visits, acme: Shop, entered: Entered
) -> None:
    page = visit(storage_state=entered("manager"))
    set_to(page, MOVED, 6)
    page.goto("/inventory/transfers/new")
    page.get_by_label("To", exact=True).select_option("Shop")
    page.get_by_role("button", name="Choose what travels").click()
    expect(page.get_by_label("SKU or barcode", exact=True)).to_be_focused()
    scan(page, MOVED, MOVED, MOVED)
    expect(page.get_by_label(re.compile("^Units of"))).to_have_value("3")

    page.get_by_role("button", name="Send these units").click()
    expect(page.get_by_role("button", name="Receive these units")).to_be_visible()
    page.get_by_label(re.compile("^Came now")).fill("2")
    page.get_by_label(re.compile("^Missing")).fill("1")
    page.get_by_role("button", name="Receive these units").click()
    expect(page.locator(".error-summary")).to_contain_text("Say what happened")
    page.get_by_label("What happened").fill("Fell off the truck")
    page.get_by_role("button", name="Receive these units").click()

    expect(page.get_by_role("button", name="Receive these units")).to_have_count(0)
    expect(page.locator("main")).to_contain_text("Fell off the truck")
    open_stock(page, MOVED)
    expect(on_hand(page, 0)).to_have_text("3")
    expect(on_hand(page, 1)).to_have_text("2")


def test_the_low_stock_alert_arrives_by_mail(visit: Visits, acme: Shop, entered: Entered) -> None:
    page = visit(storage_state=entered("manager"))
    set_to(page, LOW, 9)
    page.get_by_label("Reorder point").first.fill("4")
    page.get_by_label("Usual order").first.fill("24")
    page.get_by_role("button", name="Save reorder point").first.click()
    expect(page.locator("#levels td[data-label='Reorder at']").first).to_contain_text("4")

    set_to(page, LOW, 3)

    mail = page.get_by_role("row").filter(has_text="runs low: 3 available").get_by_role("link")
    for _ in range(60):
        page.goto(f"/dev/mailbox?to={acme.people['manager']}")
        try:
            expect(mail.first).to_be_visible(timeout=1000)
        except AssertionError:
            continue
        break
    mail.first.click()
    letter = page.locator(".letter")
    expect(letter).to_contain_text(LOW)
    expect(letter).to_contain_text("3 left, reorder point 4, usual order 24")
    letter.get_by_role("link").first.click()
    expect(page.get_by_role("heading", name="Where it lies")).to_be_visible()
