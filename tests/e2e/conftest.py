"""One running app and one browser for all journeys; a browser context and a shop for each."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, Request, expect

from app.core.embedded import Urls
from app.core.ports import LOOPBACK
from tests.conftest import own_database
from tests.e2e.stack import Stack, Twin, running_app, running_twin

# The journeys run on one worker; test workers take the first of Redis' sixteen databases.
REDIS_DATABASE = 15
PATIENCE = 90_000  # a busy machine is slow, and no test is about speed
expect.set_options(timeout=PATIENCE)


@pytest.fixture(scope="session")
def stack(servers: Urls, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """Web, workers and scheduler as `make run` starts them."""
    database_url, owner_url = own_database(servers, "journeys")
    urls = {
        "DATABASE_URL": database_url,
        "DATABASE_OWNER_URL": owner_url,
        "REDIS_URL": f"{servers.redis_url.rsplit('/', 1)[0]}/{REDIS_DATABASE}",
    }
    with running_app(tmp_path_factory.mktemp("journeys"), urls) as stack:
        yield stack


@dataclass(frozen=True)
class Shop:
    """What `tests.e2e.seed` made: who may sign in, and every page there is with an address."""

    people: dict[str, str]
    password: str
    pages: dict[str, str]
    product_id: str
    connection_id: str
    unvisited: list[str]


@pytest.fixture(scope="session")
def acme(stack: Stack, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shop]:
    """A shop with content, connected to a store, and a person in each role."""
    with running_twin(tmp_path_factory.mktemp("store"), "Acme web shop") as twin:
        yield Shop(**stack.told("tests.e2e.seed", TWIN_LARGE_URL=twin.address))


@pytest.fixture
def twin(tmp_path: Path) -> Iterator[Twin]:
    """An empty store of one journey."""
    with running_twin(tmp_path, "Acme outlet") as twin:
        yield twin


Entered = Callable[[str], Any]


class Visits:
    """Opens browser contexts and writes down what no page may do."""

    def __init__(self, browser: Browser, address: str) -> None:
        self._browser = browser
        self._address = address
        self._contexts: list[BrowserContext] = []
        self.complaints: list[str] = []
        self.refusals = {422}  # answers of these kinds are asked for
        self.hosts = {LOOPBACK}  # whom a page may ask

    def __call__(self, **options: Any) -> Page:
        """Open a page in a context of its own."""
        options = {"viewport": {"width": 1440, "height": 1000}, **options}
        context = self._browser.new_context(base_url=self._address, **options)
        context.set_default_timeout(PATIENCE)
        context.on("console", self._hear)
        context.on("weberror", lambda error: self.complaints.append(f"error: {error.error}"))
        context.on("request", self._see)
        self._contexts.append(context)
        return context.new_page()

    def _hear(self, message: ConsoleMessage) -> None:
        # The browser counts a refused form as a resource that failed to load.
        refused = [each for each in self.refusals if f"status of {each}" in message.text]
        if message.type == "error" and not refused:
            self.complaints.append(f"console: {message.text} ({message.location.get('url')})")

    def _see(self, request: Request) -> None:
        parts = urlsplit(request.url)
        if parts.scheme not in ("data", "blob") and parts.hostname not in self.hosts:
            self.complaints.append(f"request: {request.url}")

    def close(self) -> None:
        """Close every context."""
        for context in self._contexts:
            context.close()


@pytest.fixture
def visit(browser: Browser, stack: Stack) -> Iterator[Visits]:
    """Open pages; at the end nothing may have been complained of."""
    visits = Visits(browser, stack.address)
    yield visits
    visits.close()
    assert visits.complaints == []


def sign_in(page: Page, email: str, password: str) -> None:
    """Sign in by the form, as a person does."""
    page.goto("/signin")
    page.get_by_label("E-mail").fill(email)
    page.get_by_label("Password").fill(password)
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("heading", name="Home")).to_be_visible()


@pytest.fixture(scope="session")
def entered(browser: Browser, stack: Stack, acme: Shop) -> Entered:
    """Return the cookies of somebody in a role, who signs in once for all journeys."""
    kept: dict[str, Any] = {}

    def enter(role: str) -> Any:
        if role not in kept:
            context = browser.new_context(base_url=stack.address)
            sign_in(context.new_page(), acme.people[role], acme.password)
            kept[role] = context.storage_state()
            context.close()
        return kept[role]

    return enter
