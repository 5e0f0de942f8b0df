"""The same app in a browser that runs no script: pages to read, and a form that is saved."""

import pytest
from playwright.sync_api import expect

from tests.e2e.conftest import Entered, Shop, Visits

pytestmark = [pytest.mark.e2e, pytest.mark.xdist_group("e2e"), pytest.mark.timeout(300)]

READ = (
    ("/", "Home"),
    ("/products", "Products"),
    ("/orders", "Orders"),
    ("/connections", "Channels"),
    ("/sync/runs", "Activity"),
    ("/sync/conflicts", "Conflicts"),
    ("/sync/errors", "Errors"),
    ("/notices", "Notices"),
    ("/settings/team", "Settings"),
)


def test_pages_read_without_script(visit: Visits, acme: Shop, entered: Entered) -> None:
    page = visit(java_script_enabled=False, storage_state=entered("owner"))

    for address, heading in READ:
        page.goto(address)
        expect(page.get_by_role("heading", name=heading, level=1)).to_be_visible()

    page.goto("/products")
    page.get_by_role("searchbox", name="Search products").fill("teapot")
    page.get_by_role("button", name="Search", exact=True).click()
    expect(page.get_by_text("No product fits")).to_be_visible()


def test_a_product_is_saved_without_script(visit: Visits, acme: Shop, entered: Entered) -> None:
    page = visit(java_script_enabled=False, storage_state=entered("editor"))
    page.goto(f"/products/{acme.product_id}")
    title = page.get_by_label("Title", exact=True)
    before = title.input_value()

    title.fill("")
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.get_by_text("Some values need a correction")).to_be_visible()
    expect(title).to_have_attribute("aria-invalid", "true")
    refusal = page.locator(f"#{title.get_attribute('aria-describedby')}".split()[0])
    expect(refusal).to_contain_text("title")

    title.fill(f"{before}, without script")
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.get_by_role("heading", name=f"{before}, without script")).to_be_visible()
    expect(page.get_by_text("Some values need a correction")).to_have_count(0)
