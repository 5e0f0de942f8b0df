"""What to order again: what is low, what is coming, how much; drafted whole or not at all."""

from uuid import UUID

import pytest
from sqlalchemy import func, select

from app.core import db
from app.core.db import new_id
from app.core.errors import Invalid
from app.core.paging import KeysetPage
from app.core.work import unit_of_work
from app.inventory import ledger, queries, service
from app.inventory.ledger import PostingKind
from app.inventory.models import Transfer, TransferLine
from app.inventory.queries import LowRow
from app.inventory.service import Reorder, TransferDraft
from tests.services.inventory.conftest import Warehouse


def low(place: Warehouse, where: UUID, ahead: int = 28) -> dict[str | None, LowRow]:
    with db.reading(place.actor) as session:
        page = queries.low_page(session, where, total=0, ahead=ahead)
    return {row.sku: row for row in page.rows}


def counts(place: Warehouse) -> dict[UUID, int]:
    with db.reading(place.actor) as session:
        return dict(queries.low_by_location(session))


def mug(
    place: Warehouse, sku: str, quantity: int, point: int | None, usual: int | None = None
) -> UUID:
    """Put a mug on the shelf of the first location, to be ordered again at a point."""
    key = place.mug(sku, quantity)
    with unit_of_work(place.actor) as work:
        service.set_reorder(work, key, {place.main: Reorder(point, usual)})
    return key


def sell(place: Warehouse, key: UUID, units: int) -> None:
    with unit_of_work(place.actor) as work:
        service.promise(work, {key: units}, reference="order:1")
        level = service.locked_levels(work, [key])[0]
        service.post(work, {level.id: [ledger.Posting(PostingKind.SHIP, units)]})


def draft(place: Warehouse, units: dict[UUID, int], where: UUID | None = None) -> UUID:
    with unit_of_work(place.actor) as work:
        return service.start_delivery(work, TransferDraft(where or place.main), units)


def test_what_came_down_to_its_point_is_listed_the_emptiest_first(place: Warehouse) -> None:
    mug(place, "ABOVE", 9, 8)
    mug(place, "AT", 8, 8)
    mug(place, "BELOW", 3, 8, usual=4)
    mug(place, "WITHOUT", 0, None)
    sold = mug(place, "SOLD", 30, 5)
    sell(place, sold, 28)

    found = low(place, place.main, ahead=14)

    assert list(found) == ["SOLD", "BELOW", "AT"]
    assert [each.quantity for each in found.values()] == [3 + 14, 8, 1]
    assert found["SOLD"].days_left == 2
    assert counts(place) == {place.main: 3}
    assert low(place, place.shop) == {}


def test_what_is_on_its_way_or_in_a_draft_is_not_ordered_again(place: Warehouse) -> None:
    key = mug(place, "MUG-1", 2, 5)
    first = draft(place, {key: 1})
    drafted = low(place, place.main)["MUG-1"]
    with unit_of_work(place.actor) as work:
        service.send_transfer(work, first)
    draft(place, {key: 6})

    found = low(place, place.main)["MUG-1"]

    assert (drafted.quantity, drafted.shelf.incoming) == (3, 1)
    assert (found.quantity, found.shelf.incoming) == (0, 7)
    assert [(each.name, each.is_draft, each.units) for each in found.coming] == [
        ("Delivery 1", False, 1),
        ("Delivery 2", True, 6),
    ]


def test_pages_walk_every_low_level_once_and_back(place: Warehouse) -> None:
    for at in range(7):
        mug(place, f"MUG-{at}", at // 2, 5)
    with db.reading(place.actor) as session:

        def read(**cursor: str | None) -> KeysetPage[LowRow]:
            return queries.low_page(session, place.main, total=7, ahead=28, size=3, **cursor)

        pages = [read()]
        while pages[-1].after:
            pages.append(read(after=pages[-1].after))
        back = read(before=pages[-1].before)

    rows = [row for page in pages for row in page.rows]
    assert [each.shelf.available for each in rows] == [0, 0, 1, 1, 2, 2, 3]
    assert len({each.variant_id for each in rows}) == 7
    assert [each.first for each in pages] == [1, 4, 7]
    assert back.rows == pages[1].rows


def test_a_draft_holds_what_was_ticked_and_moves_nothing(place: Warehouse) -> None:
    key, other = mug(place, "MUG-1", 2, 5), mug(place, "MUG-2", 0, 1)

    transfer_id = draft(place, {key: 12, other: 1})

    with db.reading(place.actor) as session:
        found = queries.transfer_detail(session, transfer_id)
    assert (found.transfer.origin_id, found.transfer.state) == (None, "draft")
    assert {line.line.variant_id: line.line.quantity for line in found.lines} == {key: 12, other: 1}
    assert place.level(key, place.main) == (2, 0, 2)


def test_what_cannot_be_delivered_is_refused_and_nothing_is_drafted(place: Warehouse) -> None:
    key, uncounted = mug(place, "MUG-1", 2, 5), place.mug("MUG-2", None)
    kit, strange = place.mug("SET", 0), new_id()
    with unit_of_work(place.actor) as work:
        service.set_components(work, kit, {key: 2})
    told = "Nobody counts this there any more."

    for units, sentences in [
        ({}, ["Tick what you order."]),
        ({key: 0}, ["Enter a whole number from 1 to 1,000,000."]),
        ({key: 1, uncounted: 1}, [told]),
        ({key: 1, strange: 1}, [told]),
        ({kit: 1}, [told]),
    ]:
        with pytest.raises(Invalid) as refusal:
            draft(place, units)
        assert (list(refusal.value.fields.values()) or [refusal.value.sentence]) == sentences
    with pytest.raises(Invalid):
        draft(place, {key: 1}, where=new_id())

    with db.reading(place.actor) as session:
        for table in (Transfer, TransferLine):
            assert session.scalar(select(func.count()).select_from(table)) == 0
