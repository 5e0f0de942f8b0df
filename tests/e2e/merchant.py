"""What a merchant does on the way to the point of a journey; each step as a person takes it."""

import re
from pathlib import Path

from playwright.sync_api import Locator, Page, expect

from tests.e2e.stack import Twin

PASSWORD = "copper lamps and linen"


def sign_up(page: Page, email: str, organization: str = "Outlet") -> None:
    """Open an organization of one's own."""
    page.goto("/signup")
    page.get_by_label("Your name").fill("Alice")
    page.get_by_label("Name of your organization").fill(organization)
    page.get_by_label("E-mail").fill(email)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Create organization").click()
    expect(page.get_by_role("heading", name="Home")).to_be_visible()


def confirm_address(page: Page, email: str) -> None:
    """Open the mailbox until the mail is there, and follow its link."""
    mail = page.get_by_role("row").filter(has_text=email).get_by_role("link")
    for _ in range(45):
        page.goto(f"/dev/mailbox?to={email}")
        try:
            expect(mail).to_be_visible(timeout=1000)
        except AssertionError:
            continue
        break
    mail.click()
    page.locator("a[href*='/verify/']").click()
    page.get_by_role("button", name="Confirm my address").click()
    expect(page.locator("#toasts")).to_contain_text("Your e-mail address is confirmed.")


def import_file(page: Page, path: Path, *, outcome: str) -> None:
    """Go through the import wizard; every step after the upload comes by itself."""
    page.get_by_role("link", name="Import products").click()
    page.locator("input[type=file]").set_input_files(path)
    page.get_by_role("button", name="Upload file").click()
    page.get_by_role("button", name="Check file").click()
    page.get_by_role("button", name=re.compile(r"^Import \d+ product")).click()
    expect(page.get_by_role("heading", name=re.compile("^Imported: "))).to_contain_text(outcome)


def connect(page: Page, twin: Twin, *, sends: bool = True) -> None:
    """Go through the connect wizard with keys the shop's owner made."""
    key = twin.ask("keys")
    page.get_by_role("link", name="Channels").first.click()
    page.get_by_role("link", name="Connect store").first.click()
    page.get_by_label("Shop address").fill(twin.address)
    page.get_by_label("Name in SyncStore").fill("Acme outlet")
    page.get_by_label("Connect without encryption").check()
    page.get_by_role("button", name="Check address").click()
    page.get_by_label("Consumer key").fill(key["consumer_key"])
    page.get_by_label("Consumer secret").fill(key["consumer_secret"])
    page.get_by_role("button", name="Check keys").click()
    expect(page.get_by_text("The keys work")).to_be_visible()
    page.locator("[name=on_first]").select_option("ours")
    if not sends:
        page.get_by_label("Send changes made here by themselves").uncheck()
    page.get_by_role("button", name="Start first sync").click()
    expect(page.get_by_role("heading", name="Acme outlet")).to_be_visible()


def row(page: Page, title: str) -> Locator:
    """Return the row of a table that says this."""
    return page.locator("main .rows > tbody > tr").filter(has_text=title)


def select(page: Page, title: str) -> None:
    """Tick a row."""
    row(page, title).get_by_role("checkbox").check()


def choose(page: Page, tab: str) -> None:
    """Open a tab of the page."""
    page.locator("main").get_by_role("link", name=re.compile(f"^{tab}")).click()
