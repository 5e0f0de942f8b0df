"""The words of files: what was found in one, what was read from it, what goes into one."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any, Final, Self
from zoneinfo import ZoneInfo

from app.adapters.values import Values
from app.core.errors import Invalid

# Fields that files carry beyond app.adapters.values: cost is MONEY, prices maps a further currency
# to {"price": MONEY|None, "sale_price": MONEY|None}, mpn and condition are SCALAR.
FURTHER_FIELDS: Final = ("condition", "mpn", "cost", "prices")


class UnreadableFile(Invalid):
    """The file as a whole cannot be read; the message is a sentence for the merchant."""


class Dialect(StrEnum):
    """Whose columns a file speaks."""

    SHOPIFY = "shopify"
    WOOCOMMERCE = "woocommerce"
    AMAZON = "amazon"
    OWN = "own"
    GENERIC = "generic"


class FileKind(StrEnum):
    """How a file is packed."""

    CSV = "csv"
    XLSX = "xlsx"


class RowKind(StrEnum):
    """What a data row became; every row becomes exactly one of these."""

    PRODUCT = "product"  # begins a product; in most dialects it brings the first variant too
    VARIANT = "variant"
    IMAGE = "image"
    REFUSED = "refused"
    BLANK = "blank"
    COMMENT = "comment"


@dataclass(frozen=True, slots=True)
class FileFacts:
    """What a look at a file told; plain enough to be kept as JSON."""

    kind: FileKind
    dialect: Dialect
    confidence: float
    header: tuple[str, ...]  # unique: "Price", "Price (2)"; an empty cell is "Column 3"
    encoding: str = "utf-8"
    delimiter: str = ","
    has_bom: bool = False
    has_quotes: bool = True  # False: a quotation mark is a character like any other
    has_nul: bool = False
    header_row: int = 1  # the row that names the columns; data begins below it
    sheet: str | None = None
    sheets: tuple[str, ...] = ()
    ignored: tuple[str, ...] = ()  # columns the dialect does not read
    sample_rows: tuple[tuple[str, ...], ...] = ()

    def to_json(self) -> dict[str, Any]:
        """Return a plain dict."""
        return asdict(self)

    @classmethod
    def from_json(cls, plain: Mapping[str, Any]) -> Self:
        """Rebuild from `to_json`."""
        lists = {name: tuple(plain[name]) for name in ("header", "sheets", "ignored")}
        samples = tuple(tuple(row) for row in plain["sample_rows"])
        kind, dialect = FileKind(plain["kind"]), Dialect(plain["dialect"])
        return cls(**{**plain, **lists, "kind": kind, "dialect": dialect, "sample_rows": samples})


@dataclass(frozen=True, slots=True)
class ColumnMapping:
    """Which column feeds which field, chosen by a person for a file of no known dialect.

    Targets: "key" (rows with the same key are one product), every product and variant field,
    "images" (a list of addresses), "image_alt", "option:<Name>", "attribute:<Name>",
    "price:<CUR>" and "sale_price:<CUR>" for further currencies.
    """

    columns: Mapping[str, str] = field(default_factory=dict)

    def to_json(self) -> dict[str, Any]:
        """Return a plain dict."""
        return {"columns": dict(self.columns)}

    @classmethod
    def from_json(cls, plain: Mapping[str, Any]) -> Self:
        """Rebuild from `to_json`."""
        return cls(dict(plain["columns"]))


@dataclass(frozen=True, slots=True)
class ImportOptions:
    """What a file leaves unsaid."""

    currency: str = "USD"
    weight_unit: str = "kg"
    length_unit: str = "cm"
    timezone: str = "UTC"
    decimal: str | None = None  # "." or ","; None: read from each amount
    is_day_first: bool = True  # 03/04/2026 is the third of April
    check_gtin: Callable[[str], bool] | None = None  # True: the check digit is right
    clean_html: Callable[[str], str] | None = None

    @property
    def zone(self) -> ZoneInfo:
        """The zone in which dates without one are meant."""
        return ZoneInfo(self.timezone)


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why a row, or a cell of it, is not taken."""

    row: int
    column: str | None
    sentence: str
    value: str | None = None

    def __str__(self) -> str:
        where = f"Row {self.row}, {self.column}" if self.column else f"Row {self.row}"
        return f"{where}: {self.sentence}"


@dataclass(frozen=True, slots=True)
class Notice:
    """Something a person should know about a row that was taken all the same."""

    row: int
    column: str | None
    sentence: str


