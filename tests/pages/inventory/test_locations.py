"""Locations: listed, made, changed, ranked; one default; none with stock is switched off."""

from uuid import UUID

import pytest
from flask.testing import FlaskClient

from app.core import db
from app.core.work import unit_of_work
from app.inventory import queries, service
from app.inventory.models import Location
from app.team.permissions import Role
from tests.cast import Cast, Person, csrf, enter, person

PARTIAL = {"HX-Request": "true", "HX-Request-Type": "partial", "HX-Target": "div#places"}


def places(somebody: Person) -> list[Location]:
    with db.reading(somebody.actor) as session:
        return list(queries.locations(session))


def named(somebody: Person) -> list[str]:
    return [each.name for each in places(somebody)]


@pytest.fixture
def shop(cast: Cast, main: str) -> UUID:
    """A second location."""
    with unit_of_work(cast.alice.actor) as work:
        return service.create_location(work, service.LocationDraft("Shop"))


def fields(**given: str) -> dict[str, str]:
    return {"name": "Shop", "kind": "shop", "is_active": "y", "zone": "", **given}


def test_the_first_location_is_the_default(client: FlaskClient, cast: Cast) -> None:
    page = enter(client, cast.alice)
    empty = page.get("/inventory/locations").get_data(as_text=True)

    answer = page.post(
        "/inventory/locations/new",
        data=fields(city="Ghent", zone="Europe/Brussels", csrf_token=csrf(client)),
    )

    (place,) = places(cast.alice)
    assert "No locations yet" in empty
    assert answer.status_code == 303
    assert (place.name, place.is_default, place.zone) == ("Shop", True, "Europe/Brussels")
    assert place.address == {"city": "Ghent"}


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        ({"name": ""}, "A location needs a name."),
        ({"name": "main LOCATION"}, "Another location has this name."),
        ({"kind": "moon"}, "Not a valid choice"),
        ({"zone": "Mars/Base"}, "Not a valid choice"),
        ({"is_default": "y", "kind": "channel"}, "a channel ships from its own"),
        ({"is_default": "y", "is_active": ""}, "The default location has to be in use."),
        ({"city": "x" * 101}, "longer than 100"),
    ],
)
def test_what_a_location_cannot_be_is_said_at_the_field(
    client: FlaskClient, cast: Cast, main: str, given: dict[str, str], sentence: str
) -> None:
    page = enter(client, cast.alice)
    sent = {**fields(), **given, "csrf_token": csrf(client)}
    if not sent["is_active"]:
        del sent["is_active"]

    answer = page.post("/inventory/locations/new", data=sent)

    assert answer.status_code == 422
    assert sentence in answer.get_data(as_text=True)
    assert named(cast.alice) == ["Main location"]


def test_another_default_takes_over_and_none_is_refused(
    client: FlaskClient, cast: Cast, shop: UUID
) -> None:
    page = enter(client, cast.alice)
    url = f"/inventory/locations/{shop}"
    token = csrf(client)

    taken = page.post(url, data=fields(version="1", is_default="y", csrf_token=token))
    version = str(next(each.version for each in places(cast.alice) if each.id == shop))
    given_up = page.post(url, data=fields(version=version, csrf_token=token))

    assert taken.status_code == 303
    assert given_up.status_code == 422
    assert "Make another location the default instead." in given_up.get_data(as_text=True)
    assert [each.id for each in places(cast.alice) if each.is_default] == [shop]


def test_a_location_with_stock_is_not_switched_off(
    client: FlaskClient, cast: Cast, mug: UUID, shop: UUID
) -> None:
    with unit_of_work(cast.alice.actor) as work:
        came = service.Adjustment(service.Mode.ADD, 3, service.Reason.RECEIVED)
        service.adjust(work, mug, shop, came)
    page = enter(client, cast.alice)
    sent = fields(version="1", csrf_token=csrf(client))
    del sent["is_active"]

    refused = page.post(f"/inventory/locations/{shop}", data=sent)
    with unit_of_work(cast.alice.actor) as work:
        gone = service.Adjustment(service.Mode.SET, 0, service.Reason.LOST)
        service.adjust(work, mug, shop, gone)
    followed = page.post(f"/inventory/locations/{shop}", data=sent)

    assert refused.status_code == 422
    assert "Stock of 1 variant is kept there, 3 on hand." in refused.get_data(as_text=True)
    assert followed.status_code == 303
    assert [each.is_active for each in places(cast.alice)] == [True, False]


def test_a_location_changed_by_somebody_else_shows_both_sides(
    client: FlaskClient, cast: Cast, shop: UUID
) -> None:
    page = enter(client, cast.alice)
    url, token = f"/inventory/locations/{shop}", csrf(client)
    page.post(url, data=fields(version="1", name="Corner shop", csrf_token=token))

    answer = page.post(url, data=fields(version="1", name="High street", csrf_token=token))

    html = answer.get_data(as_text=True)
    assert answer.status_code == 409
    assert "Corner shop" in html
    assert 'value="High street"' in html
    assert 'name="version" type="hidden" value="2"' in html
    assert named(cast.alice) == ["Main location", "Corner shop"]


def test_a_location_serves_earlier_or_later(
    client: FlaskClient, cast: Cast, shop: UUID, main: str
) -> None:
    page = enter(client, cast.alice)
    url, token = f"/inventory/locations/{shop}/move", csrf(client)

    up = page.post(url, data={"way": "up", "csrf_token": token}, headers=PARTIAL)
    first = named(cast.alice)
    plain = page.post(url, data={"way": "down", "csrf_token": token})

    assert up.status_code == 200
    assert "<h1" not in up.get_data(as_text=True)
    assert first == ["Shop", "Main location"]
    assert plain.status_code == 303
    assert named(cast.alice) == ["Main location", "Shop"]


@pytest.mark.parametrize("role", list(Role))
def test_managers_and_up_change_locations(
    client: FlaskClient, cast: Cast, shop: UUID, role: Role
) -> None:
    page = enter(client, person("Sam", role, organization_id=cast.alice.organization_id))
    token = csrf(client)

    statuses = {
        page.post("/inventory/locations/new", data=fields(name="Third", csrf_token=token))
        .status_code,
        page.post(f"/inventory/locations/{shop}", data=fields(version="1", csrf_token=token))
        .status_code,
        page.post(f"/inventory/locations/{shop}/move", data={"csrf_token": token}).status_code,
    }  # fmt: skip

    may = role in (Role.OWNER, Role.ADMIN, Role.MANAGER)
    assert statuses == ({303} if may else {403})
    assert named(cast.alice) == ["Main location", *(["Third"] if may else []), "Shop"]


def test_another_organization_changes_no_location(
    client: FlaskClient, cast: Cast, shop: UUID
) -> None:
    page = enter(client, cast.mallory)
    token = csrf(client)

    statuses = {
        page.post(f"/inventory/locations/{shop}", data=fields(version="1", csrf_token=token))
        .status_code,
        page.post(f"/inventory/locations/{shop}/move", data={"csrf_token": token}).status_code,
    }  # fmt: skip

    assert statuses == {404}
    assert named(cast.alice) == ["Main location", "Shop"]
