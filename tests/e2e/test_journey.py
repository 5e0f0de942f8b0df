"""A new merchant's first hour, in a browser, with every process real."""

import os
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.e2e.conftest import Visits
from tests.e2e.merchant import (
    choose,
    confirm_address,
    connect,
    import_file,
    row,
    select,
    sign_up,
)
from tests.e2e.stack import Twin

OWN_FILE = Path(__file__).parent / "files" / "lamps.csv"
SAMPLE = (
    Path(__file__)
    .parents[3]
    .joinpath("shared", "samples", "shopify", "product-csvs", "home-and-garden.csv")
)
pytestmark = [pytest.mark.e2e, pytest.mark.xdist_group("e2e"), pytest.mark.timeout(300)]


def fill_shop(twin: Twin) -> dict[str, int]:
    """Let the shop have one product by SKU, one without SKU, and one nobody knows here."""
    lamp = {"name": "Copper lamp", "sku": "LAMP-1", "regular_price": "59.99"}
    vase = {"name": "Stoneware vase with a narrow neck", "regular_price": "32.50"}
    wrap = {"name": "Gift wrapping", "sku": "WRAP-1", "regular_price": "3.50"}
    kept = {"type": "simple", "status": "publish"}
    ids = twin.ask("seed", {"items": [{**kept, **each} for each in (lamp, vase, wrap)]})["ids"]
    return dict(zip(("lamp", "vase", "wrap"), ids, strict=True))


def test_from_sign_up_to_two_way_sync(visit: Visits, twin: Twin) -> None:
    shop = fill_shop(twin)
    page = visit()

    email = f"alice-{os.getpid()}@acme.example"
    sign_up(page, email)
    confirm_address(page, email)
    import_file(page, OWN_FILE, outcome="4 new")
    connect(page, twin)
    adopt(page)
    created_in_the_shop(page, twin)
    edit_and_see_it_synced(page, twin, shop["lamp"])
    change_there_and_see_it_arrive(page, visit, twin, shop["lamp"])
    both_sides_change_and_a_person_decides(page, twin, shop["lamp"])


def adopt(page: Page) -> None:
    """The SKU pairs by itself; the wording is proposed; what nobody knows is taken in."""
    choose(page, "Mapping")
    expect(row(page, "Stoneware vase")).to_contain_text("%")
    expect(row(page, "Copper lamp")).to_have_count(0)
    select(page, "Stoneware vase")
    page.get_by_role("button", name="Accept proposals").click()
    expect(page.locator("#toasts")).to_contain_text("Paired 1 item.")
    expect(row(page, "Stoneware vase")).to_have_count(0)
    select(page, "Gift wrapping")
    page.get_by_role("button", name="Create here").click()
    expect(page.locator("#toasts")).to_contain_text("Created 1 item here.")
    expect(page.get_by_text("Everything is paired")).to_be_visible()
    choose(page, "Paired")
    for title in ("Copper lamp", "Stoneware vase", "Gift wrapping"):
        expect(row(page, title)).to_contain_text("Synced")


def created_in_the_shop(page: Page, twin: Twin) -> None:
    choose(page, "Only yours")
    select(page, "Oak wall clock")
    page.get_by_role("button", name="Create in the shop").click()
    expect(row(page, "Oak wall clock")).to_contain_text("Synced")
    assert twin.writes("name") >= 1


def edit_and_see_it_synced(page: Page, twin: Twin, lamp: int) -> None:
    row(page, "Copper lamp").get_by_role("link").click()
    synced_at = page.locator("#sells time")
    before = synced_at.get_attribute("datetime") or ""
    page.get_by_label("Title", exact=True).fill("Copper lamp with a dimmer")
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.get_by_role("heading", name="Copper lamp with a dimmer")).to_be_visible()
    expect(synced_at).not_to_have_attribute("datetime", before)
    expect(page.locator("#sells .badge")).to_have_text("Synced")
    expect(page.locator("#history")).to_contain_text("with a dimmer")
    assert twin.product(lamp)["name"] == "Copper lamp with a dimmer"


def change_there_and_see_it_arrive(page: Page, visit: Visits, twin: Twin, lamp: int) -> None:
    beside = visit(storage_state=page.context.storage_state())
    beside.goto("/products")
    expect(row(beside, "Copper lamp with a dimmer")).to_be_visible()

    twin.ask(f"products/{lamp}", {"name": "Copper lamp, polished"})

    expect(row(beside, "Copper lamp, polished")).to_contain_text("Acme outlet")
    expect(page.locator("#history")).to_contain_text("polished")


def both_sides_change_and_a_person_decides(page: Page, twin: Twin, lamp: int) -> None:
    """Nothing is sent by itself, so both edits meet: neither is lost, and a third one wins."""
    product = page.url
    page.get_by_role("link", name="Acme outlet").first.click()
    choose(page, "Settings")
    page.get_by_label("Send changes made here by themselves").uncheck()
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.locator("#toasts")).to_contain_text("Rules saved.")
    page.goto(product)
    page.get_by_label("Title", exact=True).fill("Brass lamp, polished")
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.get_by_role("heading", name="Brass lamp, polished")).to_be_visible()
    twin.ask(f"products/{lamp}", {"name": "Copper lamp, hammered"})

    page.goto("/sync/conflicts")
    expect(row(page, "Brass lamp, polished")).to_contain_text("hammered")
    page.goto("/notices")
    row(page, "was changed on both sides").get_by_role("button", name="Open").click()
    row(page, "Brass lamp, polished").get_by_role("link").click()
    best = page.locator("#decision").get_by_label("Title", exact=True)
    expect(best).to_have_value("Brass lamp, hammered")
    page.get_by_role("button", name="Use this value").click()

    expect(page.locator("#toasts")).to_contain_text("Decided.")
    page.goto(product)
    expect(page.get_by_role("heading", name="Brass lamp, hammered")).to_be_visible()
    expect(page.locator("#sells .badge")).to_have_text("Synced")
    assert twin.product(lamp)["name"] == "Brass lamp, hammered"


def test_a_file_of_a_real_shop(visit: Visits) -> None:
    if not SAMPLE.exists():
        pytest.skip("The sample files are not beside the project.")
    page = visit()

    sign_up(page, f"mallory-{os.getpid()}@other.example")
    import_file(page, SAMPLE, outcome="new")
    page.get_by_role("link", name="See products").click()

    expect(row(page, "Clay Plant Pot")).to_contain_text("2 variants")
