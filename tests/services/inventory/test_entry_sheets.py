"""Tables in a count and in a transfer: taken in once whoever is at it, as good as scanned."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from uuid import UUID

from app.core import db
from app.core.work import in_unit, unit_of_work
from app.inventory import queries, service
from app.inventory.errors import EntriesMoved
from app.inventory.service import CountDraft, Scope, TransferDraft
from tests.services.inventory.conftest import Warehouse

TABLE = "SKU,Quantity\nMUG-1,7\nCUP-1,2\nMUG-1,1\n"


def mark(place: Warehouse, plan: Callable[..., service.EntryPlan], key: UUID, text: str) -> str:
    with db.reading(place.actor) as session:
        return plan(session, place.actor.organization, key, text, adds=True).mark


def at_once(place: Warehouse, post: Callable[..., Any], key: UUID, shown: str) -> list[object]:
    """Let four take in the same table, each as it was shown; returns what it came to."""

    def press(_: int) -> object:
        try:
            return in_unit(post)(place.actor, key, TABLE, shown, adds=True)
        except EntriesMoved:
            return "moved"

    with ThreadPoolExecutor(4) as hands:
        return sorted(hands.map(press, range(4)), key=str)


def counted(place: Warehouse, key: UUID) -> dict[str | None, tuple[int | None, int | None]]:
    with db.reading(place.actor) as session:
        rows = list(queries.every_count_line(session, key))
    return {row.sku: (row.line.counted, row.line.variance) for row in rows}


def test_four_at_once_take_a_table_into_a_count_once(place: Warehouse) -> None:
    place.mug("MUG-1", 10)
    place.mug("CUP-1", None)  # stands on no list of the count: its line is made by the table
    with unit_of_work(place.actor) as work:
        key = service.start_count(work, CountDraft(place.main, Scope.LIST, "MUG-1"))
    shown = mark(place, service.plan_count_sheet, key, TABLE)

    came_to = at_once(place, service.post_count_sheet, key, shown)

    assert came_to == [2, "moved", "moved", "moved"]
    assert counted(place, key) == {"MUG-1": (8, -2), "CUP-1": (2, 2)}


def test_four_at_once_fill_a_draft_once(place: Warehouse) -> None:
    place.mug("MUG-1", 10)
    place.mug("CUP-1", 10)
    with unit_of_work(place.actor) as work:
        key = service.start_transfer(work, TransferDraft(place.shop, place.main))
    shown = mark(place, service.plan_transfer_sheet, key, TABLE)

    came_to = at_once(place, service.post_transfer_sheet, key, shown)

    assert came_to == [2, "moved", "moved", "moved"]
    with db.reading(place.actor) as session:
        lines = queries.transfer_detail(session, key).lines
    assert [(row.sku, row.line.quantity) for row in lines] == [("MUG-1", 8), ("CUP-1", 2)]


def test_what_is_sold_after_a_table_was_taken_in_is_no_difference(place: Warehouse) -> None:
    mug = place.mug("MUG-1", 10)
    with unit_of_work(place.actor) as work:
        key = service.start_count(work, CountDraft(place.main))
    shown = mark(place, service.plan_count_sheet, key, "Barcode,SKU,Quantity\n,mug-1,9\n")
    with unit_of_work(place.actor) as work:
        text = "Barcode,SKU,Quantity\n,mug-1,9\n"
        service.post_count_sheet(work, key, text, shown, adds=True)
    with unit_of_work(place.actor) as work:
        made = service.promise(work, {mug: 3}, reference="order:1")
        service.ship(work, made.parts[mug], reference="order:1")

    assert counted(place, key) == {"MUG-1": (9, -1)}
