"""Goods on their way: each unit leaves once, comes to one end once, and nothing is posted twice."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from uuid import UUID

import pytest
from sqlalchemy import select

from app.core import db
from app.core.errors import Invalid, NotFound
from app.core.work import in_unit, unit_of_work
from app.inventory import queries, service
from app.inventory.errors import StaleTransfer
from app.inventory.models import Level, TransferLine
from app.inventory.service import Adjustment, Mode, Reason, TransferDraft
from app.inventory.transit import Arrival, TransferState
from tests.services.inventory.conftest import Warehouse


def begun(place: Warehouse, *units: tuple[str, int], outside: bool = False) -> UUID:
    """Begin a transfer from the first location to the shop, or from outside."""
    with unit_of_work(place.actor) as work:
        origin = None if outside else place.main
        transfer_id = service.start_transfer(work, TransferDraft(place.shop, origin))
        for code, quantity in units:
            service.add_units(work, transfer_id, code, quantity)
    return transfer_id


def version(place: Warehouse, transfer_id: UUID) -> int:
    with db.reading(place.actor) as session:
        return queries.transfer_detail(session, transfer_id).transfer.version


def line(place: Warehouse, transfer_id: UUID) -> TransferLine:
    with db.reading(place.actor) as session:
        return session.scalars(
            select(TransferLine).where(TransferLine.transfer_id == transfer_id)
        ).one()


def do(place: Warehouse, step: Callable[..., object], transfer_id: UUID, *more: object) -> object:
    """Take a step on the page as it stands."""
    shown = version(place, transfer_id)
    with unit_of_work(place.actor) as work:
        return step(work, transfer_id, *more, version=shown)


def test_what_is_sent_leaves_here_and_is_incoming_there(place: Warehouse) -> None:
    mug = place.mug("MUG-1", 10)
    transfer_id = begun(place, ("mug-1", 3), (" MUG-1 ", 1))

    do(place, service.send_transfer, transfer_id)

    assert place.level(mug, place.main) == (6, 0, 6)
    assert place.level(mug, place.shop) == (0, 4, 0)
    assert place.posted(f"transfer:{transfer_id}") == [
        ("send", -4, 0, None),
        ("expect", 0, 4, None),
    ]
    assert place.fits()


def test_it_is_received_in_parts_with_what_is_missing_explained(place: Warehouse) -> None:
    mug = place.mug()
    transfer_id = begun(place, ("MUG-1", 6))
    do(place, service.send_transfer, transfer_id)
    key = line(place, transfer_id).id

    first = do(place, service.receive_transfer, transfer_id, {key: Arrival(arrived=3)})
    shown = version(place, transfer_id)
    with pytest.raises(Invalid) as unexplained, unit_of_work(place.actor) as work:
        service.receive_transfer(work, transfer_id, {key: Arrival(1, 1, 1)}, version=shown)
    with unit_of_work(place.actor) as work:
        last = service.receive_transfer(
            work, transfer_id, {key: Arrival(1, 1, 1)}, version=shown, reason="The box was torn."
        )

    assert (first, last) == (TransferState.PARTLY, TransferState.RECEIVED)
    assert list(unexplained.value.fields) == ["reason"]
    assert place.level(mug, place.shop) == (4, 0, 4)
    assert place.posted(f"transfer:{transfer_id}")[2:] == [
        ("arrive", 3, -3, None),
        ("arrive", 1, -1, None),
        ("unexpect", 0, -2, "The box was torn."),
    ]
    assert place.fits()


def test_no_more_comes_than_was_on_the_way(place: Warehouse) -> None:
    mug = place.mug()
    transfer_id = begun(place, ("MUG-1", 2))
    do(place, service.send_transfer, transfer_id)
    key = line(place, transfer_id).id

    with pytest.raises(Invalid) as refusal:
        do(place, service.receive_transfer, transfer_id, {key: Arrival(2, 0, 1)})

    assert refusal.value.fields[f"units-{key}"] == "Only 2 on the way."
    assert place.level(mug, place.shop) == (0, 2, 0)


def test_what_turns_back_lies_where_it_left(place: Warehouse) -> None:
    mug = place.mug()
    untouched = begun(place, ("MUG-1", 5))
    do(place, service.send_transfer, untouched)
    begun_to_arrive = begun(place, ("MUG-1", 4))
    do(place, service.send_transfer, begun_to_arrive)
    arrived = {line(place, begun_to_arrive).id: Arrival(1)}
    do(place, service.receive_transfer, begun_to_arrive, arrived)

    ends = [do(place, service.end_transfer, each) for each in (untouched, begun_to_arrive)]

    assert ends == [TransferState.CANCELLED, TransferState.RECEIVED]
    assert place.level(mug, place.main) == (9, 0, 9)
    assert place.level(mug, place.shop) == (1, 0, 1)
    assert place.fits()


def test_a_draft_that_is_given_up_moved_nothing(place: Warehouse) -> None:
    place.mug()
    transfer_id = begun(place, ("MUG-1", 5))

    end = do(place, service.end_transfer, transfer_id)

    assert end == TransferState.CANCELLED
    assert place.posted(f"transfer:{transfer_id}") == []


def test_no_more_is_sent_than_is_available(place: Warehouse) -> None:
    mug = place.mug("MUG-1", 5)
    with unit_of_work(place.actor) as work:
        service.promise(work, {mug: 3}, reference="order:1")
    transfer_id = begun(place, ("MUG-1", 3))

    with pytest.raises(Invalid) as refusal:
        do(place, service.send_transfer, transfer_id)

    assert list(refusal.value.fields.values()) == ["Only 2 available at Main location."]
    assert place.level(mug, place.main) == (5, 0, 2)


def test_two_people_and_a_double_click_send_and_receive_once(place: Warehouse) -> None:
    mug = place.mug()
    transfer_id = begun(place, ("MUG-1", 2))

    def twice(step: Callable[..., object], *more: object) -> list[str]:
        shown = version(place, transfer_id)

        def press(_: int) -> str:
            try:
                in_unit(step)(place.actor, transfer_id, *more, version=shown)
            except StaleTransfer:
                return "refused"
            return "done"

        with ThreadPoolExecutor(4) as hands:
            return sorted(hands.map(press, range(4)))

    sent = twice(service.send_transfer)
    came = twice(service.receive_transfer, {line(place, transfer_id).id: Arrival(1)})

    assert sent == came == ["done", "refused", "refused", "refused"]
    assert place.level(mug, place.main) == (8, 0, 8)
    assert place.level(mug, place.shop) == (1, 1, 1)


def test_goods_from_outside_are_expected_and_received(place: Warehouse) -> None:
    mug = place.mug("MUG-1", 0, gtin="4006381333931")
    transfer_id = begun(place, ("4006381333931", 20), outside=True)

    do(place, service.send_transfer, transfer_id)
    waiting = place.level(mug, place.shop)
    do(place, service.receive_transfer, transfer_id, {line(place, transfer_id).id: Arrival(12)})
    end = do(place, service.end_transfer, transfer_id)

    assert waiting == (0, 20, 0)
    assert place.level(mug, place.shop) == (12, 0, 12)
    assert place.level(mug, place.main) == (0, 0, 0)
    assert end == TransferState.RECEIVED
    assert place.fits()


def test_what_nobody_counts_is_not_made_scarce_by_a_delivery(place: Warehouse) -> None:
    mug = place.mug("MUG-1", None)
    transfer_id = begun(place, ("MUG-1", 5), outside=True)

    with pytest.raises(Invalid) as refusal:
        do(place, service.send_transfer, transfer_id)

    assert "Nobody counts this at Shop" in str(refusal.value)
    with db.reading(place.actor) as session:
        assert session.scalars(select(Level).where(Level.variant_id == mug)).all() == []


@pytest.mark.parametrize("code", ["", "nothing", "x" * 200])
def test_a_code_nobody_knows_is_refused_at_its_field(place: Warehouse, code: str) -> None:
    transfer_id = begun(place)

    with pytest.raises(Invalid) as refusal, unit_of_work(place.actor) as work:
        service.add_units(work, transfer_id, code)

    assert list(refusal.value.fields) == ["code"]


def test_another_organization_does_not_find_it(place: Warehouse) -> None:
    place.mug()
    transfer_id = begun(place, ("MUG-1", 1))

    with pytest.raises(NotFound), unit_of_work(place.people.mallory.actor) as work:
        service.send_transfer(work, transfer_id, 1)


def test_a_location_with_goods_on_their_way_stays_in_use(place: Warehouse) -> None:
    place.mug()
    transfer_id = begun(place, ("MUG-1", 1))
    do(place, service.send_transfer, transfer_id)

    draft = service.LocationDraft("Shop", is_active=False)
    with pytest.raises(Invalid) as refusal, unit_of_work(place.actor) as work:
        service.change_location(work, place.shop, 1, draft)

    assert list(refusal.value.fields) == ["is_active"]


def test_a_refused_step_leaves_the_page_as_it_was(place: Warehouse) -> None:
    mug = place.mug("MUG-1", 2)
    transfer_id = begun(place, ("MUG-1", 2))
    with unit_of_work(place.actor) as work:
        service.adjust(work, mug, place.main, Adjustment(Mode.SET, 1, Reason.LOST))
    before = version(place, transfer_id)

    with pytest.raises(Invalid):
        do(place, service.send_transfer, transfer_id)

    assert version(place, transfer_id) == before
