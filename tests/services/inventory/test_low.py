"""Stock that runs low or out is told once, at once or each morning; misfits are told to owners."""

from datetime import timedelta
from uuid import UUID

import pytest
from click.testing import CliRunner
from flask import Flask
from sqlalchemy import select, update

from app.core import clock, db
from app.core.work import unit_of_work
from app.inventory import service, telling
from app.inventory.ledger import Posting, PostingKind
from app.inventory.models import Level
from app.inventory.service import Adjustment, Mode, Reason, Reorder
from app.notices import service as notices
from app.notices.models import Mail, Notice
from app.team.permissions import Role
from tests.cast import Cast, Person, cast, person
from tests.factories.catalog import product, values_of
from workers import jobs, relay
from workers.commands import doctor


@pytest.fixture
def people(app: Flask, clean: None) -> Cast:
    """Alice of Acme and the others, fresh."""
    return cast()


def variant(people: Cast, sku: str, quantity: int, *, point: int | None = 3) -> UUID:
    """Commit a variant with stock and a reorder point."""
    key = product(people.alice.actor, {"sku": sku, "quantity": quantity}, title=f"Mug {sku}")
    variant_id = next(iter(values_of(people.alice.actor, key).variants))
    if point is not None:
        with unit_of_work(people.alice.actor) as work:
            level = work.session.scalars(select(Level).where(Level.variant_id == variant_id)).one()
            service.set_reorder(work, variant_id, {level.location_id: Reorder(point, 24)})
    return variant_id


def set_to(people: Cast, variant_id: UUID, quantity: int) -> None:
    with unit_of_work(people.alice.actor) as work:
        wish = Adjustment(Mode.SET, quantity, Reason.CORRECTION)
        service.adjust(work, variant_id, service.default_location(work), wish)


def heard(people: Cast, kind: str = "low_stock") -> list[str]:
    """Tell what waits; returns the titles of notices of a kind."""
    relay.deliver_here(people.alice.actor)
    with db.reading(people.alice.actor) as session:
        rows = select(Notice.title).where(Notice.kind == kind).order_by(Notice.id)
        return list(session.scalars(rows))


def mails(people: Cast, somebody: Person) -> list[Mail]:
    """Return the mails to a person, the oldest first."""
    with db.reading(people.alice.actor) as session:
        mine = select(Mail).where(Mail.recipient == somebody.email).order_by(Mail.id)
        return list(session.scalars(mine))


def receive(people: Cast, variant_id: UUID, quantity: int) -> None:
    with unit_of_work(people.alice.actor) as work:
        wish = Adjustment(Mode.ADD, quantity, Reason.RECEIVED)
        service.adjust(work, variant_id, service.default_location(work), wish)


def test_it_is_told_when_it_comes_down_and_not_while_it_stays(people: Cast) -> None:
    mug = variant(people, "A", 5)

    set_to(people, mug, 4)
    above = heard(people)
    set_to(people, mug, 3)
    at = heard(people)
    set_to(people, mug, 1)
    below = heard(people)

    assert (above, at, below) == ([], ["Mug A runs low: 3 available"], at)


def test_after_it_rose_it_is_told_again(people: Cast) -> None:
    mug = variant(people, "A", 5)
    for quantity in (2, 9, 1):
        set_to(people, mug, quantity)
        found = heard(people)

    assert found == ["Mug A runs low: 2 available", "Mug A runs low: 1 available"]


def test_a_fact_told_twice_is_one_notice(people: Cast) -> None:
    mug = variant(people, "A", 5)
    set_to(people, mug, 2)
    fact = {"fields": ["quantity"], "variant_ids": [str(mug)]}

    telling.stock_moved(people.alice.actor, [fact, fact])
    telling.stock_moved(people.alice.actor, [fact])

    assert heard(people) == ["Mug A runs low: 2 available"]


def test_what_is_low_already_when_the_point_is_set_is_known_to_who_sets_it(people: Cast) -> None:
    mug = variant(people, "A", 2)
    set_to(people, mug, 1)

    assert heard(people) == []


def test_an_order_that_takes_the_last_ones_is_such_a_movement(people: Cast) -> None:
    mug = variant(people, "A", 5)
    with unit_of_work(people.alice.actor) as work:
        service.promise(work, {mug: 4}, reference="order:1")

    telling.stock_moved(people.alice.actor, [{"fields": ["quantity"], "variant_ids": [str(mug)]}])

    assert heard(people) == ["Mug A runs low: 1 available"]


def test_many_at_once_are_one_notice(people: Cast) -> None:
    mugs = [variant(people, f"M{number}", 5) for number in range(6)]
    with unit_of_work(people.alice.actor) as work:
        service.set_quantities(work, dict.fromkeys(mugs, 1))

    assert heard(people) == ["6 stock levels run low"]


def test_without_a_reorder_point_nothing_is_told(people: Cast) -> None:
    set_to(people, variant(people, "A", 5, point=None), 0)

    assert heard(people) == []


