"""What stops for a merchant, in a browser with every process real: told, decided, seen to arrive.

Nothing is opened anew to see what became of it: each page that is looked at stays open.
"""

import os
import re
from collections.abc import Iterable
from decimal import Decimal
from pathlib import Path
from time import monotonic, sleep

import pytest
from playwright.sync_api import Page, expect

from tests.e2e.conftest import PATIENCE, Visits
from tests.e2e.merchant import choose, connect, import_file, row, select, sign_up
from tests.e2e.stack import Twin

FILES = Path(__file__).parent / "files"
RAISE = Decimal(12)
pytestmark = [pytest.mark.e2e, pytest.mark.xdist_group("e2e"), pytest.mark.timeout(300)]


def enter(visit: Visits, name: str) -> Page:
    """Sign somebody up with an organization that has nothing yet."""
    page = visit()
    sign_up(page, f"{name}-{os.getpid()}@outlet.example")
    return page


def beside(page: Page, address: str, heading: str) -> Page:
    """Open a page of the same person in another tab, marked so that a reload would show."""
    other = page.context.new_page()
    other.goto(address)
    expect(other.get_by_role("heading", name=heading, exact=True)).to_be_visible()
    return mark(other)


def mark(page: Page) -> Page:
    page.evaluate("window.isTheSame = true")
    return page


def assert_stayed(*pages: Page) -> None:
    """No page was loaded anew since it was marked."""
    assert [page.evaluate("window.isTheSame === true") for page in pages] == [True] * len(pages)


def expect_prices(twin: Twin, wanted: dict[str, Decimal]) -> None:
    """Wait until exactly these prices stand in the shop."""
    ends = monotonic() + PATIENCE / 1000
    while (found := prices(twin)) != wanted:
        assert monotonic() < ends, found
        sleep(0.2)


def prices(twin: Twin) -> dict[str, Decimal]:
    return {each["name"]: Decimal(each["regular_price"]) for each in twin.products()}


def create_in_the_shop(page: Page, count: int) -> None:
    """List everything there is here in the shop."""
    choose(page, "Mapping")
    choose(page, "Only yours")
    page.get_by_role("checkbox", name="Select all on this page").check()
    page.get_by_role("button", name="Create in the shop").click()
    expect(page.locator("#toasts")).to_contain_text(f"On the way to the shop: {count} products.")
    choose(page, "Paired")


def bulk_edit(page: Page, kind: str, **boxes: str) -> None:
    """Choose what to change, look at what becomes of it, and let it happen."""
    page.get_by_label("Change", exact=True).select_option(kind)
    for label, value in boxes.items():
        page.get_by_label(label, exact=True).fill(value)
    page.get_by_role("button", name="Show changes").click()
    page.get_by_role("button", name=re.compile(r"^Change \d+ product")).click()
    expect(page.get_by_role("link", name="See products")).to_be_visible()


def test_a_conflict_is_told_merged_and_live_everywhere(visit: Visits, twin: Twin) -> None:
    lamp = {"name": "Copper lamp for the desk", "sku": "LAMP-1", "regular_price": "59.99"}
    [key] = twin.ask("seed", {"items": [{"type": "simple", "status": "publish", **lamp}]})["ids"]
    page = enter(visit, "alice")
    connect(page, twin, sends=False)
    choose(page, "Mapping")
    select(page, "Copper lamp for the desk")
    page.get_by_role("button", name="Create here").click()
    expect(page.locator("#toasts")).to_contain_text("Created 1 item here.")
    choose(page, "Paired")
    expect(row(page, "Copper lamp for the desk")).to_contain_text("Synced")
    listings = mark(page)
    notices = beside(page, "/notices", "Notices")
    product = page.context.new_page()
    product.goto("/products")
    row(product, "Copper lamp for the desk").get_by_role("link").click()

    product.get_by_label("Title", exact=True).fill("Brass lamp for the desk")
    product.get_by_role("button", name="Save", exact=True).click()
    expect(product.get_by_role("heading", name="Brass lamp for the desk")).to_be_visible()
    mark(product)
    twin.ask(f"products/{key}", {"name": "Copper lamp for the hall"})

    told = row(notices, "was changed on both sides")
    expect(told).to_contain_text("Acme outlet and SyncStore have different values.")
    for each in (notices, listings, product):
        expect(each.locator("#bell-menu")).to_contain_text("was changed on both sides")
    expect(row(listings, "lamp")).to_contain_text("Needs you")

    told.get_by_role("button", name="Open").click()
    row(notices, "Brass lamp for the desk").get_by_role("link").click()
    yours, theirs, before = (notices.locator(".versus > div").nth(at) for at in range(3))
    expect(yours.locator("del")).to_contain_text("Copper")
    expect(yours.locator("ins")).to_contain_text("Brass")
    expect(theirs.locator("del")).to_contain_text("desk")
    expect(theirs.locator("ins")).to_contain_text("hall")
    expect(before).to_contain_text("Copper lamp for the desk")
    title = notices.locator("#decision").get_by_label("Title", exact=True)
    expect(title).to_have_value("Brass lamp for the hall")
    title.fill("Brass lamp for desk and hall")
    notices.get_by_role("button", name="Use this value").click()
    expect(notices.locator("#toasts")).to_contain_text("Decided.")
    expect(notices.get_by_text("No conflicts", exact=True)).to_be_visible()

    expect(row(listings, "Brass lamp for desk and hall")).to_contain_text("Synced")
    expect(product.get_by_role("heading", name="Brass lamp for desk and hall")).to_be_visible()
    expect(product.locator("#heading")).to_contain_text("Changed since you opened this page")
    expect(product.locator("#sells .badge")).to_have_text("Synced")
    assert twin.product(key)["name"] == "Brass lamp for desk and hall"
    assert_stayed(listings, product)


