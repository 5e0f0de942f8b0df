"""The furniture in a real browser: no violation of the policy, no barrier, all by keyboard."""

from collections.abc import Iterator
from pathlib import Path
from threading import Thread

import pytest
from flask import Flask
from playwright.sync_api import Browser, ConsoleMessage, Page, expect
from werkzeug.serving import make_server

from app.core import kv
from app.core.embedded import Urls
from app.web.nav import NavItem, Section, register_nav
from tests.conftest import redis_database

PROJECT = Path(__file__).resolve().parents[3]
AXE = PROJECT / "node_modules" / "axe-core" / "axe.min.js"
pytestmark = [
    pytest.mark.e2e,
    pytest.mark.timeout(300),
    pytest.mark.skipif(
        not (PROJECT / "static" / "vendor" / "app.js").exists() or not AXE.exists(),
        reason="the front end is not built: python -m workers.assets",
    ),
]
RULES = ["wcag2a", "wcag2aa", "wcag21aa", "wcag22aa"]
LOOKS = [(width, theme) for width in (1440, 390) for theme in ("light", "dark")]


expect.set_options(timeout=60_000)


@pytest.fixture
def address(app: Flask, servers: Urls, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """A server on a free port of this machine, with an entry in the menu."""
    monkeypatch.setattr("app.web.nav._items", {})
    monkeypatch.setattr(kv._Connected, "client", kv._Connected.client)
    kv.connect(redis_database(servers, 3))
    register_nav(NavItem(Section.SELL, "Things", "thing", "tag", is_on_phone=True))
    server = make_server("127.0.0.1", 0, app, threaded=True)
    thread = Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()
    thread.join(timeout=10)


@pytest.fixture
def complaints() -> list[str]:
    """What the browser's console said that it should not."""
    return []


def _open(
    browser: Browser,
    address: str,
    path: str,
    look: tuple[int, str],
    complaints: list[str],
    *,
    height: int = 900,
) -> Page:
    width, theme = look
    context = browser.new_context(viewport={"width": width, "height": height})
    context.add_cookies(
        [
            {"name": name, "value": value, "url": address}
            for name, value in (("who", "alice"), ("theme", theme))
        ]
    )
    page = context.new_page()
    page.set_default_timeout(60_000)

    def listen(message: ConsoleMessage) -> None:
        if message.type == "error" and "Failed to load resource" not in message.text:
            complaints.append(message.text)

    page.on("console", listen)
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.goto(address + path)
    return page


@pytest.mark.parametrize("look", LOOKS)
@pytest.mark.parametrize("path", ["/system/ui", "/fail/503"])
def test_no_barrier_and_no_violation(
    browser: Browser, address: str, look: tuple[int, str], path: str, complaints: list[str]
) -> None:
    # tall enough that the bottom bar lies over nothing, which axe would count against the targets
    page = _open(browser, address, path, look, complaints, height=7000)

    page.evaluate(AXE.read_text())
    how = {"runOnly": RULES, "resultTypes": ["violations"], "selectors": False}
    found = page.evaluate("how => axe.run(document, how)", how)
    grave = [
        (each["id"], each["nodes"][0]["html"])
        for each in found["violations"]
        if each["impact"] in ("serious", "critical")
    ]

    assert grave == []
    assert complaints == []
    assert page.evaluate("document.documentElement.scrollWidth") <= look[0]
    page.context.close()


def test_the_gallery_by_keyboard(browser: Browser, address: str, complaints: list[str]) -> None:
    page = _open(browser, address, "/system/ui", (1440, "light"), complaints)

    page.keyboard.press("j")
    page.keyboard.press("j")
    page.keyboard.press("x")
    expect(page.locator("[data-selection-count]")).to_have_text("1 product selected")
    page.keyboard.press("/")
    expect(page.locator("#finder input")).to_be_focused()
    page.keyboard.type("thi")
    expect(page.locator("#hits a")).to_have_count(1)
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Thing")).to_be_visible()
    page.wait_for_load_state()
    expect(page.locator("dialog[open]")).to_have_count(0)  # keys are not heard above the page
    page.keyboard.press("?")
    expect(page.locator("#shortcuts")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.locator("#shortcuts")).to_be_hidden()
    assert complaints == []
    page.context.close()


def test_a_refused_form_takes_the_focus_to_what_is_wrong(
    browser: Browser, address: str, complaints: list[str]
) -> None:
    page = _open(browser, address, "/system/ui", (1440, "light"), complaints)

    page.get_by_role("button", name="Save sample").click()
    expect(page.locator("#sample [data-error-summary]")).to_be_focused()
    page.locator("#sample .error-summary a").first.click()
    expect(page.locator("#small-title")).to_be_focused()
    page.keyboard.type("Mug")
    page.locator("#small-price").fill("12")
    page.get_by_role("button", name="Save sample").click()
    expect(page.locator("#toasts .toast-card")).to_contain_text("Blue mug was archived")
    assert complaints == []
    page.context.close()


def test_what_cannot_be_undone_asks_for_the_name(
    browser: Browser, address: str, complaints: list[str]
) -> None:
    page = _open(browser, address, "/system/ui", (1440, "dark"), complaints)

    opener = page.get_by_role("button", name="Delete store")
    opener.click()
    go_on = page.locator("[data-confirm-yes]")
    expect(go_on).to_be_disabled()
    page.locator("#confirm-name").fill("Acme")
    expect(go_on).to_be_enabled()
    page.keyboard.press("Escape")
    expect(opener).to_be_focused()
    assert complaints == []
    page.context.close()