def test_levels_that_do_not_fit_are_told_to_owners_and_by_the_doctor(people: Cast) -> None:
    mug = variant(people, "A", 5)
    person("Max", Role.MANAGER, organization_id=people.alice.organization_id)
    fits = CliRunner().invoke(doctor).output
    with unit_of_work(people.alice.actor) as work:
        work.session.execute(update(Level).where(Level.variant_id == mug).values(on_hand=7))

    jobs.check_levels(None, None)
    told = CliRunner().invoke(doctor)

    with db.reading(people.alice.actor) as session:
        rows = session.execute(select(Notice.title, Notice.user_id).where(Notice.kind == "stock"))
        found = [tuple(row) for row in rows]
    assert found == [("Stock does not fit its movements", people.alice.user_id)]
    assert "Stock: levels do not fit." in told.output
    assert f"a level of variant {mug} holds 7, and its movements add up to 5." in told.output
    assert told.exit_code == 1
    assert str(mug) not in fits
    with unit_of_work(people.alice.actor) as work:
        work.session.execute(update(Level).where(Level.variant_id == mug).values(on_hand=5))


def test_levels_that_fit_are_no_news(people: Cast) -> None:
    mug = variant(people, "A", 5)
    with unit_of_work(people.alice.actor) as work:
        level = work.session.scalars(select(Level).where(Level.variant_id == mug)).one()
        service.post(work, {level.id: [Posting(PostingKind.RESERVE, 1)]})

    assert telling.check_levels(people.alice.actor, [people.alice.user_id]) == 0


def test_out_of_stock_is_an_alert_of_its_own(people: Cast) -> None:
    mug = variant(people, "A", 5, point=3)
    bowl = variant(people, "B", 5, point=None)
    for each in (mug, bowl):
        set_to(people, each, 0)

    assert heard(people, "out_of_stock") == ["Mug A is out of stock", "Mug B is out of stock"]
    assert heard(people) == []
    set_to(people, mug, 1)
    set_to(people, mug, 0)
    assert heard(people, "out_of_stock").count("Mug A is out of stock") == 1
    receive(people, mug, 2)
    heard(people)
    set_to(people, mug, 0)
    assert heard(people, "out_of_stock").count("Mug A is out of stock") == 2


def test_what_never_was_there_and_what_lies_elsewhere_is_not_out(people: Cast) -> None:
    variant(people, "NEW", 0, point=None)
    mug = variant(people, "A", 5, point=None)
    with unit_of_work(people.alice.actor) as work:
        shop = service.create_location(work, service.LocationDraft("Shop"))
        service.adjust(work, mug, shop, Adjustment(Mode.SET, 2, Reason.FOUND))
        delivery = service.start_transfer(work, service.TransferDraft(shop))
        service.add_units(work, delivery, "NEW", 9)
        service.send_transfer(work, delivery)
    set_to(people, mug, 0)

    assert heard(people, "out_of_stock") == []


def test_the_mail_says_all_a_buyer_needs(people: Cast) -> None:
    mug = variant(people, "A", 5)
    set_to(people, mug, 2)

    for _ in range(2):
        heard(people)

    (mail,) = mails(people, people.bob)
    assert mail.subject == "Mug A runs low: 2 available"
    assert "A · Mug A, at Main location: 2 left, reorder point 3, usual order 24." in mail.text
    assert f"/inventory/{mug}" in mail.text


def morning(people: Cast, *, days: int = 0, hour: int = 8) -> int:
    """Send the daily mails at an hour of a day to come."""
    today = clock.now().replace(hour=0, minute=0, second=0, microsecond=0)
    ahead = today + timedelta(days=days, hours=hour) - clock.now()
    with clock.travelling(ahead):
        return telling.mail_digests(people.alice.actor, public_url="https://sync.example")


def test_who_wants_it_once_a_day_gets_one_mail_in_the_morning(people: Cast) -> None:
    with unit_of_work(people.bob.actor) as work:
        both = ["low_stock", "out_of_stock"]
        notices.set_mailed_kinds(work, both, daily=both)
    with unit_of_work(people.carol.actor) as work:
        notices.set_mailed_kinds(work, [])
    mug, bowl, jar = (variant(people, sku, 5) for sku in ("A", "B", "C"))
    set_to(people, mug, 2)
    set_to(people, bowl, 0)
    set_to(people, jar, 1)
    heard(people)
    set_to(people, jar, 9)
    heard(people)

    sent = [morning(people, days=1, hour=at) for at in (7, 9, 11)]
    set_to(people, mug, 1)
    heard(people)
    later = morning(people, days=2)

    assert (sent, later) == ([0, 1, 0], 0)
    (mail,) = mails(people, people.bob)
    assert mail.subject == "1 variant is out of stock, 1 stock level runs low"
    assert "B · Mug B, at Main location: 0 left" in mail.text
    assert "A · Mug A, at Main location: 2 left, reorder point 3" in mail.text
    assert "Mug C" not in mail.text
    assert len(mails(people, people.alice)) == 3
    assert mails(people, people.carol) == []
