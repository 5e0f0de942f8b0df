"""Each of the five roles signs in and is offered what it may do, and nothing else."""

from itertools import groupby
from operator import itemgetter
from typing import Final, Literal

import pytest
from playwright.sync_api import expect

from app.team.permissions import Role, permissions_of
from tests.e2e.conftest import Entered, Shop, Visits, sign_in

pytestmark = [pytest.mark.e2e, pytest.mark.xdist_group("e2e"), pytest.mark.timeout(300)]

# Page, what it offers (role of the element, its words), and the permission docs/roles.md asks for.
OFFERS: Final[tuple[tuple[str, Literal["link", "button"], str, str], ...]] = (
    ("/", "link", "Import products", "catalog.import"),
    ("/", "link", "Add product", "catalog.write"),
    ("/connections", "link", "Connect store", "connections.manage"),
    ("/connections/{connection}", "button", "Sync now", "sync.run"),
    ("/connections/{connection}", "link", "Webhooks", "webhooks.read"),
    ("/connections/{connection}", "link", "Settings", "connections.manage"),
    ("/products/{product}", "button", "More actions", "catalog.write"),
    ("/orders", "link", "Export", "orders.export"),
    ("/sync/conflicts", "button", "Keep yours", "sync.resolve"),
    ("/sync/errors", "button", "again", "sync.run"),
    ("/settings/team", "button", "Send invitation", "team.manage"),
    ("/settings/team", "link", "Audit log", "audit.read"),
)
# Addresses somebody may type: they answer, or refuse with a page that says so.
DOORS = (
    ("/products/new", "catalog.write"),
    ("/products/imports", "catalog.import"),
    ("/orders/export", "orders.export"),
    ("/orders/pick-list", "orders.write"),
    ("/connections/new", "connections.manage"),
    ("/connections/{connection}/webhooks", "webhooks.read"),
    ("/settings/audit", "audit.read"),
)


@pytest.mark.parametrize("role", list(Role))
def test_a_role_is_offered_what_it_may_do(visit: Visits, acme: Shop, role: Role) -> None:
    held = permissions_of(role)
    page = visit()

    sign_in(page, acme.people[role], acme.password)

    for address, offers in groupby(OFFERS, key=itemgetter(0)):
        page.goto(_of(acme, address))
        for _, kind, words, permission in offers:
            offered = page.locator("main").get_by_role(kind, name=words)
            if permission in held:
                expect(offered.first).to_be_visible()
            else:
                expect(offered).to_have_count(0)


@pytest.mark.parametrize("role", [Role.EDITOR, Role.VIEWER])
def test_a_typed_address_opens_nothing_a_role_may_not_see(
    visit: Visits, acme: Shop, entered: Entered, role: Role
) -> None:
    held = permissions_of(role)
    visit.refusals.add(403)
    page = visit(storage_state=entered(role))

    for address, permission in DOORS:
        answer = page.goto(_of(acme, address))

        assert answer is not None
        assert answer.status == (200 if permission in held else 403), address


def _of(acme: Shop, address: str) -> str:
    return address.format(connection=acme.connection_id, product=acme.product_id)
