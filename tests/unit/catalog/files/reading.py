"""Short words for the tests of files."""

from io import BytesIO
from typing import Any

from app.catalog.files import (
    Accounting,
    ColumnMapping,
    Dialect,
    ExportOptions,
    ExportProduct,
    ImportOptions,
    ParsedProduct,
    Refusal,
    read_products,
    sniff,
    write_products,
)


def read(
    source: str | bytes, mapping: ColumnMapping | None = None, **options: Any
) -> tuple[list[ParsedProduct], list[Refusal], Accounting]:
    """Read a file wholly; the accounts are balanced or the test fails."""
    raw = source.encode() if isinstance(source, str) else source
    accounting = Accounting()
    items = list(
        read_products(
            raw, sniff(raw), mapping, options=ImportOptions(**options), accounting=accounting
        )
    )
    assert accounting.is_balanced, accounting
    products = [item for item in items if isinstance(item, ParsedProduct)]
    return products, [item for item in items if isinstance(item, Refusal)], accounting


def written(
    products: list[ExportProduct], dialect: Dialect, options: ExportOptions | None = None
) -> bytes:
    """Write a file wholly."""
    stream = BytesIO()
    write_products(products, stream, dialect, options)
    return stream.getvalue()


def told(product: ParsedProduct) -> tuple[Any, ...]:
    """What a product says, without where it stood in the file."""
    variants = [(variant.key, dict(variant.values)) for variant in product.variants]
    return product.key, product.kind, dict(product.values), variants


def usd(minor: int) -> dict[str, Any]:
    """An amount of dollars."""
    return {"minor": minor, "currency": "USD"}
