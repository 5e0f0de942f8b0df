"""Amazon's price and quantity loader: one row for each SKU."""

from collections.abc import Iterator
from typing import Final

from app.catalog.files.cells import amount_text
from app.catalog.files.types import ExportOptions, ExportProduct, Written

_HEADER: Final = (
    *("sku", "price", "minimum-seller-allowed-price", "maximum-seller-allowed-price"),
    *("quantity", "handling-time", "fulfillment-channel"),
)


class AmazonWriter:
    """Carries SKU, price and quantity; everything else lives in Amazon's own listing."""

    def __init__(self, options: ExportOptions, written: Written) -> None:
        self.options = options
        self.written = written

    def header(self) -> list[str]:
        """Return the names of the columns."""
        return list(_HEADER)

    def rows(self, product: ExportProduct) -> Iterator[list[str]]:
        """Yield a row for each variant with a SKU."""
        for variant in product.variants:
            values = variant.values
            sku = values.get("sku")
            if not sku:
                self.written.leave_out("sku")
                continue
            price = values.get("price")
            if price is not None and price["currency"] != self.options.currency:
                self.written.leave_out("price")
                price = None
            if values.get("sale_price") is not None:
                self.written.leave_out("sale_price")
            count = values.get("quantity")
            quantity = "" if count is None else str(count)
            yield [sku, amount_text(price), "", "", quantity, "", ""]
