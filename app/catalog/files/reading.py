"""Products out of a file: two readings, flat memory, every row accounted for."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import BinaryIO, Final, Protocol

from app.catalog.files.amazon import AmazonReader
from app.catalog.files.draft import Draft
from app.catalog.files.generic import GenericReader
from app.catalog.files.own import OwnReader
from app.catalog.files.rows import NeverClosed, Source, csv_of, csv_rows, opened
from app.catalog.files.shopify import ShopifyReader
from app.catalog.files.spool import Spool
from app.catalog.files.suggestions import suggest
from app.catalog.files.types import (
    Accounting,
    ColumnMapping,
    Dialect,
    FileFacts,
    ImportOptions,
    Parsed,
    Refusal,
    Row,
    RowKind,
)
from app.catalog.files.woocommerce import WooCommerceReader


class DialectReader(Protocol):
    """How a dialect gathers rows and what it makes of them."""

    sku_title: str

    @property
    def unread(self) -> tuple[str, ...]:
        """The columns it leaves alone."""
        ...

    @property
    def places(self) -> Mapping[str, int]:
        """The column in which each field stands."""
        ...

    def restart(self) -> None:
        """Begin a second reading."""
        ...

    def key_of(self, cells: Sequence[str]) -> tuple[str, str | None]:
        """Return the key of a row's product, and another name by which rows may mean it."""
        ...

    def draft(self, key: str, rows: list[Row]) -> Draft:
        """Read the rows of one product."""
        ...


_READERS: Final[dict[Dialect, Callable[[FileFacts, ImportOptions], DialectReader]]] = {
    Dialect.SHOPIFY: ShopifyReader,
    Dialect.WOOCOMMERCE: WooCommerceReader,
    Dialect.AMAZON: AmazonReader,
    Dialect.OWN: OwnReader,
}


def reader_of(
    facts: FileFacts, mapping: ColumnMapping | None, options: ImportOptions
) -> DialectReader:
    """Return the reader of a file's dialect."""
    if facts.dialect is Dialect.GENERIC:
        return GenericReader(facts, mapping or suggest(facts.header), options)
    return _READERS[facts.dialect](facts, options)


def with_ignored(facts: FileFacts, mapping: ColumnMapping | None = None) -> FileFacts:
    """Return the facts with the columns that nobody will read."""
    return replace(facts, ignored=reader_of(facts, mapping, ImportOptions()).unread)


def titles_of(facts: FileFacts, mapping: ColumnMapping | None = None) -> dict[str, str]:
    """Return the titles under which fields stand in the file."""
    places = reader_of(facts, mapping, ImportOptions()).places
    return {field: facts.header[at] for field, at in places.items()}


def read_products(
    source: Source,
    facts: FileFacts,
    mapping: ColumnMapping | None = None,
    *,
    options: ImportOptions | None = None,
    accounting: Accounting | None = None,
) -> Iterator[Parsed]:
    """Yield products and refusals; the refusals of one row come one after the other.

    `accounting` is filled on the way; after the last item it is balanced.
    """
    counts = accounting if accounting is not None else Accounting()
    reader = reader_of(facts, mapping, options or ImportOptions())
    with csv_of(source, facts) as (again, facts_), Spool() as spool:
        table = _Table(facts_, reader)
        with opened(again) as stream:
            spool.survey(reader.key_of(cells) for _, cells in table.rows(stream, Accounting()))
        reader.restart()
        with opened(again) as stream:
            rows = table.rows(stream, counts)
            keyed = ((reader.key_of(row[1])[0], row) for row in rows)
            for key, group in spool.groups(keyed):
                for item in reader.draft(key, group).settle(spool.claim, reader.sku_title):
                    counts.take(item)
                    yield item
                for refusal in table.pending():
                    counts.take(refusal)
                    yield refusal
        for refusal in table.pending():
            counts.take(refusal)
            yield refusal


class _Table:
    """The data rows below the header, each as wide as the header."""

    def __init__(self, facts: FileFacts, reader: DialectReader) -> None:
        self.facts = facts
        self.width = len(facts.header)
        self.refusals: list[Refusal] = []

    def rows(self, stream: BinaryIO, counts: Accounting) -> Iterator[Row]:
        """Yield rows that hold something; blank, commenting and broken ones are counted."""
        width, first = self.width, self.facts.header_row
        self.refusals = []
        try:
            for row in csv_rows(stream, self.facts):
                number, cells = row
                if number <= first:
                    continue
                counts.rows += 1
                if len(cells) != width:
                    if len(cells) > width and any(cells[width:]):
                        self._refuse(number, len(cells))
                        continue
                    cells[width:] = [""] * (width - len(cells))
                if not cells[0].strip() and not "".join(cells).strip():
                    counts.row(RowKind.BLANK)
                elif cells[0][:1] == "#" and not any(cells[1:]):
                    counts.row(RowKind.COMMENT)
                else:
                    yield row
        except NeverClosed as error:
            counts.rows += 1
            self.refusals.append(Refusal(error.row, None, error.reason))

    def pending(self) -> list[Refusal]:
        """Return the refusals of broken rows since last asked."""
        found, self.refusals = self.refusals, []
        return found

    def _refuse(self, number: int, count: int) -> None:
        sentence = (
            f"This row has {count} cells under {self.width} columns. "
            "Put quotation marks around text that holds the delimiter."
        )
        self.refusals.append(Refusal(number, None, sentence))
