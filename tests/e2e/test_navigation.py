"""Whoever clicks again before the first page came gets what they clicked last."""

import pytest
from playwright.sync_api import expect

from app.team.permissions import Role
from tests.e2e.conftest import Entered, Visits

pytestmark = [pytest.mark.e2e, pytest.mark.xdist_group("e2e"), pytest.mark.timeout(300)]


def test_a_slow_page_never_replaces_the_one_asked_for_later(
    visit: Visits, entered: Entered
) -> None:
    page = visit(storage_state=entered(Role.OWNER))
    page.goto("/")
    page.route("**/connections", lambda _: None)  # never answered
    sidebar = page.get_by_role("navigation")
    with page.expect_request("**/connections"):
        sidebar.get_by_role("link", name="Channels").first.click()

    with page.expect_event("requestfailed", lambda request: request.url.endswith("/connections")):
        sidebar.get_by_role("link", name="Orders").first.click()

    expect(page.get_by_role("heading", name="Orders", exact=True)).to_be_visible()
    page.unroute_all(behavior="ignoreErrors")


def test_what_a_part_still_asked_for_never_lands_in_the_page_that_follows(
    visit: Visits, entered: Entered
) -> None:
    page = visit(storage_state=entered(Role.OWNER))
    page.goto("/orders?tab=hold")
    page.route("**/orders?tab=hold", lambda _: None)  # never answered
    with page.expect_request("**/orders?tab=hold"):
        page.evaluate("document.body.dispatchEvent(new Event('orders'))")

    with page.expect_event("requestfailed", lambda request: request.url.endswith("tab=hold")):
        page.get_by_role("link", name="Shipped").first.click()

    expect(page.get_by_role("link", name="Shipped").first).to_have_attribute("aria-current", "page")
    page.unroute_all(behavior="ignoreErrors")
