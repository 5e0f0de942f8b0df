"""Catalog files: CSV and XLSX to products and back. Pure: no database, no network.

`sniff(source)` looks at a file; `read_products(source, facts, mapping, options=…, accounting=…)`
yields `ParsedProduct` and `Refusal`. Every data row ends as exactly one of: product, variant,
image, refused, blank, comment.
"""

from app.catalog.files.reading import read_products
from app.catalog.files.sniffing import sniff
from app.catalog.files.types import (
    Accounting,
    ColumnMapping,
    Dialect,
    ExportOptions,
    ExportProduct,
    ExportVariant,
    FileFacts,
    FileKind,
    ImportOptions,
    Notice,
    ParsedProduct,
    ParsedVariant,
    Refusal,
    RowKind,
    UnreadableFile,
    Written,
)

__all__ = [
    "Accounting",
    "ColumnMapping",
    "Dialect",
    "ExportOptions",
    "ExportProduct",
    "ExportVariant",
    "FileFacts",
    "FileKind",
    "ImportOptions",
    "Notice",
    "ParsedProduct",
    "ParsedVariant",
    "Refusal",
    "RowKind",
    "UnreadableFile",
    "Written",
    "read_products",
    "sniff",
]
