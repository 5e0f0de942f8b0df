"""How an import keeps pace."""

import gc
import threading
from collections.abc import Iterator
from contextlib import closing

import pytest

from app.catalog.files import Accounting, ParsedProduct, Refusal
from app.catalog.files.types import Parsed
from app.catalog.imports.pace import BATCH, batches_ahead, calm_collector


def items(count: int, accounting: Accounting) -> Iterator[Parsed]:
    for number in range(count):
        accounting.rows += 1
        yield ParsedProduct(f"p{number}", (number,), {}, ())
        yield Refusal(number, None, "No.")


def test_a_batch_brings_the_refusals_between_its_products() -> None:
    accounting = Accounting()

    found = list(batches_ahead(items(2 * BATCH + 1, accounting), accounting))

    assert [len(batch.products) for batch in found] == [BATCH, BATCH, 1]
    assert sum(len(batch.refusals) for batch in found) == 2 * BATCH + 1
    assert [batch.rows for batch in found] == [BATCH, 2 * BATCH, 2 * BATCH + 1]


def test_refusals_alone_make_batches_too() -> None:
    refusals: Iterator[Parsed] = (Refusal(number, None, "No.") for number in range(12_000))

    found = list(batches_ahead(refusals, Accounting()))

    assert [len(batch.refusals) for batch in found] == [5_000, 5_000, 2_000]


def test_who_stops_early_leaves_no_thread_behind() -> None:
    accounting = Accounting()
    before = threading.active_count()

    with closing(batches_ahead(items(3 * BATCH, accounting), accounting)) as batches:
        next(batches)

    assert threading.active_count() == before
    assert accounting.rows <= 3 * BATCH


def test_what_goes_wrong_while_reading_is_told_to_who_waits() -> None:
    def broken() -> Iterator[Parsed]:
        yield Refusal(1, None, "No.")
        raise OSError("The disk is gone.")

    with pytest.raises(OSError, match="The disk is gone"):
        list(batches_ahead(broken(), Accounting()))


def test_the_collector_goes_back_to_its_habits() -> None:
    usual = gc.get_threshold()

    with calm_collector():
        assert gc.get_threshold() != usual

    assert gc.get_threshold() == usual
