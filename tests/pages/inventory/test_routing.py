"""The page of order routing: the rule, and what would come of an order."""

from uuid import UUID

from flask.testing import FlaskClient

from app.core import db
from app.core.work import unit_of_work
from app.inventory import queries, service
from app.inventory.routing import Routing
from tests.cast import Cast, Person, csrf, enter

ADDRESS = "/inventory/routing"


def rule(somebody: Person) -> Routing:
    with db.reading(somebody.actor) as session:
        return queries.current_routing(session)


def test_a_rule_is_chosen_by_who_keeps_locations(client: FlaskClient, cast: Cast) -> None:
    page = enter(client, cast.alice)
    before = rule(cast.alice)

    answer = page.post(ADDRESS, data={"rule": "nearest", "csrf_token": csrf(client)})
    wrong = page.post(ADDRESS, data={"rule": "cheapest", "csrf_token": csrf(client)})

    assert before is Routing.FEWEST
    assert answer.status_code == 303
    assert wrong.status_code == 422
    assert rule(cast.alice) is Routing.NEAREST
    assert rule(cast.mallory) is Routing.FEWEST


def test_who_may_only_look_sees_the_rule_and_cannot_change_it(
    client: FlaskClient, cast: Cast
) -> None:
    page = enter(client, cast.carol)

    shown = page.get(ADDRESS).get_data(as_text=True)
    refused = page.post(ADDRESS, data={"rule": "rank", "csrf_token": csrf(client)})

    assert "Save rule" not in shown
    assert refused.status_code == 403
    assert rule(cast.alice) is Routing.FEWEST


def test_what_would_come_of_an_order_is_shown(
    client: FlaskClient, cast: Cast, mug: UUID, main: str
) -> None:
    with unit_of_work(cast.alice.actor) as work:
        service.create_location(work, service.LocationDraft("Shop"))
    page = enter(client, cast.alice)

    shown = page.get(f"{ADDRESS}?items=mug-0%0AMUG-1+7&country=Germany")
    good = page.get(f"{ADDRESS}?items=MUG-1,+7&country=Germany").get_data(as_text=True)
    nowhere = page.get(f"{ADDRESS}?items=MUG-1&country=Atlantis")

    assert shown.status_code == 422
    assert "You have no variant with the SKU mug-0." in shown.get_data(as_text=True)
    assert "5 × MUG-1" in good
    assert "2 × MUG-1" in good
    assert nowhere.status_code == 422


def test_another_organization_finds_nothing_of_ours(
    client: FlaskClient, cast: Cast, mug: UUID
) -> None:
    shown = enter(client, cast.mallory).get(f"{ADDRESS}?items=MUG-1")

    assert "You have no variant with the SKU MUG-1." in shown.get_data(as_text=True)