@dataclass(frozen=True, slots=True)
class ParsedVariant:
    """One sellable thing of a file; `key` is its SKU, or what else names it in the file."""

    key: str
    row: int
    values: Values


@dataclass(frozen=True, slots=True)
class ParsedProduct:
    """One product of a file. A field that is absent from `values` has no column in the file.

    `key` is the handle (Shopify, own), the parent SKU or id (WooCommerce, Amazon) or the
    mapped key; `values["images"]` and a variant's `image` name pictures by "ext:<address>".
    """

    key: str
    rows: tuple[int, ...]
    values: Values
    variants: tuple[ParsedVariant, ...]
    warnings: tuple[Notice, ...] = ()
    row_kinds: Mapping[int, RowKind] = field(default_factory=dict)
    kind: str = "simple"  # simple, variable, grouped, external

    @property
    def images(self) -> Sequence[Mapping[str, Any]]:
        """The pictures in order: {"key", "alt", "url"}."""
        found: Sequence[Mapping[str, Any]] = self.values.get("images") or ()
        return found


Parsed = ParsedProduct | Refusal


@dataclass(slots=True)
class Accounting:
    """Where every data row went. `rows` is counted on the way in, the rest on the way out."""

    rows: int = 0
    product_rows: int = 0
    variant_rows: int = 0
    image_rows: int = 0
    refused_rows: int = 0
    blank_rows: int = 0
    comment_rows: int = 0
    products: int = 0
    variants: int = 0
    images: int = 0
    refusals: int = 0
    warnings: int = 0
    _refused: int = -1  # refusals of one row come one after the other

    def row(self, kind: RowKind) -> None:
        """Count one row out."""
        if kind is RowKind.VARIANT:
            self.variant_rows += 1
        elif kind is RowKind.PRODUCT:
            self.product_rows += 1
        else:
            name = f"{kind.value}_rows"
            setattr(self, name, getattr(self, name) + 1)

    def take(self, item: Parsed) -> None:
        """Count a product or a refusal out."""
        if isinstance(item, Refusal):
            self.refusals += 1
            if item.row != self._refused:
                self._refused = item.row
                self.refused_rows += 1
            return
        self.products += 1
        self.variants += len(item.variants)
        self.images += len(item.images)
        self.warnings += len(item.warnings)
        for kind in item.row_kinds.values():
            self.row(kind)

    @property
    def is_balanced(self) -> bool:
        """Whether every row that came in is accounted for."""
        return self.rows == (
            self.product_rows
            + self.variant_rows
            + self.image_rows
            + self.refused_rows
            + self.blank_rows
            + self.comment_rows
        )

    def to_json(self) -> dict[str, int]:
        """Return the counts by name."""
        return {name: count for name, count in asdict(self).items() if not name.startswith("_")}


@dataclass(frozen=True, slots=True)
class ExportVariant:
    """A variant on its way into a file."""

    values: Values


@dataclass(frozen=True, slots=True)
class ExportProduct:
    """A product on its way into a file; `key` is its handle, or whatever names it for good."""

    key: str
    values: Values
    variants: tuple[ExportVariant, ...]
    kind: str = "simple"

    @classmethod
    def of(cls, product: ParsedProduct) -> Self:
        """Turn what was read around."""
        variants = tuple(ExportVariant(variant.values) for variant in product.variants)
        return cls(product.key, product.values, variants, product.kind)


@dataclass(frozen=True, slots=True)
class ExportOptions:
    """What the header of a file must know before its first row.

    `at` decides whether a sale with a window counts, for dialects without sale dates.
    """

    kind: FileKind = FileKind.CSV
    currency: str = "USD"
    currencies: tuple[str, ...] = ()  # further ones, own dialect
    weight_unit: str = "kg"
    length_unit: str = "cm"
    timezone: str = "UTC"
    attributes: tuple[str, ...] = ()  # Shopify: a metafield column for each
    attribute_slots: int = 8  # WooCommerce: how many numbered attributes a row has
    at: datetime | None = None
    fields: frozenset[str] | None = None  # Shopify, WooCommerce: only columns of these fields


@dataclass(slots=True)
class Written:
    """What an export came to; `left_out` counts, by field, values the dialect cannot carry."""

    products: int = 0
    variants: int = 0
    rows: int = 0
    left_out: dict[str, int] = field(default_factory=dict)

    def leave_out(self, name: str) -> None:
        """Count one value that stays behind."""
        self.left_out[name] = self.left_out.get(name, 0) + 1


Row = tuple[int, list[str]]
Rows = Iterator[Row]
