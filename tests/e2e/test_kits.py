"""A kit in a browser: put together, and sold out in the shop when a component is."""

import os
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.e2e.conftest import Visits
from tests.e2e.merchant import choose, confirm_address, connect, import_file, row, select, sign_up
from tests.e2e.stack import Twin

OWN_FILE = Path(__file__).parent / "files" / "lamps.csv"
pytestmark = [pytest.mark.e2e, pytest.mark.xdist_group("e2e"), pytest.mark.timeout(400)]


def test_a_kit_is_sold_out_in_the_shop_when_a_component_is(visit: Visits, twin: Twin) -> None:
    page = visit()
    email = f"kit-{os.getpid()}@acme.example"
    sign_up(page, email, "Sets")
    confirm_address(page, email)
    import_file(page, OWN_FILE, outcome="4 new")
    connect(page, twin)
    list_in_the_shop(page, "Copper lamp", "Stoneware vase", "Oak wall clock")

    put_together(page, kit="Oak wall clock", parts={"Copper lamp": "2", "Stoneware vase": "1"})
    kit = page.url
    seen_in_the_shop(page, kit, "3")
    clock = twin.id_of("Oak wall clock")
    assert twin.product(clock)["stock_quantity"] == 3
    sell_out(page, "Stoneware vase")

    seen_in_the_shop(page, kit, "0")
    assert twin.product(clock)["stock_quantity"] == 0
    assert twin.product(clock)["stock_status"] == "outofstock"


def list_in_the_shop(page: Page, *titles: str) -> None:
    choose(page, "Mapping")
    choose(page, "Only yours")
    for title in titles:
        select(page, title)
    page.get_by_role("button", name="Create in the shop").click()
    for title in titles:
        expect(row(page, title)).to_contain_text("Synced")


def put_together(page: Page, *, kit: str, parts: dict[str, str]) -> None:
    page.goto("/inventory")
    row(page, kit).get_by_role("link").click()
    page.get_by_role("link", name="Make a kit").click()
    expect(page.get_by_text("Not a kit yet")).to_be_visible()
    expect(page.get_by_text("2 units of it lie on the shelf now")).to_be_visible()
    for title in parts:
        page.get_by_label("Search your products").fill(title)
        page.locator("#results").get_by_role("row").filter(has_text=title).get_by_role(
            "button", name="Put in"
        ).click()
        expect(page.get_by_label(f"How many of {title}")).to_be_visible()
    for title, units in parts.items():
        page.get_by_label(f"How many of {title}").fill(units)
    page.get_by_role("button", name="Save quantities").click()
    expect(page.get_by_text("There is enough for 3 sets.")).to_be_visible()
    page.locator("main").get_by_role("link", name=kit).click()
    expect(page.get_by_role("heading", name=kit)).to_be_visible()


def seen_in_the_shop(page: Page, address: str, units: str) -> None:
    """Open the page of a variant until both sides agree on so many."""
    row = page.get_by_role("row").filter(has_text="Acme outlet")
    shown = row.locator("[data-label='May sell']")
    for _ in range(45):
        page.goto(address)
        try:
            expect(shown).to_have_text(units, timeout=1000)
        except AssertionError:
            continue
        return
    raise AssertionError(f"The shop does not show {units}.")


def sell_out(page: Page, title: str) -> None:
    page.get_by_role("link", name=title).click()
    page.get_by_label("What happens").select_option("Set to")
    page.get_by_label("Quantity").fill("0")
    page.get_by_role("button", name="Adjust stock").click()
    expect(page.locator("#toasts")).to_contain_text("−4 on hand.")
