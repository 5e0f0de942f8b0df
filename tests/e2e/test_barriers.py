"""Every page there is, with content on it: no barrier light or dark, no wider than a phone."""

from pathlib import Path
from typing import Any, Final

import pytest
from playwright.sync_api import Page, expect

from tests.e2e.conftest import Entered, Shop, Visits

AXE: Final = Path(__file__).parents[2].joinpath("node_modules", "axe-core", "axe.min.js")
RULES: Final = ["wcag2a", "wcag2aa", "wcag21aa", "wcag22aa"]
PHONE: Final = 390
# Pages for somebody who is not signed in.
OUTSIDE: Final = ("team.sign_in", "team.sign_up", "team.forgot", "team.reset", "team.invitation")
pytestmark = [pytest.mark.e2e, pytest.mark.xdist_group("e2e"), pytest.mark.timeout(400)]


def barriers(page: Page, wanted: dict[str, Any]) -> set[str]:
    """Return what axe calls serious or critical, as rule and element."""
    # Only what is wrong is described: paths to all that is right take longest.
    how = {**wanted, "resultTypes": ["violations"], "selectors": False}
    found = page.evaluate("how => axe.run(document, how)", how)
    return {
        f"{each['id']}: {node['html'][:200]}"
        for each in found["violations"]
        if each["impact"] in ("serious", "critical")
        for node in each["nodes"][:3]
    }


def faults(page: Page) -> set[str]:
    """Look at the open page light, then dark, where only the colours differ, then narrow.

    Needs a visit that asks for reduced motion: without it colours would still be on their way.
    """
    page.evaluate(AXE.read_text())
    page.evaluate("document.documentElement.classList.add('light')")
    found = barriers(page, {"runOnly": RULES})
    page.evaluate("document.documentElement.classList.replace('light', 'dark')")
    found |= {f"dark {each}" for each in barriers(page, {"runOnly": ["color-contrast"]})}
    page.set_viewport_size({"width": PHONE, "height": 844})
    width = page.evaluate("document.documentElement.scrollWidth")
    if width > PHONE:
        found.add(f"{width} px wide on a phone")
    return found


def is_page(address: str) -> bool:
    """Tell pages from what programs ask for."""
    return not address.startswith("/api/")


def look_at(page: Page, pages: dict[str, str]) -> dict[str, set[str]]:
    """Open every address; returns the faults of those that have any."""
    seen = {}
    for name, address in pages.items():
        # tall, so that the bottom bar lies over nothing, which axe would count against it
        page.set_viewport_size({"width": 1440, "height": 4000})
        answer = page.goto(address)
        assert answer is not None
        assert answer.status == (404 if name.startswith("error 404") else 200), address
        expect(page.locator("main h1").first).to_be_visible()
        seen[f"{name} {address}"] = faults(page)
    return {name: found for name, found in seen.items() if found}


def test_no_page_has_a_barrier(visit: Visits, acme: Shop, entered: Entered) -> None:
    visit.refusals.add(404)
    page = visit(storage_state=entered("owner"), reduced_motion="reduce", color_scheme="light")
    outside = {n: a for n, a in acme.pages.items() if n in OUTSIDE}
    inside = {n: a for n, a in acme.pages.items() if n not in OUTSIDE and is_page(a)}

    assert acme.unvisited == []
    assert look_at(page, inside) == {}
    assert look_at(visit(reduced_motion="reduce", color_scheme="light"), outside) == {}


def test_a_chart_follows_the_machine_into_the_dark(visit: Visits, entered: Entered) -> None:
    page = visit(storage_state=entered("owner"), color_scheme="light")
    colour = (
        "() => window.Chart?.getChart(document.querySelector('canvas[data-chart]'))"
        "?.options.scales.x.ticks.color"
    )
    page.goto("/sync/runs")
    light = page.wait_for_function(colour).json_value()

    page.emulate_media(color_scheme="dark")

    page.wait_for_function(f"light => ![undefined, light].includes(({colour})())", arg=light)
