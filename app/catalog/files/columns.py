"""Columns of known dialects: header names as they are compared, and where they stand."""

from collections.abc import Iterable, Sequence
from typing import Final

from app.catalog.files.cells import fold

Names = dict[str, tuple[str, ...]]


class Columns:
    """Where the columns of one file stand; a missing one is None."""

    def __init__(
        self, header: Sequence[str], names: Names, *, spoken: Sequence[str] | None = None
    ) -> None:
        """`spoken` says how the names would be spelled by whoever made up the columns."""
        self.header = tuple(header)
        self.names = names
        self.at: dict[str, int] = {}
        for index, name in enumerate(header if spoken is None else spoken):
            self.at.setdefault(fold(name), index)
        self.found: dict[str, int] = {}
        for field, aliases in names.items():
            for alias in aliases:
                if alias in self.at:
                    self.found.setdefault(field, self.at[alias])

    def get(self, field: str) -> int | None:
        """Return the index of a field's column."""
        return self.found.get(field)

    def places(self, **also: tuple[str, ...]) -> dict[str, int]:
        """Return where fields stand, and others under the first of some columns."""
        found = dict(self.found)
        for field, columns in also.items():
            at = next((self.found[name] for name in columns if name in self.found), None)
            if at is not None:
                found[field] = at
        return found

    def title(self, field: str) -> str:
        """Return the column's name as the file writes it."""
        index = self.found.get(field)
        return self.header[index] if index is not None else field

    def unread(self, also_read: Iterable[int] = ()) -> tuple[str, ...]:
        """Return the columns nobody asks for."""
        read = {*self.found.values(), *also_read}
        return tuple(name for index, name in enumerate(self.header) if index not in read)


def names(**fields: str) -> Names:
    """Make a table of field → folded header names from "A|B" strings."""
    return {
        field: tuple(fold(name) for name in aliases.split("|")) for field, aliases in fields.items()
    }


def unique_header(cells: Sequence[str]) -> tuple[str, ...]:
    """Give every column a name of its own."""
    seen: dict[str, int] = {}
    header = []
    for number, cell in enumerate(cells, start=1):
        name = " ".join(cell.split()) or f"Column {number}"
        seen[name] = seen.get(name, 0) + 1
        header.append(name if seen[name] == 1 else f"{name} ({seen[name]})")
    return tuple(header)


# Shopify has room for one category of its taxonomy and one type; more travel in this column.
FURTHER_CATEGORIES: Final = "Categories (product.metafields.syncstore.categories)"
SHOPIFY: Final = names(
    handle="Handle|URL handle",
    title="Title",
    description="Body (HTML)|Body HTML|Description",
    brand="Vendor",
    category="Product Category|Standardized Product Type|Standard Product Type",
    type="Type|Custom Product Type",
    tags="Tags",
    published="Published|Published on online store",
    status="Status",
    option1_name="Option1 Name",
    option1_value="Option1 Value",
    option2_name="Option2 Name",
    option2_value="Option2 Value",
    option3_name="Option3 Name",
    option3_value="Option3 Value",
    sku="Variant SKU|SKU",
    grams="Variant Grams|Weight value (grams)",
    weight_unit="Variant Weight Unit|Weight unit for display",
    tracker="Variant Inventory Tracker|Inventory tracker",
    quantity="Variant Inventory Qty|Inventory quantity|Variant Inventory Quantity",
    policy="Variant Inventory Policy|Continue selling when out of stock",
    price="Variant Price|Price",
    compare="Variant Compare At Price|Compare-at price|Compare At Price",
    gtin="Variant Barcode|Barcode",
    image="Image Src|Product image URL",
    image_position="Image Position",
    image_alt="Image Alt Text",
    variant_image="Variant Image|Variant image URL",
    cost="Cost per item",
    mpn="Google Shopping / MPN",
    condition="Google Shopping / Condition",
    categories=FURTHER_CATEGORIES,
)

# Survives a journey through a shop, where products without SKU have no other lasting name.
HANDLE_META: Final = "Meta: _syncstore_handle"
WOOCOMMERCE: Final = names(
    id="ID",
    type="Type",
    sku="SKU",
    gtin="GTIN, UPC, EAN, or ISBN|GTIN",
    title="Name",
    published="Published",
    short_description="Short description",
    description="Description",
    sale_from="Date sale price starts",
    sale_to="Date sale price ends",
    in_stock="In stock?",
    quantity="Stock",
    backorders="Backorders allowed?",
    sale_price="Sale price",
    price="Regular price",
    categories="Categories",
    tags="Tags",
    brand="Brands|Brand",
    images="Images",
    parent="Parent",
    cost="Cost of goods|Cogs value",
    handle=HANDLE_META,
)

AMAZON: Final = names(
    sku="seller-sku|sku|item_sku|contribution_sku|item-sku",
    title="item-name|item_name|product-name",
    description="item-description|product_description",
    price="price|standard_price|your-price|purchasable_offer|list_price",
    sale_price="sale_price|sale-price",
    sale_from="sale_from_date|sale-from-date",
    sale_to="sale_end_date|sale-end-date",
    quantity="quantity|fulfillment_availability|afn-fulfillable-quantity",
    product_id="product-id|external_product_id|externally_assigned_product_identifier",
    product_id_type="product-id-type|external_product_id_type",
    asin="asin1|asin",
    condition="item-condition|condition_type",
    status="status",
    channel="fulfillment-channel|fulfillment_channel_code|fulfillment-center-id",
    image="image-url|main_image_url|main_product_image_locator",
    brand="brand_name|brand",
    parent="parent_sku|child_parent_sku_relationship",
    parentage="parent_child|parentage_level",
    theme="variation_theme",
    mpn="part_number|manufacturer_part_number",
    weight="item_weight|package_weight|item_package_weight",
    weight_unit="item_weight_unit_of_measure|package_weight_unit_of_measure",
)
_AMAZON_NAMES: Final = frozenset(
    name for field, aliases in AMAZON.items() if field != "status" for name in aliases
)
_AMAZON_SURE: Final = frozenset(
    map(
        fold,
        ["seller-sku", "item_sku", "contribution_sku", "asin1", "product-id-type", "item_name"],
    )
)
_AMAZON_LOADER: Final = frozenset(
    map(
        fold,
        [
            "handling-time",
            "minimum-seller-allowed-price",
            "fulfillment-channel",
            "leadtime-to-ship",
        ],
    )
)


def amazon_name(cell: str) -> str:
    """Return an Amazon column name without its marketplace and index: item_name[…]#1.value."""
    return fold(cell.partition("[")[0].partition("#")[0])


def is_amazon_name(cell: str) -> bool:
    """Say whether Amazon uses this column name."""
    return _is_spelled(cell) and amazon_name(cell) in _AMAZON_NAMES


def _is_spelled(cell: str) -> bool:
    """Say whether a program wrote this name: people put spaces and capitals into theirs."""
    return (" " not in cell.strip() and cell == cell.lower()) or "#" in cell


def amazon_header(cells: Sequence[str]) -> bool:
    """Say whether these are the columns of an Amazon report, template or loader file."""
    folded = {amazon_name(cell) for cell in cells if _is_spelled(cell)}
    if len(folded & _AMAZON_NAMES) < 2:
        return False
    return bool(folded & _AMAZON_SURE) or ("sku" in folded and bool(folded & _AMAZON_LOADER))
