"""Catalog files: CSV and XLSX to products and back. Pure: no database, no network.

`sniff(source)` looks at a file; `read_products(source, facts, mapping, options=…, accounting=…)`
yields `ParsedProduct` and `Refusal`. Every data row ends as exactly one of: product, variant,
image, refused, blank, comment. `suggest(header)` proposes a `ColumnMapping` for an unknown file;
`write_products(products, stream, dialect, options)` writes what reading gives back the same.
"""

from app.catalog.files.reading import read_products, titles_of, with_ignored
from app.catalog.files.sniffing import sniff
from app.catalog.files.suggestions import suggest
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
from app.catalog.files.writing import write_products

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
    "suggest",
    "titles_of",
    "with_ignored",
    "write_products",
]
