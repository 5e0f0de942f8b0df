"""Counts: what is sold meanwhile is no difference, and a difference is posted once."""

from uuid import UUID

import pytest
from sqlalchemy import select

from app.catalog import service as catalog
from app.catalog.models import Variant
from app.core import db
from app.core.errors import Invalid, NotFound
from app.core.work import unit_of_work
from app.inventory import queries, service
from app.inventory.counting import CountState
from app.inventory.errors import StaleCount
from app.inventory.models import StockCountLine
from app.inventory.service import Adjustment, CountDraft, Mode, Reason, Scope
from tests.services.inventory.conftest import Warehouse


def begun(place: Warehouse, scope: Scope = Scope.ALL, value: str = "") -> UUID:
    with unit_of_work(place.actor) as work:
        return service.start_count(work, CountDraft(place.main, scope, value))


def enter(place: Warehouse, count_id: UUID, code: str, quantity: int = 1) -> None:
    with unit_of_work(place.people.bob.actor) as work:
        service.enter_code(work, count_id, code, quantity)


def state(place: Warehouse, count_id: UUID) -> queries.CountDetail:
    with db.reading(place.actor) as session:
        return queries.count_detail(session, count_id)


def lines(place: Warehouse, count_id: UUID) -> dict[str, StockCountLine]:
    with db.reading(place.actor) as session:
        rows = session.execute(
            select(Variant.sku, StockCountLine)
            .join(Variant, Variant.id == StockCountLine.variant_id)
            .where(StockCountLine.count_id == count_id)
            .order_by(StockCountLine.id)
        )
        return {str(sku): line for sku, line in rows}


def finish(place: Warehouse, count_id: UUID, *, rest_is_none: bool = False) -> None:
    shown = state(place, count_id).count.version
    with unit_of_work(place.people.bob.actor) as work:
        service.finish_count(work, count_id, shown, rest_is_none=rest_is_none)


def approve(place: Warehouse, count_id: UUID, *skus: str) -> int:
    found = lines(place, count_id)
    ids = [found[sku].id for sku in skus or found]
    shown = state(place, count_id).count.version
    with unit_of_work(place.actor) as work:
        return service.approve_lines(work, count_id, ids, shown)


def sell(place: Warehouse, variant_id: UUID, quantity: int) -> None:
    with unit_of_work(place.actor) as work:
        made = service.promise(work, {variant_id: quantity}, reference="order:1")
        service.ship(work, made.parts[variant_id], reference="order:1")


def test_what_was_not_there_is_posted_with_the_count_as_its_cause(place: Warehouse) -> None:
    mug, cup = place.mug("MUG", 10), place.mug("CUP", 4)
    count_id = begun(place)
    enter(place, count_id, "MUG", 7)
    enter(place, count_id, "cup", 4)
    finish(place, count_id)

    moved = approve(place, count_id)

    assert moved == 1
    assert place.level(mug, place.main)[0] == 7
    assert place.level(cup, place.main)[0] == 4
    assert place.posted(f"count:{count_id}") == [("count", -3, 0, None)]
    assert state(place, count_id).count.state == CountState.CLOSED
    assert place.fits()


def test_what_is_sold_between_counting_and_approving_is_no_difference(place: Warehouse) -> None:
    mug, cup = place.mug("MUG", 10), place.mug("CUP", 5)
    count_id = begun(place)
    enter(place, count_id, "MUG", 9)
    enter(place, count_id, "CUP", 5)
    sell(place, mug, 4)
    sell(place, cup, 2)
    finish(place, count_id)

    approve(place, count_id)

    assert place.level(mug, place.main)[0] == 5
    assert place.level(cup, place.main)[0] == 3
    assert place.posted(f"count:{count_id}") == [("count", -1, 0, None)]


def test_pieces_add_up_and_say_when_goods_moved_meanwhile(place: Warehouse) -> None:
    mug = place.mug("MUG", 10)
    place.mug("CUP", 2)
    count_id = begun(place)
    for code in ("CUP", "MUG", "CUP", "MUG"):
        enter(place, count_id, code)
    sell(place, mug, 1)
    enter(place, count_id, "MUG", 7)

    found = lines(place, count_id)

    assert (found["CUP"].counted, found["CUP"].has_moved) == (2, False)
    assert (found["MUG"].counted, found["MUG"].expected, found["MUG"].has_moved) == (9, 9, True)


def test_a_kit_is_not_counted_but_what_is_in_it(place: Warehouse) -> None:
    mug, kit = place.mug(), place.mug("KIT-1", None)
    count = begun(place)
    enter(place, count, "KIT-1")
    finish(place, count)
    with unit_of_work(place.actor) as work:
        service.set_components(work, kit, {mug: 2})

    with pytest.raises(Invalid) as late:
        approve(place, count, "KIT-1")
    with pytest.raises(Invalid) as new:
        enter(place, begun(place), "KIT-1")

    assert [*late.value.fields.values()] == ["This is a kit by now. Count what is in it instead."]
    assert new.value.fields == {"code": "“KIT-1” is a kit. Name what is in it instead."}


def test_a_number_in_all_replaces_what_was_entered(place: Warehouse) -> None:
    place.mug("MUG", 10)
    count_id = begun(place)
    enter(place, count_id, "MUG", 3)
    line = lines(place, count_id)["MUG"]

    with unit_of_work(place.actor) as work:
        service.set_counted(work, count_id, line.id, 12)
    all_of_them = lines(place, count_id)["MUG"].counted
    with unit_of_work(place.actor) as work:
        service.set_counted(work, count_id, line.id, None)

    assert (all_of_them, lines(place, count_id)["MUG"].counted) == (12, None)


