"""Pages of kits: what is in one set, said by those who may; what is refused; who sees nothing."""

from uuid import UUID

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select

from app.catalog.models import Variant
from app.core import db
from app.core.actor import Actor
from app.core.work import unit_of_work
from app.inventory import queries, service
from app.inventory.models import Level
from tests.cast import Cast, csrf, enter
from tests.factories.catalog import product, values_of


@pytest.fixture
def box(cast: Cast) -> UUID:
    """A variant that is to become a kit."""
    key = product(cast.alice.actor, {"sku": "BOX"}, title="Gift box")
    return next(iter(values_of(cast.alice.actor, key).variants))


def given(actor: Actor, kit: UUID) -> int | None:
    with db.reading(actor) as session:
        return service.kit_quantities(session, [kit]).get(kit)


def test_a_kit_is_put_together_counted_and_taken_apart(
    client: FlaskClient, cast: Cast, mug: UUID, box: UUID
) -> None:
    page = enter(client, cast.bob)
    url = f"/inventory/{box}/kit"
    assert "Blue mug" in page.get(f"{url}?q=mug-1").get_data(as_text=True)

    sent = {"action": "add", "component": str(mug), "csrf_token": csrf(client)}
    assert page.post(url, data=sent).status_code == 303
    assert given(cast.alice.actor, box) == 5
    sent = {"action": "save", f"quantity-{mug}": "2", "csrf_token": csrf(client)}
    assert page.post(url, data=sent).status_code == 303

    assert "There is enough for 2 sets." in page.get(f"/inventory/{box}").get_data(as_text=True)
    assert "Gift box" in page.get(f"/inventory/{mug}").get_data(as_text=True)
    assert ">Kit<" in page.get("/inventory?q=BOX").get_data(as_text=True)
    sent = {"action": "remove", "component": str(mug), "csrf_token": csrf(client)}
    page.post(url, data=sent)
    assert given(cast.alice.actor, box) is None


@pytest.mark.parametrize(
    ("fields", "sentence"),
    [
        ({"action": "add", "component": "nothing"}, "Choose a product of yours."),
        ({"action": "add"}, "Choose a product of yours."),
        ({"action": "save"}, "Choose what is in the kit first."),
        ({"action": "save", "quantity-{mug}": "0"}, "Enter a whole number from 1 to 10,000."),
        ({"action": "save", "quantity-{mug}": "many"}, "Enter a whole number from 1 to 10,000."),
        ({"action": "save", "quantity-{mug}": "10001"}, "Enter a whole number from 1 to 10,000."),
        ({"action": "add", "component": "{box}"}, "A kit cannot hold itself."),
    ],
)
def test_what_cannot_be_in_a_kit_is_said_at_the_field_and_changes_nothing(
    client: FlaskClient, cast: Cast, mug: UUID, box: UUID, fields: dict[str, str], sentence: str
) -> None:
    with unit_of_work(cast.alice.actor) as work:
        service.set_components(work, box, {mug: 1})
    page = enter(client, cast.bob)
    sent = {key.format(mug=mug): value.format(box=box) for key, value in fields.items()} | {
        "csrf_token": csrf(client)
    }

    answer = page.post(f"/inventory/{box}/kit", data=sent)

    assert answer.status_code == 422
    assert sentence in answer.get_data(as_text=True)
    assert given(cast.alice.actor, box) == 5


def test_only_who_may_adjust_stock_says_what_is_in_a_kit(
    client: FlaskClient, cast: Cast, box: UUID
) -> None:
    page = enter(client, cast.carol)

    assert page.get(f"/inventory/{box}/kit").status_code == 403
    sent = {"action": "save", "csrf_token": csrf(client)}
    assert page.post(f"/inventory/{box}/kit", data=sent).status_code == 403


def test_a_kit_and_a_component_of_another_organization_are_not_there(
    client: FlaskClient, cast: Cast, mug: UUID, box: UUID
) -> None:
    theirs = next(iter(values_of(cast.mallory.actor, product(cast.mallory.actor)).variants))
    page = enter(client, cast.mallory)
    for kit, component, status in ((box, theirs, 404), (theirs, mug, 422)):
        sent = {"action": "add", "component": str(component), "csrf_token": csrf(client)}
        assert page.post(f"/inventory/{kit}/kit", data=sent).status_code == status

    assert page.get(f"/inventory/{box}/kit").status_code == 404
    assert given(cast.alice.actor, box) is None
    assert given(cast.mallory.actor, theirs) is None


def test_the_product_page_shows_the_stock_of_a_kit_and_lets_nobody_type_it(
    client: FlaskClient, cast: Cast, mug: UUID, box: UUID
) -> None:
    with unit_of_work(cast.alice.actor) as work:
        service.set_components(work, box, {mug: 1})
    page = enter(client, cast.bob)
    with db.reading(cast.alice.actor) as session:
        owner = session.scalars(select(Variant.product_id).where(Variant.id == box)).one()

    html = page.get(f"/products/{owner}").get_data(as_text=True)
    detail = page.get(f"/inventory/{box}").get_data(as_text=True)

    assert "5 · <a" in html
    assert f'name="variant.{box}.sku"' in html
    assert f'name="variant.{box}.quantity"' not in html
    assert 'id="adjust"' not in detail


def test_how_far_a_variant_sells_beyond_its_stock_is_kept_and_bounded(
    client: FlaskClient, cast: Cast, mug: UUID, main: str
) -> None:
    page = enter(client, cast.bob)
    url, token = f"/inventory/{mug}/beyond", csrf(client)
    chosen = {
        "backorders": "notify", "limit": "4", "available_on": "2027-03-01", "below_zero": main,
        "csrf_token": token,
    }  # fmt: skip

    assert page.post(url, data=chosen).status_code == 303
    take = {"location": main, "mode": "take", "quantity": "7", "reason": "correction"}
    assert page.post(f"/inventory/{mug}", data={**take, "csrf_token": token}).status_code == 303

    html = page.get(f"/inventory/{mug}").get_data(as_text=True)
    assert 'value="2027-03-01"' in html
    for wrong, sentence in (
        ({"limit": "-1"}, "Enter a whole number from 0 to 1,000,000."),
        ({"backorders": "always"}, "Not a valid choice"),
        ({"below_zero": ""}, "not a valid choice"),
        ({"below_zero": []}, "Stock is below zero there. Adjust it to 0 first."),
        ({"available_on": "soon"}, "Not a valid date"),
    ):
        answer = page.post(url, data={**chosen, **wrong})
        assert answer.status_code == 422
        assert sentence in answer.get_data(as_text=True)
    with db.reading(cast.alice.actor) as session:
        assert queries.selling(session, mug).choices["limit"] == 4
        level = session.scalars(select(Level).where(Level.variant_id == mug)).one()
        assert (level.on_hand, level.allows_negative) == (-2, True)
        assert service.Keeper().quantities(session, [mug]) == {mug: -2}