def raised(before: dict[str, Decimal], names: Iterable[str]) -> dict[str, Decimal]:
    """Return prices with some of them raised."""
    return {name: price + (RAISE if name in names else 0) for name, price in before.items()}


def test_a_mass_change_of_prices_waits_goes_in_parts_and_is_taken_back(
    visit: Visits, twin: Twin
) -> None:
    page = enter(visit, "bob")
    import_file(page, FILES / "mugs.csv", outcome="7 new")
    connect(page, twin)
    create_in_the_shop(page, 7)
    for title in ("Espresso cup", "Soup tureen"):
        expect(row(page, title)).to_contain_text("Synced")
    before = prices(twin)
    channel = page.url.split("/connections/")[1].split("/")[0]
    preview = beside(page, f"/sync/plans/{channel}", "What would be sent")
    expect(preview.get_by_text("Nothing would be sent", exact=True)).to_be_visible()
    plans = beside(page, "/sync/plans", "Plans")
    expect(plans.get_by_text("Nothing waits for you", exact=True)).to_be_visible()

    page.goto("/products")
    page.get_by_role("checkbox", name="Select all on this page").check()
    page.get_by_role("button", name="Bulk edit").click()
    bulk_edit(page, "price_amount", Amount=str(RAISE))

    shown = plans.locator("main .rows > tbody > tr")
    expect(shown).to_have_count(5)
    expect(plans.locator("main")).to_contain_text("5 changes of 5 listings on 1 channel")
    largest_first = ["Espresso cup", "Tea bowl", "Milk jug", "Sugar pot", "Cake plate"]
    expect(shown).to_contain_text(largest_first)
    expect(shown.first).to_contain_text("+150.0%")
    expect(plans.locator("#bell-menu")).to_contain_text("5 changes for Acme outlet wait for you")
    small = ("Teapot", "Soup tureen")
    expect_prices(twin, raised(before, small))

    outdated = preview.get_by_role("link", name="changed since this was planned")
    outdated.click()
    expect(row(preview, "Sugar pot")).to_contain_text("$20.00")
    twin.ask(f"products/{twin.id_of('Sugar pot')}", {"regular_price": "19.00"})
    before["Sugar pot"] = Decimal(19)
    expect(row(plans, "Sugar pot")).to_contain_text("$19.00")
    outdated.click()
    expect(row(preview, "Sugar pot")).to_contain_text("$19.00")

    for title in largest_first[:2]:
        select(plans, title)
    plans.get_by_role("button", name="Send selected changes").click()
    expect(plans.locator("#toasts")).to_contain_text("2 changes on their way.")
    expect(shown).to_have_count(3)
    expect_prices(twin, raised(before, (*small, *largest_first[:2])))

    page.get_by_role("button", name="Undo this").click()
    expect(page.get_by_role("button", name="Change 7 products")).to_be_visible()
    page.get_by_role("button", name="Change 7 products").click()
    expect(plans.get_by_text("Nothing waits for you", exact=True)).to_be_visible()
    expect_prices(twin, {**before, "Sugar pot": Decimal(20)})
    assert_stayed(plans, preview)


def test_one_cause_of_many_errors_is_mended_once(visit: Visits, twin: Twin) -> None:
    """Somebody's file has the same barcode in every row; a shop takes it once."""
    page = enter(visit, "carol")
    import_file(page, FILES / "barcodes.csv", outcome="4 new")
    connect(page, twin)
    errors = beside(page, "/sync/errors", "Errors")
    create_in_the_shop(page, 4)
    mark(page)

    causes = errors.get_by_role("list", name="Causes").get_by_role("listitem")
    expect(causes).to_have_count(1)
    expect(causes).to_contain_text("3")
    expect(causes).to_contain_text("Another product in the shop already uses this barcode.")
    assert_stayed(errors)
    causes.get_by_role("link").click()
    expect(errors.get_by_role("heading", name="3 listings")).to_be_visible()
    errors.get_by_role("button", name="Empty the barcodes of all").click()
    errors.get_by_role("button", name="Change 3 products").click()

    expect(page.locator("main .badge").filter(has_text="Synced")).to_have_count(4)
    assert_stayed(page)
    errors.goto("/sync/errors")
    expect(errors.get_by_text("No errors", exact=True)).to_be_visible()
    assert sorted(each["global_unique_id"] for each in twin.products()) == [
        "",
        "",
        "",
        "4006381333931",
    ]
