"""How an import keeps pace: it reads ahead while the database writes, and collects less garbage."""

import gc
from collections.abc import Generator, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Final

from app.catalog.files import Accounting, ParsedProduct, Refusal
from app.catalog.files.types import Parsed

BATCH: Final = 500  # products
_REFUSALS: Final = 5_000
_CALM: Final = (100_000, 50, 100)  # a batch makes some 50,000 objects, hardly any of them cyclic


@dataclass(slots=True)
class Batch:
    """Some products of a file, the refusals among them, and how many rows were read by then."""

    products: list[ParsedProduct] = field(default_factory=list)
    refusals: list[Refusal] = field(default_factory=list)
    rows: int = 0

    @property
    def is_full(self) -> bool:
        """Whether this is enough for one unit."""
        return len(self.products) >= BATCH or len(self.refusals) >= _REFUSALS


def batches_ahead(items: Iterator[Parsed], accounting: Accounting) -> Generator[Batch]:
    """Yield batches, the same ones each time; a thread reads one while the last is at work."""

    def read() -> Batch:
        batch = Batch()
        for item in items:
            if isinstance(item, ParsedProduct):
                batch.products.append(item)
            else:
                batch.refusals.append(item)
            if batch.is_full:
                break
        batch.rows = accounting.rows
        return batch

    with ThreadPoolExecutor(1, "reader") as thread:
        coming = thread.submit(read)
        while (batch := coming.result()).products or batch.refusals:
            coming = thread.submit(read)
            yield batch


@contextmanager
def calm_collector() -> Iterator[None]:
    """Look for cyclic garbage seldom: looking costs a quarter of an import's time."""
    usual = gc.get_threshold()
    gc.set_threshold(*_CALM)
    try:
        yield
    finally:
        gc.set_threshold(*usual)
