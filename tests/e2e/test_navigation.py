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