def test_what_nobody_entered_stays_unless_it_is_said_to_be_none(place: Warehouse) -> None:
    mug, cup = place.mug("MUG", 10), place.mug("CUP", 4)
    stays, goes = begun(place, Scope.LIST, "MUG\nCUP"), begun(place)
    for count_id, rest_is_none in ((stays, False), (goes, True)):
        enter(place, count_id, "MUG", 10)
        finish(place, count_id, rest_is_none=rest_is_none)

    approve(place, stays)
    kept = place.level(cup, place.main)[0]
    approve(place, goes)

    assert kept == 4
    assert (place.level(mug, place.main)[0], place.level(cup, place.main)[0]) == (10, 0)


def test_goods_found_where_nobody_expected_them_are_counted_from_then_on(
    place: Warehouse,
) -> None:
    mug = place.mug("MUG", None)
    count_id = begun(place)
    enter(place, count_id, "MUG", 6)
    finish(place, count_id)

    approve(place, count_id)

    assert place.level(mug, place.main) == (6, 0, 6)


def test_some_lines_are_approved_and_others_counted_again(place: Warehouse) -> None:
    mug, cup = place.mug("MUG", 10), place.mug("CUP", 4)
    count_id = begun(place)
    enter(place, count_id, "MUG", 8)
    enter(place, count_id, "CUP", 1)
    finish(place, count_id)

    approve(place, count_id, "MUG")
    shown = state(place, count_id).count.version
    with unit_of_work(place.actor) as work:
        service.count_again(work, count_id, [lines(place, count_id)["CUP"].id], shown)
    enter(place, count_id, "CUP", 4)
    with pytest.raises(Invalid, match="approved already"):
        enter(place, count_id, "MUG")
    finish(place, count_id)
    approve(place, count_id)

    assert (place.level(mug, place.main)[0], place.level(cup, place.main)[0]) == (8, 4)
    assert place.posted(f"count:{count_id}") == [("count", -2, 0, None)]


def test_a_difference_is_posted_once(place: Warehouse) -> None:
    place.mug("MUG", 10)
    count_id = begun(place)
    enter(place, count_id, "MUG", 8)
    finish(place, count_id)
    shown, key = state(place, count_id).count.version, lines(place, count_id)["MUG"].id

    for _ in range(2):
        try:
            with unit_of_work(place.actor) as work:
                service.approve_lines(work, count_id, [key], shown)
        except StaleCount:
            continue

    assert place.posted(f"count:{count_id}") == [("count", -2, 0, None)]


def test_a_difference_the_shelf_can_no_longer_have_is_counted_again(place: Warehouse) -> None:
    mug = place.mug("MUG", 5)
    count_id = begun(place)
    enter(place, count_id, "MUG", 3)
    sell(place, mug, 4)
    finish(place, count_id)

    with pytest.raises(Invalid) as refusal:
        approve(place, count_id)

    assert list(refusal.value.fields) == [f"line-{lines(place, count_id)['MUG'].id}"]
    assert place.level(mug, place.main)[0] == 1


def test_a_part_is_counted_by_beginning_category_or_list(place: Warehouse) -> None:
    mug = place.mug("MUG-1", 1)
    place.mug("MUG-2", 1)
    place.mug("CUP-1", 1)
    with db.reading(place.actor) as session:
        product_id = session.scalars(select(Variant.product_id).where(Variant.id == mug)).one()
    with unit_of_work(place.actor) as work:
        kitchen = catalog.create_category(work, "Kitchen")
        catalog.create_category(work, "Kitchen > Mugs")
        change = catalog.ProductChange(product_id, {"categories": ["Kitchen > Mugs"]})
        catalog.change_product(work, change, origin="web")

    counted = [
        list(lines(place, begun(place, scope, value)))
        for scope, value in (
            (Scope.PREFIX, "mug-"),
            (Scope.CATEGORY, str(kitchen)),
            (Scope.LIST, "cup-1, MUG-2"),
        )
    ]

    assert counted == [["MUG-1", "MUG-2"], ["MUG-1"], ["CUP-1", "MUG-2"]]


@pytest.mark.parametrize(
    ("scope", "value"),
    [
        (Scope.PREFIX, " "),
        (Scope.PREFIX, "%"),
        (Scope.CATEGORY, "none"),
        (Scope.LIST, "\n"),
        (Scope.LIST, "NOBODY"),
    ],
)
def test_a_part_of_nothing_is_refused_at_its_field(
    place: Warehouse, scope: Scope, value: str
) -> None:
    place.mug()

    with pytest.raises(Invalid) as refusal:
        begun(place, scope, value)

    assert list(refusal.value.fields) == [scope.value]


def test_another_organization_counts_nothing_here(place: Warehouse) -> None:
    place.mug()
    count_id = begun(place)

    with pytest.raises(NotFound), unit_of_work(place.people.mallory.actor) as work:
        service.enter_code(work, count_id, "MUG-1")
    with pytest.raises(Invalid), unit_of_work(place.people.mallory.actor) as work:
        service.start_count(work, CountDraft(place.main))


def test_a_finished_count_takes_no_entry(place: Warehouse) -> None:
    mug = place.mug("MUG", 3)
    count_id = begun(place)
    enter(place, count_id, "MUG", 3)
    finish(place, count_id)

    with pytest.raises(StaleCount):
        enter(place, count_id, "MUG")
    with unit_of_work(place.actor) as work:
        service.adjust(work, mug, place.main, Adjustment(Mode.ADD, 1, Reason.FOUND))
    assert lines(place, count_id)["MUG"].counted == 3
