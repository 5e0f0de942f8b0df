"""Orders in a real browser: shipped by a plain form in one window, seen at once in another."""

import re

import pytest
from playwright.sync_api import expect

from tests.e2e.conftest import Entered, Shop, Visits

pytestmark = [pytest.mark.e2e, pytest.mark.xdist_group("e2e"), pytest.mark.timeout(400)]
ORDER = "WC-9001"


def test_a_parcel_sent_without_script_is_seen_live_elsewhere(
    visit: Visits, acme: Shop, entered: Entered
) -> None:
    watching = visit(storage_state=entered("owner"))
    watching.goto(f"/orders?q={ORDER}")
    row = watching.get_by_role("row").filter(has_text=ORDER)
    expect(row).to_contain_text("Unknown item")
    plain = visit(storage_state=entered("manager"), java_script_enabled=False)
    plain.goto(f"/orders?q={ORDER}")
    plain.get_by_role("link", name=ORDER).click()
    expect(plain.get_by_role("heading", name=ORDER)).to_be_visible()

    plain.goto(f"{plain.url}/ship")
    plain.get_by_label("Carrier").fill("DHL")
    plain.get_by_label("Tracking number").fill("JD0099")
    plain.get_by_role("button", name="Ship these units").click()

    expect(plain.locator("#parcels")).to_contain_text("JD0099")
    expect(row).to_contain_text("Partly shipped")
    watching.goto("/orders?q=JD0099")
    expect(watching.get_by_role("link", name=ORDER)).to_be_visible()


def test_news_leave_an_open_menu_where_it_is(visit: Visits, acme: Shop, entered: Entered) -> None:
    page, other = (visit(storage_state=entered(role)) for role in ("owner", "manager"))
    for each in (page, other):
        each.goto("/orders?q=WC-9002")
        each.get_by_role("link", name="WC-9002").click()
        expect(each.get_by_role("heading", name="WC-9002")).to_be_visible()
    page.locator("main").get_by_role("button", name="More actions").click()
    entry = page.locator("#order-menu").get_by_role("link", name="Packing slip")
    before = entry.bounding_box()

    other.goto(f"{other.url}/note")
    other.get_by_label("Note", exact=True).fill("Wrap it well")
    other.get_by_role("button", name="Save note").click()

    expect(page.locator("#order")).to_contain_text("Wrap it well")
    assert entry.bounding_box() == before
    entry.click()
    expect(page.get_by_role("heading", name="Packing slip")).to_be_visible()


def test_the_search_of_every_page_leads_to_an_order(
    visit: Visits, acme: Shop, entered: Entered
) -> None:
    page = visit(storage_state=entered("viewer"))
    page.goto("/products")

    page.keyboard.press("/")
    page.get_by_role("searchbox", name="Search products, SKUs, orders").fill("wc-9002")
    page.get_by_role("link", name="WC-9002").click()

    expect(page.get_by_role("heading", name="WC-9002")).to_be_visible()
    expect(page.get_by_text("D••• D•••").first).to_be_visible()
    expect(page.get_by_text("Dora")).to_have_count(0)


def test_enter_in_a_rush_rule_saves_and_removes_no_rule(
    visit: Visits, acme: Shop, entered: Entered
) -> None:
    page = visit(storage_state=entered("manager"))
    page.goto("/orders/rush")
    rules = page.get_by_label(re.compile(r"^Value of rule"))
    expect(rules).to_have_count(4)

    page.get_by_role("button", name="Add rule").click()
    expect(page.get_by_label("Rule 5 looks at")).to_be_focused()
    page.get_by_label("Value of rule 5").fill("no such tag")
    page.get_by_label("Value of rule 5").press("Enter")

    expect(page.get_by_text("Kept.")).to_be_visible()
    expect(rules).to_have_count(5)
