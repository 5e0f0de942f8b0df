"""Products into a file of a dialect: streaming, and what it cannot carry is counted."""

from collections.abc import Callable, Iterable, Iterator
from typing import BinaryIO, Final, Protocol

from app.catalog.files.sinks import sink_of
from app.catalog.files.types import (
    Dialect,
    ExportOptions,
    ExportProduct,
    FileKind,
    UnreadableFile,
    Written,
)
from app.catalog.files.write_amazon import AmazonWriter
from app.catalog.files.write_own import OwnWriter
from app.catalog.files.write_shopify import ShopifyWriter
from app.catalog.files.write_woocommerce import WooCommerceWriter


class DialectWriter(Protocol):
    """How a dialect tells a product."""

    def header(self) -> list[str]:
        """Return the names of the columns."""
        ...

    def rows(self, product: ExportProduct) -> Iterator[list[str]]:
        """Yield the rows of one product."""
        ...


_WRITERS: Final[dict[Dialect, Callable[[ExportOptions, Written], DialectWriter]]] = {
    Dialect.SHOPIFY: ShopifyWriter,
    Dialect.WOOCOMMERCE: WooCommerceWriter,
    Dialect.AMAZON: AmazonWriter,
    Dialect.OWN: OwnWriter,
}


def write_products(
    products: Iterable[ExportProduct],
    stream: BinaryIO,
    dialect: Dialect,
    options: ExportOptions | None = None,
) -> Written:
    """Write products into a binary stream; Amazon's CSV is tab-separated, as Amazon wants it."""
    options = options or ExportOptions()
    if dialect not in _WRITERS:
        raise UnreadableFile("Choose Shopify, WooCommerce, Amazon or SyncStore as the format.")
    written = Written()
    writer = _WRITERS[dialect](options, written)
    is_tabbed = dialect is Dialect.AMAZON and options.kind is FileKind.CSV
    sink = sink_of(stream, options.kind, "\t" if is_tabbed else ",")
    sink.write(writer.header())
    for product in products:
        written.products += 1
        written.variants += len(product.variants)
        for cells in writer.rows(product):
            sink.write(cells)
            written.rows += 1
    sink.close()
    return written
